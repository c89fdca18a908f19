// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/any_io.hpp"
#include "edo/net/http/ws/codec.hpp"
#include "edo/net/http/ws/outbox.hpp"
#include "edo/runtime/codec/buffer.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/propagate.hpp"
#include "edo/runtime/select.hpp"
#include "edo/runtime/sync/mutex.hpp"
#include "edo/runtime/task/ready.hpp"
#include "edo/runtime/task/task.hpp"
#include "edo/runtime/time/instant.hpp"
#include "edo/runtime/timeout.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace edo::http::ws {

/// A WebSocket over a stream, after the handshake: messages in both directions (RFC 6455).
///
/// `recv` must be awaited again and again, also by those who only send: it answers pings and takes
/// part in closing. The other side is asked for a sign of life with `ping`; what `recv` yields then
/// is one.
///
/// Closing: one side calls `close`, then `recv` until it yields nothing; whatever still arrives
/// comes before that. The other side's `recv` answers by itself, and yields nothing.
///
/// @tparam S The stream.
/// @par Thread safety
/// One task may receive while others send.
/// @par Misuse
/// It must not be moved or destroyed while an operation on it waits; one that was moved from can
/// only be destroyed.
/// @par Example
/// @snippet websocket.cpp websocket
template <class S = AnyIo>
    requires(io::AsyncRead<S> && io::AsyncWrite<S>)
class WebSocket {
public:
    /// @param stream After the handshake.
    /// @param role Which side this is.
    /// @param read_before What was read from the stream beyond the handshake.
    WebSocket(S stream, Role role, const Options& options = Options(),
              std::string_view read_before = {})
        : state_(std::make_unique<State>(std::move(stream), role, options)) {
        state_->received.append(read_before);
    }

    /// The next message: text, binary, a ping or a pong. Nothing when the WebSocket has been closed
    /// in good order: `close_message` says why.
    ///
    /// A ping has been answered already, unless the stream is full: then the next `recv` goes on
    /// with that while it waits.
    ///
    /// @par Errors
    /// Those of the stream; `edo::Errc::UnexpectedEof` if it ends without a close message; those of
    /// `MessageCodec`, after the peer has been told with a close message; one that does not read is
    /// waited for no longer than `Options::refusal_timeout`. After an error it yields nothing.
    ///
    /// The answer to a close message takes as long as the peer does not read, like a message that
    /// does not come: `timeout` bounds both.
    /// @par Cancel safety
    /// Cancel safe: no message is lost.
    [[nodiscard]] Task<Result<std::optional<Message>>> recv() { return receive(*state_); }

    /// Sends a message, and waits until the stream has taken it. While the peer does not read, that
    /// takes as long as the peer likes: `timeout` bounds it.
    /// @par Errors
    /// Those of the stream, and those of `MessageCodec::encode`; `Errc::Closed` after `close`, by
    /// whichever side.
    /// @par Cancel safety
    /// Once started, the message is going to be sent as a whole or not at all: what is left of it
    /// when this is cancelled is written by the next operation.
    [[nodiscard]] Task<Result<void>> send(Message message) {
        return put_and_flush(*state_, std::move(message));
    }
    [[nodiscard]] Task<Result<void>> send_text(std::string text) {
        return send(Message::text(std::move(text)));
    }
    [[nodiscard]] Task<Result<void>> send_binary(std::string data) {
        return send(Message::binary(std::move(data)));
    }
    /// Asks for a pong with the same data, at most 125 bytes. As `send`.
    [[nodiscard]] Task<Result<void>> ping(std::string data = {}) {
        return send(Message::ping(std::move(data)));
    }
    /// Says that this side is done; nothing can be sent after that. As `send`, but it is no error
    /// to close twice.
    [[nodiscard]] Task<Result<void>> close(std::uint16_t code = close_code::kNormal,
                                           std::string reason = {}) {
        return close_and_flush(*state_, Message::close(code, std::move(reason)));
    }

    /// The close message of the peer, once `recv` has yielded nothing.
    [[nodiscard]] const std::optional<Message>& close_message() const noexcept {
        return state_->close;
    }
    [[nodiscard]] S& stream() noexcept { return state_->stream; }

private:
    struct State {
        State(S the_stream, Role the_role, const Options& options)
            : stream(std::move(the_stream)),
              role(the_role),
              refusal_timeout(options.refusal_timeout()),
              codec(the_role, options),
              outbox(the_role, options) {}

        S stream;
        Role role;
        Duration refusal_timeout;

        // Of the one that receives.
        MessageCodec codec;
        edo::codec::Buffer received;
        std::optional<Message> held;  // a ping that was not shown yet
        bool is_answering = false;    // there may be a pong that is not written yet
        std::optional<Message> close;
        std::error_code error;  // what `recv` says when it has been told to the peer
        Instant told_by;        // at the latest, also if that is cancelled and goes on
        bool has_ended = false;

        detail::Outbox outbox;
        sync::Mutex<> writing;  // held by the one that writes
    };

