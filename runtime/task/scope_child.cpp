// SPDX-License-Identifier: MIT
#include "edo/runtime/core/context.hpp"
#include "edo/runtime/task/scope_core.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>

namespace edo::detail {

namespace {

/// A turn may take long: after a while the processor is given to others for good.
void wait_for_turn(unsigned round) noexcept {
    constexpr unsigned kShortRounds = 100;
    constexpr unsigned kLongestPause = 500;
    if (round < kShortRounds) {
        spin_wait(round);
    } else {
        std::this_thread::sleep_for(std::chrono::microseconds(std::min(round, kLongestPause)));
    }
}

}  // namespace

ScopeChild::ScopeChild(const Init& init, TaskCore& core) noexcept
    : JoinListener(&ScopeChild::on_done), core_(&core), scope_(init.scope) {}

void ScopeChild::fail(const std::exception_ptr& error) noexcept {
    scope_->fail(error, core_->id());
}

void ScopeChild::on_done(JoinListener& listener) noexcept {
    auto& child = static_cast<ScopeChild&>(listener);
    child.settle(End::Outcome);
    child.scope_->child_done(child);
}

/// The task is over. Its result may refer to what the scope borrows, so it goes before the scope
/// learns of the end, unless a handle keeps it.
void ScopeChild::settle(End end) noexcept {
    bool wanted = false;
    Leaf* leaf = nullptr;
    {
        const std::lock_guard guard(lock_);
        end_.store(end, std::memory_order_release);  // pairs with `is_over`
        wanted = has_handle_;
        leaf = std::exchange(waiter_, nullptr);
    }
    if (!wanted && end == End::Outcome) {
        core_->drop_result();
    }
    if (leaf != nullptr) {
        leaf->wake();
    }
}

/// Takes the task out of the scheduler's hands. False if it has ended by itself; what runs now is
/// waited for.
bool ScopeChild::hold() noexcept {
    for (unsigned round = 0;; ++round) {
        if (core_->try_take(before_)) {
            held_ = true;
            return true;
        }
        {
            const std::lock_guard guard(scope_->lock_);
            if (retired_) {
                return false;
            }
        }
        wait_for_turn(round);
    }
}

/// Destroys the coroutine of a task that is held. The scope's reference is the runtime's then.
void ScopeChild::destroy() noexcept {
    core_->add_reference();
    core_->detach_listener(*this);
    core_->destroy_taken(before_);
    settle(End::Destroyed);
    core_->release_reference();
}

void ScopeChild::drop_handle() noexcept {
    bool left = false;
    {
        const std::lock_guard guard(lock_);
        has_handle_ = false;
        left = end_.load(std::memory_order_relaxed) == End::Outcome;
    }
    if (left) {
        core_->drop_result();
    }
    core_->release_reference();
}

bool ScopeChild::wait(Leaf& leaf) noexcept {
    const std::lock_guard guard(lock_);
    if (end_.load(std::memory_order_relaxed) != End::None) {
        return false;
    }
    waiter_ = &leaf;
    return true;
}

/// False if `settle` has taken the leaf, and delivers it.
bool ScopeChild::stop_waiting(const Leaf& leaf) noexcept {
    const std::lock_guard guard(lock_);
    if (waiter_ != &leaf) {
        return false;
    }
    waiter_ = nullptr;
    return true;
}

bool ScopeChild::Wait::await_ready() noexcept {
    charged_ = spend_budget();
    return charged_ && child_->is_over();
}

bool ScopeChild::Wait::await_suspend(TaskHandle task) noexcept {
    bind(task.handle());
    if (!charged_) {
        wake_next_turn();
        return true;
    }
    if (!child_->wait(*this)) {
        unbind();
        return false;
    }
    return true;
}

std::coroutine_handle<> ScopeChild::Wait::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<Wait&>(leaf);
    if (self.is_abandoned()) {
        return self.handle();
    }
    self.rebind();
    if (self.child_->wait(self)) {
        return nullptr;
    }
    self.unbind();
    return self.handle();
}

void ScopeChild::Wait::stop() noexcept {
    if (!is_suspended()) {
        return;
    }
    if (is_abandoned() || !child_->stop_waiting(*this)) {
        withdraw();
    }
}

void ScopeChild::Wait::abandon() noexcept {
    leave_owner();
    if (is_suspended() && child_->stop_waiting(*this)) {
        wake();
    }  // else it is on its way to the task
}

}  // namespace edo::detail
