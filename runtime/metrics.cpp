// SPDX-License-Identifier: MIT
#include "edo/runtime/metrics.hpp"

#include "edo/runtime/errors.hpp"
#include "edo/runtime/scheduler/scheduler.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace edo {

namespace {

using detail::WorkerCounters;

const detail::Worker& worker_of(detail::Scheduler& scheduler, std::size_t index) {
    if (index >= scheduler.worker_count()) {
        throw UsageError("edo: there is no worker " + std::to_string(index) + "; the runtime has " +
                         std::to_string(scheduler.worker_count()));
    }
    return scheduler.worker(unsigned(index));
}

template <class Figure>
std::uint64_t sum_of_workers(detail::Scheduler& scheduler, Figure figure) noexcept {
    std::uint64_t sum = 0;
    for (unsigned i = 0; i < scheduler.worker_count(); ++i) {
        sum += figure(scheduler.worker(i));
    }
    return sum;
}

const HistogramConfiguration& checked(const std::optional<HistogramConfiguration>& configuration,
                                      std::size_t bucket) {
    if (!configuration) {
        throw UsageError("edo: the runtime was not built with this histogram: see Builder");
    }
    static_cast<void>(configuration->bucket_range(bucket));
    return *configuration;
}

}  // namespace

RuntimeMetrics::RuntimeMetrics(std::shared_ptr<detail::Scheduler> scheduler) noexcept
    : scheduler_(std::move(scheduler)) {}

// ---- the runtime -------------------------------------------------------------------------------

std::size_t RuntimeMetrics::num_workers() const noexcept {
    return scheduler_->worker_count();
}

std::size_t RuntimeMetrics::alive_tasks() const noexcept {
    return scheduler_->tasks().size();
}

std::uint64_t RuntimeMetrics::spawned_tasks_count() const noexcept {
    return scheduler_->tasks().spawned();
}

std::size_t RuntimeMetrics::global_queue_depth() const noexcept {
    return scheduler_->injection().size();
}

std::uint64_t RuntimeMetrics::remote_schedule_count() const noexcept {
    // Workers push there, too, and say how much.
    const std::uint64_t overflowed = sum_of_workers(
        *scheduler_, [](const auto& worker) { return worker.counters().overflowed.get(); });
    const std::uint64_t pushed = scheduler_->injection().pushed();
    return pushed > overflowed ? pushed - overflowed : 0;
}

std::uint64_t RuntimeMetrics::budget_forced_yield_count() const noexcept {
    return sum_of_workers(*scheduler_,
                          [](const auto& worker) { return worker.counters().forced_yields.get(); });
}

std::size_t RuntimeMetrics::num_blocking_threads() const noexcept {
    return scheduler_->blocking().figures().threads;
}

std::size_t RuntimeMetrics::num_idle_blocking_threads() const noexcept {
    return scheduler_->blocking().figures().idle;
}

std::size_t RuntimeMetrics::blocking_queue_depth() const noexcept {
    return scheduler_->blocking().figures().queued;
}

std::uint64_t RuntimeMetrics::io_driver_fd_registered_count() const noexcept {
    return sum_of_workers(*scheduler_,
                          [](const auto& worker) { return worker.reactor()->added(); });
}

std::uint64_t RuntimeMetrics::io_driver_fd_deregistered_count() const noexcept {
    return sum_of_workers(*scheduler_, [](const auto& worker) {
        const std::uint64_t watched = worker.reactor()->size();  // first: it is never more
        return worker.reactor()->added() - watched;
    });
}

std::uint64_t RuntimeMetrics::io_driver_ready_count() const noexcept {
    return sum_of_workers(*scheduler_,
                          [](const auto& worker) { return worker.counters().ready_events.get(); });
}

// ---- one worker --------------------------------------------------------------------------------

std::uint64_t RuntimeMetrics::worker_park_count(std::size_t worker) const {
    return worker_of(*scheduler_, worker).counters().parks.get();
}