    static Task<Result<void>> flush(State& state) {
        const auto lock = co_await state.writing.lock();
        for (;;) {
            const auto bytes = state.outbox.next();
            if (bytes.empty()) {
                break;
            }
            const std::size_t count = co_await propagate(co_await state.stream.write(bytes));
            if (count == 0) {
                co_return failure(edo::Errc::WriteZero);
            }
            state.outbox.written(count);
        }
        if constexpr (edo::detail::HasFlush<S>) {
            co_await propagate(co_await state.stream.flush());
        }
        co_return Result<void>();
    }

    static Task<Result<void>> put_and_flush(State& state, Message message) {
        co_await edo::detail::Charge();
        co_await propagate(state.outbox.put(message));
        co_return co_await flush(state);
    }

    static Task<Result<void>> close_and_flush(State& state, Message message) {
        co_await edo::detail::Charge();
        const Result<void> put = state.outbox.put(message);
        if (!put && put.error() != Errc::Closed) {
            co_return put;
        }
        co_return co_await flush(state);
    }

    /// The end, after our own close message: nobody expects more from the other side of the stream.
    static Task<Result<void>> finish(State& state) {
        co_await propagate(co_await flush(state));
        // A client leaves it to the server to end the connection first: RFC 6455, section 7.1.1.
        if constexpr (edo::detail::HasShutdown<S>) {
            if (state.role == Role::Server) {
                co_await propagate(co_await state.stream.shutdown());
            }
        }
        co_return Result<void>();
    }

    static Task<void> nothing() { co_return; }

    /// Writes the answer to a ping as far as that needs no waiting. Who waited here would not read
    /// meanwhile: two sides that do so wait for each other.
    static Task<Result<void>> flush_for_now(State& state) {
        auto first = co_await select(biased, flush(state), nothing());
        state.is_answering = !first.template is<0>();
        if (state.is_answering) {
            co_return Result<void>();
        }
        co_return first.template get<0>();
    }

    static Task<Result<void>> read(State& state) {
        const std::size_t count =
            co_await propagate(co_await state.stream.read(state.received.prepare()));
        if (count == 0) {
            co_return failure(edo::Errc::UnexpectedEof);
        }
        state.received.commit(count);
        co_return Result<void>();
    }

    /// Reads, and writes meanwhile what is left of the answer to a ping.
    static Task<Result<void>> read_more(State& state) {
        if (state.is_answering) {
            auto first = co_await select(biased, flush(state), read(state));
            if (first.template is<1>()) {
                co_return first.template get<1>();
            }
            state.is_answering = false;
            Result<void> flushed = first.template get<0>();
            co_await propagate(std::move(flushed));
        }
        co_return co_await read(state);
    }

    /// Whatever was decoded is kept in `state` until all that it asks for has been done: this may
    /// be cancelled at each wait.
    static Task<Result<std::optional<Message>>> receive(State& state) {
        co_await edo::detail::Charge();
        for (;;) {
            if (state.has_ended) {
                co_return std::nullopt;
            }
            if (state.held) {
                const Result<void> flushed = co_await flush_for_now(state);
                if (!flushed) {
                    state.has_ended = true;
                    co_return failure(flushed.error());
                }
                co_return std::exchange(state.held, std::nullopt);
            }
            if (state.error) {
                static_cast<void>(co_await timeout_at(state.told_by, finish(state)));
                state.has_ended = true;
                co_return failure(state.error);
            }
            if (state.close) {
                const Result<void> finished = co_await finish(state);
                state.has_ended = true;
                if (!finished && finished.error() != std::errc::broken_pipe &&
                    finished.error() != std::errc::connection_reset) {
                    co_return failure(finished.error());
                }
                co_return std::nullopt;
            }
            auto message = state.codec.decode(state.received);
            if (!message) {
                fail(state, message.error());
                continue;
            }
            if (message->has_value()) {
                if (auto shown = take(state, std::move(**message))) {
                    co_return shown;
                }
                continue;
            }
            const Result<void> got = co_await read_more(state);
            if (!got) {
                state.has_ended = true;
                co_return failure(got.error());
            }
        }
    }

    /// Does what a message asks for. Yields it if there is nothing to wait for.
    static std::optional<Message> take(State& state, Message message) {
        switch (message.kind()) {
            case Message::Kind::Ping:
                state.outbox.put_pong(message.data());
                state.held = std::move(message);
                return std::nullopt;
            case Message::Kind::Close:
                static_cast<void>(state.outbox.put(message));  // unless this side was first
                state.close = std::move(message);
                return std::nullopt;
            default:
                return message;
        }
    }

    static void fail(State& state, std::error_code error) {
        static_cast<void>(state.outbox.put(Message::close(close_code_of(error))));
        state.error = error;
        state.told_by = edo::detail::saturating_add(now(), state.refusal_timeout);
    }

    std::unique_ptr<State> state_;
};

}  // namespace edo::http::ws
