// SPDX-License-Identifier: MIT
#include "edo/runtime/task/scope_core.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/unhandled_exception.hpp"
#include "edo/runtime/scheduler/spawn_core.hpp"

#include <array>
#include <mutex>
#include <utility>

namespace edo::detail {

// ---- the scope ---------------------------------------------------------------------------------

ScopeCore::ScopeCore() noexcept : owner_(tls_context.task->scope_child()) {
    if (owner_ == nullptr) {
        return;
    }
    next_scope_ = owner_->scopes_;
    if (next_scope_ != nullptr) {
        next_scope_->prev_scope_ = this;
    }
    owner_->scopes_ = this;
}

ScopeCore::~ScopeCore() {
    bool any = false;
    {
        const std::lock_guard guard(lock_);
        any = pending_ != 0;
    }
    if (any) {
        destroy_children();
    }
    leave_owner();
}

void ScopeCore::leave_owner() noexcept {
    if (owner_ == nullptr) {
        return;
    }
    (prev_scope_ != nullptr ? prev_scope_->next_scope_ : owner_->scopes_) = next_scope_;
    if (next_scope_ != nullptr) {
        next_scope_->prev_scope_ = prev_scope_;
    }
    owner_ = nullptr;
}

void ScopeCore::link(ScopeChild& child) noexcept {
    ScopeChild*& head = child.aborted_ ? aborted_ : running_;
    child.prev_ = nullptr;
    child.next_ = head;
    if (head != nullptr) {
        head->prev_ = &child;
    }
    head = &child;
}

void ScopeCore::unlink(ScopeChild& child) noexcept {
    ScopeChild*& head = child.aborted_ ? aborted_ : running_;
    (child.prev_ != nullptr ? child.prev_->next_ : head) = child.next_;
    if (child.next_ != nullptr) {
        child.next_->prev_ = child.prev_;
    }
}

// ---- children ----------------------------------------------------------------------------------

/// False for a child that came too late and is destroyed.
bool ScopeCore::add(ScopeChild& child) noexcept {
    TaskCore& core = child.core();
    core.set_listener(child);
    core.make_takable();  // a scope that is destroyed does not wait for its worker's queue
    bool refused = false;
    bool cancelled = false;
    {
        const std::lock_guard guard(lock_);
        refused = destroying_;
        cancelled = cancelled_;
        if (!refused) {
            child.aborted_ = cancelled;
            link(child);
            ++pending_;
        }
    }
    if (refused) {
        refuse(child);
        return false;
    }
    if (cancelled) {
        core.mark_cancelled();
    }
    return true;
}

// A thread that destroys the scope may have destroyed the coroutine before it is queued; the cell
// stays until it has been through the queue.

void ScopeCore::start(Scheduler& scheduler, ScopeChild& child) noexcept {
    if (add(child)) {
        spawn_on(scheduler, child.core());
    }
}

void ScopeCore::share(Scheduler& scheduler, ScopeChild& child) noexcept {
    if (add(child)) {
        share_on(scheduler, child.core());
    }
}

/// The frame of the scope is being destroyed and waits for the end of the turn that spawns here.
void ScopeCore::refuse(ScopeChild& child) noexcept {
    TaskCore& core = child.core();
    static_cast<void>(core.try_take(child.before_));  // nobody else knows the task
    child.before_ = TaskCore::State::Idle;            // and it is in no queue
    child.destroy();
}

void ScopeCore::cancel() noexcept {
    {
        const std::lock_guard guard(lock_);
        cancelled_ = true;
    }
    abort_children();
}

/// An abort may do a system call, so it is not made under the lock.
void ScopeCore::abort_children() noexcept {
    constexpr std::size_t kBatch = 32;
    std::array<TaskCore*, kBatch> batch;
    for (;;) {
        std::size_t size = 0;
        {
            const std::lock_guard guard(lock_);
            for (; size < kBatch && running_ != nullptr; ++size) {
                ScopeChild& child = *running_;
                unlink(child);
                child.aborted_ = true;
                link(child);
                child.core().add_reference();
                batch[size] = &child.core();
            }
        }
        if (size == 0) {
            return;
        }
        for (std::size_t i = 0; i < size; ++i) {
            batch[i]->abort();
            batch[i]->release_reference();
        }
    }
}

void ScopeCore::stop() noexcept {
    Leaf* leaf = nullptr;
    {
        const std::lock_guard guard(lock_);
        cancelled_ = true;
        stopped_ = true;
        if (waits_for_ == WaitsFor::Stop) {
            leaf = std::exchange(waiter_, nullptr);
        }
    }
    if (leaf != nullptr) {
        leaf->wake();
    }
    abort_children();
}

void ScopeCore::fail(const std::exception_ptr& error, std::uint64_t task_id) noexcept {
    if (!claim_failure()) {
        report_unhandled_exception(task_id, error);
        return;
    }
    error_ = error;
    stop();
}

void ScopeCore::fail_here(const std::exception_ptr& error) noexcept {
    fail(error, tls_context.task->id());
}

/// On the thread that ended the child. Once the lock is released the scope may be gone.
void ScopeCore::child_done(ScopeChild& child) noexcept {
    TaskCore& core = child.core();
    Leaf* leaf = nullptr;
    {
        const std::lock_guard guard(lock_);
        if (destroying_) {
            child.retired_ = true;  // the destroying thread releases it
            return;
        }
        unlink(child);
        if (--pending_ == 0 && waits_for_ == WaitsFor::Children) {
            leaf = std::exchange(waiter_, nullptr);
        }
    }
    if (leaf != nullptr) {
        leaf->wake();
    }
    core.release_reference();
}

// ---- destruction -------------------------------------------------------------------------------

/// Takes the list over, and asks those that run now to stop, so that they do it side by side.
void ScopeCore::begin_destruction() noexcept {
    ScopeChild* more = nullptr;
    {
        const std::lock_guard guard(lock_);
        destroying_ = true;
        doomed_ = std::exchange(running_, nullptr);
        more = std::exchange(aborted_, nullptr);
    }
    ScopeChild** end = &doomed_;
    while (*end != nullptr) {
        (*end)->core().mark_cancelled();
        end = &(*end)->next_;
    }
    *end = more;
}

/// Depth first: the scopes that a child is in are emptied before the child is destroyed. The way
/// back up is in the scopes and children themselves.
void ScopeCore::destroy_children() noexcept {
    begin_destruction();
    ScopeCore* scope = this;
    for (;;) {
        ScopeChild* const child = scope->doomed_;
        if (child == nullptr) {
            {
                // Whoever has marked a child as retired has left the scope after this.
                const std::lock_guard guard(scope->lock_);
            }
            if (scope == this) {
                return;
            }
            ScopeCore& above = scope->owner_->scope();
            scope->leave_owner();
            scope = &above;
        } else if (!child->held_ && !child->hold()) {
            scope->doomed_ = child->next_;
            child->core().release_reference();
        } else if (child->scopes_ != nullptr) {
            scope = child->scopes_;
            scope->begin_destruction();
        } else {
            scope->doomed_ = child->next_;
            child->destroy();
        }
    }
}

}  // namespace edo::detail
