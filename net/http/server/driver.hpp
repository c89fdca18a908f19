// SPDX-License-Identifier: MIT
// From the first byte of a connection to its end. Included by the source files that instantiate
// `serve_connection` for a type of stream.
#pragma once

#include "edo/net/http/server/connection.hpp"
#include "edo/net/http/server/connection_driver.hpp"
#include "edo/net/http/server/driver_reading.hpp"
#include "edo/net/http/server/driver_writing.hpp"
#include "edo/runtime/coop.hpp"
#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/select.hpp"
#include "edo/runtime/timeout.hpp"

#include <chrono>
#include <exception>

namespace edo::http::detail {

template <class S>
Task<typename Driver<S>::End> Driver<S>::run() {
    for (;;) {
        const Head head = find_head();
        if (head != Head::Complete) {
            if (!try_flush()) {
                const bool is_flushed = co_await flush();
                if (!is_flushed) {
                    co_return End::Close;
                }
            }
            if (head == Head::Refused) {
                co_return End::Linger;
            }
            if (head == Head::Http2) {
                co_return End::Http2;
            }
            const bool has_begun = parser_.has_begun();
            if (is_stopping_ && !has_begun) {
                co_return End::Close;
            }
            const Waits::For what = has_begun ? Waits::For::Head : Waits::For::Request;
            const Result<std::size_t> count = co_await read(what);
            if (!count || *count == 0) {
                co_return End::Close;
            }
            continue;
        }

        Response response;
        std::exception_ptr error;
        if (!out_.empty()) {  // answers to the requests before
            if constexpr (SocketStream<S>) {
                kick_.signal();
            } else {
                const bool is_flushed = co_await flush();
                if (!is_flushed) {
                    co_return End::Close;
                }
            }
        }
        try {
            response = co_await serving_.service().call(take_request());
        } catch (...) {
            error = std::current_exception();
        }
        if (error != nullptr) {
            response = failed(error);
        }

        const h1::Framing rest = begin_answer(response);
        if (rest.kind() != h1::Framing::Kind::None) {
            const bool is_sent = co_await send(response.body, rest);
            if (!is_sent) {
                co_return End::Close;
            }
        }
        if (is_upgrade(response)) {
            const bool is_flushed = co_await flush();
            upgrade_ = std::move(response.upgrade);
            co_return is_flushed ? End::Upgrade : End::Close;
        }
        end_request();
        if (!decoder_.is_done()) {
            const bool is_drained = co_await drain();
            keep_alive_ = keep_alive_ && is_drained;
        }
        if (!keep_alive_) {
            const bool is_flushed = co_await flush(true);
            const bool is_read = decoder_.is_done() && input_.empty();
            co_return is_read || !is_flushed ? End::Close : End::Linger;
        }
        parser_.reset();
        has_answered_ = false;
        if (!input_.empty()) {  // pipelined requests
            if (out_.size() >= kBatch) {
                const bool is_flushed = co_await flush();
                if (!is_flushed) {
                    co_return End::Close;
                }
            }
            co_await consume_budget();
        }
    }
}

template <class S>
Task<void> Driver<S>::obey() {
    co_await serving_.stop().cancelled();
    is_stopping_ = true;
    if (waits_.what() != Waits::For::Request) {
        co_await serving_.kill().cancelled();
    }
}

template <class S>
Task<void> Driver<S>::attend() {
    for (;;) {
        co_await kick_.wait();
        static_cast<void>(try_flush());
    }
}

template <class S>
Task<void> Driver<S>::time_out() {
    const bool may_answer = !is_writing_ && !has_answered_ &&
                            (waits_.what() == Waits::For::Body || parser_.has_begun());
    if (may_answer) {
        refuse(waits_.what() == Waits::For::Body ? Errc::BodyTimeout : Errc::HeaderTimeout);
        const bool is_flushed = co_await flush();
        if (is_flushed) {
            co_await linger();
        }
    }
}

/// Reads for a while before the connection is closed: closed with unread bytes, it would be reset,
/// and the client might lose the answer.
template <class S>
Task<void> Driver<S>::linger() {
    constexpr std::size_t kMost = std::size_t{512} * 1024;
    if constexpr (edo::detail::HasShutdown<S>) {
        const Result<void> ended = co_await stream_.shutdown();
        if (!ended) {
            co_return;
        }
    }
    for (std::size_t dropped = 0; dropped < kMost;) {
        input_.consume(input_.bytes().size());
        const Result<std::size_t> count = co_await read(Waits::For::Body);
        if (!count || *count == 0) {
            co_return;
        }
        dropped += *count;
    }
}

/// What is encrypted must be ended expressly: else the client takes it for cut off.
template <class S>
Task<void> Driver<S>::say_goodbye() {
    if constexpr (!SocketStream<S> && edo::detail::HasShutdown<S>) {
        static_cast<void>(co_await stream_.shutdown());
    }
    co_return;
}

template <class S>
Task<void> Driver<S>::hand_over() {
    AnyIo io(std::move(stream_), input_.take());
    std::exception_ptr error;
    try {
        co_await upgrade_(std::move(io));
    } catch (...) {
        error = std::current_exception();
    }
    if (error != nullptr) {
        static_cast<void>(failed(error));
    }
}

template <class S>
Task<bool> Driver<S>::serve() {
    constexpr auto kLinger = std::chrono::seconds(2);
    End end = End::Close;
    bool is_late = false;
    {
        auto ended = co_await select(biased, run(), waits_.watch(), obey(), attend());
        if (ended.template is<0>()) {
            end = ended.template get<0>();
        }
        is_late = ended.template is<1>();
    }
    end_request();
    if (end == End::Http2) {
        co_return true;
    }
    if (is_late) {
        static_cast<void>(co_await timeout(kLinger, time_out()));
    } else if (end == End::Linger) {
        static_cast<void>(co_await timeout(kLinger, linger()));
    } else if (end == End::Upgrade) {
        co_await select(hand_over(), serving_.kill().cancelled());
        co_return false;
    }
    if constexpr (!SocketStream<S>) {
        static_cast<void>(co_await timeout(kLinger, say_goodbye()));
    }
    co_return false;
}

}  // namespace edo::http::detail

namespace edo::http {

template <class S>
Task<void> serve_connection(S stream, Serving serving) {
    detail::Driver<S> driver(std::move(stream), serving);
    static_cast<void>(co_await driver.serve());
}

}  // namespace edo::http
