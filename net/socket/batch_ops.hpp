// SPDX-License-Identifier: MIT
// The operations on batches of datagrams, as awaitables without a coroutine frame.
#pragma once

#include "edo/net/socket/stream_ops.hpp"
#include "edo/runtime/result.hpp"

#include <cstddef>
#include <system_error>

namespace edo::detail {

class BatchState;

class [[nodiscard("a receive does nothing until it is awaited")]] ReceiveManyOp : public SocketOp {
public:
    ReceiveManyOp(IoSource& source, BatchState& batch) noexcept
        : SocketOp(source, Direction::Read, &ReceiveManyOp::attempt), batch_(&batch) {}

    [[nodiscard]] bool await_ready() noexcept;
    [[nodiscard]] Result<std::size_t> await_resume() const noexcept;

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;

    BatchState* batch_;
};

class [[nodiscard("a send does nothing until it is awaited")]] SendManyOp : public SocketOp {
public:
    SendManyOp(IoSource& source, BatchState& batch) noexcept
        : SocketOp(source, Direction::Write, &SendManyOp::attempt), batch_(&batch) {}

    [[nodiscard]] bool await_ready() noexcept;
    [[nodiscard]] Result<std::size_t> await_resume() const noexcept;

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;

    BatchState* batch_;
    std::size_t sent_ = 0;
    std::error_code first_error_;
};

[[nodiscard]] Result<std::size_t> try_receive_many(IoSource& source, BatchState& batch) noexcept;
[[nodiscard]] Result<std::size_t> try_send_many(IoSource& source, BatchState& batch) noexcept;

}  // namespace edo::detail
