// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/handle.hpp"
#include "edo/runtime/scoped_handle.hpp"
#include "edo/runtime/task/cell_with.hpp"
#include "edo/runtime/task/scope_core.hpp"
#include "edo/runtime/task/wait_on.hpp"

#include <concepts>
#include <exception>
#include <functional>
#include <type_traits>
#include <utility>

namespace edo {

namespace detail {

/// Whether a failed `Result` ends a scope of this kind.
template <class Core>
concept TakesErrors = requires(Core& core) { core.error(); };

/// A body before it is started, and where its value goes.
template <class T, class Core>
struct ScopeBodyInput {
    ScopeBodyInput(Core& input_scope, ResultSlot<T>& input_value) noexcept
        : scope(input_scope), value(input_value) {}
    Core& scope;
    ResultSlot<T>& value;
    Task<T> body;
};

/// Runs the body of a scope; keeps its value.
template <class T, class Core>
class ScopeBody : public ScopeCore::Body {
public:
    explicit ScopeBody(ScopeBodyInput<T, Core>& input) noexcept
        : Body(input.scope, *input.body.release()), value_(&input.value) {}

    void await_resume() {
        PromiseBase* const body = finished();
        if (body == nullptr) {
            return;
        }
        ResultSlot<T>& result = static_cast<Promise<T>*>(body)->result();
        if (result.failed()) {
            scope().fail_here(result.error());
        } else if constexpr (!std::is_void_v<T>) {
            value_->emplace(result.take());
            if constexpr (TakesErrors<Core>) {
                if (value_->is_failure()) {
                    static_cast<Core&>(scope()).fail_with(value_->failure());
                }
            }
        }
    }

private:
    ResultSlot<T>* value_;
};

template <class Node, class T, class... Args>
ScopedHandle<T> spawn_into(ScopeCore& scope, Args&&... args) {
    Scheduler& scheduler = current_scheduler("Scope::spawn");
    auto* const cell = make_cell<Node>(owner_of(scheduler), typename Node::Init(scope),
                                       std::forward<Args>(args)...);
    ScopedHandle<T> handle(cell->node(), cell->result());
    scope.start(scheduler, cell->node());
    return handle;
}

/// The coroutine that holds the scope; `Opened` is what the body gets.
template <class T, class Opened, class Function>
Task<T> run_scope(Function function) {
    Opened scope;
    using Core = std::remove_cvref_t<decltype(scope.core())>;
    ResultSlot<T> value;
    ScopeBodyInput<T, Core> input(scope.core(), value);
    try {
        input.body = std::invoke(function, scope);
        check_can_spawn(input.body.promise());
    } catch (...) {
        scope.core().fail_here(std::current_exception());
        input.body = Task<T>();
    }
    if (input.body.valid()) {
        co_await WaitOn<ScopeBody<T, Core>, ScopeBodyInput<T, Core>>(input);
    }
    co_await WaitOn<ScopeCore::Children, ScopeCore>(scope.core());
    scope.core().rethrow_failure();
    if constexpr (TakesErrors<Core>) {
        if (scope.core().error().has_value()) {
            co_return failure(std::move(*scope.core().error()));
        }
    }
    co_return value.take();
}

}  // namespace detail

/// What the body of `scope` spawns its children with.
///
/// @par Thread safety
/// All functions may be called by the body and by all children of the scope, at the same time.
class Scope {
public:
    /// Starts a child: a `Task`, or a callable that returns one with its arguments, as
    /// `edo::spawn` does. It runs in parallel with the body, on the workers.
    /// @return A handle to await the child's value; it may be dropped. Where the child yields a
    ///     `Result`, look at it, or use `try_scope`.
    /// @throws UsageError for an empty task.
    template <class... Args>
        requires(!is_result<detail::Spawned<Args...>>)
    ScopedHandle<detail::Spawned<Args...>> spawn(Args&&... args) {
        return detail::spawn_into<detail::ScopeChild, detail::Spawned<Args...>>(
            core_, std::forward<Args>(args)...);
    }
    template <class... Args>
        requires is_result<detail::Spawned<Args...>>
    [[nodiscard("the Result may hold an error: await the handle, or use try_scope")]] ScopedHandle<
        detail::Spawned<Args...>>
    spawn(Args&&... args) {
        return detail::spawn_into<detail::ScopeChild, detail::Spawned<Args...>>(
            core_, std::forward<Args>(args)...);
    }

    /// Aborts all children, and those that are spawned later. The body goes on, and its value is
    /// that of the scope.
    void cancel() noexcept { core_.cancel(); }

    /// For the runtime.
    Scope() = default;
    [[nodiscard]] detail::ScopeCore& core() noexcept { return core_; }

private:
    detail::ScopeCore core_;
};

/// Calls `body(scope)`, awaits the task that it returns, and lets nobody pass before all tasks that
/// were spawned into the scope have ended.
///
/// So the children may use the caller's local variables, by reference, although they are tasks of
/// their own and run in parallel. This holds however the scope ends: with the body's value, with an
/// exception, or because the caller is cancelled. What they must not use is the local variables of
/// `body` itself: those are gone when it has returned, or is cancelled, while the children may
/// still run. Declare them before the scope. Parallel children that write to the same variable need
/// a lock or an atomic, as threads do.
///
/// @param body A callable that takes `Scope&` and returns `Task<T>`. Kept as long as the scope.
/// @return A task that yields the body's value. Await it, or give it to `join`, `select`,
///     `timeout`, `spawn`.
///
/// @par Errors
/// The first exception that leaves the body or a child aborts the other children and destroys the
/// body where it waits. When all have ended it is thrown from the `co_await`. Exceptions that come
/// after it go to the runtime's `on_unhandled_exception` hook.
///
/// @par Cancel safety
/// A scope that is dropped destroys its children before the drop returns. A child that another
/// thread runs at this moment is waited for until it suspends or ends, so a child that blocks its
/// thread delays whoever cancels the scope.
///
/// @par Example
/// @snippet scope.cpp scope
///
/// @see try_scope, join, JoinSet
template <class Function>
    requires std::invocable<std::decay_t<Function>&, Scope&> &&
             is_task<std::invoke_result_t<std::decay_t<Function>&, Scope&>>
[[nodiscard]] auto scope(Function&& body) {
    using T = detail::TaskValue<std::invoke_result_t<std::decay_t<Function>&, Scope&>>;
    return detail::run_scope<T, Scope>(std::decay_t<Function>(std::forward<Function>(body)));
}

}  // namespace edo
