// SPDX-License-Identifier: MIT
// Reads the messages of one direction of an HTTP/1 connection, as a server and a client do.
#pragma once

#include "fuzz/oracle.hpp"
#include <edo/net/http/h1/body_decoder.hpp>
#include <edo/net/http/h1/limits.hpp>
#include <edo/net/http/headers.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace edo::fuzz {

/// Small ones, so that inputs of a few hundred bytes go beyond them.
inline http::h1::Limits small_limits() {
    http::h1::Limits limits;
    limits.start_line = 128;
    limits.headers = 256;
    limits.header_count = 6;
    limits.trailers = 64;
    limits.chunk_extensions = 32;
    return limits;
}

/// The bytes in a block of their own of just that size: AddressSanitizer sees who reads beyond.
class Block {
public:
    explicit Block(std::string_view bytes)
        : size_(bytes.size()), bytes_(std::make_unique<char[]>(size_)) {
        if (size_ > 0) {
            std::memcpy(bytes_.get(), bytes.data(), size_);
        }
    }
    [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }

private:
    std::size_t size_;
    std::unique_ptr<char[]> bytes_;
};

inline std::string show(const http::Headers& headers) {
    std::string text;
    for (const http::Header header : headers) {
        text.append("|").append(header.name).append("=").append(header.value);
    }
    return text;
}

/// Heads and bodies, one after the other. `Dialect` knows the heads:
///
///     Result<bool> parse(bytes); std::size_t size(); std::string take(bytes); // what it means
///     h1::Framing framing(); void reset(); bool goes_on();
template <class Dialect>
class Messages {
public:
    /// False after an error, or when nothing may follow.
    bool feed(std::string_view piece) {
        pending_.append(piece);
        while (is_open_) {
            if (in_body_ ? !read_body() : !read_head()) {
                break;
            }
        }
        return is_open_;
    }
    Events end() && {
        if (is_open_ && in_body_) {
            const auto ended = decoder_.end_of_input();
            events_.push_back(body_ +
                              (ended ? " (until the end)" : " !" + ended.error().message()));
        } else if (is_open_) {
            events_.push_back("(end)");
        }
        return std::move(events_);
    }

private:
    /// False when more bytes are needed, or no more are wanted.
    bool read_head() {
        const Block bytes(pending_);
        const Result<bool> is_whole = dialect_.parse(bytes.view());
        if (!is_whole) {
            return fail(is_whole.error());
        }
        if (!*is_whole) {
            return false;
        }
        require(dialect_.size() <= pending_.size(), "a head is a part of the input");
        events_.push_back(dialect_.take(bytes.view()));
        pending_.erase(0, dialect_.size());
        decoder_ = http::h1::BodyDecoder(dialect_.framing(), small_limits());
        body_.clear();
        in_body_ = true;
        return true;
    }
    bool read_body() {
        while (!decoder_.is_done()) {
            const Block bytes(pending_);
            const auto step = decoder_.decode(bytes.view());
            if (!step) {
                return fail(step.error());
            }
            require(step->consumed <= pending_.size(), "what is consumed was there");
            require(step->consumed > 0 || pending_.empty(), "something is consumed");
            const std::less_equal<> before;
            require(step->data.empty() || (before(bytes.view().data(), step->data.data()) &&
                                           before(step->data.data() + step->data.size(),
                                                  bytes.view().data() + step->consumed)),
                    "the data is within what was consumed");
            body_ += step->data;
            pending_.erase(0, step->consumed);
            if (pending_.empty() && !decoder_.is_done()) {
                return false;
            }
        }
        if (decoder_.trailers() != nullptr) {
            body_ += " trailers: " + show(*decoder_.trailers());
        }
        events_.push_back(std::move(body_));
        in_body_ = false;
        is_open_ = dialect_.goes_on();
        dialect_.reset();
        return is_open_;
    }
    bool fail(std::error_code error) {
        // What came of a body before it does not count: nobody may use it.
        events_.push_back("!" + error.message());
        is_open_ = false;
        return false;
    }

    Dialect dialect_;
    http::h1::BodyDecoder decoder_;
    std::string pending_;
    std::string body_;
    Events events_;
    bool in_body_ = false;
    bool is_open_ = true;
};

template <class Dialect>
Events read_messages(const std::vector<std::string_view>& pieces) {
    Messages<Dialect> messages;
    static_cast<void>(messages.feed({}));  // some messages begin with no byte at all
    for (const std::string_view piece : pieces) {
        if (!messages.feed(piece)) {
            break;
        }
    }
    return std::move(messages).end();
}

/// They are the same however they are cut. Yields them.
template <class Dialect>
Events check_messages(std::string_view bytes) {
    const Events expected = read_messages<Dialect>({bytes});
    for_each_cut(
        bytes,
        [&](const std::vector<std::string_view>& pieces) {
            require_equal(read_messages<Dialect>(pieces), expected,
                          "the same messages, however they are cut");
        },
        48);
    return expected;
}

}  // namespace edo::fuzz
