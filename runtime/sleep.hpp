// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/task/promise.hpp"
#include "edo/runtime/time/instant.hpp"
#include "edo/runtime/time/timer_wheel.hpp"

namespace edo {

/// Waits for a point in time; made by `sleep` and `sleep_until`.
///
/// Each `co_await` arms a timer of its own for the deadline and disarms it when it is dropped, so a
/// `Sleep` that is kept in a variable can be awaited again and again, also as a branch of `select`,
/// and with another deadline after `reset`.
class [[nodiscard("a Sleep does nothing until it is awaited")]] Sleep {
public:
    explicit Sleep(Instant deadline) noexcept : deadline_(deadline) {}

    [[nodiscard]] Instant deadline() const noexcept { return deadline_; }
    /// Changes the deadline; a wait that is under way keeps its own.
    void reset(Instant deadline) noexcept { deadline_ = deadline; }
    /// Whether the deadline has passed.
    [[nodiscard]] bool is_elapsed() const noexcept { return now() >= deadline_; }

    class Awaiter : public detail::TimerLeaf {
    public:
        explicit Awaiter(Instant deadline) noexcept : TimerLeaf(deadline) {}
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        void await_suspend(detail::TaskHandle task);
        void await_resume();
    };
    Awaiter operator co_await() const noexcept { return Awaiter(deadline_); }

private:
    Instant deadline_;
};

/// Waits for `delay`. The resolution is one millisecond, rounded up: a sleep is never early, and a
/// delay of zero may last until the next tick (`yield_now` only gives others a turn).
///
/// @par Cancel safety
/// Cancel safe: dropping a sleep disarms its timer.
/// @throws NoRuntimeError when awaited outside a runtime; UsageError if the runtime is shut down
///     meanwhile.
/// @par Example
/// @snippet time.cpp sleep
[[nodiscard]] Sleep sleep(Duration delay) noexcept;

/// Waits until `deadline`, a time of `edo::now()`. Otherwise like `sleep`.
[[nodiscard]] Sleep sleep_until(Instant deadline) noexcept;

/// Suspends the running task and puts it at the end of the queue, so that others get their turn.
///
/// @par Cancel safety
/// Cancel safe.
class [[nodiscard("yield_now() does nothing until it is awaited")]] YieldNow {
public:
    YieldNow() noexcept = default;

    class Awaiter : public detail::Leaf {
    public:
        Awaiter() noexcept {}  // NOLINT: `= default` would have the links set to zero first
        ~Awaiter() {
            if (is_suspended()) {
                withdraw();
            }
        }
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        void await_suspend(detail::TaskHandle task) noexcept {
            bind(task.handle());
            wake_next_turn();
        }
        void await_resume() const noexcept {}
    };
    Awaiter operator co_await() const noexcept { return Awaiter(); }
};

/// @copydoc YieldNow
[[nodiscard]] inline YieldNow yield_now() noexcept {
    return {};
}

}  // namespace edo
