// SPDX-License-Identifier: MIT
// One runtime: its workers, its tasks, its clock, its blocking threads, and how they come to an
// end.
#pragma once

#include "edo/runtime/blocking/blocking_pool.hpp"
#include "edo/runtime/core/task_core.hpp"
#include "edo/runtime/options.hpp"
#include "edo/runtime/scheduler/idle.hpp"
#include "edo/runtime/scheduler/injection_queue.hpp"
#include "edo/runtime/scheduler/local_list.hpp"
#include "edo/runtime/scheduler/owned_tasks.hpp"
#include "edo/runtime/scheduler/rescue.hpp"
#include "edo/runtime/scheduler/worker.hpp"
#include "edo/runtime/time/clock.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace edo::detail {

class Scheduler final : public TaskOwner, public std::enable_shared_from_this<Scheduler> {
public:
    /// Creates the runtime and starts its worker threads.
    static std::shared_ptr<Scheduler> start(Options options);

    explicit Scheduler(Options options);  // use `start`
    ~Scheduler();

    // ---- tasks ----

    /// Takes a new task over and queues it; after shutdown has begun, cancels it instead.
    void spawn(TaskCore& task) noexcept;
    /// The same for a task that other workers than the calling one had better run.
    void share(TaskCore& task) noexcept;
    /// The same as `spawn`, and lists it at once. From any thread.
    void spawn_listed(TaskCore& task) noexcept;
    void schedule(TaskCore& task) noexcept override;
    void schedule_woken(Leaf& leaf) noexcept override;
    void schedule_woken(std::span<Leaf* const> leaves) noexcept override;
    void enlist(TaskCore& task) noexcept override;
    void forget(TaskCore& task) noexcept override;
    [[nodiscard]] bool keeps_thread() const noexcept override { return is_current_thread(); }
    /// The tasks of a local set, which is used in this runtime: for dumps.
    void add_local(LocalList& list) noexcept;
    void remove_local(LocalList& list) noexcept;
    /// All live tasks that are listed, local ones included, and how many there are beside them.
    [[nodiscard]] std::vector<TaskReference> live_tasks(std::size_t& unlisted);

    [[nodiscard]] bool watches_spawns() const noexcept { return watches_spawns_; }
    /// What the hooks of the runtime learn of a task; of local ones too.
    void tell_spawned(const TaskCore& task) const noexcept;
    void tell_terminated(const TaskCore& task) const noexcept;
    /// Destroys a task that is in no queue.
    void cancel_here(TaskCore& task) noexcept;

    /// Drives the only worker of a current_thread runtime on the calling thread until `root` is
    /// complete. Another thread that does so already may complete it, too.
    void drive(const TaskCore& root) noexcept;
    /// A root that some thread may wait for in `drive` is complete.
    void notify_drivers() noexcept;

    // ---- parts ----

