// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/task/branch_input.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace edo {

namespace detail {

template <class R>
bool branch_failed(PromiseBase& promise) noexcept {
    return static_cast<Promise<R>&>(promise).result().failed();
}

/// Waits for all branches. A branch that throws ends the wait at once: the others are destroyed.
/// `Stop` tells whether a value that a branch returned does the same.
template <class Stop, class... R>
class JoinGroup : public Group {
public:
    explicit JoinGroup(std::tuple<BranchInput<R>...>& inputs) noexcept
        : Group(&JoinGroup::on_done), inputs_(inputs), pending_(sizeof...(R)) {
        set_branches(branches_.data(), branches_.size());
        move_inputs(std::index_sequence_for<R...>());
    }

    [[nodiscard]] bool await_ready() const noexcept { return sizeof...(R) == 0; }
    void await_suspend(TaskHandle parent) noexcept { start(parent.promise(), 0); }

protected:
    /// The branch that ended the wait early, or null.
    [[nodiscard]] Branch* stopper() const noexcept { return stopper_; }

    template <std::size_t I>
    decltype(auto) take() {
        return std::get<I>(inputs_).take(branches_[I]);
    }

private:
    template <std::size_t... I>
    void move_inputs(std::index_sequence<I...>) noexcept {
        (std::get<I>(inputs_).move_to(branches_[I]), ...);
    }

    static std::coroutine_handle<> on_done(Group& group, Branch& branch) noexcept {
        auto& self = static_cast<JoinGroup&>(group);
        static constexpr std::array<bool (*)(PromiseBase&) noexcept, sizeof...(R)> kStops{
            &Stop::template stops<R>...};
        if (kStops[self.index_of(branch)](*branch.child())) {
            self.stopper_ = &branch;
            self.drop_others(&branch);
            return self.resume_parent();
        }
        if (--self.pending_ == 0) {
            return self.resume_parent();
        }
        return std::noop_coroutine();
    }

    std::array<Branch, sizeof...(R)> branches_;
    std::tuple<BranchInput<R>...>& inputs_;
    std::size_t pending_;
    Branch* stopper_ = nullptr;
};

struct StopOnException {
    template <class R>
    static bool stops(PromiseBase& promise) noexcept {
        return branch_failed<R>(promise);
    }
};

template <class... R>
using JoinValue = std::conditional_t<(std::is_void_v<R> && ...), void, std::tuple<NonVoid<R>...>>;

template <class... R>
class JoinAwaiter : public JoinGroup<StopOnException, R...> {
public:
    explicit JoinAwaiter(std::tuple<BranchInput<R>...>& inputs) noexcept
        : JoinGroup<StopOnException, R...>(inputs) {}

    JoinValue<R...> await_resume() { return collect(std::index_sequence_for<R...>()); }

private:
    template <std::size_t I>
    void rethrow() {
        if (this->stopper() != nullptr && this->index_of(*this->stopper()) == I) {
            static_cast<void>(this->template take<I>());
        }
    }
    template <std::size_t... I>
    JoinValue<R...> collect(std::index_sequence<I...>) {
        (rethrow<I>(), ...);
        if constexpr ((std::is_void_v<R> && ...)) {
            return;
        } else {
            // Braces: the results are taken in the order of the arguments.
            return std::tuple<NonVoid<R>...>{
                non_void([this]() -> R { return this->template take<I>(); })...};
        }
    }
};

/// What `join` returns: the branches, not started yet.
template <class... R>
class [[nodiscard("join() does nothing until it is awaited")]] Join {
public:
    explicit Join(BranchInput<R>... inputs) : inputs_(std::move(inputs)...) {}

    JoinAwaiter<R...> operator co_await() && {
        std::apply([](auto&... input) { (input.check(), ...); }, inputs_);
        return JoinAwaiter<R...>(inputs_);
    }

private:
    std::tuple<BranchInput<R>...> inputs_;
};

}  // namespace detail

/// Runs several awaitables concurrently inside the running task and waits for all of them.
///
/// The branches take turns on one thread at a time, never in parallel, so they may use the caller's
/// local variables without locks. (For parallelism, `spawn` and join the handles.)
///
/// @param branches `Task`s or other awaitables. A `Task` lvalue is used by reference: it must
/// outlive
///     the wait, and goes on by itself if the wait is dropped.
/// @return The values in the order of the arguments, as a `std::tuple` with `Unit` for void;
/// nothing
///     at all if every branch returns void.
///
/// @par Errors
/// An exception that leaves a branch destroys the other branches and is thrown from the `co_await`.
///
/// @par Cancel safety
/// Dropping the wait destroys all branches where they are.
///
/// @par Example
/// @snippet join.cpp join
///
/// @see try_join, join_all, select
template <detail::BranchArgument... A>
[[nodiscard]] auto join(A&&... branches) {
    return detail::Join<detail::BranchResult<A>...>(
        detail::branch_input(std::forward<A>(branches))...);
}

namespace detail {

/// Joins a number of tasks that is known only at run time.
template <class R>
class JoinAllAwaiter : public Group {
public:
    explicit JoinAllAwaiter(std::vector<BranchInput<R>>& inputs)
        : Group(&JoinAllAwaiter::on_done),
          inputs_(inputs),
          branches_(std::make_unique<Branch[]>(inputs.size())),
          pending_(inputs.size()) {
        set_branches(branches_.get(), inputs.size());
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            inputs[i].move_to(branches_[i]);
        }
    }

    [[nodiscard]] bool await_ready() const noexcept { return inputs_.empty(); }
    void await_suspend(TaskHandle parent) noexcept { start(parent.promise(), 0); }

    auto await_resume() {
        if (stopper_ != nullptr) {
            static_cast<void>(inputs_[index_of(*stopper_)].take(*stopper_));
        }
        if constexpr (!std::is_void_v<R>) {
            std::vector<R> values;
            values.reserve(inputs_.size());
            for (std::size_t i = 0; i < inputs_.size(); ++i) {
                values.push_back(inputs_[i].take(branches_[i]));
            }
            return values;
        }
    }

private:
    static std::coroutine_handle<> on_done(Group& group, Branch& branch) noexcept {
        auto& self = static_cast<JoinAllAwaiter&>(group);
        if (branch_failed<R>(*branch.child())) {
            self.stopper_ = &branch;
            self.drop_others(&branch);
            return self.resume_parent();
        }
        if (--self.pending_ == 0) {
            return self.resume_parent();
        }
        return std::noop_coroutine();
    }

    std::vector<BranchInput<R>>& inputs_;
    std::unique_ptr<Branch[]> branches_;
    std::size_t pending_;
    Branch* stopper_ = nullptr;
};

template <class R>
class [[nodiscard("join_all() does nothing until it is awaited")]] JoinAll {
public:
    explicit JoinAll(std::vector<BranchInput<R>> inputs) : inputs_(std::move(inputs)) {}
    JoinAllAwaiter<R> operator co_await() && {
        for (auto& input : inputs_) {
            input.check();
        }
        return JoinAllAwaiter<R>(inputs_);
    }

private:
    std::vector<BranchInput<R>> inputs_;
};

}  // namespace detail

/// `join` for a vector of tasks; yields a vector of their values, or nothing for void.
template <class R>
[[nodiscard]] auto join_all(std::vector<Task<R>> tasks) {
    std::vector<detail::BranchInput<R>> inputs;
    inputs.reserve(tasks.size());
    for (Task<R>& task : tasks) {
        inputs.emplace_back(std::move(task));
    }
    return detail::JoinAll<R>(std::move(inputs));
}

}  // namespace edo
