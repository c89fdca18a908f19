// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/handle.hpp"

#include <utility>

namespace edo {

/// Starts `task` in the background and returns a handle to await its result.
///
/// The task is queued at once, whether or not the handle is ever awaited; `spawn` itself runs no
/// part of it. It may run on any worker and change workers at every suspension. Dropping the handle
/// detaches the task; at shutdown the runtime cancels whatever is left.
///
/// The coroutine owns copies of its parameters, not what references or views among them refer to.
///
/// @param task The coroutine to run. Consumed.
/// @return A `JoinHandle<T>`; awaiting it yields `Result<T, JoinError>`.
///
/// @throws NoRuntimeError if the calling thread is not inside a runtime.
/// @throws UsageError for an empty task. @throws std::bad_alloc, in which case the task is
/// destroyed.
///
/// @par Thread safety
/// May be called from any thread that is inside a runtime.
///
/// @par Example
/// @snippet spawn.cpp spawn
///
/// @see spawn_blocking, JoinHandle, Handle::spawn
template <class T>
JoinHandle<T> spawn(Task<T> task) {
    return detail::spawn_task(detail::current_scheduler("edo::spawn"), std::move(task));
}

/// Calls `function(args...)`, which returns a `Task`, and spawns that task.
///
/// The function object and the arguments are moved into the task and live as long as its coroutine,
/// so a lambda with captures is safe here, as are reference parameters (they refer to those
/// copies). Otherwise like `spawn(task)`.
template <class Function, class... Args>
    requires detail::TaskFactory<Function, Args...>
auto spawn(Function&& function, Args&&... args) {
    return detail::spawn_callable(detail::current_scheduler("edo::spawn"), nullptr,
                                  std::forward<Function>(function), std::forward<Args>(args)...);
}

/// Runs a function that blocks, or computes for long, on a thread of its own pool.
///
/// The function takes nothing, or a `std::stop_token` that is triggered by `JoinHandle::abort` and
/// by the runtime's shutdown. A function that has started is never interrupted otherwise, and the
/// runtime's destructor waits for it. The number of threads is bounded
/// (`Builder::max_blocking_threads`); what exceeds it waits in a queue without a bound.
///
/// @return A `JoinHandle` for what the function returns.
/// @throws NoRuntimeError if the calling thread is not inside a runtime.
///
/// @par Cancel safety
/// Dropping the wait, or the handle, lets the function run on.
///
/// @par Example
/// @snippet spawn.cpp spawn_blocking
template <class Function>
auto spawn_blocking(Function&& function) {
    return detail::spawn_blocking_function(detail::current_scheduler("edo::spawn_blocking"),
                                           std::forward<Function>(function));
}

}  // namespace edo
