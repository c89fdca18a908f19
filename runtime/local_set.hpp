// SPDX-License-Identifier: MIT
// Tasks that never leave their thread.
#pragma once

#include "edo/runtime/handle.hpp"
#include "edo/runtime/local/local_tasks.hpp"
#include "edo/runtime/runtime.hpp"
#include "edo/runtime/spawn_place.hpp"

#include <memory>
#include <utility>

namespace edo {

namespace detail {

/// `co_await set.run_until(task)`.
template <class R>
class [[nodiscard("run_until() does nothing until it is awaited")]] RunUntil {
public:
    RunUntil(LocalTasks& tasks, Task<R> task) noexcept : tasks_(&tasks), task_(std::move(task)) {}

    class Awaiter : public ScopedCall<R> {
    public:
        Awaiter(LocalTasks& tasks, Task<R>& task) noexcept
            : ScopedCall<R>(task, kLocalKey, &tasks), driver_(tasks, false) {}

        std::coroutine_handle<> await_suspend(TaskHandle parent) noexcept {
            driver_.start(parent.handle());
            return ScopedCall<R>::await_suspend(parent);
        }
        R await_resume() {
            driver_.stop();
            driver_.check();
            return ScopedCall<R>::await_resume();
        }

    private:
        LocalDriver driver_;
    };
    Awaiter operator co_await() && {
        check_can_await(task_.promise());
        check_can_drive(*tasks_);
        return Awaiter(*tasks_, task_);
    }

private:
    LocalTasks* tasks_;
    Task<R> task_;
};

}  // namespace detail

/// Makes a `LocalSet` the one that `spawn_local` means, for as long as it lives. Made by
/// `LocalSet::enter`.
///
/// Guards of one thread must be destroyed in reverse order of their creation, on that thread, and
/// not be kept across a `co_await`.
class [[nodiscard("the set is left when the guard is destroyed")]] LocalEnterGuard {
public:
    explicit LocalEnterGuard(detail::LocalTasks& tasks) noexcept
        : before_(std::exchange(detail::context().local, &tasks)) {}
    ~LocalEnterGuard() { detail::context().local = before_; }
    LocalEnterGuard(const LocalEnterGuard&) = delete;
    LocalEnterGuard& operator=(const LocalEnterGuard&) = delete;

private:
    detail::LocalTasks* before_;
};

/// Tasks that all run on one thread, the one that made the set: for types that are not thread-safe.
/// They never run in parallel with one another, and so may share what they like without locks.
///
/// The tasks make progress only while the set is driven: by `run_until`, by awaiting the set
/// itself, or by `block_on`. Each gives up to 61 of them a turn before the other tasks of the
/// runtime get theirs. The task that drives must stay on its thread as well: the one of `block_on`,
/// on any runtime, or any task of a current_thread runtime.
///
/// `edo::spawn` inside a local task leaves the set: that task may run on any worker.
///
/// Whoever destroys the set destroys its tasks where they are.
///
/// @par Thread safety
/// Only the thread that made the set may use it. Wake-ups, `JoinHandle::abort` and the awaiting of
/// a `JoinHandle` may come from any thread; the result of a local task then goes to that thread.
///
/// @par Misuse
/// A set must not be destroyed by one of its own tasks (the process ends), and must outlive whoever
/// drives it. Use by another thread throws `UsageError`.
///
/// @par Example
/// @snippet local.cpp local_set
class LocalSet {
public:
    LocalSet() : tasks_(std::make_unique<detail::LocalTasks>()) {}
    LocalSet(const LocalSet&) = delete;
    LocalSet& operator=(const LocalSet&) = delete;
    ~LocalSet() = default;

    /// Starts a task in the set, which need not be driven yet. Otherwise like `edo::spawn`.
    /// @throws UsageError on another thread, or for an empty task.
    template <class T>
    JoinHandle<T> spawn_local(Task<T> task) {
        return detail::spawn_at(detail::SpawnPlace(*tasks_), std::move(task));
    }
    template <class Function, class... Args>
        requires detail::TaskFactory<Function, Args...>
    auto spawn_local(Function&& function, Args&&... args) {
        return detail::spawn_at(detail::SpawnPlace(*tasks_), std::forward<Function>(function),
                                std::forward<Args>(args)...);
    }

