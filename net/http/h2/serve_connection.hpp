// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/h2/preface.hpp"
#include "edo/net/http/server/serving.hpp"
#include "edo/net/tcp_stream.hpp"
#include "edo/net/tls/tls_stream.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace edo::http::h2 {

// What a client may do on one connection.
inline constexpr std::uint32_t kMaxStreams = 128;  ///< requests at the same time
inline constexpr std::size_t kMaxHeaderBytes = std::size_t{64} * 1024;  ///< of one request: 431
/// A head that is decoded, though no longer kept, up to here ends the connection beyond.
inline constexpr std::size_t kMostHeaderBytes = std::size_t{1024} * 1024;
inline constexpr std::size_t kMaxHeaders = 100;  ///< of one request: 431
/// Of one request's body, as far as the service has not taken it: the client must wait then.
inline constexpr std::size_t kStreamWindow = std::size_t{64} * 1024;
/// The same for all requests of a connection.
inline constexpr std::size_t kConnectionWindow = std::size_t{1024} * 1024;

/// Serves HTTP/2 on a connection until it ends: the client closes it, breaks the rules, is idle for
/// too long, or `serving` is stopped (the requests in flight are still answered then).
///
/// Each request is served in a task of its own, as part of the connection: it is aborted when the
/// client gives the request up, and when the connection ends. Bodies are streams both ways: a
/// client may only send what the service takes, and a service is asked for more of an answer when
/// the client has taken what there was.
///
/// Of a request whose answer is complete before it is, up to `drain_limit` bytes more are taken and
/// dropped: many a client looks at the answer only then. It is given up (RST_STREAM, NO_ERROR) when
/// more comes, or nothing for `body_timeout`, or up to twice that, or less than `min_body_rate` in
/// that time, and when `serving` is stopped.
///
/// Who floods the connection (with resets, pings, settings, empty frames, requests that are
/// refused, heads that grow when they are decoded) is told so (GOAWAY, ENHANCE_YOUR_CALM) and
/// dropped; so is who does not finish a head within `header_timeout`. An answer of which the client
/// has taken nothing for `write_timeout`, or up to twice that, is given up (RST_STREAM, CANCEL),
/// and so is one of which it has taken less than `min_write_rate` in that time, as far as that is
/// not for the sake of other answers. A connection without requests for `idle_timeout` is ended,
/// whatever else the client sends.
///
/// A connection that waits owns no buffer for reading.
///
/// Made for `net::TcpStream`, `net::UnixStream`, `io::DuplexStream`, and `tls::TlsStream` of each,
/// where the peers have agreed on "h2" (ALPN). For another stream, include
/// `edo/net/http/h2/driver.hpp` in one source file, and instantiate it there.
///
/// @param stream Something that is `io::AsyncRead` and `io::AsyncWrite`. It is closed at the end.
/// @param received What was read from the stream already: the preface, perhaps more.
/// @par Cancel safety
/// Dropping the task closes the connection, and aborts its requests.
/// @par Example
/// @snippet http2.cpp serve
template <class S>
[[nodiscard]] Task<void> serve_connection(S stream, Serving serving,
                                          std::string received = std::string());

}  // namespace edo::http::h2
