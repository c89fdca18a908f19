// SPDX-License-Identifier: MIT
#include "edo/runtime/sync/broadcast_core.hpp"

#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/errors.hpp"

#include <bit>
#include <string>

namespace edo::detail {

std::size_t BroadcastCore::rounded(std::size_t capacity) {
    if (capacity == 0 || capacity > kMaxCapacity) {
        throw UsageError("edo: the capacity of a broadcast channel must be from 1 to " +
                         std::to_string(kMaxCapacity));
    }
    return std::bit_ceil(capacity);
}

BroadcastCore::State BroadcastCore::wait_for_lock(State state) const noexcept {
    for (unsigned round = 0; (state & kLocked) != 0; ++round) {
        spin_wait(round);
        state = state_.load(std::memory_order_seq_cst);
    }
    return state;
}

bool BroadcastCore::is_ready(Position next) const noexcept {
    tail_lock_.synchronize();
    return wait_for_lock(state_.load(std::memory_order_seq_cst)) != next * kStep;
}

void BroadcastCore::add_sender() noexcept {
    senders_.fetch_add(1, std::memory_order_relaxed);
    references_.fetch_add(1, std::memory_order_relaxed);
}

bool BroadcastCore::revive_sender() noexcept {
    std::size_t count = senders_.load(std::memory_order_relaxed);
    do {
        if (count == 0) {
            return false;
        }
    } while (!senders_.compare_exchange_weak(count, count + 1, std::memory_order_relaxed));
    references_.fetch_add(1, std::memory_order_relaxed);
    return true;
}

void BroadcastCore::add_weak_sender() noexcept {
    weak_senders_.fetch_add(1, std::memory_order_relaxed);
    references_.fetch_add(1, std::memory_order_relaxed);
}

BroadcastCore::Position BroadcastCore::add_receiver() noexcept {
    references_.fetch_add(1, std::memory_order_relaxed);
    const TailGuard guard(*this);
    receivers_.fetch_add(1, std::memory_order_seq_cst);
    return position();
}

bool BroadcastCore::drop_sender() noexcept {
    // Acquire and release: what any sender sent is there when the channel ends.
    if (senders_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        state_.fetch_or(kClosed, std::memory_order_seq_cst);
        values_.wake_all();
    }
    return release();
}

bool BroadcastCore::drop_weak_sender() noexcept {
    weak_senders_.fetch_sub(1, std::memory_order_relaxed);
    return release();
}

BroadcastCore::Position BroadcastCore::end_receiver() noexcept {
    Position until = 0;
    bool last = false;
    {
        const TailGuard guard(*this);
        last = receivers_.fetch_sub(1, std::memory_order_seq_cst) == 1;
        until = position();
    }
    if (last) {
        no_receivers_.wake_all();
    }
    return until;
}

void throw_broadcast_empty(const char* what) {
    throw UsageError(std::string("edo: this broadcast ") + what + " is empty: it was moved from");
}

}  // namespace edo::detail
