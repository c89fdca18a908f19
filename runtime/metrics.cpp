// SPDX-License-Identifier: MIT
#include "edo/runtime/metrics.hpp"

#include "edo/runtime/errors.hpp"
#include "edo/runtime/scheduler/scheduler.hpp"

#include <string>
#include <utility>

namespace edo {

namespace {

const detail::Worker& worker_of(detail::Scheduler& scheduler, std::size_t index) {
    if (index >= scheduler.worker_count()) {
        throw UsageError("edo: there is no worker " + std::to_string(index) + "; the runtime has " +
                         std::to_string(scheduler.worker_count()));
    }
    return scheduler.worker(unsigned(index));
}

}  // namespace

RuntimeMetrics::RuntimeMetrics(std::shared_ptr<detail::Scheduler> scheduler) noexcept
    : scheduler_(std::move(scheduler)) {}

std::size_t RuntimeMetrics::num_workers() const noexcept {
    return scheduler_->worker_count();
}

std::size_t RuntimeMetrics::alive_tasks() const noexcept {
    return scheduler_->tasks().size();
}

std::size_t RuntimeMetrics::global_queue_depth() const noexcept {
    return scheduler_->injection().size();
}

std::uint64_t RuntimeMetrics::worker_park_count(std::size_t worker) const {
    return worker_of(*scheduler_, worker).park_count();
}

std::chrono::nanoseconds RuntimeMetrics::worker_busy_duration(std::size_t worker) const {
    return worker_of(*scheduler_, worker).busy_time();
}

}  // namespace edo
