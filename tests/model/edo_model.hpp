// SPDX-License-Identifier: MIT
// Tasks of edo inside a model: an owner whose queue is a mailbox, and threads that run what is in
// it.
#pragma once

#include "checker/model.hpp"
#include <edo/runtime/core/context.hpp>
#include <edo/runtime/core/task_core.hpp>
#include <edo/runtime/task/task.hpp>
#include <edo/runtime/task/task_cell.hpp>

#include <atomic>
#include <cstdint>
#include <utility>

namespace edo::model {

/// Queues tasks for the threads of a check that call `work`.
class Owner final : public detail::TaskOwner {
public:
    enum class Queue : std::uint8_t {
        /// Whatever a turn needs to see must come to it through the word of the task. Where the
        /// turns of a task are all on one thread, since a new task relies on its queue.
        Unordered,
        Ordered,  ///< as in a runtime: who puts a task in releases, who takes it out acquires
        Leaves,   ///< ordered, and has entries for leaves, as that of a runtime
    };
    /// `tasks` is how many will be started.
    explicit Owner(unsigned tasks, Queue queue = Queue::Unordered) noexcept
        : TaskOwner(queue == Queue::Leaves), queue_(tasks), ordered_(queue != Queue::Unordered) {}

    void schedule(detail::TaskCore& task) noexcept override { put(task); }
    void schedule_woken(detail::Leaf& leaf) noexcept override { put(detail::Runnable(leaf)); }
    using TaskOwner::schedule_woken;
    void forget(detail::TaskCore& /*task*/) noexcept override { queue_.leave(); }

    /// Its threads help each other: the children of a `fork_join` become tasks at once.
    void let_threads_help() noexcept { helps_ = true; }

    /// Runs turns until all tasks are complete.
    void work() noexcept;

private:
    void put(detail::Runnable runnable) noexcept;
    [[nodiscard]] detail::Runnable take() noexcept;

    Mailbox queue_;
    const bool ordered_;
    bool helps_ = false;
    std::atomic<unsigned> order_{0};
};

/// A task of an owner, with the reference that a join handle has. Destroyed with the join handle.
template <class T>
class Spawned {
public:
    Spawned(Owner& owner, Task<T> task) : cell_(new detail::TaskCell<T>(owner, std::move(task))) {
        owner.schedule(*cell_);
    }
    Spawned(const Spawned&) = delete;
    Spawned& operator=(const Spawned&) = delete;
    ~Spawned() {
        if (cell_ != nullptr) {
            cell_->detach();
        }
    }

    [[nodiscard]] detail::TaskCore& core() const noexcept { return *cell_; }
    [[nodiscard]] bool is_finished() const noexcept { return cell_->is_finished(); }
    /// After all threads have ended.
    [[nodiscard]] detail::Outcome outcome() const noexcept { return cell_->outcome(); }
    [[nodiscard]] T value() { return cell_->result().take(); }
    void abort() noexcept { cell_->abort(); }
    void detach() noexcept { std::exchange(cell_, nullptr)->detach(); }

private:
    detail::TaskCell<T>* cell_;
};

/// A wait that a waker ends by hand: the leaf is published in a word, and the waker claims it. The
/// least that a primitive does.
class Signal {
public:
    class Awaiter;
    [[nodiscard]] Awaiter operator co_await() noexcept;

    /// Wakes who waits, now or later. Once.
    void set() noexcept;

private:
    static constexpr std::uintptr_t kSet = 1;
    std::atomic<std::uintptr_t> word_{0};
};

class Signal::Awaiter : public detail::Leaf {
public:
    explicit Awaiter(Signal& signal) noexcept : signal_(signal) {}
    ~Awaiter();
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    bool await_suspend(detail::TaskHandle task) noexcept;
    void await_resume() const noexcept {}

private:
    Signal& signal_;
};

}  // namespace edo::model
