// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/rescue.hpp"

#include "edo/runtime/scheduler/scheduler.hpp"
#include "edo/runtime/scheduler/worker.hpp"

#include <algorithm>
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
    const Instant now = scheduler_.clock().now();
    for (unsigned i = 0; i < scheduler_.worker_count(); ++i) {
        static_cast<void>(observe(scheduler_.worker(i), now));
    }
    return true;
}

/// Whether the worker was found stuck, and has not moved on since.
bool Rescue::is_stuck(const Worker& worker) const noexcept {
    return worker.stuck_beat_.load(std::memory_order_relaxed) ==
               worker.beat_.load(std::memory_order_relaxed) &&
           worker.sleep_.load(std::memory_order_relaxed) != Worker::Sleep::Asleep;
}

/// By the watcher: true when the worker has not moved on since it was last seen.
bool Rescue::observe(Worker& worker, Instant now) noexcept {
    Beat& seen = beats_[worker.index()];
    const std::uint64_t beat = worker.beat_.load(std::memory_order_relaxed);
    const bool asleep = worker.sleep_.load(std::memory_order_relaxed) == Worker::Sleep::Asleep;
    if (beat != seen.beat || asleep) {
        seen.beat = beat;
        seen.since = now;
        return false;
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
    const Instant now = scheduler_.clock().now();
    for (unsigned i = 0; i < scheduler_.worker_count(); ++i) {
        Worker& other = scheduler_.worker(i);
        const bool moved = !observe(other, now);
        if (&other == &watcher ||
            other.sleep_.load(std::memory_order_relaxed) == Worker::Sleep::Asleep) {
            continue;
        }
        // A worker that moves on gets to its queue by itself; a wake-up may still have been missed.
        found = found || other.is_stealable();
        if (moved) {
            continue;
        }
        found = help(other, watcher) || found;
        // A watcher that has something to do itself looks more often than each period. Not every
        // worker that it finds at the same task is worth the system calls.
        if (now - beats_[i].since >= kPeriod) {
            start_attending(other, watcher);
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
    stuck.stuck_beat_.store(stuck.beat_.load(std::memory_order_relaxed), std::memory_order_relaxed);
    bool found = false;
    if (const Runnable runnable = stuck.slot_.steal()) {
        helper.push_ring(runnable);
        found = true;
    }
    helper.dispatching_ = true;
    turn_reactor(stuck);
    fire_timers(stuck);
    helper.dispatching_ = false;
    return found || helper.has_queued();
}

void Rescue::turn_reactor(Worker& stuck) noexcept {
    const Reactor::Turned turned = stuck.reactor_->turn(std::chrono::milliseconds(0));
    // A wake-up that was taken from the owner is given back: it may be falling asleep, and was to
    // be kept from it. If it is awake it has been woken since, and has looked, or will look,
    // around. Then the edge would tell this thread again and again; so it would if somebody roused
    // the stuck owner beforehand, and therefore nobody attends it until the next look.
    if (turned.woken && stuck.sleep_.load(std::memory_order_seq_cst) != Worker::Sleep::Awake) {
        stop_attending(stuck);
        stuck.reactor_->wake();
    }
}

void Rescue::fire_timers(Worker& stuck) noexcept {
    const Instant next = stuck.timers_.next_event();
    if (next == Instant::max()) {
        return;
    }
    const Instant now = scheduler_.clock().now();
    if (next <= now) {
        stuck.timers_.fire(now);
    }
}

// ---- attending ---------------------------------------------------------------------------------

void Rescue::start_attending(Worker& stuck, Worker& helper) noexcept {
    if (stuck.attendant_.load(std::memory_order_relaxed) == int(helper.index())) {
        return;
    }
    const std::unique_lock guard(attending_, std::try_to_lock);
    if (!guard.owns_lock()) {
        return;  // the next look comes soon
    }
    const int before = stuck.attendant_.load(std::memory_order_relaxed);
    if (before != kNobody &&
        scheduler_.worker(unsigned(before)).sleep_.load(std::memory_order_relaxed) ==
            Worker::Sleep::Asleep) {
        return;  // somebody attends it who has nothing else to do
    }
    // A worker that is stuck attends nobody. So there is never a circle of reactors, either.
    for (unsigned i = 0; i < scheduler_.worker_count(); ++i) {
        if (scheduler_.worker(i).attendant_.load(std::memory_order_relaxed) == int(stuck.index())) {
            stop_attending_locked(scheduler_.worker(i));
        }
    }
    stop_attending_locked(stuck);
    if (helper.reactor_->attend(*stuck.reactor_)) {
        stuck.attendant_.store(int(helper.index()), std::memory_order_relaxed);
        helper.attends_.fetch_add(1, std::memory_order_relaxed);
    }
}

void Rescue::stop_attending(Worker& worker) noexcept {
    const std::lock_guard guard(attending_);
    stop_attending_locked(worker);
}

void Rescue::stop_attending_locked(Worker& worker) noexcept {
    const int attendant = worker.attendant_.load(std::memory_order_relaxed);
    if (attendant != kNobody) {
        Worker& helper = scheduler_.worker(unsigned(attendant));
        helper.reactor_->stop_attending(*worker.reactor_);
        helper.attends_.fetch_sub(1, std::memory_order_relaxed);
        worker.attendant_.store(kNobody, std::memory_order_relaxed);
    }
}

void Rescue::attend(Worker& helper, bool events) noexcept {
    for (unsigned i = 0; i < scheduler_.worker_count(); ++i) {
        Worker& other = scheduler_.worker(i);
        if (other.attendant_.load(std::memory_order_relaxed) != int(helper.index())) {
            continue;
        }
        if (!is_stuck(other)) {
            stop_attending(other);
            continue;
        }
        if (events) {
            turn_reactor(other);
        }
        fire_timers(other);
    }
}

Instant Rescue::next_attended_timer(const Worker& helper) const noexcept {
    Instant next = Instant::max();
    for (unsigned i = 0; i < scheduler_.worker_count(); ++i) {
        const Worker& other = scheduler_.worker(i);
        if (other.attendant_.load(std::memory_order_relaxed) == int(helper.index()) &&
            is_stuck(other)) {
            next = std::min(next, other.timers_.next_event());
        }
    }
    return next;
}

// ---- on and off duty ---------------------------------------------------------------------------

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
