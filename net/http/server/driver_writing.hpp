// SPDX-License-Identifier: MIT
// How the driver of a connection writes: answers that are in memory, and bodies that come bit by
// bit.
#pragma once

#include "edo/net/http/server/connection_driver.hpp"
#include "edo/runtime/diagnostics/log.hpp"
#include "edo/runtime/io/concepts.hpp"

#include <exception>

namespace edo::http::detail {

/// Sends what of the answer is not in `out_` yet. False when the connection cannot go on.
template <class S>
Task<bool> Driver<S>::send(Body& body, h1::Framing framing) {
    if (!body.is_text()) {
        co_return co_await send_source(body, framing);
    }
    const bool is_flushed = co_await flush();
    if (!is_flushed) {
        co_return false;
    }
    co_return co_await write_all(std::as_bytes(std::span(body.text())));
}

template <class S>
Task<bool> Driver<S>::send_source(Body& body, h1::Framing framing) {
    std::uint64_t left = framing.length();
    for (;;) {
        Result<std::optional<std::string>> piece;
        std::exception_ptr error;
        try {
            piece = co_await body.next();
        } catch (...) {
            error = std::current_exception();
        }
        if (error != nullptr) {
            static_cast<void>(failed(error));
            co_return false;
        }
        if (!piece) {
            co_return false;  // the client sees that the end is missing
        }
        if (!*piece) {
            break;
        }
        if (framing.kind() == h1::Framing::Kind::Chunked) {
            h1::append_chunk(out_, **piece);
        } else {
            if (framing.kind() == h1::Framing::Kind::Length && (*piece)->size() > left) {
                edo::detail::log_error("the body of an answer is longer than was said");
                co_return false;
            }
            left -= (*piece)->size();
            out_.append(**piece);
        }
        const bool is_flushed = co_await flush();
        if (!is_flushed) {
            co_return false;
        }
    }
    if (framing.kind() == h1::Framing::Kind::Chunked) {
        h1::append_last_chunk(out_, body.trailers());
    } else if (framing.kind() == h1::Framing::Kind::Length && left > 0) {
        edo::detail::log_error("the body of an answer is shorter than was said");
        co_return false;
    }
    co_return true;
}

/// Writes what the socket takes at once. Whether nothing is left.
/// @param is_last Where it costs nothing, goodbye goes with it.
template <class S>
bool Driver<S>::try_flush([[maybe_unused]] bool is_last) noexcept {
    if (out_.empty()) {
        return true;
    }
    if constexpr (SocketStream<S>) {
        if (!is_writing_) {
            const auto rest = std::as_bytes(std::span(out_).subspan(written_));
            const std::size_t count = stream_.try_write(rest).value_or(0);
            written_ += count;
            waits_.answer_pace().moved(count);
        }
        if (written_ == out_.size()) {
            forget_written();
            return true;
        }
    } else if constexpr (TryWriteStream<S>) {
        if (!is_writing_) {
            const auto rest = std::as_bytes(std::span(out_).subspan(written_));
            const std::size_t count = stream_.try_write(rest, is_last).value_or(0);
            written_ += count;
            waits_.answer_pace().moved(count);
            if (written_ == out_.size() && !stream_.has_unsent()) {
                forget_written();
                return true;
            }
        }
    }
    return false;
}

template <class S>
void Driver<S>::forget_written() noexcept {
    constexpr std::size_t kKept = 1024;  // by a connection that is idle
    written_ = 0;
    if (out_.capacity() > kKept) {
        std::string().swap(out_);
    } else {
        out_.clear();
    }
}

template <class S>
Task<bool> Driver<S>::flush(bool is_last) {
    if (try_flush(is_last)) {
        co_return true;
    }
    const bool is_written = co_await write_all(std::as_bytes(std::span(out_).subspan(written_)));
    forget_written();
    co_return is_written;
}

template <class S>
Task<bool> Driver<S>::write_all(std::span<const std::byte> bytes) {
    is_writing_ = true;
    while (!bytes.empty()) {
        using Op = decltype(stream_.write(bytes));
        Result<std::size_t> count = 0;
        if constexpr (CanBeTimed<Op>) {
            count = co_await Timed<Op>(stream_.write(bytes), waits_, Waits::For::Peer);
        } else {
            waits_.begin(Waits::For::Peer);
            count = co_await stream_.write(bytes);
            waits_.end();
        }
        if (!count || *count == 0) {
            co_return false;
        }
        bytes = bytes.subspan(*count);
        waits_.answer_pace().moved(*count);
    }
    if constexpr (edo::detail::HasFlush<S>) {
        waits_.begin(Waits::For::Peer);
        const Result<void> flushed = co_await stream_.flush();
        waits_.end();
        if (!flushed) {
            co_return false;
        }
    }
    is_writing_ = false;
    co_return true;
}

}  // namespace edo::http::detail
