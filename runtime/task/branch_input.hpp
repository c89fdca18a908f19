// SPDX-License-Identifier: MIT
// Turns the arguments of `join`, `select` and `timeout` into coroutines.
#pragma once

#include "edo/runtime/task/group.hpp"
#include "edo/runtime/task/task.hpp"

#include <type_traits>
#include <utility>

namespace edo::detail {

/// Awaits something that is not a `Task`, so that it can be a branch.
template <class A, class R = AwaitResult<A>>
Task<R> await_value(A awaitable) {
    co_return co_await std::move(awaitable);
}
template <class A, class R = AwaitResult<A&>>
Task<R> await_reference(A& awaitable) {
    co_return co_await awaitable;
}

/// One branch before it is started: a task of its own, or one that the caller keeps.
template <class R>
class BranchInput {
public:
    using Value = R;
    static constexpr bool kStartsAtOnce = false;
    static constexpr bool kIsPlain = false;

    explicit BranchInput(Task<R>&& task) noexcept : owned_(std::move(task)) {}
    explicit BranchInput(Task<R>& task) noexcept : kept_(&task) {}

    /// @throws UsageError if the task cannot be started or gone on with here.
    void check() const { check_can_await(kept_ != nullptr ? kept_->promise() : owned_.promise()); }

    void move_to(Branch& branch) noexcept {
        if (kept_ != nullptr) {
            branch.borrow(*kept_->promise());
        } else {
            branch.own(*owned_.release());
        }
    }

    void drop(Branch& branch) noexcept { branch.drop(); }

    /// The result of the finished branch. A kept task is empty afterwards.
    R take(Branch& branch) {
        auto& result = static_cast<Promise<R>*>(branch.child())->result();
        struct Emptier {
            Task<R>* kept;
            Branch& branch;
            ~Emptier() {
                branch.drop();
                if (kept != nullptr) {
                    *kept = Task<R>();
                }
            }
        } const emptier{kept_, branch};
        return result.take();
    }

private:
    Task<R> owned_;
    Task<R>* kept_ = nullptr;
};

template <class T>
BranchInput<T> branch_input(Task<T>&& task) {
    return BranchInput<T>(std::move(task));
}
template <class T>
BranchInput<T> branch_input(Task<T>& task) {
    return BranchInput<T>(task);
}
template <class A>
    requires(!is_task<std::remove_cvref_t<A>>)
auto branch_input(A&& awaitable) {
    if constexpr (std::is_lvalue_reference_v<A>) {
        return BranchInput<AwaitResult<A>>(await_reference(awaitable));
    } else {
        return BranchInput<AwaitResult<A>>(
            await_value<std::remove_cvref_t<A>>(std::move(awaitable)));
    }
}

/// The result type of a branch made of an `A&&`.
template <class A>
struct BranchResultOf {
    using type = AwaitResult<A>;
};
template <class A>
    requires is_task<std::remove_cvref_t<A>>
struct BranchResultOf<A> {
    using type = typename std::remove_cvref_t<A>::value_type;
};
template <class A>
using BranchResult = typename BranchResultOf<A>::type;

/// Whether `A&&` can be a branch: a `Task`, or anything else that can be awaited.
template <class A>
concept BranchArgument = is_task<std::remove_cvref_t<A>> || Awaitable<A>;

/// `f()`, with `Unit` in place of void.
template <class F>
auto non_void(F&& f) -> NonVoid<std::invoke_result_t<F>> {
    if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
        f();
        return {};
    } else {
        return f();
    }
}

}  // namespace edo::detail
