// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/abort_handle.hpp"
#include "edo/runtime/core/context.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task_cell.hpp"
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

/// What `Result<T, JoinError>::value()` throws, instead of an exception without a text.
template <class T>
using JoinResult = Result<T, JoinError>;

namespace detail {

/// The wait for a joinable thing; `T` only comes in when the result is taken.
class JoinWait : public HookLeaf {
public:
    explicit JoinWait(JoinCore& core) noexcept : HookLeaf(&JoinWait::on_wake), core_(&core) {}
    ~JoinWait() { stop(); }

    [[nodiscard]] bool await_ready() noexcept {
        charged_ = spend_budget();
        return charged_ && core_->is_finished();
    }
    bool await_suspend(TaskHandle task) noexcept;

protected:
    [[nodiscard]] JoinCore& core() const noexcept { return *core_; }

private:
    static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;
    void stop() noexcept;

    JoinCore* core_;
    bool charged_ = false;
    bool registered_ = false;
};

/// The result of a finished task, moved out; releases the reference that the task's owner had.
template <class T>
JoinResult<T> take_result(JoinCore& core, ResultSlot<T>& slot);

}  // namespace detail

/// Owns the right to await a spawned task or blocking call.
///
/// `co_await handle` waits for the task and yields `Result<T, JoinError>`; the task's own
/// destructors have run by then. Dropping the handle *detaches* the task: it goes on, its result is
/// dropped, and an exception that leaves it is given to the runtime's `on_unhandled_exception`
/// hook.
///
/// @par Cancel safety
/// Awaiting is cancel safe: if `select` drops the wait, neither the task nor its result is
/// affected, and the handle can be awaited again.
///
/// @par Thread safety
/// `abort`, `is_finished` and `id` may be called from any thread while the handle is not moved or
/// destroyed; only one task may await it.
///
/// @par Misuse
/// Awaiting a moved-from handle, or one whose value was taken already, throws `UsageError`.
///
/// @par Example
/// @snippet spawn.cpp join_handle
template <class T>
class JoinHandle {
public:
    JoinHandle() noexcept = default;
    JoinHandle(JoinHandle&& other) noexcept
        : core_(std::exchange(other.core_, nullptr)), slot_(other.slot_) {}
    JoinHandle& operator=(JoinHandle&& other) noexcept {
        JoinHandle old(std::move(*this));
        core_ = std::exchange(other.core_, nullptr);
        slot_ = other.slot_;
        return *this;
    }
    ~JoinHandle() {
        if (core_ != nullptr) {
            core_->detach();
        }
    }

    class Awaiter : public detail::JoinWait {
    public:
        explicit Awaiter(JoinHandle& handle) noexcept : JoinWait(*handle.core_), handle_(&handle) {}
        JoinResult<T> await_resume() { return handle_->take(); }

    private:
        JoinHandle* handle_;
    };

    /// Waits for the task.
    /// @return The task's value, or a `JoinError`.
    /// @throws UsageError if there is no task, or its result was taken before.
    Awaiter operator co_await() & {
        check();
        return Awaiter(*this);
    }
    Awaiter operator co_await() && {
        check();
        return Awaiter(*this);
    }

    /// Asks the task to end: at its next suspension, or before its first run, its frames are
    /// destroyed. A task that finishes first keeps its value. For `spawn_blocking`: the function
    /// does not start, or its stop token is triggered. Returns at once; await the handle to wait
    /// for the end.
    void abort() const noexcept {
        if (core_ != nullptr) {
            core_->abort();
        }
    }

    /// Another way to abort the task: it can be copied, kept elsewhere, and outlives this handle.
    /// @throws UsageError for a moved-from handle.
    [[nodiscard]] AbortHandle abort_handle() const {
        check();
        return AbortHandle(*core_);
    }

    /// Whether the task is over and its coroutine destroyed.
    [[nodiscard]] bool is_finished() const noexcept {
        return core_ == nullptr || core_->is_finished();
    }

    /// @throws UsageError for a moved-from handle.
    [[nodiscard]] TaskId id() const {
        check();
        return TaskId(core_->id());
    }

    /// Lets the task go on alone: says in the code that the handle is dropped on purpose.
    void detach() noexcept {
        if (core_ != nullptr) {
            std::exchange(core_, nullptr)->detach();
        }
    }

    /// Whether the handle refers to a task.
    [[nodiscard]] bool valid() const noexcept { return core_ != nullptr; }

    /// For the runtime.
    JoinHandle(detail::JoinCore& core, detail::ResultSlot<T>& slot) noexcept
        : core_(&core), slot_(&slot) {}

private:
    void check() const {
        if (core_ == nullptr) {
            throw UsageError(
                "edo: this JoinHandle is empty: it was moved from, detached, or awaited");
        }
    }
    JoinResult<T> take() { return detail::take_result(*std::exchange(core_, nullptr), *slot_); }

    detail::JoinCore* core_ = nullptr;
    detail::ResultSlot<T>* slot_ = nullptr;
};

template <class T>
JoinResult<T> detail::take_result(JoinCore& core, ResultSlot<T>& slot) {
    core.set_observed();
    struct Release {
        JoinCore& core;
        ~Release() { core.release_result(); }
    } const release{core};
    switch (core.outcome()) {
        case Outcome::Value:
            if constexpr (std::is_void_v<T>) {
                return {};
            } else {
                return JoinResult<T>(slot.take());
            }
        case Outcome::Exception:
            return failure(JoinError(TaskId(core.id()), slot.error(), core.name()));
        case Outcome::Cancelled:
        case Outcome::Pending:
            break;
    }
    return failure(JoinError(TaskId(core.id()), nullptr, core.name()));
}

}  // namespace edo
