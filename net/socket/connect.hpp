// SPDX-License-Identifier: MIT
// Connects a stream socket.
#pragma once

#include "edo/net/tcp_stream.hpp"

namespace edo::detail {

[[nodiscard]] Task<net::AddressResult<net::TcpStream>> connect_socket(Socket socket,
                                                                      net::SocketAddr address);

}  // namespace edo::detail
