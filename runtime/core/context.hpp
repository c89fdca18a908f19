// SPDX-License-Identifier: MIT
// What the current thread is doing for edo: which runtime it is inside, which task it runs.
#pragma once

#include <cstdint>

namespace edo::detail {

class LocalTasks;
class Scheduler;
class AwaitScope;
class ForkDrive;
class TaskCore;
class Worker;
struct Turn;

/// Thread-local state of the runtime. Reached only through `context()`.
struct Context {
    /// The runtime that `spawn`, timers and sockets of this thread use; null outside a runtime.
    Scheduler* scheduler = nullptr;
    /// The worker whose queues this thread may touch as their owner; null on other threads.
    Worker* worker = nullptr;
    /// The task being run (its RUNNING state is held by this thread), and its turn.
    TaskCore* task = nullptr;
    Turn* turn = nullptr;
    /// What holds for the coroutine or function that runs: see task/await_scope.hpp. Null almost
    /// always.
    AwaitScope* scope = nullptr;
    /// What drives the `fork_join`s in progress on this thread's stack. Valid only where it is one
    /// of the task that runs: see task/fork_drive.hpp.
    ForkDrive* forks = nullptr;
    /// The local set that this thread runs tasks of, or has entered.
    LocalTasks* local = nullptr;
    /// Operations that the task may still complete in this turn before it must yield.
    std::uint32_t budget = 0;
    /// Whether this thread drives or runs tasks, so that it must not block in `block_on`.
    bool must_not_block = false;
};

/// The context of the calling thread.
///
/// Not inlined, and the reference must never be kept across a suspension: a coroutine may continue
/// on another thread, and compilers cache the addresses of thread-local variables within a
/// function.
[[gnu::noinline]] Context& context() noexcept;

/// The same for functions of the library's own sources that are not, and are not inlined into,
/// coroutines: without the call.
[[gnu::tls_model("initial-exec")]] extern thread_local constinit Context tls_context;

/// Operations a task may complete in one turn. The value is Tokio's (task/coop/mod.rs).
inline constexpr std::uint32_t kBudget = 128;
/// A budget from here on is that of an `unconstrained` part of a task, which never uses it up.
inline constexpr std::uint32_t kUnconstrained = std::uint32_t{1} << 31U;

/// Charges one operation to the running task. False when the task has had its share of this turn
/// and must suspend, even if the operation could complete at once. This is what keeps one busy task
/// from starving the others, and what bounds chains that complete without ever suspending.
inline bool spend_budget() noexcept {
    Context& c = context();
    if (c.budget == 0) {
        return false;
    }
    --c.budget;
    return true;
}

/// Sets members of the thread's context for a scope, and puts them back afterwards.
class ContextScope {
public:
    ContextScope() noexcept : saved_(context()) {}
    ~ContextScope() { context() = saved_; }
    ContextScope(const ContextScope&) = delete;
    ContextScope& operator=(const ContextScope&) = delete;

private:
    Context saved_;
};

}  // namespace edo::detail
