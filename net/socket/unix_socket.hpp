// SPDX-License-Identifier: MIT
// What the Unix sockets have in common.
#pragma once

#include "edo/net/socket/raw_addr.hpp"
#include "edo/net/socket/socket.hpp"
#include "edo/net/unix_addr.hpp"
#include "edo/net/unix_stream.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <utility>

namespace edo::detail {

[[nodiscard]] RawAddr to_raw(const net::UnixAddr& address) noexcept;
[[nodiscard]] net::UnixAddr to_unix_addr(const RawAddr& raw);

/// A new socket, non-blocking, closed on exec.
[[nodiscard]] Result<Socket> open_unix(SocketKind kind);
[[nodiscard]] Result<std::pair<Socket, Socket>> open_unix_pair(SocketKind kind);
/// Takes over a descriptor, also when it fails: then it is closed.
[[nodiscard]] Result<Socket> adopt_unix(int descriptor, SocketKind kind);

/// A new socket with that address; the text of the error begins with `action`.
[[nodiscard]] net::AddressResult<Socket> bind_unix(SocketKind kind, const net::UnixAddr& address,
                                                   const char* action);
/// Gives a socket that address; the text of the error begins with `action`.
[[nodiscard]] net::AddressResult<void> bind_to_unix(const Socket& socket,
                                                    const net::UnixAddr& address,
                                                    const char* action);
/// Connects a stream socket, and waits where the server's queue is full.
[[nodiscard]] Task<net::AddressResult<net::UnixStream>> connect_unix_stream(Socket socket,
                                                                            net::UnixAddr address);
/// Connects without waiting.
[[nodiscard]] Result<void> connect_unix(int descriptor, const net::UnixAddr& address) noexcept;

/// An error of `connect` or `send_to`, with what to do about it.
[[nodiscard]] net::AddressError unix_peer_error(std::error_code error, const char* action,
                                                const net::UnixAddr& address);

}  // namespace edo::detail
