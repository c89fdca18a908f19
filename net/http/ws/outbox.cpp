// SPDX-License-Identifier: MIT
#include "edo/net/http/ws/outbox.hpp"

#include <utility>

namespace edo::http::ws::detail {

Result<void> Outbox::put(const Message& message) {
    const std::lock_guard lock(mutex_);
    if (is_closed_) {
        return failure(make_error_code(Errc::Closed));
    }
    is_closed_ = message.kind() == Message::Kind::Close;
    auto encoded = codec_.encode(message, waiting_);
    is_closed_ = is_closed_ && encoded;
    return encoded;
}

void Outbox::put_pong(std::string data) {
    const std::lock_guard lock(mutex_);
    pong_ = std::move(data);
}

bool Outbox::is_closed() const {
    const std::lock_guard lock(mutex_);
    return is_closed_;
}

std::span<const std::byte> Outbox::next() {
    if (writing_.empty()) {
        const std::lock_guard lock(mutex_);
        if (pong_ && !is_closed_) {
            // A pong that a peer has asked for is never too long.
            static_cast<void>(codec_.encode(Message::pong(std::move(*pong_)), waiting_));
        }
        pong_.reset();
        std::swap(writing_, waiting_);
    }
    return writing_.data();
}

}  // namespace edo::http::ws::detail
