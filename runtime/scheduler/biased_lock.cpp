// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/biased_lock.hpp"

#include "edo/runtime/scheduler/membarrier.hpp"

namespace edo::detail {

namespace {
// The barrier costs as much as some hundred locked instructions: it must pay for itself.
constexpr std::uint32_t kBiasAfter = 4096;
}  // namespace

BiasedLock::BiasedLock() noexcept : shared_(!can_fence_all_threads()) {}

void BiasedLock::lock_shared() noexcept {
    lock_.lock();
    if (++uncontended_ >= kBiasAfter && can_fence_all_threads()) {
        uncontended_ = 0;
        // Others read it under `lock_`, which is held until the owner's unlock.
        shared_.store(false, std::memory_order_relaxed);
    }
}

void BiasedLock::lock() noexcept {
    if (announce()) {
        fence_all_threads();
        wait_for_owner();
    }
}

bool BiasedLock::announce() noexcept {
    lock_.lock();
    uncontended_ = 0;
    if (shared_.load(std::memory_order_relaxed)) {
        return false;
    }
    shared_.store(true, std::memory_order_release);
    return true;
}

void BiasedLock::wait_for_owner() noexcept {
    // Acquire: what the owner did under the biased lock comes before what follows here.
    for (unsigned round = 0; busy_.load(std::memory_order_acquire); ++round) {
        spin_wait(round);
    }
}

}  // namespace edo::detail
