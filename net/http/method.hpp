// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace edo::http {

/// The methods of RFC 9110, and PATCH (RFC 5789). A server of edo answers others with 501.
enum class Method : std::uint8_t { Get, Head, Post, Put, Delete, Connect, Options, Trace, Patch };

/// The name as it is sent, for example "GET".
[[nodiscard]] std::string_view to_string(Method method) noexcept;

/// The method with this name; methods are case-sensitive. Nothing for one that is not known.
[[nodiscard]] std::optional<Method> parse_method(std::string_view name) noexcept;

/// Whether the method only reads (RFC 9110 section 9.2.1): GET, HEAD, OPTIONS, TRACE.
[[nodiscard]] bool is_safe(Method method) noexcept;

/// Whether doing it twice is as good as doing it once (RFC 9110 section 9.2.2): the safe ones, PUT
/// and DELETE.
[[nodiscard]] bool is_idempotent(Method method) noexcept;

}  // namespace edo::http
