// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/abort_handle.hpp"

#include <utility>

namespace edo {

/// Aborts a task when it is destroyed, without the right to await it: for a task whose `JoinHandle`
/// is elsewhere, or that is a member of a `JoinSet`.
///
/// The destructor asks and does not wait, as that of `AbortOnDrop`.
///
/// @par Thread safety
/// That of `AbortHandle`.
///
/// @par Misuse
/// A guard that was moved from, or gave its handle back, aborts nothing.
///
/// @par Example
/// @snippet tasks.cpp abort_guard
///
/// @see AbortOnDrop, AbortHandle
class [[nodiscard("the task is aborted when the AbortGuard is destroyed")]] AbortGuard {
public:
    explicit AbortGuard(AbortHandle handle) noexcept : handle_(std::move(handle)) {}
    AbortGuard(AbortGuard&&) noexcept = default;
    /// The task that the guard referred to before is aborted.
    AbortGuard& operator=(AbortGuard&& other) noexcept {
        const AbortGuard old(std::move(*this));
        handle_ = std::move(other.handle_);
        return *this;
    }
    ~AbortGuard() { handle_.abort(); }

    /// The handle; it stays with the guard.
    [[nodiscard]] const AbortHandle& abort_handle() const noexcept { return handle_; }
    /// Gives the handle back: from now on dropping the guard aborts nothing.
    AbortHandle detach() noexcept { return std::move(handle_); }

private:
    AbortHandle handle_;
};

}  // namespace edo
