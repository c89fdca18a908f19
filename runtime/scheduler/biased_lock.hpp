// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/core/spin_lock.hpp"

#include <atomic>
#include <cstdint>

namespace edo::detail {

/// A spin lock that one thread, the owner, takes nearly always, and then without any locked
/// instruction.
///
/// While it is biased, the owner only says "busy" with a plain store and looks whether the lock has
/// become shared. Another thread makes it shared, has every thread execute a memory barrier, and
/// waits until the owner is not busy (Dekker's algorithm, with the fence on the rare side only).
/// Either the owner's store came before the barrier, and is seen, or its look comes after it, and
/// sees that the lock is shared. A shared lock is an ordinary one; it becomes biased again when the
/// owner has taken it many times in a row.
///
/// The owner may change, if one happens before the other.
class BiasedLock {
public:
    BiasedLock() noexcept;
    BiasedLock(const BiasedLock&) = delete;
    BiasedLock& operator=(const BiasedLock&) = delete;

    /// Owner only: takes the lock if it is biased, to be given back with `unlock_biased`.
    [[nodiscard]] bool try_lock_biased() noexcept {
        busy_.store(true, std::memory_order_relaxed);
        // Keeps the compiler from swapping the two; the processor's part is the other's barrier.
        std::atomic_signal_fence(std::memory_order_seq_cst);
        if (shared_.load(std::memory_order_acquire)) [[unlikely]] {
            unlock_biased();  // who made it shared may be waiting for this
            return false;
        }
        return true;
    }
    void unlock_biased() noexcept {
        busy_.store(false, std::memory_order_release);  // pairs with the load in `lock`
    }

    /// Owner only, when `try_lock_biased` has failed: takes the shared lock, to be given back with
    /// `unlock`.
    void lock_shared() noexcept;

    /// Any thread; the owner too, but that costs it the bias. A system call if the lock is biased.
    void lock() noexcept;
    /// The same in two steps, with which many locks can be taken by one system call: after
    /// `announce` for each of them, which tells whether one is needed, and the barrier,
    /// `wait_for_owner`. A lock that needed none may be waited for all the same.
    [[nodiscard]] bool announce() noexcept;
    void wait_for_owner() noexcept;

    /// Nobody is the owner: never biased. Before other threads know the lock.
    void set_unowned() noexcept { shared_.store(true, std::memory_order_relaxed); }
    void unlock() noexcept { lock_.unlock(); }

private:
    std::atomic<bool> busy_{false};   // written by the owner: it holds the biased lock
    std::atomic<bool> shared_{true};  // written under `lock_`
    SpinLock lock_;                   // held, while shared, by whoever holds the lock
    std::uint32_t uncontended_ = 0;   // times that the owner took the shared lock in a row
};

}  // namespace edo::detail
