// SPDX-License-Identifier: MIT
#include "edo/runtime/io/guarded_wait.hpp"

#include "edo/runtime/core/context.hpp"

namespace edo::detail {

bool GuardedWait::await_ready() noexcept {
    charged_ = spend_budget();
    if (!charged_) {
        return false;
    }
    const std::lock_guard guard(waiters_.lock);
    return attempt_(*this);
}

bool GuardedWait::await_suspend(TaskHandle task) noexcept {
    bind(task.handle());
    if (!charged_) {
        wake_next_turn();
        return true;
    }
    return !poll();
}

/// True when it has what it waits for, and is idle again; else it waits.
bool GuardedWait::poll() noexcept {
    const std::lock_guard guard(waiters_.lock);
    if (attempt_(*this)) {
        unbind();
        return true;
    }
    waiters_.leaves.push_back(*this);
    return false;
}

std::coroutine_handle<> GuardedWait::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<GuardedWait&>(leaf);
    self.rebind();
    return self.poll() ? self.handle() : nullptr;
}

GuardedWait::~GuardedWait() {
    if (!is_suspended()) {
        return;
    }
    std::unique_lock guard(waiters_.lock);
    if (is_linked()) {
        waiters_.leaves.remove(*this);
        unbind();
        return;
    }
    guard.unlock();
    withdraw();
}

}  // namespace edo::detail
