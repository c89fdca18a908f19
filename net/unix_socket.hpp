// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/address_error.hpp"
#include "edo/net/socket/socket.hpp"
#include "edo/net/unix_addr.hpp"
#include "edo/net/unix_datagram.hpp"
#include "edo/net/unix_listener.hpp"
#include "edo/net/unix_stream.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <string_view>
#include <utility>

namespace edo::net {

/// A Unix socket before it connects or listens: to connect from an address, or to choose the length
/// of the queue. `UnixStream::connect`, `UnixListener::bind` and `UnixDatagram::bind` are enough
/// for most programs.
///
/// @par Thread safety
/// None.
///
/// @par Misuse
/// Using a socket that was moved from or made into another one throws `UsageError`, and so does
/// `listen` or `connect` of a datagram socket, and `datagram` of a stream socket.
///
/// @par Example
/// @snippet unix_sockets.cpp unix_socket
class UnixSocket {
public:
    /// A socket without an address, for connections or for datagrams.
    /// @par Errors
    /// `std::errc::too_many_files_open`
    [[nodiscard]] static Result<UnixSocket> new_stream();
    [[nodiscard]] static Result<UnixSocket> new_datagram();

    /// Gives the socket an address; a path creates a file that somebody must remove in the end.
    /// @par Errors
    /// As for `UnixListener::bind`.
    AddressResult<void> bind(std::string_view path);
    AddressResult<void> bind(const UnixAddr& address);
    [[nodiscard]] Result<UnixAddr> local_addr() const;

    /// Starts to listen. The socket is used up, also by a failure.
    /// @param backlog How many connections may wait for `accept`; the system may allow fewer.
    /// @par Errors
    /// `std::errc::invalid_argument`: it has no address.
    [[nodiscard]] Result<UnixListener> listen(int backlog = UnixListener::kDefaultBacklog) &&;
    /// Connects; see `UnixStream::connect`. The socket is used up, also by a failure.
    [[nodiscard]] Task<AddressResult<UnixStream>> connect(std::string_view path) &&;
    [[nodiscard]] Task<AddressResult<UnixStream>> connect(UnixAddr address) &&;
    /// The datagram socket that it is.
    [[nodiscard]] UnixDatagram datagram() &&;

    /// The descriptor, still owned by the socket: for options that edo has no name for.
    [[nodiscard]] int descriptor() const { return socket_.descriptor(); }

private:
    UnixSocket(detail::Socket socket, detail::SocketKind kind) noexcept
        : socket_(std::move(socket)), kind_(kind) {}
    [[nodiscard]] static Result<UnixSocket> open(detail::SocketKind kind);
    [[nodiscard]] detail::Socket take(detail::SocketKind kind, const char* what);

    detail::Socket socket_;
    detail::SocketKind kind_;
};

}  // namespace edo::net
