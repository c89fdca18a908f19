// SPDX-License-Identifier: MIT
#include "edo/net/unix_stream.hpp"

#include "edo/net/socket/system_error.hpp"
#include "edo/net/socket/unix_socket.hpp"
#include "edo/runtime/sleep.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <sys/socket.h>

namespace edo::detail {

Task<net::AddressResult<net::UnixStream>> connect_unix_stream(Socket socket,
                                                              net::UnixAddr address) {
    constexpr auto kFirstPause = std::chrono::milliseconds(1);
    constexpr auto kLongestPause = std::chrono::milliseconds(50);
    // A Unix socket connects at once, or not at all: no event tells that a full queue of the server
    // has room again.
    auto pause = kFirstPause;
    for (;;) {
        const Result<void> connected = connect_unix(socket.descriptor(), address);
        if (connected) {
            co_return net::UnixStream(std::move(socket));
        }
        if (connected.error() != std::errc::resource_unavailable_try_again) {
            co_return failure(unix_peer_error(connected.error(), "cannot connect to", address));
        }
        co_await sleep(pause);
        pause = std::min(pause * 2, kLongestPause);
    }
}

}  // namespace edo::detail

namespace edo::net {

namespace {

Task<AddressResult<UnixStream>> connect_to(AddressResult<UnixAddr> address) {
    if (!address) {
        co_return failure(std::move(address.error()));
    }
    auto socket = detail::open_unix(detail::SocketKind::Stream);
    if (!socket) {
        co_return failure(detail::unix_peer_error(socket.error(), "cannot connect to", *address));
    }
    co_return co_await detail::connect_unix_stream(std::move(*socket), std::move(*address));
}

}  // namespace

Task<AddressResult<UnixStream>> UnixStream::connect(std::string_view path) {
    return connect_to(UnixAddr::from_path(path));
}

Task<AddressResult<UnixStream>> UnixStream::connect(UnixAddr address) {
    return connect_to(std::move(address));
}

Result<std::pair<UnixStream, UnixStream>> UnixStream::pair() {
    auto both = detail::open_unix_pair(detail::SocketKind::Stream);
    if (!both) {
        return failure(both.error());
    }
    return std::pair<UnixStream, UnixStream>(UnixStream(std::move(both->first)),
                                             UnixStream(std::move(both->second)));
}

Result<UnixStream> UnixStream::from_fd(int descriptor) {
    auto socket = detail::adopt_unix(descriptor, detail::SocketKind::Stream);
    if (!socket) {
        return failure(socket.error());
    }
    return UnixStream(std::move(*socket));
}

std::pair<UnixReadHalf, UnixWriteHalf> UnixStream::split() {
    return {UnixReadHalf(*this), UnixWriteHalf(*this)};
}

std::pair<UnixOwnedReadHalf, UnixOwnedWriteHalf> UnixStream::into_split() && {
    const auto shared = std::make_shared<UnixStream>(std::move(*this));
    return {UnixOwnedReadHalf(shared), UnixOwnedWriteHalf(shared)};
}

Result<UCred> UnixStream::peer_cred() const {
    ucred raw{};
    socklen_t size = sizeof raw;
    if (::getsockopt(socket_.descriptor(), SOL_SOCKET, SO_PEERCRED, &raw, &size) != 0) {
        return failure(detail::last_error());
    }
    UCred peer;
    if (raw.pid > 0) {
        peer.pid = raw.pid;
    }
    peer.uid = raw.uid;
    peer.gid = raw.gid;
    return peer;
}

Result<UnixAddr> UnixStream::local_addr() const {
    return socket_.local_raw_addr().map(&detail::to_unix_addr);
}

Result<UnixAddr> UnixStream::peer_addr() const {
    return socket_.peer_raw_addr().map(&detail::to_unix_addr);
}

}  // namespace edo::net
