// SPDX-License-Identifier: MIT
#include "channels.hpp"

#include "reply.hpp"

#include <utility>

namespace mini_redis {

Outbox::Outbox(edo::sync::mpsc::UnboundedSender<Message> sender,
               edo::sync::CancellationToken too_slow)
    : sender_(std::move(sender)), too_slow_(std::move(too_slow)) {}

void Outbox::post(const Message& message) {
    // Only a count: the channel itself orders the messages.
    const std::size_t before = waiting_.fetch_add(cost(message), std::memory_order_relaxed);
    if (before + cost(message) > kLimit) {
        too_slow_.cancel();
        return;
    }
    static_cast<void>(sender_.send(message));  // fails if the connection is about to end
}

void Outbox::taken(const Message& message) {
    waiting_.fetch_sub(cost(message), std::memory_order_relaxed);
}

void Channels::subscribe(std::string_view channel, const std::shared_ptr<Outbox>& outbox) {
    const std::lock_guard lock(mutex_);
    channels_[std::string(channel)].insert(outbox);
}

void Channels::unsubscribe(std::string_view channel, const std::shared_ptr<Outbox>& outbox) {
    const std::lock_guard lock(mutex_);
    const auto at = channels_.find(channel);
    if (at == channels_.end()) {
        return;
    }
    at->second.erase(outbox);
    if (at->second.empty()) {
        channels_.erase(at);
    }
}

std::size_t Channels::publish(std::string_view channel, std::string_view payload) {
    const std::lock_guard lock(mutex_);
    const auto at = channels_.find(channel);
    if (at == channels_.end()) {
        return 0;
    }
    std::string text;
    reply::array(text, 3);
    reply::bulk(text, "message");
    reply::bulk(text, channel);
    reply::bulk(text, payload);
    const Message message = std::make_shared<const std::string>(std::move(text));
    for (const std::shared_ptr<Outbox>& outbox : at->second) {
        outbox->post(message);
    }
    return at->second.size();
}

}  // namespace mini_redis
