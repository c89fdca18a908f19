// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/h1/limits.hpp"
#include "edo/runtime/time/instant.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace edo::http {

/// What a server allows its clients. The defaults are on: a client that stalls loses its
/// connection. `Duration::max()` is no limit.
class ServerOptions {
public:
    ServerOptions() = default;

    /// Sizes of heads and of the frames of chunks.
    h1::Limits limits;
    /// The bytes of a request's body: 413 beyond.
    std::uint64_t body_limit = std::uint64_t{2} << 20;

    /// From the first byte of a head, or the beginning of the connection, to the end of the head:
    /// 408, or closed where there was no byte. Bytes that arrive do not prolong it.
    Duration header_timeout = std::chrono::seconds(30);
    /// For the next request on a connection.
    Duration idle_timeout = std::chrono::seconds(75);
    /// For the next bytes of a body: 408.
    Duration body_timeout = std::chrono::seconds(30);
    /// Bytes a second of a body that comes slowly: 408. In all, a body is waited for as long as
    /// `body_timeout`, and a second longer for each so many bytes that have come. Only the time in
    /// which the service waits for bytes counts. 0 is no limit: for bodies that have pauses.
    std::uint64_t min_body_rate = 240;
    /// For the peer to take the next bytes of an answer: closed.
    Duration write_timeout = std::chrono::seconds(30);
    /// Bytes a second with which the peer takes an answer, counted in the same way: closed, or,
    /// with HTTP/2, the request is given up. 0 is no limit.
    std::uint64_t min_write_rate = 240;

    /// Connections at the same time; more wait in the system's queue. 0 is no limit.
    std::size_t max_connections = 0;
    /// How much of a body that the service has not read is read and dropped, so that the connection
    /// can be kept. With more left it is closed; with HTTP/2 the request is given up (RST_STREAM,
    /// NO_ERROR) behind its answer when so much has come, or the rest does not come in time.
    std::size_t drain_limit = std::size_t{256} * 1024;
    /// Whether a connection serves more than one request.
    bool keep_alive = true;
    /// Whether HTTP/2 is spoken with clients that want it: with TLS by ALPN, without it where the
    /// client begins with HTTP/2's preface.
    bool http2 = true;
    /// Whether answers get a Date.
    bool date = true;
};

}  // namespace edo::http
