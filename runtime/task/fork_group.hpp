// SPDX-License-Identifier: MIT
// The children of one `fork_join`: coroutines that may run in parallel, and mostly do not.
//
// A fork starts its first child with a plain transfer, inside the task, and keeps the others as
// records in its own frame. When the child is done the next one is started, and after the last one
// the parent goes on. So an unshared child costs what a call does: nothing is allocated for it, and
// nothing about it is atomic.
//
// The forks with records left are linked into a list, the newest first, which belongs to whatever
// drives them (fork_drive.hpp). Where another worker has nothing to do, the drive takes the oldest
// records and makes tasks of them (fork_scope.hpp). A child that was started stays in the task.
//
// All of it is touched only by the thread that holds the RUNNING state of the parent's task, but
// for the frame of a child that has become a task: that belongs to that task until it has ended.
// See docs/decisions/0017-forks-are-shared-on-demand.md.
#pragma once

#include "edo/runtime/task/promise.hpp"
#include "edo/runtime/task/promise_base.hpp"

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>

namespace edo::detail {

class ForkDrive;
class ForkScope;

/// The record of one child.
class ForkBranch {
public:
    ForkBranch() noexcept {}  // the awaiter sets both
    void set(PromiseBase& child, ForkGroup& group) noexcept {
        child_ = &child;
        group_ = &group;
    }

    /// Null once it is destroyed.
    [[nodiscard]] PromiseBase* child() const noexcept { return child_; }
    [[nodiscard]] ForkGroup& group() const noexcept { return *group_; }

private:
    friend class ForkCell;
    friend class ForkGroup;
    friend void destroy_suspended_frames(PromiseBase& top) noexcept;

    PromiseBase* child_;
    ForkGroup* group_;
};

/// A place in the list of a drive: a ring, with the drive itself between newest and oldest.
class ForkLink {
public:
    ForkLink() noexcept {}
    ForkLink(const ForkLink&) = delete;
    ForkLink& operator=(const ForkLink&) = delete;

protected:
    ~ForkLink() = default;

    void link_after(ForkLink& newest, ForkLink& drive) noexcept {
        older_ = &newest;
        newer_ = &drive;
        newest.newer_ = this;
        drive.older_ = this;
    }
    void unlink() noexcept {
        older_->newer_ = newer_;
        newer_->older_ = older_;
    }

    friend class ForkDrive;
    friend class ForkGroup;
    ForkLink* newer_;
    ForkLink* older_;
};

class ForkGroup : public ForkLink {
public:
    [[nodiscard]] PromiseBase& parent() const noexcept { return *parent_; }

    // Children before `begin_` were started in the task, those from `end_` on have become tasks,
    // and those between wait.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] const ForkBranch& branch(std::size_t index) const noexcept {
        return branches_[index];
    }
    [[nodiscard]] bool is_shared(std::size_t index) const noexcept { return index >= end_; }

    /// A child that runs in the task is done. Returns the coroutine to go on with.
    std::coroutine_handle<> branch_done() noexcept;

    /// An exception has left the child, which is about to be done.
    void set_failed(ForkBranch& branch) noexcept {
        failed_ = &branch;
        special_ |= kFailed;
    }

    /// For destruction from above: the next coroutine of this task that must be destroyed before
    /// the parent.
    [[nodiscard]] PromiseBase* next_to_destroy() noexcept;

protected:
    /// The exception that has left the child, or null.
    using ErrorOf = std::exception_ptr (*)(const ForkGroup& group,
                                           const ForkBranch& branch) noexcept;

    explicit ForkGroup(ErrorOf error_of) noexcept : error_of_(error_of) {}
    /// The branches, which the derived class keeps, and which are set. Before `fork`.
    void set_branches(ForkBranch* branches, std::size_t size) noexcept {
        branches_ = branches;
        end_ = size_ = pending_ = std::uint32_t(size);
    }
    ~ForkGroup() = default;

    /// For `await_suspend`; not without children.
    std::coroutine_handle<> fork(PromiseBase& parent);
    /// For `await_resume`: throws the first exception.
    void check_ended() {
        if (special_ != 0) [[unlikely]] {
            check_ended_slowly();
        }
    }
    /// Destroys what is left. By the destructor of the derived class.
    void drop() noexcept {
        if (branches_ != nullptr) {
            drop_slowly();
        }
    }
    /// All results are taken, and the children destroyed.
    void set_taken() noexcept {
        if (special_ == 0) {
            branches_ = nullptr;
        }
    }

    /// Destroys the finished child at the end of a scope in which its result is taken.
    class Leave {
    public:
        explicit Leave(ForkBranch& branch) noexcept : branch_(branch) {}
        Leave(const Leave&) = delete;
        Leave& operator=(const Leave&) = delete;
        ~Leave() {
            branch_.child_->handle().destroy();
            branch_.child_ = nullptr;
        }

    private:
        ForkBranch& branch_;
    };

    [[nodiscard]] std::size_t index_of(const ForkBranch& branch) const noexcept {
        return std::size_t(&branch - branches_);
    }

private:
    friend class ForkCell;
    friend class ForkDrive;
    friend class ForkScope;

    static constexpr std::uint8_t kFailed = 1;
    static constexpr std::uint8_t kFirst =
        2;  ///< the drive is made for this fork, and ends with it
    static constexpr std::uint8_t kShared = 4;  ///< a child has become a task

    std::coroutine_handle<> start_next() noexcept;
    std::coroutine_handle<> fork_first(PromiseBase& parent);
    std::coroutine_handle<> branch_done_slowly() noexcept;
    std::coroutine_handle<> ended() noexcept;
    std::coroutine_handle<> wait() noexcept;
    void leave_list() noexcept;
    void drop_own(const ForkBranch* but) noexcept;
    void check_ended_slowly() const;
    void drop_slowly() noexcept;

    PromiseBase* parent_;
    ForkDrive* drive_ = nullptr;
    ForkBranch* branches_;
    std::uint32_t size_;
    std::uint32_t begin_ = 0;
    std::uint32_t end_;
    std::uint32_t pending_;        // that run or will run in the task, and are not done
    std::uint32_t destroyed_ = 0;  // see `next_to_destroy`
    std::uint8_t special_ = 0;
    ErrorOf error_of_;
    ForkBranch* failed_;          // with `kFailed`
    ForkScope* scope_ = nullptr;  // with `kShared`
};

}  // namespace edo::detail
