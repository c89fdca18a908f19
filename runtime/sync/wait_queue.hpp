// SPDX-License-Identifier: MIT
// Coroutines that wait for one and the same change, and are woken by it all together.
#pragma once

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/task/promise.hpp"

#include <atomic>
#include <coroutine>
#include <cstddef>

namespace edo::detail {

class QueueWait;

/// Who waits. A waiter gets into the queue and then looks for the change; a waker makes the change
/// and then looks whether anybody is there. The change, the looks at it, the step of `size_` from 0
/// and the look at it are sequentially consistent: at least one of the two sees the other, and a
/// change that nobody waits for costs one load. Further waiters find the step made, and a waker
/// that has seen it finds them under the lock: either they are in the queue, or they come after it
/// and see the change.
class WaitQueue {
public:
    WaitQueue() = default;
    WaitQueue(const WaitQueue&) = delete;
    WaitQueue& operator=(const WaitQueue&) = delete;

    /// Wakes all that wait now. Those that come meanwhile wait for the next change.
    void wake_all() noexcept {
        if (size_.load(std::memory_order_seq_cst) != 0) {
            wake_present();
        }
    }

private:
    friend class QueueWait;

    void wake_present() noexcept;
    bool add(QueueWait& wait) noexcept;
    bool remove(QueueWait& wait) noexcept;
    void unlink(Leaf& leaf) noexcept;

    SpinLock lock_;
    LeafList leaves_;                   // guarded by `lock_`
    std::atomic<std::size_t> size_{0};  // written under `lock_`
};

/// Base of the awaiters. A derived class passes `is_ready`, which looks for the change: a few
/// instructions, for it is called under a lock.
class QueueWait : public HookLeaf {
public:
    [[nodiscard]] bool await_ready() noexcept { return charge() && is_ready_(*this); }
    bool await_suspend(TaskHandle task) noexcept;

protected:
    using IsReady = bool (*)(const QueueWait& wait) noexcept;

    QueueWait(WaitQueue& queue, IsReady is_ready) noexcept
        : HookLeaf(&QueueWait::on_wake), queue_(&queue), is_ready_(is_ready) {}
    ~QueueWait() {
        if (is_suspended()) [[unlikely]] {
            stop();
        }
    }
    /// Before the first look for the change; false: not in this turn.
    [[nodiscard]] bool charge() noexcept { return charged_ = spend_budget(); }

private:
    friend class WaitQueue;

    static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;
    bool wait() noexcept;
    void stop() noexcept;

    WaitQueue* queue_;
    IsReady is_ready_;
    bool charged_ = false;
};

/// Charges the budget for what completes without any other suspension.
class ChargeBudget : public Leaf {
public:
    ChargeBudget() noexcept = default;
    ChargeBudget(ChargeBudget&& /*other*/) noexcept {}  // g++ 12 moves awaiters
    ~ChargeBudget() {
        if (is_suspended()) {
            withdraw();
        }
    }
    [[nodiscard]] bool await_ready() const noexcept { return spend_budget(); }
    void await_suspend(TaskHandle task) noexcept {
        bind(task.handle());
        wake_next_turn();
    }
    void await_resume() const noexcept {}
};

}  // namespace edo::detail
