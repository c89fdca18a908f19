// SPDX-License-Identifier: MIT
// Threads for work that blocks: started on demand, kept for a while, bounded in number.
#pragma once

#include "edo/runtime/core/inherited.hpp"
#include "edo/runtime/core/join_core.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace edo::detail {

/// One call of a blocking function. Lives until it has run and its handles are gone.
class BlockingJob : public JoinCore {
public:
    /// Runs the function and publishes the result; on a thread of the pool, which is counted as
    /// one that finishes from right before that.
    void run(std::atomic<unsigned>& finishing) noexcept;
    /// Publishes "cancelled" without running; when the pool shuts down first.
    void cancel() noexcept;

    /// Before the job has started: it never starts. After that: its stop token is triggered.
    void abort() noexcept override;

    /// Before it is submitted.
    void set_extras(TaskName name, std::unique_ptr<Inherited> values) noexcept {
        name_ = std::move(name);
        values_ = std::move(values);
    }
    [[nodiscard]] TaskName name() const noexcept override { return name_; }

    BlockingJob* next = nullptr;

protected:
    [[nodiscard]] std::stop_token stop_token() const noexcept { return stop_.get_token(); }
    /// Calls the function, keeps its result.
    virtual Outcome call() noexcept = 0;
    /// Destroys the function without a call.
    virtual void drop_function() noexcept = 0;

private:
    std::stop_source stop_;
    TaskName name_;
    std::unique_ptr<Inherited> values_;
};

/// The queue is unbounded: a job waits for a free thread once `max_threads` are busy. Pool state is
/// shared with the threads, so that a thread stuck in a job may outlive the pool.
class BlockingPool {
public:
    struct Settings {
        Settings() = default;
        std::size_t max_threads = 512;
        std::chrono::milliseconds keep_alive = std::chrono::seconds(10);
        std::function<void()> on_thread_start;  // also sets up the thread's context
        std::function<void()> on_thread_stop;
        /// Called before the first job is queued and after each one ended.
        std::function<void()> on_job_queued;
        std::function<void()> on_job_ended;
    };

    explicit BlockingPool(Settings settings);
    /// Stops the pool without waiting; `shut_down` is for waiting.
    ~BlockingPool();
    BlockingPool(const BlockingPool&) = delete;
    BlockingPool& operator=(const BlockingPool&) = delete;

    /// What the threads need to stay alive, beside the pool's own state. Before the first `submit`.
    void set_owner(std::weak_ptr<void> owner) noexcept;

    /// When a job gets its thread.
    enum class Turn : std::uint8_t {
        InOrder,  ///< after those that were queued before, and within the bound
        AtOnce,   ///< before all others, on one thread more than the bound if need be
    };

    /// Queues the job, which the pool owns a reference of; after shutdown has begun, cancels it.
    /// @throws std::system_error if no thread can be started and none exists.
    void submit(BlockingJob& job, Turn turn = Turn::InOrder);

    struct Figures {
        Figures() = default;
        std::size_t threads = 0;
        std::size_t idle = 0;    ///< of the threads
        std::size_t queued = 0;  ///< jobs that have not started
    };
    [[nodiscard]] Figures figures() const noexcept;

    /// Cancels the jobs that have not started, asks the others to stop (see their stop tokens), and
    /// waits for them until `deadline` (none: for ever). False when some are still running.
    bool shut_down(std::optional<std::chrono::steady_clock::time_point> deadline) noexcept;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace edo::detail
