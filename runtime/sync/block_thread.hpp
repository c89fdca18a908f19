// SPDX-License-Identifier: MIT
// The `blocking_` forms of the synchronisation primitives: a plain thread waits for what a task
// would await.
#pragma once

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/scheduler/thread_owner.hpp"
#include "edo/runtime/task/task_cell.hpp"

#include <string>
#include <utility>

namespace edo::detail {

/// Runs `task` on the calling thread until it is done; the thread sleeps while the task waits. The
/// task may spawn, sleep and use sockets only if the thread is inside a runtime.
/// @throws UsageError naming `what` if the calling thread runs tasks itself.
template <class T>
T block_thread_on(const char* what, Task<T> task) {
    if (must_not_block()) {
        throw UsageError(std::string("edo: ") + what +
                         " was called by a thread that runs tasks, which it would stall: await the "
                         "operation instead, or move the call into spawn_blocking");
    }
    class Root final : public TaskCell<T> {
    public:
        using TaskCell<T>::TaskCell;
        ~Root() override = default;

    private:
        void destroy() noexcept override {}  // on the stack
    };
    ThreadOwner owner;
    Root root(owner, std::move(task));
    owner.run(root, context().scheduler);
    return root.result().take();
}

}  // namespace edo::detail