std::uint64_t RuntimeMetrics::worker_park_unpark_count(std::size_t worker) const {
    const WorkerCounters& counters = worker_of(*scheduler_, worker).counters();
    const std::uint64_t unparks = counters.unparks.get();
    return counters.parks.get() + unparks;
}

std::uint64_t RuntimeMetrics::worker_noop_count(std::size_t worker) const {
    return worker_of(*scheduler_, worker).counters().noops.get();
}

std::chrono::nanoseconds RuntimeMetrics::worker_busy_duration(std::size_t worker) const {
    return std::chrono::nanoseconds(worker_of(*scheduler_, worker).counters().busy.get());
}

std::uint64_t RuntimeMetrics::worker_poll_count(std::size_t worker) const {
    return worker_of(*scheduler_, worker).poll_count();
}

std::chrono::nanoseconds RuntimeMetrics::worker_mean_poll_time(std::size_t worker) const {
    const std::uint64_t polls = worker_poll_count(worker);
    return worker_busy_duration(worker) / std::int64_t(std::max<std::uint64_t>(polls, 1));
}

std::uint64_t RuntimeMetrics::worker_steal_operations(std::size_t worker) const {
    return worker_of(*scheduler_, worker).counters().steal_operations.get();
}

std::uint64_t RuntimeMetrics::worker_steal_count(std::size_t worker) const {
    return worker_of(*scheduler_, worker).counters().stolen.get();
}

std::uint64_t RuntimeMetrics::worker_local_schedule_count(std::size_t worker) const {
    return worker_of(*scheduler_, worker).local_schedule_count();
}

std::uint64_t RuntimeMetrics::worker_overflow_count(std::size_t worker) const {
    return worker_of(*scheduler_, worker).counters().overflows.get();
}

std::size_t RuntimeMetrics::worker_local_queue_depth(std::size_t worker) const {
    return worker_of(*scheduler_, worker).queue_depth();
}

std::optional<std::thread::id> RuntimeMetrics::worker_thread_id(std::size_t worker) const {
    const std::thread::id id =
        worker_of(*scheduler_, worker).counters().thread.load(std::memory_order_relaxed);
    return id != std::thread::id() ? std::optional(id) : std::nullopt;
}

// ---- histograms --------------------------------------------------------------------------------

bool RuntimeMetrics::poll_time_histogram_enabled() const noexcept {
    return scheduler_->options().poll_time_histogram.has_value();
}

std::size_t RuntimeMetrics::poll_time_histogram_num_buckets() const noexcept {
    const auto& configuration = scheduler_->options().poll_time_histogram;
    return configuration ? configuration->num_buckets() : 0;
}

HistogramRange RuntimeMetrics::poll_time_histogram_bucket_range(std::size_t bucket) const {
    return checked(scheduler_->options().poll_time_histogram, bucket).bucket_range(bucket);
}

std::uint64_t RuntimeMetrics::poll_time_histogram_bucket_count(std::size_t worker,
                                                               std::size_t bucket) const {
    const detail::Worker& counted = worker_of(*scheduler_, worker);
    checked(scheduler_->options().poll_time_histogram, bucket);
    return counted.counters().poll_times->count(bucket);
}

bool RuntimeMetrics::schedule_latency_histogram_enabled() const noexcept {
    return scheduler_->options().schedule_latency_histogram.has_value();
}

std::size_t RuntimeMetrics::schedule_latency_histogram_num_buckets() const noexcept {
    const auto& configuration = scheduler_->options().schedule_latency_histogram;
    return configuration ? configuration->num_buckets() : 0;
}

HistogramRange RuntimeMetrics::schedule_latency_histogram_bucket_range(std::size_t bucket) const {
    return checked(scheduler_->options().schedule_latency_histogram, bucket).bucket_range(bucket);
}

std::uint64_t RuntimeMetrics::schedule_latency_histogram_bucket_count(std::size_t worker,
                                                                      std::size_t bucket) const {
    const detail::Worker& counted = worker_of(*scheduler_, worker);
    checked(scheduler_->options().schedule_latency_histogram, bucket);
    return counted.counters().schedule_latency->count(bucket);
}

}  // namespace edo
