// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/address_error.hpp"
#include "edo/net/datagram_batch.hpp"
#include "edo/net/ready_waits.hpp"
#include "edo/net/socket/batch_ops.hpp"
#include "edo/net/socket/datagram_ops.hpp"
#include "edo/net/socket/socket.hpp"
#include "edo/net/socket_addr.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace edo::net {

/// A UDP socket.
///
/// Datagrams are sent and received whole. Everything is `const`, and any number of tasks may use
/// one socket at once, for example through a `std::shared_ptr`: each datagram goes to one of those
/// who receive. A socket may be moved while operations on it are pending, but not destroyed.
///
/// A receive or send may fail because of an *earlier* datagram: the network reports late that a
/// peer does not exist (`std::errc::connection_refused`, only on connected sockets). Such an error
/// is reported once and says nothing of the socket: a loop that receives goes on after it.
///
/// @par Thread safety
/// All functions may be called from several tasks at once.
///
/// @par Misuse
/// Using a socket that is empty or was moved from throws `UsageError`.
///
/// @par Example
/// @snippet udp_socket.cpp echo
class UdpSocket : public ReadyWaits<UdpSocket> {
public:
    /// An empty socket, as after a move.
    UdpSocket() noexcept = default;

    /// A socket at an address given by name or number, for example "0.0.0.0:0". Port 0 takes a free
    /// one, see `local_addr`. The addresses of a name are tried one after the other.
    ///
    /// @par Errors
    /// - `std::errc::address_in_use`: something else receives there.
    /// - `std::errc::address_not_available`: the address is not one of this machine.
    /// - Those of `lookup_host`.
    ///
    /// @par Cancel safety
    /// Cancel safe.
    ///
    /// @par Example
    /// @snippet udp_socket.cpp shared
    [[nodiscard]] static Task<AddressResult<UdpSocket>> bind(std::string_view address);
    /// A socket at an address.
    [[nodiscard]] static Task<AddressResult<UdpSocket>> bind(SocketAddr address);

    /// Takes over a socket, and makes it non-blocking and closed on exec.
    ///
    /// @param descriptor Belongs to edo from here on; if this fails, it is closed.
    /// @par Errors
    /// `std::errc::invalid_argument`: it is not a datagram socket.
    [[nodiscard]] static Result<UdpSocket> from_fd(int descriptor);
    /// Gives the descriptor away. It stays non-blocking. No operation may be pending.
    [[nodiscard]] int into_fd() && { return socket_.release(); }

