// SPDX-License-Identifier: MIT
// Who has subscribed to what.
#pragma once

#include <edo/runtime/sync/cancellation_token.hpp>
#include <edo/runtime/sync/mpsc.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace mini_redis {

/// A message as it is sent: made once, shared by all who get it.
using Message = std::shared_ptr<const std::string>;

/// What a connection is to be sent, as those see it who publish.
class Outbox {
public:
    /// How many bytes may wait for one that is slow.
    static constexpr std::size_t kLimit = 32 << 20;

    /// @param too_slow Is cancelled when more than that waits.
    Outbox(edo::sync::mpsc::UnboundedSender<Message> sender, edo::sync::CancellationToken too_slow);

    /// Never waits: one that is slow must not hold up who publishes.
    void post(const Message& message);
    /// The connection has taken a message.
    void taken(const Message& message);

private:
    static std::size_t cost(const Message& message) { return message->size() + 64; }

    edo::sync::mpsc::UnboundedSender<Message> sender_;
    edo::sync::CancellationToken too_slow_;
    std::atomic<std::size_t> waiting_{0};
};

/// All subscriptions. One mutex, never held across a `co_await`: so all subscribers see the
/// messages of a channel in one order.
class Channels {
public:
    void subscribe(std::string_view channel, const std::shared_ptr<Outbox>& outbox);
    void unsubscribe(std::string_view channel, const std::shared_ptr<Outbox>& outbox);
    /// Returns the number of subscribers.
    std::size_t publish(std::string_view channel, std::string_view payload);

private:
    std::mutex mutex_;
    std::map<std::string, std::set<std::shared_ptr<Outbox>>, std::less<>> channels_;
};

}  // namespace mini_redis
