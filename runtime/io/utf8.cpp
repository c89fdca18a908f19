// SPDX-License-Identifier: MIT
#include "edo/runtime/io/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace edo::io {

namespace {

using Byte = unsigned char;

/// The length of the leading run of ASCII, eight bytes at a time, the last few left out.
std::size_t ascii_prefix(const char* text, std::size_t size) noexcept {
    std::size_t done = 0;
    for (std::uint64_t word = 0; done + sizeof word <= size; done += sizeof word) {
        std::memcpy(&word, text + done, sizeof word);
        if ((word & 0x8080808080808080) != 0) {
            break;
        }
    }
    return done;
}

/// What may follow a lead byte (Unicode, table 3-7): how many bytes, and the range of the first.
struct Lead {
    unsigned length;  // of the whole sequence; 0 for a byte that starts none
    Byte low = 0x80;
    Byte high = 0xBF;
};

Lead lead(Byte byte) noexcept {
    if (byte < 0x80) {
        return {1};
    }
    if (byte >= 0xC2 && byte <= 0xDF) {
        return {2};
    }
    if (byte >= 0xE0 && byte <= 0xEF) {
        return {3, Byte(byte == 0xE0 ? 0xA0 : 0x80), Byte(byte == 0xED ? 0x9F : 0xBF)};
    }
    if (byte >= 0xF0 && byte <= 0xF4) {
        return {4, Byte(byte == 0xF0 ? 0x90 : 0x80), Byte(byte == 0xF4 ? 0x8F : 0xBF)};
    }
    return {0};
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
    std::size_t at = 0;
    while (at < text.size()) {
        at += ascii_prefix(text.data() + at, text.size() - at);
        if (at == text.size()) {
            break;
        }
        const Lead expected = lead(Byte(text[at]));
        if (expected.length == 0 || expected.length > text.size() - at) {
            return false;
        }
        for (unsigned i = 1; i < expected.length; ++i) {
            const Byte byte = Byte(text[at + i]);
            if (byte < (i == 1 ? expected.low : 0x80) || byte > (i == 1 ? expected.high : 0xBF)) {
                return false;
            }
        }
        at += expected.length;
    }
    return true;
}

}  // namespace edo::io
