// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/server/serving.hpp"
#include "edo/runtime/task/task.hpp"

namespace edo::http {

/// Serves HTTP/1 on a connection until it ends: the client closes it, a timeout passes, or
/// `serving` is stopped.
///
/// The service runs inside this task: it is dropped when the task is, or a timeout of the
/// connection passes. Requests that are pipelined are answered one after the other. Nothing is
/// reported: what goes wrong on a connection concerns its client only.
///
/// Made for `net::TcpStream`, `net::UnixStream` and `io::DuplexStream`. For another stream, include
/// `edo/net/http/server/driver.hpp` in one source file, and instantiate it there.
///
/// @param stream Something that is `io::AsyncRead` and `io::AsyncWrite`. It is closed at the end,
/// or
///     belongs to the upgrade.
///
/// @par Cancel safety
/// Dropping the task closes the connection.
///
/// @par Example
/// @snippet http_server.cpp serve_connection
template <class S>
[[nodiscard]] Task<void> serve_connection(S stream, Serving serving);

}  // namespace edo::http
