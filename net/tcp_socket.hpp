// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/address_error.hpp"
#include "edo/net/keepalive.hpp"
#include "edo/net/socket/socket.hpp"
#include "edo/net/socket_addr.hpp"
#include "edo/net/tcp_listener.hpp"
#include "edo/net/tcp_stream.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

namespace edo::net {

/// A TCP socket before it connects or listens: for options that must be set before.
/// `TcpStream::connect` and `TcpListener::bind` are enough for most programs.
///
/// @par Misuse
/// Using a socket that was moved from, connected or made to listen throws `UsageError`.
///
/// @par Example
/// @snippet tcp_socket.cpp listen
class TcpSocket {
public:
    /// A socket for IPv4, or for IPv6. Nothing is set: neither SO_REUSEADDR nor SO_REUSEPORT.
    /// @par Errors
    /// `std::errc::address_family_not_supported`: the system has no IPv6, for example.
    [[nodiscard]] static Result<TcpSocket> new_v4();
    [[nodiscard]] static Result<TcpSocket> new_v6();

    /// Whether an address can be bound again while old connections to it are ending.
    Result<void> set_reuseaddr(bool on) { return socket_.set_reuseaddr(on); }
    [[nodiscard]] Result<bool> reuseaddr() const;
    /// Whether several sockets that all ask for it may bind the same address; the system spreads
    /// new connections over them.
    Result<void> set_reuseport(bool on);
    [[nodiscard]] Result<bool> reuseport() const;

    /// Sizes of the system's buffers; see `TcpStream`. Accepted connections inherit them.
    Result<void> set_send_buffer_size(std::size_t bytes) {
        return socket_.set_send_buffer_size(bytes);
    }
    Result<void> set_recv_buffer_size(std::size_t bytes) {
        return socket_.set_recv_buffer_size(bytes);
    }
    [[nodiscard]] Result<std::size_t> send_buffer_size() const {
        return socket_.send_buffer_size();
    }
    [[nodiscard]] Result<std::size_t> recv_buffer_size() const {
        return socket_.recv_buffer_size();
    }

    /// The options of the later connection; see `TcpStream`. Accepted connections inherit them.
    Result<void> set_nodelay(bool on) { return socket_.set_nodelay(on); }
    [[nodiscard]] Result<bool> nodelay() const { return socket_.nodelay(); }
    Result<void> set_linger(std::optional<std::chrono::seconds> time) {
        return socket_.set_linger(time);
    }
    Result<void> set_keepalive(bool on) { return socket_.set_keepalive(on); }
    Result<void> set_keepalive(const Keepalive& settings) {
        return socket_.set_keepalive(settings);
    }
    [[nodiscard]] Result<bool> keepalive() const { return socket_.keepalive(); }

    /// Gives the socket an address of this machine.
    /// @par Errors
    /// As for `TcpListener::bind`.
    AddressResult<void> bind(SocketAddr address);
    [[nodiscard]] Result<SocketAddr> local_addr() const { return socket_.local_addr(); }

    /// Connects; see `TcpStream::connect`. The socket is used up, also by a failure.
    [[nodiscard]] Task<AddressResult<TcpStream>> connect(SocketAddr address) &&;
    /// Starts to listen. The socket is used up, also by a failure.
    /// @param backlog How many connections may wait for `accept`; the system may allow fewer.
    [[nodiscard]] Result<TcpListener> listen(int backlog = TcpListener::kDefaultBacklog) &&;

private:
    [[nodiscard]] static Result<TcpSocket> open(bool v6);
    explicit TcpSocket(detail::Socket socket) noexcept : socket_(std::move(socket)) {}

    detail::Socket socket_;
};

}  // namespace edo::net
