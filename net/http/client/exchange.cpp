// SPDX-License-Identifier: MIT
#include "edo/net/http/client/exchange.hpp"

#include "edo/net/http/h1/encoder.hpp"
#include "edo/runtime/coop.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/select.hpp"
#include "edo/runtime/timeout.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

namespace edo::http::detail {

namespace {

constexpr std::size_t kInput = 32 * 1024;
/// A request up to this size is written before anything is read; a server that does not read that
/// much first would be a strange one.
constexpr std::size_t kSmallRequest = 16 * 1024;
/// How much of an answer is taken before the request has been sent.
constexpr std::size_t kMostAhead = 1024 * 1024;
constexpr std::chrono::seconds kContinueTimeout{1};

/// A connection in a connection: to put bytes in front of it.
class Wrapped {
public:
    explicit Wrapped(AnyIo io) noexcept : io_(std::move(io)) {}

    [[nodiscard]] auto read(std::span<std::byte> buffer) { return io_.read(buffer); }
    [[nodiscard]] auto write(std::span<const std::byte> bytes) { return io_.write(bytes); }
    [[nodiscard]] auto flush() { return io_.flush(); }
    [[nodiscard]] auto shutdown() { return io_.shutdown(); }

private:
    AnyIo io_;
};

std::span<const std::byte> bytes_of(std::string_view text) noexcept {
    return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

Exchange::Exchange(Connected connection, ExchangeOptions options)
    : connection_(std::move(connection)),
      options_(options),
      input_(kInput),
      parser_(options.limits) {}

std::string_view Exchange::input() const noexcept {
    const std::span<const std::byte> bytes = input_.data();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::optional<Instant> Exchange::deadline_of_step() const noexcept {
    if (!options_.idle) {
        return options_.deadline;
    }
    const Instant idle = edo::detail::saturating_add(now(), *options_.idle);
    return std::min(options_.deadline.value_or(idle), idle);
}

std::error_code Exchange::timeout_error(Errc step) const noexcept {
    const bool is_over = options_.deadline && now() >= *options_.deadline;
    return make_error_code(is_over ? Errc::Timeout : step);
}

// ---- the request ----

Task<Result<Response>> Exchange::perform(Request& request) {
    sending_framing_ = h1::append_request_head(output_, request);
    if (request.version == Version::Http10) {
        output_[output_.find('\r') - 1] = '0';
    }
    const bool has_body = !sending_framing_.is_empty();
    const bool waits = options_.expects_continue && has_body;
    may_continue_ = !waits;
    const bool is_small =
        !has_body ||
        (request.body.is_text() && output_.size() + request.body.text().size() <= kSmallRequest);
    if (is_small && !waits) {
        output_ += request.body.text();
        const Result<void> sent = co_await write_all(output_);
        is_sent_ = sent.has_value();
        write_error_ = sent ? std::error_code() : sent.error();
    } else {
        co_await propagate(co_await send_and_receive(request));
    }
    co_await propagate(co_await receive_head(request));
    output_ = {};
    can_be_kept_ = can_be_kept_ && is_sent_;
    co_return std::move(*head_);
}

Task<Result<void>> Exchange::write_all(std::string_view bytes) {
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

Task<Result<void>> Exchange::send(Request& request) {
    co_await propagate(co_await write_all(output_));
    if (request.body.is_text()) {
        co_return co_await write_all(request.body.text());
    }
    co_return co_await send_pieces(request);
}

Task<Result<void>> Exchange::send_pieces(Request& request) {
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

Task<Result<void>> Exchange::send_and_receive(Request& request) {
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

Task<Result<void>> Exchange::wait_for_continue(Request& request) {
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

// ---- the answer ----

Task<Result<std::size_t>> Exchange::receive(bool is_limited) {
    const std::span<std::byte> room = input_.prepare();
    Result<std::size_t> received;
    const std::optional<Instant> deadline = is_limited ? deadline_of_step() : options_.deadline;
    if (deadline) {
        auto in_time = co_await timeout_at(*deadline, connection_.io.read(room));
        if (!in_time) {
            co_return failure(timeout_error(head_ ? Errc::BodyTimeout : Errc::HeaderTimeout));
        }
        received = *in_time;
    } else {
        received = co_await connection_.io.read(room);
    }
    if (received) {
        input_.commit(*received);
        has_received_ = has_received_ || *received > 0;
    }
    co_return received;
}

Result<void> Exchange::parse(const Request& request) {
    while (!head_ && !input_.empty()) {
        const Result<bool> is_whole = parser_.parse(input());
        if (!is_whole) {
            return failure(is_whole.error());
        }
        if (!*is_whole) {
            return {};
        }
        const Status status = parser_.status();
        const bool is_upgrade =
            status == Status::SwitchingProtocols && request.headers.contains("Upgrade");
        if (status == Status::SwitchingProtocols && !is_upgrade) {
            return failure(make_error_code(Errc::ProtocolError));
        }
        if (is_informational(status) && !is_upgrade) {
            may_continue_ = may_continue_ || status == Status::Continue;
            input_.consume(parser_.size());
            parser_.reset();
        } else {
            take_head(request);
        }
    }
    return {};
}

void Exchange::take_head(const Request& request) {
    head_ = parser_.take(input());
    const h1::Framing framing = parser_.framing(request.method);
    can_be_kept_ = parser_.keeps_alive() && framing.kind() != h1::Framing::Kind::UntilClose &&
                   head_->status != Status::SwitchingProtocols &&
                   !request.headers.has_token("Connection", "close");
    has_length_ = framing.kind() == h1::Framing::Kind::Length;
    decoder_ = h1::BodyDecoder(framing, options_.limits);
    input_.consume(parser_.size());
}

Task<Result<void>> Exchange::receive_head(Request& request) {
    while (!head_) {
        if (!has_ended_) {
            const Result<std::size_t> received = co_await receive(true);
            if (!received) {
                // What went wrong first says more.
                co_return failure(write_error_ ? write_error_ : received.error());
            }
            has_ended_ = *received == 0;
        }
        co_await propagate(parse(request));
        if (!head_ && has_ended_) {
            if (write_error_) {
                co_return failure(write_error_);
            }
            co_return failure(
                make_error_code(has_received_ ? Errc::Truncated : Errc::ConnectionClosed));
        }
    }
    co_return Result<void>();
}

Task<Result<std::optional<std::string>>> Exchange::next() {
    co_await consume_budget();
    while (!decoder_.is_done()) {
        if (!input_.empty()) {
            const auto step = co_await propagate(decoder_.decode(input()));
            std::optional<std::string> piece;
            if (!step.data.empty()) {
                piece.emplace(step.data);
            }
            input_.consume(step.consumed);
            if (piece) {
                co_return piece;
            }
            continue;
        }
        if (!has_ended_) {
            has_ended_ = co_await propagate(co_await receive(true)) == 0;
        }
        if (has_ended_ && input_.empty()) {
            co_await propagate(decoder_.end_of_input());
        }
    }
    co_return std::optional<std::string>();
}

std::optional<std::uint64_t> Exchange::size() const noexcept {
    if (decoder_.is_done()) {
        return 0;
    }
    return has_length_ ? std::optional(decoder_.left()) : std::nullopt;
}

AnyIo Exchange::into_io() && {
    if (input_.empty()) {
        return std::move(connection_.io);
    }
    std::string read_before(input());
    return AnyIo(Wrapped(std::move(connection_.io)), std::move(read_before));
}

}  // namespace edo::http::detail
