// SPDX-License-Identifier: MIT
#include "edo/runtime/join_handle.hpp"

#include <utility>

namespace edo::detail {

bool JoinWait::await_suspend(TaskHandle task) noexcept {
    bind(task.handle());
    if (!charged_) {
        wake_next_turn();
        return true;
    }
    registered_ = core_->add_joiner(*this);
    if (!registered_) {
        unbind();
    }
    return registered_;
}

std::coroutine_handle<> JoinWait::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<JoinWait&>(leaf);
    if (self.is_abandoned() || self.registered_ || self.core_->is_finished()) {
        self.registered_ = false;
        return self.handle();
    }
    self.rebind();
    self.registered_ = self.core_->add_joiner(self);
    if (self.registered_) {
        return nullptr;
    }
    self.unbind();
    return self.handle();
}

void JoinWait::stop() noexcept {
    if (!is_suspended()) {
        return;
    }
    if (!registered_ || !core_->remove_joiner(*this)) {
        withdraw();
    }
}

void JoinWait::abandon() noexcept {
    leave_owner();
    if (std::exchange(registered_, false) && core_->remove_joiner(*this)) {
        wake();
    }  // else it is on its way to the task
}

}  // namespace edo::detail
