// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/abort_handle.hpp"
#include "edo/runtime/core/context.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/join_error.hpp"
#include "edo/runtime/task/basic_handle.hpp"
#include "edo/runtime/task/task_cell.hpp"

#include <type_traits>

namespace edo {

namespace detail {

/// The wait for a joinable thing; `T` only comes in when the result is taken.
class JoinWait : public HandleWait {
public:
    JoinWait(JoinCore& core, AwaitedHandle& handle) noexcept
        : HandleWait(&JoinWait::on_wake, handle), core_(&core) {}
    ~JoinWait() { stop(); }

    [[nodiscard]] bool await_ready() noexcept {
        charged_ = spend_budget();
        return charged_ && core_->is_finished();
    }
    bool await_suspend(TaskHandle task) noexcept;

    /// The handle lets the task go: the wait ends, and fails.
    void abandon() noexcept;

private:
    static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;
    bool add() noexcept;
    void stop() noexcept;

    JoinCore* core_;  // not to be used once it is abandoned
    bool charged_ = false;
    bool registered_ = false;
};

/// The result of a finished task, moved out; releases the reference that the task's owner had.
template <class T>
JoinResult<T> take_result(JoinCore& core, ResultSlot<T>& slot);

/// What a `JoinHandle` holds.
struct JoinEnd {
    using Node = JoinCore;
    using Wait = JoinWait;
    static constexpr const char* kKind = "JoinHandle";

    [[nodiscard]] static JoinCore& core(JoinCore& core) noexcept { return core; }
    [[nodiscard]] static bool is_over(const JoinCore& core) noexcept { return core.is_finished(); }
    static void drop(JoinCore& core) noexcept { core.detach(); }
    template <class T>
    static JoinResult<T> take(JoinCore& core, ResultSlot<T>& slot) {
        return take_result(core, slot);
    }
};

}  // namespace detail

/// Owns the right to await a spawned task or blocking call.
///
/// `co_await handle` waits for the task and yields `Result<T, JoinError>`; the task's own
/// destructors have run by then. Dropping the handle *detaches* the task: it goes on, its result is
/// dropped, and an exception that leaves it is given to the runtime's `on_unhandled_exception`
/// hook; or, if the handle of a task that had ended already is dropped by a thread outside of the
/// runtime, which may be gone by then, to the log.
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
/// Awaiting a moved-from handle, or one whose value was taken already, throws `UsageError`; so does
/// awaiting it in two branches at once. Where another branch of the task moves the handle that is
/// awaited, the wait goes along; where it drops the handle, the wait throws `UsageError`.
///
/// @par Example
/// @snippet spawn.cpp join_handle
template <class T>
class JoinHandle : public detail::BasicHandle<T, detail::JoinEnd> {
public:
    JoinHandle() noexcept = default;

    /// Another way to abort the task: it can be copied, kept elsewhere, and outlives this handle.
    /// @throws UsageError for a moved-from handle.
    [[nodiscard]] AbortHandle abort_handle() const { return AbortHandle(this->core()); }

    /// Lets the task go on alone: says in the code that the handle is dropped on purpose.
    void detach() noexcept { this->drop(); }

    /// For the runtime.
    JoinHandle(detail::JoinCore& core, detail::ResultSlot<T>& slot) noexcept
        : detail::BasicHandle<T, detail::JoinEnd>(core, slot) {}
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
