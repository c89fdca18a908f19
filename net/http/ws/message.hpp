// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/ws/error.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace edo::http::ws {

/// What is sent over a WebSocket.
///
/// @par Example
/// @snippet websocket.cpp message
class Message {
public:
    enum class Kind : std::uint8_t { Text, Binary, Ping, Pong, Close };

    /// @param kind Not `Close`, which has a code: see `close`.
    Message(Kind kind, std::string data) : kind_(kind), data_(std::move(data)) {}

    /// @param text UTF-8.
    [[nodiscard]] static Message text(std::string text) { return {Kind::Text, std::move(text)}; }
    [[nodiscard]] static Message binary(std::string data) {
        return {Kind::Binary, std::move(data)};
    }
    /// @param data At most 125 bytes, as for `pong`.
    [[nodiscard]] static Message ping(std::string data = {}) {
        return {Kind::Ping, std::move(data)};
    }
    [[nodiscard]] static Message pong(std::string data = {}) {
        return {Kind::Pong, std::move(data)};
    }
    /// @param reason UTF-8, at most 123 bytes.
    [[nodiscard]] static Message close(std::uint16_t code, std::string reason = {}) {
        Message message(Kind::Close, std::move(reason));
        message.code_ = code;
        return message;
    }

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    [[nodiscard]] bool is_text() const noexcept { return kind_ == Kind::Text; }
    [[nodiscard]] bool is_binary() const noexcept { return kind_ == Kind::Binary; }
    /// The content; of a close message the reason.
    [[nodiscard]] const std::string& data() const& noexcept { return data_; }
    [[nodiscard]] std::string data() && noexcept { return std::move(data_); }
    /// Of a close message: why. `close_code::kNone` if the peer has not said.
    [[nodiscard]] std::uint16_t code() const noexcept { return code_; }

private:
    Kind kind_;
    std::uint16_t code_ = close_code::kNone;
    std::string data_;
};

}  // namespace edo::http::ws
