// SPDX-License-Identifier: MIT
#include "edo/runtime/sleep.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/scheduler/spawn_core.hpp"

namespace edo {

void Sleep::Awaiter::await_suspend(detail::TaskHandle task) {
    bind(task.handle());
    if (detail::spend_budget() || deadline() > now()) {
        detail::arm_timer(*this);
    } else {
        wake_next_turn();
    }
}

void Sleep::Awaiter::await_resume() {
    if (was_shut_down()) {
        throw UsageError(
            "edo: sleep needs a runtime: this thread is inside none, or it has been "
            "shut down");
    }
}

Sleep sleep(Duration delay) noexcept {
    return Sleep(detail::saturating_add(now(), delay));
}

Sleep sleep_until(Instant deadline) noexcept {
    return Sleep(deadline);
}

}  // namespace edo
