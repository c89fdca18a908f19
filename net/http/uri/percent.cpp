// SPDX-License-Identifier: MIT
#include "edo/net/http/uri/percent.hpp"

#include "edo/net/http/uri/characters.hpp"

#include <cstddef>
#include <cstdint>

namespace edo::http {

namespace {

void append_escape(std::string& to, char c) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    to += '%';
    to += kDigits[byte >> 4];
    to += kDigits[byte & 15];
}

std::string encode_all_but(std::string_view text, std::uint8_t kept) {
    std::string encoded;
    encoded.reserve(text.size());
    for (const char c : text) {
        if (detail::is_uri_char(c, kept)) {
            encoded += c;
        } else {
            append_escape(encoded, c);
        }
    }
    return encoded;
}

Result<std::string> decode(std::string_view text, bool plus_is_space) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '%') {
            if (!detail::is_uri_escape(text, i)) {
                return failure(make_error_code(UriErrc::InvalidPercent));
            }
            decoded += static_cast<char>(detail::uri_hex_value(text[i + 1]) << 4 |
                                         detail::uri_hex_value(text[i + 2]));
            i += 2;
        } else {
            decoded += c == '+' && plus_is_space ? ' ' : c;
        }
    }
    return decoded;
}

}  // namespace

std::string percent_encode(std::string_view text) {
    return encode_all_but(text, detail::kUriUnreserved);
}

std::string percent_encode_path(std::string_view path) {
    return encode_all_but(path, detail::kUriPathCharacters);
}

Result<std::string> percent_decode(std::string_view text) {
    return decode(text, false);
}

std::string form_encode(std::string_view text) {
    std::string encoded;
    encoded.reserve(text.size());
    for (const char c : text) {
        if (c == ' ') {
            encoded += '+';
        } else if (c == '*' || (c != '~' && detail::is_uri_char(c, detail::kUriUnreserved))) {
            encoded += c;
        } else {
            append_escape(encoded, c);
        }
    }
    return encoded;
}

Result<std::string> form_decode(std::string_view text) {
    return decode(text, true);
}

}  // namespace edo::http
