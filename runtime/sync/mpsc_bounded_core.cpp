// SPDX-License-Identifier: MIT
#include "edo/runtime/sync/mpsc_bounded_core.hpp"

#include "edo/runtime/errors.hpp"
#include "edo/runtime/sync/wake_batch.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>
#include <string>
#include <utility>

namespace edo::detail {

namespace {

std::uint32_t checked_capacity(std::size_t capacity) {
    if (capacity == 0 || capacity > MpscBoundedCore::kMaxCapacity) {
        throw UsageError("edo: the capacity of an mpsc channel must be from 1 to " +
                         std::to_string(MpscBoundedCore::kMaxCapacity));
    }
    return std::uint32_t(capacity);
}

}  // namespace

// Zeroed memory makes empty slots. Large blocks of it cost nothing until they are used.
MpscBoundedCore::MpscBoundedCore(std::size_t slot_bytes, std::size_t capacity)
    : MpscCore(checked_capacity(capacity) * kPermit),
      slots_(static_cast<std::byte*>(std::calloc(std::bit_ceil(capacity), slot_bytes))),
      slot_bytes_(slot_bytes),
      mask_(std::uint32_t(std::bit_ceil(capacity) - 1)),
      capacity_(std::uint32_t(capacity)) {
    if (slots_ == nullptr) {
        throw std::bad_alloc();
    }
}

MpscBoundedCore::~MpscBoundedCore() {
    std::free(slots_);
}

// ---- permits -----------------------------------------------------------------------------------

MpscBoundedCore::Taken MpscBoundedCore::try_acquire(std::size_t wanted) noexcept {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    do {
        const Taken taken = check(word, wanted);
        if (taken != Taken::Taken) {
            return taken;
        }
    } while (!word_.compare_exchange_weak(word, word - kPermit * wanted, std::memory_order_acquire,
                                          std::memory_order_relaxed));
    return Taken::Taken;
}

void MpscBoundedCore::release(std::size_t permits) noexcept {
    // Sequentially consistent for `LeafSlot`: after a close, this may be what the receiver's end
    // waits for.
    const std::uint64_t before = word_.fetch_add(kPermit * permits, std::memory_order_seq_cst);
    if ((before & kWaiters) != 0) {
        distribute();
    }
    if ((before & kClosed) != 0) {
        receiver_.wake();
    }
}

/// The same as `hand_over(1)`: whoever sends into a full channel waits for this.
void MpscBoundedCore::hand_over_one() noexcept {
    MpscPermitWait* served = nullptr;
    {
        const std::lock_guard guard(lock_);
        auto* const wait = static_cast<MpscPermitWait*>(waits_.front());
        if (wait != nullptr && --wait->missing_ == 0) {
            served = wait;
            waits_.remove(*wait);
            wait->outcome_ = MpscPermitWait::Outcome::Granted;
        } else if (wait == nullptr) {
            // Nobody waits any more. Release as in `put_back`; the flag changes under the lock.
            const std::uint64_t flag = word_.load(std::memory_order_relaxed) & kWaiters;
            word_.fetch_add(kPermit - flag, std::memory_order_release);
        }
    }
    if (served != nullptr) {
        served->wake();
    }
}

/// Skips places whose values could not be moved in.
MpscSlot* MpscBoundedCore::front_after_void() noexcept {
    for (;;) {
        advance();
        release_received(1);
        MpscSlot& slot = slot_at(head_);
        const std::uint32_t state = slot.load();
        if (state != MpscSlot::kVoid) {
            return state == MpscSlot::kFull ? &slot : nullptr;
        }
    }
}

/// Gives permits, which are in nobody's hands, to the queue: they need not appear in the word, and
/// so cannot be missed there either.
void MpscBoundedCore::hand_over(std::uint32_t permits) noexcept {
    for (bool more = true; more;) {
        WakeBatch batch;
        {
            const std::lock_guard guard(lock_);
            while (permits > 0 && !waits_.empty() && !batch.is_full()) {
                give(permits, batch);
            }
            more = permits > 0 && !waits_.empty();
            if (!batch.empty() && waits_.empty()) {
                // Release: the slots of what is left are the senders' again. Those that were served
                // have them by their wake-up.
                word_.fetch_add(kPermit * std::exchange(permits, 0) - kWaiters,
                                std::memory_order_release);
            }
        }
        batch.wake_all();
    }
    if (permits > 0) {
        put_back(permits);  // nobody waits any more
    }
}

/// Hands permits that are free to the queue. Those that nobody wants stay free.
void MpscBoundedCore::distribute() noexcept {
    for (bool more = true; more;) {
        WakeBatch batch;
        {
            const std::lock_guard guard(lock_);
            while ((more = !waits_.empty() && give_free(batch)) && !batch.is_full()) {
            }
            if (waits_.empty() && (word_.load(std::memory_order_relaxed) & kWaiters) != 0) {
                word_.fetch_and(~kWaiters, std::memory_order_relaxed);
            }
        }
        batch.wake_all();
    }
}

/// Gives the head of the queue, of which there is one, as much as it wants, and takes it out when
/// it has that. The caller holds the lock.
void MpscBoundedCore::give(std::uint32_t& permits, WakeBatch& batch) noexcept {
    auto& wait = static_cast<MpscPermitWait&>(*waits_.front());
    const std::uint32_t given = std::min(permits, wait.missing_);
    permits -= given;
    wait.missing_ -= given;
    if (wait.missing_ == 0) {
        waits_.remove(wait);
        wait.outcome_ = MpscPermitWait::Outcome::Granted;
        batch.add(wait);
    }
}

/// The same with permits that are free. False if there is none, or the channel is closed: then
/// `close` comes for the queue, and who looks for the end must find all of them free. The caller
/// holds the lock.
bool MpscBoundedCore::give_free(WakeBatch& batch) noexcept {
    const auto& wait = static_cast<MpscPermitWait&>(*waits_.front());
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    for (;;) {
        std::uint32_t given = std::min(permits(word), wait.missing_);
        if (given == 0 || (word & kClosed) != 0) {
            return false;
        }
        const bool is_last = given == wait.missing_ && waits_.has_one();
        // Acquire pairs with `put_back`: the receiver has done with the slots.
        if (word_.compare_exchange_weak(word, word - kPermit * given - (is_last ? kWaiters : 0),
                                        std::memory_order_acquire, std::memory_order_relaxed)) {
            give(given, batch);
            return true;
        }
    }
}

/// Takes the permits, or gets into the queue for them. True while it waits.
bool MpscBoundedCore::queue(MpscPermitWait& wait) noexcept {
    const std::lock_guard guard(lock_);
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    for (;;) {
        if ((word & kClosed) != 0) {
            wait.outcome_ = MpscPermitWait::Outcome::Closed;
            return false;
        }
        if ((word & kWaiters) != 0 && wait.wanted_ != 0) {
            wait.missing_ = wait.wanted_;  // `release` comes back to whom it concerns
            break;
        }
        // The head of the queue takes what there is.
        const std::uint32_t taken = std::min(permits(word), wait.wanted_);
        const bool enough = taken == wait.wanted_;
        if (word_.compare_exchange_weak(word, word - kPermit * taken + (enough ? 0 : kWaiters),
                                        std::memory_order_acquire, std::memory_order_relaxed)) {
            if (enough) {
                wait.outcome_ = MpscPermitWait::Outcome::Granted;
                return false;
            }
            wait.missing_ = wait.wanted_ - taken;
            break;
        }
    }
    waits_.push_back(wait);
    return true;
}

void MpscBoundedCore::stop_waiting(MpscPermitWait& wait) noexcept {
    {
        const std::lock_guard guard(lock_);
        if (wait.is_linked()) {
            waits_.remove(wait);
            wait.unbind();
            if (waits_.empty()) {
                word_.fetch_and(~kWaiters, std::memory_order_relaxed);
            }
        }
    }
    if (wait.is_suspended()) {
        wait.withdraw();  // served, or ended: it is being delivered
    } else if (wait.missing_ < wait.wanted_) {
        release(wait.wanted_ - wait.missing_);
    }
}

void MpscBoundedCore::close() noexcept {
    word_.fetch_or(kClosed, std::memory_order_seq_cst);
    for (bool more = true; more;) {
        WakeBatch batch;
        std::uint32_t returned = 0;
        {
            const std::lock_guard guard(lock_);
            const bool queued = !waits_.empty();
            while (!waits_.empty() && !batch.is_full()) {
                auto& wait = static_cast<MpscPermitWait&>(*waits_.pop_front());
                wait.outcome_ = MpscPermitWait::Outcome::Closed;
                returned += wait.wanted_ - wait.missing_;
                batch.add(wait);
            }
            more = !waits_.empty();
            word_.fetch_add(kPermit * returned - (queued && !more ? kWaiters : 0),
                            std::memory_order_seq_cst);
        }
        batch.wake_all();
    }
    receiver_.wake();
    closed_.wake_all();
}

// ---- the wait ----------------------------------------------------------------------------------

bool MpscPermitWait::await_suspend(TaskHandle task) noexcept {
    bind(task.handle());
    if (!charged_) {
        wake_next_turn();
        return true;
    }
    return queue();
}

/// Takes the permits, or waits for them. True while it waits; then it is woken with an outcome, and
/// needs no hook.
inline bool MpscPermitWait::queue() noexcept {
    kind_ = Kind::Resume;
    if (core_->queue(*this)) {
        return true;
    }
    unbind();
    return false;
}

std::coroutine_handle<> MpscPermitWait::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<MpscPermitWait&>(leaf);  // it only waited for its next turn
    self.rebind();
    return self.queue() ? nullptr : self.handle();
}

void MpscPermitWait::give_up() noexcept {
    if (is_suspended()) {
        core_->stop_waiting(*this);
    }
    if (outcome_ == Outcome::Granted) {
        core_->release(wanted_);  // granted to somebody who is gone: the next one gets them
    }
}

bool MpscReserveWait::await_ready() noexcept {
    charged_ = spend_budget();
    if (!charged_) {
        return false;
    }
    switch (core().try_acquire(permits())) {
        case MpscBoundedCore::Taken::Taken:
            outcome_ = Outcome::Granted;
            return true;
        case MpscBoundedCore::Taken::Closed:
            outcome_ = Outcome::Closed;
            return true;
        case MpscBoundedCore::Taken::Full:
            break;
    }
    return false;
}

bool MpscReserveWait::take() noexcept {
    const bool granted = outcome_ == Outcome::Granted;
    outcome_ = Outcome::Used;
    return granted;
}

void throw_too_many_permits() {
    throw UsageError(
        "edo: reserve_many asks for more places than the mpsc channel has: it would wait for ever");
}

}  // namespace edo::detail
