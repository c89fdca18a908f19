// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/handle.hpp"

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace edo {

class Runtime;

/// Sets up a `Runtime`. Functions return the builder, so that calls can be chained:
///
/// ```cpp
/// edo::Runtime runtime = edo::Builder::multi_thread(4).thread_name("server").build();
/// ```
class Builder {
public:
    /// Tasks run on the thread that calls `block_on`, and only meanwhile.
    [[nodiscard]] static Builder current_thread();
    /// Tasks run on `workers` threads; 0 means the CPUs that this process may use, or the
    /// environment variable EDO_WORKER_THREADS.
    [[nodiscard]] static Builder multi_thread(unsigned workers = 0);

    /// What `Handle::name` yields, to tell runtimes apart in logs. Default: empty.
    Builder& name(std::string name);
    /// The name of the worker threads (the first 15 characters count). Default "edo-worker".
    Builder& thread_name(std::string name);
    /// Called by each worker thread for its name, in place of `thread_name`.
    Builder& thread_name_fn(std::function<std::string()> make_name);
    /// Called by each worker and blocking thread when it starts, and before it ends. An exception
    /// that leaves this or the following hooks is logged.
    Builder& on_thread_start(std::function<void()> hook);
    Builder& on_thread_stop(std::function<void()> hook);
    /// Called by a worker before it sleeps and after it wakes. The hook may spawn tasks.
    Builder& on_thread_park(std::function<void()> hook);
    Builder& on_thread_unpark(std::function<void()> hook);
    /// Called with each task that is spawned, by the thread that spawns it, before the task can
    /// run. This and the next hook hold for local tasks, too, if their `LocalSet` was used in this
    /// runtime first: those that were spawned before that are told of then.
    Builder& on_task_spawn(std::function<void(const TaskMeta&)> hook);
    /// Called with each spawned task that is over, be it by a value, an exception or cancellation,
    /// when its coroutine is destroyed and before whoever joins it learns of it.
    Builder& on_task_terminate(std::function<void(const TaskMeta&)> hook);
    /// Called by a worker before and after each turn of a spawned task: what runs between two of
    /// its suspensions. Not for tasks that the runtime's shutdown cancels. These hooks cost time at
    /// every turn.
    Builder& on_before_task_poll(std::function<void(const TaskMeta&)> hook);
    Builder& on_after_task_poll(std::function<void(const TaskMeta&)> hook);
    /// Lets `RuntimeMetrics` count how long turns of tasks take. Like those hooks it costs time at
    /// every turn, for two looks at the clock.
    /// @par Example
    /// @snippet metrics.cpp histogram
    Builder& metrics_poll_time_histogram(
        const HistogramConfiguration& configuration = HistogramConfiguration::log());
    /// Lets `RuntimeMetrics` count how long tasks wait in queues before their turns. It costs a
    /// look at the clock at every wake-up and turn, and a small allocation a task.
    Builder& metrics_schedule_latency_histogram(
        const HistogramConfiguration& configuration = HistogramConfiguration::log());
    /// Tells `on_before_task_poll` how long the task has waited, in `TaskMeta::schedule_latency`;
    /// at the same cost.
    Builder& track_task_schedule_latency(bool track = true);
    /// Called with each exception that leaves a task nobody awaits. Default: an error line in the
    /// log.
    Builder& on_unhandled_exception(
        std::function<void(std::uint64_t task_id, std::exception_ptr)> hook);
    /// How many threads `spawn_blocking` may use at once. Default 512; at least 1.
    Builder& max_blocking_threads(std::size_t count);
    /// How long an idle blocking thread is kept. Default 10 s.
    Builder& blocking_keep_alive(std::chrono::milliseconds time);
    /// Which reactor to use. Default: the environment variable EDO_REACTOR (`epoll`, `asio` or
    /// `io_uring`), else epoll.
    ///
    /// `IoUring` saves CPU time where many TCP connections exchange small messages. The kernel then
    /// receives before anybody reads, which matters to who reads from a descriptor beside its
    /// stream: see `TcpStream::descriptor` and `into_fd`. It needs Linux 6.1 and a build with
    /// liburing, and it is for runtimes with one worker. Where it cannot be had, and with several
    /// workers, epoll takes its place; the log tells why, at the level `info`.
    Builder& reactor(ReactorKind kind);
    /// Seeds every random choice of the runtime (the order of `select`, where to steal).
    Builder& seed(std::uint64_t seed);
    /// Starts with the clock paused; only with current_thread. See `edo::pause`.
    Builder& start_paused(bool paused = true);

    /// Creates the runtime and starts its threads.
    /// @throws UsageError if the settings contradict each other.
    /// @throws std::system_error if threads or descriptors cannot be created.
    [[nodiscard]] Runtime build() const;

private:
    Builder() = default;
    detail::Options options_;
};

/// An asynchronous runtime: a scheduler, timers, and a reactor for sockets.
///
/// Programs that need one runtime call `edo::run(async_main())` and never see this class.
///
/// Destroying the runtime ends it: tasks run to their next suspension and are then destroyed there,
/// which runs the destructors of their local variables; blocking functions that have started are
/// waited for. `shutdown_timeout` and `shutdown_background` do not wait for what is stuck.
///
/// @par Thread safety
/// `block_on`, `spawn` and `handle` may be called from any thread.
///
/// @par Misuse
/// A runtime must not be destroyed by one of its own tasks; it is then shut down in the background.
///
/// @par Example
/// @snippet runtime.cpp runtime
class Runtime {
public:
    /// A multi-threaded runtime with default settings.
    Runtime();
    Runtime(Runtime&&) noexcept = default;
    Runtime& operator=(Runtime&& other) noexcept;
    ~Runtime();

    /// Runs the task on the calling thread until it is done, and with current_thread everything
    /// else meanwhile. Returns its value; an exception that leaves it is thrown here.
    /// @throws UsageError if the calling thread runs tasks already: await instead.
    template <class T>
    T block_on(Task<T> task) {
        return handle().block_on(std::move(task));
    }
    /// The same with a function that returns a task; it is kept alive until the task is done.
    template <class Function>
        requires detail::TaskFactory<Function>
    auto block_on(Function&& function) {
        auto kept = std::forward<Function>(function);
        return block_on(kept());
    }

    /// Spawns a task from outside; see `edo::spawn`.
    template <class... Args>
    auto spawn(Args&&... args) {
        return handle().spawn(std::forward<Args>(args)...);
    }
    template <class Function>
    auto spawn_blocking(Function&& function) {
        return handle().spawn_blocking(std::forward<Function>(function));
    }

    [[nodiscard]] EnterGuard enter() const { return handle().enter(); }

    /// @throws UsageError after a shutdown or a move.
    [[nodiscard]] Handle handle() const;

    /// Shuts down, waiting for stuck tasks and blocking functions at most `limit`.
    /// @return false if some were still running; their threads end by themselves when they return.
    bool shutdown_timeout(std::chrono::milliseconds limit);
    /// Shuts down without waiting for anything.
    void shutdown_background();

private:
    friend class Builder;
    explicit Runtime(std::shared_ptr<detail::Scheduler> scheduler) noexcept;

    std::shared_ptr<detail::Scheduler> scheduler_;
};

/// Runs `task` on a new multi-threaded runtime with default settings and returns its value: the
/// `main` of an asynchronous program.
template <class T>
T run(Task<T> task) {
    Runtime runtime;
    return runtime.block_on(std::move(task));
}

/// Runs `task` to its end on a new current_thread runtime.
template <class T>
T block_on(Task<T> task) {
    Runtime runtime = Builder::current_thread().build();
    return runtime.block_on(std::move(task));
}

}  // namespace edo
