// SPDX-License-Identifier: MIT
// The first of several addresses that answers ("happy eyeballs", RFC 8305).
#pragma once

#include "edo/net/socket_addr.hpp"
#include "edo/net/tcp_stream.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <chrono>
#include <vector>

namespace edo::http::detail {

/// How long an address is waited for before the next one is tried beside it.
inline constexpr std::chrono::milliseconds kConnectionDelay{250};

/// The addresses in the order in which they are tried: as they are, but IPv6 and IPv4 in turn, so
/// that a family without a way out costs one delay only.
[[nodiscard]] std::vector<net::SocketAddr> interleaved(
    const std::vector<net::SocketAddr>& addresses);

/// Connects to one of the addresses: the first, and the next one each time that the one before has
/// failed, or has not answered for a while. The others are given up when one has answered.
///
/// @param addresses At least one.
/// The error is that of the last address.
[[nodiscard]] Task<Result<net::TcpStream>> connect_any(std::vector<net::SocketAddr> addresses);

}  // namespace edo::http::detail
