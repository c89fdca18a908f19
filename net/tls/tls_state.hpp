// SPDX-License-Identifier: MIT
// A session joined with its stream: who may pull, who may send, and how both go on when the other
// one is cancelled.
//
// One at a time pulls (reads from the stream), and one at a time sends; each holds the permit for
// it. A reader pulls, and a writer sends. But a reader that has something to send (the answer to a
// KeyUpdate) does that, too, while it waits: never by waiting for it alone, because the peer may
// read nothing before it has written. And a writer whose session wants bytes first pulls, or waits
// for the reader to do so.
//
// What is on its way lives here and not in the frame of an operation: bytes that were pulled are in
// the session before the next suspension, and those to be sent stay in it until they are gone. So a
// cancelled operation loses nothing of the stream of records; the next one goes on with it.
#pragma once

#include "edo/net/tcp_stream.hpp"
#include "edo/net/tls/context.hpp"
#include "edo/net/tls/session.hpp"
#include "edo/net/tls/socket_pull.hpp"
#include "edo/net/unix_stream.hpp"
#include "edo/runtime/coop.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/io/duplex.hpp"
#include "edo/runtime/io/split.hpp"
#include "edo/runtime/select.hpp"
#include "edo/runtime/sleep.hpp"
#include "edo/runtime/sync/semaphore.hpp"
#include "edo/runtime/task/task.hpp"

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

namespace edo::detail {

template <class S>
inline constexpr bool is_socket_stream =
    std::same_as<S, net::TcpStream> || std::same_as<S, net::UnixStream>;

template <io::AsyncReadWrite S>
class TlsState {
public:
    TlsState(S inner, std::shared_ptr<TlsContext> context, std::string_view host)
        : stream_(std::move(inner)), session_(std::move(context), host) {}
    TlsState(const TlsState&) = delete;
    TlsState& operator=(const TlsState&) = delete;
    ~TlsState() = default;

    // What `TlsStream` has functions for.
    [[nodiscard]] Task<Result<void>> handshake();
    [[nodiscard]] Task<Result<std::size_t>> read(Bytes to);
    [[nodiscard]] Task<Result<std::size_t>> write(ConstBytes bytes);
    [[nodiscard]] Task<Result<std::size_t>> write_vectored(std::span<const ConstBytes> buffers);
    [[nodiscard]] Task<Result<void>> flush();
    [[nodiscard]] Task<Result<void>> shutdown();

    [[nodiscard]] S& stream() noexcept { return stream_; }
    [[nodiscard]] tls::Session& session() noexcept { return session_; }

private:
    /// A step of the handshake, when it is its turn.
    [[nodiscard]] Task<tls::Step> shake_once();
    /// Reads once from the stream. The caller has the permit to pull.
    [[nodiscard]] Task<tls::Step> pull(TlsPurpose purpose, Bytes to);
    /// Sends all there is. The caller has the permit to send.
    [[nodiscard]] Task<Result<void>> drain();
    /// Gets what `step` has wanted: pulls, or sees that another one has.
    [[nodiscard]] Task<tls::Step> more(tls::Step step, TlsPurpose purpose, Bytes to);
    /// Sends as much as can be sent without waiting: the alert of a session that has failed.
    [[nodiscard]] Task<void> send_alert();
    [[nodiscard]] static Task<void> nothing() { co_return; }

