// SPDX-License-Identifier: MIT
// The budget of a task: how much it may do before others get their turn.
#pragma once

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/task/await_scope.hpp"

#include <utility>

namespace edo {

/// Charges one operation to the running task's budget, and yields when the budget is used up. Each
/// turn of a task begins with 128; every operation of edo charges one. For long computations, and
/// for operations of your own that may complete at once every time.
///
/// ```cpp
/// for (const Record& record : records) {
///     total += weigh(record);
///     co_await edo::consume_budget();  // cheap; every 128th time the others get their turn
/// }
/// ```
///
/// @par Cancel safety
/// Cancel safe.
///
/// @par Thread safety
/// Awaited by a task, for itself.
///
/// @par Example
/// @snippet local.cpp consume_budget
///
/// @see yield_now, which yields every time
class [[nodiscard("consume_budget() does nothing until it is awaited")]] ConsumeBudget {
public:
    ConsumeBudget() noexcept = default;

    class Awaiter : public detail::Leaf {
    public:
        Awaiter() noexcept {}  // NOLINT: `= default` would have the links set to zero first
        ~Awaiter() {
            if (is_suspended()) {
                withdraw();
            }
        }
        [[nodiscard]] bool await_ready() const noexcept { return detail::spend_budget(); }
        void await_suspend(detail::TaskHandle task) noexcept {
            bind(task.handle());
            wake_next_turn();
        }
        void await_resume() const noexcept {}
    };
    Awaiter operator co_await() const noexcept { return Awaiter(); }
};

/// @copydoc ConsumeBudget
[[nodiscard]] inline ConsumeBudget consume_budget() noexcept {
    return {};
}

/// Whether the running task may go on without yielding: false once an operation would suspend only
/// to let others run. True outside a task.
[[nodiscard]] bool has_budget_remaining() noexcept;

namespace detail {

/// What marks the scope of `unconstrained`.
inline constexpr ScopeKey kUnconstrainedKey;

template <class R>
class [[nodiscard("unconstrained() does nothing until it is awaited")]] Unconstrained {
public:
    explicit Unconstrained(Task<R> task) noexcept : task_(std::move(task)) {}

    class Awaiter : public ScopedCall<R> {
    public:
        explicit Awaiter(Task<R>& task) noexcept : ScopedCall<R>(task, kUnconstrainedKey, nullptr) {
            this->set_unconstrained(true);
        }
    };
    Awaiter operator co_await() && {
        check_can_await(task_.promise());
        return Awaiter(task_);
    }

private:
    Task<R> task_;
};

}  // namespace detail

/// Awaits `awaitable` without a budget: operations in it that can complete at once always do, and
/// the task yields only where it has to wait. Tasks that it spawns, and branches of the caller that
/// run beside it, keep theirs.
///
/// It may starve every other task of its worker: only where it is known to wait soon.
///
/// @param awaitable A `Task` or another awaitable, as an rvalue. Consumed.
/// @return What `awaitable` yields.
///
/// @par Cancel safety
/// That of `awaitable`.
///
/// @par Misuse
/// An empty `Task` throws `UsageError` when it is awaited.
///
/// @par Example
/// @snippet local.cpp unconstrained
template <detail::OwnedAwaitable A>
[[nodiscard]] auto unconstrained(A&& awaitable) {
    return detail::Unconstrained<detail::BranchResult<A>>(
        detail::as_task(std::forward<A>(awaitable)));
}

/// Awaits `awaitable` and charges one operation for it, so that a loop around something that is
/// always ready, and charges nothing itself, lets others run.
///
/// @param awaitable A `Task` or another awaitable, as an rvalue. Consumed. It is started after the
///     budget has been charged.
/// @return What `awaitable` yields.
///
/// @par Cancel safety
/// That of `awaitable`.
///
/// @par Example
/// @snippet local.cpp cooperative
template <detail::OwnedAwaitable A>
[[nodiscard]] Task<detail::BranchResult<A>> cooperative(A awaitable) {
    co_await consume_budget();
    co_return co_await std::move(awaitable);
}

}  // namespace edo
