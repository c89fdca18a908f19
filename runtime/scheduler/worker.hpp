// SPDX-License-Identifier: MIT
// One thread's share of the scheduler: a run queue, a reactor, timers, and the loop around them.
#pragma once

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/random.hpp"
#include "edo/runtime/core/short_wait.hpp"
#include "edo/runtime/core/task_core.hpp"
#include "edo/runtime/reactor/reactor.hpp"
#include "edo/runtime/scheduler/local_queue.hpp"
#include "edo/runtime/scheduler/owned_tasks.hpp"
#include "edo/runtime/scheduler/run_slot.hpp"
#include "edo/runtime/scheduler/worker_counters.hpp"
#include "edo/runtime/time/timers.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace edo::detail {

class Scheduler;

/// Next task, in this order: the slot of the task that was woken last (it finds its data in the
/// cache; at most three times in a row), the local ring, the injection queue, another worker's
/// ring. With nothing to run, the worker sleeps in its own reactor.
class Worker {
public:
    /// `exclusive`: this is the only worker of its runtime, nobody steals from it.
    Worker(Scheduler& scheduler, unsigned index, std::shared_ptr<Reactor> reactor,
           std::uint64_t seed, bool exclusive);

    // ---- the thread that drives this worker ----

    /// Runs tasks until the runtime stops, or, with `until`, until that task is finished, or until
    /// a task gives the worker to another thread (`BlockInPlace`).
    void run(const JoinCore* until) noexcept;

    /// Queues a task that was woken here.
    void push(Runnable woken) noexcept;
    void push(std::span<Leaf* const> woken) noexcept;

    /// Queues a task where others can steal it at once, and wakes one of them.
    void push_shared(TaskCore& task) noexcept { push_ring(task); }

    [[nodiscard]] Random& random() noexcept { return random_; }
    [[nodiscard]] OwnedTasks::Tally& tally() noexcept { return tally_; }

    /// Each turn of a task is reported to the runtime's hooks and histograms. Before the worker
    /// runs.
    void watch_turns();

    // ---- any thread ----

    [[nodiscard]] Scheduler& scheduler() const noexcept { return scheduler_; }
    [[nodiscard]] unsigned index() const noexcept { return index_; }
    [[nodiscard]] Timers& timers() noexcept { return timers_; }
    [[nodiscard]] const std::shared_ptr<Reactor>& reactor() const noexcept { return reactor_; }

    /// Ends the worker's sleep, or the next one if it is awake.
    void wake() noexcept;
    /// Ends its sleep if it is asleep: for who has put something into the injection queue, where an
    /// only worker looks before it sleeps.
    void rouse() noexcept;

    /// Takes any queued task, also out of the slot: at shutdown. The owner may still be running
    /// only if it is not the only worker.
    Runnable take_any() noexcept;

    [[nodiscard]] bool has_queued() const noexcept { return !queue_.empty() || !slot_.empty(); }
    [[nodiscard]] bool is_stealable() const noexcept { return !queue_.empty(); }
    /// Set while the task that runs would share its forks with a worker that searches. A hint.
    [[nodiscard]] std::atomic<bool>& offering() noexcept { return offering_; }

    /// The id of the task that it runs, or ran last; 0 while it sleeps.
    [[nodiscard]] std::uint64_t running() const noexcept {
        return running_.load(std::memory_order_relaxed);
    }

    [[nodiscard]] const WorkerCounters& counters() const noexcept { return counters_; }
    /// Turns of tasks that were begun, and tasks that were queued here by the worker itself.
    [[nodiscard]] std::uint64_t poll_count() const noexcept;
    [[nodiscard]] std::uint64_t local_schedule_count() const noexcept;
    [[nodiscard]] std::size_t queue_depth() const noexcept {
        return queue_.size() + (slot_.empty() ? 0U : 1U);
    }

private:
    friend class Rescue;

    enum class Sleep : std::uint8_t { Awake, Asleep, Woken };

