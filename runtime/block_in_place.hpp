// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/scheduler/spawn_core.hpp"

#include <concepts>
#include <functional>
#include <utility>

namespace edo {

/// Calls `function()`, which may block, on the calling thread, and returns what it returns. If the
/// thread is a worker, another thread takes the worker over first, with its queue, its sockets and
/// its timers, so that all other tasks go on.
///
/// The function may use the caller's variables, which `spawn_blocking` cannot, and may call
/// `block_on`. But nothing else of the same task goes on meanwhile: no other branch of a `join` or
/// `select` around it. And it cannot be aborted.
///
/// Each call may wake, or start, a thread: not worth it for a function that takes microseconds.
/// Such threads are those of `spawn_blocking`, one more than `Builder::max_blocking_threads` if
/// need be.
///
/// On a thread that is no worker (the one in `block_on` of a multi_thread runtime, a blocking
/// thread, one outside a runtime) it is a plain call.
///
/// @throws UsageError on a current_thread runtime and in the tasks of a `LocalSet`, which have no
///     other thread to go on with. What `function` throws.
///
/// @par Cancel safety
/// It does not suspend, so nothing is cancelled inside it. A task that was aborted meanwhile is
/// destroyed at its next suspension.
///
/// @par Thread safety
/// May be called from any thread.
///
/// @par Misuse
/// A runtime that is destroyed by a task of its own, be it in here, is shut down in the background.
///
/// @par Example
/// @snippet local.cpp block_in_place
///
/// @see spawn_blocking
template <std::invocable Function>
decltype(auto) block_in_place(Function&& function) {
    const detail::BlockInPlace blocking;
    return std::invoke(std::forward<Function>(function));
}

}  // namespace edo
