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

/// A list for each worker, of the tasks that were spawned on it, or first waited there, and mostly
/// end on it; and some for tasks that other threads list, by task id: ids are taken in blocks by
/// each thread, so threads that spawn at the same time mostly use different lists.
///
/// A task is only counted until it waits for the first time: before that it is in a queue or runs,
/// where shutdown finds it without a list. Those with a name are listed at once.
class OwnedTasks {
public:
    /// "The calling thread drives no worker of this runtime." Not the -1 that list 0 stands for.
    static constexpr unsigned kNoWorker = ~0U - 1;

    /// Counts the tasks in no list that begin and end on one worker: by the thread that drives it,
    /// without a locked instruction.
    class alignas(64) Tally {
    public:
        void begin(TaskCore& task) noexcept {
            task.set_unlisted();
            step(begun_);
        }
        void end() noexcept { step(ended_); }

    private:
        friend class OwnedTasks;

        static void step(std::atomic<std::uint64_t>& counter) noexcept {
            // Release: whoever sees that no task is left is ordered after all that they did.
            counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_release);
        }

        std::atomic<std::uint64_t> begun_{0};
        std::atomic<std::uint64_t> ended_{0};
    };

    /// `injection` counts the new tasks of threads that drive no worker; it may be null.
    explicit OwnedTasks(unsigned workers, const InjectionQueue* injection = nullptr);

    /// `worker` is the one that the calling thread drives. False when the runtime is shutting down:
    /// the task must be cancelled instead of queued.
    bool add(TaskCore& task, unsigned worker) noexcept;
    /// Of a new task that is not added: only counted.
    [[nodiscard]] Tally& tally(unsigned worker) noexcept { return tallies_[worker]; }
    /// A task that was only counted has ended on a thread that drives no worker.
    void end_elsewhere() noexcept { ended_elsewhere_.fetch_add(1, std::memory_order_release); }
    /// Lists a task that was only counted; false when the runtime is shutting down.
    bool list(TaskCore& task, unsigned worker) noexcept;
    void remove(TaskCore& task, unsigned worker) noexcept;

    /// From now on `add` refuses; asks every task to stop.
    void close_and_abort() noexcept;

    [[nodiscard]] std::size_t size() const noexcept;
    /// How many were ever added.
    [[nodiscard]] std::uint64_t spawned() const noexcept;

    /// The live tasks that are listed, and how many there are beside them.
    [[nodiscard]] std::vector<TaskReference> snapshot(std::size_t* unlisted = nullptr);

private:
    using Counter = std::atomic<std::uint64_t>;
    struct alignas(64) List {
        BiasedLock lock;  // of a worker's list: biased to that worker
        bool closed = false;
        TaskCore* head = nullptr;
        // Written under the lock: tasks that were put in at once, those that were only counted
        // before, and those that were taken out.
        Counter added{0};
        Counter listed{0};
        Counter removed{0};

        bool link(TaskCore& task, Counter List::* counter) noexcept;
        void unlink(TaskCore& task) noexcept;
        [[nodiscard]] std::size_t size() const noexcept;
    };
    /// A task's list is a byte: workers beyond these use the lists of the other threads.
    static constexpr unsigned kMostWorkerLists = TaskCore::kPrivate - 1;

    [[nodiscard]] List& list_of(const TaskCore& task) noexcept;
    bool link(TaskCore& task, unsigned worker, Counter List::* counter) noexcept;
    bool link_shared(TaskCore& task, unsigned worker, Counter List::* counter) noexcept;
    void remove_shared(TaskCore& task, unsigned worker) noexcept;
    std::unique_lock<BiasedLock> lock_list_of(const TaskCore& task, unsigned worker) noexcept;

    const unsigned worker_lists_;
    const std::size_t mask_;  // of the others
    const std::size_t count_;
    std::unique_ptr<List[]> lists_;
    const InjectionQueue* const injection_;
    const std::unique_ptr<Tally[]> tallies_;
    const unsigned workers_;
    Counter ended_elsewhere_{0};

    [[nodiscard]] std::uint64_t sum(Counter List::* counter) const noexcept;
    [[nodiscard]] std::uint64_t sum(Counter Tally::* counter) const noexcept;
    /// How many began in no list, and how many of them ended without one.
    [[nodiscard]] std::uint64_t begun() const noexcept;
    [[nodiscard]] std::uint64_t ended() const noexcept;
};

}  // namespace edo::detail
