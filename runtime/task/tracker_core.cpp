// SPDX-License-Identifier: MIT
#include "edo/runtime/task/tracker_core.hpp"

#include "edo/runtime/core/context.hpp"

#include <mutex>

namespace edo::detail {

void TrackerCore::remove_tracker() noexcept {
    // Acquire: what others did with the core comes before its destruction; release: what we did.
    const std::uint64_t before = word_.fetch_sub(kTracker, std::memory_order_acq_rel);
    if ((before & ~kClosed) == kTracker) {
        delete this;
    }
}

void TrackerCore::remove_task() noexcept {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    for (;;) {
        // Whoever is the last keeps the core alive as a tracker does, to wake those who wait.
        const bool last = (word & (kTasks | kClosed)) == (kTask | kClosed);
        const std::uint64_t next = last ? word - kTask + kTracker : word - kTask;
        // Release: what the task did comes before what is done by those who waited for it.
        if (word_.compare_exchange_weak(word, next, std::memory_order_acq_rel,
                                        std::memory_order_relaxed)) {
            if (last) {
                wake_all();
                remove_tracker();
            } else if ((next & ~kClosed) == 0) {
                delete this;
            }
            return;
        }
    }
}

bool TrackerCore::close() noexcept {
    const std::uint64_t before = word_.fetch_or(kClosed, std::memory_order_acq_rel);
    if ((before & (kTasks | kClosed)) == 0) {
        wake_all();
    }
    return (before & kClosed) == 0;
}

bool TrackerCore::reopen() noexcept {
    return (word_.fetch_and(~kClosed, std::memory_order_acq_rel) & kClosed) != 0;
}

/// Wakes those who wait now. Who begins to wait meanwhile, because the tracker was opened again,
/// belongs to the next round.
void TrackerCore::wake_all() noexcept {
    std::uint64_t round = 0;
    {
        const std::lock_guard guard(lock_);
        round = round_++;
    }
    for (;;) {
        Leaf* leaf = nullptr;
        {
            const std::lock_guard guard(lock_);
            leaf = waiting_.front();
            if (leaf == nullptr || static_cast<Wait*>(leaf)->round_ > round) {
                return;
            }
            waiting_.remove(*leaf);
        }
        leaf->wake();
    }
}

/// False when the tracker is over. Checked under the lock: `wake_all`, which comes after the change
/// of the word, either sees the leaf, or came before and its change is seen here.
bool TrackerCore::wait(Wait& leaf) noexcept {
    const std::lock_guard guard(lock_);
    if (is_over()) {
        return false;
    }
    leaf.round_ = round_;
    waiting_.push_back(leaf);
    return true;
}

bool TrackerCore::Wait::await_ready() noexcept {
    registered_ = spend_budget();
    return registered_ && core_->is_over();
}

bool TrackerCore::Wait::await_suspend(TaskHandle task) noexcept {
    bind(task.handle());
    if (!registered_) {
        wake_next_turn();
        return true;
    }
    if (!core_->wait(*this)) {
        unbind();
        return false;
    }
    return true;
}

/// A wake-up of the tracker ends the wait for good, even if it was opened again since.
std::coroutine_handle<> TrackerCore::Wait::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<Wait&>(leaf);
    if (self.registered_) {
        return self.handle();
    }
    self.registered_ = true;
    self.rebind();
    if (self.core_->wait(self)) {
        return nullptr;
    }
    self.unbind();
    return self.handle();
}

void TrackerCore::Wait::stop() noexcept {
    if (!is_suspended()) {
        return;
    }
    {
        const std::lock_guard guard(core_->lock_);
        if (is_linked()) {
            core_->waiting_.remove(*this);
            unbind();
            return;
        }
    }
    withdraw();
}

}  // namespace edo::detail
