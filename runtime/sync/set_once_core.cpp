// SPDX-License-Identifier: MIT
#include "edo/runtime/sync/set_once_core.hpp"

#include "edo/runtime/core/context.hpp"

#include <mutex>

namespace edo::detail {

void SetOnceCore::publish() noexcept {
    LeafList taken;
    {
        const std::lock_guard guard(lock_);
        is_closed_ = true;
        while (Leaf* const leaf = waiting_.pop_front()) {
            taken.push_back(*leaf);
        }
    }
    // Release publishes the value. It is the last thing that touches this object: who sees it, and
    // who is woken after it, may destroy the object.
    state_.store(State::Set, std::memory_order_release);
    taken.wake_all();
}

/// Returns whether it waits; else the value is set.
bool SetOnceWait::link() noexcept {
    {
        const std::lock_guard guard(core_->lock_);
        if (!core_->is_closed_) {
            core_->waiting_.push_back(*this);
            linked_once_ = true;
            return true;
        }
    }
    for (unsigned round = 0; !core_->is_set(); ++round) {
        spin_wait(round);  // `publish` is between its two steps
    }
    return false;
}

bool SetOnceWait::await_ready() noexcept {
    charged_ = spend_budget();
    return charged_ && core_->is_set();
}

bool SetOnceWait::await_suspend(TaskHandle task) noexcept {
    bind(task.handle());
    if (!charged_) {
        wake_next_turn();
        return true;
    }
    if (link()) {
        return true;
    }
    unbind();
    return false;
}

std::coroutine_handle<> SetOnceWait::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<SetOnceWait&>(leaf);
    if (self.linked_once_) {
        return self.handle();
    }
    self.rebind();
    if (self.link()) {
        return nullptr;
    }
    self.unbind();
    return self.handle();
}

void SetOnceWait::stop() noexcept {
    if (linked_once_) {
        const std::lock_guard guard(core_->lock_);
        if (!core_->is_closed_) {
            core_->waiting_.remove(*this);
            unbind();
            return;
        }
    }
    withdraw();
}

}  // namespace edo::detail
