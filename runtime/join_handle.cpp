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
    if (!add()) {
        unbind();
    }
    return registered_;
}

/// Registered, it has no need of its hook any more: whoever wakes it ends the wait.
bool JoinWait::add() noexcept {
    registered_ = core_->add_joiner(*this);
    kind_ = registered_ ? Kind::Resume : Kind::Hook;
    return registered_;
}

std::coroutine_handle<> JoinWait::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<JoinWait&>(leaf);
    if (self.is_abandoned() || self.core_->is_finished()) {
        return self.handle();
    }
    self.rebind();
    if (self.add()) {
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
