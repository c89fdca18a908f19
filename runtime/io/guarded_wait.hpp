// SPDX-License-Identifier: MIT
// The wait for something that belongs to the whole process (standard input, a signal): its state is
// guarded by one mutex, and may change on any thread.
#pragma once

#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/task/promise.hpp"

#include <coroutine>
#include <mutex>

namespace edo::detail {

/// Who waits. After a change of the state, and still under the lock, call `leaves.wake_all()`.
struct Waiters {
    Waiters() = default;
    std::mutex lock;
    LeafList leaves;  // guarded by `lock`
};

/// Base of the awaiters. A derived class passes `attempt`, which is called under the lock, on the
/// thread that runs the task: it takes what it waits for and returns true, or returns false and
/// thereby waits for the next change. Cancelled before that, it has taken nothing.
class GuardedWait : public HookLeaf {
public:
    [[nodiscard]] bool await_ready() noexcept;
    bool await_suspend(TaskHandle task) noexcept;

    /// Only while it is not suspended.
    GuardedWait(GuardedWait&& other) noexcept : GuardedWait(other.waiters_, other.attempt_) {}

protected:
    using Attempt = bool (*)(GuardedWait& wait) noexcept;

    GuardedWait(Waiters& waiters, Attempt attempt) noexcept
        : HookLeaf(&GuardedWait::on_wake), waiters_(waiters), attempt_(attempt) {}
    ~GuardedWait();

private:
    [[nodiscard]] bool poll() noexcept;
    static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;

    Waiters& waiters_;
    Attempt attempt_;
    bool charged_ = false;
};

}  // namespace edo::detail
