// SPDX-License-Identifier: MIT
#include "common/printable.hpp"

#include <algorithm>

namespace example {

namespace {

using Byte = unsigned char;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";      // U+FFFD
constexpr std::string_view kSymbolForDelete = "\xE2\x90\xA1";  // U+2421

bool is_between(Byte low, Byte byte, Byte high) {
    return low <= byte && byte <= high;
}

/// How many bytes a sequence has that starts with this one; 0 if none does.
std::size_t length_of(Byte lead) {
    if (lead < 0x80) {
        return 1;
    }
    if (is_between(0xC2, lead, 0xDF)) {
        return 2;
    }
    if (is_between(0xE0, lead, 0xEF)) {
        return 3;
    }
    return is_between(0xF0, lead, 0xF4) ? 4 : 0;
}

/// Whether the second byte of a sequence may follow the first: not so in overlong forms, in
/// surrogates, and beyond U+10FFFF.
bool may_follow(Byte lead, Byte second) {
    const Byte low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const Byte high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    return is_between(low, second, high);
}

/// How many bytes at the front of a text that is not empty are one character, or the beginning of
/// one; at least 1.
std::size_t sequence(std::string_view text) {
    const std::size_t limit = std::min(length_of(text[0]), text.size());
    std::size_t size = 1;
    while (size < limit &&
           (size == 1 ? may_follow(text[0], text[1]) : is_between(0x80, text[size], 0xBF))) {
        ++size;
    }
    return size;
}

void append_printable(std::string& line, std::string_view character) {
    const Byte lead = character[0];
    const bool is_whole = character.size() == length_of(lead);
    const bool is_control_beyond_ascii = lead == 0xC2 && is_whole && Byte(character[1]) < 0xA0;
    if (!is_whole || is_control_beyond_ascii) {
        line += kReplacement;
    } else if (lead < 0x20 && lead != '\t') {
        line += {char(0xE2), char(0x90), char(0x80 + lead)};  // U+2400 and following
    } else if (lead == 0x7F) {
        line += kSymbolForDelete;
    } else {
        line += character;
    }
}

}  // namespace

std::string printable(std::span<const std::byte> bytes) {
    return printable(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string printable(std::string_view text) {
    if (text.ends_with('\n')) {
        text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
    }
    std::string line;
    line.reserve(text.size());
    while (!text.empty()) {
        const std::size_t size = sequence(text);
        append_printable(line, text.substr(0, size));
        text.remove_prefix(size);
    }
    return line;
}

}  // namespace example
