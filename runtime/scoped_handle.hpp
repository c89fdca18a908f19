// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/join_handle.hpp"
#include "edo/runtime/task/scope_core.hpp"

#include <utility>

namespace edo {

/// A task that was spawned into a scope: to await its value inside the scope, or to abort it.
///
/// Dropping the handle changes nothing but that the value is dropped too: the scope waits for the
/// task all the same.
///
/// @par Cancel safety
/// Awaiting is cancel safe: the handle can be awaited again.
///
/// @par Thread safety
/// `abort`, `is_finished` and `id` may be called from any thread while the handle is not moved or
/// destroyed; only one task may await it.
///
/// @par Misuse
/// Awaiting a moved-from handle, or one whose value was taken already, throws `UsageError`. Two
/// children that await each other wait for ever, as any two tasks would.
///
/// @par Example
/// @snippet scope.cpp values
template <class T>
class ScopedHandle {
public:
    ScopedHandle() noexcept = default;
    ScopedHandle(ScopedHandle&& other) noexcept
        : child_(std::exchange(other.child_, nullptr)), slot_(other.slot_) {}
    ScopedHandle& operator=(ScopedHandle&& other) noexcept {
        ScopedHandle old(std::move(*this));
        child_ = std::exchange(other.child_, nullptr);
        slot_ = other.slot_;
        return *this;
    }
    ~ScopedHandle() {
        if (child_ != nullptr) {
            child_->drop_handle();
        }
    }

    class Awaiter : public detail::ScopeChild::Wait {
    public:
        explicit Awaiter(ScopedHandle& handle) noexcept : Wait(*handle.child_), handle_(&handle) {}
        JoinResult<T> await_resume() { return handle_->take(); }

    private:
        ScopedHandle* handle_;
    };

    /// Waits for the task.
    /// @return Its value, or a `JoinError` if it was aborted. If it threw, the scope has been
    ///     cancelled, and whoever awaits is usually destroyed instead of resumed.
    /// @throws UsageError if there is no task, or its result was taken before.
    Awaiter operator co_await() & {
        check();
        return Awaiter(*this);
    }
    Awaiter operator co_await() && {
        check();
        return Awaiter(*this);
    }

    /// Asks this task alone to end; see `JoinHandle::abort`. That is no failure of the scope.
    void abort() const noexcept {
        if (child_ != nullptr) {
            child_->core().abort();
        }
    }

    /// Whether the task is over and its coroutine destroyed.
    [[nodiscard]] bool is_finished() const noexcept {
        return child_ == nullptr || child_->is_over();
    }

    /// @throws UsageError for a moved-from handle.
    [[nodiscard]] TaskId id() const {
        check();
        return TaskId(child_->core().id());
    }

    /// Whether the handle refers to a task.
    [[nodiscard]] bool valid() const noexcept { return child_ != nullptr; }

    /// For the runtime: a child that is not started yet.
    ScopedHandle(detail::ScopeChild& child, detail::ResultSlot<T>& slot) noexcept
        : child_(&child), slot_(&slot) {
        child.core().add_reference();
    }

private:
    void check() const {
        if (child_ == nullptr) {
            throw UsageError("edo: this ScopedHandle is empty: it was moved from or awaited");
        }
    }
    JoinResult<T> take() {
        detail::ScopeChild& child = *std::exchange(child_, nullptr);
        if (child.has_outcome()) {
            return detail::take_result(static_cast<detail::JoinCore&>(child.core()), *slot_);
        }
        const TaskId id(child.core().id());
        child.core().release_reference();
        return failure(JoinError(id, nullptr));
    }

    detail::ScopeChild* child_ = nullptr;
    detail::ResultSlot<T>* slot_ = nullptr;
};

}  // namespace edo
