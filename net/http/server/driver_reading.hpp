// SPDX-License-Identifier: MIT
// How the driver of a connection reads, and what becomes of the body of a request.
#pragma once

#include "edo/net/http/server/connection_driver.hpp"

namespace edo::http::detail {

template <class S>
auto Driver<S>::read(Waits::For what) {
    if constexpr (SocketStream<S>) {
        return Timed<SocketRead>(SocketRead(stream_.io_source(), input_), waits_, what);
    } else {
        return [](Driver& self, Waits::For waiting_for) -> Task<Result<std::size_t>> {
            self.waits_.begin(waiting_for);
            const Result<std::size_t> count = co_await fill_from(self.stream_, self.input_);
            self.waits_.end();
            co_return count;
        }(*this, what);
    }
}

template <class S>
Task<Result<std::optional<std::string>>> Driver<S>::next_piece() {
    for (;;) {
        if (is_body_broken_) {
            co_return failure(Errc::BodyGone);
        }
        if (decoder_.is_done()) {
            co_return std::optional<std::string>();
        }
        Result<std::string> piece = take_piece();
        if (!piece) {
            co_return failure(piece.error());
        }
        if (!piece->empty()) {
            co_return std::optional<std::string>(std::move(*piece));
        }
        if (decoder_.is_done()) {
            continue;
        }
        if (take_continue()) {
            out_.append(kContinue);
        }
        if (!out_.empty()) {
            const bool is_flushed = co_await flush();
            if (!is_flushed) {
                co_return failure(Errc::Truncated);
            }
        }
        const Result<std::size_t> count = co_await read(Waits::For::Body);
        if (!count || *count == 0) {
            is_body_broken_ = true;
            co_return failure(count ? make_error_code(Errc::Truncated) : count.error());
        }
    }
}

/// Reads and drops what the service has left of the request's body. False if that is too much.
template <class S>
Task<bool> Driver<S>::drain() {
    std::size_t dropped = 0;
    while (!decoder_.is_done()) {
        if (!can_drain() || dropped > serving_.options().drain_limit) {
            co_return false;
        }
        const Result<std::string> piece = take_piece();
        if (!piece) {
            co_return false;
        }
        dropped += piece->size();
        if (piece->empty() && !decoder_.is_done()) {
            const bool is_flushed = co_await flush();  // the client may wait for the answer first
            if (!is_flushed) {
                co_return false;
            }
            const Result<std::size_t> count = co_await read(Waits::For::Body);
            if (!count || *count == 0) {
                co_return false;
            }
        }
    }
    co_return true;
}

}  // namespace edo::http::detail
