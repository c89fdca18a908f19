// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/address_error.hpp"
#include "edo/net/http/server/connection.hpp"
#include "edo/net/http/server/options.hpp"
#include "edo/net/http/server/serving.hpp"
#include "edo/net/http/service.hpp"
#include "edo/net/socket_addr.hpp"
#include "edo/net/tcp_listener.hpp"
#include "edo/net/tcp_stream.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"
#include "edo/runtime/time/instant.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace edo::http {

namespace detail {
struct ServerState;
}

/// Stops a server from elsewhere: from the task that waits for Ctrl-C, from a test. Copies mean the
/// same server, which they do not keep running.
///
/// @par Thread safety
/// May be used on any thread.
class ServerHandle {
public:
    /// Begins the end of the server: it accepts nothing more, closes idle connections, and finishes
    /// what is in flight, telling clients that the connection closes. What is still in flight after
    /// `grace` is dropped. A second call may shorten the time, never prolong it.
    ///
    /// Returns at once; `serve` returns when it is done.
    void shutdown(Duration grace = std::chrono::seconds(30)) const;

    /// The connections that are open now.
    [[nodiscard]] std::size_t connections() const noexcept;

private:
    friend class Server;
    explicit ServerHandle(std::shared_ptr<detail::ServerState> state) noexcept
        : state_(std::move(state)) {}

    std::shared_ptr<detail::ServerState> state_;
};

/// What makes a served connection of an accepted one: the place for TLS, for a choice between
/// versions of HTTP, or for a protocol in front of it.
class ConnectionStarter {
public:
    ConnectionStarter() = default;
    ConnectionStarter(const ConnectionStarter&) = delete;
    ConnectionStarter& operator=(const ConnectionStarter&) = delete;
    virtual ~ConnectionStarter() = default;

    /// Serves the connection until it ends, in a task of its own; see `serve_connection`. Called
    /// from several tasks at the same time. Must respect `serving.stop()` and `serving.kill()`.
    [[nodiscard]] virtual Task<void> start(net::TcpStream stream, Serving serving) = 0;
};

/// An HTTP/1 server on a TCP port.
///
/// ```cpp
/// auto server = co_await edo::propagate(co_await edo::http::Server::bind("127.0.0.1:8080"));
/// co_await edo::propagate(co_await server.serve(edo::http::make_service(answer)));
/// ```
///
/// Each connection is a task, in which the service is called for one request after the other.
///
/// @par Misuse
/// A server serves once; a second `serve` throws `UsageError`.
///
/// @par Example
/// @snippet http_server.cpp server
class Server {
public:
    /// Listens on an address, for example "127.0.0.1:8080" or "[::]:80". Nothing is accepted before
    /// `serve`.
    /// @par Errors
    /// Those of `net::TcpListener::bind`.
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] static Task<net::AddressResult<Server>> bind(
        std::string_view address, ServerOptions options = ServerOptions());
    /// Takes a listener over.
    explicit Server(net::TcpListener listener, ServerOptions options = ServerOptions());

    /// The address on which it listens.
    [[nodiscard]] Result<net::SocketAddr> local_addr() const { return listener_.local_addr(); }
    [[nodiscard]] ServerHandle handle() const noexcept { return ServerHandle(state_); }

    /// Serves until `shutdown` is called on a handle, and everything has ended.
    ///
    /// Where the process has run out of descriptors or memory, accepting is tried again after a
    /// pause, and connections wait in the system's queue.
    ///
    /// @par Errors
    /// That of a listener that has become useless; connections have been finished then, too.
    /// @par Cancel safety
    /// Cancel safe in that nothing leaks: connections are dropped soon after.
    /// @throws UsageError if there is no service.
    [[nodiscard]] Task<Result<void>> serve(std::shared_ptr<Service> service);
    /// The same with something between the accepted connection and HTTP, such as TLS.
    [[nodiscard]] Task<Result<void>> serve(std::shared_ptr<Service> service,
                                           std::shared_ptr<ConnectionStarter> starter);

private:
    [[nodiscard]] Task<Result<void>> accept_all(Serving serving,
                                                std::shared_ptr<ConnectionStarter> starter);

    net::TcpListener listener_;
    ServerOptions options_;
    std::shared_ptr<detail::ServerState> state_;
};

}  // namespace edo::http
