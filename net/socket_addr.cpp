// SPDX-License-Identifier: MIT
#include "edo/net/socket_addr.hpp"

#include "edo/net/socket/host_and_port.hpp"

#include <ostream>

namespace edo::net {

Result<SocketAddr> SocketAddr::parse(std::string_view text) {
    const auto parts = detail::split_host_and_port(text);
    if (!parts) {
        return failure(parts.error());
    }
    const auto ip = IpAddr::parse(parts->host);
    const bool brackets = text.front() == '[';
    if (!ip || ip->is_v6() != brackets) {
        return failure(std::errc::invalid_argument);
    }
    return SocketAddr(*ip, parts->port);
}

std::string SocketAddr::to_string() const {
    const std::string port = ':' + std::to_string(port_);
    return is_v4() ? ip_.to_string() + port : '[' + ip_.to_string() + ']' + port;
}

std::ostream& operator<<(std::ostream& out, const SocketAddr& address) {
    return out << address.to_string();
}

}  // namespace edo::net

std::size_t std::hash<edo::net::SocketAddr>::operator()(
    const edo::net::SocketAddr& address) const noexcept {
    constexpr std::size_t kPrime = 0x9e3779b1;
    return std::hash<edo::net::IpAddr>()(address.ip()) + address.port() * kPrime;
}
