// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/join_handle.hpp"

#include <utility>

namespace edo {

/// A join handle whose destructor aborts the task, instead of detaching it.
///
/// The destructor asks and does not wait: the task may still run for a moment. Where it borrows
/// local variables, use `scope`, which waits.
///
/// @par Cancel safety
/// `co_await handle` of an lvalue: dropping the wait leaves the task alone, and the handle can be
/// awaited again. Dropping the handle, or `co_await` of a temporary one, aborts the task.
///
/// @par Thread safety
/// That of `JoinHandle`.
///
/// @par Misuse
/// Awaiting a moved-from or detached handle throws `UsageError`.
///
/// @par Example
/// @snippet tasks.cpp abort_on_drop
template <class T>
class [[nodiscard("the task is aborted when the AbortOnDrop is destroyed")]] AbortOnDrop {
public:
    AbortOnDrop() noexcept = default;
    explicit AbortOnDrop(JoinHandle<T> handle) noexcept : handle_(std::move(handle)) {}
    AbortOnDrop(AbortOnDrop&&) noexcept = default;
    /// The task that the handle referred to before is aborted.
    AbortOnDrop& operator=(AbortOnDrop&& other) noexcept {
        const AbortOnDrop old(std::move(*this));
        handle_ = std::move(other.handle_);
        return *this;
    }
    ~AbortOnDrop() { handle_.abort(); }

    using Awaiter = typename JoinHandle<T>::Awaiter;

    /// Waits for the task.
    /// @return The task's value, or a `JoinError`.
    /// @throws UsageError if there is no task, or its result was taken before.
    // lint: allow it calls the operator, and awaits nothing
    Awaiter operator co_await() & { return handle_.operator co_await(); }
    // lint: allow as above
    Awaiter operator co_await() && { return handle_.operator co_await(); }

    /// The same as `JoinHandle`'s.
    void abort() const noexcept { handle_.abort(); }
    [[nodiscard]] AbortHandle abort_handle() const { return handle_.abort_handle(); }
    [[nodiscard]] bool is_finished() const noexcept { return handle_.is_finished(); }
    [[nodiscard]] TaskId id() const { return handle_.id(); }
    [[nodiscard]] bool valid() const noexcept { return handle_.valid(); }

    /// Gives the plain handle back: from now on dropping it aborts nothing.
    [[nodiscard("dropping the handle detaches the task")]] JoinHandle<T> detach() noexcept {
        return std::move(handle_);
    }

private:
    JoinHandle<T> handle_;
};

}  // namespace edo
