// SPDX-License-Identifier: MIT
#include "edo/net/tcp_socket.hpp"

#include "edo/net/socket/connect.hpp"

#include <sys/socket.h>

namespace edo::net {

Result<TcpSocket> TcpSocket::open(bool v6) {
    auto socket = detail::Socket::open(v6, detail::SocketKind::Stream);
    if (!socket) {
        return failure(socket.error());
    }
    return TcpSocket(std::move(*socket));
}

Result<TcpSocket> TcpSocket::new_v4() {
    return open(false);
}

Result<TcpSocket> TcpSocket::new_v6() {
    return open(true);
}

Result<TcpSocket> TcpSocket::from_fd(int descriptor) {
    auto socket = detail::Socket::adopt(descriptor, detail::SocketKind::Stream);
    if (!socket) {
        return failure(socket.error());
    }
    return TcpSocket(std::move(*socket));
}

Result<bool> TcpSocket::reuseaddr() const {
    return socket_.get_bool(SOL_SOCKET, SO_REUSEADDR);
}

Result<void> TcpSocket::set_reuseport(bool on) {
    return socket_.set(SOL_SOCKET, SO_REUSEPORT, on ? 1 : 0);
}

Result<bool> TcpSocket::reuseport() const {
    return socket_.get_bool(SOL_SOCKET, SO_REUSEPORT);
}

AddressResult<void> TcpSocket::bind(SocketAddr address) {
    const Result<void> bound = socket_.bind(address);
    if (!bound) {
        return failure(AddressError(bound.error(), "cannot bind", address));
    }
    return {};
}

Task<AddressResult<TcpStream>> TcpSocket::connect(SocketAddr address) && {
    return detail::connect_socket(std::move(socket_), address);
}

Result<TcpListener> TcpSocket::listen(int backlog) && {
    detail::Socket socket = std::move(socket_);
    const Result<void> listening = socket.listen(backlog);
    if (!listening) {
        return failure(listening.error());
    }
    return TcpListener(std::move(socket));
}

}  // namespace edo::net
