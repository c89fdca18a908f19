// SPDX-License-Identifier: MIT
#include "edo/net/tcp_listener.hpp"

#include "edo/net/lookup_host.hpp"
#include "edo/net/socket/accept.hpp"
#include "edo/net/socket/raw_addr.hpp"

#include <string>
#include <sys/socket.h>

namespace edo::net {

namespace {

Result<TcpListener> listen_on(const SocketAddr& address) {
    auto socket = detail::Socket::open(address.is_v6(), detail::SocketKind::Stream);
    if (!socket) {
        return failure(socket.error());
    }
    Result<void> done = socket->set_reuseaddr(true);
    if (done) {
        done = socket->bind(address);
    }
    if (done) {
        done = socket->listen(TcpListener::kDefaultBacklog);
    }
    if (!done) {
        return failure(done.error());
    }
    return TcpListener(std::move(*socket));
}

Task<AddressResult<TcpListener>> bind_host(std::string host) {
    const auto addresses = co_await lookup_host(host);
    if (!addresses) {
        co_return failure(addresses.error());
    }
    for (std::size_t i = 0;; ++i) {
        auto listener = co_await TcpListener::bind((*addresses)[i]);
        if (listener || i + 1 == addresses->size()) {
            co_return std::move(listener);
        }
    }
}

}  // namespace

Task<AddressResult<TcpListener>> TcpListener::bind(std::string_view address) {
    return bind_host(std::string(address));
}

Task<AddressResult<TcpListener>> TcpListener::bind(SocketAddr address) {
    auto listener = listen_on(address);
    if (!listener) {
        co_return failure(AddressError(listener.error(), "cannot listen on", address));
    }
    co_return std::move(*listener);
}

Result<TcpListener> TcpListener::from_fd(int descriptor) {
    auto socket = detail::Socket::adopt(descriptor, detail::SocketKind::Stream);
    if (!socket) {
        return failure(socket.error());
    }
    const auto listening = socket->get_bool(SOL_SOCKET, SO_ACCEPTCONN);
    if (!listening || !*listening) {
        return failure(std::errc::invalid_argument);
    }
    return TcpListener(std::move(*socket));
}

Task<Result<std::pair<TcpStream, SocketAddr>>> TcpListener::accept() {
    return detail::accept_from<TcpStream, SocketAddr>(&socket_.source(), &detail::to_socket_addr);
}

}  // namespace edo::net
