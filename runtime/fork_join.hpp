// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/task/branch_input.hpp"
#include "edo/runtime/task/fork_group.hpp"
#include "edo/runtime/task/task.hpp"

#include <array>
#include <cstddef>
#include <exception>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace edo {

namespace detail {

template <class R>
std::exception_ptr error_of_child(const ForkBranch& branch) noexcept {
    const ResultSlot<R>& result = static_cast<Promise<R>*>(branch.child())->result();
    return result.failed() ? result.error() : nullptr;
}

template <class... R>
using ForkValue = std::conditional_t<(std::is_void_v<R> && ...), void, std::tuple<NonVoid<R>...>>;

/// Children of different types.
template <class... R>
class ForkJoinAwaiter : public ForkGroup {
public:
    explicit ForkJoinAwaiter(std::tuple<Task<R>...>& tasks) noexcept
        : ForkGroup(&ForkJoinAwaiter::error_of) {
        set_all(tasks, std::index_sequence_for<R...>());
        set_branches(branches_.data(), sizeof...(R));
    }
    ~ForkJoinAwaiter() { drop(); }

    [[nodiscard]] bool await_ready() const noexcept { return sizeof...(R) == 0; }
    std::coroutine_handle<> await_suspend(TaskHandle parent) { return fork(parent.promise()); }
    ForkValue<R...> await_resume() {
        check_ended();
        return collect(std::index_sequence_for<R...>());
    }

private:
    template <std::size_t... I>
    void set_all(std::tuple<Task<R>...>& tasks, std::index_sequence<I...>) noexcept {
        (branches_[I].set(*std::get<I>(tasks).release(), *this), ...);
    }

    static std::exception_ptr error_of(const ForkGroup& group, const ForkBranch& branch) noexcept {
        using Of = std::exception_ptr (*)(const ForkBranch&) noexcept;
        static constexpr std::array<Of, sizeof...(R)> kOf{&error_of_child<R>...};
        return kOf[static_cast<const ForkJoinAwaiter&>(group).index_of(branch)](branch);
    }

    template <class T>
    T take(ForkBranch& branch) {
        const Leave leave(branch);
        return static_cast<Promise<T>*>(branch.child())->result().take();
    }
    template <std::size_t... I>
    ForkValue<R...> collect(std::index_sequence<I...>) {
        if constexpr ((std::is_void_v<R> && ...)) {
            (take<R>(branches_[I]), ...);
            set_taken();
        } else {
            // Braces: the results are taken in the order of the arguments.
            std::tuple<NonVoid<R>...> values{
                non_void([this]() -> R { return this->template take<R>(branches_[I]); })...};
            set_taken();
            return values;
        }
    }

    std::array<ForkBranch, sizeof...(R)> branches_;
};

/// What `fork_join` returns: the children, not started yet.
template <class... R>
class [[nodiscard("fork_join() does nothing until it is awaited")]] ForkJoin {
public:
    explicit ForkJoin(Task<R>&&... tasks) noexcept : tasks_(std::move(tasks)...) {}

    ForkJoinAwaiter<R...> operator co_await() && {
        std::apply([](auto&... task) { (check_can_spawn(task.promise()), ...); }, tasks_);
        return ForkJoinAwaiter<R...>(tasks_);
    }

private:
    std::tuple<Task<R>...> tasks_;
};

/// Room for the records of a number of tasks, and for their values.
template <class Tasks>
struct ForkRoom;
template <class R>
struct ForkRoom<std::vector<Task<R>>> {
    using Value = R;
    using Branches = std::unique_ptr<ForkBranch[]>;
    static Branches branches(std::size_t size) { return std::make_unique<ForkBranch[]>(size); }
    static ForkBranch* data(Branches& branches) noexcept { return branches.get(); }
};
template <class R, std::size_t N>
struct ForkRoom<std::array<Task<R>, N>> {
    using Value = R;
    using Branches = std::array<ForkBranch, N>;
    static Branches branches(std::size_t /*size*/) noexcept { return {}; }
    static ForkBranch* data(Branches& branches) noexcept { return branches.data(); }
};

/// Children of one type.
template <class Tasks>
class ForkJoinAllAwaiter : public ForkGroup {
    using Room = ForkRoom<Tasks>;
    using R = typename Room::Value;

public:
    explicit ForkJoinAllAwaiter(Tasks& tasks)
        : ForkGroup(&ForkJoinAllAwaiter::error_of), branches_(Room::branches(tasks.size())) {
        ForkBranch* const branches = Room::data(branches_);
        std::size_t size = 0;
        for (Task<R>& task : tasks) {
            branches[size++].set(*task.release(), *this);
        }
        set_branches(branches, size);
    }
    ~ForkJoinAllAwaiter() { drop(); }

