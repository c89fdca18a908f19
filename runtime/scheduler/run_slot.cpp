// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/run_slot.hpp"

#include "edo/runtime/core/spin_lock.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace edo::detail {

namespace {

bool membarrier(int command) noexcept {
    return ::syscall(SYS_membarrier, command, 0U, 0) == 0;
}

}  // namespace

bool RunSlot::can_be_stolen_from() noexcept {
    static const bool registered = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
    return registered;
}

TaskCore* RunSlot::steal() noexcept {
    if (empty() || thief_.exchange(true, std::memory_order_acquire)) {
        return nullptr;  // nothing there, or another thief is
    }
    TaskCore* task = nullptr;
    if (exclusive_ || membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) {
        if (!busy_.load(std::memory_order_acquire)) {
            task = task_.load(std::memory_order_relaxed);
            task_.store(nullptr, std::memory_order_relaxed);
        }
    }
    thief_.store(false, std::memory_order_release);  // the owner goes on, and sees the slot empty
    return task;
}

void RunSlot::wait_for_thief() const noexcept {
    for (unsigned round = 0; thief_.load(std::memory_order_acquire); ++round) {
        spin_wait(round);
    }
}

}  // namespace edo::detail
