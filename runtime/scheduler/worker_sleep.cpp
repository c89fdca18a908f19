// SPDX-License-Identifier: MIT
// How a worker without work falls asleep, and is woken.
#include "edo/runtime/scheduler/call_hook.hpp"
#include "edo/runtime/scheduler/scheduler.hpp"
#include "edo/runtime/scheduler/worker.hpp"

#include <algorithm>

namespace edo::detail {

void Worker::wake() noexcept {
    // Pairs with `fall_asleep`: what the caller did before is seen by the worker after it.
    if (sleep_.exchange(Sleep::Woken, std::memory_order_seq_cst) == Sleep::Asleep) {
        reactor_->wake();
    }
}

void Worker::rouse() noexcept {
    // The caller has let go of the queue's lock by an operation that is sequentially consistent, as
    // this load is. If it misses `fall_asleep`, it comes before that, and `park_alone` sees the end
    // of the lock.
    if (sleep_.load(std::memory_order_seq_cst) == Sleep::Asleep) {
        wake();
    }
}

/// Announces the sleep; false when a `wake` came first. What decides whether and how long to sleep
/// (queues, timers, shutdown) is looked at after this: either it is seen then, or its author finds
/// the worker asleep and rouses it. Both sides change `sleep_` by a read-modify-write, so one of
/// the two reads what the other wrote.
bool Worker::fall_asleep() noexcept {
    if (sleep_.exchange(Sleep::Asleep, std::memory_order_seq_cst) == Sleep::Woken) {
        sleep_.store(Sleep::Awake, std::memory_order_seq_cst);
        return false;
    }
    return true;
}

/// Sleeps in the reactor until an event, the timeout, or `wake`.
void Worker::wait(std::optional<std::chrono::milliseconds> timeout) noexcept {
    turn(timeout);
    sleep_.exchange(Sleep::Awake, std::memory_order_seq_cst);
    last_turn_ = {};
    // What was long was the sleep.
    until_maintenance_ = interval_;
    last_maintenance_ = scheduler_.clock().now();
}

/// The worker has nothing to do. Where other threads feed it, more is likely to come at once.
bool Worker::await_injected() noexcept {
    // Who searches is not woken, and must therefore look around.
    if (!fed_ || !(exclusive_ || searching_) || scheduler_.clock().is_paused()) {
        return false;
    }
    fed_ = false;
    const ShortWait::Look seen = short_wait_.wait([this] { return look_around(); });
    if (seen == ShortWait::Look::Found) {
        short_wait_.note_found(scheduler_.injection().size());
    }
    return seen != ShortWait::Look::Nothing;
}

ShortWait::Look Worker::look_around() noexcept {
    if (sleep_.load(std::memory_order_relaxed) == Sleep::Woken) {
        // As in `fall_asleep`. Whoever woke it wants it to see what follows, or, in a moment, when
        // its next timer is due.
        sleep_.exchange(Sleep::Awake, std::memory_order_seq_cst);
    }
    if (!scheduler_.injection().empty()) {
        return ShortWait::Look::Found;
    }
    if (scheduler_.is_stopping()) {
        return ShortWait::Look::Stop;
    }
    for (unsigned i = 0; !exclusive_ && i < scheduler_.worker_count(); ++i) {
        if (scheduler_.worker(i).is_stealable()) {
            return ShortWait::Look::Stop;
        }
    }
    return ShortWait::Look::Nothing;
}

void Worker::park() noexcept {
    counters_.idle_rounds.add();
    if (await_injected()) {
        return;
    }
    const Options& options = scheduler_.options();
    if (options.on_thread_park) {
        call_hook(options.on_thread_park);
        if (has_queued()) {
            return;  // the hook has spawned something
        }
    }
    running_.store(0, std::memory_order_relaxed);
    const auto now = std::chrono::steady_clock::now();
    const auto awake = std::chrono::nanoseconds(now - awake_since_);
    counters_.busy.add(std::uint64_t(awake.count()));
    if (!scheduler_.clock().is_paused() && now - last_maintenance_ > kMaintenanceInterval) {
        adapt_interval(now - last_maintenance_);  // the few tasks since then were slow
    }
    counters_.noops.add(beat() == counters_.round_of_last_park + 1 ? 1 : 0);
    counters_.round_of_last_park = beat();
    counters_.parks.add();
    if (exclusive_) {
        park_alone();
    } else {
        park_among_others();
    }
    awake_since_ = std::chrono::steady_clock::now();
    counters_.unparks.add();
    call_hook(options.on_thread_unpark);
}

void Worker::park_alone() noexcept {
    if (scheduler_.clock().is_paused() && scheduler_.is_quiescent()) {
        turn(std::chrono::milliseconds(0));
        if (!has_queued() && scheduler_.injection().empty() &&
            timers_.next_event() != Instant::max()) {
            jump_to_next_timer();
            return;
        }
        if (has_queued()) {
            return;
        }
    }
    if (!fall_asleep()) {
        return;
    }
    // At the end of a current_thread runtime, its thread goes on with the root of `block_on`.
    const bool stops = scheduler_.is_stopping() && !scheduler_.is_current_thread();
    scheduler_.injection().synchronize();  // pairs with `rouse`
    if (!scheduler_.injection().empty() || stops) {
        sleep_.store(Sleep::Awake, std::memory_order_relaxed);
        return;
    }
    wait(scheduler_.clock().is_paused() && !scheduler_.is_quiescent() ? std::nullopt
                                                                      : time_to_next_timer());
    fire_timers();
}

void Worker::jump_to_next_timer() noexcept {
    Clock& clock = scheduler_.clock();
    const Instant next = timers_.next_event();
    if (next > clock.now()) {
        clock.advance_to(next);
    }
    fire_timers();
}

void Worker::park_among_others() noexcept {
    Idle& idle = scheduler_.idle();
    if (idle.sleep(index_, searching_)) {
        scheduler_.wake_if_queued();  // the last searcher looks once more
    }
    while (!scheduler_.is_stopping() && idle.is_asleep(index_)) {
        if (!fall_asleep()) {
            continue;
        }
        scheduler_.injection().synchronize();  // pairs with `Scheduler::call_worker`
        if (!scheduler_.injection().empty()) {
            break;
        }
        std::optional<std::chrono::milliseconds> timeout = time_to_next_timer();
        const bool watching = scheduler_.rescue().try_watch(*this);
        if (watching) {
            timeout = timeout ? std::min(*timeout, Rescue::kPeriod) : Rescue::kPeriod;
        }
        wait(timeout);
        fire_timers();
        const bool found = watching && scheduler_.rescue().look(*this);
        if (found || has_queued()) {
            break;
        }
    }
    sleep_.store(Sleep::Awake, std::memory_order_seq_cst);
    // Woken by another thread for new work, the worker counts as searching already.
    searching_ = !idle.wake_self(index_);
    scheduler_.rescue().leave(*this);
}

std::optional<std::chrono::milliseconds> Worker::time_to_next_timer() const noexcept {
    Instant next = timers_.next_event();
    if (attends_.load(std::memory_order_relaxed) != 0) [[unlikely]] {
        next = std::min(next, scheduler_.rescue().next_attended_timer(*this));
    }
    if (next == Instant::max()) {
        return std::nullopt;
    }
    const Duration left = next - scheduler_.clock().now();
    // Rounded up: waking up early would only mean to wait again.
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(left),
                    std::chrono::milliseconds(0));
}

}  // namespace edo::detail
