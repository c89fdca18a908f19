// SPDX-License-Identifier: MIT
#include "edo/net/http/h2/serve_connection.hpp"

#include "edo/net/http/h2/driver.hpp"
#include "edo/net/unix_stream.hpp"
#include "edo/runtime/io/duplex.hpp"

namespace edo::http::h2 {

template Task<void> serve_connection(net::TcpStream stream, Serving serving, std::string received);
template Task<void> serve_connection(net::UnixStream stream, Serving serving, std::string received);
template Task<void> serve_connection(io::DuplexStream stream, Serving serving,
                                     std::string received);
template Task<void> serve_connection(tls::TlsStream<net::TcpStream> stream, Serving serving,
                                     std::string received);
template Task<void> serve_connection(tls::TlsStream<net::UnixStream> stream, Serving serving,
                                     std::string received);
template Task<void> serve_connection(tls::TlsStream<io::DuplexStream> stream, Serving serving,
                                     std::string received);

}  // namespace edo::http::h2
