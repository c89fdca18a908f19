// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/errors.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/branch_input.hpp"
#include "edo/runtime/time/timer_wheel.hpp"

#include <utility>

namespace edo {

namespace detail {

/// One branch and a deadline. Compiled once; the result type comes in above.
///
/// At the deadline the timer resumes the parent, after everything else that is ready: what the
/// branch waits for may be among it. If the branch is not done by then, it is dropped.
class TimeoutGroup : public Group {
public:
    explicit TimeoutGroup(Instant deadline) noexcept;

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(TaskHandle parent) noexcept;

protected:
    [[nodiscard]] bool elapsed() const noexcept { return !branch_.is_done(); }
    [[nodiscard]] Branch& branch() noexcept { return branch_; }

private:
    static std::coroutine_handle<> on_branch_done(Group& group, Branch& branch) noexcept;

    Branch branch_;
    TimerLeaf timer_;
};

template <class R>
class TimeoutAwaiter : public TimeoutGroup {
public:
    TimeoutAwaiter(Instant deadline, BranchInput<R>& input) noexcept
        : TimeoutGroup(deadline), input_(input) {
        input_.move_to(branch());
    }

    Result<R> await_resume() {
        if (elapsed()) {
            drop_others(nullptr);
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
    BranchInput<R>& input_;
};

template <class R>
class [[nodiscard("timeout() does nothing until it is awaited")]] Timeout {
public:
    Timeout(Instant deadline, BranchInput<R> input)
        : deadline_(deadline), input_(std::move(input)) {}

    TimeoutAwaiter<R> operator co_await() && {
        input_.check();
        return TimeoutAwaiter<R>(deadline_, input_);
    }

private:
    Instant deadline_;
    BranchInput<R> input_;
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
    return detail::Timeout<detail::BranchResult<A>>(
        deadline, detail::branch_input(std::forward<A>(awaitable)));
}

/// Awaits `awaitable`, but for at most `limit` from now. Otherwise like `timeout_at`.
template <detail::BranchArgument A>
[[nodiscard]] auto timeout(Duration limit, A&& awaitable) {
    return timeout_at(detail::saturating_add(now(), limit), std::forward<A>(awaitable));
}

}  // namespace edo
