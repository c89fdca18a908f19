// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/local_pool_core.hpp"

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace edo {

/// Threads that run local tasks: for work that must stay on one thread, but may be spread over
/// several. Each thread has a `LocalRuntime`. Copies refer to the same pool.
///
/// What is spawned makes its task on the thread it was given to, and `edo::spawn_local` works
/// inside. The callable and the result travel between threads; nothing else does.
///
/// Dropping the last handle ends the pool: tasks are destroyed where they wait, and the threads are
/// waited for.
///
/// @par Thread safety
/// All functions may be called from any thread; one object must not be assigned to meanwhile.
///
/// @par Misuse
/// A pinned task that owns a handle of its own pool keeps the pool alive for as long as it runs.
///
/// @par Example
/// @snippet local.cpp local_pool
///
/// @see LocalSet, LocalRuntime
class LocalPoolHandle {
public:
    /// Starts the threads.
    /// @throws UsageError for 0 threads. @throws std::system_error if they cannot be started.
    explicit LocalPoolHandle(std::size_t threads);

    [[nodiscard]] std::size_t num_threads() const noexcept { return pool_->size(); }
    /// How many tasks each thread has that were spawned here and have not ended.
    [[nodiscard]] std::vector<std::size_t> get_task_loads_for_each_worker() const;

    /// Calls `function(args...)`, which returns a `Task`, on the thread with the fewest tasks, and
    /// runs that task there.
    /// @param function Moved to that thread, and kept as long as the task; so are the arguments.
    /// @return A handle to await the task from anywhere; dropping it detaches the task.
    template <class Function, class... Args>
        requires detail::TaskFactory<Function, Args...>
    auto spawn_pinned(Function&& function, Args&&... args) const {
        return start(pool_->least_loaded(), std::forward<Function>(function),
                     std::forward<Args>(args)...);
    }
    /// The same on a certain thread, from 0 on.
    /// @throws UsageError if there is no such thread.
    template <class Function, class... Args>
        requires detail::TaskFactory<Function, Args...>
    auto spawn_pinned_by_idx(std::size_t index, Function&& function, Args&&... args) const {
        return start(pool_->worker(index), std::forward<Function>(function),
                     std::forward<Args>(args)...);
    }

private:
    template <class Function, class... Args>
    auto start(detail::LocalWorker& worker, Function&& function, Args&&... args) const {
        using T = detail::Spawned<Function, Args...>;
        auto* const cell = detail::make_cell<detail::LocalWorker::Member>(
            worker.tasks(), detail::LocalWorker::Member::Init(worker),
            &detail::call_pinned<T, std::decay_t<Function>, std::decay_t<Args>...>,
            std::forward<Function>(function), std::forward<Args>(args)...);
        JoinHandle<T> handle(*cell, cell->result());
        worker.send(*cell);
        return handle;
    }

    std::shared_ptr<detail::LocalPool> pool_;
};

}  // namespace edo
