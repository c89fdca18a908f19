// SPDX-License-Identifier: MIT
#include "edo/net/unix_datagram.hpp"

#include "edo/net/socket/datagram_calls.hpp"
#include "edo/net/socket/system_error.hpp"
#include "edo/net/socket/unix_socket.hpp"
#include "edo/runtime/sleep.hpp"

#include <algorithm>
#include <chrono>
#include <poll.h>

namespace edo::detail {

namespace {

/// What the call in which a receive completed has learned. The coroutine goes on at once, on the
/// same thread, and takes it: an operation that waits needs no room for it.
struct Arrived {
    std::size_t size = 0;
    DatagramInfo info;
};
thread_local Arrived tls_arrived;

}  // namespace

bool UnixReceiveOp::attempt(IoOp& op, std::uint32_t /*generation*/) noexcept {
    auto& self = static_cast<UnixReceiveOp&>(op);
    Arrived& arrived = tls_arrived;
    arrived.info = DatagramInfo();
    const ssize_t size = receive_datagram(self.source(), self.buffer_, 0, arrived.info);
    if (size < 0) {
        return self.failed();
    }
    arrived.size = static_cast<std::size_t>(size);
    return true;
}

Result<net::UnixReceived> UnixReceiveOp::await_resume() {
    if (has_failed()) {
        return failure(wait_error());
    }
    const Arrived& arrived = tls_arrived;
    return net::UnixReceived(arrived.size, to_unix_addr(arrived.info.from), arrived.info.truncated);
}

namespace {

/// Sends to an address, and tells a queue of the target that is full from a buffer of this socket
/// that is full: no event announces that the former has room again.
class UnixSendToOp : public TransferOp {
public:
    UnixSendToOp(IoSource& source, ConstBytes bytes, const RawAddr& target) noexcept
        : TransferOp(source, Direction::Write, &UnixSendToOp::attempt, bytes.data(), bytes.size()),
          target_(target) {}

private:
    static bool attempt(IoOp& op, std::uint32_t /*generation*/) noexcept {
        auto& self = static_cast<UnixSendToOp&>(op);
        if (self.take(send_datagram(self.source(), self.bytes(), &self.target_))) {
            return true;
        }
        pollfd query{};
        query.fd = self.source().descriptor();
        query.events = POLLOUT;
        if (uninterrupted([&] { return ::poll(&query, 1, 0); }) == 0) {
            return false;
        }
        self.fail(std::make_error_code(std::errc::operation_would_block));
        return true;
    }

    RawAddr target_;
};

}  // namespace

}  // namespace edo::detail

namespace edo::net {

namespace {

constexpr auto kFirstPause = std::chrono::milliseconds(1);
constexpr auto kLongestPause = std::chrono::milliseconds(50);

Task<AddressResult<std::size_t>> send_to_address(detail::IoSource* source,
                                                 std::span<const std::byte> bytes,
                                                 AddressResult<UnixAddr> target) {
    if (!target) {
        co_return failure(std::move(target.error()));
    }
    const detail::RawAddr raw = detail::to_raw(*target);
    auto pause = kFirstPause;
    for (;;) {
        const Result<std::size_t> sent = co_await detail::UnixSendToOp(*source, bytes, raw);
        if (sent) {
            co_return *sent;
        }
        if (sent.error() != std::errc::operation_would_block) {
            co_return failure(detail::unix_peer_error(sent.error(), "cannot send to", *target));
        }
        co_await sleep(pause);
        pause = std::min(pause * 2, kLongestPause);
    }
}

}  // namespace

AddressResult<UnixDatagram> UnixDatagram::bind(std::string_view path) {
    const auto address = UnixAddr::from_path(path);
    if (!address) {
        return failure(address.error());
    }
    return bind(*address);
}

AddressResult<UnixDatagram> UnixDatagram::bind(const UnixAddr& address) {
    auto socket = detail::bind_unix(detail::SocketKind::Datagram, address, "cannot bind");
    if (!socket) {
        return failure(socket.error());
    }
    return UnixDatagram(std::move(*socket));
}

Result<UnixDatagram> UnixDatagram::unbound() {
    auto socket = detail::open_unix(detail::SocketKind::Datagram);
    if (!socket) {
        return failure(socket.error());
    }
    return UnixDatagram(std::move(*socket));
}

Result<std::pair<UnixDatagram, UnixDatagram>> UnixDatagram::pair() {
    auto both = detail::open_unix_pair(detail::SocketKind::Datagram);
    if (!both) {
        return failure(both.error());
    }
    return std::pair<UnixDatagram, UnixDatagram>(UnixDatagram(std::move(both->first)),
                                                 UnixDatagram(std::move(both->second)));
}

Result<UnixDatagram> UnixDatagram::from_fd(int descriptor) {
    auto socket = detail::adopt_unix(descriptor, detail::SocketKind::Datagram);
    if (!socket) {
        return failure(socket.error());
    }
    return UnixDatagram(std::move(*socket));
}

AddressResult<void> UnixDatagram::connect(std::string_view path) const {
    const auto address = UnixAddr::from_path(path);
    if (!address) {
        return failure(address.error());
    }
    return connect(*address);
}

AddressResult<void> UnixDatagram::connect(const UnixAddr& address) const {
    const Result<void> connected = detail::connect_unix(socket_.descriptor(), address);
    if (!connected) {
        return failure(detail::unix_peer_error(connected.error(), "cannot connect to", address));
    }
    return {};
}

Task<AddressResult<std::size_t>> UnixDatagram::send_to(std::span<const std::byte> bytes,
                                                       std::string_view path) const {
    return send_to_address(&socket_.source(), bytes, UnixAddr::from_path(path));
}

Task<AddressResult<std::size_t>> UnixDatagram::send_to(std::span<const std::byte> bytes,
                                                       UnixAddr target) const {
    return send_to_address(&socket_.source(), bytes, std::move(target));
}

AddressResult<std::size_t> UnixDatagram::try_send_to(std::span<const std::byte> bytes,
                                                     const UnixAddr& target) const {
    const detail::RawAddr raw = detail::to_raw(target);
    const ssize_t sent = detail::send_datagram(socket_.source(), bytes, &raw);
    if (sent < 0) {
        return failure(detail::unix_peer_error(detail::last_error(), "cannot send to", target));
    }
    return static_cast<std::size_t>(sent);
}

Result<UnixReceived> UnixDatagram::try_recv_from(std::span<std::byte> buffer) const {
    detail::IoSource& source = socket_.source();
    const std::uint32_t generation = source.generation(detail::Direction::Read);
    detail::DatagramInfo info;
    const ssize_t size = detail::receive_datagram(source, buffer, 0, info);
    if (size < 0) {
        return failure(detail::failed_try(source, detail::Direction::Read, generation));
    }
    return UnixReceived(static_cast<std::size_t>(size), detail::to_unix_addr(info.from),
                        info.truncated);
}

Result<UnixAddr> UnixDatagram::local_addr() const {
    return socket_.local_raw_addr().map(&detail::to_unix_addr);
}

Result<UnixAddr> UnixDatagram::peer_addr() const {
    return socket_.peer_raw_addr().map(&detail::to_unix_addr);
}

}  // namespace edo::net
