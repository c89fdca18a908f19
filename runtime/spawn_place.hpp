// SPDX-License-Identifier: MIT
// Spawning where the kind of place is only known at run time: on a runtime, or in a local set.
#pragma once

#include "edo/runtime/join_handle.hpp"
#include "edo/runtime/scheduler/spawn_core.hpp"
#include "edo/runtime/task/task_cell.hpp"
#include "edo/runtime/task/task_factory.hpp"

#include <type_traits>
#include <utility>

namespace edo {

class LocalSet;

namespace detail {

class LocalTasks;

/// The local set that `spawn_local` means here.
/// @throws UsageError if there is none.
[[nodiscard]] LocalTasks& current_local_tasks();
/// For headers that know only the name of the class.
[[nodiscard]] LocalTasks& tasks_of(LocalSet& set) noexcept;

/// Where a new task goes, with or without a name: a runtime, or a local set.
class SpawnPlace {
public:
    explicit SpawnPlace(Scheduler& scheduler, const TaskName* name = nullptr) noexcept
        : scheduler_(&scheduler), owner_(&owner_of(scheduler)), name_(name) {}
    /// @throws UsageError on another thread than the set's.
    explicit SpawnPlace(LocalTasks& tasks, const TaskName* name = nullptr);

    explicit SpawnPlace(LocalSet& set, const TaskName* name = nullptr)
        : SpawnPlace(tasks_of(set), name) {}

    [[nodiscard]] TaskOwner& owner() const noexcept { return *owner_; }
    /// Queues a task that was made for this owner; see `spawn_on`.
    void queue(TaskCore& task) const;

private:
    Scheduler* scheduler_;  // null for a local set
    TaskOwner* owner_;
    const TaskName* name_;
};

template <class T>
JoinHandle<T> spawn_at(const SpawnPlace& place, Task<T> task) {
    check_can_spawn(task.promise());
    auto* const cell = new TaskCell<T>(place.owner(), std::move(task));
    JoinHandle<T> handle(*cell, cell->result());
    place.queue(*cell);
    return handle;
}
template <class Function, class... Args>
    requires TaskFactory<Function, Args...>
auto spawn_at(const SpawnPlace& place, Function&& function, Args&&... args) {
    using T = TaskValue<std::invoke_result_t<std::decay_t<Function>&, std::decay_t<Args>...>>;
    using Cell = CallableCell<T, std::decay_t<Function>, std::decay_t<Args>...>;
    auto* const cell =
        new Cell(place.owner(), std::forward<Function>(function), std::forward<Args>(args)...);
    JoinHandle<T> handle(*cell, cell->result());
    place.queue(*cell);
    return handle;
}

}  // namespace detail

}  // namespace edo
