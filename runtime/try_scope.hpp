// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/scope.hpp"

#include <concepts>
#include <exception>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

namespace edo {

namespace detail {

template <class T>
struct ErrorOf {
    using type = void;
};
template <class T, class E>
struct ErrorOf<Result<T, E>> {
    using type = E;
};

/// A scope that a failed `Result` ends, too.
template <class E>
class TryScopeCore : public ScopeCore {
public:
    /// The body or a child has yielded an error. Only the first one counts.
    template <class Error>
    void fail_with(const Error& error) noexcept {
        if (!claim_failure()) {
            return;
        }
        error_.emplace(error);
        stop();
    }

    /// When all children have ended.
    [[nodiscard]] std::optional<E>& error() noexcept { return error_; }

private:
    std::optional<E> error_;  // its author's, then, after the last child, the parent's
};

template <class E>
class TryScopeChild : public ScopeChild {
public:
    using ScopeChild::ScopeChild;

    template <class T>
    void ended(Outcome outcome, ResultSlot<T>& slot) noexcept {
        if (outcome == Outcome::Exception) {
            fail(slot.error());
            return;
        }
        if constexpr (is_result<T>) {
            static_assert(std::constructible_from<E, const typename T::error_type&>,
                          "the error type of try_scope cannot hold that of the child");
            if (outcome == Outcome::Value && slot.is_failure()) {
                static_cast<TryScopeCore<E>&>(scope()).fail_with(slot.failure());
            }
        }
    }
};

}  // namespace detail

/// What the body of `try_scope` spawns its children with.
///
/// @par Thread safety
/// All functions may be called by the body and by all children of the scope, at the same time.
template <class E = std::error_code>
class TryScope {
public:
    /// Like `Scope::spawn`. A child that yields a failed `Result` fails the scope.
    template <class... Args>
    ScopedHandle<detail::Spawned<Args...>> spawn(Args&&... args) {
        return detail::spawn_into<detail::TryScopeChild<E>, detail::Spawned<Args...>>(
            core_, std::forward<Args>(args)...);
    }

    /// Like `Scope::cancel`.
    void cancel() noexcept { core_.cancel(); }

    /// For the runtime.
    TryScope() = default;
    [[nodiscard]] detail::TryScopeCore<E>& core() noexcept { return core_; }

private:
    detail::TryScopeCore<E> core_;
};

/// `scope` for functions that yield `Result`: the first error of the body or of a child aborts the
/// other children, destroys the body where it waits, and is what the scope yields when all have
/// ended.
///
/// @tparam E The error type; that of a child must convert to it. Named by the body's parameter.
/// @param body A callable that takes `TryScope<E>&` and returns `Task<Result<T, E>>`.
/// @return A task that yields the body's result, or the first error.
///
/// @par Errors
/// Exceptions end the scope as they do in `scope`.
///
/// @par Cancel safety
/// That of `scope`.
///
/// @par Example
/// @snippet scope.cpp try_scope
///
/// @see scope, try_join
template <class E = std::error_code, class Function>
    requires std::invocable<std::decay_t<Function>&, TryScope<E>&> &&
             is_task<std::invoke_result_t<std::decay_t<Function>&, TryScope<E>&>>
[[nodiscard]] auto try_scope(Function&& body) {
    using T = detail::TaskValue<std::invoke_result_t<std::decay_t<Function>&, TryScope<E>&>>;
    static_assert(
        std::same_as<typename detail::ErrorOf<T>::type, E>,
        "the body of try_scope returns Task<Result<T, E>>, with the E of its TryScope<E>");
    return detail::run_scope<T, TryScope<E>>(std::decay_t<Function>(std::forward<Function>(body)));
}

}  // namespace edo
