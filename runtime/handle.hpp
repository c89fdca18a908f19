// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/join_handle.hpp"
#include "edo/runtime/options.hpp"
#include "edo/runtime/scheduler/spawn_core.hpp"
#include "edo/runtime/task/task_cell.hpp"
#include "edo/runtime/task/task_factory.hpp"

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

namespace edo {

class RuntimeMetrics;

namespace detail {

template <class T>
JoinHandle<T> spawn_task(Scheduler& scheduler, Task<T>&& task, const TaskName* name = nullptr) {
    check_can_spawn(task.promise());
    auto* const cell = new TaskCell<T>(owner_of(scheduler), std::move(task));
    JoinHandle<T> handle(*cell, cell->result());
    spawn_on(scheduler, *cell, name);
    return handle;
}

template <class Function, class... Args>
auto spawn_callable(Scheduler& scheduler, const TaskName* name, Function&& function,
                    Args&&... args) {
    using T = TaskValue<std::invoke_result_t<std::decay_t<Function>&, std::decay_t<Args>...>>;
    using Cell = CallableCell<T, std::decay_t<Function>, std::decay_t<Args>...>;
    auto* const cell = new Cell(owner_of(scheduler), std::forward<Function>(function),
                                std::forward<Args>(args)...);
    JoinHandle<T> handle(*cell, cell->result());
    spawn_on(scheduler, *cell, name);
    return handle;
}

template <class Function>
auto spawn_blocking_function(Scheduler& scheduler, Function&& function,
                             const TaskName* name = nullptr) {
    using F = std::decay_t<Function>;
    using T = BlockingValue<F>;
    auto job = std::make_unique<FunctionJob<T, F>>(std::forward<Function>(function));
    auto* const core = job.get();
    spawn_blocking_on(scheduler, *core, name);
    job.release();  // NOLINT: counted from here on
    return JoinHandle<T>(*core, core->result());
}

template <class T>
T block_on_task(std::shared_ptr<Scheduler> scheduler, Task<T> task) {
    check_can_spawn(task.promise());
    BlockOn driver(std::move(scheduler));
    auto* const cell = new TaskCell<T>(driver.owner(), std::move(task));
    JoinHandle<T> handle(*cell, cell->result());
    cell->set_observed();
    driver.run(*cell);
    if (cell->outcome() == Outcome::Cancelled) {
        throw UsageError("edo: the runtime was shut down during block_on");
    }
    return cell->result().take();
}

}  // namespace detail

/// Makes a runtime the current one of a thread, for as long as it lives. Made by `Handle::enter`.
///
/// Guards of one thread must be destroyed in reverse order of their creation, on that thread, and
/// not be kept across a `co_await`.
class [[nodiscard("the runtime is left when the guard is destroyed")]] EnterGuard {
public:
    explicit EnterGuard(std::shared_ptr<detail::Scheduler> scheduler) noexcept;
    ~EnterGuard();
    EnterGuard(const EnterGuard&) = delete;
    EnterGuard& operator=(const EnterGuard&) = delete;

private:
    std::shared_ptr<detail::Scheduler> scheduler_;
    detail::Context saved_;
};

/// Refers to a runtime, from any thread. Copies refer to the same runtime.
///
/// A handle does not keep the runtime running: after the `Runtime` is gone, what is spawned through
/// the handle is cancelled at once.
///
/// @par Thread safety
/// All functions may be called from any thread.
class Handle {
public:
    /// The runtime that the calling thread is inside.
    /// @throws NoRuntimeError if there is none.
    [[nodiscard]] static Handle current();
    /// Whether `current` would succeed.
    [[nodiscard]] static bool has_current() noexcept;

    /// Like `edo::spawn`, on this runtime.
    template <class T>
    JoinHandle<T> spawn(Task<T> task) const {
        return detail::spawn_task(*scheduler_, std::move(task));
    }
    template <class Function, class... Args>
        requires detail::TaskFactory<Function, Args...>
    auto spawn(Function&& function, Args&&... args) const {
        return detail::spawn_callable(*scheduler_, nullptr, std::forward<Function>(function),
                                      std::forward<Args>(args)...);
    }

    /// Like `edo::spawn_blocking`, on this runtime.
    template <class Function>
    auto spawn_blocking(Function&& function) const {
        return detail::spawn_blocking_function(*scheduler_, std::forward<Function>(function));
    }

    /// Runs the task on the calling thread until it is done and returns its value; see
    /// `Runtime::block_on`.
    template <class T>
    T block_on(Task<T> task) const {
        return detail::block_on_task(scheduler_, std::move(task));
    }

    /// Makes this runtime the current one of the calling thread, so that `spawn` and sockets work.
    [[nodiscard]] EnterGuard enter() const { return EnterGuard(scheduler_); }

    [[nodiscard]] Flavor flavor() const noexcept;
    /// Tells runtimes apart; unique in the process.
    [[nodiscard]] std::uint64_t id() const noexcept;
    /// What `Builder::name` called the runtime, or empty. Valid as long as the handle.
    [[nodiscard]] std::string_view name() const noexcept;
    /// The number of worker threads; 1 for current_thread.
    [[nodiscard]] std::size_t worker_count() const noexcept;
    /// The number of tasks that are not finished.
    [[nodiscard]] std::size_t alive_tasks() const noexcept;
    /// Figures about the runtime; see `runtime/metrics.hpp`.
    [[nodiscard]] RuntimeMetrics metrics() const;

    /// For the runtime.
    explicit Handle(std::shared_ptr<detail::Scheduler> scheduler) noexcept
        : scheduler_(std::move(scheduler)) {}
    [[nodiscard]] detail::Scheduler& scheduler() const noexcept { return *scheduler_; }

private:
    std::shared_ptr<detail::Scheduler> scheduler_;
};

}  // namespace edo