    /// Makes an address the only peer: `send` sends to it, and only datagrams from it are received.
    /// May be called again for another peer. The addresses of a name are tried one after the other;
    /// nothing is sent, so that a peer need not exist.
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] Task<AddressResult<void>> connect(std::string_view address) const;
    [[nodiscard]] Task<AddressResult<void>> connect(SocketAddr address) const;

    /// Sends one datagram to `target`.
    ///
    /// @param bytes Must stay valid until the operation is over.
    /// @return The number of bytes sent, which is that of `bytes`.
    ///
    /// @par Errors
    /// - `std::errc::message_size`: it is too long for a datagram.
    /// - `std::errc::network_unreachable` and others: there is no way there.
    /// - `Errc::RuntimeShutdown`: the runtime that serves the socket is gone.
    ///
    /// @par Cancel safety
    /// Cancel safe: a send that was dropped has sent nothing.
    [[nodiscard]] detail::SendToOp send_to(std::span<const std::byte> bytes,
                                           SocketAddr target) const {
        return detail::SendToOp(socket_.source(), bytes, target);
    }
    /// The same with text.
    [[nodiscard]] detail::SendToOp send_to(std::string_view text, SocketAddr target) const {
        return send_to(bytes_of(text), target);
    }

    /// Sends one datagram to the peer of a connected socket; otherwise like `send_to`.
    /// @par Errors
    /// In addition, `std::errc::destination_address_required`: the socket is not connected.
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
    ///     `Received::truncated` says so.
    ///
    /// @par Errors
    /// Nothing was received. After an error of the network, the next receive works again.
    /// - `Errc::RuntimeShutdown`: the runtime that serves the socket is gone.
    ///
    /// @par Cancel safety
    /// Cancel safe: a receive that was dropped has taken no datagram.
    ///
    /// @par Example
    /// @snippet udp_socket.cpp echo
    [[nodiscard]] detail::ReceiveOp recv_from(std::span<std::byte> buffer) const {
        return detail::ReceiveOp(socket_.source(), buffer, detail::ReceiveOp::Take);
    }
    /// The same; for connected sockets it reads better.
    [[nodiscard]] detail::ReceiveOp recv(std::span<std::byte> buffer) const {
        return recv_from(buffer);
    }
    /// Like `recv_from`, but leaves the datagram in the socket: the next receive yields it again.
    [[nodiscard]] detail::ReceiveOp peek_from(std::span<std::byte> buffer) const {
        return detail::ReceiveOp(socket_.source(), buffer, detail::ReceiveOp::Peek);
    }
    /// The same; for connected sockets it reads better.
    [[nodiscard]] detail::ReceiveOp peek(std::span<std::byte> buffer) const {
        return peek_from(buffer);
    }
    /// Who has sent the next datagram, which stays in the socket.
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] detail::PeekSenderOp peek_sender() const {
        return detail::PeekSenderOp(socket_.source());
    }

    /// The same without waiting.
    /// @par Errors
    /// In addition, `std::errc::operation_would_block`: there is no room, or no datagram, now.
    [[nodiscard]] Result<std::size_t> try_send_to(std::span<const std::byte> bytes,
                                                  SocketAddr target) const {
        return detail::try_send(socket_.source(), bytes, &target);
    }
    [[nodiscard]] Result<std::size_t> try_send(std::span<const std::byte> bytes) const {
        return detail::try_send(socket_.source(), bytes, nullptr);
    }
    [[nodiscard]] Result<Received> try_recv_from(std::span<std::byte> buffer) const {
        return detail::try_receive(socket_.source(), buffer);
    }
    [[nodiscard]] Result<Received> try_recv(std::span<std::byte> buffer) const {
        return try_recv_from(buffer);
    }
    [[nodiscard]] Result<Received> try_peek_from(std::span<std::byte> buffer) const {
        return detail::try_receive(socket_.source(), buffer, detail::ReceiveOp::Peek);
    }
    [[nodiscard]] Result<Received> try_peek(std::span<std::byte> buffer) const {
        return try_peek_from(buffer);
    }
    [[nodiscard]] Result<SocketAddr> try_peek_sender() const {
        return try_peek_from({}).map([](const Received& datagram) { return datagram.from; });
    }

    /// Receives as many datagrams as have arrived, at least one, with one system call.
    ///
    /// @param batch Is emptied first. Must stay valid until the operation is over, and must not be
    ///     used meanwhile.
    /// @return How many datagrams were received.
    ///
    /// @par Errors
    /// As for `recv_from`; the batch is empty then.
    ///
    /// @par Cancel safety
    /// Cancel safe: a receive that was dropped has taken no datagram.
    ///
    /// @par Example
    /// @snippet datagram_batch.cpp echo
    [[nodiscard]] detail::ReceiveManyOp recv_many(DatagramBatch& batch) const {
        return detail::ReceiveManyOp(socket_.source(), batch.state());
    }

    /// Sends all datagrams that are in the batch, with as few system calls as possible, and takes
    /// out of the batch what is sent.
    ///
    /// @param batch As for `recv_many`. `DatagramBatch::keep` chooses a part of it.
    /// @return How many datagrams were sent: all that were in the batch.
    ///
    /// @par Errors
    /// The first one. It holds up nothing: the datagram that failed is left out, and all others are
    /// sent, before the operation ends. `std::errc::connection_refused` means that an *earlier*
    /// datagram found nobody; no datagram of this batch is left out then.
    /// - `std::errc::message_size`: a datagram is too long to be sent.
    /// - `Errc::RuntimeShutdown`: the runtime that serves the socket is gone. What was not sent is
    ///   still in the batch.
    ///
    /// @par Cancel safety
    /// Cancel safe: what was not sent is still in the batch, and another `send_many` goes on with
    /// it.
    ///
    /// @par Example
    /// @snippet datagram_batch.cpp send
    [[nodiscard]] detail::SendManyOp send_many(DatagramBatch& batch) const {
        return detail::SendManyOp(socket_.source(), batch.state());
    }

    /// The same without waiting.
    /// @par Errors
    /// In addition, `std::errc::operation_would_block`: there is no datagram, or no room for even
    /// one, now. `try_send_many` returns how many were sent; the others stay in the batch.
    [[nodiscard]] Result<std::size_t> try_recv_many(DatagramBatch& batch) const {
        return detail::try_receive_many(socket_.source(), batch.state());
    }
    [[nodiscard]] Result<std::size_t> try_send_many(DatagramBatch& batch) const {
        return detail::try_send_many(socket_.source(), batch.state());
    }

    /// Whether the system may join datagrams of one size that arrive from one peer in a row
    /// ("generic receive offload"). `recv_many` takes them apart again, which is much faster than
    /// receiving each. Off by default.
    ///
    /// @par Errors
    /// `std::errc::no_protocol_option`: the system cannot; everything works without, too.
    ///
    /// @par Misuse
    /// With this, receive with `recv_many` only, into a batch with places of
    /// `DatagramBatch::kLargestDatagram` bytes: the other functions do not take apart what the
    /// system has joined, and shorter places cut it off.
    Result<void> set_gro(bool on) const;
    [[nodiscard]] Result<bool> gro() const;

    /// Waits until a receive, or a send, would not block. With several tasks on one socket, another
    /// one may be faster.
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] detail::ReadinessOp readable() const {
        return detail::ReadinessOp(socket_.source(), detail::Direction::Read);
    }
    [[nodiscard]] detail::ReadinessOp writable() const {
        return detail::ReadinessOp(socket_.source(), detail::Direction::Write);
    }

    /// The address of this end.
    [[nodiscard]] Result<SocketAddr> local_addr() const { return socket_.local_addr(); }
    /// The peer of a connected socket.
    /// @par Errors
    /// `std::errc::not_connected`
    [[nodiscard]] Result<SocketAddr> peer_addr() const { return socket_.peer_addr(); }

    /// Whether datagrams may be sent to broadcast addresses. Off by default.
    Result<void> set_broadcast(bool on) const;
    [[nodiscard]] Result<bool> broadcast() const;

    /// Receives what is sent to a multicast group, on the network interface that has the address
    /// `interface` (0.0.0.0: the system chooses one).
    /// @par Errors
    /// `std::errc::invalid_argument`: not a multicast address, or not of IPv4.
    Result<void> join_multicast_v4(IpAddr group, IpAddr interface = IpAddr::unspecified_v4()) const;
    Result<void> leave_multicast_v4(IpAddr group,
                                    IpAddr interface = IpAddr::unspecified_v4()) const;
    /// The same for IPv6. Interfaces are given by their number (0: the system chooses one).
    Result<void> join_multicast_v6(IpAddr group, std::uint32_t interface = 0) const;
    Result<void> leave_multicast_v6(IpAddr group, std::uint32_t interface = 0) const;

    /// Whether datagrams that this machine sends to a group come back to it. On by default.
    Result<void> set_multicast_loop_v4(bool on) const;
    [[nodiscard]] Result<bool> multicast_loop_v4() const;
    Result<void> set_multicast_loop_v6(bool on) const;
    [[nodiscard]] Result<bool> multicast_loop_v6() const;
    /// How many routers a datagram to a group may pass. Default 1: the local network.
    Result<void> set_multicast_ttl_v4(std::uint32_t hops) const;
    [[nodiscard]] Result<std::uint32_t> multicast_ttl_v4() const;
    /// The network interface through which datagrams to a group leave.
    Result<void> set_multicast_interface_v4(IpAddr interface) const;
    Result<void> set_multicast_interface_v6(std::uint32_t interface) const;

    /// How many routers a datagram to a single host may pass.
    Result<void> set_ttl(std::uint32_t hops) const { return socket_.set_ttl(hops); }
    [[nodiscard]] Result<std::uint32_t> ttl() const { return socket_.ttl(); }

    /// How routers shall treat the datagrams: the type of service of IPv4, the traffic class of
    /// IPv6. The upper six bits are the code point of differentiated services.
    Result<void> set_tos_v4(std::uint32_t tos) const { return socket_.set_tos_v4(tos); }
    [[nodiscard]] Result<std::uint32_t> tos_v4() const { return socket_.tos_v4(); }
    Result<void> set_tclass_v6(std::uint32_t tclass) const { return socket_.set_tclass_v6(tclass); }
    [[nodiscard]] Result<std::uint32_t> tclass_v6() const { return socket_.tclass_v6(); }

    /// Sends and receives through one network interface only, for example "eth0"; an empty name
    /// ends that.
    /// @par Errors
    /// `std::errc::no_such_device`; `std::errc::operation_not_permitted`: the socket is bound to
    /// another one, and the process has no right to change that.
    Result<void> bind_device(std::string_view interface) const {
        return socket_.bind_device(interface);
    }
    /// That interface; none for all of them.
    [[nodiscard]] Result<std::optional<std::string>> device() const { return socket_.device(); }

    /// Sizes of the system's buffers, in bytes. Linux doubles what is set, and caps it.
    Result<void> set_send_buffer_size(std::size_t bytes) const {
        return socket_.set_send_buffer_size(bytes);
    }
    Result<void> set_recv_buffer_size(std::size_t bytes) const {
        return socket_.set_recv_buffer_size(bytes);
    }
    [[nodiscard]] Result<std::size_t> send_buffer_size() const {
        return socket_.send_buffer_size();
    }
    [[nodiscard]] Result<std::size_t> recv_buffer_size() const {
        return socket_.recv_buffer_size();
    }

    /// The pending error of the socket, which is thereby cleared; an empty code if there is none.
    [[nodiscard]] Result<std::error_code> take_error() const { return socket_.take_error(); }

    /// For edo's own modules.
    explicit UdpSocket(detail::Socket socket) noexcept : socket_(std::move(socket)) {}
    [[nodiscard]] detail::IoSource& io_source() const { return socket_.source(); }

private:
    [[nodiscard]] static std::span<const std::byte> bytes_of(std::string_view text) noexcept {
        return std::as_bytes(std::span(text.data(), text.size()));
    }

    detail::Socket socket_;
};

}  // namespace edo::net
