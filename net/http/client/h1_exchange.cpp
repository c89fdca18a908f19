// SPDX-License-Identifier: MIT
#include "edo/net/http/client/h1_exchange.hpp"

#include "edo/net/http/client/pool.hpp"
#include "edo/net/http/h1/encoder.hpp"
#include "edo/runtime/coop.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/timeout.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace edo::http::detail {

namespace {

constexpr std::size_t kInput = 32 * 1024;
/// A request up to this size is written before anything is read; a server that does not read that
/// much first would be a strange one.
constexpr std::size_t kSmallRequest = 16 * 1024;

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

}  // namespace

H1Exchange::H1Exchange(Connected connection, ExchangeOptions options)
    : connection_(std::move(connection)),
      options_(options),
      input_(kInput),
      parser_(options.limits) {}

std::string_view H1Exchange::input() const noexcept {
    const std::span<const std::byte> bytes = input_.data();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::optional<Instant> H1Exchange::deadline_of_step() const noexcept {
    if (!options_.idle) {
        return options_.deadline;
    }
    const Instant idle = edo::detail::saturating_add(now(), *options_.idle);
    return std::min(options_.deadline.value_or(idle), idle);
}

std::error_code H1Exchange::timeout_error(Errc step) const noexcept {
    const bool is_over = options_.deadline && now() >= *options_.deadline;
    return make_error_code(is_over ? Errc::Timeout : step);
}

Task<Result<Response>> H1Exchange::perform(Request& request) {
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
    if (write_error_ == std::errc::timed_out) {
        co_return failure(write_error_);  // whoever does not read will not answer
    }
    co_await propagate(co_await receive_head(request));
    output_ = {};
    can_be_kept_ = can_be_kept_ && is_sent_;
    co_return std::move(*head_);
}

Task<Result<std::size_t>> H1Exchange::receive(bool is_limited) {
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

Result<void> H1Exchange::parse(const Request& request) {
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

void H1Exchange::take_head(const Request& request) {
    head_ = parser_.take(input());
    const h1::Framing framing = parser_.framing(request.method);
    can_be_kept_ = parser_.keeps_alive() && framing.kind() != h1::Framing::Kind::UntilClose &&
                   head_->status != Status::SwitchingProtocols &&
                   !request.headers.has_token("Connection", "close");
    has_length_ = framing.kind() == h1::Framing::Kind::Length;
    decoder_ = h1::BodyDecoder(framing, options_.limits);
    input_.consume(parser_.size());
}

Task<Result<void>> H1Exchange::receive_head(Request& request) {
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

Task<Result<std::optional<std::string>>> H1Exchange::next() {
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

std::optional<std::uint64_t> H1Exchange::size() const {
    if (decoder_.is_done()) {
        return 0;
    }
    return has_length_ ? std::optional(decoder_.left()) : std::nullopt;
}

void H1Exchange::give_back(ClientPool& pool, const std::string& key) {
    if (decoder_.is_done() && can_be_kept_ && input_.empty()) {
        pool.put(key, std::move(connection_));
    }
}

AnyIo H1Exchange::into_io() {
    if (input_.empty()) {
        return std::move(connection_.io);
    }
    std::string read_before(input());
    return AnyIo(Wrapped(std::move(connection_.io)), std::move(read_before));
}

}  // namespace edo::http::detail
