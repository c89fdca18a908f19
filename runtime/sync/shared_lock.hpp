// SPDX-License-Identifier: MIT
// A lock for many readers or one writer.
#pragma once

#include <atomic>
#include <cstdint>

namespace edo::detail {

/// What `std::shared_mutex` does, in four bytes, and not bound to a thread: what was locked by one
/// may be unlocked by another one, as a task that moves between threads needs it. Who finds it
/// locked blocks the thread. A writer that waits keeps new readers out.
class SharedLock {
public:
    SharedLock() = default;
    SharedLock(const SharedLock&) = delete;
    SharedLock& operator=(const SharedLock&) = delete;

    void lock_shared() noexcept {
        std::uint32_t state = state_.load(std::memory_order_relaxed);
        // Acquire pairs with the release in `unlock`.
        if ((state & (kWriter | kWanted)) != 0 ||
            !state_.compare_exchange_strong(state, state + kReader, std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
            lock_shared_slowly();
        }
    }
    void unlock_shared() noexcept {
        // Release: what was read is read before the next writer changes it.
        const std::uint32_t before = state_.fetch_sub(kReader, std::memory_order_release);
        if ((before & ~kBlocked) == (kReader | kWanted)) {
            state_.notify_all();
        }
    }
    void lock() noexcept {
        std::uint32_t state = 0;
        // Acquire pairs with both unlocks.
        if (!state_.compare_exchange_strong(state, kWriter, std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
            lock_slowly();
        }
    }
    /// Release pairs with both locks. Sequentially consistent for `synchronize`.
    void unlock() noexcept {
        const std::uint32_t before =
            state_.fetch_and(~(kWriter | kBlocked), std::memory_order_seq_cst);
        if ((before & (kWanted | kBlocked)) != 0) [[unlikely]] {
            state_.notify_all();
        }
    }
    /// Either the caller sees what was written under a write lock that has ended, or that end comes
    /// after this, in the order of all that is sequentially consistent.
    void synchronize() const noexcept { static_cast<void>(state_.load(std::memory_order_seq_cst)); }

private:
    static constexpr std::uint32_t kWriter = 1;   ///< locked by a writer
    static constexpr std::uint32_t kWanted = 2;   ///< a writer waits; the next one clears it
    static constexpr std::uint32_t kBlocked = 4;  ///< a reader waits for the writer's end
    static constexpr std::uint32_t kReader = 8;   ///< times the number of readers

    void lock_shared_slowly() noexcept;
    void lock_slowly() noexcept;

    std::atomic<std::uint32_t> state_{0};
};

}  // namespace edo::detail
