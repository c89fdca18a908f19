// SPDX-License-Identifier: MIT
// A spawned task with its coroutine, and later its result; and the same for blocking jobs.
#pragma once

#include "edo/runtime/blocking/blocking_pool.hpp"
#include "edo/runtime/core/task_core.hpp"
#include "edo/runtime/task/await_scope.hpp"
#include "edo/runtime/task/group.hpp"
#include "edo/runtime/task/task.hpp"

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <utility>

namespace edo::detail {

/// A joinable thing that yields a `T`: where the join handle finds the result.
template <class T, class Base>
class Joinable : public Base {
public:
    /// Only after `is_finished()`.
    [[nodiscard]] ResultSlot<T>& result() noexcept { return result_; }

    void drop_result() noexcept final {
        std::destroy_at(&result_);
        std::construct_at(&result_);
    }

protected:
    using Base::Base;

    [[nodiscard]] std::exception_ptr stored_exception() const noexcept final {
        return result_.failed() ? result_.error() : nullptr;
    }

    ResultSlot<T> result_;
};

/// The parts of a task cell that do not depend on its result.
class CoroutineCore : public TaskCore {
public:
    /// For dumps: the root frame of a task that is not running; null when it is over.
    [[nodiscard]] PromiseBase* root_promise() const noexcept {
        return root_ ? &promise_of(root_) : nullptr;
    }

protected:
    explicit CoroutineCore(TaskOwner& owner) noexcept : TaskCore(owner) {}
    CoroutineCore(TaskOwner& owner, PromiseBase& root) noexcept : TaskCore(owner) {
        set_root(root);
    }

    [[nodiscard]] Leaf& choose(const ReadyList& ready) const noexcept final {
        return first_by_priority(ready);
    }

    void enter_scope(const Leaf* leaf) noexcept final {
        switch_scope(leaf != nullptr ? scope_of(promise_of(leaf->handle())) : inherited());
    }

    void set_root(PromiseBase& root) noexcept {
        root_ = root.handle();
        root.set_up(Up(*this));
    }
    void destroy_root() noexcept {
        destroy_frames(promise_of(root_));
        root_ = nullptr;
    }
};

/// A task that was spawned from a `Task<T>`.
template <class T>
class TaskCell : public Joinable<T, CoroutineCore> {
public:
    TaskCell(TaskOwner& owner, Task<T>&& task) noexcept
        : Joinable<T, CoroutineCore>(owner, *task.release()) {}

    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* block, std::size_t size) noexcept { free_frame(block, size); }

protected:
    explicit TaskCell(TaskOwner& owner) noexcept : Joinable<T, CoroutineCore>(owner) {}
    ~TaskCell() override = default;

    Outcome collect() noexcept override {
        auto& from = static_cast<Promise<T>&>(promise_of(this->root_)).result();
        Outcome outcome = Outcome::Value;
        if (from.failed()) {
            this->result_.fail(from.error());
            outcome = Outcome::Exception;
        } else if constexpr (!std::is_void_v<T>) {
            outcome = move_value(from);
        }
        this->destroy_root();
        return outcome;
    }
    void cancel() noexcept override { this->destroy_root(); }
    void destroy() noexcept override { delete this; }

private:
    Outcome move_value(ResultSlot<T>& from) noexcept {
        try {
            this->result_.emplace(from.take());
            return Outcome::Value;
        } catch (...) {
            this->result_.fail(std::current_exception());
            return Outcome::Exception;
        }
    }
};

/// A task that was spawned from a callable: keeps it and its arguments as long as the coroutine.
template <class T, class Function, class... Args>
class CallableCell : public TaskCell<T> {
public:
    template <class F, class... A>
    explicit CallableCell(TaskOwner& owner, F&& function, A&&... args)
        : TaskCell<T>(owner),
          call_(std::in_place, std::forward<F>(function), std::forward<A>(args)...) {
        Task<T> task = std::apply(
            [](Function& f, Args&... a) -> Task<T> { return std::invoke(f, std::move(a)...); },
            *call_);
        check_can_spawn(task.promise());
        this->set_root(*task.release());
    }

protected:
    ~CallableCell() override = default;

    Outcome collect() noexcept override {
        const Outcome outcome = TaskCell<T>::collect();
        call_.reset();
        return outcome;
    }
    void cancel() noexcept override {
        TaskCell<T>::cancel();
        call_.reset();
    }

private:
    std::optional<std::tuple<Function, Args...>> call_;
};

/// A blocking function. It may take a `std::stop_token` as its last argument.
template <class T, class Function>
class FunctionJob : public Joinable<T, BlockingJob> {
public:
    template <class F>
    explicit FunctionJob(F&& function) : function_(std::forward<F>(function)) {}

protected:
    Outcome call() noexcept override {
        Outcome outcome = Outcome::Value;
        try {
            if constexpr (std::is_void_v<T>) {
                invoke();
            } else {
                this->result_.emplace(invoke());
            }
        } catch (...) {
            this->result_.fail(std::current_exception());
            outcome = Outcome::Exception;
        }
        function_.reset();
        return outcome;
    }
    void drop_function() noexcept override { function_.reset(); }

private:
    T invoke() {
        if constexpr (std::is_invocable_v<Function&, std::stop_token>) {
            return std::invoke(*function_, this->stop_token());
        } else {
            return std::invoke(*function_);
        }
    }
    void destroy() noexcept override { delete this; }

    std::optional<Function> function_;
};

}  // namespace edo::detail
