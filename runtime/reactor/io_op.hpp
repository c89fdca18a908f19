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
        if (has_flag(kNothingToDo)) {
            return true;
        }
        set_flag(kCharged, spend_budget());
        return has_flag(kCharged) && try_now();
    }
    bool await_suspend(TaskHandle task) noexcept;

    /// Only while it is not suspended.
    IoOp(IoOp&& other) noexcept
        : HookLeaf(&IoOp::on_wake), source_(other.source_), attempt_(other.attempt_) {
        room_ = other.room_;
    }

protected:
    using Attempt = bool (*)(IoOp& op, std::uint32_t generation) noexcept;

    IoOp(IoSource& source, Direction direction, Attempt attempt) noexcept
        : HookLeaf(&IoOp::on_wake), source_(&source), attempt_(attempt) {
        room_.flags = std::uint8_t(direction);
    }
    ~IoOp() {
        if (is_suspended()) {
            source_->stop_waiting(*this);
        }
    }

    [[nodiscard]] IoSource& source() const noexcept { return *source_; }
    [[nodiscard]] Direction direction() const noexcept {
        return Direction(room_.flags & kDirection);
    }
    /// One bit for the derived class.
    [[nodiscard]] bool mark() const noexcept { return has_flag(kMark); }
    void set_mark(bool on) noexcept { set_flag(kMark, on); }
    /// It is complete before it begins, for example because a buffer is empty.
    void set_nothing_to_do() noexcept { set_flag(kNothingToDo, true); }
    /// The error of the wait, or the one that `attempt` gave to `fail`.
    [[nodiscard]] bool has_failed() const noexcept { return room_.number != 0; }
    [[nodiscard]] std::error_code wait_error() const noexcept;
    void fail(std::error_code error) noexcept;

    /// Tries again; returns the coroutine when the operation is complete. For hooks of derived
    /// classes.
    static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;

private:
    [[nodiscard]] bool try_now() noexcept;
    [[nodiscard]] bool poll() noexcept;

    // In `room_`: the number of the error, its category, and these.
    enum class Category : std::uint8_t { Generic, System, Edo };
    static constexpr std::uint8_t kDirection = 3;
    static constexpr std::uint8_t kCharged = 4;
    static constexpr std::uint8_t kMark = 8;
    static constexpr std::uint8_t kNothingToDo = 16;

    [[nodiscard]] bool has_flag(std::uint8_t flag) const noexcept {
        return (room_.flags & flag) != 0;
    }
    void set_flag(std::uint8_t flag, bool on) noexcept {
        room_.flags = std::uint8_t(on ? room_.flags | flag : room_.flags & ~flag);
    }

    IoSource* source_;
    Attempt attempt_;
};

}  // namespace edo::detail
