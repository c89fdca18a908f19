// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/request.hpp"
#include "edo/net/http/response.hpp"
#include "edo/net/http/ws/websocket.hpp"

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace edo::http::ws {

/// The value of `Sec-WebSocket-Accept` that answers a `Sec-WebSocket-Key`: RFC 6455, section 4.2.2.
[[nodiscard]] std::string accept_key(std::string_view key);

/// Why a request is not one for a WebSocket: the answer to give, 400, 405 or 426. Nothing if it is
/// one.
[[nodiscard]] std::optional<Response> refuse(const Request& request);

/// Whether the page that opens the WebSocket comes from the host it connects to, or the client is
/// no browser. Browsers let any page open a WebSocket to any host, with the user's cookies: a
/// server that trusts cookies or the address of a client must ask this first.
[[nodiscard]] bool is_same_origin(const Request& request);

/// Makes a WebSocket of the connection on which the request came: the answer, which is 101, or that
/// of `refuse`.
///
/// @param handler `Task<void>(WebSocket<>)`, runs in the connection's task once the answer was
///     sent. The connection is closed when it ends.
/// @par Example
/// @snippet websocket.cpp accept
template <class Handler>
    requires std::invocable<Handler&, WebSocket<>>
[[nodiscard]] Response accept(const Request& request, Handler handler,
                              const Options& options = Options()) {
    static_assert(std::is_same_v<std::invoke_result_t<Handler&, WebSocket<>>, Task<void>>,
                  "the handler of a WebSocket must be a coroutine that returns Task<void>");
    if (auto refusal = refuse(request)) {
        return std::move(*refusal);
    }
    Upgrade upgrade([handler = std::move(handler), options](AnyIo io) mutable {
        return handler(WebSocket<>(std::move(io), Role::Server, options));
    });
    return Response::switching_protocols("websocket", std::move(upgrade))
        .with_header("Sec-WebSocket-Accept", accept_key(*request.headers.get("Sec-WebSocket-Key")));
}

}  // namespace edo::http::ws
