// SPDX-License-Identifier: MIT
// The connections of a client that wait for their next request.
#pragma once

#include "edo/net/http/client/connector.hpp"
#include "edo/runtime/abort_on_drop.hpp"
#include "edo/runtime/time/instant.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace edo::http::detail {

/// What connections must have in common to stand for each other, as text: the origin and the proxy.
[[nodiscard]] std::string pool_key(const Uri& url, const Uri* proxy);

/// Connections between two requests: nothing is under way on them. The one used last is taken
/// first, so that those too many grow old.
class ClientPool : public std::enable_shared_from_this<ClientPool> {
public:
    /// @param idle_per_host How many of one key are kept.
    /// @param idle_timeout How long one is kept; none for as long as the server does.
    ClientPool(std::size_t idle_per_host, std::optional<Duration> idle_timeout) noexcept
        : idle_per_host_(idle_per_host), idle_timeout_(idle_timeout) {}

    /// A connection that was not closed by the server as far as one can see; or none.
    [[nodiscard]] std::optional<Connected> take(const std::string& key);
    /// Keeps a connection, or closes it. Called in a task.
    void put(const std::string& key, Connected connection);
    /// How many connections there are.
    [[nodiscard]] std::size_t size() const;

private:
    struct Idle {
        Idle(Connected c, Instant time) noexcept : connection(std::move(c)), since(time) {}
        Connected connection;
        Instant since;
    };
    using Closing = std::vector<Idle>;  // destroyed without the lock

    [[nodiscard]] bool is_expired(const Idle& idle, Instant time) const noexcept;
    /// Takes out what is too old, and says when to look again.
    [[nodiscard]] std::optional<Instant> take_expired(Closing& closing);
    static Task<void> sweep(std::weak_ptr<ClientPool> weak, Instant first);

    const std::size_t idle_per_host_;
    const std::optional<Duration> idle_timeout_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::vector<Idle>> idle_;  // of a key, the oldest first
    AbortOnDrop<void> sweeper_;  // closes what is too old; runs while there is something
};

}  // namespace edo::http::detail
