// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/percent.hpp"

namespace edo::http::filter::detail {

namespace {

int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = char(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// The byte at the front, which is taken away; -1 for a malformed escape.
int take_byte(std::string_view& text) noexcept {
    if (text.front() != '%') {
        const char c = text.front();
        text.remove_prefix(1);
        return static_cast<unsigned char>(c);
    }
    if (text.size() < 3 || hex_value(text[1]) < 0 || hex_value(text[2]) < 0) {
        return -1;
    }
    const int byte = hex_value(text[1]) * 16 + hex_value(text[2]);
    text.remove_prefix(3);
    return byte;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, Plus plus) {
    std::string decoded;
    decoded.reserve(text.size());
    while (!text.empty()) {
        if (text.front() == '+' && plus == Plus::IsSpace) {
            decoded += ' ';
            text.remove_prefix(1);
            continue;
        }
        const int byte = take_byte(text);
        if (byte < 0) {
            return std::nullopt;
        }
        decoded += char(byte);
    }
    return decoded;
}

bool percent_equal(std::string_view escaped, std::string_view plain) noexcept {
    for (const char c : plain) {
        if (escaped.empty() || take_byte(escaped) != static_cast<unsigned char>(c)) {
            return false;
        }
    }
    return escaped.empty();
}

}  // namespace edo::http::filter::detail
