// SPDX-License-Identifier: MIT
#include "edo/runtime/task/fork_scope.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/scheduler/spawn_core.hpp"
#include "edo/runtime/task/await_scope.hpp"

#include <mutex>
#include <new>
#include <system_error>
#include <utility>

namespace edo::detail {

// ---- the task of a child -----------------------------------------------------------------------

void ForkCell::dissolve() noexcept {
    promise().set_up(Up());
    release_reference();
}

/// The coroutine stays where it is: its frame, with the result, is the fork's again.
Outcome ForkCell::collect() noexcept {
    root() = nullptr;
    const std::exception_ptr error = branch_.group_->error_of_(*branch_.group_, branch_);
    if (error == nullptr) {
        return Outcome::Value;
    }
    node_.ended_with(error);
    return Outcome::Exception;
}

void ForkCell::cancel() noexcept {
    branch_.child_ = nullptr;
    destroy_frames(promise());
    root() = nullptr;
}

// ---- the scope ---------------------------------------------------------------------------------

namespace {

/// Whether what is spawned inside these scopes sees all that the caller sees.
bool hands_all_on(const AwaitScope* scope) noexcept {
    for (; scope != nullptr; scope = scope->outer()) {
        if (scope->key().hand_on() == nullptr) {
            return false;
        }
    }
    return true;
}

/// Gives the task the name of the parent's task, and what it inherits from the scopes of the fork's
/// parent. False if copying throws.
bool inherit_from(AwaitScope* scope, TaskCore& task) noexcept {
    const ScopeKeeper keeper;
    tls_context.scope = scope;
    try {
        const TaskName name = tls_context.task->name();
        add_extras(task, name.empty() ? nullptr : &name);
        return true;
    } catch (...) {
        return false;
    }
}

}  // namespace

ForkScope::ForkScope(ForkGroup& group) noexcept : HookLeaf(&ForkScope::on_wake), group_(group) {
    bind(group.parent().handle());
    listen();
}

ForkScope::~ForkScope() {
    if (is_suspended()) {
        scope_.take_back(*this);
    }
}

bool ForkScope::share_last(ForkGroup& group, Scheduler& scheduler) noexcept {
    AwaitScope* const around = tls_context.task->is_scoped() ? scope_of(group.parent()) : nullptr;
    if (!hands_all_on(around)) {
        return false;
    }
    ForkCell* cell = nullptr;
    try {
        if (group.scope_ == nullptr) {
            group.scope_ = new ForkScope(group);
            group.special_ |= ForkGroup::kShared;
        }
        cell = new ForkCell(owner_of(scheduler), group.branches_[group.end_ - 1],
                            group.scope_->scope_);
    } catch (const std::bad_alloc&) {
        return false;
    }
    const bool inherits = around != nullptr || tls_context.task->extras() != nullptr;
    if (inherits && !inherit_from(around, *cell)) {
        cell->dissolve();
        return false;
    }
    --group.end_;
    --group.pending_;
    group.scope_->scope_.share(scheduler, cell->node());
    return true;
}

/// Waits for a failure.
void ForkScope::listen() noexcept {
    const std::lock_guard guard(scope_.lock_);
    scope_.waits_for_ = ScopeCore::WaitsFor::Stop;
    scope_.waiter_ = this;
}

bool ForkScope::is_over() noexcept {
    {
        const std::lock_guard guard(scope_.lock_);
        if (scope_.waiter_ != this || scope_.pending_ != 0) {
            // Else a failure has taken the leaf, and `on_wake` comes.
            scope_.waits_for_ = ScopeCore::WaitsFor::Children;
            return false;
        }
        scope_.waiter_ = nullptr;
    }
    unbind();
    return true;
}

/// After a failure, or when all children have ended. Nothing of the task is on the stack.
std::coroutine_handle<> ForkScope::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<ForkScope&>(leaf);
    ForkGroup& group = self.group_;
    if (group.pending_ != 0) {
        group.drop_own(nullptr);
    }
    self.rebind();
    if (self.scope_.wait_for_children(self)) {
        return nullptr;
    }
    self.unbind();
    return group.parent().handle();
}

void ForkScope::check_ended() const {
    scope_.rethrow_failure();
    for (std::size_t i = 0; i < group_.size(); ++i) {
        if (group_.branch(i).child() == nullptr) {
            throw std::system_error(
                make_error_code(Errc::RuntimeShutdown),
                "edo: fork_join: the runtime was shut down before a child had ended");
        }
    }
}

}  // namespace edo::detail
