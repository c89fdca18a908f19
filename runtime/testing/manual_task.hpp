// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/join_handle.hpp"
#include "edo/runtime/task/promise.hpp"
#include "edo/runtime/task/task.hpp"
#include "edo/runtime/task/task_cell.hpp"

#include <concepts>
#include <type_traits>
#include <utility>

namespace edo::detail {

/// Keeps one task out of any scheduler: remembers that it was woken, until somebody runs it.
class ManualTaskOwner final : public TaskOwner {
public:
    void schedule(TaskCore& task) noexcept override;
    void forget(TaskCore& task) noexcept override;
    [[nodiscard]] bool keeps_thread() const noexcept override { return true; }

    [[nodiscard]] bool is_scheduled() noexcept;
    void wait_until_scheduled() noexcept;
    /// Runs one turn on the calling thread, as a worker does. The task must be scheduled.
    void run(TaskCore& task) noexcept;

    /// Waits, in another task, until this one is scheduled.
    class [[nodiscard("woken() does nothing until it is awaited")]] Scheduled : public Leaf {
    public:
        explicit Scheduled(ManualTaskOwner& owner) noexcept : owner_(owner) {}
        Scheduled(Scheduled&& other) noexcept : owner_(other.owner_) {}  // g++ 12 moves awaiters
        ~Scheduled();
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        bool await_suspend(TaskHandle task) noexcept;
        void await_resume() const noexcept {}

    private:
        ManualTaskOwner& owner_;
    };

private:
    SpinLock lock_;
    bool scheduled_ = true;  // a new task is; guarded by `lock_`
    LeafList waiting_;       // guarded by `lock_`
};

/// Throw `UsageError` where the public functions of `ManualTask` are misused.
void check_manual_turn(bool is_woken);
void check_manual_take(const JoinCore& core, bool taken);

template <class T>
struct ManualValueOf;
template <class T>
struct ManualValueOf<Task<T>> {
    using type = T;
};

}  // namespace edo::detail

namespace edo::testing {

/// A task that runs only when the test says so, on the test's own thread, turn by turn: to see what
/// a primitive does between two steps, and who is woken when.
///
/// It needs no runtime. What it awaits may need one, timers and sockets for example: then the test
/// makes it inside a task of that runtime. A turn goes until the task suspends; what it waits for
/// then wakes it, which shows in `is_woken()`, and nothing runs until the next `turn()`.
///
/// The destructor cancels the task where it stands.
///
/// @tparam T What the task yields.
///
/// @par Thread safety
/// `is_done`, `is_woken` and `abort` may be called from any thread; everything else by one thread
/// at a time.
///
/// @par Misuse
/// `turn` of a task that was not woken, and `take` of one that has no result (any more), throw
/// `UsageError`. The task must not run, cancel or destroy its own `ManualTask`.
///
/// @par Example
/// @snippet testing.cpp manual_task
template <class T>
class ManualTask {
public:
    /// Takes the task and runs nothing.
    /// @throws UsageError if the task is empty, or was started by `select` in another task.
    explicit ManualTask(Task<T> task) {
        detail::check_can_spawn(task.promise());
        cell_ = new detail::TaskCell<T>(owner_, std::move(task));
        handle_ = JoinHandle<T>(*cell_, cell_->result());
    }
    /// The same with a function that returns the task; it is kept, captures included, as long as
    /// the task.
    template <class Function>
        requires std::same_as<std::invoke_result_t<Function&>, Task<T>>
    explicit ManualTask(Function function)
        : cell_(new detail::CallableCell<T, Function>(owner_, std::move(function))),
          handle_(*cell_, cell_->result()) {}
    ~ManualTask() { cancel(); }
    ManualTask(const ManualTask&) = delete;
    ManualTask& operator=(const ManualTask&) = delete;

    /// Whether a turn would do something: the task has not started yet, or something has woken it.
    [[nodiscard]] bool is_woken() noexcept { return !is_done() && owner_.is_scheduled(); }
    /// Whether it is over, and its coroutine destroyed: it yielded, threw, or was cancelled.
    [[nodiscard]] bool is_done() const noexcept { return cell_->is_finished(); }
    /// Whether it was destroyed before it came to its end.
    [[nodiscard]] bool is_cancelled() const noexcept {
        return is_done() && cell_->outcome() == detail::Outcome::Cancelled;
    }

    /// Runs one turn: until the task suspends, or to its end.
    /// @throws UsageError if it is not woken: then there is nothing to run.
    void turn() {
        detail::check_manual_turn(is_woken());
        owner_.run(*cell_);
    }
    /// Runs one turn if the task is woken. Returns whether it is done.
    bool poll() noexcept {
        if (is_woken()) {
            owner_.run(*cell_);
        }
        return is_done();
    }
    /// Runs turn after turn as long as the task is woken. Returns whether it is done. Does not
    /// return for a task that wakes itself for ever.
    bool run() noexcept {
        while (is_woken()) {
            owner_.run(*cell_);
        }
        return is_done();
    }

    /// `co_await task.woken()` in another task waits until `is_woken()`. Cancel safe; at once for a
    /// task that is woken already.
    [[nodiscard]] detail::ManualTaskOwner::Scheduled woken() noexcept {
        return detail::ManualTaskOwner::Scheduled(owner_);
    }

    /// Asks the task to end, as `JoinHandle::abort` does: it is woken, and its next turn destroys
    /// it. The task may do so itself.
    void abort() noexcept { cell_->abort(); }
    /// Destroys the task where it is suspended, at once. Nothing, if it is done.
    void cancel() noexcept {
        if (!is_done()) {
            cell_->abort();
            owner_.wait_until_scheduled();  // a waker may be on its way
            owner_.run(*cell_);
        }
    }

    /// The result of a task that is done; throws what the task threw. Once only.
    /// @throws UsageError if the task is not done, was cancelled, or the result was taken before.
    T take() {
        detail::check_manual_take(*cell_, taken_);
        taken_ = true;
        cell_->set_observed();
        return cell_->result().take();
    }

private:
    detail::ManualTaskOwner owner_;
    detail::TaskCell<T>* cell_ = nullptr;  // kept by `handle_`
    JoinHandle<T> handle_;
    bool taken_ = false;
};

template <class T>
ManualTask(Task<T>) -> ManualTask<T>;
template <class Function>
    requires std::invocable<Function&>
ManualTask(Function)
    -> ManualTask<typename detail::ManualValueOf<std::invoke_result_t<Function&>>::type>;

}  // namespace edo::testing
