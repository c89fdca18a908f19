// SPDX-License-Identifier: MIT
#include "edo/net/http/server/connection.hpp"

#include "edo/net/http/server/driver.hpp"
#include "edo/net/tcp_stream.hpp"
#include "edo/net/unix_stream.hpp"
#include "edo/runtime/io/duplex.hpp"

namespace edo::http {

template Task<void> serve_connection(net::TcpStream stream, Serving serving);
template Task<void> serve_connection(net::UnixStream stream, Serving serving);
template Task<void> serve_connection(io::DuplexStream stream, Serving serving);

}  // namespace edo::http
