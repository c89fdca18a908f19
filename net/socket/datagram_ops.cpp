// SPDX-License-Identifier: MIT
#include "edo/net/socket/datagram_ops.hpp"

#include "edo/net/socket/datagram_calls.hpp"
#include "edo/net/socket/system_error.hpp"

#include <algorithm>
#include <sys/socket.h>

namespace edo::detail {

ssize_t send_datagram(const IoSource& source, ConstBytes bytes, const RawAddr* target) noexcept {
    if (target == nullptr) {
        return uninterrupted(
            [&] { return ::send(source.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL); });
    }
    return uninterrupted([&] {
        return ::sendto(source.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL,
                        target->get(), target->size);
    });
}

ssize_t receive_datagram(const IoSource& source, Bytes buffer, int flags,
                         DatagramInfo& info) noexcept {
    // With MSG_TRUNC the size is that of the datagram. `recvmsg` would tell, too, but takes longer.
    const ssize_t size = uninterrupted([&] {
        return ::recvfrom(source.descriptor(), buffer.data(), buffer.size(), flags | MSG_TRUNC,
                          info.from.get(), &info.from.size);
    });
    const auto room = static_cast<ssize_t>(buffer.size());
    info.truncated = size > room;
    return std::min(size, room);
}

namespace {

ssize_t send(const IoSource& source, ConstBytes bytes, const net::SocketAddr* target) noexcept {
    if (target == nullptr) {
        return send_datagram(source, bytes, nullptr);
    }
    const RawAddr raw(*target);
    return send_datagram(source, bytes, &raw);
}

/// False when the call failed; `errno` says why.
bool receive(const IoSource& source, Bytes buffer, int flags, net::Received& received) noexcept {
    DatagramInfo info;
    const ssize_t size = receive_datagram(source, buffer, flags, info);
    if (size < 0) {
        return false;
    }
    received =
        net::Received(static_cast<std::size_t>(size), to_socket_addr(info.from), info.truncated);
    return true;
}

int flags_of(ReceiveOp::Mode mode) noexcept {
    return mode == ReceiveOp::Peek ? MSG_PEEK : 0;
}

}  // namespace

bool SendToOp::attempt(IoOp& op, std::uint32_t /*generation*/) noexcept {
    auto& self = static_cast<SendToOp&>(op);
    return self.take(send(self.source(), self.bytes(), self.has_target_ ? &self.target_ : nullptr));
}

bool ReceiveOp::attempt(IoOp& op, std::uint32_t /*generation*/) noexcept {
    auto& self = static_cast<ReceiveOp&>(op);
    return receive(self.source(), self.buffer_, flags_of(self.mode_), self.received_) ||
           self.failed();
}

Result<std::size_t> try_send(IoSource& source, ConstBytes bytes,
                             const net::SocketAddr* target) noexcept {
    const std::uint32_t generation = source.generation(Direction::Write);
    const ssize_t sent = send(source, bytes, target);
    if (sent < 0) {
        return failure(failed_try(source, Direction::Write, generation));
    }
    return static_cast<std::size_t>(sent);
}

Result<net::Received> try_receive(IoSource& source, Bytes buffer, ReceiveOp::Mode mode) noexcept {
    const std::uint32_t generation = source.generation(Direction::Read);
    net::Received received;
    if (!receive(source, buffer, flags_of(mode), received)) {
        return failure(failed_try(source, Direction::Read, generation));
    }
    return received;
}

}  // namespace edo::detail
