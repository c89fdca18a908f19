// SPDX-License-Identifier: MIT
// What may be spawned, and what comes of it.
#pragma once

#include "edo/runtime/task/task.hpp"

#include <concepts>
#include <stop_token>
#include <type_traits>

namespace edo::detail {

template <class T>
struct TaskValueOf;
template <class T>
struct TaskValueOf<Task<T>> {
    using type = T;
};
/// The `T` of a `Task<T>`.
template <class T>
using TaskValue = typename TaskValueOf<std::remove_cvref_t<T>>::type;

/// A callable that makes a task of decayed copies of `Args`.
template <class Function, class... Args>
concept TaskFactory = std::invocable<std::decay_t<Function>&, std::decay_t<Args>...> &&
                      is_task<std::invoke_result_t<std::decay_t<Function>&, std::decay_t<Args>...>>;

/// What a blocking function returns, called with a stop token if it takes one.
template <class Function>
struct BlockingResult {
    using type = std::invoke_result_t<Function&>;
};
template <class Function>
    requires std::invocable<Function&, std::stop_token>
struct BlockingResult<Function> {
    using type = std::invoke_result_t<Function&, std::stop_token>;
};

template <class Function>
using BlockingValue = typename BlockingResult<std::decay_t<Function>>::type;

/// The value of the task that `spawn(args...)` starts: of a `Task`, or of a callable that makes
/// one.
template <class... Args>
struct SpawnedOf;
template <class T>
struct SpawnedOf<Task<T>> {
    using type = T;
};
template <class Function, class... Args>
    requires TaskFactory<Function, Args...>
struct SpawnedOf<Function, Args...> {
    using type = TaskValue<std::invoke_result_t<std::decay_t<Function>&, std::decay_t<Args>...>>;
};
template <class... Args>
using Spawned = typename SpawnedOf<Args...>::type;

/// Whether `spawn(args...)` starts a task that yields a `T`.
template <class T, class... Args>
concept SpawnsA = requires { requires std::same_as<Spawned<Args...>, T>; };

}  // namespace edo::detail
