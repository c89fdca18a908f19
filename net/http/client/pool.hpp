// SPDX-License-Identifier: MIT
// The connections of a client that wait for their next request.
#pragma once

#include "edo/net/http/client/connector.hpp"
#include "edo/runtime/abort_on_drop.hpp"
#include "edo/runtime/time/instant.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace edo::sync {
class Semaphore;
}  // namespace edo::sync

namespace edo::http::h2 {
class ClientConnection;
}  // namespace edo::http::h2

namespace edo::http::detail {

class Exchange;
struct ExchangeOptions;

/// What connections must have in common to stand for each other, as text: the origin and the proxy.
[[nodiscard]] std::string pool_key(const Uri& url, const Uri* proxy);

/// Connections between two requests: nothing is under way on them. The one used last is taken
/// first, so that those too many grow old. Connections of HTTP/2 are here while requests are under
/// way, too.
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
    /// How many connections there are on which nothing is under way.
    [[nodiscard]] std::size_t size() const;

    /// A place for a request on a connection of HTTP/2 that others use, too; or none.
    [[nodiscard]] std::unique_ptr<Exchange> join(const std::string& key,
                                                 const ExchangeOptions& options);
    /// Lets others use a connection of HTTP/2. Called in a task.
    void share(const std::string& key, std::shared_ptr<h2::ClientConnection> connection);
    /// What lets one task after the other make a connection of that key, as long as it is not known
    /// that the server does not speak HTTP/2; null if it is.
    [[nodiscard]] std::shared_ptr<sync::Semaphore> gate(const std::string& key);
    /// Remembers which HTTP a server speaks.
    void learn(const std::string& key, bool is_http2);

private:
    struct Idle {
        Idle(Connected c, Instant time) noexcept : connection(std::move(c)), since(time) {}
        Connected connection;
        Instant since;
    };
    using SharedList = std::vector<std::shared_ptr<h2::ClientConnection>>;
    /// What is destroyed without the lock.
    struct Closing {
        Closing() = default;
        std::vector<Idle> idle;
        SharedList shared;
    };

    [[nodiscard]] bool is_expired(const Idle& idle, Instant time) const noexcept;
    /// Takes out what is too old, and says when to look again.
    [[nodiscard]] std::optional<Instant> take_expired(Closing& closing);
    /// The same of one kind: when the oldest that stays was used last, at the latest.
    [[nodiscard]] Instant take_expired_idle(Closing& closing, Instant time);
    [[nodiscard]] Instant take_expired_shared(Closing& closing, Instant time);
    void start_sweeper(Instant time);
    static Task<void> sweep(std::weak_ptr<ClientPool> weak, Instant first);

    const std::size_t idle_per_host_;
    const std::optional<Duration> idle_timeout_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::vector<Idle>> idle_;  // of a key, the oldest first
    std::unordered_map<std::string, SharedList> shared_;
    std::unordered_map<std::string, std::weak_ptr<sync::Semaphore>> gates_;
    std::unordered_set<std::string> without_http2_;
    /// One of each runtime, by its id: closes what is too old, and runs while there is something.
    std::unordered_map<std::uint64_t, AbortOnDrop<void>> sweepers_;
};

}  // namespace edo::http::detail
