// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/core/join_core.hpp"

#include <utility>

namespace edo {

class TaskId;

/// Aborts a task, without the right to await it. Copies refer to the same task.
///
/// Made by `JoinHandle::abort_handle` and by `JoinSet::spawn`. It keeps neither the task nor its
/// result alive, only the small cell that says whether the task is over; dropping it does nothing.
///
/// @par Thread safety
/// All functions may be called from any thread; one object must not be assigned to meanwhile.
///
/// @par Example
/// @snippet tasks.cpp abort_handle
///
/// @see JoinHandle::abort, AbortOnDrop
class AbortHandle {
public:
    /// A handle that refers to no task, as after a move.
    AbortHandle() noexcept = default;
    AbortHandle(const AbortHandle& other) noexcept : core_(other.core_) { add_reference(); }
    AbortHandle(AbortHandle&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
    AbortHandle& operator=(AbortHandle other) noexcept {
        std::swap(core_, other.core_);
        return *this;
    }
    ~AbortHandle() {
        if (core_ != nullptr) {
            core_->release_reference();
        }
    }

    /// Asks the task to end, as `JoinHandle::abort` does. Nothing happens if it has ended, or if
    /// the handle is empty.
    void abort() const noexcept {
        if (core_ != nullptr) {
            core_->abort();
        }
    }

    /// Whether the task is over and its coroutine destroyed; true for an empty handle.
    [[nodiscard]] bool is_finished() const noexcept {
        return core_ == nullptr || core_->is_finished();
    }

    /// @throws UsageError for an empty handle.
    [[nodiscard]] TaskId id() const;

    /// Whether the handle refers to a task.
    [[nodiscard]] bool valid() const noexcept { return core_ != nullptr; }

    /// For the runtime.
    explicit AbortHandle(detail::JoinCore& core) noexcept : core_(&core) { add_reference(); }

private:
    void add_reference() const noexcept {
        if (core_ != nullptr) {
            core_->add_reference();
        }
    }

    detail::JoinCore* core_ = nullptr;
};

}  // namespace edo
