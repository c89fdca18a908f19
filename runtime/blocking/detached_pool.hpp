// SPDX-License-Identifier: MIT
// Threads that nobody ever waits for: for calls that may block for ever and cannot be interrupted
// (a name look-up, a read of standard input), and must hold up neither the end of a runtime nor the
// end of the process.
//
// A job owns all that it touches. What waits for it is a `JoinHandle`, whose wait is cancel safe: a
// job that comes back late finds nobody and drops its result.
#pragma once

#include "edo/runtime/blocking/blocking_pool.hpp"
#include "edo/runtime/handle.hpp"
#include "edo/runtime/join_handle.hpp"
#include "edo/runtime/task/task_cell.hpp"

#include <cstddef>
#include <memory>
#include <utility>

namespace edo::detail {

/// A bounded set of such threads, named "edo-detached": started on demand, ended when idle for a
/// while. They belong to no runtime, and all signals are blocked in them.
///
/// A pool must live for ever: make it with `new` and never delete it.
class DetachedPool {
public:
    explicit DetachedPool(std::size_t max_threads);
    DetachedPool(const DetachedPool&) = delete;
    DetachedPool& operator=(const DetachedPool&) = delete;

    /// The pool of the process for short use, with `kSharedThreads` threads.
    static DetachedPool& shared();
    static constexpr std::size_t kSharedThreads = 16;

    /// Calls `function` on a thread of the pool, once one is free. It may take a `std::stop_token`,
    /// which `JoinHandle::abort` triggers; a function that has not started then never starts. It
    /// must not refer to anything that its caller owns. Any thread may call this, and a task of any
    /// runtime may await the handle.
    /// @throws std::system_error if no thread can be started and none exists.
    template <class Function>
    auto spawn(Function&& function) {
        using F = std::decay_t<Function>;
        using T = typename BlockingResult<F>::type;
        auto job = std::make_unique<FunctionJob<T, F>>(std::forward<Function>(function));
        auto* const core = job.get();
        submit(*core);
        job.release();  // NOLINT: counted from here on
        return JoinHandle<T>(*core, core->result());
    }

private:
    void submit(BlockingJob& job);

    BlockingPool threads_;
};

/// Calls `function` on the shared pool.
template <class Function>
auto spawn_detached(Function&& function) {
    return DetachedPool::shared().spawn(std::forward<Function>(function));
}

}  // namespace edo::detail
