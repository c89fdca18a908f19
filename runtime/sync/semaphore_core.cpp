// SPDX-License-Identifier: MIT
#include "edo/runtime/sync/semaphore_core.hpp"

#include "edo/runtime/sync/block_thread.hpp"
#include "edo/runtime/sync/wake_batch.hpp"

#include <algorithm>
#include <mutex>

namespace edo::detail {

// ---- returning ---------------------------------------------------------------------------------

void SemaphoreCore::release_to_waiters(std::size_t count) noexcept {
    do {
        count = hand_out(count);
        // What is left is for nobody, or for those beyond the first batch. It is not made free in
        // `hand_out`, under the lock: the next holder might destroy the lock before it is let go.
    } while (count != 0 && !free_unless_waiters(count));
}

/// Gives permits to the waiters at the head, and wakes those that have all they want, up to one
/// batch. Returns what is left.
std::size_t SemaphoreCore::hand_out(std::size_t count) noexcept {
    WakeBatch batch;
    {
        const std::lock_guard guard(lock_);
        while (count != 0 && !waiters_.empty() && !batch.is_full()) {
            auto& head = static_cast<AcquireWait&>(*waiters_.front());
            const std::size_t given = std::min(count, head.missing_);
            count -= given;
            head.missing_ -= given;
            if (head.missing_ == 0) {
                unlink(head);
                head.state_ = AcquireWait::State::Granted;
                batch.add(head);
            }
        }
    }
    batch.wake_all();
    return count;
}

std::size_t SemaphoreCore::forget(std::size_t count) noexcept {
    std::size_t word = word_.load(std::memory_order_relaxed);
    for (;;) {
        const std::size_t taken = std::min(count, word >> kShift);
        // The flags stay as they are: what is closed stays closed. Acquire, as for every taker.
        if (word_.compare_exchange_weak(word, word - (taken << kShift), std::memory_order_acquire,
                                        std::memory_order_relaxed)) {
            return taken;
        }
    }
}

void SemaphoreCore::close() noexcept {
    // Release: what was done before closing is seen by those who find it closed.
    word_.fetch_or(kClosed, std::memory_order_release);
    std::size_t partial = 0;  // what the head had been given already
    for (bool more = true; more;) {
        WakeBatch batch;
        {
            // Whoever was about to queue did it before this, or sees the flag.
            const std::lock_guard guard(lock_);
            while (!waiters_.empty() && !batch.is_full()) {
                auto& head = static_cast<AcquireWait&>(*waiters_.front());
                partial += head.wanted_ - head.missing_;
                unlink(head);
                head.state_ = AcquireWait::State::Closed;
                batch.add(head);
            }
            more = !waiters_.empty();
        }
        batch.wake_all();
    }
    if (partial != 0) {
        release(partial);
    }
}

// ---- waiting -----------------------------------------------------------------------------------

/// Takes the permits, or all that are free and a place in the queue. True when it waits.
bool SemaphoreCore::enqueue(AcquireWait& wait) noexcept {
    const std::lock_guard guard(lock_);
    std::size_t word = word_.load(std::memory_order_acquire);
    for (;;) {
        if ((word & kClosed) != 0) {
            wait.state_ = AcquireWait::State::Closed;
            return false;
        }
        const std::size_t free = word >> kShift;
        const bool enough = free >= wait.wanted_;
        const std::size_t next = enough ? word - (wait.wanted_ << kShift) : kWaiters;
        // Acquire: see `try_acquire`.
        if (!word_.compare_exchange_weak(word, next, std::memory_order_acquire)) {
            continue;
        }
        if (enough) {
            wait.state_ = AcquireWait::State::Granted;
            return false;
        }
        wait.missing_ = wait.wanted_ - free;
        wait.queued_ = true;
        waiters_.push_back(wait);
        return true;
    }
}

/// Takes a waiter out of the queue. The caller holds the lock.
void SemaphoreCore::unlink(AcquireWait& wait) noexcept {
    waiters_.remove(wait);
    if (waiters_.empty()) {
        // Relaxed: it publishes nothing; and being a read-modify-write it does not hide the
        // release of an earlier one.
        word_.fetch_and(~kWaiters, std::memory_order_relaxed);
    }
}

void SemaphoreCore::cancel(AcquireWait& wait) noexcept {
    std::size_t has = wait.wanted_;
    bool claimed = false;
    {
        const std::lock_guard guard(lock_);
        if (wait.state_ == AcquireWait::State::Waiting) {
            has -= wait.missing_;
            unlink(wait);
            wait.unbind();
        } else {
            claimed = true;
        }
    }
    if (claimed) {
        wait.withdraw();
        has = wait.state_ == AcquireWait::State::Granted ? has : 0;
    }
    if (has != 0) {
        release(has);
    }
}

bool AcquireWait::await_suspend(TaskHandle task) noexcept {
    bind(task.handle());
    if (!charged_) {
        wake_next_turn();
        return true;
    }
    if (core_->enqueue(*this)) {
        return true;
    }
    unbind();
    return false;
}

std::coroutine_handle<> AcquireWait::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<AcquireWait&>(leaf);
    if (self.queued_) {
        return self.handle();
    }
    self.rebind();  // it had used up its budget and comes to try only now
    if (self.core_->enqueue(self)) {
        return nullptr;
    }
    self.unbind();
    return self.handle();
}

void AcquireWait::stop() noexcept {
    if (!is_suspended()) {
        return;
    }
    if (queued_) {
        core_->cancel(*this);
    } else {
        withdraw();
    }
}

// ---- plain threads -----------------------------------------------------------------------------

namespace {

Task<bool> acquire(AcquirePermits permits) {
    const bool acquired = co_await permits;
    co_return acquired;
}

}  // namespace

bool blocking_acquire(const char* what, SemaphoreCore& core, std::size_t count) {
    if (!must_not_block() && core.try_acquire(count) == SemaphoreCore::Try::Acquired) {
        return true;
    }
    return block_thread_on(what, acquire(AcquirePermits(core, count)));
}

}  // namespace edo::detail
