// SPDX-License-Identifier: MIT
// Base64 with padding (RFC 4648, section 4), and the credentials of Basic authentication.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace edo::http::detail {

[[nodiscard]] inline std::string to_base64(std::string_view bytes) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = bytes.size() - i < 3 ? bytes.size() - i : 3;
        unsigned group = 0;
        for (std::size_t j = 0; j < 3; ++j) {
            group = group << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0U);
        }
        for (std::size_t j = 0; j < 4; ++j) {
            text += j <= count ? kDigits[group >> (18 - 6 * j) & 63] : '=';
        }
    }
    return text;
}

/// The value of `Authorization` or `Proxy-Authorization`.
[[nodiscard]] inline std::string basic_credentials(std::string_view user_name,
                                                   std::string_view password) {
    std::string pair(user_name);
    pair += ':';
    pair += password;
    return "Basic " + to_base64(pair);
}

}  // namespace edo::http::detail
