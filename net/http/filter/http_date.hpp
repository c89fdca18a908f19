// SPDX-License-Identifier: MIT
// Times as HTTP writes them (RFC 9110 section 5.6.7).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace edo::http::filter::detail {

using Seconds = std::chrono::sys_seconds;

/// "Sun, 06 Nov 1994 08:49:37 GMT".
[[nodiscard]] std::string format_http_date(Seconds time);
/// Any of the three forms that a recipient must know; nothing if it is none.
[[nodiscard]] std::optional<Seconds> parse_http_date(std::string_view text);

}  // namespace edo::http::filter::detail
