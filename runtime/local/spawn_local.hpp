// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/handle.hpp"
#include "edo/runtime/local/local_tasks.hpp"

#include <type_traits>
#include <utility>

namespace edo::detail {

template <class T>
JoinHandle<T> spawn_local_task(LocalTasks& tasks, Task<T> task, const TaskName* name = nullptr) {
    tasks.check_thread();
    check_can_spawn(task.promise());
    auto* const cell = new TaskCell<T>(tasks, std::move(task));
    JoinHandle<T> handle(*cell, cell->result());
    tasks.spawn(*cell, name);
    return handle;
}

template <class Function, class... Args>
auto spawn_local_callable(LocalTasks& tasks, const TaskName* name, Function&& function,
                          Args&&... args) {
    using T = TaskValue<std::invoke_result_t<std::decay_t<Function>&, std::decay_t<Args>...>>;
    using Cell = CallableCell<T, std::decay_t<Function>, std::decay_t<Args>...>;
    tasks.check_thread();
    auto* const cell =
        new Cell(tasks, std::forward<Function>(function), std::forward<Args>(args)...);
    JoinHandle<T> handle(*cell, cell->result());
    tasks.spawn(*cell, name);
    return handle;
}

}  // namespace edo::detail
