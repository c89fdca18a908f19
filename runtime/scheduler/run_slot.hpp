// SPDX-License-Identifier: MIT
// The place for the task that a worker runs next.
#pragma once

#include "edo/runtime/core/task_core.hpp"

#include <atomic>

namespace edo::detail {

/// One task. The owner puts and takes at every wake-up, so that must cost no locked instruction; a
/// thief comes only when the owner is stuck in a long computation.
///
/// So the two exclude each other asymmetrically (Dekker's algorithm, with the fence on one side
/// only). The owner says "busy" with a plain store, then looks for a thief. The thief announces
/// itself, then makes every running thread of the process execute a memory barrier (`membarrier`),
/// then looks whether the owner is busy. Either the owner's store was before the barrier, and the
/// thief sees it and leaves; or the owner's look is after it, and sees the thief, and waits.
class RunSlot {
public:
    /// `exclusive`: no thief will ever come.
    explicit RunSlot(bool exclusive) noexcept : exclusive_(exclusive) {}

    /// Whether thieves are possible on this system. Without, a shared worker must not use its slot.
    [[nodiscard]] static bool can_be_stolen_from() noexcept;

    /// Owner only: puts a task in (or nothing), returns what was there.
    Runnable exchange(Runnable task) noexcept {
        return begin_exchange() ? end_exchange(task) : exchange_after_thief(task);
    }
    /// The two halves of it, for who leaves the rest to another function: when there is a thief,
    /// `begin_exchange` is false.
    [[nodiscard]] bool begin_exchange() noexcept {
        if (exclusive_) {
            return true;
        }
        busy_.store(true, std::memory_order_relaxed);
        // Keeps the compiler from swapping the two; the processor's part is the thief's barrier.
        std::atomic_signal_fence(std::memory_order_seq_cst);
        return !thief_.load(std::memory_order_acquire);
    }
    Runnable end_exchange(Runnable task) noexcept {
        return exclusive_ ? put(task) : put_and_release(task);
    }

    /// Owner only.
    Runnable take() noexcept {
        const Runnable task = task_.load(std::memory_order_relaxed);
        if (!task) {
            return {};
        }
        if (exclusive_) {
            task_.store(Runnable(), std::memory_order_relaxed);
            return task;
        }
        return exchange(Runnable());
    }

    /// Any thread, rarely: makes a system call.
    Runnable steal() noexcept;

    /// A hint.
    [[nodiscard]] bool empty() const noexcept { return !task_.load(std::memory_order_relaxed); }

private:
    Runnable put(Runnable task) noexcept {
        const Runnable before = task_.load(std::memory_order_relaxed);
        task_.store(task, std::memory_order_relaxed);
        return before;
    }
    Runnable put_and_release(Runnable task) noexcept {
        const Runnable before = put(task);
        busy_.store(false, std::memory_order_release);  // publishes the task to a thief
        return before;
    }
    Runnable exchange_after_thief(Runnable task) noexcept;

    const bool exclusive_;
    std::atomic<bool> busy_{false};
    std::atomic<bool> thief_{false};
    std::atomic<Runnable> task_{};
};

}  // namespace edo::detail
