// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/histogram.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>

namespace edo {

namespace detail {
class Scheduler;
}

/// Figures about a runtime, read when they are asked for. Made by `Handle::metrics`.
///
/// Each is right by itself at some moment during the call; two of them need not belong to the same
/// moment. Counts begin with the runtime. Collecting them costs the workers next to nothing; what
/// would cost something, the histograms, is only there if `Builder` was told so.
///
/// Functions with a `worker` throw `UsageError` if there is no such worker.
///
/// @par Thread safety
/// All functions may be called from any thread, also after the runtime has ended.
///
/// @par Example
/// @snippet local.cpp metrics
class RuntimeMetrics {
public:
    /// Worker threads; 1 for current_thread.
    [[nodiscard]] std::size_t num_workers() const noexcept;
    /// Spawned tasks that are not finished. The root of `block_on` is not one of them, nor are
    /// local tasks.
    [[nodiscard]] std::size_t alive_tasks() const noexcept;
    /// The tasks that were ever spawned, counted like those.
    [[nodiscard]] std::uint64_t spawned_tasks_count() const noexcept;
    /// Tasks that wait in the queue of all workers: those that were woken by other threads, and
    /// what a worker's own queue had no room for.
    [[nodiscard]] std::size_t global_queue_depth() const noexcept;
    /// How often a task was queued by a thread that is no worker of the runtime.
    [[nodiscard]] std::uint64_t remote_schedule_count() const noexcept;
    /// How often a task had used up its budget and had to let others run.
    [[nodiscard]] std::uint64_t budget_forced_yield_count() const noexcept;

    /// Threads of `spawn_blocking`, those of them that have nothing to do, and functions that wait
    /// for a thread.
    [[nodiscard]] std::size_t num_blocking_threads() const noexcept;
    [[nodiscard]] std::size_t num_idle_blocking_threads() const noexcept;
    [[nodiscard]] std::size_t blocking_queue_depth() const noexcept;

    /// Descriptors that the reactors were ever told to watch, and to watch no more; and the events
    /// that came of it.
    [[nodiscard]] std::uint64_t io_driver_fd_registered_count() const noexcept;
    [[nodiscard]] std::uint64_t io_driver_fd_deregistered_count() const noexcept;
    [[nodiscard]] std::uint64_t io_driver_ready_count() const noexcept;

    /// How often a worker went to sleep because there was nothing to run.
    [[nodiscard]] std::uint64_t worker_park_count(std::size_t worker) const;
    /// How often it went to sleep or woke up: odd while it sleeps.
    [[nodiscard]] std::uint64_t worker_park_unpark_count(std::size_t worker) const;
    /// How often it woke up and found nothing to run.
    [[nodiscard]] std::uint64_t worker_noop_count(std::size_t worker) const;
    /// How long a worker was awake, counted when it went to sleep: a worker that has been busy ever
    /// since is not further than it was then.
    [[nodiscard]] std::chrono::nanoseconds worker_busy_duration(std::size_t worker) const;
    /// The turns of tasks that it has begun.
    [[nodiscard]] std::uint64_t worker_poll_count(std::size_t worker) const;
    /// The time it was awake, for each of these turns.
    [[nodiscard]] std::chrono::nanoseconds worker_mean_poll_time(std::size_t worker) const;
    /// How often it has stolen, and how many tasks altogether.
    [[nodiscard]] std::uint64_t worker_steal_operations(std::size_t worker) const;
    [[nodiscard]] std::uint64_t worker_steal_count(std::size_t worker) const;
    /// How often it has queued a task itself. Worked out from what went through its queues; while
    /// it runs, and where a worker was helped out of a jam, a little off.
    [[nodiscard]] std::uint64_t worker_local_schedule_count(std::size_t worker) const;
    /// How often its own queue was full, so that half of it went to the global one.
    [[nodiscard]] std::uint64_t worker_overflow_count(std::size_t worker) const;
    /// Tasks that wait in its own queue.
    [[nodiscard]] std::size_t worker_local_queue_depth(std::size_t worker) const;
    /// The thread that runs the worker, or ran it last; nothing if none ever did.
    [[nodiscard]] std::optional<std::thread::id> worker_thread_id(std::size_t worker) const;

    /// How long turns of tasks took: see `Builder::metrics_poll_time_histogram`. Without it there
    /// are no buckets. Functions with a `bucket` throw `UsageError` if there is no such bucket.
    [[nodiscard]] bool poll_time_histogram_enabled() const noexcept;
    [[nodiscard]] std::size_t poll_time_histogram_num_buckets() const noexcept;
    [[nodiscard]] HistogramRange poll_time_histogram_bucket_range(std::size_t bucket) const;
    [[nodiscard]] std::uint64_t poll_time_histogram_bucket_count(std::size_t worker,
                                                                 std::size_t bucket) const;

    /// How long tasks waited in queues before their turns: see
    /// `Builder::metrics_schedule_latency_histogram`. Otherwise as above.
    [[nodiscard]] bool schedule_latency_histogram_enabled() const noexcept;
    [[nodiscard]] std::size_t schedule_latency_histogram_num_buckets() const noexcept;
    [[nodiscard]] HistogramRange schedule_latency_histogram_bucket_range(std::size_t bucket) const;
    [[nodiscard]] std::uint64_t schedule_latency_histogram_bucket_count(std::size_t worker,
                                                                        std::size_t bucket) const;

    /// For the runtime.
    explicit RuntimeMetrics(std::shared_ptr<detail::Scheduler> scheduler) noexcept;

private:
    std::shared_ptr<detail::Scheduler> scheduler_;
};

}  // namespace edo
