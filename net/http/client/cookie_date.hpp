// SPDX-License-Identifier: MIT
// The dates of cookies, which have many forms.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace edo::http::detail {

/// Reads a date as RFC 6265, section 5.1.1 wants it: "Sun, 06 Nov 1994 08:49:37 GMT",
/// "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", and whatever else has a time, a
/// day, a month and a year.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_cookie_date(
    std::string_view text) noexcept;

}  // namespace edo::http::detail
