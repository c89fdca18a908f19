// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace edo::http::ws {

/// What goes wrong with WebSockets, beside the errors of the stream.
enum class Errc {
    Protocol = 1,     ///< the peer does not keep to RFC 6455
    NotText,          ///< a text message, or a reason, that is not UTF-8
    MessageTooLarge,  ///< a message beyond the limit
    Closed,           ///< nothing can be sent after `close`
    NotAccepted,      ///< the server does not speak WebSocket there
};

/// The category of `Errc`, with name "edo.websocket".
[[nodiscard]] const std::error_category& error_category() noexcept;

[[nodiscard]] inline std::error_code make_error_code(Errc error) noexcept {
    return {static_cast<int>(error), error_category()};
}

/// Why a connection is closed: RFC 6455, section 7.4.
namespace close_code {

inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kProtocolError = 1002;
inline constexpr std::uint16_t kUnsupported = 1003;
inline constexpr std::uint16_t kNone = 1005;  ///< never sent: a close message without a code
inline constexpr std::uint16_t kNotText = 1007;
inline constexpr std::uint16_t kPolicy = 1008;
inline constexpr std::uint16_t kTooLarge = 1009;
inline constexpr std::uint16_t kInternalError = 1011;
inline constexpr std::uint16_t kTryAgainLater = 1013;

/// Whether a peer may send it.
[[nodiscard]] bool is_valid(std::uint16_t code) noexcept;

}  // namespace close_code

}  // namespace edo::http::ws

template <>
struct std::is_error_code_enum<edo::http::ws::Errc> : std::true_type {};
