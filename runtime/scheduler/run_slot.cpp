// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/run_slot.hpp"

#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/scheduler/membarrier.hpp"

namespace edo::detail {

bool RunSlot::can_be_stolen_from() noexcept {
    return can_fence_all_threads();
}

Runnable RunSlot::steal() noexcept {
    if (empty() || thief_.exchange(true, std::memory_order_acquire)) {
        return {};  // nothing there, or another thief is
    }
    Runnable task;
    if (!exclusive_) {
        fence_all_threads();
    }
    if (!busy_.load(std::memory_order_acquire)) {
        task = task_.load(std::memory_order_relaxed);
        task_.store(Runnable(), std::memory_order_relaxed);
    }
    thief_.store(false, std::memory_order_release);  // the owner goes on, and sees the slot empty
    return task;
}

Runnable RunSlot::exchange_after_thief(Runnable task) noexcept {
    for (unsigned round = 0; thief_.load(std::memory_order_acquire); ++round) {
        spin_wait(round);
    }
    return put_and_release(task);
}

}  // namespace edo::detail