    S stream_;
    tls::Session session_;
    sync::Semaphore pulling_{1};
    sync::Semaphore sending_{1};
};

template <io::AsyncReadWrite S>
Task<tls::Step> TlsState<S>::pull(TlsPurpose purpose, Bytes to) {
    if constexpr (is_socket_stream<S>) {
        co_return co_await SocketPull(stream_.io_source(), session_, purpose, to);
    } else {
        const std::size_t size = pull_size(to.size());
        const auto buffer = std::make_unique<std::byte[]>(size);
        const Result<std::size_t> count = co_await stream_.read(Bytes(buffer.get(), size));
        if (!count) {
            co_return tls::Step(count.error());
        }
        co_return digest(session_, purpose, to, ConstBytes(buffer.get(), *count));
    }
}

template <io::AsyncReadWrite S>
Task<Result<void>> TlsState<S>::drain() {
    for (;;) {
        const ConstBytes next = session_.output();
        if (next.empty()) {
            co_return Result<void>();
        }
        const Result<std::size_t> count = co_await stream_.write(next);
        if (!count) {
            co_return failure(count.error());
        }
        if (*count == 0) {
            co_return failure(Errc::WriteZero);
        }
        session_.sent(*count);
    }
}

template <io::AsyncReadWrite S>
Task<tls::Step> TlsState<S>::more(tls::Step step, TlsPurpose purpose, Bytes to) {
    const auto permit = co_await pulling_.acquire();
    if (session_.inputs() != step.inputs()) {
        // The other side has pulled meanwhile.
        co_return purpose == TlsPurpose::Read ? session_.read(to, ConstBytes()) : step;
    }
    if (!session_.has_output()) {
        co_return co_await pull(purpose, to);
    }
    const auto may_send = sending_.try_acquire();
    if (!may_send) {
        co_return co_await pull(purpose, to);  // whoever sends now sends all
    }
    auto first = co_await select(biased, drain(), pull(purpose, to));
    if (first.template is<1>()) {
        co_return first.template get<1>();
    }
    const Result<void>& sent = first.template get<0>();
    if (!sent) {
        co_return tls::Step(sent.error());
    }
    co_return step;
}

template <io::AsyncReadWrite S>
Task<void> TlsState<S>::send_alert() {
    if (!session_.has_output()) {
        co_return;
    }
    const auto permit = sending_.try_acquire();
    if (permit) {
        static_cast<void>(co_await select(biased, drain(), nothing()));
    }
}

template <io::AsyncReadWrite S>
Task<tls::Step> TlsState<S>::shake_once() {
    const auto permit = co_await session_.context().gate().acquire();
    co_await yield_now();
    co_return session_.handshake(ConstBytes());
}

template <io::AsyncReadWrite S>
Task<Result<void>> TlsState<S>::handshake() {
    for (;;) {
        const tls::Step step = co_await shake_once();
        const Result<void> sent = co_await drain();
        if (step.failed()) {
            co_return failure(step.error());
        }
        if (!sent) {
            co_return failure(sent.error());
        }
        if (!step.wants_read()) {
            co_return Result<void>();
        }
        const tls::Step pulled = co_await pull(TlsPurpose::Keep, Bytes());
        if (pulled.failed()) {
            co_return failure(pulled.error());
        }
    }
}

template <io::AsyncReadWrite S>
Task<Result<std::size_t>> TlsState<S>::read(Bytes to) {
    if (to.empty()) {
        co_return std::size_t{0};
    }
    // Here, and not where bytes were read already: nothing suspends between them and the caller.
    co_await consume_budget();
    tls::Step step = session_.read(to, ConstBytes());
    while (step.wants_read()) {
        step = co_await more(step, TlsPurpose::Read, to);
    }
    if (step.failed()) {
        co_await send_alert();
        co_return failure(step.error());
    }
    co_return step.count();  // none when the peer has closed its side
}

template <io::AsyncReadWrite S>
Task<Result<std::size_t>> TlsState<S>::write(ConstBytes bytes) {
    co_return co_await write_vectored(std::span<const ConstBytes>(&bytes, 1));
}

template <io::AsyncReadWrite S>
Task<Result<std::size_t>> TlsState<S>::write_vectored(std::span<const ConstBytes> buffers) {
    const auto permit = co_await sending_.acquire();
    const Result<void> before = co_await drain();  // of one that was cancelled
    if (!before) {
        co_return failure(before.error());
    }
    for (;;) {
        tls::Step step = session_.write(buffers);
        const Result<void> sent = co_await drain();
        if (step.failed()) {
            co_return failure(step.error());
        }
        if (!sent) {
            co_return failure(sent.error());
        }
        if (!step.wants_read()) {
            co_return step.count();
        }
        step = co_await more(step, TlsPurpose::Keep, Bytes());
        if (step.failed()) {
            co_return failure(step.error());
        }
    }
}

template <io::AsyncReadWrite S>
Task<Result<void>> TlsState<S>::flush() {
    const auto permit = co_await sending_.acquire();
    Result<void> done = co_await drain();
    if constexpr (HasFlush<S>) {
        if (done) {
            done = co_await stream_.flush();
        }
    }
    co_return done;
}

template <io::AsyncReadWrite S>
Task<Result<void>> TlsState<S>::shutdown() {
    const auto permit = co_await sending_.acquire();
    session_.close();
    Result<void> done = co_await drain();
    if constexpr (HasShutdown<S>) {
        if (done) {
            done = co_await stream_.shutdown();
        }
    }
    co_return done;
}

extern template class TlsState<net::TcpStream>;
extern template class TlsState<net::UnixStream>;
extern template class TlsState<io::DuplexStream>;

}  // namespace edo::detail
