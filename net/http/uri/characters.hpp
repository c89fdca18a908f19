// SPDX-License-Identifier: MIT
// The classes of characters of RFC 3986, section 2 and 3, as one table of bits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace edo::http::detail {

enum UriCharacters : std::uint8_t {
    kUriUnreserved = 1,  ///< letters, digits, - . _ ~
    kUriSubDelims = 2,   ///< ! $ & ' ( ) * + , ; =
    kUriPathExtra = 4,   ///< : @ /
    kUriQueryExtra = 8,  ///< ?
    kUriHexDigit = 16,
};

inline constexpr auto kUriCharacters = [] {
    std::array<std::uint8_t, 256> table{};
    const auto add = [&table](std::string_view characters, UriCharacters what) {
        for (const char c : characters) {
            table[static_cast<unsigned char>(c)] |= what;
        }
    };
    add("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", kUriUnreserved);
    add("!$&'()*+,;=", kUriSubDelims);
    add(":@/", kUriPathExtra);
    add("?", kUriQueryExtra);
    add("0123456789abcdefABCDEF", kUriHexDigit);
    return table;
}();

/// What may stand as it is in a path, and in a query or fragment.
inline constexpr std::uint8_t kUriPathCharacters = kUriUnreserved | kUriSubDelims | kUriPathExtra;
inline constexpr std::uint8_t kUriQueryCharacters = kUriPathCharacters | kUriQueryExtra;

[[nodiscard]] constexpr bool is_uri_char(char c, std::uint8_t classes) noexcept {
    return (kUriCharacters[static_cast<unsigned char>(c)] & classes) != 0;
}

/// The value of a hexadecimal digit.
[[nodiscard]] constexpr unsigned uri_hex_value(char c) noexcept {
    if (c <= '9') {
        return static_cast<unsigned>(c - '0');
    }
    return static_cast<unsigned>((c | 0x20) - 'a') + 10;
}

/// Whether a well-formed escape stands at `text[at]`.
[[nodiscard]] constexpr bool is_uri_escape(std::string_view text, std::size_t at) noexcept {
    return text.size() - at > 2 && text[at] == '%' && is_uri_char(text[at + 1], kUriHexDigit) &&
           is_uri_char(text[at + 2], kUriHexDigit);
}

[[nodiscard]] constexpr char uri_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

/// Compares without regard to case; `lower` is in lower case.
[[nodiscard]] constexpr bool equals_in_lower(std::string_view text,
                                             std::string_view lower) noexcept {
    if (text.size() != lower.size()) {
        return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (uri_lower(text[i]) != lower[i]) {
            return false;
        }
    }
    return true;
}

}  // namespace edo::http::detail
