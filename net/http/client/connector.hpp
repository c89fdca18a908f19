// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/any_io.hpp"
#include "edo/net/http/uri.hpp"
#include "edo/net/http/version.hpp"
#include "edo/net/socket_addr.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <optional>
#include <utility>

namespace edo::http {

/// A connection to a server, over which requests can be sent.
class Connected {
public:
    explicit Connected(AnyIo connection, std::optional<net::SocketAddr> peer_address = {}) noexcept
        : io(std::move(connection)), peer(peer_address) {}

    AnyIo io;
    /// The address of the other end, if it has one.
    std::optional<net::SocketAddr> peer;
    /// What was agreed on: `Http2` for that, anything else for HTTP/1.1.
    Version version = Version::Http11;
};

/// What makes the connections of a client. Derive from it to go another way than TCP: a Unix
/// socket, a tunnel, a server in the same program for tests.
///
/// @par Thread safety
/// One connector serves all copies of a client: `connect` is called by several tasks, on several
/// threads, at the same time.
/// @par Example
/// @snippet http_client.cpp connector
class Connector {
public:
    Connector() = default;
    Connector(const Connector&) = delete;
    Connector& operator=(const Connector&) = delete;
    virtual ~Connector() = default;

    /// Makes a new connection, which is ready for requests to that URL: for `https://` it is
    /// encrypted and the server is verified.
    ///
    /// @param url Where to; its path does not matter. Outlives the operation.
    /// @param proxy Through which proxy; null for none. Outlives the operation.
    /// @par Cancel safety
    /// When it is dropped, the connection that is being made is closed.
    [[nodiscard]] virtual Task<Result<Connected>> connect(const Uri& url, const Uri* proxy) = 0;
};

}  // namespace edo::http
