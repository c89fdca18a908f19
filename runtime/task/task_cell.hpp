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

/// The parts of a task cell that do not depend on its result.
class CoroutineCore : public TaskCore {
public:
    /// For dumps: the root frame of a task that is not running; null when it is over.
    [[nodiscard]] virtual PromiseBase* root_promise() const noexcept = 0;

protected:
    using TaskCore::TaskCore;

    [[nodiscard]] bool is_gone() const noexcept final { return root_promise() == nullptr; }

    void set_root(PromiseBase& promise) noexcept {
        root() = promise.handle();
        promise.set_up(Up(*this));
    }
    /// Of a task whose coroutine is there.
    [[nodiscard]] PromiseBase& promise() const noexcept { return promise_of(root()); }

    [[nodiscard]] Leaf& choose(const ReadyList& ready) const noexcept final {
        return first_by_priority(ready);
    }

    void enter_scope(const Leaf* leaf) noexcept final {
        switch_scope(leaf != nullptr ? scope_of(promise_of(leaf->handle())) : inherited());
    }
};

/// A task that was spawned from a `Task<T>`.
template <class T>
class TaskCell : public CoroutineCore {
public:
    TaskCell(TaskOwner& owner, Task<T>&& task) noexcept : TaskCell(owner) {
        set_root(*task.release());
    }
    TaskCell(const TaskCell&) = delete;
    TaskCell& operator=(const TaskCell&) = delete;

    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* block, std::size_t size) noexcept { free_frame(block, size); }

    /// Where the result will be: it is there when `is_finished()`.
    [[nodiscard]] ResultSlot<T>& result() noexcept { return *slot(this); }
    void drop_result() noexcept final {
        if (is_collected()) {
            std::destroy_at(&result());
            std::construct_at(&result());
        }
    }

    [[nodiscard]] PromiseBase* root_promise() const noexcept final {
        return is_collected() || !this->root() ? nullptr : &this->promise();
    }

protected:
    explicit TaskCell(TaskOwner& owner) noexcept : CoroutineCore(owner) {}
    ~TaskCell() override {
        if (is_collected()) {
            std::destroy_at(&result());
        }
    }

    Outcome collect() noexcept override {
        PromiseBase& root = this->promise();
        auto& from = static_cast<Promise<T>&>(root).result();
        Outcome outcome = Outcome::Value;
        ResultSlot<T>& to = *std::construct_at(&result());  // `root()` is gone
        if (from.failed()) {
            to.fail(from.error());
            outcome = Outcome::Exception;
        } else if constexpr (!std::is_void_v<T>) {
            outcome = move_value(from, to);
        }
        destroy_frames(root);
        set_collected();
        return outcome;
    }
    bool end_detached() noexcept override {
        if (!destroy_succeeded()) {
            return false;
        }
        this->leave_detached();
        return true;
    }
    /// Destroys the root and its result, unless it has failed.
    [[nodiscard]] bool destroy_succeeded() noexcept {
        PromiseBase& root = this->promise();
        if (static_cast<Promise<T>&>(root).result().failed()) [[unlikely]] {
            return false;
        }
        root.handle().destroy();
        this->root() = nullptr;
        return true;
    }
    void cancel() noexcept override {
        destroy_frames(this->promise());
        this->root() = nullptr;
    }
    void destroy() noexcept override { delete this; }

    [[nodiscard]] std::exception_ptr stored_exception() const noexcept final {
        const ResultSlot<T>& result = *slot(this);
        return is_collected() && result.failed() ? result.error() : nullptr;
    }

private:
    // A small result lies where the pointer to the coroutine was.
    static constexpr bool kIsSmall =
        sizeof(ResultSlot<T>) <= TaskCore::kResultRoom && alignof(ResultSlot<T>) <= alignof(void*);
    struct Nothing {};
    union Large {
        Large() noexcept {}
        Large(const Large&) = delete;
        Large& operator=(const Large&) = delete;
        ~Large() {}
        ResultSlot<T> slot;
    };
    [[no_unique_address]] std::conditional_t<kIsSmall, Nothing, Large> large_;

    /// For a cell that is const, or not.
    template <class Self>
    static auto* slot(Self* self) noexcept {
        if constexpr (!kIsSmall) {
            return std::addressof(self->large_.slot);
        } else if constexpr (std::is_const_v<Self>) {
            return static_cast<const ResultSlot<T>*>(self->result_room());
        } else {
            return static_cast<ResultSlot<T>*>(self->result_room());
        }
    }

    static Outcome move_value(ResultSlot<T>& from, ResultSlot<T>& to) noexcept {
        try {
            to.emplace(from.take());
            return Outcome::Value;
        } catch (...) {
            to.fail(std::current_exception());
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
    bool end_detached() noexcept override {
        if (!this->destroy_succeeded()) {
            return false;
        }
        call_.reset();
        this->leave_detached();
        return true;
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
class FunctionJob : public BlockingJob {
public:
    template <class F>
    explicit FunctionJob(F&& function) : function_(std::forward<F>(function)) {}

    /// Only after `is_finished()`.
    [[nodiscard]] ResultSlot<T>& result() noexcept { return result_; }
    void drop_result() noexcept final {
        std::destroy_at(&result_);
        std::construct_at(&result_);
    }

protected:
    Outcome call() noexcept override {
        Outcome outcome = Outcome::Value;
        try {
            if constexpr (std::is_void_v<T>) {
                invoke();
            } else {
                result_.emplace(invoke());
            }
        } catch (...) {
            result_.fail(std::current_exception());
            outcome = Outcome::Exception;
        }
        function_.reset();
        return outcome;
    }
    void drop_function() noexcept override { function_.reset(); }

    [[nodiscard]] std::exception_ptr stored_exception() const noexcept final {
        return result_.failed() ? result_.error() : nullptr;
    }

    ResultSlot<T> result_;

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