    // The loop, once with and once without the hooks around each turn.
    template <bool kHooks>
    void loop(const JoinCore* until) noexcept;
    Runnable next() noexcept;
    Runnable steal() noexcept;
    Runnable steal_from_others() noexcept;
    [[nodiscard]] bool wait_for_offer() noexcept;
    Runnable take_injected() noexcept;
    Runnable take_share() noexcept;
    void put_behind(std::uint32_t older) noexcept;
    [[nodiscard]] bool await_injected() noexcept;
    [[nodiscard]] ShortWait::Look look_around() noexcept;
    [[nodiscard]] bool is_favoured_too_often(const TaskCore& task) noexcept;
    template <bool kHooks>
    [[nodiscard]] bool execute(Runnable runnable, Turn& turn) noexcept;
    AfterRun run_with_hooks(Runnable runnable, Turn& turn) noexcept;
    [[nodiscard]] std::optional<std::chrono::nanoseconds> note_latency(
        const TaskCore& task) noexcept;
    void push_ring(Runnable runnable) noexcept;
    void push_after_thief(Runnable woken) noexcept;
    void put_into_ring(Runnable runnable) noexcept;
    void overflow(Runnable runnable) noexcept;
    void call_help() noexcept;
    void keep(Runnable yielded) noexcept;
    void maintain() noexcept;
    void abort_if_ending(Runnable taken) noexcept;
    void abort_ring() noexcept;
    void adapt_interval(Duration since) noexcept;
    void fire_timers() noexcept;

    // Sleeping.
    void park() noexcept;
    bool fall_asleep() noexcept;
    void park_alone() noexcept;
    void park_among_others() noexcept;
    void wait(std::optional<std::chrono::milliseconds> timeout) noexcept;
    void turn(std::optional<std::chrono::milliseconds> timeout) noexcept;
    void jump_to_next_timer() noexcept;
    [[nodiscard]] std::optional<std::chrono::milliseconds> time_to_next_timer() const noexcept;
    void stop_searching() noexcept;
    [[nodiscard]] std::uint64_t beat() const noexcept {
        return beat_.load(std::memory_order_relaxed);
    }

    static constexpr std::uint32_t kMostBetweenMaintenance = 61;                      // iterations
    static constexpr Duration kMaintenanceInterval = std::chrono::microseconds(200);  // aimed at

    Scheduler& scheduler_;
    const unsigned index_;
    const bool exclusive_;
    const bool use_slot_;
    bool poll_hooks_ = false;
    bool searching_ = false;
    bool dispatching_ = false;  // events are being delivered: keep their order, do not use the slot
    unsigned slot_uses_ = 0;    // tasks run out of the slot in a row
    unsigned favours_ = 0;      // times that `favourite_` has come out of it, each second round
    const TaskCore* favourite_ = nullptr;  // the last one that came out of it; perhaps gone
    std::uint64_t favoured_at_ = 0;        // round
    // Counts loop iterations. Written by the owner, compared by an idle worker that watches: if it
    // stands still while the worker is not asleep, the worker is stuck in a task.
    std::atomic<std::uint64_t> beat_{0};
    std::atomic<std::uint64_t> running_{0};  // written by the owner, for dumps
    std::uint32_t until_maintenance_ = 0;    // iterations
    std::uint32_t interval_ = 1;             // iterations between two maintenances
    Instant last_maintenance_{};
    Random random_;
    Instant last_turn_{};
    std::uint32_t round_ = 0;  // the end of the queue after the last turn of the reactor
    // The same after the last look at the injection queue, and whether something was in it since
    // the worker had nothing to do.
    std::uint32_t injection_round_ = 0;
    bool fed_ = false;
    ShortWait short_wait_{ShortWait::best_here()};

    RunSlot slot_;
    LocalQueue queue_;
    Timers timers_;
    std::shared_ptr<Reactor> reactor_;
    OwnedTasks::Tally& tally_;
    // Read by whoever injects; away from what the worker writes in each round.
    alignas(64) std::atomic<Sleep> sleep_{Sleep::Awake};
    // For `Rescue`: the beat at which the worker was found to be stuck, which it is as long as that
    // is its beat; who attends its reactor meanwhile (-1: nobody); and how many it attends itself.
    std::atomic<std::uint64_t> stuck_beat_{~std::uint64_t{0}};
    std::atomic<int> attendant_{-1};
    std::atomic<unsigned> attends_{0};
    std::atomic<bool> offering_{false};

    alignas(64) WorkerCounters counters_;
    std::chrono::steady_clock::time_point awake_since_ = std::chrono::steady_clock::now();
};

}  // namespace edo::detail