    [[nodiscard]] const Options& options() const noexcept { return options_; }
    /// Unique in the process.
    [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
    [[nodiscard]] Clock& clock() noexcept { return clock_; }
    [[nodiscard]] BlockingPool& blocking() noexcept { return blocking_; }
    [[nodiscard]] Idle& idle() noexcept { return idle_; }
    [[nodiscard]] Rescue& rescue() noexcept { return rescue_; }
    [[nodiscard]] InjectionQueue& injection() noexcept { return injection_; }
    [[nodiscard]] OwnedTasks& tasks() noexcept { return owned_; }
    [[nodiscard]] unsigned worker_count() const noexcept { return unsigned(workers_.size()); }
    [[nodiscard]] Worker& worker(unsigned index) noexcept { return *workers_[index]; }
    /// The worker that the calling thread drives, or one in turn for threads that drive none.
    [[nodiscard]] Worker& nearest_worker() noexcept;
    /// Where descriptors are watched that are first waited for on that worker.
    [[nodiscard]] const std::shared_ptr<Reactor>& home(const Worker& worker) const noexcept {
        return workers_[worker.index() - worker.index() % kWorkersOfAHome]->reactor();
    }
    [[nodiscard]] bool is_current_thread() const noexcept {
        return options_.flavor == Flavor::CurrentThread;
    }

    // ---- a worker that moves to another thread: see BlockInPlace ----

    /// Counts a thread that will run a worker, or one that does so no more.
    void add_thread() noexcept;
    void remove_thread() noexcept;
    /// Runs the worker on the calling thread, which has taken it.
    void run_moved_worker(Worker& worker) noexcept;

    // ---- waking workers ----

    /// Wakes a sleeping worker unless somebody looks for work already.
    void wake_one() noexcept;
    /// Wakes one if any queue has something in it.
    void wake_if_queued() noexcept;

    // ---- a paused clock ----

    /// Work outside the runtime that will come back by itself: blocking jobs, name look-ups,
    /// connects. While there is some, a paused clock does not move on by itself.
    void begin_external() noexcept { external_.fetch_add(1, std::memory_order_relaxed); }
    void end_external() noexcept;
    [[nodiscard]] bool is_quiescent() const noexcept {
        return external_.load(std::memory_order_seq_cst) == 0;
    }

    // ---- the end ----

    /// Stops the workers, destroys every task, fails all sockets and timers. Waits for threads
    /// until `deadline` (none: for ever); false when some are still stuck, which are left to
    /// themselves.
    bool shut_down(std::optional<std::chrono::steady_clock::time_point> deadline) noexcept;
    [[nodiscard]] bool is_stopping() const noexcept {
        return stopping_.load(std::memory_order_seq_cst);
    }

private:
    // So few busy connections that one of the four can serve them wake that one only.
    static constexpr unsigned kWorkersOfAHome = 4;

    void start_threads();
    void run_worker(unsigned index) noexcept;
    [[nodiscard]] Worker* current_worker() const noexcept;
    [[nodiscard]] unsigned current_index() const noexcept;
    void spawn_specially(TaskCore& task) noexcept;
    void spawn_elsewhere(TaskCore& task) noexcept;
    void forget_specially(TaskCore& task) noexcept;
    void inject(Runnable runnable) noexcept;
    void call_worker() noexcept;
    void watch_spawned(TaskCore& task) noexcept;
    bool destroy_tasks(std::optional<std::chrono::steady_clock::time_point> deadline) noexcept;
    void go_on_in_background() noexcept;
    bool cancel_queued(bool steal) noexcept;

    const Options options_;
    const bool watches_spawns_;
    const std::uint64_t id_;
    Clock clock_;
    Idle idle_;
    Rescue rescue_;
    // Each on a line of its own: workers look at the queue all the time.
    alignas(64) InjectionQueue injection_;
    // Threads of no worker that are in `schedule`. The task they queue may end, and the runtime
    // with it, before they have left: the destructor waits for them.
    alignas(64) std::atomic<unsigned> visitors_{0};
    alignas(64) OwnedTasks owned_;
    std::mutex locals_lock_;
    LocalList* locals_ = nullptr;  // guarded by `locals_lock_`
    std::vector<std::unique_ptr<Worker>> workers_;
    BlockingPool blocking_;
    std::atomic<unsigned> next_worker_{0};
    std::atomic<int> external_{0};
    std::atomic<bool> stopping_{false};
    // Neither watched nor stopping; what is asked at each spawn is one question.
    std::atomic<bool> spawns_plainly_;

    // Guards what follows. Threads: those that run a worker, did until it moved, or are about to.
    // Driven: a thread is in `block_on`
    // and drives the only worker of a current_thread runtime.
    std::mutex lock_;
    std::condition_variable changed_;
    unsigned running_threads_ = 0;
    bool driven_ = false;
    std::vector<std::thread> threads_;

    // Keeps a runtime for ever whose shutdown could neither be finished in time nor in the
    // background.
    std::shared_ptr<Scheduler> unfinished_;
};

}  // namespace edo::detail
