// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/address_error.hpp"
#include "edo/net/socket/socket.hpp"
#include "edo/net/socket_addr.hpp"
#include "edo/net/tcp_stream.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstdint>
#include <string_view>
#include <utility>

namespace edo::net {

/// A TCP socket that accepts connections.
///
/// Destroying it stops listening; connections that were not accepted are reset. A listener may be
/// moved while an `accept` is pending, but not destroyed.
///
/// @par Thread safety
/// Several tasks may accept on one listener at once; each connection goes to one of them.
///
/// @par Misuse
/// Using a listener that is empty or was moved from throws `UsageError`.
///
/// @par Example
/// @snippet tcp_listener.cpp echo_server
class TcpListener {
public:
    /// What `accept` yields; see the concept `Listener`.
    using Stream = TcpStream;
    using Address = SocketAddr;

    /// Connections that may wait for `accept`, if nothing else is said.
    static constexpr int kDefaultBacklog = 1024;

    /// An empty listener, as after a move.
    TcpListener() noexcept = default;

    /// Listens on an address given by name or number, for example "0.0.0.0:80" or "[::1]:80". Port
    /// 0 takes a free one, see `local_addr`. The addresses of a name are tried one after the other
    /// until one is free.
    ///
    /// The address can be used again at once after a restart of the program (SO_REUSEADDR), but
    /// never by two listeners at the same time. Use `TcpSocket` for other options.
    ///
    /// @return The listener, or the error of the last address that was tried.
    ///
    /// @par Errors
    /// - `std::errc::address_in_use`: something else listens there.
    /// - `std::errc::address_not_available`: the address is not one of this machine.
    /// - `std::errc::permission_denied`: the port is reserved for privileged programs.
    /// - Those of `lookup_host`.
    ///
    /// @par Cancel safety
    /// Cancel safe.
    ///
    /// @par Example
    /// @snippet tcp_listener.cpp bind
    [[nodiscard]] static Task<AddressResult<TcpListener>> bind(std::string_view address);
    /// Listens on an address.
    [[nodiscard]] static Task<AddressResult<TcpListener>> bind(SocketAddr address);

    /// Takes over a listening socket, and makes it non-blocking and closed on exec.
    ///
    /// @param descriptor Belongs to edo from here on; if this fails, it is closed.
    /// @par Errors
    /// `std::errc::invalid_argument`: it is not a listening stream socket.
    [[nodiscard]] static Result<TcpListener> from_fd(int descriptor);
    /// Gives the descriptor away. It stays non-blocking. No operation may be pending.
    [[nodiscard]] int into_fd() && { return socket_.release(); }
    /// The descriptor, still owned by the listener.
    [[nodiscard]] int descriptor() const { return socket_.descriptor(); }

    /// Waits for a connection.
    ///
    /// Connections that fail before they are accepted are skipped. When the process or the system
    /// has run out of descriptors or memory, this waits (10 ms, then twice as long each time, up to
    /// 1 s) and tries again, and writes one warning to the log; the connections stay in the queue.
    ///
    /// @return The connection and the address of the peer.
    ///
    /// @par Errors
    /// Only what makes the listener useless; do not accept again after it.
    /// - `Errc::RuntimeShutdown`: the runtime that serves the listener is gone.
    ///
    /// @par Cancel safety
    /// Cancel safe: an accept that was dropped has accepted nothing.
    [[nodiscard]] Task<Result<std::pair<TcpStream, SocketAddr>>> accept();

    /// The address on which it listens.
    [[nodiscard]] Result<SocketAddr> local_addr() const { return socket_.local_addr(); }

    /// How many routers a packet of an accepted connection may pass (the hop limit of IPv6).
    Result<void> set_ttl(std::uint32_t hops) { return socket_.set_ttl(hops); }
    [[nodiscard]] Result<std::uint32_t> ttl() const { return socket_.ttl(); }

    /// The pending error of the socket, which is thereby cleared; an empty code if there is none.
    [[nodiscard]] Result<std::error_code> take_error() { return socket_.take_error(); }

    /// For edo's own modules.
    explicit TcpListener(detail::Socket socket) noexcept : socket_(std::move(socket)) {}

private:
    detail::Socket socket_;
};

}  // namespace edo::net
