// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/address_error.hpp"
#include "edo/net/ready_waits.hpp"
#include "edo/net/socket/datagram_ops.hpp"
#include "edo/net/socket/fd_ops.hpp"
#include "edo/net/socket/raw_addr.hpp"
#include "edo/net/socket/socket.hpp"
#include "edo/net/unix_addr.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

namespace edo::net {

/// One datagram received from a Unix socket; `auto [size, from, truncated] = *received` takes it
/// apart.
struct UnixReceived {
    UnixReceived() = default;
    UnixReceived(std::size_t bytes, UnixAddr sender, bool cut)
        : size(bytes), from(std::move(sender)), truncated(cut) {}

    std::size_t size = 0;    ///< the bytes in the buffer; 0 is a datagram, too
    UnixAddr from;           ///< who sent it; unnamed if its socket was not bound
    bool truncated = false;  ///< it was longer than the buffer; the rest is lost
};

}  // namespace edo::net

namespace edo::detail {

class [[nodiscard("a receive does nothing until it is awaited")]] UnixReceiveOp : public SocketOp {
public:
    UnixReceiveOp(IoSource& source, Bytes buffer) noexcept
        : SocketOp(source, Direction::Read, &UnixReceiveOp::attempt), buffer_(buffer) {}

    [[nodiscard]] Result<net::UnixReceived> await_resume();

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;

    Bytes buffer_;
};

}  // namespace edo::detail

namespace edo::net {

/// A Unix datagram socket.
///
/// Datagrams arrive whole, in order, and none is lost: a sender waits while the receiver's queue is
/// full. Everything is `const`, and any number of tasks may use one socket at once. A socket may be
/// moved while operations on it are pending, but not destroyed.
///
/// @par Thread safety
/// All functions may be called from several tasks at once.
///
/// @par Misuse
/// Using a socket that is empty or was moved from throws `UsageError`.
///
/// @par Example
/// @snippet unix_sockets.cpp datagram
class UnixDatagram : public ReadyWaits<UnixDatagram> {
public:
    /// An empty socket, as after a move.
    UnixDatagram() noexcept = default;

    /// A socket at `path`, where it creates a file that somebody must remove in the end.
    /// @par Errors
    /// As for `UnixListener::bind`.
    [[nodiscard]] static AddressResult<UnixDatagram> bind(std::string_view path);
    [[nodiscard]] static AddressResult<UnixDatagram> bind(const UnixAddr& address);
    /// A socket without an address: it can send, and nobody can answer.
    /// @par Errors
    /// `std::errc::too_many_files_open`
    [[nodiscard]] static Result<UnixDatagram> unbound();
    /// Two sockets that are connected to each other.
    [[nodiscard]] static Result<std::pair<UnixDatagram, UnixDatagram>> pair();

    /// Takes over a socket, and makes it non-blocking and closed on exec.
    ///
    /// @param descriptor Belongs to edo from here on; if this fails, it is closed.
    /// @par Errors
    /// `std::errc::invalid_argument`: it is not a Unix datagram socket.
    [[nodiscard]] static Result<UnixDatagram> from_fd(int descriptor);
    /// Gives the descriptor away. It stays non-blocking. No operation may be pending.
    [[nodiscard]] int into_fd() && { return socket_.release(); }

    /// Makes an address the only peer: `send` sends to it, and only its datagrams are received. May
    /// be called again for another peer.
    /// @par Errors
    /// As for `UnixStream::connect`.
    [[nodiscard]] AddressResult<void> connect(std::string_view path) const;
    [[nodiscard]] AddressResult<void> connect(const UnixAddr& address) const;

    /// Sends one datagram to the socket at `path`.
    ///
    /// @param bytes Must stay valid until the operation is over.
    /// @return The number of bytes sent, which is that of `bytes`.
    ///
    /// @par Errors
    /// - `std::errc::message_size`: it is too long for a datagram.
    /// - Those of `UnixStream::connect`.
    /// - `Errc::RuntimeShutdown`: the runtime that serves the socket is gone.
    ///
    /// @par Cancel safety
    /// Cancel safe: a send that was dropped has sent nothing.
    [[nodiscard]] Task<AddressResult<std::size_t>> send_to(std::span<const std::byte> bytes,
                                                           std::string_view path) const;
    [[nodiscard]] Task<AddressResult<std::size_t>> send_to(std::span<const std::byte> bytes,
                                                           UnixAddr target) const;
    /// The same with text.
    [[nodiscard]] Task<AddressResult<std::size_t>> send_to(std::string_view text,
                                                           std::string_view path) const {
        return send_to(bytes_of(text), path);
    }
    [[nodiscard]] Task<AddressResult<std::size_t>> send_to(std::string_view text,
                                                           UnixAddr target) const {
        return send_to(bytes_of(text), std::move(target));
    }

