// SPDX-License-Identifier: MIT
#include "edo/runtime/timeout.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/scheduler/spawn_core.hpp"

namespace edo::detail {

TimeoutGroup::TimeoutGroup(Instant deadline) noexcept
    : Group(&TimeoutGroup::on_branch_done), timer_(deadline, Leaf::Kind::Last) {
    set_branches(&branch_, 1);
}

void TimeoutGroup::await_suspend(TaskHandle parent) noexcept {
    start(parent.promise(), 0);
    timer_.bind(parent.handle());
    arm_timer(timer_);  // if it is due already, it is made ready after the branch
}

std::coroutine_handle<> TimeoutGroup::on_branch_done(Group& group, Branch& /*branch*/) noexcept {
    auto& self = static_cast<TimeoutGroup&>(group);
    self.timer_.disarm();
    return self.resume_parent();
}

}  // namespace edo::detail
