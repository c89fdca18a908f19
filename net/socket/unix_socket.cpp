// SPDX-License-Identifier: MIT
#include "edo/net/socket/unix_socket.hpp"

#include "edo/net/socket/system_error.hpp"
#include "edo/runtime/io/owned_fd.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>

namespace edo::detail {

namespace {

constexpr std::size_t kNameAt = offsetof(sockaddr_un, sun_path);

int flags_of(SocketKind kind) noexcept {
    return (kind == SocketKind::Stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
}

std::string hint_for_bind(const std::error_code& error, const net::UnixAddr& address) {
    if (!address.path()) {
        return {};
    }
    if (error == std::errc::address_in_use) {
        return "a server listens there, or one that has ended has left the file behind: then "
               "remove "
               "it";
    }
    if (error == std::errc::no_such_file_or_directory) {
        return "its directory does not exist";
    }
    return {};
}

}  // namespace

RawAddr to_raw(const net::UnixAddr& address) noexcept {
    sockaddr_un raw{};
    raw.sun_family = AF_UNIX;
    std::size_t size = kNameAt;
    if (const auto path = address.path()) {
        std::memcpy(raw.sun_path, path->data(), path->size());
        size += path->size() + 1;  // with the zero byte behind
    } else if (const auto name = address.abstract_name()) {
        std::memcpy(raw.sun_path + 1, name->data(), name->size());
        size += name->size() + 1;  // with the zero byte in front
    }
    RawAddr result;
    std::memcpy(&result.storage, &raw, sizeof raw);
    result.size = static_cast<socklen_t>(size);
    return result;
}

net::UnixAddr to_unix_addr(const RawAddr& raw) {
    if (raw.storage.ss_family != AF_UNIX || raw.size <= kNameAt) {
        return {};
    }
    sockaddr_un un{};
    const std::size_t size = std::min<std::size_t>(raw.size, sizeof un) - kNameAt;
    std::memcpy(&un, &raw.storage, kNameAt + size);
    const bool is_abstract = un.sun_path[0] == '\0';
    auto address = is_abstract
                       ? net::UnixAddr::from_abstract_name({un.sun_path + 1, size - 1})
                       : net::UnixAddr::from_path({un.sun_path, ::strnlen(un.sun_path, size)});
    return address ? std::move(*address) : net::UnixAddr();
}

Result<Socket> open_unix(SocketKind kind) {
    const int descriptor = ::socket(AF_UNIX, flags_of(kind), 0);
    if (descriptor < 0) {
        return failure(last_error());
    }
    return Socket(descriptor);
}

Result<std::pair<Socket, Socket>> open_unix_pair(SocketKind kind) {
    int both[2] = {-1, -1};
    if (::socketpair(AF_UNIX, flags_of(kind), 0, both) != 0) {
        return failure(last_error());
    }
    io::OwnedFd second(both[1]);  // `Socket` may throw
    Socket first(both[0]);
    return std::pair<Socket, Socket>(std::move(first), Socket(second.release()));
}

Result<Socket> adopt_unix(int descriptor, SocketKind kind) {
    auto socket = Socket::adopt(descriptor, kind);
    if (!socket) {
        return socket;
    }
    const Result<int> domain = socket->get(SOL_SOCKET, SO_DOMAIN);
    if (!domain) {
        return failure(domain.error());
    }
    if (*domain != AF_UNIX) {
        return failure(std::errc::invalid_argument);
    }
    return socket;
}

net::AddressResult<Socket> bind_unix(SocketKind kind, const net::UnixAddr& address,
                                     const char* action) {
    auto socket = open_unix(kind);
    if (!socket) {
        return failure(net::AddressError(socket.error(), action, address.to_string()));
    }
    auto bound = bind_to_unix(*socket, address, action);
    if (!bound) {
        return failure(std::move(bound.error()));
    }
    return std::move(*socket);
}

net::AddressResult<void> bind_to_unix(const Socket& socket, const net::UnixAddr& address,
                                      const char* action) {
    const RawAddr raw = to_raw(address);
    if (::bind(socket.descriptor(), raw.get(), raw.size) != 0) {
        const std::error_code error = last_error();
        return failure(
            net::AddressError(error, action, address.to_string(), hint_for_bind(error, address)));
    }
    return {};
}

Result<void> connect_unix(int descriptor, const net::UnixAddr& address) noexcept {
    const RawAddr raw = to_raw(address);
    return check(uninterrupted([&] { return ::connect(descriptor, raw.get(), raw.size); }));
}

net::AddressError unix_peer_error(std::error_code error, const char* action,
                                  const net::UnixAddr& address) {
    std::string hint;
    if (error == std::errc::connection_refused && address.path()) {
        hint = "the file is there, but nobody listens on it any more";
    } else if (error == std::errc::wrong_protocol_type) {
        hint = "it is a Unix socket of another type";
    }
    return {error, action, address.to_string(), std::move(hint)};
}

}  // namespace edo::detail
