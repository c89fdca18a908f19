// SPDX-License-Identifier: MIT
// Several coroutines that run concurrently inside one task: what `join`, `select` and `timeout` are
// made of.
//
// A group is started by its parent's await: each branch gets a leaf in the ready list of the
// running turn, so that branches start one after the other from the run loop and never nest on the
// stack. When a branch is done, the group decides: go on waiting, or finish: destroy the branches
// that are left and continue with the parent. All of it happens under RUNNING; no branch is ever on
// the stack while another one decides.
#pragma once

#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/task/promise_base.hpp"

#include <cstddef>
#include <cstdint>

namespace edo::detail {

/// One coroutine of a group. As a leaf it stands for "start this branch".
class Branch : public HookLeaf {
public:
    Branch() noexcept : HookLeaf(&Branch::begin) {}
    ~Branch() { drop(); }

    /// The group owns the coroutine and destroys it when it loses.
    void own(PromiseBase& child) noexcept { child_ = &child; }
    /// The coroutine belongs to a `Task` that outlives the group; it goes on when it loses.
    void borrow(PromiseBase& child) noexcept {
        child_ = &child;
        borrowed_ = true;
    }

    [[nodiscard]] PromiseBase* child() const noexcept { return child_; }
    [[nodiscard]] bool is_done() const noexcept { return child_->is_done(); }
    [[nodiscard]] Group& group() const noexcept { return *group_; }

    /// Stops the branch: not started, it never starts; owned, it is destroyed; borrowed, it is left
    /// to its owner.
    void drop() noexcept;
    /// It is over, and what it stood for is being destroyed by the caller.
    void release() noexcept { child_ = nullptr; }

private:
    friend class Group;
    friend void destroy_suspended_frames(PromiseBase& top) noexcept;

    static std::coroutine_handle<> begin(HookLeaf& leaf) noexcept;

    PromiseBase* child_ = nullptr;
    Group* group_ = nullptr;
    bool borrowed_ = false;
};

class Group {
public:
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;

    /// The branch is done. Returns the parent when the group is finished, else a coroutine that
    /// does nothing.
    std::coroutine_handle<> branch_done(Branch& branch) noexcept { return on_done_(*this, branch); }

    [[nodiscard]] PromiseBase& parent() const noexcept { return *parent_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] Branch& branch(std::size_t index) const noexcept { return branches_[index]; }
    [[nodiscard]] std::size_t index_of(const Branch& branch) const noexcept {
        return std::size_t(&branch - branches_);
    }
    /// Whether a branch with a lower index goes first when several are ready.
    [[nodiscard]] bool is_biased() const noexcept { return biased_; }

    /// For destruction from above: the next coroutine that must be destroyed before the parent.
    /// Branches that are not owned are let go on the way.
    [[nodiscard]] PromiseBase* next_to_destroy() noexcept;

protected:
    using OnDone = std::coroutine_handle<> (*)(Group&, Branch&) noexcept;

    explicit Group(OnDone on_done) noexcept : on_done_(on_done) {}
    /// The branches, which the derived class keeps. Before `start`.
    void set_branches(Branch* branches, std::size_t size) noexcept {
        branches_ = branches;
        size_ = size;
    }
    ~Group() { end(); }

    /// Links the branches below `parent` and makes them start in the order `first`, `first + 1`,
    /// ... (wrapping around).
    void start(PromiseBase& parent, std::size_t first) noexcept;
    void set_biased() noexcept { biased_ = true; }

    /// What a group that starts its branches itself has come to: `begin`, `start_next` for each
    /// branch that cannot be started at once, in order, and `wait` if nothing is decided then.
    struct Start {
        /// Runs when the await has suspended the parent. The branches after it follow from the
        /// ready list; those before are waiting.
        std::coroutine_handle<> next = nullptr;
        Leaf* position = nullptr;  ///< of those that follow
        bool follows = false;
    };
    void begin(PromiseBase& parent) noexcept {
        parent_ = &parent;
        parent.set_down(Down(*this));
    }
    void link(Branch& branch) noexcept {
        branch.group_ = this;
        branch.child_->set_up(Up(branch));
    }
    /// True if the branch is done, as one that was borrowed may be.
    bool start_next(Branch& branch, Start& start) noexcept;
    void wait() noexcept;
    /// The group is over.
    void end() noexcept {
        if (task_ != nullptr) {
            end_priority();
        }
    }

    /// Drops every branch except `winner`, which may be null. The group is over.
    void drop_others(const Branch* winner) noexcept;

    [[nodiscard]] std::coroutine_handle<> resume_parent() const noexcept {
        return parent_->handle();
    }

private:
    void follow(Branch& branch, ReadyList& ready, Leaf* position) noexcept;
    void end_priority() noexcept;

    OnDone on_done_;
    PromiseBase* parent_ = nullptr;
    TaskCore* task_ = nullptr;  // set while the group is counted as a priority group
    Branch* branches_ = nullptr;
    std::size_t size_ = 0;
    std::size_t next_to_destroy_ = 0;
    bool biased_ = false;
};

/// Which of the ready leaves goes first: inside a biased group the branch with the lower index,
/// else the one that was woken first.
[[nodiscard]] Leaf& first_by_priority(const ReadyList& ready) noexcept;

}  // namespace edo::detail
