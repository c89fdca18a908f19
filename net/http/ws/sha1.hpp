// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace edo::http::ws::detail {

/// The SHA-1 of a short text, which the WebSocket handshake asks for. It protects nothing there.
[[nodiscard]] std::array<std::uint8_t, 20> sha1(std::string_view text);

}  // namespace edo::http::ws::detail
