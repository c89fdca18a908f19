// SPDX-License-Identifier: MIT
#include "edo/runtime/task/promise_base.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/task_core.hpp"
#include "edo/runtime/task/await_scope.hpp"
#include "edo/runtime/task/fork_group.hpp"
#include "edo/runtime/task/group.hpp"

namespace edo::detail {

PromiseBase* PromiseBase::parent() const noexcept {
    const Up::To to = up_.to();
    if (to == Up::To::Call) {
        return up_.call().parent_;
    }
    if (to == Up::To::Branch) {
        return &up_.branch().group().parent();
    }
    if (to == Up::To::Fork) {
        return &up_.fork().group().parent();
    }
    return to == Up::To::Scope ? &up_.scope().parent() : nullptr;
}

void PromiseBase::tell_failure() noexcept {
    if (up_.to() == Up::To::Fork) {
        up_.fork().group().set_failed(up_.fork());
    }
}

std::coroutine_handle<> PromiseBase::complete() noexcept {
    down_ = Down::end();
    // The common ones come first, and alone: with all of them together the compiler makes a table
    // of jumps, and saves a register for the calls.
    const Up::To to = up_.to();
    if (to == Up::To::Call) {
        return up_.call().parent_->handle();
    }
    if (to == Up::To::Task) {
        up_.task().set_root_done();
        return std::noop_coroutine();
    }
    return complete_part();
}

/// Of something other than a call or a task.
[[gnu::noinline]] std::coroutine_handle<> PromiseBase::complete_part() noexcept {
    const Up::To to = up_.to();
    if (to == Up::To::Fork) {
        return up_.fork().group().branch_done();
    }
    if (to == Up::To::Branch) {
        return up_.branch().group().branch_done(up_.branch());
    }
    if (to == Up::To::Scope) {
        up_.scope().leave();
        return up_.scope().parent().handle();
    }
    return std::noop_coroutine();
}

void destroy_suspended_frames(PromiseBase& top) noexcept {
    if (top.down().is_leaf_or_end()) {
        top.handle().destroy();
        return;
    }
    AwaitScope* const before = tls_context.scope;
    PromiseBase* frame = &top;
    for (;;) {
        const Down down = frame->down();
        Group* const group = down.group();
        ForkGroup* const fork = down.fork();
        PromiseBase* const below = group != nullptr  ? group->next_to_destroy()
                                   : fork != nullptr ? fork->next_to_destroy()
                                                     : down.child();
        if (below != nullptr) {
            frame = below;
            if (frame->up().to() == Up::To::Scope) [[unlikely]] {
                tls_context.scope = &frame->up().scope();
            }
            continue;
        }
        if (frame == &top) {
            tls_context.scope = before;
            top.handle().destroy();
            return;
        }
        PromiseBase* const parent = frame->parent();
        const Up up = frame->up();
        if (up.to() == Up::To::Branch) {
            up.branch().child_ = nullptr;
        } else if (up.to() == Up::To::Fork) {
            up.fork().child_ = nullptr;
        } else {
            (up.to() == Up::To::Call ? up.call() : up.scope()).child_ = nullptr;
            parent->set_down(Down());
        }
        frame->handle().destroy();
        if (up.to() == Up::To::Scope) [[unlikely]] {
            tls_context.scope = up.scope().outer();
        }
        frame = parent;
    }
}

}  // namespace edo::detail
