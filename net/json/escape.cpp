// SPDX-License-Identifier: MIT
#include "edo/net/json/escape.hpp"

#include "edo/runtime/io/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace edo::detail::json {

namespace {

/// What stands behind the backslash; 'u' for what has no short form, 0 for what is written as it
/// is.
constexpr std::array<char, 256> make_escapes() {
    std::array<char, 256> escapes{};
    for (std::size_t i = 0; i < 0x20; ++i) {
        escapes[i] = 'u';
    }
    escapes['\b'] = 'b';
    escapes['\f'] = 'f';
    escapes['\n'] = 'n';
    escapes['\r'] = 'r';
    escapes['\t'] = 't';
    escapes['"'] = '"';
    escapes['\\'] = '\\';
    return escapes;
}
constexpr std::array<char, 256> kEscapes = make_escapes();

void append_escaped(std::string& to, std::string_view text) {
    std::size_t done = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const char escape = kEscapes[byte];
        if (escape == 0) [[likely]] {
            continue;
        }
        to.append(text, done, i - done);
        done = i + 1;
        to += '\\';
        to += escape;
        if (escape == 'u') {
            constexpr std::string_view kDigits = "0123456789abcdef";
            to += "00";
            to += kDigits[byte >> 4];
            to += kDigits[byte & 15];
        }
    }
    to.append(text, done);
}

/// The text with U+FFFD in place of each byte that is no part of a character.
std::string repaired(std::string_view text) {
    std::string valid;
    while (!text.empty()) {
        std::size_t length = 1;
        while (length <= std::min<std::size_t>(4, text.size()) &&
               !io::is_utf8(text.substr(0, length))) {
            ++length;
        }
        if (length > std::min<std::size_t>(4, text.size())) {
            valid += "\xEF\xBF\xBD";
            length = 1;
        } else {
            valid += text.substr(0, length);
        }
        text.remove_prefix(length);
    }
    return valid;
}

}  // namespace

void append_quoted(std::string& to, std::string_view text) {
    to += '"';
    if (io::is_utf8(text)) [[likely]] {
        append_escaped(to, text);
    } else {
        append_escaped(to, repaired(text));
    }
    to += '"';
}

}  // namespace edo::detail::json
