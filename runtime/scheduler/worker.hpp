// SPDX-License-Identifier: MIT
// One thread's share of the scheduler: a run queue, a reactor, timers, and the loop around them.
#pragma once

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/random.hpp"
#include "edo/runtime/core/task_core.hpp"
#include "edo/runtime/reactor/reactor.hpp"
#include "edo/runtime/scheduler/local_queue.hpp"
#include "edo/runtime/scheduler/run_slot.hpp"
#include "edo/runtime/time/timers.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
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

    /// Runs tasks until the runtime stops, or, with `until`, until that task is finished.
    void run(const JoinCore* until) noexcept;

    /// Queues a task that was woken here.
    void push(TaskCore& task) noexcept;

    [[nodiscard]] Random& random() noexcept { return random_; }

    // ---- any thread ----

    [[nodiscard]] Scheduler& scheduler() const noexcept { return scheduler_; }
    [[nodiscard]] unsigned index() const noexcept { return index_; }
    [[nodiscard]] Timers& timers() noexcept { return timers_; }
    [[nodiscard]] const std::shared_ptr<Reactor>& reactor() const noexcept { return reactor_; }

    /// Ends the worker's sleep, or the next one if it is awake.
    void wake() noexcept;

    /// Takes any queued task, also out of the slot: at shutdown. The owner may still be running
    /// only if it is not the only worker.
    TaskCore* take_any() noexcept;

    [[nodiscard]] bool has_queued() const noexcept { return !queue_.empty() || !slot_.empty(); }
    [[nodiscard]] bool is_stealable() const noexcept { return !queue_.empty(); }

private:
    friend class Rescue;

    enum class Sleep : std::uint8_t { Awake, Asleep, Woken };

    // The loop.
    TaskCore* next() noexcept;
    TaskCore* steal() noexcept;
    TaskCore* take_injected() noexcept;
    void execute(TaskCore& task) noexcept;
    void push_ring(TaskCore& task) noexcept;
    void share(std::uint32_t enough) noexcept;
    void end_dispatch() noexcept;
    void maintain() noexcept;
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

    Scheduler& scheduler_;
    const unsigned index_;
    const bool exclusive_;
    const bool use_slot_;
    bool searching_ = false;
    bool dispatching_ = false;  // events are being delivered: keep their order, do not use the slot
    unsigned slot_uses_ = 0;    // tasks run out of the slot in a row
    std::uint32_t tick_ = 0;
    std::uint32_t until_maintenance_ = 0;  // iterations
    Turn turn_;
    Random random_;
    Instant last_turn_{};
    std::uint32_t round_ = 0;  // the end of the queue after the last turn of the reactor

    RunSlot slot_;
    LocalQueue queue_;
    Timers timers_;
    std::shared_ptr<Reactor> reactor_;
    std::atomic<Sleep> sleep_{Sleep::Awake};
    // Counts loop iterations. Written by the owner, compared by an idle worker that watches: if it
    // stands still while the worker is not asleep, the worker is stuck in a task.
    std::atomic<std::uint32_t> beat_{0};
};

}  // namespace edo::detail
