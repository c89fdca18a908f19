// SPDX-License-Identifier: MIT
#include "edo/net/udp_socket.hpp"

#include "edo/net/lookup_host.hpp"
#include "edo/net/socket/raw_addr.hpp"
#include "edo/net/socket/system_error.hpp"

#include <cstring>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string>
#include <sys/socket.h>

namespace edo::net {

namespace {

Task<AddressResult<UdpSocket>> bind_host(std::string host) {
    const auto addresses = co_await lookup_host(host);
    if (!addresses) {
        co_return failure(addresses.error());
    }
    for (std::size_t i = 0;; ++i) {
        auto socket = co_await UdpSocket::bind((*addresses)[i]);
        if (socket || i + 1 == addresses->size()) {
            co_return std::move(socket);
        }
    }
}

AddressResult<void> connect_now(int descriptor, const SocketAddr& address) {
    const detail::RawAddr raw(address);
    if (::connect(descriptor, raw.get(), raw.size) != 0) {
        return failure(AddressError(detail::last_error(), "cannot connect to", address));
    }
    return {};
}

Task<AddressResult<void>> connect_to_host(int descriptor, std::string host) {
    const auto addresses = co_await lookup_host(host);
    if (!addresses) {
        co_return failure(addresses.error());
    }
    for (std::size_t i = 0;; ++i) {
        auto connected = connect_now(descriptor, (*addresses)[i]);
        if (connected || i + 1 == addresses->size()) {
            co_return connected;
        }
    }
}

Task<AddressResult<void>> connect_to_address(int descriptor, SocketAddr address) {
    co_return connect_now(descriptor, address);
}

Result<in_addr> raw_v4(const IpAddr& address) noexcept {
    if (!address.is_v4()) {
        return failure(std::errc::invalid_argument);
    }
    in_addr raw{};
    std::memcpy(&raw, address.bytes().data(), sizeof raw);
    return raw;
}

Result<void> change_membership_v4(int descriptor, int option, const IpAddr& group,
                                  const IpAddr& interface) {
    const auto raw_group = raw_v4(group);
    const auto raw_interface = raw_v4(interface);
    if (!raw_group || !raw_interface) {
        return failure(std::errc::invalid_argument);
    }
    ip_mreq request{};
    request.imr_multiaddr = *raw_group;
    request.imr_interface = *raw_interface;
    return detail::check(::setsockopt(descriptor, IPPROTO_IP, option, &request, sizeof request));
}

Result<void> change_membership_v6(int descriptor, int option, const IpAddr& group,
                                  std::uint32_t interface) {
    if (!group.is_v6()) {
        return failure(std::errc::invalid_argument);
    }
    ipv6_mreq request{};
    std::memcpy(&request.ipv6mr_multiaddr, group.bytes().data(), sizeof request.ipv6mr_multiaddr);
    request.ipv6mr_interface = interface;
    return detail::check(::setsockopt(descriptor, IPPROTO_IPV6, option, &request, sizeof request));
}

}  // namespace

Task<AddressResult<UdpSocket>> UdpSocket::bind(std::string_view address) {
    return bind_host(std::string(address));
}

Task<AddressResult<UdpSocket>> UdpSocket::bind(SocketAddr address) {
    auto socket = detail::Socket::open(address.is_v6(), detail::SocketKind::Datagram);
    if (!socket) {
        co_return failure(AddressError(socket.error(), "cannot bind", address));
    }
    const Result<void> bound = socket->bind(address);
    if (!bound) {
        co_return failure(AddressError(bound.error(), "cannot bind", address));
    }
    co_return UdpSocket(std::move(*socket));
}

Result<UdpSocket> UdpSocket::from_fd(int descriptor) {
    auto socket = detail::Socket::adopt(descriptor, detail::SocketKind::Datagram);
    if (!socket) {
        return failure(socket.error());
    }
    return UdpSocket(std::move(*socket));
}

Task<AddressResult<void>> UdpSocket::connect(std::string_view address) const {
    return connect_to_host(socket_.descriptor(), std::string(address));
}

Task<AddressResult<void>> UdpSocket::connect(SocketAddr address) const {
    return connect_to_address(socket_.descriptor(), address);
}

// ---- options -----------------------------------------------------------------------------------

Result<void> UdpSocket::set_broadcast(bool on) const {
    return socket_.set(SOL_SOCKET, SO_BROADCAST, on ? 1 : 0);
}

Result<bool> UdpSocket::broadcast() const {
    return socket_.get_bool(SOL_SOCKET, SO_BROADCAST);
}

Result<void> UdpSocket::set_gro(bool on) const {
    return socket_.set(SOL_UDP, UDP_GRO, on ? 1 : 0);
}

Result<bool> UdpSocket::gro() const {
    return socket_.get_bool(SOL_UDP, UDP_GRO);
}

Result<void> UdpSocket::join_multicast_v4(IpAddr group, IpAddr interface) const {
    return change_membership_v4(socket_.descriptor(), IP_ADD_MEMBERSHIP, group, interface);
}

Result<void> UdpSocket::leave_multicast_v4(IpAddr group, IpAddr interface) const {
    return change_membership_v4(socket_.descriptor(), IP_DROP_MEMBERSHIP, group, interface);
}

Result<void> UdpSocket::join_multicast_v6(IpAddr group, std::uint32_t interface) const {
    return change_membership_v6(socket_.descriptor(), IPV6_ADD_MEMBERSHIP, group, interface);
}

Result<void> UdpSocket::leave_multicast_v6(IpAddr group, std::uint32_t interface) const {
    return change_membership_v6(socket_.descriptor(), IPV6_DROP_MEMBERSHIP, group, interface);
}

Result<void> UdpSocket::set_multicast_loop_v4(bool on) const {
    return socket_.set(IPPROTO_IP, IP_MULTICAST_LOOP, on ? 1 : 0);
}

Result<bool> UdpSocket::multicast_loop_v4() const {
    return socket_.get_bool(IPPROTO_IP, IP_MULTICAST_LOOP);
}

Result<void> UdpSocket::set_multicast_loop_v6(bool on) const {
    return socket_.set(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, on ? 1 : 0);
}

Result<bool> UdpSocket::multicast_loop_v6() const {
    return socket_.get_bool(IPPROTO_IPV6, IPV6_MULTICAST_LOOP);
}

Result<void> UdpSocket::set_multicast_ttl_v4(std::uint32_t hops) const {
    return socket_.set(IPPROTO_IP, IP_MULTICAST_TTL, static_cast<int>(hops));
}

Result<std::uint32_t> UdpSocket::multicast_ttl_v4() const {
    return socket_.get(IPPROTO_IP, IP_MULTICAST_TTL).map([](int hops) {
        return static_cast<std::uint32_t>(hops);
    });
}

Result<void> UdpSocket::set_multicast_interface_v4(IpAddr interface) const {
    const auto raw = raw_v4(interface);
    if (!raw) {
        return failure(raw.error());
    }
    return detail::check(
        ::setsockopt(socket_.descriptor(), IPPROTO_IP, IP_MULTICAST_IF, &*raw, sizeof(in_addr)));
}

Result<void> UdpSocket::set_multicast_interface_v6(std::uint32_t interface) const {
    return socket_.set(IPPROTO_IPV6, IPV6_MULTICAST_IF, static_cast<int>(interface));
}

}  // namespace edo::net
