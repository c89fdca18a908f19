// SPDX-License-Identifier: MIT
// Takes a text of the form "host:port" apart.
#pragma once

#include "edo/runtime/result.hpp"

#include <cstdint>
#include <string_view>

namespace edo::detail {

struct HostAndPort {
    HostAndPort(std::string_view host_part, std::uint16_t port_part) noexcept
        : host(host_part), port(port_part) {}

    std::string_view host;  // a part of the text; without the brackets of "[::1]:80"
    std::uint16_t port;
};

/// Fails with `std::errc::invalid_argument`.
[[nodiscard]] Result<HostAndPort> split_host_and_port(std::string_view text) noexcept;

}  // namespace edo::detail
