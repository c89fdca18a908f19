// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/status.hpp"

#include <system_error>

namespace edo::http {

/// What can go wrong with HTTP, beside the errors of connections. Each says in words what it is.
enum class Errc {
    // A message that is wrong.
    BadRequestLine = 1,       ///< the first line of a request
    BadStatusLine,            ///< the first line of an answer
    BadTarget,                ///< the target of a request, or a URI
    UnknownMethod,            ///< a method that is none of `Method`
    UnsupportedVersion,       ///< neither HTTP/1.0 nor HTTP/1.1
    BadHeader,                ///< a line that is no header, or has characters that none may have
    BadHost,                  ///< Host is missing, there twice, or no host
    BadContentLength,         ///< no number, or two different ones
    BadTransferEncoding,      ///< chunked is not the last, or comes with Content-Length or HTTP/1.0
    UnknownTransferEncoding,  ///< one that is not chunked
    BadExpectation,           ///< an Expect other than 100-continue
    BadChunk,                 ///< the frame of a chunk
    BadContentEncoding,       ///< compressed data that is damaged
    Truncated,                ///< the connection ended in the middle of a message

    // Limits.
    TargetTooLong = 32,  ///< the first line of a request
    HeadersTooLarge,     ///< all headers together, or their number
    BodyTooLarge,        ///< more than the limit that was set
    MessageTooLarge,     ///< a message of a WebSocket
    HeaderTimeout,       ///< a head that did not arrive in time
    BodyTimeout,         ///< a body of which nothing arrived for too long
    WriteTimeout,        ///< a peer that does not read

    // Connections.
    ConnectionClosed = 64,  ///< the peer closed it before it answered
    BodyGone,               ///< the body of a request that is over
    StreamReset,            ///< the peer has given the stream up (HTTP/2)
    ProtocolError,          ///< the peer breaks the rules of HTTP/2 or of WebSocket
    ShuttingDown,           ///< the peer takes no more requests on this connection

    // Clients.
    Timeout = 96,      ///< a request that took longer than its limit
    TooManyRedirects,  ///< more than the limit, or a circle
    BadRedirect,       ///< a redirect to nowhere, or to a scheme that is not known
    ProxyRefused,      ///< a proxy that did not open a tunnel
    UpgradeRefused,    ///< a server that did not change the protocol
    ErrorStatus,       ///< an answer with a status of 400 or more, where one asked for success
};

/// The category of `Errc`, with name "edo.http".
[[nodiscard]] const std::error_category& error_category() noexcept;

[[nodiscard]] inline std::error_code make_error_code(Errc error) noexcept {
    return {static_cast<int>(error), error_category()};
}

/// With which status a server answers a request that failed so: 400 for most of what the peer did
/// wrong, 413, 414, 431, 408, 501, 505 where they fit, and 500 for what is not a peer's fault.
[[nodiscard]] Status status_of(Errc error) noexcept;
/// The same for any error: 500 for those of another category.
[[nodiscard]] Status status_of(const std::error_code& error) noexcept;

}  // namespace edo::http

template <>
struct std::is_error_code_enum<edo::http::Errc> : std::true_type {};
