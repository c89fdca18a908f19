// SPDX-License-Identifier: MIT
#include "edo/runtime/task/scope_core.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/unhandled_exception.hpp"
#include "edo/runtime/scheduler/spawn_core.hpp"

#include <algorithm>
#include <array>
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

void ScopeCore::start(Scheduler& scheduler, ScopeChild& child) noexcept {
    TaskCore& core = child.core();
    core.set_listener(child);
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
        return;
    }
    if (cancelled) {
        core.mark_cancelled();
    }
    // A thread that destroys the scope may have destroyed the coroutine by now; the cell stays
    // until it has been through the queue.
    spawn_on(scheduler, core);
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

// ---- the parent waits --------------------------------------------------------------------------

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

// ---- one child ---------------------------------------------------------------------------------

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
    {
        const std::lock_guard guard(child_->lock_);
        if (child_->waiter_ == this) {
            child_->waiter_ = nullptr;
            unbind();
            return;
        }
    }
    withdraw();
}

}  // namespace edo::detail
