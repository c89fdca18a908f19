// SPDX-License-Identifier: MIT
// What acceptors and connectors have in common.
#pragma once

#include "edo/net/tls/tls_stream.hpp"
#include "edo/runtime/timeout.hpp"

#include <memory>
#include <string>
#include <utility>

namespace edo::detail {

/// Makes the handshake, within the configured time.
template <io::AsyncReadWrite S>
Task<Result<tls::TlsStream<S>>> make_tls_stream(std::shared_ptr<TlsContext> context,
                                                std::string host, S stream) {
    const std::optional<Duration> limit = context->handshake_timeout();
    auto state = std::make_unique<TlsState<S>>(std::move(stream), std::move(context), host);
    Result<void> done;
    if (limit) {
        const Result<Result<void>> in_time = co_await timeout(*limit, state->handshake());
        if (!in_time) {
            co_return failure(make_error_code(tls::Errc::HandshakeTimeout));
        }
        done = *in_time;
    } else {
        done = co_await state->handshake();
    }
    if (!done) {
        co_return failure(done.error());
    }
    co_return tls::TlsStream<S>(std::move(state));
}

extern template Task<Result<tls::TlsStream<net::TcpStream>>> make_tls_stream(
    std::shared_ptr<TlsContext> context, std::string host, net::TcpStream stream);
extern template Task<Result<tls::TlsStream<net::UnixStream>>> make_tls_stream(
    std::shared_ptr<TlsContext> context, std::string host, net::UnixStream stream);
extern template Task<Result<tls::TlsStream<io::DuplexStream>>> make_tls_stream(
    std::shared_ptr<TlsContext> context, std::string host, io::DuplexStream stream);

}  // namespace edo::detail
