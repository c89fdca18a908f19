// SPDX-License-Identifier: MIT
// How a request is sent, and what is received meanwhile.
#include "edo/net/http/client/h1_exchange.hpp"
#include "edo/net/http/h1/encoder.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/select.hpp"
#include "edo/runtime/timeout.hpp"

#include <chrono>
#include <span>
#include <utility>

namespace edo::http::detail {

namespace {

/// How much of an answer is taken before the request has been sent.
constexpr std::size_t kMostAhead = 1024 * 1024;
constexpr std::chrono::seconds kContinueTimeout{1};

std::span<const std::byte> bytes_of(std::string_view text) noexcept {
    return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

Task<Result<void>> H1Exchange::write_all(std::string_view bytes) {
    std::span<const std::byte> rest = bytes_of(bytes);
    const auto elapsed = [this] { return failure(timeout_error(Errc::WriteTimeout)); };
    while (!rest.empty()) {
        Result<std::size_t> written;
        if (const std::optional<Instant> deadline = deadline_of_step()) {
            auto in_time = co_await timeout_at(*deadline, connection_.io.write(rest));
            if (!in_time) {
                co_return elapsed();
            }
            written = *in_time;
        } else {
            written = co_await connection_.io.write(rest);
        }
        rest = rest.subspan(co_await propagate(std::move(written)));
    }
    if (const std::optional<Instant> deadline = deadline_of_step()) {
        auto flushed = co_await timeout_at(*deadline, connection_.io.flush());
        if (!flushed) {
            co_return elapsed();
        }
        co_return *flushed;
    }
    co_return co_await connection_.io.flush();
}

Task<Result<void>> H1Exchange::send(Request& request) {
    co_await propagate(co_await write_all(output_));
    if (request.body.is_text()) {
        co_return co_await write_all(request.body.text());
    }
    co_return co_await send_pieces(request);
}

Task<Result<void>> H1Exchange::send_pieces(Request& request) {
    const bool is_chunked = sending_framing_.kind() == h1::Framing::Kind::Chunked;
    std::uint64_t left = sending_framing_.length();
    for (;;) {
        Result<std::optional<std::string>> piece = co_await request.body.next();
        if (!piece || (!is_chunked && *piece && (*piece)->size() > left) ||
            (!is_chunked && !*piece && left > 0)) {
            has_body_failed_ = true;
            if (!piece) {
                co_return failure(piece.error());
            }
            // It is not as long as it said.
            co_return failure(make_error_code(*piece ? Errc::BodyTooLarge : Errc::Truncated));
        }
        output_.clear();
        if (!*piece) {
            if (is_chunked) {
                h1::append_last_chunk(output_, request.body.trailers());
            }
            co_return co_await write_all(output_);
        }
        if (is_chunked) {
            h1::append_chunk(output_, **piece);
            co_await propagate(co_await write_all(output_));
        } else {
            left -= (*piece)->size();
            co_await propagate(co_await write_all(**piece));
        }
    }
}

Task<Result<void>> H1Exchange::send_and_receive(Request& request) {
    if (!may_continue_) {
        co_await propagate(co_await wait_for_continue(request));
        if (head_) {
            co_return Result<void>();  // it wants no body
        }
        output_.clear();
    }
    // The task goes on where it is when something was received: a write that is dropped may have
    // been made in part.
    Task<Result<void>> sending = send(request);
    for (;;) {
        Result<void> sent;
        if (input_.size() < kMostAhead) {
            auto first = co_await select(biased, sending, receive(false));
            if (first.is<1>()) {
                const std::size_t count = co_await propagate(std::move(first).get<1>());
                has_ended_ = count == 0;
                co_await propagate(parse(request));
                if (has_ended_ || (head_ && !is_success(head_->status))) {
                    co_return Result<void>();  // the server wants no more
                }
                continue;
            }
            sent = std::move(first).get<0>();
        } else {
            sent = co_await std::move(sending);
        }
        if (!sent && has_body_failed_) {
            co_return sent;
        }
        is_sent_ = sent.has_value();
        write_error_ = sent ? std::error_code() : sent.error();
        co_return Result<void>();
    }
}

Task<Result<void>> H1Exchange::wait_for_continue(Request& request) {
    co_await propagate(co_await write_all(output_));
    const Instant patience = now() + kContinueTimeout;
    while (!may_continue_ && !head_) {
        auto received = co_await timeout_at(patience, receive(true));
        if (!received) {
            break;  // many servers say nothing
        }
        const std::size_t count = co_await propagate(std::move(*received));
        if (count == 0) {
            co_return failure(make_error_code(Errc::ConnectionClosed));
        }
        co_await propagate(parse(request));
    }
    co_return Result<void>();
}

}  // namespace edo::http::detail
