// SPDX-License-Identifier: MIT
// What the templates of the public interface need from the scheduler, without its headers.
#pragma once

#include "edo/runtime/core/task_core.hpp"
#include "edo/runtime/time/timer_wheel.hpp"

#include <atomic>
#include <cstdint>
#include <memory>

namespace edo::detail {

class BlockingJob;
class Scheduler;
class TaskName;
class ThreadOwner;

/// The runtime of the calling thread.
/// @throws NoRuntimeError naming `what` if there is none.
[[nodiscard]] Scheduler& current_scheduler(const char* what);

[[nodiscard]] TaskOwner& owner_of(Scheduler& scheduler) noexcept;

/// Queues a new task, with a name unless it is null. The task inherits what the scopes of the
/// calling coroutine hand on. If copying that throws, the task is cancelled.
void spawn_on(Scheduler& scheduler, TaskCore& task, const TaskName* name = nullptr);
void spawn_blocking_on(Scheduler& scheduler, BlockingJob& job, const TaskName* name = nullptr);

/// Queues a new task as `spawn_on` does, without a name, where another thread can take it at once.
void share_on(Scheduler& scheduler, TaskCore& task) noexcept;

/// Who could run a part of the running task beside this thread.
class Helpers {
public:
    /// Nobody.
    Helpers() noexcept;
    /// Of the running task. It is not kept across a suspension.
    static Helpers here() noexcept;

    /// Whether there are any, now or later.
    [[nodiscard]] bool any() const noexcept { return scheduler_ != nullptr; }
    [[nodiscard]] Scheduler& scheduler() const noexcept { return *scheduler_; }
    /// Whether one of them has nothing to do. A load, and unordered: it is asked again and again.
    [[nodiscard]] bool are_idle() const noexcept {
        return word_->load(std::memory_order_relaxed) != all_busy_;
    }
    /// `are_idle` is false from now on.
    void forget_idle() noexcept;
    /// Whether nothing is queued that an idle one could take.
    [[nodiscard]] bool find_nothing() const noexcept;
    /// Tells those that search whether it is worth to wait for a share.
    void set_offering(bool offering) const noexcept {
        if (offering_ != nullptr) {
            offering_->store(offering, std::memory_order_relaxed);
        }
    }

private:
    const std::atomic<std::uint32_t>* word_;
    std::uint32_t all_busy_;
    Scheduler* scheduler_ = nullptr;
    std::atomic<bool>* offering_ = nullptr;
};

/// Makes the calling thread one that may block, for as long as this lives; its worker goes to
/// another thread.
class BlockInPlace {
public:
    /// @throws UsageError on the only thread of a runtime.
    BlockInPlace();
    /// Takes the worker back if nobody has taken it yet.
    ~BlockInPlace();
    BlockInPlace(const BlockInPlace&) = delete;
    BlockInPlace& operator=(const BlockInPlace&) = delete;

private:
    class WorkerJob;
    WorkerJob* job_ = nullptr;
    bool must_not_block_;
};

/// The root task of `block_on`: it belongs to the thread that waits, not to the workers. A
/// multi-threaded runtime leaves it to that thread altogether.
class BlockOn {
public:
    /// @throws UsageError if the calling thread must not block, because it runs tasks itself.
    explicit BlockOn(std::shared_ptr<Scheduler> scheduler);
    ~BlockOn();
    BlockOn(const BlockOn&) = delete;
    BlockOn& operator=(const BlockOn&) = delete;

    [[nodiscard]] TaskOwner& owner() noexcept;
    /// Runs the task on the calling thread until it is finished.
    void run(TaskCore& root) noexcept;

private:
    class Owner;
    std::shared_ptr<Scheduler> scheduler_;
    std::unique_ptr<Owner> driver_;        // of a current_thread runtime
    std::unique_ptr<ThreadOwner> thread_;  // else
};

/// Arms a bound timer with the worker that runs the task. If its time has come already, it is ready
/// in this very turn, after all that is ready now.
void arm_timer(TimerLeaf& leaf) noexcept;

/// A random number in [0, bound) from the running worker's generator.
[[nodiscard]] unsigned random_below(unsigned bound) noexcept;

/// Counts work outside the runtime that will come back: see `Scheduler::begin_external`.
class ExternalWork {
public:
    ExternalWork() noexcept;
    ~ExternalWork();
    ExternalWork(const ExternalWork&) = delete;
    ExternalWork& operator=(const ExternalWork&) = delete;

private:
    std::shared_ptr<Scheduler> scheduler_;
};

}  // namespace edo::detail
