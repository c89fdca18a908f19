// SPDX-License-Identifier: MIT
#include "edo/runtime/sync/shared_lock.hpp"

#include "edo/runtime/core/spin_lock.hpp"

namespace edo::detail {

namespace {

constexpr unsigned kSpins = 32;

/// Waits a little, then until the state changes.
void pause(std::atomic<std::uint32_t>& state, std::uint32_t seen, unsigned round) noexcept {
    if (round < kSpins) {
        cpu_relax();
    } else {
        state.wait(seen, std::memory_order_relaxed);
    }
}

}  // namespace

void SharedLock::lock_shared_slowly() noexcept {
    for (unsigned round = 0;; ++round) {
        std::uint32_t state = state_.load(std::memory_order_relaxed);
        if ((state & (kWriter | kWanted)) != 0) {
            // Before it sleeps it says so, to whoever ends the write lock.
            if (round < kSpins || (state & kBlocked) != 0 ||
                state_.compare_exchange_weak(state, state | kBlocked, std::memory_order_relaxed)) {
                pause(state_, state | (round < kSpins ? 0 : kBlocked), round);
            }
        } else if (state_.compare_exchange_weak(state, state + kReader, std::memory_order_acquire,
                                                std::memory_order_relaxed)) {
            return;
        }
    }
}

void SharedLock::lock_slowly() noexcept {
    for (unsigned round = 0;; ++round) {
        std::uint32_t state = state_.load(std::memory_order_relaxed);
        if ((state & ~(kWanted | kBlocked)) == 0) {
            // Writers that wait say so again when they are woken; readers are woken at its end.
            if (state_.compare_exchange_weak(state, kWriter | (state & kBlocked),
                                             std::memory_order_acquire,
                                             std::memory_order_relaxed)) {
                return;
            }
        } else if ((state & kWanted) != 0 ||
                   state_.compare_exchange_weak(state, state | kWanted,
                                                std::memory_order_relaxed)) {
            pause(state_, state | kWanted, round);
        }
    }
}

}  // namespace edo::detail
