// SPDX-License-Identifier: MIT
// A one-byte lock for critical sections of a few instructions.
#pragma once

#include <atomic>
#include <cstdint>

namespace edo::detail {

/// Tells the processor that the thread is in a short busy wait.
inline void cpu_relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

/// Backs off a busy wait: a few pauses first, then the rest of the time slice is given away, so
/// that a preempted peer on a machine with few cores can run.
void spin_wait(unsigned round) noexcept;

/// Mutual exclusion for a handful of instructions, never held across a call into user code, an
/// allocation or a system call. One byte, so that it fits into every waiter list's owner.
class SpinLock {
public:
    SpinLock() = default;
    SpinLock(const SpinLock&) = delete;
    SpinLock& operator=(const SpinLock&) = delete;

    void lock() noexcept {
        // Acquire pairs with the release store in `unlock` of the previous holder.
        for (unsigned round = 0; locked_.exchange(true, std::memory_order_acquire); ++round) {
            spin_wait(round);
        }
    }

    bool try_lock() noexcept { return !locked_.exchange(true, std::memory_order_acquire); }

    void unlock() noexcept { locked_.store(false, std::memory_order_release); }

private:
    std::atomic<bool> locked_{false};
};

}  // namespace edo::detail
