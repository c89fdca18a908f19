// SPDX-License-Identifier: MIT
// The channels that one connection has subscribed to.
#pragma once

#include "channels.hpp"
#include <edo/runtime/sync/cancellation_token.hpp>
#include <edo/runtime/sync/mpsc.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace mini_redis {

/// Belongs to one connection. Ends its subscriptions when it is destroyed.
class Subscriptions {
public:
    using Receiver = edo::sync::mpsc::UnboundedReceiver<Message>;
    using Names = std::set<std::string, std::less<>>;

    /// @param too_slow Is cancelled when the connection does not keep up with its messages.
    Subscriptions(Channels& channels, edo::sync::CancellationToken too_slow);
    Subscriptions(const Subscriptions&) = delete;
    Subscriptions& operator=(const Subscriptions&) = delete;
    ~Subscriptions();

    void add(std::string_view channel);
    /// No more messages of the channel come when this has returned; some may wait to be taken.
    void remove(std::string_view channel);
    [[nodiscard]] const Names& names() const { return names_; }
    [[nodiscard]] bool empty() const { return names_.empty(); }
    [[nodiscard]] std::size_t size() const { return names_.size(); }

    /// Where messages arrive, to be given to `append`. There must have been a subscription.
    [[nodiscard]] Receiver& receiver() { return *receiver_; }
    /// Appends a message that was received.
    void append(const Message& message, std::string& out);
    /// Appends the messages that have arrived, until there are `limit` bytes.
    void append_waiting(std::string& out, std::size_t limit);

private:
    Channels& channels_;
    edo::sync::CancellationToken too_slow_;
    Names names_;
    std::shared_ptr<Outbox> outbox_;  // made for the first subscription
    std::optional<Receiver> receiver_;
};

}  // namespace mini_redis
