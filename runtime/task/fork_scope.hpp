// SPDX-License-Identifier: MIT
// The children of one `fork_join` that have become tasks, so that another worker can run them.
//
// They are children of a scope (scope_core.hpp), which sees to it that they have ended before the
// parent goes on or is destroyed. The task of such a child does not own its coroutine's result:
// when the coroutine has ended, its frame stays for the fork, which takes the result out of it.
#pragma once

#include "edo/runtime/core/frame_pool.hpp"
#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/task/fork_group.hpp"
#include "edo/runtime/task/scope_core.hpp"
#include "edo/runtime/task/task_cell.hpp"

#include <exception>

namespace edo::detail {

/// The task of such a child.
class ForkCell final : public CoroutineCore, public Pooled {
public:
    /// Takes the child's coroutine over, which was not started.
    ForkCell(TaskOwner& owner, ForkBranch& branch, ScopeCore& scope) noexcept
        : CoroutineCore(owner), branch_(branch), node_(ScopeChild::Init(scope), *this) {
        set_root(*branch.child_);
    }

    [[nodiscard]] ScopeChild& node() noexcept { return node_; }
    [[nodiscard]] PromiseBase* root_promise() const noexcept override {
        return root() ? &promise() : nullptr;  // null when it has ended
    }
    /// Gives the coroutine back, of a task that was never queued, and destroys the task.
    void dissolve() noexcept;

private:
    ~ForkCell() override = default;

    Outcome collect() noexcept override;
    void cancel() noexcept override;
    void destroy() noexcept override { delete this; }
    [[nodiscard]] std::exception_ptr stored_exception() const noexcept override { return nullptr; }
    ScopeChild* scope_child() noexcept override { return &node_; }

    ForkBranch& branch_;
    ScopeChild node_;
};

/// Made for the first child that becomes a task. Its leaf waits for a failure among them, and, when
/// nothing else of the fork is left, for the end of all.
class ForkScope final : public HookLeaf, public Pooled {
public:
    explicit ForkScope(ForkGroup& group) noexcept;
    ~ForkScope();

    /// Makes a task of the group's last record. False where the child has to stay in its task: it
    /// could not see all that it sees there.
    static bool share_last(ForkGroup& group, Scheduler& scheduler) noexcept;

    /// An exception has left a child in the parent's task.
    void fail(const std::exception_ptr& error) noexcept { scope_.fail_here(error); }

    /// Nothing of the fork is left in the parent's task. False: the leaf resumes the parent.
    [[nodiscard]] bool is_over() noexcept;

    /// Throws the first exception, or if the runtime has destroyed a child.
    void check_ended() const;

private:
    static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;
    void listen() noexcept;

    ForkGroup& group_;
    ScopeCore scope_;
};

}  // namespace edo::detail
