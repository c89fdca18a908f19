// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/handle.hpp"
#include "edo/runtime/spawn_place.hpp"

#include <string_view>
#include <utility>

namespace edo {

/// Spawns tasks that have a name. The name stands in `dump_tasks`, in `JoinError::message`, in
/// `current_task_name()`, and is given to the hooks of `Builder`.
///
/// ```cpp
/// auto reading = edo::TaskBuilder().name("reader").spawn(read_all(stream));
/// ```
///
/// A builder may spawn any number of tasks. A name costs one small allocation a builder and one a
/// task; tasks without a name pay nothing.
///
/// @par Thread safety
/// The spawning functions may be called from several threads at once.
///
/// @par Example
/// @snippet local.cpp task_builder
class TaskBuilder {
public:
    TaskBuilder() noexcept = default;

    /// What the tasks are called; need not be unique. The text is copied.
    TaskBuilder& name(std::string_view name) {
        name_ = name.empty() ? detail::TaskName() : detail::TaskName(name);
        return *this;
    }

    /// Like `edo::spawn`, with all of its forms, errors and guarantees.
    template <class T>
    JoinHandle<T> spawn(Task<T> task) const {
        return detail::spawn_task(detail::current_scheduler("TaskBuilder::spawn"), std::move(task),
                                  given_name());
    }
    template <class Function, class... Args>
        requires detail::TaskFactory<Function, Args...>
    auto spawn(Function&& function, Args&&... args) const {
        return detail::spawn_callable(detail::current_scheduler("TaskBuilder::spawn"), given_name(),
                                      std::forward<Function>(function),
                                      std::forward<Args>(args)...);
    }

    /// Like `Handle::spawn`: on that runtime, whichever the calling thread is inside.
    template <class T>
    JoinHandle<T> spawn_on(const Handle& runtime, Task<T> task) const {
        return detail::spawn_task(runtime.scheduler(), std::move(task), given_name());
    }
    template <class Function, class... Args>
        requires detail::TaskFactory<Function, Args...>
    auto spawn_on(const Handle& runtime, Function&& function, Args&&... args) const {
        return detail::spawn_callable(runtime.scheduler(), given_name(),
                                      std::forward<Function>(function),
                                      std::forward<Args>(args)...);
    }

    /// Like `edo::spawn_blocking`. Only `JoinError` knows the name then.
    template <class Function>
    auto spawn_blocking(Function&& function) const {
        return detail::spawn_blocking_function(
            detail::current_scheduler("TaskBuilder::spawn_blocking"),
            std::forward<Function>(function), given_name());
    }
    /// Like `Handle::spawn_blocking`.
    template <class Function>
    auto spawn_blocking_on(const Handle& runtime, Function&& function) const {
        return detail::spawn_blocking_function(runtime.scheduler(),
                                               std::forward<Function>(function), given_name());
    }

    /// Like `edo::spawn_local`: in the local set of the caller. See `runtime/local_set.hpp`.
    template <class... Args>
    auto spawn_local(Args&&... args) const {
        return detail::spawn_at(detail::SpawnPlace(detail::current_local_tasks(), given_name()),
                                std::forward<Args>(args)...);
    }
    /// Like `LocalSet::spawn_local`.
    template <class... Args>
    auto spawn_local_on(LocalSet& set, Args&&... args) const {
        return detail::spawn_at(detail::SpawnPlace(set, given_name()), std::forward<Args>(args)...);
    }

private:
    [[nodiscard]] const detail::TaskName* given_name() const noexcept {
        return name_.empty() ? nullptr : &name_;
    }

    detail::TaskName name_;
};

}  // namespace edo
