// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/join_handle.hpp"
#include "edo/runtime/task/scope_core.hpp"

namespace edo {

namespace detail {

/// What a `ScopedHandle` holds.
struct ScopeEnd {
    using Node = ScopeChild;
    using Wait = ScopeChild::Wait;
    static constexpr const char* kKind = "ScopedHandle";

    [[nodiscard]] static JoinCore& core(const ScopeChild& child) noexcept { return child.core(); }
    [[nodiscard]] static bool is_over(const ScopeChild& child) noexcept { return child.is_over(); }
    static void drop(ScopeChild& child) noexcept { child.drop_handle(); }
    template <class T>
    static JoinResult<T> take(ScopeChild& child, ResultSlot<T>& slot) {
        if (child.has_outcome()) {
            return take_result(core(child), slot);
        }
        const TaskId id(child.core().id());
        child.core().release_reference();
        return failure(JoinError(id, nullptr));
    }
};

}  // namespace detail

/// A task that was spawned into a scope: to await its value inside the scope, or to abort it.
///
/// Dropping the handle changes nothing but that the value is dropped too: the scope waits for the
/// task all the same. An `abort` ends this task alone and is no failure of the scope. If the task
/// threw, the scope has been cancelled, and whoever awaits is usually destroyed instead of resumed.
///
/// @par Cancel safety
/// Awaiting is cancel safe: the handle can be awaited again.
///
/// @par Thread safety
/// `abort`, `is_finished` and `id` may be called from any thread while the handle is not moved or
/// destroyed; only one task may await it.
///
/// @par Misuse
/// That of `JoinHandle`. Two children that await each other wait for ever, as any two tasks would.
///
/// @par Example
/// @snippet scope.cpp values
template <class T>
class ScopedHandle : public detail::BasicHandle<T, detail::ScopeEnd> {
public:
    ScopedHandle() noexcept = default;

    /// For the runtime: a child that is not started yet.
    ScopedHandle(detail::ScopeChild& child, detail::ResultSlot<T>& slot) noexcept
        : detail::BasicHandle<T, detail::ScopeEnd>(child, slot) {
        child.core().add_reference();
    }
};

}  // namespace edo
