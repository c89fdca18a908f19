// SPDX-License-Identifier: MIT
#include "reply.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace mini_redis::reply {

namespace {

constexpr std::string_view kLineEnd = "\r\n";

void line(std::string& out, char type, std::int64_t number) {
    std::array<char, 24> digits;
    const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out += type;
    out.append(digits.data(), std::size_t(end - digits.data()));
    out += kLineEnd;
}

}  // namespace

void simple(std::string& out, std::string_view text) {
    out += '+';
    out += text;
    out += kLineEnd;
}

void error(std::string& out, std::string_view text) {
    out += '-';
    const std::size_t begin = out.size();
    out += text;
    std::replace_if(
        out.begin() + std::ptrdiff_t(begin), out.end(),
        [](char c) { return c == '\r' || c == '\n'; }, ' ');
    out += kLineEnd;
}

void integer(std::string& out, std::int64_t number) {
    line(out, ':', number);
}

void bulk(std::string& out, std::string_view bytes) {
    line(out, '$', std::int64_t(bytes.size()));
    out += bytes;
    out += kLineEnd;
}

void null(std::string& out) {
    out += "$-1\r\n";
}

void array(std::string& out, std::size_t count) {
    line(out, '*', std::int64_t(count));
}

}  // namespace mini_redis::reply
