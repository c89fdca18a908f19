// SPDX-License-Identifier: MIT
// What `LocalPoolHandle` is made of: threads that each drive a local set.
#pragma once

#include "edo/runtime/abort_handle.hpp"
#include "edo/runtime/join_handle.hpp"
#include "edo/runtime/task/cell_with.hpp"
#include "edo/runtime/task/task_factory.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace edo::detail {

class LocalTasks;

/// One thread of a pool.
class LocalWorker {
public:
    LocalWorker();
    /// Ends the thread. On the thread itself, it ends soon.
    ~LocalWorker();
    LocalWorker(const LocalWorker&) = delete;
    LocalWorker& operator=(const LocalWorker&) = delete;

    /// Counts a task of the worker until its coroutine is destroyed.
    class Member {
    public:
        struct Init {
            explicit Init(LocalWorker& init_worker) : worker(&init_worker) {}
            LocalWorker* worker;
        };
        Member(const Init& init, JoinCore& core) noexcept;
        template <class T>
        void ended(Outcome /*outcome*/, ResultSlot<T>& /*slot*/) noexcept {
            load_->fetch_sub(1, std::memory_order_relaxed);
            load_.reset();
        }

    private:
        std::shared_ptr<std::atomic<std::size_t>> load_;  // the task may end after the worker
    };

    /// The owner of the worker's tasks.
    [[nodiscard]] TaskOwner& tasks() const noexcept;
    [[nodiscard]] std::size_t load() const noexcept {
        return load_->load(std::memory_order_relaxed);
    }
    /// Hands over a new task. Any thread.
    void send(TaskCore& task) noexcept;

private:
    std::shared_ptr<std::atomic<std::size_t>> load_;
    LocalTasks* tasks_ = nullptr;  // lives on the thread's stack until the thread ends
    AbortHandle stop_;             // of what the thread waits for
    std::thread thread_;
};

class LocalPool {
public:
    /// @throws UsageError for 0 threads.
    explicit LocalPool(std::size_t threads);

    [[nodiscard]] std::size_t size() const noexcept { return workers_.size(); }
    /// @throws UsageError if there is no such thread.
    [[nodiscard]] LocalWorker& worker(std::size_t index) const;
    [[nodiscard]] LocalWorker& least_loaded() const noexcept;

private:
    std::vector<std::unique_ptr<LocalWorker>> workers_;
};

/// The root of a pinned task: makes the user's task on the thread where it shall run.
template <class T, class Function, class... Args>
Task<T> call_pinned(Function function, Args... args) {
    co_return co_await function(std::move(args)...);
}

}  // namespace edo::detail
