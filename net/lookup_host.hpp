// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/address_error.hpp"
#include "edo/net/socket_addr.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace edo::net {

/// Finds the addresses of a host by its name, as the system is configured to do it.
///
/// The system's resolver blocks, so it runs on a thread of its own. Up to 16 look-ups run at once
/// in the process; further ones wait for a thread. These threads belong to no runtime: a look-up
/// that hangs delays neither the shutdown of a runtime nor the end of the process. A numeric host
/// needs no look-up and is returned at once.
///
/// @param address The host and the port, for example "localhost:80" or "[::1]:80". Copied.
/// @return The addresses in the order in which they should be tried, each once; at least one.
///
/// @par Errors
/// - `std::errc::invalid_argument`: the text is not of the form "host:port".
/// - The resolver's errors, for example "Host not found (authoritative)".
///
/// @par Cancel safety
/// Cancel safe. A cancelled look-up ends at once for its task; its thread may still be busy with
/// it for a while.
///
/// @throws NoRuntimeError when awaited outside a runtime.
///
/// @par Example
/// @snippet socket_addr.cpp lookup_host
[[nodiscard]] Task<AddressResult<std::vector<SocketAddr>>> lookup_host(std::string_view address);

/// The same for a host and a port. An IPv6 address stands without brackets.
[[nodiscard]] Task<AddressResult<std::vector<SocketAddr>>> lookup_host(std::string_view host,
                                                                       std::uint16_t port);

}  // namespace edo::net
