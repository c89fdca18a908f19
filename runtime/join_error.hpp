// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/core/task_name.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task_id.hpp"

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace edo {

/// Why a task has no value: it was cancelled, or an exception left it.
class JoinError {
public:
    JoinError(TaskId id, std::exception_ptr exception, detail::TaskName name = {}) noexcept
        : id_(id), exception_(std::move(exception)), name_(std::move(name)) {}

    /// The task was aborted, or its runtime was shut down.
    [[nodiscard]] bool is_cancelled() const noexcept { return exception_ == nullptr; }
    /// An exception left the task.
    [[nodiscard]] bool is_exception() const noexcept { return exception_ != nullptr; }
    /// The exception, or null.
    [[nodiscard]] const std::exception_ptr& exception() const noexcept { return exception_; }
    /// Throws the task's exception, whatever its type.
    /// @throws UsageError if the task was cancelled.
    [[noreturn]] void rethrow() const;
    /// For example "task 7 failed: file not found", or "task 7 'reader' was cancelled".
    [[nodiscard]] std::string message() const;
    [[nodiscard]] TaskId id() const noexcept { return id_; }
    /// What `TaskBuilder::name` called the task, or empty.
    [[nodiscard]] std::string_view name() const noexcept { return name_.text(); }

private:
    TaskId id_;
    std::exception_ptr exception_;
    detail::TaskName name_;
};

/// The outcome of a task: its value, or why it has none. As for every `Result`, `value()` throws
/// `tl::bad_expected_access<JoinError>` where there is no value; `error().rethrow()` throws what
/// the task threw.
template <class T>
using JoinResult = Result<T, JoinError>;

}  // namespace edo
