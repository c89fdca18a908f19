// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/errors.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/leaf_branch.hpp"
#include "edo/runtime/time/timer_wheel.hpp"

#include <coroutine>
#include <type_traits>
#include <utility>

namespace edo {

namespace detail {

/// A point in time, or a time from the await on: what is ready at once then needs no clock.
class Deadline {
public:
    explicit Deadline(Instant instant) noexcept : instant_(instant) {}
    explicit Deadline(Duration limit) noexcept : instant_(limit), is_limit_(true) {}

    [[nodiscard]] bool is_limit() const noexcept { return is_limit_; }
    /// A limit stands in its time since the epoch.
    [[nodiscard]] Instant instant() const noexcept { return instant_; }

private:
    Instant instant_;
    bool is_limit_ = false;
};

/// One branch and a deadline. Compiled once; the result type comes in above.
///
/// At the deadline the timer resumes the parent, after everything else that is ready: what the
/// branch waits for may be among it. If the branch is not done by then, it is dropped.
class TimeoutGroup : public Group {
public:
    [[nodiscard]] bool await_ready() const noexcept { return false; }

protected:
    explicit TimeoutGroup(Deadline deadline) noexcept;

    [[nodiscard]] bool elapsed() const noexcept { return !branch_.is_done(); }
    [[nodiscard]] Branch& branch() noexcept { return branch_; }

    /// Arms the timer and starts the branch; what it returns runs next.
    std::coroutine_handle<> start_coroutine(TaskHandle parent) noexcept;
    /// For a branch that waits. If the deadline has passed, the timer is ready after the branch.
    void arm(TaskHandle parent) noexcept;

private:
    static std::coroutine_handle<> on_branch_done(Group& group, Branch& branch) noexcept;

    const bool is_limit_;  // first: there is room behind the group
    Branch branch_;
    TimerLeaf timer_;
};

template <class In>
class TimeoutAwaiter : public TimeoutGroup {
    using R = typename In::Value;

public:
    TimeoutAwaiter(Deadline deadline, In& input) noexcept : TimeoutGroup(deadline), input_(input) {
        input_.move_to(branch());
    }

    /// An operation goes before the clock. Else the timer is armed first: of timeouts inside one
    /// another the inner ones are armed later, and so go first when they are due at once.
    bool await_suspend(TaskHandle parent) noexcept
        requires In::kIsPlain
    {
        begin(parent.promise());
        link(branch());
        std::coroutine_handle<> none;
        if (input_.start(parent.promise().location(), none)) {
            return false;
        }
        arm(parent);
        return true;
    }
    std::coroutine_handle<> await_suspend(TaskHandle parent) noexcept {
        return start_coroutine(parent);
    }

    Result<R> await_resume() {
        if (elapsed()) {
            input_.drop(branch());
            return failure(make_error_code(Errc::Elapsed));
        }
        if constexpr (std::is_void_v<R>) {
            input_.take(branch());
            return {};
        } else {
            return Result<R>(input_.take(branch()));
        }
    }

private:
    In& input_;
};

template <class In>
class [[nodiscard("timeout() does nothing until it is awaited")]] Timeout {
public:
    template <class A>
    Timeout(Deadline deadline, A&& awaitable)
        : deadline_(deadline), input_(std::forward<A>(awaitable)) {}

    TimeoutAwaiter<In> operator co_await() && {
        input_.check();
        return TimeoutAwaiter<In>(deadline_, input_);
    }

private:
    Deadline deadline_;
    In input_;
};

}  // namespace detail

/// Awaits `awaitable`, but not beyond `deadline`: then it is destroyed where it is.
///
/// The awaitable goes first: if it is ready when it is started, or at the deadline, its value is
/// returned even if the deadline has passed.
///
/// @param awaitable A `Task` or other awaitable. An lvalue is used by reference, as in `select`.
/// @return Its value, or the error `Errc::Elapsed`, which compares equal to `std::errc::timed_out`.
/// An
///     awaitable that yields a `Result` itself gives a `Result` in a `Result`.
///
/// @par Cancel safety
/// That of `awaitable`.
///
/// @par Example
/// @snippet time.cpp timeout
template <detail::BranchArgument A>
[[nodiscard]] auto timeout_at(Instant deadline, A&& awaitable) {
    return detail::Timeout<detail::SelectInput<A>>(detail::Deadline(deadline),
                                                   std::forward<A>(awaitable));
}

/// Awaits `awaitable`, but for at most `limit` from the moment at which the timeout is awaited.
/// Otherwise like `timeout_at`.
template <detail::BranchArgument A>
[[nodiscard]] auto timeout(Duration limit, A&& awaitable) {
    return detail::Timeout<detail::SelectInput<A>>(detail::Deadline(limit),
                                                   std::forward<A>(awaitable));
}

}  // namespace edo
