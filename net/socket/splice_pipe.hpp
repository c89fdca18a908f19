// SPDX-License-Identifier: MIT
// A pipe through which bytes go from one socket to another one, and the two operations on it.
#pragma once

#include "edo/net/socket/stream_ops.hpp"
#include "edo/runtime/io/owned_fd.hpp"

#include <cstddef>

namespace edo::detail {

class SplicePipe {
public:
    /// False where there are no descriptors, or this user's pipes hold so much that the system
    /// gives out only tiny ones.
    [[nodiscard]] bool open() noexcept;
    void close() noexcept;
    [[nodiscard]] bool is_open() const noexcept { return in_.valid(); }

    [[nodiscard]] int in() const noexcept { return in_.descriptor(); }
    [[nodiscard]] int out() const noexcept { return out_.descriptor(); }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

private:
    io::OwnedFd in_;
    io::OwnedFd out_;
    std::size_t capacity_ = 0;
};

/// Moves some bytes from a socket into the pipe, which is empty; 0 at the end of the stream.
class [[nodiscard("a read does nothing until it is awaited")]] SpliceInOp : public TransferOp {
public:
    SpliceInOp(IoSource& from, const SplicePipe& pipe) noexcept
        : TransferOp(from, Direction::Read, &SpliceInOp::attempt, &pipe, 1) {}

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;
    [[nodiscard]] const SplicePipe& pipe() const noexcept {
        return *static_cast<const SplicePipe*>(what());
    }
};

/// Moves all of the `count` bytes that are in the pipe to a socket.
class [[nodiscard("a write does nothing until it is awaited")]] SpliceOutOp : public WholeOp {
public:
    SpliceOutOp(const SplicePipe& pipe, IoSource& to, std::size_t count) noexcept
        : WholeOp(to, Direction::Write, &SpliceOutOp::attempt), pipe_(&pipe), rest_(count) {}

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;
    const SplicePipe* pipe_;
    std::size_t rest_;
};

}  // namespace edo::detail
