// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/handle.hpp"
#include "edo/runtime/spawn_place.hpp"
#include "edo/runtime/task/cell_with.hpp"
#include "edo/runtime/task/tracker_core.hpp"
#include "edo/runtime/task/wait_on.hpp"

#include <cstddef>
#include <utility>

namespace edo {

/// Waits for tasks to end, typically at the end of a server: closed once no task will be added any
/// more, it is waited for until the last one has gone.
///
/// Unlike a `JoinSet` it keeps no results, so a task that ends leaves nothing behind, and dropping
/// it aborts nothing. Copies refer to the same tracker.
///
/// @par Cancel safety
/// `wait` is cancel safe.
///
/// @par Thread safety
/// All functions may be called from any thread; one object must not be assigned to meanwhile.
///
/// @par Example
/// @snippet tasks.cpp task_tracker
///
/// @see JoinSet, scope
class TaskTracker {
public:
    /// An open tracker without tasks.
    TaskTracker() : core_(new detail::TrackerCore()) {}
    TaskTracker(const TaskTracker& other) noexcept : core_(other.core_) { core_->add_tracker(); }
    TaskTracker& operator=(const TaskTracker& other) noexcept {
        other.core_->add_tracker();
        std::exchange(core_, other.core_)->remove_tracker();
        return *this;
    }
    ~TaskTracker() { core_->remove_tracker(); }

    /// Keeps a tracker from being empty, as a task does.
    class Token {
    public:
        /// The tracker of the token.
        [[nodiscard]] TaskTracker tracker() const noexcept { return TaskTracker(*token_.core()); }

    private:
        friend class TaskTracker;
        explicit Token(detail::TrackerCore& core) noexcept : token_(core) {}

        detail::TrackerToken token_;
    };

    /// Like `edo::spawn`, and tracks the task until its coroutine is destroyed. A closed tracker
    /// takes tasks, too.
    template <class... Args>
    JoinHandle<detail::Spawned<Args...>> spawn(Args&&... args) const {
        return start(detail::SpawnPlace(detail::current_scheduler("TaskTracker::spawn")),
                     std::forward<Args>(args)...);
    }
    /// The same on another runtime.
    template <class... Args>
    JoinHandle<detail::Spawned<Args...>> spawn_on(const Handle& runtime, Args&&... args) const {
        return start(detail::SpawnPlace(runtime.scheduler()), std::forward<Args>(args)...);
    }
    /// The same in the local set of the caller, as `edo::spawn_local`.
    /// @throws UsageError if there is no local set here.
    template <class... Args>
    JoinHandle<detail::Spawned<Args...>> spawn_local(Args&&... args) const {
        return start(detail::SpawnPlace(detail::current_local_tasks()),
                     std::forward<Args>(args)...);
    }
    /// The same in that local set.
    template <class... Args>
    JoinHandle<detail::Spawned<Args...>> spawn_local_on(LocalSet& set, Args&&... args) const {
        return start(detail::SpawnPlace(set), std::forward<Args>(args)...);
    }
    /// Like `edo::spawn_blocking`, and tracks the function until it has returned.
    template <class Function>
    JoinHandle<detail::BlockingValue<Function>> spawn_blocking(Function&& function) const {
        return start_blocking(detail::current_scheduler("TaskTracker::spawn_blocking"),
                              std::forward<Function>(function));
    }
    /// The same on another runtime.
    template <class Function>
    JoinHandle<detail::BlockingValue<Function>> spawn_blocking_on(const Handle& runtime,
                                                                  Function&& function) const {
        return start_blocking(runtime.scheduler(), std::forward<Function>(function));
    }

    /// Tracks a task that is awaited or spawned elsewhere, from now until it is destroyed.
    template <class T>
    [[nodiscard]] Task<T> track_task(Task<T> task) const {
        return hold<T>(token(), std::move(task));
    }

    /// Counts as a task as long as it lives; its copies count too.
    [[nodiscard]] Token token() const noexcept { return Token(*core_); }

    /// Lets `wait` end when the tracker is empty.
    /// @return Whether it was open.
    bool close() const noexcept { return core_->close(); }
    /// Takes `close` back.
    /// @return Whether it was closed.
    bool reopen() const noexcept { return core_->reopen(); }

    [[nodiscard]] bool is_closed() const noexcept { return core_->is_closed(); }
    /// The number of tasks and tokens.
    [[nodiscard]] std::size_t size() const noexcept { return core_->tasks(); }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    using Wait = detail::WaitOn<detail::TrackerCore::Wait, detail::TrackerCore>;
    /// Waits until the tracker is closed and empty at the same time, be it for a moment. The
    /// tracker must live until the wait has ended.
    [[nodiscard]] Wait wait() const noexcept { return Wait(*core_); }

    /// Whether both refer to the same tracker.
    friend bool operator==(const TaskTracker& a, const TaskTracker& b) noexcept {
        return a.core_ == b.core_;
    }

private:
    explicit TaskTracker(detail::TrackerCore& core) noexcept : core_(&core) { core.add_tracker(); }

    template <class... Args>
    JoinHandle<detail::Spawned<Args...>> start(const detail::SpawnPlace& place,
                                               Args&&... args) const {
        auto* const cell = detail::make_cell<detail::TrackedNode>(
            place.owner(), detail::TrackedNode::Init(*core_), std::forward<Args>(args)...);
        JoinHandle<detail::Spawned<Args...>> handle(*cell, cell->result());
        place.queue(*cell);
        return handle;
    }
    template <class Function>
    JoinHandle<detail::BlockingValue<Function>> start_blocking(detail::Scheduler& scheduler,
                                                               Function&& function) const {
        auto job = detail::make_job<detail::TrackedNode>(detail::TrackedNode::Init(*core_),
                                                         std::forward<Function>(function));
        detail::spawn_blocking_on(scheduler, *job);
        auto* const core = job.release();  // NOLINT: counted from here on
        return JoinHandle<detail::BlockingValue<Function>>(*core, core->result());
    }
    /// Parameters are destroyed in reverse order: the token after the task.
    template <class T>
    static Task<T> hold(Token /*token*/, Task<T> task) {
        co_return co_await std::move(task);
    }

    detail::TrackerCore* core_;
};

}  // namespace edo
