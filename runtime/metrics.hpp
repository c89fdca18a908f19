// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace edo {

namespace detail {
class Scheduler;
}

/// Figures about a runtime, read when they are asked for. Made by `Handle::metrics`.
///
/// Each is right by itself at some moment during the call; two of them need not belong to the same
/// moment.
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
    /// Spawned tasks that are not finished. The root of `block_on` is not one of them.
    [[nodiscard]] std::size_t alive_tasks() const noexcept;
    /// Tasks that wait in the queue of all workers: those that were woken by other threads, and
    /// what a worker's own queue had no room for.
    [[nodiscard]] std::size_t global_queue_depth() const noexcept;

    /// How often a worker went to sleep because there was nothing to run.
    /// @throws UsageError if there is no such worker.
    [[nodiscard]] std::uint64_t worker_park_count(std::size_t worker) const;
    /// How long a worker was awake, counted when it went to sleep: a worker that has been busy ever
    /// since is not further than it was then.
    /// @throws UsageError if there is no such worker.
    [[nodiscard]] std::chrono::nanoseconds worker_busy_duration(std::size_t worker) const;

    /// For the runtime.
    explicit RuntimeMetrics(std::shared_ptr<detail::Scheduler> scheduler) noexcept;

private:
    std::shared_ptr<detail::Scheduler> scheduler_;
};

}  // namespace edo
