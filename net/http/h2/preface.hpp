// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace edo::http::h2 {

/// What a client of HTTP/2 sends first. A server without TLS tells by it which HTTP to serve.
inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

}  // namespace edo::http::h2
