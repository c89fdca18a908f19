// SPDX-License-Identifier: MIT
#include "edo/runtime/sync/watch_core.hpp"

#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/errors.hpp"

#include <string>

namespace edo::detail {

bool WatchCore::drop_sender() noexcept {
    if (senders_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        state_.fetch_or(kClosed, std::memory_order_seq_cst);
        changed_.wake_all();
    }
    return release();
}

bool WatchCore::drop_receiver() noexcept {
    if (receivers_.fetch_sub(1, std::memory_order_seq_cst) == 1) {
        closed_.wake_all();
    }
    return release();
}

bool WatchCore::begin_write_slowly(Sequence& sequence) noexcept {
    for (unsigned round = 0; (sequence & kHeld) == 0;) {
        if ((sequence & kWriting) != 0) {
            spin_wait(round++);
            sequence = sequence_.load(std::memory_order_relaxed);
        } else if (sequence_.compare_exchange_weak(sequence, sequence | kWriting,
                                                   std::memory_order_seq_cst,
                                                   std::memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

void WatchCore::hold() noexcept {
    Sequence sequence = sequence_.load(std::memory_order_relaxed) & ~kWriting;
    // Acquire pairs with `end_write`.
    for (unsigned round = 0; !sequence_.compare_exchange_weak(
             sequence, sequence | kHeld, std::memory_order_acquire, std::memory_order_relaxed);) {
        if ((sequence & kWriting) != 0) {
            spin_wait(round++);
            sequence &= ~kWriting;
        }
    }
}

WatchCore::Sequence WatchCore::wait_for_write() const noexcept {
    for (unsigned round = 0;; ++round) {
        const Sequence sequence = sequence_.load(std::memory_order_acquire);
        if ((sequence & kWriting) == 0) {
            return sequence;
        }
        spin_wait(round);
    }
}

void throw_watch_empty(const char* what) {
    throw UsageError(std::string("edo: this watch ") + what + " is empty: it was moved from");
}

}  // namespace edo::detail
