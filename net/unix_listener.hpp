// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/address_error.hpp"
#include "edo/net/socket/socket.hpp"
#include "edo/net/unix_addr.hpp"
#include "edo/net/unix_stream.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <string_view>
#include <system_error>
#include <utility>

namespace edo::net {

/// A Unix socket that accepts connections.
///
/// Destroying it stops listening, and **leaves its file behind**: nobody can tell whether another
/// server has taken the path over meanwhile. A listener may be moved while an `accept` is pending,
/// but not destroyed.
///
/// @par Thread safety
/// Several tasks may accept on one listener at once; each connection goes to one of them.
///
/// @par Misuse
/// Using a listener that is empty or was moved from throws `UsageError`.
///
/// @par Example
/// @snippet unix_sockets.cpp listener
class UnixListener {
public:
    /// What `accept` yields; see the concept `Listener`.
    using Stream = UnixStream;
    using Address = UnixAddr;

    /// Connections that may wait for `accept`; the system may allow fewer.
    static constexpr int kDefaultBacklog = 1024;

    /// An empty listener, as after a move.
    UnixListener() noexcept = default;

    /// Listens at `path`, where it creates a file. Who may connect depends on the permissions of
    /// that file: by the umask of the process.
    ///
    /// @par Errors
    /// - `std::errc::address_in_use`: the file is there already, perhaps left behind by a server
    ///   that has ended. Remove it then.
    /// - `std::errc::no_such_file_or_directory`: its directory does not exist.
    /// - `std::errc::permission_denied`: the directory may not be written to.
    /// - Those of `UnixAddr::from_path`.
    [[nodiscard]] static AddressResult<UnixListener> bind(std::string_view path);
    /// The same with an address, for example an abstract name.
    [[nodiscard]] static AddressResult<UnixListener> bind(const UnixAddr& address);

    /// Takes over a listening socket, and makes it non-blocking and closed on exec.
    ///
    /// @param descriptor Belongs to edo from here on; if this fails, it is closed.
    /// @par Errors
    /// `std::errc::invalid_argument`: it is not a listening Unix stream socket.
    [[nodiscard]] static Result<UnixListener> from_fd(int descriptor);
    /// Gives the descriptor away. It stays non-blocking. No operation may be pending.
    [[nodiscard]] int into_fd() && { return socket_.release(); }
    /// The descriptor, still owned by the listener.
    [[nodiscard]] int descriptor() const { return socket_.descriptor(); }

    /// Waits for a connection; when descriptors or memory have run out, as `TcpListener::accept`
    /// does.
    ///
    /// @return The connection and the address of the peer, which is unnamed for most.
    ///
    /// @par Errors
    /// Only what makes the listener useless; do not accept again after it.
    /// - `Errc::RuntimeShutdown`: the runtime that serves the listener is gone.
    ///
    /// @par Cancel safety
    /// Cancel safe: an accept that was dropped has accepted nothing.
    [[nodiscard]] Task<Result<std::pair<UnixStream, UnixAddr>>> accept();

    /// The address on which it listens.
    [[nodiscard]] Result<UnixAddr> local_addr() const;
    /// The pending error of the socket, which is thereby cleared; an empty code if there is none.
    [[nodiscard]] Result<std::error_code> take_error() { return socket_.take_error(); }

    /// For edo's own modules.
    explicit UnixListener(detail::Socket socket) noexcept : socket_(std::move(socket)) {}

private:
    detail::Socket socket_;
};

}  // namespace edo::net
