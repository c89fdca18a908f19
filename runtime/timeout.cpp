// SPDX-License-Identifier: MIT
#include "edo/runtime/timeout.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/scheduler/spawn_core.hpp"

namespace edo::detail {

TimeoutGroup::TimeoutGroup(Deadline deadline) noexcept
    : Group(&TimeoutGroup::on_branch_done),
      is_limit_(deadline.is_limit()),
      timer_(deadline.instant(), Leaf::Kind::Last) {
    set_branches(&branch_, 1);
}

void TimeoutGroup::arm(TaskHandle parent) noexcept {
    if (is_limit_) {
        timer_.set_deadline(saturating_add(now(), timer_.deadline().time_since_epoch()));
    }
    timer_.bind(parent.handle());
    arm_timer(timer_);
}

std::coroutine_handle<> TimeoutGroup::start_coroutine(TaskHandle parent) noexcept {
    Start start;
    begin(parent.promise());
    if (start_next(branch_, start)) {
        return parent.handle();
    }
    arm(parent);
    return start.next ? start.next : std::noop_coroutine();
}

std::coroutine_handle<> TimeoutGroup::on_branch_done(Group& group, Branch& /*branch*/) noexcept {
    auto& self = static_cast<TimeoutGroup&>(group);
    self.timer_.disarm();
    return self.resume_parent();
}

}  // namespace edo::detail
