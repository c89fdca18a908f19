// SPDX-License-Identifier: MIT
#include "edo/runtime/local_pool_core.hpp"

#include "edo/runtime/local_set.hpp"
#include "edo/runtime/sleep.hpp"

#include <algorithm>
#include <exception>
#include <future>
#include <string>

namespace edo::detail {

namespace {

Task<void> for_ever() {
    co_await sleep_until(Instant::max());
}

Task<void> until_aborted(JoinHandle<void> waiting) {
    static_cast<void>(co_await waiting);
}

}  // namespace

LocalWorker::Member::Member(const Init& init, JoinCore& /*core*/) noexcept
    : load_(init.worker->load_) {
    load_->fetch_add(1, std::memory_order_relaxed);
}

LocalWorker::LocalWorker() : load_(std::make_shared<std::atomic<std::size_t>>(0)) {
    std::promise<void> started;
    std::future<void> start = started.get_future();
    thread_ = std::thread([this, started = std::move(started)]() mutable {
        std::optional<LocalRuntime> runtime;
        JoinHandle<void> waiting;
        try {
            runtime.emplace();
            waiting = runtime->spawn_local(for_ever());
            stop_ = waiting.abort_handle();
            tasks_ = &tasks_of(runtime->set());
            started.set_value();  // from here on the members belong to the worker's owner
        } catch (...) {
            started.set_exception(std::current_exception());
            return;
        }
        runtime->block_on(until_aborted(std::move(waiting)));
    });
    try {
        start.get();
    } catch (...) {
        thread_.join();
        throw;
    }
}

LocalWorker::~LocalWorker() {
    stop_.abort();
    if (thread_.get_id() == std::this_thread::get_id()) {
        thread_.detach();
    } else if (thread_.joinable()) {
        thread_.join();
    }
}

TaskOwner& LocalWorker::tasks() const noexcept {
    return *tasks_;
}

void LocalWorker::send(TaskCore& task) noexcept {
    tasks_->accept(task);
}

LocalPool::LocalPool(std::size_t threads) {
    if (threads == 0) {
        throw UsageError("edo: a LocalPoolHandle needs at least one thread");
    }
    for (std::size_t i = 0; i < threads; ++i) {
        workers_.push_back(std::make_unique<LocalWorker>());
    }
}

LocalWorker& LocalPool::worker(std::size_t index) const {
    if (index >= workers_.size()) {
        throw UsageError("edo: there is no thread " + std::to_string(index) + "; the pool has " +
                         std::to_string(workers_.size()));
    }
    return *workers_[index];
}

LocalWorker& LocalPool::least_loaded() const noexcept {
    return **std::min_element(workers_.begin(), workers_.end(),
                              [](const auto& a, const auto& b) { return a->load() < b->load(); });
}

}  // namespace edo::detail
