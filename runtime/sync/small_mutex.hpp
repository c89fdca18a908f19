// SPDX-License-Identifier: MIT
// A mutex in four bytes.
#pragma once

#include <atomic>
#include <cstdint>

namespace edo::detail {

/// Mutual exclusion for sections that may be long: who finds it locked sleeps after a few pauses.
/// For objects that there are many of, and where taking and releasing it is most of the work.
class SmallMutex {
public:
    SmallMutex() = default;
    SmallMutex(const SmallMutex&) = delete;
    SmallMutex& operator=(const SmallMutex&) = delete;

    void lock() noexcept {
        std::uint32_t expected = kFree;
        // Acquire pairs with the release in `unlock`.
        if (!state_.compare_exchange_strong(expected, kLocked, std::memory_order_acquire,
                                            std::memory_order_relaxed)) {
            lock_slowly();
        }
    }
    /// Release pairs with `lock`. Sequentially consistent for `synchronize`.
    void unlock() noexcept {
        if (state_.exchange(kFree, std::memory_order_seq_cst) == kContended) [[unlikely]] {
            state_.notify_one();
        }
    }
    /// Either the caller sees what was written under a lock that has ended, or that end comes after
    /// this, in the order of all that is sequentially consistent.
    void synchronize() const noexcept { static_cast<void>(state_.load(std::memory_order_seq_cst)); }

private:
    static constexpr std::uint32_t kFree = 0;
    static constexpr std::uint32_t kLocked = 1;
    static constexpr std::uint32_t kContended = 2;  ///< locked, and somebody may sleep

    void lock_slowly() noexcept;

    std::atomic<std::uint32_t> state_{kFree};
};

}  // namespace edo::detail
