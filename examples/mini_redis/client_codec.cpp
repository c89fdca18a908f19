// SPDX-License-Identifier: MIT
#include "client_codec.hpp"

#include <edo/runtime/errors.hpp>

#include <charconv>
#include <utility>

namespace mini_redis {

namespace {

using edo::Errc;
using edo::failure;
using edo::Result;

std::optional<std::int64_t> to_number(std::string_view text) {
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (text.empty() || error != std::errc() || stopped != end) {
        return std::nullopt;
    }
    return number;
}

/// The length in a line, -1 for what does not exist.
Result<std::int64_t> to_length(const std::string& text, std::size_t limit) {
    const std::optional<std::int64_t> length = to_number(text);
    if (!length || *length < -1) {
        return failure(make_error_code(Errc::InvalidData));
    }
    if (*length > std::int64_t(limit)) {
        return failure(make_error_code(Errc::LimitExceeded));
    }
    return *length;
}

/// Takes a line off the front, without its end.
Result<bool> take_line(std::string_view& rest, std::string& line) {
    const std::size_t end = rest.substr(0, ClientCodec::kLongestLine).find("\r\n");
    if (end == std::string_view::npos) {
        if (rest.size() >= ClientCodec::kLongestLine) {
            return failure(make_error_code(Errc::LimitExceeded));
        }
        return false;
    }
    line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    return true;
}

void append_header(edo::codec::Buffer& buffer, char type, std::size_t length) {
    buffer.append(type + std::to_string(length) + "\r\n");
}

}  // namespace

Result<std::optional<Reply>> ClientCodec::decode(edo::codec::Buffer& buffer) {
    if (buffer.size() < needed_) {
        return std::nullopt;
    }
    needed_ = 0;
    std::string_view rest = buffer.text();
    Reply reply;
    const Step step = take_reply(rest, reply, 0);
    if (!step) {
        return failure(step.error());
    }
    if (!*step) {
        if (needed_ > 0) {
            needed_ += buffer.size() - rest.size();
        }
        return std::nullopt;
    }
    buffer.consume(buffer.size() - rest.size());
    return reply;
}

Result<void> ClientCodec::encode(const Words& words, edo::codec::Buffer& buffer) {
    append_header(buffer, '*', words.size());
    for (const std::string& word : words) {
        append_header(buffer, '$', word.size());
        buffer.append(word);
        buffer.append("\r\n");
    }
    return {};
}

ClientCodec::Step ClientCodec::take_reply(std::string_view& rest, Reply& reply, int nesting) {
    if (nesting > kDeepestNesting) {
        return failure(make_error_code(Errc::LimitExceeded));
    }
    if (rest.empty()) {
        return false;
    }
    const char type = rest[0];
    if (std::string_view("+-:$*").find(type) == std::string_view::npos) {
        return failure(make_error_code(Errc::InvalidData));
    }
    rest.remove_prefix(1);
    Step step = take_line(rest, reply.text);
    if (!step || !*step) {
        return step;
    }
    switch (type) {
        case '$':
            return take_bulk(rest, reply);
        case '*':
            return take_array(rest, reply, nesting);
        case ':':
            reply.kind = Reply::Kind::Integer;
            if (!to_number(reply.text)) {
                return failure(make_error_code(Errc::InvalidData));
            }
            return true;
        default:
            reply.kind = type == '+' ? Reply::Kind::Simple : Reply::Kind::Error;
            return true;
    }
}

ClientCodec::Step ClientCodec::take_bulk(std::string_view& rest, Reply& reply) {
    const Result<std::int64_t> length = to_length(reply.text, kLongestBulk);
    if (!length) {
        return failure(length.error());
    }
    reply.text.clear();
    if (*length < 0) {
        reply.kind = Reply::Kind::Null;
        return true;
    }
    const auto size = std::size_t(*length);
    if (rest.size() < size + 2) {
        needed_ = size + 2;
        return false;
    }
    if (rest.substr(size, 2) != "\r\n") {
        return failure(make_error_code(Errc::InvalidData));
    }
    reply.kind = Reply::Kind::Bulk;
    reply.text = rest.substr(0, size);
    rest.remove_prefix(size + 2);
    return true;
}

ClientCodec::Step ClientCodec::take_array(std::string_view& rest, Reply& reply, int nesting) {
    const Result<std::int64_t> length = to_length(reply.text, kMostItems);
    if (!length) {
        return failure(length.error());
    }
    reply.text.clear();
    reply.kind = *length < 0 ? Reply::Kind::Null : Reply::Kind::Array;
    for (std::int64_t i = 0; i < *length; ++i) {
        Step step = take_reply(rest, reply.items.emplace_back(), nesting + 1);
        if (!step || !*step) {
            return step;
        }
    }
    return true;
}

}  // namespace mini_redis
