// SPDX-License-Identifier: MIT
// After RFC 3174, method 1.
#include "edo/net/http/ws/sha1.hpp"

#include <bit>
#include <cstddef>
#include <string>

namespace edo::http::ws::detail {

namespace {

constexpr std::size_t kBlock = 64;
using State = std::array<std::uint32_t, 5>;

std::uint32_t word_at(std::string_view bytes, std::size_t at) {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        word = word << 8 | static_cast<unsigned char>(bytes[at + i]);
    }
    return word;
}

void add_block(State& state, std::string_view block) {
    std::array<std::uint32_t, 80> words;
    for (std::size_t i = 0; i < 16; ++i) {
        words[i] = word_at(block, 4 * i);
    }
    for (std::size_t i = 16; i < words.size(); ++i) {
        words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    }
    auto [a, b, c, d, e] = state;
    for (std::size_t i = 0; i < words.size(); ++i) {
        std::uint32_t mixed = 0;
        if (i < 20) {
            mixed = ((b & c) | (~b & d)) + 0x5A827999;
        } else if (i < 40) {
            mixed = (b ^ c ^ d) + 0x6ED9EBA1;
        } else if (i < 60) {
            mixed = ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC;
        } else {
            mixed = (b ^ c ^ d) + 0xCA62C1D6;
        }
        const std::uint32_t next = std::rotl(a, 5) + mixed + e + words[i];
        e = d;
        d = c;
        c = std::rotl(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

}  // namespace

std::array<std::uint8_t, 20> sha1(std::string_view text) {
    std::string padded(text);
    padded += char(0x80);
    while (padded.size() % kBlock != kBlock - 8) {
        padded += '\0';
    }
    const std::uint64_t bits = std::uint64_t{8} * text.size();
    for (unsigned shift = 64; shift > 0; shift -= 8) {
        padded += char(bits >> (shift - 8));
    }
    State state{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    for (std::size_t at = 0; at < padded.size(); at += kBlock) {
        add_block(state, std::string_view(padded).substr(at, kBlock));
    }
    std::array<std::uint8_t, 20> digest;
    for (std::size_t i = 0; i < digest.size(); ++i) {
        digest[i] = std::uint8_t(state[i / 4] >> (24 - 8 * (i % 4)));
    }
    return digest;
}

}  // namespace edo::http::ws::detail
