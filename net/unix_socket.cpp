// SPDX-License-Identifier: MIT
#include "edo/net/unix_socket.hpp"

#include "edo/net/socket/unix_socket.hpp"
#include "edo/runtime/errors.hpp"

#include <string>

namespace edo::net {

namespace {

Task<AddressResult<UnixStream>> connect_to(detail::Socket socket, AddressResult<UnixAddr> address) {
    if (!address) {
        co_return failure(std::move(address.error()));
    }
    co_return co_await detail::connect_unix_stream(std::move(socket), std::move(*address));
}

}  // namespace

Result<UnixSocket> UnixSocket::open(detail::SocketKind kind) {
    auto socket = detail::open_unix(kind);
    if (!socket) {
        return failure(socket.error());
    }
    return UnixSocket(std::move(*socket), kind);
}

Result<UnixSocket> UnixSocket::new_stream() {
    return open(detail::SocketKind::Stream);
}

Result<UnixSocket> UnixSocket::new_datagram() {
    return open(detail::SocketKind::Datagram);
}

AddressResult<void> UnixSocket::bind(std::string_view path) {
    const auto address = UnixAddr::from_path(path);
    if (!address) {
        return failure(address.error());
    }
    return bind(*address);
}

AddressResult<void> UnixSocket::bind(const UnixAddr& address) {
    return detail::bind_to_unix(socket_, address, "cannot bind");
}

Result<UnixAddr> UnixSocket::local_addr() const {
    return socket_.local_raw_addr().map(&detail::to_unix_addr);
}

detail::Socket UnixSocket::take(detail::SocketKind kind, const char* what) {
    static_cast<void>(socket_.source());  // throws if it is empty
    if (kind_ != kind) {
        const bool is_stream = kind_ == detail::SocketKind::Stream;
        throw UsageError(std::string("edo: UnixSocket::") + what + " was called on a " +
                         (is_stream ? "stream" : "datagram") + " socket: make it with " +
                         (is_stream ? "new_datagram" : "new_stream"));
    }
    return std::move(socket_);
}

Result<UnixListener> UnixSocket::listen(int backlog) && {
    detail::Socket socket = take(detail::SocketKind::Stream, "listen");
    const Result<void> listening = socket.listen(backlog);
    if (!listening) {
        return failure(listening.error());
    }
    return UnixListener(std::move(socket));
}

Task<AddressResult<UnixStream>> UnixSocket::connect(std::string_view path) && {
    return connect_to(take(detail::SocketKind::Stream, "connect"), UnixAddr::from_path(path));
}

Task<AddressResult<UnixStream>> UnixSocket::connect(UnixAddr address) && {
    return connect_to(take(detail::SocketKind::Stream, "connect"), std::move(address));
}

UnixDatagram UnixSocket::datagram() && {
    return UnixDatagram(take(detail::SocketKind::Datagram, "datagram"));
}

}  // namespace edo::net
