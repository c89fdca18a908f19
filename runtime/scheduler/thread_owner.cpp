// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/thread_owner.hpp"

#include "edo/runtime/core/context.hpp"

namespace edo::detail {

void ThreadOwner::schedule(TaskCore& /*task*/) noexcept {
    scheduled_.set();
}

void ThreadOwner::forget(TaskCore& /*task*/) noexcept {}

void ThreadOwner::run(TaskCore& root, Scheduler* scheduler) noexcept {
    const ContextScope scope;
    Context& c = tls_context;
    c = Context();
    c.scheduler = scheduler;
    c.must_not_block = true;
    // Kept between calls: it learns. It yields because a worker of the same CPU would be
    // interrupted by waking this thread after each of many tasks that it awaits in turn.
    thread_local ShortWait short_wait(ShortWait::Manner::Yields);
    Turn turn;
    for (;;) {
        if (root.run(c, turn) == AfterRun::Reschedule) {
            continue;
        }
        if (root.is_finished()) {
            return;
        }
        scheduled_.wait(short_wait);
    }
}

bool must_not_block() noexcept {
    return tls_context.must_not_block;
}

}  // namespace edo::detail
