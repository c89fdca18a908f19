// SPDX-License-Identifier: MIT
// A task that the test resumes by hand, turn by turn.
#pragma once

#include <edo/runtime/core/context.hpp>
#include <edo/runtime/core/leaf.hpp>
#include <edo/runtime/core/spin_lock.hpp>
#include <edo/runtime/join_handle.hpp>
#include <edo/runtime/task/task.hpp>
#include <edo/runtime/task/task_cell.hpp>

#include <cstddef>
#include <utility>

namespace edo::test {

/// Keeps one task out of any scheduler: remembers that it was woken, until the test runs it.
class StepOwner final : public detail::TaskOwner {
public:
    void schedule(detail::TaskCore& task) noexcept override;
    void forget(detail::TaskCore& task) noexcept override;
    [[nodiscard]] bool keeps_thread() const noexcept override { return true; }

    [[nodiscard]] bool is_scheduled() noexcept;
    void wait_until_scheduled() noexcept;
    /// Runs one turn on the calling thread, as if a worker did.
    void run(detail::TaskCore& task) noexcept;

    /// Waits, in another task, until the stepped one was woken.
    class [[nodiscard]] Scheduled : public detail::Leaf {
    public:
        explicit Scheduled(StepOwner& owner) noexcept : owner_(owner) {}
        Scheduled(Scheduled&& other) noexcept : owner_(other.owner_) {}  // g++ 12 moves awaiters
        ~Scheduled();
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        bool await_suspend(detail::TaskHandle task) noexcept;
        void await_resume() const noexcept {}

    private:
        StepOwner& owner_;
    };

private:
    detail::SpinLock lock_;
    bool scheduled_ = true;  // a new task is
    detail::LeafList waiting_;
};

/// A task that runs only when `turn` is called, on the calling thread. It may use all that the
/// calling thread may: inside a runtime, timers and sockets; outside, whatever needs no runtime.
///
/// ```cpp
/// SteppedTask<int> receiving(receive(channel));
/// receiving.turn();
/// BOOST_TEST(!receiving.is_woken());  // it waits
/// channel.send(1);
/// BOOST_TEST(receiving.is_woken());
/// receiving.turn();
/// BOOST_TEST(receiving.is_finished());
/// ```
template <class T>
class SteppedTask {
public:
    explicit SteppedTask(Task<T> task)
        : cell_(new detail::TaskCell<T>(owner_, std::move(task))),
          handle_(*cell_, cell_->result()) {}
    ~SteppedTask() { cancel(); }
    SteppedTask(const SteppedTask&) = delete;
    SteppedTask& operator=(const SteppedTask&) = delete;

    /// Whether a turn would do something: it has not started, or something woke it.
    [[nodiscard]] bool is_woken() noexcept { return !is_finished() && owner_.is_scheduled(); }
    [[nodiscard]] bool is_finished() const noexcept { return handle_.is_finished(); }

    /// Runs until it suspends, or to its end. Only when it is woken.
    void turn() noexcept { owner_.run(*cell_); }
    /// Runs as long as it is woken. Returns whether it is finished.
    bool run() noexcept {
        while (is_woken()) {
            turn();
        }
        return is_finished();
    }

    /// Destroys it where it is suspended.
    void cancel() noexcept {
        if (!is_finished()) {
            handle_.abort();
            owner_.wait_until_scheduled();  // a waker may be on its way
            turn();
        }
    }

    /// `co_await task.woken()` in another task waits until `is_woken` becomes true.
    [[nodiscard]] StepOwner::Scheduled woken() noexcept { return StepOwner::Scheduled(owner_); }

    /// To await the result once it is finished, or to abort it from elsewhere.
    [[nodiscard]] JoinHandle<T>& handle() noexcept { return handle_; }

    /// The result of a finished task; throws what the task threw.
    T take() {
        cell_->set_observed();
        return cell_->result().take();
    }
    [[nodiscard]] detail::Outcome outcome() const noexcept { return cell_->outcome(); }

private:
    StepOwner owner_;
    detail::TaskCell<T>* cell_;  // kept by `handle_`
    JoinHandle<T> handle_;
};

}  // namespace edo::test
