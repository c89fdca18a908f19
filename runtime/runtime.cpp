// SPDX-License-Identifier: MIT
#include "edo/runtime/runtime.hpp"

#include "edo/runtime/diagnostics/log.hpp"
#include "edo/runtime/scheduler/scheduler.hpp"

#include <algorithm>

namespace edo {

Builder Builder::current_thread() {
    Builder builder;
    builder.options_.flavor = Flavor::CurrentThread;
    return builder;
}

Builder Builder::multi_thread(unsigned workers) {
    Builder builder;
    builder.options_.workers = workers;
    return builder;
}

Builder& Builder::thread_name(std::string name) {
    options_.thread_name = std::move(name);
    return *this;
}

Builder& Builder::thread_name_fn(std::function<std::string()> make_name) {
    options_.thread_name_fn = std::move(make_name);
    return *this;
}

Builder& Builder::name(std::string name) {
    options_.name = std::move(name);
    return *this;
}

Builder& Builder::metrics_poll_time_histogram(const HistogramConfiguration& configuration) {
    options_.poll_time_histogram = configuration;
    return *this;
}

Builder& Builder::metrics_schedule_latency_histogram(const HistogramConfiguration& configuration) {
    options_.schedule_latency_histogram = configuration;
    return *this;
}

Builder& Builder::track_task_schedule_latency(bool track) {
    options_.track_schedule_latency = track;
    return *this;
}

Builder& Builder::on_thread_start(std::function<void()> hook) {
    options_.on_thread_start = std::move(hook);
    return *this;
}

Builder& Builder::on_thread_stop(std::function<void()> hook) {
    options_.on_thread_stop = std::move(hook);
    return *this;
}

Builder& Builder::on_thread_park(std::function<void()> hook) {
    options_.on_thread_park = std::move(hook);
    return *this;
}

Builder& Builder::on_thread_unpark(std::function<void()> hook) {
    options_.on_thread_unpark = std::move(hook);
    return *this;
}

Builder& Builder::on_task_spawn(std::function<void(const TaskMeta&)> hook) {
    options_.on_task_spawn = std::move(hook);
    return *this;
}

Builder& Builder::on_task_terminate(std::function<void(const TaskMeta&)> hook) {
    options_.on_task_terminate = std::move(hook);
    return *this;
}

Builder& Builder::on_before_task_poll(std::function<void(const TaskMeta&)> hook) {
    options_.on_before_task_poll = std::move(hook);
    return *this;
}

Builder& Builder::on_after_task_poll(std::function<void(const TaskMeta&)> hook) {
    options_.on_after_task_poll = std::move(hook);
    return *this;
}

Builder& Builder::on_unhandled_exception(
    std::function<void(std::uint64_t, std::exception_ptr)> hook) {
    options_.on_unhandled_exception = std::move(hook);
    return *this;
}

Builder& Builder::max_blocking_threads(std::size_t count) {
    options_.max_blocking_threads = count;
    return *this;
}

Builder& Builder::blocking_keep_alive(std::chrono::milliseconds time) {
    options_.blocking_keep_alive = time;
    return *this;
}

Builder& Builder::reactor(ReactorKind kind) {
    options_.reactor = kind;
    return *this;
}

Builder& Builder::seed(std::uint64_t seed) {
    options_.seed = seed;
    return *this;
}

Builder& Builder::start_paused(bool paused) {
    options_.start_paused = paused;
    return *this;
}

Runtime Builder::build() const {
    if (options_.max_blocking_threads == 0) {
        throw UsageError("edo: max_blocking_threads must be at least 1");
    }
    if (options_.workers > 32767) {
        throw UsageError("edo: a runtime has at most 32767 worker threads");
    }
    if (options_.start_paused && options_.flavor != Flavor::CurrentThread) {
        throw UsageError("edo: only a current_thread runtime can start with a paused clock");
    }
    return Runtime(detail::Scheduler::start(options_));
}

Runtime::Runtime() : scheduler_(detail::Scheduler::start(detail::Options())) {}

Runtime::Runtime(std::shared_ptr<detail::Scheduler> scheduler) noexcept
    : scheduler_(std::move(scheduler)) {}

Runtime& Runtime::operator=(Runtime&& other) noexcept {
    Runtime old(std::move(*this));
    scheduler_ = std::move(other.scheduler_);
    return *this;
}

Runtime::~Runtime() {
    if (scheduler_ == nullptr) {
        return;
    }
    const detail::Context& c = detail::context();
    const bool in_own_task = c.task != nullptr && c.scheduler == scheduler_.get();
    if (c.must_not_block || in_own_task) {
        detail::log_error(
            "a Runtime was destroyed by a thread that runs tasks and must not wait for it; it is "
            "shut "
            "down in the background: drop it in spawn_blocking, or outside");
        shutdown_background();
        return;
    }
    scheduler_->shut_down(std::nullopt);
}

Handle Runtime::handle() const {
    if (scheduler_ == nullptr) {
        throw UsageError("edo: this Runtime was moved from or shut down");
    }
    return Handle(scheduler_);
}

bool Runtime::shutdown_timeout(std::chrono::milliseconds limit) {
    if (scheduler_ == nullptr) {
        return true;
    }
    const auto scheduler = std::move(scheduler_);
    constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24 * 365);  // no overflow
    return scheduler->shut_down(std::chrono::steady_clock::now() + std::min(limit, kLongest));
}

void Runtime::shutdown_background() {
    shutdown_timeout(std::chrono::milliseconds(0));
}

}  // namespace edo
