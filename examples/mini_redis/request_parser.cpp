// SPDX-License-Identifier: MIT
#include "request_parser.hpp"

#include "words.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace mini_redis {

namespace {

/// The longest line with a number that can be right, with its type in front.
constexpr std::size_t kLongestNumber = 32;

}  // namespace

RequestParser::Outcome RequestParser::parse(std::string_view bytes) {
    if (is_done_) {
        start();
    }
    if (bytes.empty()) {
        return Outcome::Incomplete;
    }
    if (bytes[0] != '*') {
        return parse_inline(bytes);
    }
    if (!has_header_) {
        if (const Outcome outcome = parse_header(bytes); outcome != Outcome::Complete) {
            return outcome;
        }
    }
    while (missing_ > 0) {
        if (!next_size_) {
            if (const Outcome outcome = parse_argument_header(bytes);
                outcome != Outcome::Complete) {
                return outcome;
            }
        }
        if (const Outcome outcome = parse_argument(bytes); outcome != Outcome::Complete) {
            return outcome;
        }
    }
    return complete(bytes);
}

void RequestParser::start() {
    is_done_ = false;
    position_ = 0;
    has_header_ = false;
    next_size_.reset();
    pieces_.clear();
    arguments_.clear();
}

RequestParser::Outcome RequestParser::parse_inline(std::string_view bytes) {
    const std::size_t end = bytes.find('\n', position_);
    if (std::min(end, bytes.size()) > limits_.inline_line) {
        return fail("too big inline request");
    }
    if (end == std::string_view::npos) {
        position_ = bytes.size();
        return Outcome::Incomplete;
    }
    auto words = split_words(bytes.substr(0, end));
    if (!words) {
        return fail("unbalanced quotes in request");
    }
    words_ = std::move(*words);
    arguments_.assign(words_.begin(), words_.end());
    position_ = end + 1;
    is_done_ = true;
    return Outcome::Complete;
}

/// "*3\r\n": the number of arguments.
RequestParser::Outcome RequestParser::parse_header(std::string_view bytes) {
    std::optional<std::int64_t> count;
    const Outcome outcome = parse_number(bytes, count);
    if (outcome != Outcome::Complete) {
        return outcome;
    }
    if (!count || *count > std::int64_t(limits_.arguments)) {
        return fail("invalid multibulk length");
    }
    missing_ = std::size_t(std::max<std::int64_t>(*count, 0));
    has_header_ = true;
    return Outcome::Complete;
}

/// "$5\r\n": the size of an argument.
RequestParser::Outcome RequestParser::parse_argument_header(std::string_view bytes) {
    if (position_ == bytes.size()) {
        return Outcome::Incomplete;
    }
    const char type = bytes[position_];
    if (type != '$') {
        const char shown = type > ' ' && type <= '~' ? type : '?';
        return fail(std::string("expected '$', got '") + shown + "'");
    }
    std::optional<std::int64_t> size;
    const Outcome outcome = parse_number(bytes, size);
    if (outcome != Outcome::Complete) {
        return outcome;
    }
    if (!size || *size < 0 || *size > std::int64_t(limits_.argument)) {
        return fail("invalid bulk length");
    }
    if (position_ + std::size_t(*size) > limits_.request) {
        return fail("too big request");
    }
    next_size_ = std::size_t(*size);
    return Outcome::Complete;
}

RequestParser::Outcome RequestParser::parse_argument(std::string_view bytes) {
    if (bytes.size() - position_ < *next_size_ + 2) {
        return Outcome::Incomplete;
    }
    const std::size_t end = position_ + *next_size_;
    if (bytes[end] != '\r' || bytes[end + 1] != '\n') {
        return fail("expected CRLF after a bulk string");
    }
    pieces_.push_back({position_, *next_size_});
    position_ = end + 2;
    next_size_.reset();
    --missing_;
    return Outcome::Complete;
}

/// Reads the number behind the type, up to the end of the line, and steps over it. The number is
/// left out if there is something else.
RequestParser::Outcome RequestParser::parse_number(std::string_view bytes,
                                                   std::optional<std::int64_t>& number) {
    const std::string_view line = bytes.substr(position_, kLongestNumber);
    const std::size_t end = line.find('\n');
    if (end == std::string_view::npos) {
        return line.size() < kLongestNumber ? Outcome::Incomplete : fail("too long a number");
    }
    if (line[end - 1] != '\r') {
        return fail("expected CRLF after a number");
    }
    std::int64_t value = 0;
    const char* const last = line.data() + end - 1;
    const auto [stopped, error] = std::from_chars(line.data() + 1, last, value);
    if (error == std::errc() && stopped == last && last != line.data() + 1) {
        number = value;
    }
    position_ += end + 1;
    return Outcome::Complete;
}

RequestParser::Outcome RequestParser::complete(std::string_view bytes) {
    for (const Piece& piece : pieces_) {
        arguments_.push_back(bytes.substr(piece.begin, piece.size));
    }
    is_done_ = true;
    return Outcome::Complete;
}

RequestParser::Outcome RequestParser::fail(std::string_view error) {
    error_ = error;
    return Outcome::Failed;
}

}  // namespace mini_redis
