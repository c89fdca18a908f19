// SPDX-License-Identifier: MIT
// How the parent of a scope waits: for its body and for a failure, then for the children.
#include "edo/runtime/core/context.hpp"
#include "edo/runtime/task/scope_core.hpp"

#include <mutex>

namespace edo::detail {

/// False when there is none left.
bool ScopeCore::wait_for_children(Leaf& leaf) noexcept {
    const std::lock_guard guard(lock_);
    if (pending_ == 0) {
        return false;
    }
    waits_for_ = WaitsFor::Children;
    waiter_ = &leaf;
    return true;
}

void ScopeCore::take_back(Leaf& leaf) noexcept {
    {
        const std::lock_guard guard(lock_);
        if (waiter_ == &leaf) {
            waiter_ = nullptr;
            leaf.unbind();
            return;
        }
    }
    leaf.withdraw();
}

ScopeCore::Children::~Children() {
    if (is_suspended()) {
        scope_->take_back(*this);
    }
}

bool ScopeCore::Children::await_ready() noexcept {
    charged_ = spend_budget();
    return false;
}

bool ScopeCore::Children::await_suspend(TaskHandle task) noexcept {
    bind(task.handle());
    if (!charged_) {
        wake_next_turn();
        return true;
    }
    if (!scope_->wait_for_children(*this)) {
        unbind();
        return false;
    }
    return true;
}

std::coroutine_handle<> ScopeCore::Children::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<Children&>(leaf);
    self.rebind();
    if (self.scope_->wait_for_children(self)) {
        return nullptr;
    }
    self.unbind();
    return self.handle();
}

ScopeCore::Body::Body(ScopeCore& scope, PromiseBase& body) noexcept
    : Group(&Body::on_body_done), scope_(&scope) {
    branch_.own(body);
    set_branches(&branch_, 1);
}

void ScopeCore::Body::await_suspend(TaskHandle parent) noexcept {
    start(parent.promise(), 0);
    stopped_.bind(parent.handle());
    bool stopped = false;
    {
        const std::lock_guard guard(scope_->lock_);
        stopped = scope_->stopped_;  // by a child, spawned before the body was a coroutine
        if (!stopped) {
            scope_->waiter_ = &stopped_;
        }
    }
    if (stopped) {
        stopped_.wake();
    }
}

std::coroutine_handle<> ScopeCore::Body::on_body_done(Group& group, Branch& /*branch*/) noexcept {
    auto& self = static_cast<Body&>(group);
    self.take_back();
    return self.resume_parent();
}

void ScopeCore::Body::take_back() noexcept {
    if (stopped_.is_suspended()) {
        scope_->take_back(stopped_);
    }
}

PromiseBase* ScopeCore::Body::finished() noexcept {
    if (branch_.is_done()) {
        return branch_.child();
    }
    drop_others(nullptr);
    return nullptr;
}

}  // namespace edo::detail
