// SPDX-License-Identifier: MIT
// All live tasks of one runtime: what shutdown cancels and what a dump prints.
#pragma once

#include "edo/runtime/core/task_core.hpp"
#include "edo/runtime/scheduler/biased_lock.hpp"
#include "edo/runtime/scheduler/injection_queue.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace edo::detail {

/// Keeps a task's cell, finished or not.
struct ReleaseTask {
    void operator()(TaskCore* task) const noexcept { task->release_reference(); }
};
using TaskReference = std::unique_ptr<TaskCore, ReleaseTask>;

/// A list for each worker, of the tasks that were spawned on it and mostly end on it; and some for
/// the tasks of other threads, by task id: ids are taken in blocks by each thread, so threads that
/// spawn at the same time mostly use different lists.
///
/// A task that was spawned on a worker is only counted until it waits for the first time: before
/// that it is in a queue or runs, where shutdown finds it without a list.
class OwnedTasks {
public:
    /// "The calling thread drives no worker of this runtime." Not the -1 that list 0 stands for.
    static constexpr unsigned kNoWorker = ~0U - 1;

    /// `injection` counts the new tasks of threads that drive no worker; it may be null.
    explicit OwnedTasks(unsigned workers, const InjectionQueue* injection = nullptr);

    /// `worker` is the one that the calling thread drives. False when the runtime is shutting down:
    /// the task must be cancelled instead of queued.
    bool add(TaskCore& task, unsigned worker) noexcept;
    /// By the thread that drives the worker: counts a new task.
    void add_unlisted(TaskCore& task, unsigned worker) noexcept {
        task.set_unlisted();
        count(worker, &Unlisted::begun);
    }
    /// Lists a task that was only counted; false when the runtime is shutting down.
    bool list(TaskCore& task, unsigned worker) noexcept;
    /// A task that was only counted has ended.
    void remove_unlisted(unsigned worker) noexcept { count(worker, &Unlisted::ended); }
    void remove(TaskCore& task, unsigned worker) noexcept;

    /// From now on `add` refuses; asks every task to stop.
    void close_and_abort() noexcept;

    [[nodiscard]] std::size_t size() const noexcept;
    /// How many of them are in no list. Exact while no worker runs.
    [[nodiscard]] std::size_t unlisted() const noexcept;
    /// How many were ever added.
    [[nodiscard]] std::uint64_t spawned() const noexcept;

    /// The live tasks that are listed.
    [[nodiscard]] std::vector<TaskReference> snapshot();

private:
    /// Tasks that are in no list: those that began so, and those that ceased, by their end or by
    /// being listed.
    struct Unlisted {
        std::atomic<std::uint64_t> begun{0};
        std::atomic<std::uint64_t> ended{0};
        std::atomic<std::uint64_t> listed{0};
    };
    struct alignas(64) List {
        BiasedLock lock;  // of a worker's list: biased to that worker
        bool closed = false;
        TaskCore* head = nullptr;
        std::atomic<std::size_t> size{0};     // written under the lock
        std::atomic<std::uint64_t> added{0};  // the same
        Unlisted unlisted;  // on this worker; written by the thread that drives it

        bool link(TaskCore& task) noexcept;
        void unlink(TaskCore& task) noexcept;
    };
    /// A task's list is a byte: workers beyond these use the lists of the other threads.
    static constexpr unsigned kMostWorkerLists = TaskCore::kPrivate - 1;

    [[nodiscard]] List& list_of(const TaskCore& task) noexcept;
    bool add_shared(TaskCore& task, unsigned worker) noexcept;
    void remove_shared(TaskCore& task, unsigned worker) noexcept;
    std::unique_lock<BiasedLock> lock_list_of(const TaskCore& task, unsigned worker) noexcept;
    const unsigned worker_lists_;
    const std::size_t mask_;  // of the others
    const std::size_t count_;
    std::unique_ptr<List[]> lists_;
    const InjectionQueue* const injection_;
    Unlisted unlisted_elsewhere_;  // by threads that drive no worker with a list

    void count(unsigned worker, std::atomic<std::uint64_t> Unlisted::* counter) noexcept {
        // Release: whoever sees that no task is left is ordered after all that they did.
        if (worker < worker_lists_) [[likely]] {
            auto& own = lists_[worker].unlisted.*counter;
            own.store(own.load(std::memory_order_relaxed) + 1, std::memory_order_release);
        } else {
            (unlisted_elsewhere_.*counter).fetch_add(1, std::memory_order_release);
        }
    }
    /// Of all workers and elsewhere.
    [[nodiscard]] std::uint64_t sum(std::atomic<std::uint64_t> Unlisted::* counter) const noexcept;
    /// How many began in no list.
    [[nodiscard]] std::uint64_t begun() const noexcept;
};

}  // namespace edo::detail
