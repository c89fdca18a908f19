// SPDX-License-Identifier: MIT
#include "support/stepped_task.hpp"

#include <mutex>

namespace edo::test {

void StepOwner::schedule(detail::TaskCore& /*task*/) noexcept {
    const std::lock_guard guard(lock_);
    scheduled_ = true;
    waiting_.wake_all();
}

void StepOwner::forget(detail::TaskCore& /*task*/) noexcept {}

bool StepOwner::is_scheduled() noexcept {
    const std::lock_guard guard(lock_);
    return scheduled_;
}

void StepOwner::wait_until_scheduled() noexcept {
    for (unsigned round = 0; !is_scheduled(); ++round) {
        detail::spin_wait(round);
    }
}

void StepOwner::run(detail::TaskCore& task) noexcept {
    {
        const std::lock_guard guard(lock_);
        scheduled_ = false;
    }
    // The calling thread may be in the middle of another task's turn.
    const detail::ContextScope scope;
    detail::context().scope = nullptr;
    detail::Turn turn;
    if (task.run(detail::context(), turn) == detail::AfterRun::Reschedule) {
        schedule(task);
    }
}

bool StepOwner::Scheduled::await_suspend(detail::TaskHandle task) noexcept {
    bind(task.handle());
    const std::lock_guard guard(owner_.lock_);
    if (owner_.scheduled_) {
        unbind();
        return false;
    }
    owner_.waiting_.push_back(*this);
    return true;
}

StepOwner::Scheduled::~Scheduled() {
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

}  // namespace edo::test
