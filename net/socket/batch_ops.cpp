// SPDX-License-Identifier: MIT
#include "edo/net/socket/batch_ops.hpp"

#include "edo/net/socket/batch_state.hpp"
#include "edo/net/socket/system_error.hpp"

namespace edo::detail {

namespace {

/// Receives; an incomplete batch has used up the readiness.
ssize_t receive(IoSource& source, BatchState& batch, std::uint32_t generation) noexcept {
    const ssize_t count = batch.receive(source.descriptor());
    if (count >= 0 && static_cast<std::size_t>(count) < batch.most_received()) {
        source.set_drained(Direction::Read, generation);
    }
    return count;
}

}  // namespace

bool ReceiveManyOp::await_ready() noexcept {
    batch_->clear();  // what was there before must not be taken for what failed to come
    return IoOp::await_ready();
}

bool ReceiveManyOp::attempt(IoOp& op, std::uint32_t generation) noexcept {
    auto& self = static_cast<ReceiveManyOp&>(op);
    return receive(self.source(), *self.batch_, generation) >= 0 || self.failed();
}

Result<std::size_t> ReceiveManyOp::await_resume() const noexcept {
    if (has_failed()) {
        return failure(wait_error());
    }
    return batch_->size();
}

bool SendManyOp::await_ready() noexcept {
    return batch_->size() == 0 || IoOp::await_ready();
}

bool SendManyOp::attempt(IoOp& op, std::uint32_t /*generation*/) noexcept {
    auto& self = static_cast<SendManyOp&>(op);
    BatchSending sending;
    const bool done = self.batch_->send(self.source().descriptor(), sending);
    self.sent_ += sending.sent;
    if (!self.first_error_) {
        self.first_error_ = sending.first_error;
    }
    return done;
}

Result<std::size_t> SendManyOp::await_resume() const noexcept {
    if (has_failed()) {
        return failure(wait_error());
    }
    if (first_error_) {
        return failure(first_error_);
    }
    return sent_;
}

Result<std::size_t> try_receive_many(IoSource& source, BatchState& batch) noexcept {
    batch.clear();
    const std::uint32_t generation = source.generation(Direction::Read);
    if (receive(source, batch, generation) < 0) {
        return failure(failed_try(source, Direction::Read, generation));
    }
    return batch.size();
}

Result<std::size_t> try_send_many(IoSource& source, BatchState& batch) noexcept {
    const std::uint32_t generation = source.generation(Direction::Write);
    BatchSending sending;
    if (!batch.send(source.descriptor(), sending)) {
        source.set_blocked(Direction::Write, generation);
        if (sending.sent == 0 && !sending.first_error) {
            return failure(std::errc::operation_would_block);
        }
    }
    if (sending.first_error) {
        return failure(sending.first_error);
    }
    return sending.sent;
}

}  // namespace edo::detail
