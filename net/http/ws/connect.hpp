// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/h1/response_parser.hpp"
#include "edo/net/http/ws/websocket.hpp"
#include "edo/runtime/io/write.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace edo::http::ws::detail {

/// A key that was never used before.
[[nodiscard]] std::string new_key();
/// The head of the request. @throws UsageError for a target or host that would break it.
[[nodiscard]] std::string upgrade_request(std::string_view host, std::string_view target,
                                          std::string_view key);
/// Errors: `Errc::NotAccepted`.
[[nodiscard]] Result<void> check_answer(const Response& response, std::string_view key);

}  // namespace edo::http::ws::detail

namespace edo::http::ws {

/// Asks a server for a WebSocket, over a stream that is connected to it.
///
/// @param stream Plain, or TLS after its handshake.
/// @param host The value of `Host`: "example.com" or "example.com:8080".
/// @param target The path, and the query if there is one: "/chat?room=1".
/// @par Errors
/// Those of the stream; those of an answer that is no HTTP; `edo::Errc::UnexpectedEof` if there is
/// none; `Errc::NotAccepted` if the server answers with anything but a proper 101. There is no
/// limit of time: `timeout` sets one.
/// @par Cancel safety
/// Not cancel safe: the stream is dropped.
/// @par Misuse
/// A host or a target that is empty, or that holds blanks or control characters, throws
/// `UsageError`.
/// @par Example
/// @snippet websocket.cpp connect
template <class S>
    requires(io::AsyncRead<S> && io::AsyncWrite<S>)
[[nodiscard]] Task<Result<WebSocket<S>>> connect(S stream, std::string host,
                                                 std::string target = "/",
                                                 Options options = Options()) {
    const std::string key = detail::new_key();
    const std::string request = detail::upgrade_request(host, target, key);
    co_await propagate(co_await io::write_all(stream, std::as_bytes(std::span(request))));
    if constexpr (edo::detail::HasFlush<S>) {
        co_await propagate(co_await stream.flush());
    }
    h1::ResponseParser parser;
    std::string received;
    std::array<std::byte, 1024> buffer;
    for (;;) {
        const std::size_t count = co_await propagate(co_await stream.read(buffer));
        if (count == 0) {
            co_return failure(edo::Errc::UnexpectedEof);
        }
        received.append(reinterpret_cast<const char*>(buffer.data()), count);
        const bool is_complete = co_await propagate(parser.parse(received));
        if (is_complete) {
            break;
        }
    }
    co_await propagate(detail::check_answer(parser.take(received), key));
    co_return WebSocket<S>(std::move(stream), Role::Client, options,
                           std::string_view(received).substr(parser.size()));
}

}  // namespace edo::http::ws
