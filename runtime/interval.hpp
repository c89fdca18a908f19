// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/task/promise.hpp"
#include "edo/runtime/time/instant.hpp"
#include "edo/runtime/time/timer_wheel.hpp"

#include <cstdint>

namespace edo {

class Interval;

/// What an `Interval` does when `tick` was awaited so late that ticks were missed. Lateness of up
/// to five milliseconds is not: it always keeps the schedule.
///
/// With a period of 100 ms, where the ticks of 100 and 200 ms were missed until 250 ms:
enum class MissedTickBehavior : std::uint8_t {
    Burst,  ///< catch up: ticks of 100 and 200 at once, then 300, 400, ...
    Delay,  ///< start over: the tick of 100 at once, then 350, 450, ...
    Skip,   ///< keep the schedule: the tick of 100 at once, then 300, 400, ...
};

namespace detail {

/// The wait for one tick.
class IntervalWait : public TimerLeaf {
public:
    explicit IntervalWait(Interval& interval) noexcept;
    [[nodiscard]] bool await_ready() noexcept;
    void await_suspend(TaskHandle task) noexcept;
    Instant await_resume();

private:
    Interval& interval_;
    bool charged_ = false;
};

/// What `Interval::tick` returns.
class [[nodiscard("tick() does nothing until it is awaited")]] IntervalTick {
public:
    explicit IntervalTick(Interval& interval) noexcept : interval_(&interval) {}
    IntervalWait operator co_await() const noexcept { return IntervalWait(*interval_); }

private:
    Interval* interval_;
};

/// @throws UsageError unless the period is positive.
void check_period(Duration period);

}  // namespace detail

/// Ticks again and again, at points in time that are one period apart; made by `interval` and
/// `interval_at`. However long the work between two ticks takes, the schedule does not drift.
///
/// Each `tick` arms a timer of its own, so an interval that nobody awaits costs nothing.
///
/// @par Thread safety
/// None; one `tick` at a time.
///
/// @par Example
/// @snippet interval.cpp interval
class Interval {
public:
    /// @throws UsageError unless `period` is positive.
    Interval(Instant start, Duration period) : next_(start), period_(period) {
        detail::check_period(period);
    }

    /// Waits for the next tick.
    ///
    /// @return The instant for which the tick was scheduled, which may lie in the past.
    /// @par Cancel safety
    /// Cancel safe: a tick that was not taken is there for the next call.
    /// @throws NoRuntimeError when awaited outside a runtime; UsageError if the runtime is shut
    ///     down meanwhile.
    [[nodiscard]] detail::IntervalTick tick() noexcept { return detail::IntervalTick(*this); }

    /// The next tick comes one period from now. A `tick` that is under way in another branch comes
    /// at its own time; this and the other resets are for the ones after it.
    void reset() noexcept { reset_after(period_); }
    /// The next tick comes at once.
    void reset_immediately() noexcept { next_ = now(); }
    /// The next tick comes after `delay`, and the others follow it.
    void reset_after(Duration delay) noexcept { next_ = detail::saturating_add(now(), delay); }
    /// The next tick comes at `instant`, and the others follow it.
    void reset_at(Instant instant) noexcept { next_ = instant; }

    [[nodiscard]] Duration period() const noexcept { return period_; }
    [[nodiscard]] MissedTickBehavior missed_tick_behavior() const noexcept { return missed_; }
    /// The default is `Burst`.
    void set_missed_tick_behavior(MissedTickBehavior behavior) noexcept { missed_ = behavior; }

private:
    friend class detail::IntervalWait;
    [[nodiscard]] Instant after(Instant tick) const noexcept;

    Instant next_;
    Duration period_;
    MissedTickBehavior missed_ = MissedTickBehavior::Burst;
};

/// Ticks every `period`, for the first time at once.
/// @throws UsageError unless `period` is positive.
/// @par Example
/// @snippet interval.cpp interval
[[nodiscard]] Interval interval(Duration period);

/// Ticks every `period`, for the first time at `start`, a time of `edo::now()`.
/// @throws UsageError unless `period` is positive.
[[nodiscard]] Interval interval_at(Instant start, Duration period);

}  // namespace edo
