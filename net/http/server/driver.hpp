// SPDX-License-Identifier: MIT
// Joins a connection's decisions (`ConnectionCore`) with its stream. Included by the source files
// that instantiate `serve_connection` for a type of stream.
//
// The task of a connection is a group of branches, of which mostly one does something:
//
//   run     reads, calls the service, writes.
//   watch   ends when the connection has waited too long.
//   obey    ends when the server stops and the connection is idle, or is killed.
//   attend  writes what is ready when a service suspends: with pipelined requests the answers
//   before
//           would wait for it otherwise. Only for sockets, whose writes can be tried.
#pragma once

#include "edo/net/http/server/connection.hpp"
#include "edo/net/http/server/connection_core.hpp"
#include "edo/net/http/server/fill.hpp"
#include "edo/runtime/coop.hpp"
#include "edo/runtime/diagnostics/log.hpp"
#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/select.hpp"
#include "edo/runtime/sleep.hpp"
#include "edo/runtime/timeout.hpp"

#include <array>
#include <chrono>
#include <concepts>
#include <span>

namespace edo::http::detail {

template <class S>
class Driver final : public ConnectionCore {
public:
    Driver(S stream, const Serving& serving)
        : ConnectionCore(serving), stream_(std::move(stream)) {}
    using ConnectionCore::expect_preface;

    /// Serves until the end of the connection, or of HTTP on it. Whether the client wants to go on
    /// with HTTP/2, for which it has expressly been let.
    [[nodiscard]] Task<bool> serve();
    /// What is left for HTTP/2.
    [[nodiscard]] S take_stream() noexcept { return std::move(stream_); }
    [[nodiscard]] std::string take_input() { return input_.take(); }

    [[nodiscard]] Task<Result<std::optional<std::string>>> next_piece() override;

private:
    /// How HTTP has ended on the connection.
    enum class End : std::uint8_t {
        Close,    ///< there is nothing more to say
        Linger,   ///< all is said, and the client may still be sending
        Upgrade,  ///< the connection belongs to `upgrade_`
        Http2,    ///< the client has sent the preface of HTTP/2
    };

    [[nodiscard]] Task<End> run();
    [[nodiscard]] Task<void> obey();
    [[nodiscard]] Task<void> attend();
    [[nodiscard]] Task<void> time_out();
    [[nodiscard]] Task<void> linger();
    [[nodiscard]] Task<void> say_goodbye();
    [[nodiscard]] Task<void> hand_over();

    [[nodiscard]] Task<bool> send(Body& body, h1::Framing framing);
    [[nodiscard]] Task<bool> send_source(Body& body, h1::Framing framing);
    [[nodiscard]] Task<bool> drain();
    [[nodiscard]] Task<bool> flush(bool is_last = false);
    [[nodiscard]] Task<bool> write_all(std::span<const std::byte> bytes);
    [[nodiscard]] bool try_flush(bool is_last = false) noexcept;
    void forget_written() noexcept;

    /// Reads into the input. In a statement of its own, as every awaited expression.
    [[nodiscard]] auto read(Waits::For what);

    S stream_;
    Upgrade upgrade_;
    Kick kick_;
};

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
