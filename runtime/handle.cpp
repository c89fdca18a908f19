// SPDX-License-Identifier: MIT
#include "edo/runtime/handle.hpp"

#include "edo/runtime/metrics.hpp"
#include "edo/runtime/scheduler/scheduler.hpp"

namespace edo {

EnterGuard::EnterGuard(std::shared_ptr<detail::Scheduler> scheduler) noexcept
    : scheduler_(std::move(scheduler)), saved_(detail::context()) {
    detail::Context& c = detail::context();
    if (c.scheduler != scheduler_.get()) {
        c.scheduler = scheduler_.get();
        c.worker = nullptr;
    }
}

EnterGuard::~EnterGuard() {
    detail::Context& c = detail::context();
    if (saved_.scheduler != scheduler_.get()) {  // else nothing was changed
        c.scheduler = saved_.scheduler;
        c.worker = saved_.worker;
    }
}

Handle Handle::current() {
    return Handle(detail::current_scheduler("Handle::current").shared_from_this());
}

bool Handle::has_current() noexcept {
    return detail::context().scheduler != nullptr;
}

Flavor Handle::flavor() const noexcept {
    return scheduler_->options().flavor;
}

std::uint64_t Handle::id() const noexcept {
    return scheduler_->id();
}

std::string_view Handle::name() const noexcept {
    return scheduler_->options().name;
}

std::size_t Handle::worker_count() const noexcept {
    return scheduler_->worker_count();
}

RuntimeMetrics Handle::metrics() const {
    return RuntimeMetrics(scheduler_);
}

std::size_t Handle::alive_tasks() const noexcept {
    return scheduler_->tasks().size();
}

}  // namespace edo
