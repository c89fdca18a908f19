// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/task/promise.hpp"

#include <coroutine>
#include <type_traits>
#include <utility>

namespace edo {

/// An asynchronous computation that yields a `T`: the return type of every coroutine of edo.
///
/// ```cpp
/// edo::Task<int> add(int a, int b) {
///     co_await edo::sleep(10ms);
///     co_return a + b;
/// }
/// ```
///
/// A `Task` is lazy: calling `add(1, 2)` runs nothing. It runs when it is awaited
/// (`int n = co_await add(1, 2)`), spawned (`edo::spawn(add(1, 2))`), given to `join`, `select` or
/// `timeout`, or to `block_on`. Dropping it unawaited runs nothing and destroys its arguments.
///
/// A `Task` is awaited at most once, as an rvalue; `co_await task` of a named task does not
/// compile, `co_await std::move(task)` does. The coroutine owns copies of its parameters, but not
/// what references, spans or string views among them refer to, and not the captures of a lambda:
/// see docs/footguns.md. An exception that leaves the body is thrown from the `co_await`.
///
/// @tparam T What `co_return` yields: an object type of alignment up to 16, a reference, or void.
///
/// @par Cancel safety
/// Destroying a suspended task is how it is cancelled: the coroutine and all that it waits for are
/// destroyed, innermost frame first, and the destructors of its local variables run.
///
/// @par Thread safety
/// None; a task that has not been started may be handed to another thread.
template <class T = void>
class [[nodiscard("a Task does nothing until it is awaited or spawned")]] Task {
public:
    using promise_type = detail::Promise<T>;
    using value_type = T;

    /// An empty task, as after a move. It must not be awaited.
    Task() noexcept = default;
    Task(Task&& other) noexcept : promise_(std::exchange(other.promise_, nullptr)) {}
    Task& operator=(Task&& other) noexcept {
        Task old(std::move(*this));
        promise_ = std::exchange(other.promise_, nullptr);
        return *this;
    }
    ~Task() {
        if (promise_ != nullptr) {
            detail::destroy_frames(*promise_);
        }
    }

    /// Whether there is a coroutine, that is, whether the task was not moved from.
    [[nodiscard]] bool valid() const noexcept { return promise_ != nullptr; }

    class Awaiter;
    /// Runs the task inside the awaiting one and yields its result.
    /// @throws UsageError for an empty task, or one that `select` has started in another task.
    Awaiter operator co_await() &&;

    /// For the runtime: gives up ownership of the coroutine.
    [[nodiscard]] promise_type* release() noexcept { return std::exchange(promise_, nullptr); }
    /// For the runtime: the promise, still owned by the task.
    [[nodiscard]] promise_type* promise() const noexcept { return promise_; }

private:
    friend promise_type;
    explicit Task(promise_type& promise) noexcept : promise_(&promise) {}

    promise_type* promise_ = nullptr;
};

namespace detail {
/// Throws unless a coroutine that was started by `select`, or is missing, can be awaited here.
void check_can_await_started(const PromiseBase* promise);
[[noreturn]] void throw_cannot_spawn(const PromiseBase* promise);

/// Throws unless the coroutine can be started, or gone on with, by the running task.
inline void check_can_await(const PromiseBase* promise) {
    if (promise == nullptr || promise->is_started()) [[unlikely]] {
        check_can_await_started(promise);
    }
}
/// Throws unless the coroutine can become the root of a new task.
inline void check_can_spawn(const PromiseBase* promise) {
    if (promise == nullptr || promise->is_started()) [[unlikely]] {
        throw_cannot_spawn(promise);
    }
}
}  // namespace detail

template <class T>
class Task<T>::Awaiter : public detail::Call {
public:
    explicit Awaiter(promise_type& child) noexcept : Call(&child) {}

    [[nodiscard]] bool await_ready() const noexcept { return child()->is_done(); }
    std::coroutine_handle<> await_suspend(detail::TaskHandle parent) noexcept {
        return enter(parent.promise());
    }
    T await_resume() { return take(); }
    /// A result must not be dropped by accident: it may hold an error.
    [[nodiscard]] T await_resume()
        requires is_result<T>
    {
        return take();
    }

private:
    T take() {
        const Leave leave(*this);
        return static_cast<promise_type*>(child())->result().take();
    }
};

template <class T>
typename Task<T>::Awaiter Task<T>::operator co_await() && {
    detail::check_can_await(promise_);
    return Awaiter(*release());
}

namespace detail {

template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
    return Task<T>(*this);
}

inline Task<void> Promise<void>::get_return_object() noexcept {
    return Task<void>(*this);
}

}  // namespace detail

/// Whether `T` is some `Task`.
template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<Task<T>> = true;

}  // namespace edo
