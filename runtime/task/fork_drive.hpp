// SPDX-License-Identifier: MIT
// Runs the forks of a task that were made inside one another, from the outermost one on.
//
// The drive is a loop in the `await_suspend` of that fork. It resumes a child; what that child
// forks is started from it with plain transfers, so all of a tree is walked in one step of the
// loop, and the stack stays as it is. A step ends when
//
//   - the outermost fork has ended: its parent goes on;
//   - a fork waits for children that have become tasks: the newest record is started next;
//   - the budget is used up: the drive, as a leaf, waits for the task's next turn;
//   - a child waits for something else. What it leaves behind would wait with it, so all other
//     records become tasks; or, where nobody else could run them, they are started in this task.
//
// So between two turns there are no records, or the drive is among what the next turn goes on with.
// All of it under RUNNING, and the loop is the only thing of the task on the stack.
#pragma once

#include "edo/runtime/core/frame_pool.hpp"
#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/scheduler/spawn_core.hpp"
#include "edo/runtime/task/fork_group.hpp"

namespace edo::detail {

class ForkDrive final : public HookLeaf, public ForkLink, public Pooled {
public:
    /// Of the running task.
    explicit ForkDrive(ForkGroup& first) noexcept;
    ~ForkDrive();

    /// From the first fork's `await_suspend`: runs what there is. Returns the first fork's parent
    /// if it is to go on at once.
    std::coroutine_handle<> start() noexcept;

    /// Whether its loop is on this thread's stack.
    [[nodiscard]] bool is_active() const noexcept { return active_; }
    /// Whether it drives the task that runs.
    [[nodiscard]] bool is_of(const TaskCore* task) const noexcept { return task == task_; }

    void add(ForkGroup& group) noexcept { group.link_after(*older_, *this); }

    /// By a fork in progress, before the loop gets control back.
    void set_waiting() noexcept { step_ = Step::Waiting; }
    void set_out_of_budget() noexcept { step_ = Step::OutOfBudget; }
    void set_first_ended() noexcept { step_ = Step::Ended; }

    /// To be asked whenever a child is started.
    [[nodiscard]] bool has_idle_helpers() const noexcept { return helpers_.are_idle(); }
    /// Gives idle workers something, unless there is something for them already.
    void help_idle() noexcept;
    /// The thread is about to block in the middle of a child: everything else becomes tasks.
    void share_all() noexcept;

private:
    enum class Step : std::uint8_t { Suspended, Waiting, OutOfBudget, Ended };

    static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;
    std::coroutine_handle<> run() noexcept;
    void run_steps() noexcept;
    std::size_t share(std::size_t most) noexcept;
    [[nodiscard]] std::size_t records() const noexcept;
    [[nodiscard]] bool is_empty() const noexcept { return older_ == this; }
    [[nodiscard]] ForkGroup& newest() const noexcept { return static_cast<ForkGroup&>(*older_); }

    ForkGroup& first_;
    TaskCore* task_;
    Helpers helpers_;
    Step step_ = Step::Suspended;
    bool active_ = false;
};

}  // namespace edo::detail
