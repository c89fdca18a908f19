// SPDX-License-Identifier: MIT
// What a worker does for metrics: turns that somebody watches, and figures that are derived.
#include "edo/runtime/core/task_extras.hpp"
#include "edo/runtime/scheduler/call_hook.hpp"
#include "edo/runtime/scheduler/scheduler.hpp"

namespace edo::detail {

void Worker::watch_turns() {
    const Options& options = scheduler_.options();
    if (options.poll_time_histogram) {
        counters_.poll_times.emplace(*options.poll_time_histogram);
    }
    if (options.schedule_latency_histogram) {
        counters_.schedule_latency.emplace(*options.schedule_latency_histogram);
    }
    poll_hooks_ = true;
}

/// How long the task, which is about to run, was in a queue; if that is to be known.
std::optional<std::chrono::nanoseconds> Worker::note_latency(const TaskCore& task) noexcept {
    const TaskExtras* const extras = task.extras();
    if (extras == nullptr || !extras->is_timed) {
        return std::nullopt;
    }
    const auto latency = std::chrono::steady_clock::now() - extras->scheduled_at;
    if (counters_.schedule_latency) {
        counters_.schedule_latency->record(latency);
    }
    return latency;
}

AfterRun Worker::run_with_hooks(Runnable runnable, Turn& turn) noexcept {
    TaskCore& task = *runnable.task();
    if (&task.owner() != &scheduler_) {
        return TaskCore::run(runnable, tls_context, turn);  // the root of `block_on`
    }
    const TaskName name = task.name();  // the task may be gone after its turn
    const TaskMeta meta(TaskId(task.id()), name.text(), note_latency(task));
    call_hook(scheduler_.options().on_before_task_poll, meta);
    const auto start = std::chrono::steady_clock::now();
    const AfterRun after = TaskCore::run(runnable, tls_context, turn);
    // A worker that was given away in that turn is another thread's now.
    if (counters_.poll_times && tls_context.worker == this) {
        counters_.poll_times->record(std::chrono::steady_clock::now() - start);
    }
    if (after != AfterRun::Parked) {
        if (TaskExtras* const extras = task.extras()) {
            extras->note_scheduled();
        }
    }
    call_hook(scheduler_.options().on_after_task_poll, meta);
    return after;
}

std::uint64_t Worker::poll_count() const noexcept {
    // Rounds first: then the difference may be too low for a moment, and never below zero for long.
    const std::uint64_t rounds = beat_.load(std::memory_order_relaxed);
    const std::uint64_t idle = counters_.idle_rounds.get();
    return rounds > idle ? rounds - idle : 0;
}

/// What came into the worker's queues has gone out of them, or is there: so what the worker queued
/// itself needs no counter.
std::uint64_t Worker::local_schedule_count() const noexcept {
    const std::uint64_t gone = poll_count() + counters_.overflowed.get() +
                               counters_.lost_tasks.load(std::memory_order_relaxed) + queue_depth();
    const std::uint64_t from_others = counters_.stolen.get() + counters_.injected.get();
    return gone > from_others ? gone - from_others : 0;
}

}  // namespace edo::detail
