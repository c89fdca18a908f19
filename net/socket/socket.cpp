// SPDX-License-Identifier: MIT
#include "edo/net/socket/socket.hpp"

#include "edo/net/socket/raw_addr.hpp"
#include "edo/net/socket/receive.hpp"
#include "edo/runtime/errors.hpp"

#include <array>
#include <climits>
#include <cstddef>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <span>
#include <sys/socket.h>
#include <utility>

namespace edo::detail {

namespace {

int type_of(SocketKind kind) noexcept {
    return kind == SocketKind::Stream ? SOCK_STREAM : SOCK_DGRAM;
}

template <class Integer>
int clamp_to_int(Integer value) noexcept {
    return std::in_range<int>(value) ? static_cast<int>(value) : INT_MAX;
}

Result<void> make_non_blocking(int descriptor) noexcept {
    const int status = ::fcntl(descriptor, F_GETFL);
    if (status < 0 || ::fcntl(descriptor, F_SETFL, status | O_NONBLOCK) < 0 ||
        ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) < 0) {
        return failure(last_error());
    }
    return {};
}

/// Bytes that have left the socket would be lost with its source.
void check_nothing_was_read_ahead(IoSource& source) {
    if (!source.stop_reading_ahead()) {
        throw UsageError(
            "edo: io_uring receives for this stream. Call into_fd on a task of its runtime");
    }
    std::byte first{};
    if (source.read_ahead()->read(std::span(&first, 1), ReadAhead::Mode::Peek).value_or(0) > 0) {
        throw UsageError(
            "edo: with io_uring this stream holds bytes that have left the socket. Before into_fd, "
            "call descriptor, and then try_read until it would block");
    }
}

}  // namespace

Result<Socket> Socket::open(bool v6, SocketKind kind) {
    const int descriptor =
        ::socket(v6 ? AF_INET6 : AF_INET, type_of(kind) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return failure(last_error());
    }
    return Socket(descriptor);
}

Result<Socket> Socket::adopt(int descriptor, SocketKind kind) {
    Socket socket(descriptor);
    const Result<int> type = socket.get(SOL_SOCKET, SO_TYPE);
    if (!type) {
        return failure(type.error());
    }
    if (*type != type_of(kind)) {
        return failure(std::errc::invalid_argument);
    }
    const Result<void> prepared = make_non_blocking(descriptor);
    if (!prepared) {
        return failure(prepared.error());
    }
    return socket;
}

int Socket::release() {
    IoSource& mine = source();
    if (mine.read_ahead() != nullptr) {
        check_nothing_was_read_ahead(mine);
    }
    source_.release();  // NOLINT: `IoSource::release` below recycles it
    return mine.release();
}

void Socket::throw_empty() {
    throw UsageError("edo: this socket is empty: it was moved from, split, or given away");
}

// ---- addresses ---------------------------------------------------------------------------------

Result<void> Socket::bind(const net::SocketAddr& address) const {
    const RawAddr raw(address);
    return check(::bind(descriptor(), raw.get(), raw.size));
}

Result<void> Socket::listen(int backlog) const {
    return check(::listen(descriptor(), backlog));
}

Result<RawAddr> Socket::local_raw_addr() const {
    RawAddr raw;
    if (::getsockname(descriptor(), raw.get(), &raw.size) != 0) {
        return failure(last_error());
    }
    return raw;
}

Result<RawAddr> Socket::peer_raw_addr() const {
    RawAddr raw;
    if (::getpeername(descriptor(), raw.get(), &raw.size) != 0) {
        return failure(last_error());
    }
    return raw;
}

Result<net::SocketAddr> Socket::local_addr() const {
    return local_raw_addr().map(&to_socket_addr);
}

Result<net::SocketAddr> Socket::peer_addr() const {
    return peer_raw_addr().map(&to_socket_addr);
}

// ---- options -----------------------------------------------------------------------------------

Result<void> Socket::set(int level, int option, int value) const {
    return check(::setsockopt(descriptor(), level, option, &value, sizeof value));
}

Result<int> Socket::get(int level, int option) const {
    int value = 0;
    socklen_t size = sizeof value;
    if (::getsockopt(descriptor(), level, option, &value, &size) != 0) {
        return failure(last_error());
    }
    return value;
}

Result<bool> Socket::get_bool(int level, int option) const {
    return get(level, option).map([](int value) { return value != 0; });
}

Result<std::uint32_t> Socket::get_number(int level, int option) const {
    return get(level, option).map([](int value) { return static_cast<std::uint32_t>(value); });
}

Result<void> Socket::set_reuseaddr(bool on) const {
    return set(SOL_SOCKET, SO_REUSEADDR, on ? 1 : 0);
}

Result<void> Socket::set_send_buffer_size(std::size_t bytes) const {
    return set(SOL_SOCKET, SO_SNDBUF, clamp_to_int(bytes));
}

Result<void> Socket::set_recv_buffer_size(std::size_t bytes) const {
    return set(SOL_SOCKET, SO_RCVBUF, clamp_to_int(bytes));
}

