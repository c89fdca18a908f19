// SPDX-License-Identifier: MIT
// Addresses in the form in which the operating system takes and gives them.
#pragma once

#include "edo/net/socket_addr.hpp"

#include <sys/socket.h>

namespace edo::detail {

/// Room for any address, or one that was made from a `SocketAddr`.
struct RawAddr {
    /// Room for an address that a system call fills in.
    RawAddr() noexcept : size(sizeof storage) {}
    explicit RawAddr(const net::SocketAddr& address) noexcept;

    [[nodiscard]] sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
    [[nodiscard]] const sockaddr* get() const noexcept {
        return reinterpret_cast<const sockaddr*>(&storage);
    }

    sockaddr_storage storage{};
    socklen_t size;
};

/// The address that a system call filled in; 0.0.0.0:0 if it is not an IP address.
[[nodiscard]] net::SocketAddr to_socket_addr(const RawAddr& raw) noexcept;
/// The same for the address of `size` bytes at `raw`; 0.0.0.0:0 also if there are none.
[[nodiscard]] net::SocketAddr read_socket_addr(const void* raw, socklen_t size) noexcept;

}  // namespace edo::detail