    /// Sends one datagram to the peer of a connected socket.
    /// @par Errors
    /// - `std::errc::not_connected`: it has no peer.
    /// - `std::errc::connection_refused`, `std::errc::connection_reset`: the peer is gone.
    /// - `std::errc::message_size`: it is too long for a datagram.
    /// - `Errc::RuntimeShutdown`: the runtime that serves the socket is gone.
    /// @par Cancel safety
    /// Cancel safe: a send that was dropped has sent nothing.
    [[nodiscard]] detail::SendToOp send(std::span<const std::byte> bytes) const {
        return detail::SendToOp(socket_.source(), bytes);
    }
    /// The same with text.
    [[nodiscard]] detail::SendToOp send(std::string_view text) const {
        return send(bytes_of(text));
    }

    /// Receives one datagram.
    ///
    /// @param buffer Must stay valid until the operation is over. What does not fit is lost, and
    ///     `UnixReceived::truncated` says so.
    ///
    /// @par Cancel safety
    /// Cancel safe: a receive that was dropped has taken no datagram.
    [[nodiscard]] detail::UnixReceiveOp recv_from(std::span<std::byte> buffer) const {
        return detail::UnixReceiveOp(socket_.source(), buffer);
    }
    /// The same; for connected sockets it reads better.
    [[nodiscard]] detail::UnixReceiveOp recv(std::span<std::byte> buffer) const {
        return recv_from(buffer);
    }

    /// Like `send` and `recv`, with descriptors; see `UnixStream::send_with_fds`.
    [[nodiscard]] detail::SendFdsOp send_with_fds(std::span<const std::byte> bytes,
                                                  std::span<const int> fds) const {
        return detail::SendFdsOp(socket_.source(), bytes, fds);
    }
    [[nodiscard]] detail::ReceiveFdsOp recv_with_fds(std::span<std::byte> buffer,
                                                     std::size_t max_fds) const {
        return detail::ReceiveFdsOp(socket_.source(), buffer, max_fds);
    }

    /// The same without waiting.
    /// @par Errors
    /// In addition, `std::errc::operation_would_block`: there is no room, or no datagram, now.
    [[nodiscard]] AddressResult<std::size_t> try_send_to(std::span<const std::byte> bytes,
                                                         const UnixAddr& target) const;
    [[nodiscard]] Result<std::size_t> try_send(std::span<const std::byte> bytes) const {
        return detail::try_send(socket_.source(), bytes, nullptr);
    }
    [[nodiscard]] Result<UnixReceived> try_recv_from(std::span<std::byte> buffer) const;
    [[nodiscard]] Result<UnixReceived> try_recv(std::span<std::byte> buffer) const {
        return try_recv_from(buffer);
    }

    /// Waits until a receive, or a send, would not block. With several tasks on one socket, another
    /// one may be faster. A socket that is not connected is always writable: whether a `send_to`
    /// would block depends on its target.
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] detail::ReadinessOp readable() const {
        return detail::ReadinessOp(socket_.source(), detail::Direction::Read);
    }
    [[nodiscard]] detail::ReadinessOp writable() const {
        return detail::ReadinessOp(socket_.source(), detail::Direction::Write);
    }

    /// Shuts down one direction or both, without waiting.
    [[nodiscard]] detail::ShutdownOp shutdown(net::Shutdown how) const {
        return detail::ShutdownOp(socket_.source(), how);
    }

    /// The address of this end.
    [[nodiscard]] Result<UnixAddr> local_addr() const;
    /// The peer of a connected socket.
    /// @par Errors
    /// `std::errc::not_connected`
    [[nodiscard]] Result<UnixAddr> peer_addr() const;
    /// The pending error of the socket, which is thereby cleared; an empty code if there is none.
    [[nodiscard]] Result<std::error_code> take_error() const { return socket_.take_error(); }

    /// For edo's own modules.
    explicit UnixDatagram(detail::Socket socket) noexcept : socket_(std::move(socket)) {}
    [[nodiscard]] detail::IoSource& io_source() const { return socket_.source(); }

private:
    [[nodiscard]] static std::span<const std::byte> bytes_of(std::string_view text) noexcept {
        return std::as_bytes(std::span(text.data(), text.size()));
    }

    detail::Socket socket_;
};

}  // namespace edo::net
