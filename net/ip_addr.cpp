// SPDX-License-Identifier: MIT
#include "edo/net/ip_addr.hpp"

#include <arpa/inet.h>
#include <charconv>
#include <net/if.h>
#include <ostream>
#include <string_view>

namespace edo::net {

namespace {

/// The number of an interface, given as a number or by its name; 0 when it is neither.
std::uint32_t parse_scope(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size()) {
        return number;
    }
    return ::if_nametoindex(std::string(text).c_str());
}

}  // namespace

Result<IpAddr> IpAddr::parse(std::string_view text) {
    const std::size_t percent = text.find('%');
    const std::string address(text.substr(0, percent));
    if (address.find('\0') != std::string::npos) {
        return failure(std::errc::invalid_argument);  // C functions would stop there
    }
    V4Bytes v4{};
    if (percent == std::string_view::npos && ::inet_pton(AF_INET, address.c_str(), &v4) == 1) {
        return IpAddr(v4);
    }
    V6Bytes v6{};
    if (::inet_pton(AF_INET6, address.c_str(), &v6) != 1) {
        return failure(std::errc::invalid_argument);
    }
    if (percent == std::string_view::npos) {
        return IpAddr(v6);
    }
    const std::uint32_t scope = parse_scope(text.substr(percent + 1));
    if (scope == 0) {
        return failure(std::errc::invalid_argument);
    }
    return IpAddr(v6, scope);
}

bool IpAddr::is_loopback() const noexcept {
    constexpr std::uint8_t kLoopbackNet = 127;
    return v6_ ? bytes_ == localhost_v6().bytes_ : bytes_[0] == kLoopbackNet;
}

bool IpAddr::is_unspecified() const noexcept {
    return bytes_ == V6Bytes{};
}

bool IpAddr::is_multicast() const noexcept {
    constexpr std::uint8_t kV6Multicast = 0xff;
    constexpr std::uint8_t kV4Multicast = 0xe0;
    constexpr std::uint8_t kV4MulticastMask = 0xf0;
    return v6_ ? bytes_[0] == kV6Multicast : (bytes_[0] & kV4MulticastMask) == kV4Multicast;
}

std::string IpAddr::to_string() const {
    char text[INET6_ADDRSTRLEN] = {};
    ::inet_ntop(v6_ ? AF_INET6 : AF_INET, bytes_.data(), text, sizeof text);
    std::string result(text);
    if (scope_id_ != 0) {
        result += '%' + std::to_string(scope_id_);
    }
    return result;
}

std::ostream& operator<<(std::ostream& out, const IpAddr& address) {
    return out << address.to_string();
}

}  // namespace edo::net

std::size_t std::hash<edo::net::IpAddr>::operator()(
    const edo::net::IpAddr& address) const noexcept {
    const auto bytes = address.bytes();
    const std::string_view view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return std::hash<std::string_view>()(view) ^ address.scope_id();
}
