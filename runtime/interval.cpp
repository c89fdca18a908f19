// SPDX-License-Identifier: MIT
#include "edo/runtime/interval.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/scheduler/spawn_core.hpp"

namespace edo {

namespace {

/// How late a tick may be awaited without counting as missed: timers are late by a millisecond.
constexpr Duration kTolerance = std::chrono::milliseconds(5);

/// `late - early` of any two instants, the longest time where that would overflow.
Duration between(Instant early, Instant late) noexcept {
    Duration::rep result = 0;
    if (__builtin_sub_overflow(late.time_since_epoch().count(), early.time_since_epoch().count(),
                               &result)) {
        return late > early ? Duration::max() : Duration::min();
    }
    return Duration(result);
}

}  // namespace

namespace detail {

void check_period(Duration period) {
    if (period <= Duration::zero()) {
        throw UsageError("edo: the period of an interval must be longer than zero");
    }
}

IntervalWait::IntervalWait(Interval& interval) noexcept
    : TimerLeaf(interval.next_), interval_(interval) {}

bool IntervalWait::await_ready() noexcept {
    charged_ = spend_budget();
    return charged_ && deadline() <= now();
}

void IntervalWait::await_suspend(TaskHandle task) noexcept {
    bind(task.handle());
    if (charged_ || deadline() > now()) {
        arm_timer(*this);
    } else {
        wake_next_turn();
    }
}

Instant IntervalWait::await_resume() {
    if (was_shut_down()) {
        throw UsageError(
            "edo: Interval needs a runtime: this thread is inside none, or it has been "
            "shut down");
    }
    if (interval_.next_ == deadline()) {  // else it was reset meanwhile, which stays
        interval_.next_ = interval_.after(deadline());
    }
    return deadline();
}

}  // namespace detail

/// When the tick after the one scheduled for `tick`, which is taken now, is due.
Instant Interval::after(Instant tick) const noexcept {
    const Instant current = now();
    const Duration late = between(tick, current);
    if (late > kTolerance) {
        switch (missed_) {
            case MissedTickBehavior::Burst:
                break;
            case MissedTickBehavior::Delay:
                return detail::saturating_add(current, period_);
            case MissedTickBehavior::Skip:
                return detail::saturating_add(current, period_ - late % period_);
        }
    }
    return detail::saturating_add(tick, period_);
}

Interval interval(Duration period) {
    return {now(), period};
}

Interval interval_at(Instant start, Duration period) {
    return {start, period};
}

}  // namespace edo
