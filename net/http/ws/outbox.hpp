// SPDX-License-Identifier: MIT
// What a WebSocket has yet to write. Messages are put in whole by whoever sends; one at a time
// writes them out. The bytes that are being written stay where they are meanwhile.
#pragma once

#include "edo/net/http/ws/codec.hpp"
#include "edo/runtime/codec/buffer.hpp"

#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <string>

namespace edo::http::ws::detail {

/// @par Thread safety
/// All but `next` and `written`, which belong to the one that writes.
class Outbox {
public:
    Outbox(Role role, const Options& options) noexcept : codec_(role, options) {}

    /// Errors: those of `MessageCodec::encode`, and `Errc::Closed` after a close message.
    [[nodiscard]] Result<void> put(const Message& message);
    /// The answer to a ping; takes the place of one that was not written yet.
    void put_pong(std::string data);
    [[nodiscard]] bool is_closed() const;

    /// The bytes to write next; none if there is nothing. Valid until `written`.
    [[nodiscard]] std::span<const std::byte> next();
    void written(std::size_t count) noexcept { writing_.consume(count); }

private:
    mutable std::mutex mutex_;  // guards the next four; taken for a copy, never across a wait
    MessageCodec codec_;
    codec::Buffer waiting_;
    std::optional<std::string> pong_;
    bool is_closed_ = false;
    codec::Buffer writing_;
};

}  // namespace edo::http::ws::detail
