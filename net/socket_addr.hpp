// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/ip_addr.hpp"
#include "edo/runtime/result.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

namespace edo::net {

/// An address of an endpoint: an IP address and a port.
///
/// @par Example
/// @snippet socket_addr.cpp parse
class SocketAddr {
public:
    /// 0.0.0.0:0
    constexpr SocketAddr() noexcept = default;
    constexpr SocketAddr(IpAddr ip, std::uint16_t port) noexcept : ip_(ip), port_(port) {}

    /// Reads "127.0.0.1:80", "[::1]:80" or "[fe80::1%eth0]:80". Names are not looked up: see
    /// `lookup_host`.
    ///
    /// @par Errors
    /// `std::errc::invalid_argument`: the text is not an address with a port of 0 to 65535.
    [[nodiscard]] static Result<SocketAddr> parse(std::string_view text);

    [[nodiscard]] constexpr const IpAddr& ip() const noexcept { return ip_; }
    [[nodiscard]] constexpr std::uint16_t port() const noexcept { return port_; }
    constexpr void set_ip(IpAddr ip) noexcept { ip_ = ip; }
    constexpr void set_port(std::uint16_t port) noexcept { port_ = port; }

    [[nodiscard]] constexpr bool is_v4() const noexcept { return ip_.is_v4(); }
    [[nodiscard]] constexpr bool is_v6() const noexcept { return ip_.is_v6(); }

    /// The notation that `parse` reads.
    [[nodiscard]] std::string to_string() const;

    friend constexpr bool operator==(const SocketAddr&, const SocketAddr&) noexcept = default;
    friend constexpr std::strong_ordering operator<=>(const SocketAddr&,
                                                      const SocketAddr&) noexcept = default;
    friend std::ostream& operator<<(std::ostream& out, const SocketAddr& address);

private:
    IpAddr ip_;
    std::uint16_t port_ = 0;
};

}  // namespace edo::net

template <>
struct std::hash<edo::net::SocketAddr> {
    [[nodiscard]] std::size_t operator()(const edo::net::SocketAddr& address) const noexcept;
};
