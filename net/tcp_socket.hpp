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
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
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

    /// Takes over a TCP socket that neither listens nor is connected, and makes it non-blocking and
    /// closed on exec: for options that edo has no name for.
    ///
    /// @param descriptor Belongs to edo from here on; if this fails, it is closed.
    /// @par Errors
    /// `std::errc::invalid_argument`: it is not a stream socket.
    [[nodiscard]] static Result<TcpSocket> from_fd(int descriptor);
    /// Gives the descriptor away. It stays non-blocking.
    [[nodiscard]] int into_fd() && { return socket_.release(); }
    /// The descriptor, still owned by the socket.
    [[nodiscard]] int descriptor() const { return socket_.descriptor(); }

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
    [[nodiscard]] Result<std::optional<std::chrono::seconds>> linger() const {
        return socket_.linger();
    }
    Result<void> set_keepalive(bool on) { return socket_.set_keepalive(on); }
    Result<void> set_keepalive(const Keepalive& settings) {
        return socket_.set_keepalive(settings);
    }
    [[nodiscard]] Result<bool> keepalive() const { return socket_.keepalive(); }

    /// How routers shall treat the packets: the type of service of IPv4, the traffic class of IPv6.
    /// The upper six bits are the code point of differentiated services.
    Result<void> set_tos_v4(std::uint32_t tos) { return socket_.set_tos_v4(tos); }
    [[nodiscard]] Result<std::uint32_t> tos_v4() const { return socket_.tos_v4(); }
    Result<void> set_tclass_v6(std::uint32_t tclass) { return socket_.set_tclass_v6(tclass); }
    [[nodiscard]] Result<std::uint32_t> tclass_v6() const { return socket_.tclass_v6(); }

    /// Uses one network interface only, for example "eth0"; an empty name ends that.
    /// @par Errors
    /// `std::errc::no_such_device`; `std::errc::operation_not_permitted`: the socket is bound to
    /// another one, and the process has no right to change that.
    Result<void> bind_device(std::string_view interface) { return socket_.bind_device(interface); }
    /// That interface; none for all of them.
    [[nodiscard]] Result<std::optional<std::string>> device() const { return socket_.device(); }

    /// The pending error of the socket, which is thereby cleared; an empty code if there is none.
    [[nodiscard]] Result<std::error_code> take_error() { return socket_.take_error(); }

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
