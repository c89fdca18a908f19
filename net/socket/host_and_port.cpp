// SPDX-License-Identifier: MIT
#include "edo/net/socket/host_and_port.hpp"

#include <charconv>

namespace edo::detail {

Result<HostAndPort> split_host_and_port(std::string_view text) noexcept {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return failure(std::errc::invalid_argument);
    }
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    } else if (host.find_first_of(":[]") != std::string_view::npos) {
        return failure(std::errc::invalid_argument);  // an IPv6 address needs its brackets
    }
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (host.empty() || error != std::errc() || end != digits.data() + digits.size()) {
        return failure(std::errc::invalid_argument);
    }
    return HostAndPort(host, port);
}

}  // namespace edo::detail
