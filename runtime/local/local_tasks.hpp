// SPDX-License-Identifier: MIT
// The tasks of a `LocalSet`: a scheduler of one thread, which is itself driven by a task.
#pragma once

#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/core/task_core.hpp"
#include "edo/runtime/scheduler/local_list.hpp"
#include "edo/runtime/task/await_scope.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace edo::detail {

class Scheduler;

/// Belongs to the thread that made it: only that thread runs, spawns and destroys its tasks. What
/// it queues while it runs some of them goes into `ready_`, without a lock; everything else, from
/// this thread or others, into `woken_`, and rouses the task that drives.
class LocalTasks final : public TaskOwner {
public:
    LocalTasks();
    LocalTasks(const LocalTasks&) = delete;
    LocalTasks& operator=(const LocalTasks&) = delete;
    /// Destroys all tasks.
    ~LocalTasks();

    // ---- any thread ----

    void schedule(TaskCore& task) noexcept override;
    /// Takes over and queues a new task that was made elsewhere, without extras. The set has joined
    /// its runtime by then.
    void accept(TaskCore& task) noexcept;
    [[nodiscard]] bool keeps_thread() const noexcept override { return true; }
    [[nodiscard]] bool is_own_thread() const noexcept;

    // ---- the own thread ----

    /// @throws UsageError on another thread.
    void check_thread() const;

    /// Takes a new task over and queues it. If copying inherited values throws, it is cancelled.
    void spawn(TaskCore& task, const TaskName* name);
    void forget(TaskCore& task) noexcept override;

    /// Runs up to 61 tasks. True when more are ready.
    bool tick() noexcept;
    [[nodiscard]] bool empty() const noexcept { return list_.tasks.size() == 0; }

    /// The runtime whose hooks and dumps the tasks belong to, if there is none yet.
    void join_runtime(Scheduler& runtime) noexcept;

    /// Lets the leaf wait for the next task that is woken; false when there is one already.
    bool wait(Leaf& leaf) noexcept;
    /// Takes a leaf back that waits; false when it has been woken.
    bool stop_waiting(Leaf& leaf) noexcept;

private:
    /// Tasks linked by `queue_next`, first in, first out.
    class Queue {
    public:
        Queue() = default;
        [[nodiscard]] bool empty() const noexcept { return head_ == nullptr; }
        void push(TaskCore& task) noexcept {
            task.queue_next() = nullptr;
            (tail_ != nullptr ? tail_->queue_next() : head_) = &task;
            tail_ = &task;
        }
        TaskCore* pop() noexcept;
        /// Moves all of `other` to the end of this.
        void append(Queue& other) noexcept;

    private:
        TaskCore* head_ = nullptr;
        TaskCore* tail_ = nullptr;
    };

    TaskCore* next() noexcept;
    void take_woken() noexcept;
    void run(TaskCore& task) noexcept;
    void cancel_all() noexcept;
    void join_current_runtime() noexcept;

    // The own thread's.
    const void* const thread_;
    Queue ready_;
    LocalList list_;  // read by dumps, too
    std::shared_ptr<Scheduler> runtime_;
    std::uint32_t tick_ = 0;
    bool running_ = false;

    std::atomic<unsigned> visitors_{0};  // threads in `schedule`: the destructor waits for them
    SpinLock lock_;
    Queue woken_;       // guarded by `lock_`
    LeafList waiting_;  // guarded by `lock_`
};

/// Drives a local set as part of the task that awaits it.
class LocalDriver : public HookLeaf {
public:
    /// `until_empty`: resumes the coroutine when no task is left.
    LocalDriver(LocalTasks& tasks, bool until_empty) noexcept
        : HookLeaf(&LocalDriver::on_wake), tasks_(tasks), until_empty_(until_empty) {}
    ~LocalDriver() { stop(); }

    void start(std::coroutine_handle<> handle) noexcept;
    void stop() noexcept;
    /// @throws UsageError if another thread has come to run the task.
    void check() const;

private:
    static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;

    LocalTasks& tasks_;
    const bool until_empty_;
    bool misused_ = false;
};

/// Marks the scope of `LocalSet::run_until`; its value is the `LocalTasks`.
inline constexpr ScopeKey kLocalKey;

/// @throws UsageError unless the running task stays on the thread of the set.
void check_can_drive(const LocalTasks& tasks);

}  // namespace edo::detail
