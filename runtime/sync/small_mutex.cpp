// SPDX-License-Identifier: MIT
#include "edo/runtime/sync/small_mutex.hpp"

#include "edo/runtime/core/spin_lock.hpp"

namespace edo::detail {

void SmallMutex::lock_slowly() noexcept {
    constexpr unsigned kPauses = 32;
    for (unsigned round = 0; round < kPauses; ++round) {
        std::uint32_t expected = kFree;
        if (state_.load(std::memory_order_relaxed) == kFree &&
            state_.compare_exchange_strong(expected, kLocked, std::memory_order_acquire,
                                           std::memory_order_relaxed)) {
            return;
        }
        cpu_relax();
    }
    // Locked as contended, since others may sleep: at worst a wake-up that nobody needs.
    while (state_.exchange(kContended, std::memory_order_acquire) != kFree) {
        state_.wait(kContended, std::memory_order_relaxed);
    }
}

}  // namespace edo::detail
