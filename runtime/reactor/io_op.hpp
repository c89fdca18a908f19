// SPDX-License-Identifier: MIT
// One non-blocking operation on a descriptor: try the system call, wait for readiness, try again.
#pragma once

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/reactor/io_source.hpp"
#include "edo/runtime/task/promise.hpp"

#include <cstdint>
#include <system_error>

namespace edo::detail {

/// Base of the awaitables of sockets. Nothing is transferred before the system call in which the
/// operation completes, which happens while its task runs: cancelled before that, it has done
/// nothing.
///
/// A derived class passes `attempt`, which makes the system call, keeps the outcome (an error with
/// `fail`) and returns true, or returns false for EAGAIN. When a call has used up the readiness
/// although it succeeded (a short read), it says so with `source().set_drained(direction(),
/// generation)`. `await_resume` looks at `wait_error()` first: the wait itself may have failed.
class IoOp : public HookLeaf {
public:
    [[nodiscard]] bool await_ready() noexcept {
        charged_ = spend_budget();
        return charged_ && try_now();
    }
    bool await_suspend(TaskHandle task) noexcept;

    /// Only while it is not suspended.
    IoOp(IoOp&& other) noexcept
        : HookLeaf(&IoOp::on_wake),
          source_(other.source_),
          attempt_(other.attempt_),
          direction_(other.direction_) {}

protected:
    using Attempt = bool (*)(IoOp& op, std::uint32_t generation) noexcept;

    IoOp(IoSource& source, Direction direction, Attempt attempt) noexcept
        : HookLeaf(&IoOp::on_wake), source_(&source), attempt_(attempt), direction_(direction) {}
    ~IoOp() {
        if (is_suspended()) {
            source_->stop_waiting(direction_, *this);
        }
    }

    [[nodiscard]] IoSource& source() const noexcept { return *source_; }
    [[nodiscard]] Direction direction() const noexcept { return direction_; }
    /// The error of the wait, or the one that `attempt` gave to `fail`.
    [[nodiscard]] std::error_code wait_error() const noexcept { return error_; }
    void fail(std::error_code error) noexcept { error_ = error; }

private:
    [[nodiscard]] bool try_now() noexcept;
    [[nodiscard]] bool poll() noexcept;
    static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;

    IoSource* source_;
    Attempt attempt_;
    std::error_code error_;
    Direction direction_;
    bool charged_ = false;
};

}  // namespace edo::detail
