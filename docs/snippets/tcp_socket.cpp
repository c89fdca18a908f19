// SPDX-License-Identifier: MIT
// The example in the documentation of TcpSocket.
#include <edo/edo.hpp>

#include <iostream>
#include <utility>

namespace {

//! [listen]
edo::Result<edo::net::TcpListener> listen_with_options(edo::net::SocketAddr address) {
    auto socket = edo::net::TcpSocket::new_v4();
    if (!socket) {
        return edo::failure(socket.error());
    }
    socket->set_reuseaddr(true);
    socket->set_nodelay(true);              // accepted connections inherit it
    socket->set_recv_buffer_size(1 << 20);  // before the connection: it decides the window
    const auto bound = socket->bind(address);
    if (!bound) {
        return edo::failure(bound.error());
    }
    return std::move(*socket).listen(128);
}
//! [listen]

}  // namespace

int main() {
    const auto listener =
        listen_with_options(edo::net::SocketAddr(edo::net::IpAddr::localhost_v4(), 0));
    std::cout << listener.value().local_addr().value() << '\n';
}
