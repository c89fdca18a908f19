// SPDX-License-Identifier: MIT
#include "edo/runtime/testing/manual_task.hpp"

#include "edo/runtime/core/context.hpp"

#include <mutex>

namespace edo::detail {

void ManualTaskOwner::schedule(TaskCore& /*task*/) noexcept {
    // The unlock is the last access: the owner may be gone as soon as `scheduled_` is seen.
    const std::lock_guard guard(lock_);
    scheduled_ = true;
    waiting_.wake_all();
}

void ManualTaskOwner::forget(TaskCore& /*task*/) noexcept {}

bool ManualTaskOwner::is_scheduled() noexcept {
    const std::lock_guard guard(lock_);
    return scheduled_;
}

void ManualTaskOwner::wait_until_scheduled() noexcept {
    for (unsigned round = 0; !is_scheduled(); ++round) {
        spin_wait(round);
    }
}

void ManualTaskOwner::run(TaskCore& task) noexcept {
    {
        const std::lock_guard guard(lock_);
        scheduled_ = false;
    }
    // The calling thread may be in the middle of another task's turn.
    const ContextScope scope;
    context().scope = nullptr;
    Turn turn;
    if (task.run(context(), turn) == AfterRun::Reschedule) {
        schedule(task);
    }
}

bool ManualTaskOwner::Scheduled::await_suspend(TaskHandle task) noexcept {
    bind(task.handle());
    const std::lock_guard guard(owner_.lock_);
    if (owner_.scheduled_) {
        unbind();
        return false;
    }
    owner_.waiting_.push_back(*this);
    return true;
}

ManualTaskOwner::Scheduled::~Scheduled() {
    if (!is_suspended()) {
        return;
    }
    {
        const std::lock_guard guard(owner_.lock_);
        if (is_linked()) {
            owner_.waiting_.remove(*this);
            unbind();
            return;
        }
    }
    withdraw();
}

void check_manual_turn(bool is_woken) {
    if (!is_woken) {
        throw UsageError(
            "edo: this ManualTask is done, or waits for something that has not happened: look at "
            "is_woken() before turn(), or call poll()");
    }
}

void check_manual_take(const JoinCore& core, bool taken) {
    if (!core.is_finished()) {
        throw UsageError("edo: this ManualTask is not done yet: look at is_done() before take()");
    }
    if (core.outcome() == Outcome::Cancelled) {
        throw UsageError("edo: this ManualTask was cancelled and has no result");
    }
    if (taken) {
        throw UsageError("edo: the result of this ManualTask was taken already");
    }
}

}  // namespace edo::detail
