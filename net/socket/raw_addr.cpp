// SPDX-License-Identifier: MIT
#include "edo/net/socket/raw_addr.hpp"

#include <cstddef>
#include <cstring>
#include <netinet/in.h>

namespace edo::detail {

RawAddr::RawAddr(const net::SocketAddr& address) noexcept {
    const auto bytes = address.ip().bytes();
    if (address.is_v4()) {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(address.port());
        std::memcpy(&v4.sin_addr, bytes.data(), bytes.size());
        std::memcpy(&storage, &v4, sizeof v4);
        size = sizeof v4;
    } else {
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(address.port());
        v6.sin6_scope_id = address.ip().scope_id();
        std::memcpy(&v6.sin6_addr, bytes.data(), bytes.size());
        std::memcpy(&storage, &v6, sizeof v6);
        size = sizeof v6;
    }
}

net::SocketAddr to_socket_addr(const RawAddr& raw) noexcept {
    return read_socket_addr(&raw.storage, raw.size);
}

net::SocketAddr read_socket_addr(const void* raw, socklen_t size) noexcept {
    sa_family_t family = AF_UNSPEC;
    if (size >= offsetof(sockaddr, sa_family) + sizeof family) {
        std::memcpy(&family, static_cast<const std::byte*>(raw) + offsetof(sockaddr, sa_family),
                    sizeof family);
    }
    if (family == AF_INET && size >= sizeof(sockaddr_in)) {
        sockaddr_in v4{};
        std::memcpy(&v4, raw, sizeof v4);
        net::IpAddr::V4Bytes bytes{};
        std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
        return {net::IpAddr(bytes), ntohs(v4.sin_port)};
    }
    if (family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, raw, sizeof v6);
        net::IpAddr::V6Bytes bytes{};
        std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
        return {net::IpAddr(bytes, v6.sin6_scope_id), ntohs(v6.sin6_port)};
    }
    return {};
}

}  // namespace edo::detail
