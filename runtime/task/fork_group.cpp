// SPDX-License-Identifier: MIT
#include "edo/runtime/task/fork_group.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/task/fork_drive.hpp"
#include "edo/runtime/task/fork_scope.hpp"

#include <utility>

namespace edo::detail {

std::coroutine_handle<> ForkGroup::fork(PromiseBase& parent) {
    Context& c = tls_context;
    ForkDrive* const drive = c.forks;
    if (drive == nullptr || !drive->is_of(c.task)) [[unlikely]] {
        return fork_first(parent);
    }
    parent_ = &parent;
    drive_ = drive;
    parent.set_down(Down(*this));
    drive->add(*this);
    if (c.budget == 0) [[unlikely]] {
        drive->set_out_of_budget();
        return std::noop_coroutine();
    }
    --c.budget;
    return start_next();
}

/// No other fork is in progress on this thread's stack.
[[gnu::noinline]] std::coroutine_handle<> ForkGroup::fork_first(PromiseBase& parent) {
    drive_ = new ForkDrive(*this);
    parent_ = &parent;
    parent.set_down(Down(*this));
    special_ |= kFirst;
    drive_->add(*this);
    const std::coroutine_handle<> next = drive_->start();
    return next ? next : std::noop_coroutine();
}

std::coroutine_handle<> ForkGroup::start_next() noexcept {
    ForkBranch& branch = branches_[begin_++];
    if (begin_ == end_) {
        unlink();
    }
    PromiseBase& child = *branch.child_;
    child.set_up(Up(branch));
    if (drive_->has_idle_helpers()) [[unlikely]] {
        drive_->help_idle();
    }
    return child.handle();
}

std::coroutine_handle<> ForkGroup::branch_done() noexcept {
    --pending_;
    if (special_ == 0) [[likely]] {
        if (begin_ == end_) {
            if (pending_ == 0) [[likely]] {
                return parent_->handle();
            }
        } else if (drive_->is_active()) [[likely]] {
            return start_next();
        }
    }
    return branch_done_slowly();
}

[[gnu::noinline]] std::coroutine_handle<> ForkGroup::branch_done_slowly() noexcept {
    if ((special_ & kFailed) != 0) {
        drop_own(failed_);
        if (scope_ != nullptr) {
            scope_->fail(error_of_(*this, *failed_));
        }
        return ended();
    }
    if (begin_ != end_) {
        // While the drive waits for its next turn, it keeps the order in which children start.
        return drive_->is_active() ? start_next() : std::noop_coroutine();
    }
    return pending_ == 0 ? ended() : wait();
}

/// What the fork needs comes by itself; meanwhile the drive starts something else.
std::coroutine_handle<> ForkGroup::wait() noexcept {
    if (drive_->is_active()) {
        drive_->set_waiting();
    }
    return std::noop_coroutine();
}

/// All that ran in the task is over.
std::coroutine_handle<> ForkGroup::ended() noexcept {
    if (scope_ != nullptr && !scope_->is_over()) {
        return wait();
    }
    if ((special_ & kFirst) != 0 && drive_->is_active()) {
        drive_->set_first_ended();  // its parent is not resumed on top of the loop
        return std::noop_coroutine();
    }
    return parent_->handle();
}

/// Destroys the children in this task that are not done, and those that were not started.
void ForkGroup::drop_own(const ForkBranch* but) noexcept {
    leave_list();
    for (std::uint32_t i = 0; i < end_; ++i) {
        if (&branches_[i] != but && branches_[i].child_ != nullptr) {
            destroy_frames(*std::exchange(branches_[i].child_, nullptr));
        }
    }
    pending_ = 0;
}

/// No further child is started.
void ForkGroup::leave_list() noexcept {
    if (drive_ != nullptr && begin_ != end_) {
        unlink();
    }
    begin_ = end_;
}

PromiseBase* ForkGroup::next_to_destroy() noexcept {
    leave_list();
    for (; destroyed_ < end_; ++destroyed_) {
        ForkBranch& branch = branches_[destroyed_];
        if (branch.child_ != nullptr) {
            branch.child_->set_up(Up(branch));  // also of one that was not started
            return branch.child_;
        }
    }
    return nullptr;
}

void ForkGroup::check_ended_slowly() const {
    if (scope_ != nullptr) {
        scope_->check_ended();
    }
    if ((special_ & kFailed) != 0) {
        std::rethrow_exception(error_of_(*this, *failed_));
    }
}

/// The children that are tasks go last: they may be running, and are waited for.
[[gnu::noinline]] void ForkGroup::drop_slowly() noexcept {
    drop_own(nullptr);
    delete std::exchange(scope_, nullptr);
    for (std::uint32_t i = end_; i < size_; ++i) {
        if (branches_[i].child_ != nullptr) {
            destroy_frames(*std::exchange(branches_[i].child_, nullptr));
        }
    }
    if ((special_ & kFirst) != 0) {
        delete drive_;
    }
}

}  // namespace edo::detail
