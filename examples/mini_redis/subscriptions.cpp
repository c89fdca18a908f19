// SPDX-License-Identifier: MIT
#include "subscriptions.hpp"

#include <utility>

namespace mini_redis {

Subscriptions::Subscriptions(Channels& channels, edo::sync::CancellationToken too_slow)
    : channels_(channels), too_slow_(std::move(too_slow)) {}

Subscriptions::~Subscriptions() {
    for (const std::string& name : names_) {
        channels_.unsubscribe(name, outbox_);
    }
}

void Subscriptions::add(std::string_view channel) {
    if (outbox_ == nullptr) {
        auto [sender, receiver] = edo::sync::mpsc::unbounded_channel<Message>();
        outbox_ = std::make_shared<Outbox>(std::move(sender), too_slow_);
        receiver_.emplace(std::move(receiver));
    }
    if (names_.emplace(channel).second) {
        channels_.subscribe(channel, outbox_);
    }
}

void Subscriptions::remove(std::string_view channel) {
    const auto at = names_.find(channel);
    if (at != names_.end()) {
        channels_.unsubscribe(channel, outbox_);
        names_.erase(at);
    }
}

void Subscriptions::append(const Message& message, std::string& out) {
    outbox_->taken(message);
    out += *message;
}

void Subscriptions::append_waiting(std::string& out, std::size_t limit) {
    while (receiver_ && out.size() < limit) {
        const auto message = receiver_->try_recv();
        if (!message) {
            return;
        }
        append(*message, out);
    }
}

}  // namespace mini_redis
