// SPDX-License-Identifier: MIT
#include "edo/net/http/client/h2_exchange.hpp"

#include "edo/net/http/h2/request_head.hpp"
#include "edo/runtime/coop.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/select.hpp"
#include "edo/runtime/timeout.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

namespace edo::http::detail {

namespace {

using h2::detail::ClientCore;
using h2::detail::ClientStream;

constexpr std::chrono::seconds kContinueTimeout{1};

/// Lends bytes to a stream for as long as it lives.
class Lending {
public:
    Lending(ClientCore& core, ClientStream& stream, std::string_view bytes, bool is_last)
        : core_(core), stream_(stream) {
        core_.lend(stream_, bytes, is_last);
    }
    Lending(const Lending&) = delete;
    Lending& operator=(const Lending&) = delete;
    ~Lending() { core_.take_back(stream_); }

private:
    ClientCore& core_;
    ClientStream& stream_;
};

}  // namespace

Task<Result<void>> H2Exchange::wait(sync::Notify& notify, Instant start, Errc late) {
    for (;;) {
        std::optional<Instant> deadline = options_.deadline;
        if (options_.idle) {
            const Instant from = std::max(start, core().last_moved(*stream_));
            const Instant idle = edo::detail::saturating_add(from, *options_.idle);
            deadline = std::min(deadline.value_or(idle), idle);
        }
        if (!deadline) {
            co_await notify.notified();
            co_return Result<void>();
        }
        const auto in_time = co_await timeout_at(*deadline, notify.notified());
        if (in_time) {
            co_return Result<void>();
        }
        if (options_.deadline && now() >= *options_.deadline) {
            co_return failure(make_error_code(Errc::Timeout));
        }
        const Instant from = std::max(start, core().last_moved(*stream_));
        if (now() - from >= *options_.idle) {
            core().suspect(*options_.idle);
            co_return failure(make_error_code(late));
        }
    }
}

Task<Result<Response>> H2Exchange::perform(Request& request) {
    const h2::detail::RequestHead head(request);
    co_await propagate(core().submit(stream_, head));
    if (head.has_body()) {
        if (options_.expects_continue) {
            co_await wait_for_continue();
        }
        Task<Result<void>> sending = send_body(request, head.length());
        auto first = co_await select(biased, sending, wait_for_refusal());
        if (first.is<0>() && !first.get<0>() && (has_body_failed_ || core().is_open(*stream_))) {
            co_return failure(first.get<0>().error());
        }
    }
    co_return co_await receive_head();
}

Task<Result<void>> H2Exchange::send_body(Request& request, std::optional<std::uint64_t> length) {
    if (request.body.is_text()) {
        co_return co_await send(request.body.text(), true);
    }
    co_return co_await send_pieces(request.body, length);
}

Task<Result<void>> H2Exchange::send_pieces(Body& body, std::optional<std::uint64_t> length) {
    std::uint64_t left = length.value_or(std::numeric_limits<std::uint64_t>::max());
    for (;;) {
        const Result<std::optional<std::string>> piece = co_await body.next();
        if (!piece) {
            has_body_failed_ = true;
            co_return failure(piece.error());
        }
        if ((*piece && (*piece)->size() > left) || (!*piece && length && left > 0)) {
            has_body_failed_ = true;  // it is not as long as it said
            co_return failure(make_error_code(*piece ? Errc::BodyTooLarge : Errc::Truncated));
        }
        if (!*piece) {
            core().finish(*stream_, body.trailers());
            co_return co_await wait_for_room();
        }
        left -= (*piece)->size();
        co_await propagate(co_await send(**piece, false));
    }
}

Task<Result<void>> H2Exchange::send(std::string_view bytes, bool is_last) {
    const Lending lending(core(), *stream_, bytes, is_last);
    co_return co_await wait_for_room();
}

Task<Result<void>> H2Exchange::wait_for_room() {
    const Instant start = now();
    while (!core().is_taken(*stream_)) {
        co_await propagate(co_await wait(stream_->room, start, Errc::WriteTimeout));
    }
    co_return Result<void>();
}

Task<void> H2Exchange::wait_for_refusal() {
    while (!core().is_answered_badly(*stream_)) {
        if (!options_.deadline) {
            co_await stream_->news.notified();
            continue;
        }
        const auto in_time = co_await timeout_at(*options_.deadline, stream_->news.notified());
        if (!in_time) {
            co_return;  // the wait for the head says so
        }
    }
}

Task<void> H2Exchange::wait_for_continue() {
    const Instant patience = edo::detail::saturating_add(now(), kContinueTimeout);
    while (!core().may_continue(*stream_)) {
        const auto in_time = co_await timeout_at(patience, stream_->news.notified());
        if (!in_time) {
            co_return;  // many servers say nothing
        }
    }
}

Task<Result<Response>> H2Exchange::receive_head() {
    const Instant start = now();
    for (;;) {
        auto head = core().take_head(*stream_);
        if (head) {
            co_return std::move(*head);
        }
        co_await propagate(co_await wait(stream_->news, start, Errc::HeaderTimeout));
    }
}

Task<Result<std::optional<std::string>>> H2Exchange::next() {
    co_await consume_budget();
    const Instant start = now();
    for (;;) {
        auto piece = core().take(*stream_);
        if (piece) {
            is_over_ = *piece && !(*piece)->has_value();
            co_return std::move(*piece);
        }
        co_await propagate(co_await wait(stream_->news, start, Errc::BodyTimeout));
    }
}

std::optional<std::uint64_t> H2Exchange::size() const {
    return core().size(*stream_);
}

const Headers* H2Exchange::trailers() const {
    // Nothing is added to them any more when the body is over.
    return is_over_ && !stream_->trailers.empty() ? &stream_->trailers : nullptr;
}

}  // namespace edo::http::detail