    [[nodiscard]] bool await_ready() const noexcept { return size() == 0; }
    std::coroutine_handle<> await_suspend(TaskHandle parent) { return fork(parent.promise()); }
    auto await_resume() {
        check_ended();
        if constexpr (std::is_void_v<R>) {
            for (std::size_t i = 0; i < size(); ++i) {
                take(i);
            }
            set_taken();
        } else if constexpr (requires { std::tuple_size<Tasks>::value; }) {
            return take_array(std::make_index_sequence<std::tuple_size_v<Tasks>>());
        } else {
            std::vector<R> values;
            values.reserve(size());
            for (std::size_t i = 0; i < size(); ++i) {
                values.push_back(take(i));
            }
            set_taken();
            return values;
        }
    }

private:
    static std::exception_ptr error_of(const ForkGroup& /*group*/,
                                       const ForkBranch& branch) noexcept {
        return error_of_child<R>(branch);
    }
    R take(std::size_t index) {
        ForkBranch& branch = Room::data(branches_)[index];
        const Leave leave(branch);
        return static_cast<Promise<R>*>(branch.child())->result().take();
    }
    template <std::size_t... I>
    std::array<R, sizeof...(I)> take_array(std::index_sequence<I...>) {
        std::array<R, sizeof...(I)> values{take(I)...};
        set_taken();
        return values;
    }

    typename Room::Branches branches_;
};

template <class Tasks>
class [[nodiscard("fork_join_all() does nothing until it is awaited")]] ForkJoinAll {
public:
    explicit ForkJoinAll(Tasks&& tasks) noexcept : tasks_(std::move(tasks)) {}

    ForkJoinAllAwaiter<Tasks> operator co_await() && {
        for (const auto& task : tasks_) {
            check_can_spawn(task.promise());
        }
        return ForkJoinAllAwaiter<Tasks>(tasks_);
    }

private:
    Tasks tasks_;
};

}  // namespace detail

/// Runs several tasks, in parallel where workers have nothing else to do, and waits for all of
/// them: divide and conquer.
///
/// It is the cheap form of `scope` for children whose number is known at the start. A child is
/// first of all a call: they run one after the other, in the order of the arguments, inside the
/// running task. Where a worker is idle, or the child that runs has to wait for something, those
/// that have not started become tasks of their own. So a tree of millions of tiny children costs
/// little more than the calls, and yet keeps all workers busy.
///
/// Children may use the caller's local variables, by reference: all have ended when the caller goes
/// on or is destroyed. Those that write to the same variable need a lock or an atomic, as threads
/// do. No child may wait for something that another child of the same call does, unless that one is
/// sure to be able to run.
///
/// A child keeps its worker, and those after it, until it waits or forks itself. In a long
/// computation that does neither, `co_await edo::consume_budget()` now and then: what has become
/// idle meanwhile gets the other children then.
///
/// @param tasks The children, not started yet. Consumed.
/// @return The values in the order of the arguments, as a `std::tuple` with `Unit` for void;
/// nothing
///     at all if every child returns void.
///
/// @par Errors
/// The first exception that leaves a child ends the others: they are destroyed where they wait, and
/// one that another worker runs is waited for. Then it is thrown from the `co_await`. Exceptions
/// that come after it go to the runtime's `on_unhandled_exception` hook. When the runtime shuts
/// down meanwhile, `std::system_error` with `Errc::RuntimeShutdown` may be thrown.
///
/// @par Cancel safety
/// Dropping the wait destroys all children before the drop returns, as with `scope`.
///
/// @par Task-locals
/// A child sees those of the caller: the values themselves, or, in a task of its own, what a
/// spawned task inherits. Inside a scope that is not handed on (`Inherit::None`, `unconstrained`),
/// and in a `LocalSet`, all children stay in the task.
///
/// @par Misuse
/// An empty task, or one that `select` has started, throws `UsageError` when it is awaited.
///
/// @par Example
/// @snippet fork_join.cpp fork_join
///
/// @see fork_join_all, scope, join
template <class... R>
[[nodiscard]] auto fork_join(Task<R>&&... tasks) {
    return detail::ForkJoin<R...>(std::move(tasks)...);
}

/// `fork_join` for a number of tasks of one type.
/// @param tasks Consumed.
/// @return A vector of their values; nothing for void.
///
/// @par Example
/// @snippet fork_join.cpp fork_join_all
template <class R>
[[nodiscard]] auto fork_join_all(std::vector<Task<R>>&& tasks) {
    return detail::ForkJoinAll<std::vector<Task<R>>>(std::move(tasks));
}
/// The same without an allocation.
/// @return An array of their values; nothing for void.
template <class R, std::size_t N>
[[nodiscard]] auto fork_join_all(std::array<Task<R>, N>&& tasks) {
    return detail::ForkJoinAll<std::array<Task<R>, N>>(std::move(tasks));
}

}  // namespace edo
