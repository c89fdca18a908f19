// SPDX-License-Identifier: MIT
#include "edo/runtime/pause.hpp"

#include "edo/runtime/errors.hpp"
#include "edo/runtime/scheduler/scheduler.hpp"
#include "edo/runtime/scheduler/spawn_core.hpp"
#include "edo/runtime/sleep.hpp"

#include <algorithm>

namespace edo {

namespace {

detail::Scheduler& scheduler_with_clock(const char* what, bool paused) {
    detail::Scheduler& scheduler = detail::current_scheduler(what);
    if (!scheduler.is_current_thread()) {
        throw UsageError(std::string(what) + " works only on a current_thread runtime");
    }
    if (scheduler.clock().is_paused() != paused) {
        throw UsageError(std::string(what) +
                         (paused ? ": the clock is not paused" : ": the clock is paused already"));
    }
    return scheduler;
}

}  // namespace

void pause() {
    scheduler_with_clock("edo::pause", false).clock().pause();
}

void resume() {
    scheduler_with_clock("edo::resume", true).clock().resume();
}

Task<void> advance(Duration delay) {
    detail::Scheduler& scheduler = scheduler_with_clock("edo::advance", true);
    detail::Clock& clock = scheduler.clock();
    detail::Timers& timers = scheduler.worker(0).timers();
    const Instant target = detail::saturating_add(clock.now(), delay);
    while (timers.next_event() <= target) {
        clock.advance_to(std::max(clock.now(), timers.next_event()));
        timers.fire(clock.now());
        co_await yield_now();
    }
    clock.advance_to(std::max(clock.now(), target));
    co_await yield_now();
}

}  // namespace edo
