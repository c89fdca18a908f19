// SPDX-License-Identifier: MIT
#include "edo/net/tcp_stream.hpp"

#include "edo/net/lookup_host.hpp"
#include "edo/net/socket/connect.hpp"

#include <string>

namespace edo::net {

namespace {

Task<AddressResult<TcpStream>> connect_to_host(std::string host) {
    const auto addresses = co_await lookup_host(host);
    if (!addresses) {
        co_return failure(addresses.error());
    }
    for (std::size_t i = 0;; ++i) {
        auto stream = co_await TcpStream::connect((*addresses)[i]);
        if (stream || i + 1 == addresses->size()) {
            co_return std::move(stream);
        }
    }
}

}  // namespace

Task<AddressResult<TcpStream>> TcpStream::connect(std::string_view address) {
    return connect_to_host(std::string(address));
}

Task<AddressResult<TcpStream>> TcpStream::connect(SocketAddr address) {
    auto socket = detail::Socket::open(address.is_v6(), detail::SocketKind::Stream);
    if (!socket) {
        co_return failure(AddressError(socket.error(), "cannot connect to", address));
    }
    co_return co_await detail::connect_socket(std::move(*socket), address);
}

std::pair<ReadHalf, WriteHalf> TcpStream::split() {
    return {ReadHalf(*this), WriteHalf(*this)};
}

std::pair<OwnedReadHalf, OwnedWriteHalf> TcpStream::into_split() && {
    const auto shared = std::make_shared<TcpStream>(std::move(*this));
    return {OwnedReadHalf(shared), OwnedWriteHalf(shared)};
}

Result<TcpStream> TcpStream::from_fd(int descriptor) {
    auto socket = detail::Socket::adopt(descriptor, detail::SocketKind::Stream);
    if (!socket) {
        return failure(socket.error());
    }
    return TcpStream(std::move(*socket));
}

}  // namespace edo::net