    /// Awaits `awaitable`, and drives the set meanwhile. Inside, `edo::spawn_local` means this set.
    /// Tasks that are not done by then stay in the set, for the next who drives it.
    /// @param awaitable A `Task` or another awaitable, as an rvalue. Consumed.
    /// @return What `awaitable` yields.
    /// @throws UsageError from the `co_await` in a task that may change threads.
    /// @par Cancel safety
    /// That of `awaitable`; the tasks of the set are not affected.
    template <detail::OwnedAwaitable A>
    [[nodiscard]] auto run_until(A&& awaitable) {
        return detail::RunUntil<detail::BranchResult<A>>(
            *tasks_, detail::as_task(std::forward<A>(awaitable)));
    }

    /// Runs `task` on the calling thread until it is done, and drives the set meanwhile: short for
    /// `runtime.block_on` of a task that awaits `run_until(task)`.
    template <class T>
    T block_on(const Handle& runtime, Task<T> task) {
        return runtime.block_on(drive(*this, std::move(task)));
    }
    template <class T>
    T block_on(const Runtime& runtime, Task<T> task) {
        return block_on(runtime.handle(), std::move(task));
    }

    /// Lets `edo::spawn_local` of the calling thread mean this set; drives nothing.
    /// @throws UsageError on another thread.
    [[nodiscard]] LocalEnterGuard enter();

    class Awaiter {
    public:
        explicit Awaiter(detail::LocalTasks& tasks) noexcept
            : tasks_(tasks), driver_(tasks, true) {}
        [[nodiscard]] bool await_ready() const noexcept {
            return tasks_.empty() && detail::spend_budget();
        }
        void await_suspend(detail::TaskHandle task) noexcept { driver_.start(task.handle()); }
        void await_resume() const { driver_.check(); }

    private:
        detail::LocalTasks& tasks_;
        detail::LocalDriver driver_;
    };
    /// Drives the set until no task is left in it.
    /// @throws UsageError in a task that may change threads.
    /// @par Cancel safety
    /// Cancel safe: the tasks stay where they are.
    Awaiter operator co_await() & {
        detail::check_can_drive(*tasks_);
        return Awaiter(*tasks_);
    }

private:
    friend detail::LocalTasks& detail::tasks_of(LocalSet& set) noexcept;

    template <class T>
    static Task<T> drive(LocalSet& set, Task<T> task) {
        co_return co_await set.run_until(std::move(task));
    }

    std::unique_ptr<detail::LocalTasks> tasks_;
};

/// Starts a task in the local set of the caller: that of the local task that calls it, or of the
/// `run_until` around it, or that of `LocalSet::enter`. Otherwise like `edo::spawn`.
/// @throws UsageError if there is no local set here, or for an empty task.
/// @par Example
/// @snippet local.cpp local_set
template <class T>
JoinHandle<T> spawn_local(Task<T> task) {
    return detail::spawn_at(detail::SpawnPlace(detail::current_local_tasks()), std::move(task));
}
template <class Function, class... Args>
    requires detail::TaskFactory<Function, Args...>
auto spawn_local(Function&& function, Args&&... args) {
    return detail::spawn_at(detail::SpawnPlace(detail::current_local_tasks()),
                            std::forward<Function>(function), std::forward<Args>(args)...);
}

/// A current_thread runtime together with a `LocalSet`: in what `block_on` runs, and in local
/// tasks, `spawn_local` works without further ado.
///
/// @par Thread safety
/// As for `LocalSet`; what is spawned through `handle()` may come from any thread.
///
/// @par Example
/// @snippet local.cpp local_runtime
class LocalRuntime {
public:
    LocalRuntime() : LocalRuntime(Builder::current_thread()) {}
    /// @throws UsageError for a builder of a multi_thread runtime.
    explicit LocalRuntime(const Builder& builder);

    /// Runs the task on the calling thread until it is done, and local and other tasks meanwhile.
    template <class T>
    T block_on(Task<T> task) {
        return set_.block_on(runtime_, std::move(task));
    }
    /// See `LocalSet::spawn_local`.
    template <class... Args>
    auto spawn_local(Args&&... args) {
        return set_.spawn_local(std::forward<Args>(args)...);
    }
    [[nodiscard]] Handle handle() const { return runtime_.handle(); }
    /// Where its local tasks are.
    [[nodiscard]] LocalSet& set() noexcept { return set_; }

private:
    Runtime runtime_;
    LocalSet set_;  // destroyed first
};

}  // namespace edo
