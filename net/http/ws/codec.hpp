// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/ws/frame.hpp"
#include "edo/net/http/ws/message.hpp"
#include "edo/runtime/codec/buffer.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/time/instant.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace edo::http::ws {

/// The rules of one side of a WebSocket.
class Options {
public:
    Options() = default;

    /// The largest message that is received, in bytes. Default 1 MiB. It is refused with the head
    /// of the frame that exceeds it; memory is taken only for what has arrived.
    Options& max_message_size(std::size_t bytes) noexcept {
        max_message_size_ = bytes;
        return *this;
    }
    [[nodiscard]] std::size_t max_message_size() const noexcept { return max_message_size_; }
    /// How long `WebSocket::recv` tries to tell a peer that has broken the rules so, before it says
    /// the same to its caller: the peer need not read. Default 10 seconds.
    Options& refusal_timeout(Duration limit) noexcept {
        refusal_timeout_ = limit;
        return *this;
    }
    [[nodiscard]] Duration refusal_timeout() const noexcept { return refusal_timeout_; }

private:
    std::size_t max_message_size_ = std::size_t{1} << 20;
    Duration refusal_timeout_ = std::chrono::seconds(10);
};

/// The messages of a WebSocket as a codec: bytes in, messages out, and back. It answers nothing by
/// itself; `WebSocket` does. Messages in fragments are put together, with control messages between
/// the fragments coming first.
///
/// @par Errors
/// Of `decode`; the stream is of no use any more then, and what follows is thrown away:
/// - `Errc::Protocol`: reserved bits and opcodes, masks where none belongs or none where one does,
///   lengths not in their shortest form, fragments out of order, control frames that are fragments
///   or longer than 125 bytes, close codes that must not be sent.
/// - `Errc::NotText`: found with the first byte that shows it.
/// - `Errc::MessageTooLarge`.
///
/// Of `encode`; nothing was appended: `Errc::NotText`, and `Errc::Protocol` for control messages
/// that are too long, and for close codes that must not be sent.
/// @par Example
/// @snippet websocket.cpp codec
class MessageCodec {
public:
    using Item = Message;

    /// @param role The side whose codec this is: it sends as that side, and receives from the
    /// other.
    explicit MessageCodec(Role role, const Options& options = Options()) noexcept
        : role_(role), options_(options) {}

    [[nodiscard]] Result<std::optional<Message>> decode(codec::Buffer& buffer);
    /// Errors: also `edo::Errc::UnexpectedEof`, within a message.
    [[nodiscard]] Result<std::optional<Message>> decode_eof(codec::Buffer& buffer);
    [[nodiscard]] Result<void> encode(const Message& message, codec::Buffer& buffer) const;

private:
    struct Frame {
        explicit Frame(const detail::FrameHead& frame_head) : head(frame_head) {}

        detail::FrameHead head;
        std::uint64_t done = 0;  // bytes of its content that were taken
    };

    [[nodiscard]] Result<std::optional<Message>> decode_next(codec::Buffer& buffer);
    [[nodiscard]] Result<void> begin_frame(const detail::FrameHead& head);
    void take_content(codec::Buffer& buffer, Frame& frame, std::string& to);
    [[nodiscard]] Result<std::optional<Message>> decode_control(codec::Buffer& buffer);
    [[nodiscard]] Result<std::optional<Message>> decode_data(codec::Buffer& buffer);
    [[nodiscard]] bool check_text(bool is_whole) noexcept;

    Role role_;
    Options options_;
    std::optional<Frame> frame_;         // whose content is being taken
    std::optional<Message::Kind> kind_;  // of the message that is being put together
    std::string data_;                   // of it, so far
    std::size_t checked_ = 0;            // that many bytes of it are whole characters
    bool has_failed_ = false;
};

/// With which code to close after that error.
[[nodiscard]] std::uint16_t close_code_of(const std::error_code& error) noexcept;

}  // namespace edo::http::ws
