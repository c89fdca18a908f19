// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/rescue.hpp"

#include "edo/runtime/scheduler/scheduler.hpp"
#include "edo/runtime/scheduler/worker.hpp"

#include <utility>

namespace edo::detail {

Rescue::Rescue(Scheduler& scheduler, unsigned workers)
    : scheduler_(scheduler), beats_(workers), glanced_beats_(workers) {}

bool Rescue::try_watch(Worker& worker) noexcept {
    const int self = int(worker.index());
    if (watcher_.load(std::memory_order_relaxed) == self) {
        return true;
    }
    if (scheduler_.idle().awake() == 0) {
        return false;
    }
    int expected = kNobody;
    // Acquire pairs with the release of the previous watcher: `beats_` and `quiet_` are handed
    // over.
    if (!watcher_.compare_exchange_strong(expected, self, std::memory_order_acquire,
                                          std::memory_order_relaxed)) {
        return false;
    }
    quiet_ = 0;
    for (unsigned i = 0; i < scheduler_.worker_count(); ++i) {
        beats_[i] = scheduler_.worker(i).beat_.load(std::memory_order_relaxed);
    }
    return true;
}

bool Rescue::look(Worker& watcher) noexcept {
    quiet_ = scheduler_.idle().awake() == 0 ? quiet_ + 1 : 0;
    if (quiet_ >= kQuietLooks) {
        // Then `try_watch` looks once more whether all sleep. A worker that wakes up says so before
        // it looks, in `leave`, for a watcher: one of the two sees the other.
        watcher_.store(kNobody, std::memory_order_seq_cst);
        return false;
    }
    bool found = !scheduler_.injection().empty();
    for (unsigned i = 0; i < scheduler_.worker_count(); ++i) {
        Worker& other = scheduler_.worker(i);
        const std::uint64_t beat = other.beat_.load(std::memory_order_relaxed);
        const bool moved = beat != beats_[i];
        beats_[i] = beat;
        if (&other == &watcher ||
            other.sleep_.load(std::memory_order_relaxed) == Worker::Sleep::Asleep) {
            continue;
        }
        // A worker that moves on gets to its queue by itself; a wake-up may still have been missed.
        found = found || other.is_stealable();
        if (!moved && help(other, watcher)) {
            found = true;
        }
    }
    return found;
}

void Rescue::glance(Worker& busy, Instant now) noexcept {
    if (now - last_glance_.load(std::memory_order_relaxed) < kPeriod ||
        scheduler_.idle().has_sleepers() || glancing_.exchange(true, std::memory_order_acquire)) {
        return;
    }
    // Beats of the last glance, or of an older one that found somebody asleep: that only makes
    // this one less likely to help.
    if (now - last_glance_.load(std::memory_order_relaxed) >= kPeriod) {
        last_glance_.store(now, std::memory_order_relaxed);
        for (unsigned i = 0; i < scheduler_.worker_count(); ++i) {
            Worker& other = scheduler_.worker(i);
            const std::uint64_t beat = other.beat_.load(std::memory_order_relaxed);
            const bool moved = std::exchange(glanced_beats_[i], beat) != beat;
            if (!moved && &other != &busy) {
                help(other, busy);
                if (const Runnable runnable = other.queue_.steal_into(busy.queue_)) {
                    busy.push_ring(runnable);
                }
            }
        }
    }
    glancing_.store(false, std::memory_order_release);
}

bool Rescue::help(Worker& stuck, Worker& helper) noexcept {
    bool found = false;
    if (const Runnable runnable = stuck.slot_.steal()) {
        helper.push_ring(runnable);
        found = true;
    }
    helper.dispatching_ = true;
    const Reactor::Turned turned = stuck.reactor_->turn(std::chrono::milliseconds(0));
    if (turned.woken) {
        stuck.reactor_->wake();  // it was meant for the owner, which may be falling asleep
    }
    const Instant now = scheduler_.clock().now();
    if (stuck.timers_.next_event() <= now) {
        stuck.timers_.fire(now);
    }
    helper.dispatching_ = false;
    return found || helper.has_queued();
}

void Rescue::leave(Worker& worker) noexcept {
    int expected = int(worker.index());
    watcher_.compare_exchange_strong(expected, kNobody, std::memory_order_seq_cst,
                                     std::memory_order_seq_cst);
    if (expected != kNobody && expected != int(worker.index())) {
        return;  // somebody else is on duty
    }
    if (const auto sleeper = scheduler_.idle().any_sleeper()) {
        scheduler_.worker(*sleeper).wake();
    }
}

}  // namespace edo::detail
