// SPDX-License-Identifier: MIT
#include "edo/net/unix_listener.hpp"

#include "edo/net/socket/accept.hpp"
#include "edo/net/socket/unix_socket.hpp"

#include <sys/socket.h>

namespace edo::net {

AddressResult<UnixListener> UnixListener::bind(std::string_view path) {
    const auto address = UnixAddr::from_path(path);
    if (!address) {
        return failure(address.error());
    }
    return bind(*address);
}

AddressResult<UnixListener> UnixListener::bind(const UnixAddr& address) {
    auto socket = detail::bind_unix(detail::SocketKind::Stream, address, "cannot listen on");
    if (!socket) {
        return failure(socket.error());
    }
    const Result<void> listening = socket->listen(kDefaultBacklog);
    if (!listening) {
        return failure(AddressError(listening.error(), "cannot listen on", address.to_string()));
    }
    return UnixListener(std::move(*socket));
}

Result<UnixListener> UnixListener::from_fd(int descriptor) {
    auto socket = detail::adopt_unix(descriptor, detail::SocketKind::Stream);
    if (!socket) {
        return failure(socket.error());
    }
    const auto listening = socket->get_bool(SOL_SOCKET, SO_ACCEPTCONN);
    if (!listening || !*listening) {
        return failure(std::errc::invalid_argument);
    }
    return UnixListener(std::move(*socket));
}

Task<Result<std::pair<UnixStream, UnixAddr>>> UnixListener::accept() {
    return detail::accept_from<UnixStream, UnixAddr>(&socket_.source(), &detail::to_unix_addr);
}

Result<UnixAddr> UnixListener::local_addr() const {
    return socket_.local_raw_addr().map(&detail::to_unix_addr);
}

}  // namespace edo::net
