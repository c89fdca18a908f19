// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <system_error>
#include <type_traits>

namespace edo::http {

/// What is wrong with the text of a URI or of a query.
enum class UriErrc : std::uint8_t {
    /// The text is empty, or longer than `Uri::kMaxLength`.
    InvalidLength = 1,
    /// A control character, a space, a character that is not ASCII, or one that must be
    /// percent-encoded where it stands.
    InvalidCharacter,
    /// A `%` that two hexadecimal digits do not follow.
    InvalidPercent,
    /// There is no `http://` or `https://` in front.
    MissingScheme,
    /// The scheme is neither http nor https.
    UnsupportedScheme,
    /// There is no host.
    MissingHost,
    /// The host is neither a name nor an address.
    InvalidHost,
    /// The port is not a number from 1 to 65535.
    InvalidPort,
};

/// The category of `UriErrc`, with name "edo.http.uri".
[[nodiscard]] const std::error_category& uri_category() noexcept;

[[nodiscard]] inline std::error_code make_error_code(UriErrc error) noexcept {
    return {static_cast<int>(error), uri_category()};
}

}  // namespace edo::http

template <>
struct std::is_error_code_enum<edo::http::UriErrc> : std::true_type {};
