// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/thread_owner.hpp"

#include "edo/runtime/core/context.hpp"

namespace edo::detail {

void ThreadOwner::schedule(TaskCore& /*task*/) noexcept {
    const std::lock_guard guard(lock_);
    scheduled_ = true;
    changed_.notify_one();  // under the lock: the owner may be gone right after it
}

void ThreadOwner::forget(TaskCore& /*task*/) noexcept {}

void ThreadOwner::run(TaskCore& root, Scheduler* scheduler) noexcept {
    const ContextScope scope;
    Context& c = tls_context;
    c = Context();
    c.scheduler = scheduler;
    c.must_not_block = true;
    Turn turn;
    for (;;) {
        if (root.run(c, turn) == AfterRun::Reschedule) {
            continue;
        }
        if (root.is_finished()) {
            return;
        }
        std::unique_lock guard(lock_);
        changed_.wait(guard, [this] { return scheduled_; });
        scheduled_ = false;
    }
}

bool must_not_block() noexcept {
    return tls_context.must_not_block;
}

}  // namespace edo::detail