Result<std::size_t> Socket::send_buffer_size() const {
    return get(SOL_SOCKET, SO_SNDBUF).map([](int value) {
        return static_cast<std::size_t>(value);
    });
}

Result<std::size_t> Socket::recv_buffer_size() const {
    return get(SOL_SOCKET, SO_RCVBUF).map([](int value) {
        return static_cast<std::size_t>(value);
    });
}

Result<bool> Socket::is_v6() const {
    return get(SOL_SOCKET, SO_DOMAIN).map([](int domain) { return domain == AF_INET6; });
}

Result<void> Socket::set_ttl(std::uint32_t hops) const {
    const Result<bool> v6 = is_v6();
    if (!v6) {
        return failure(v6.error());
    }
    const int value = clamp_to_int(hops);
    return *v6 ? set(IPPROTO_IPV6, IPV6_UNICAST_HOPS, value) : set(IPPROTO_IP, IP_TTL, value);
}

Result<std::uint32_t> Socket::ttl() const {
    const Result<bool> v6 = is_v6();
    if (!v6) {
        return failure(v6.error());
    }
    return *v6 ? get_number(IPPROTO_IPV6, IPV6_UNICAST_HOPS) : get_number(IPPROTO_IP, IP_TTL);
}

Result<void> Socket::set_nodelay(bool on) const {
    return set(IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0);
}

Result<bool> Socket::nodelay() const {
    return get_bool(IPPROTO_TCP, TCP_NODELAY);
}

Result<void> Socket::set_linger(std::optional<std::chrono::seconds> time) const {
    ::linger value{};
    value.l_onoff = time ? 1 : 0;
    value.l_linger = time ? static_cast<int>(time->count()) : 0;
    return check(::setsockopt(descriptor(), SOL_SOCKET, SO_LINGER, &value, sizeof value));
}

Result<std::optional<std::chrono::seconds>> Socket::linger() const {
    ::linger value{};
    socklen_t size = sizeof value;
    if (::getsockopt(descriptor(), SOL_SOCKET, SO_LINGER, &value, &size) != 0) {
        return failure(last_error());
    }
    std::optional<std::chrono::seconds> time;
    if (value.l_onoff != 0) {
        time = std::chrono::seconds(value.l_linger);
    }
    return time;
}

Result<void> Socket::set_keepalive(bool on) const {
    return set(SOL_SOCKET, SO_KEEPALIVE, on ? 1 : 0);
}

Result<void> Socket::set_keepalive(const net::Keepalive& settings) const {
    Result<void> done;
    if (settings.idle()) {
        done = set(IPPROTO_TCP, TCP_KEEPIDLE, clamp_to_int(settings.idle()->count()));
    }
    if (done && settings.interval()) {
        done = set(IPPROTO_TCP, TCP_KEEPINTVL, clamp_to_int(settings.interval()->count()));
    }
    if (done && settings.count()) {
        done = set(IPPROTO_TCP, TCP_KEEPCNT, *settings.count());
    }
    return done ? set_keepalive(true) : done;
}

Result<bool> Socket::keepalive() const {
    return get_bool(SOL_SOCKET, SO_KEEPALIVE);
}

Result<void> Socket::set_quickack(bool on) const {
    return set(IPPROTO_TCP, TCP_QUICKACK, on ? 1 : 0);
}

Result<bool> Socket::quickack() const {
    return get_bool(IPPROTO_TCP, TCP_QUICKACK);
}

Result<void> Socket::set_tos_v4(std::uint32_t tos) const {
    return set(IPPROTO_IP, IP_TOS, clamp_to_int(tos));
}

Result<std::uint32_t> Socket::tos_v4() const {
    return get_number(IPPROTO_IP, IP_TOS);
}

Result<void> Socket::set_tclass_v6(std::uint32_t tclass) const {
    return set(IPPROTO_IPV6, IPV6_TCLASS, clamp_to_int(tclass));
}

Result<std::uint32_t> Socket::tclass_v6() const {
    return get_number(IPPROTO_IPV6, IPV6_TCLASS);
}

Result<void> Socket::bind_device(std::string_view interface) const {
    if (interface.size() >= IFNAMSIZ) {  // the system would cut it
        return failure(std::errc::no_such_device);
    }
    return check(::setsockopt(descriptor(), SOL_SOCKET, SO_BINDTODEVICE, interface.data(),
                              static_cast<socklen_t>(interface.size())));
}

Result<std::optional<std::string>> Socket::device() const {
    std::array<char, IFNAMSIZ> name{};
    socklen_t size = name.size();
    if (::getsockopt(descriptor(), SOL_SOCKET, SO_BINDTODEVICE, name.data(), &size) != 0) {
        return failure(last_error());
    }
    std::optional<std::string> device;
    if (name[0] != '\0') {
        device.emplace(name.data());
    }
    return device;
}

Result<std::error_code> Socket::take_error() const {
    return get(SOL_SOCKET, SO_ERROR).map([](int error) {
        return std::error_code(error, std::generic_category());
    });
}

}  // namespace edo::detail
