// SPDX-License-Identifier: MIT
// The operations on datagram sockets, as awaitables without a coroutine frame.
//
// Any number of tasks may use one socket. An event wakes all that wait; those who find nothing any
// more wait again.
#pragma once

#include "edo/net/socket/stream_ops.hpp"
#include "edo/net/socket_addr.hpp"
#include "edo/runtime/result.hpp"

#include <cstddef>
#include <cstdint>

namespace edo::net {

/// One received datagram; `auto [size, from, truncated] = *received` takes it apart.
struct Received {
    Received() = default;
    Received(std::size_t bytes, SocketAddr sender, bool cut) noexcept
        : size(bytes), from(sender), truncated(cut) {}

    std::size_t size = 0;    ///< the bytes in the buffer; 0 is a datagram, too
    SocketAddr from;         ///< who sent it
    bool truncated = false;  ///< it was longer than the buffer; the rest is lost
};

}  // namespace edo::net

namespace edo::detail {

class [[nodiscard("a send does nothing until it is awaited")]] SendToOp : public TransferOp {
public:
    SendToOp(IoSource& source, ConstBytes bytes, net::SocketAddr target) noexcept
        : TransferOp(source, Direction::Write, &SendToOp::attempt, bytes.data(), bytes.size()),
          target_(target),
          has_target_(true) {}
    /// To the peer of a connected socket.
    SendToOp(IoSource& source, ConstBytes bytes) noexcept
        : TransferOp(source, Direction::Write, &SendToOp::attempt, bytes.data(), bytes.size()) {}

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;

    net::SocketAddr target_;
    bool has_target_ = false;
};

class [[nodiscard("a receive does nothing until it is awaited")]] ReceiveOp : public SocketOp {
public:
    enum Mode : std::uint8_t { Take, Peek };

    ReceiveOp(IoSource& source, Bytes buffer, Mode mode) noexcept
        : SocketOp(source, Direction::Read, &ReceiveOp::attempt), buffer_(buffer), mode_(mode) {}

    [[nodiscard]] Result<net::Received> await_resume() const noexcept {
        if (has_failed()) {
            return failure(wait_error());
        }
        return received_;
    }

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;

    Bytes buffer_;
    net::Received received_;
    Mode mode_;
};

/// Who sent the next datagram.
class [[nodiscard("a peek does nothing until it is awaited")]] PeekSenderOp : public ReceiveOp {
public:
    explicit PeekSenderOp(IoSource& source) noexcept : ReceiveOp(source, Bytes(), Peek) {}

    [[nodiscard]] Result<net::SocketAddr> await_resume() const noexcept {
        return ReceiveOp::await_resume().map([](const net::Received& next) { return next.from; });
    }
};

// ---- the same without waiting: `std::errc::operation_would_block` instead ----------------------

/// `target` is null for the peer of a connected socket.
[[nodiscard]] Result<std::size_t> try_send(IoSource& source, ConstBytes bytes,
                                           const net::SocketAddr* target) noexcept;
[[nodiscard]] Result<net::Received> try_receive(IoSource& source, Bytes buffer,
                                                ReceiveOp::Mode mode = ReceiveOp::Take) noexcept;

}  // namespace edo::detail
