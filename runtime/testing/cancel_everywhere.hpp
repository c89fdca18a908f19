// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/handle.hpp"
#include "edo/runtime/task/task.hpp"
#include "edo/runtime/testing/resources.hpp"

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace edo::testing {

/// Where a run is cancelled.
class CancelPoint {
public:
    CancelPoint(std::size_t suspension, bool when_woken) noexcept
        : suspension_(suspension), when_woken_(when_woken) {}

    /// At which suspension, counted from 1.
    [[nodiscard]] std::size_t suspension() const noexcept { return suspension_; }
    /// Not at once, but when something has woken it, before it runs on.
    [[nodiscard]] bool when_woken() const noexcept { return when_woken_; }
    /// For example "cancelled at suspension 3 when woken".
    [[nodiscard]] std::string message() const;

private:
    std::size_t suspension_;
    bool when_woken_;
};

/// One run of an operation, with all that it needs. `cancel_everywhere` makes a new one for each
/// run. Throw from any function, or use your test framework, to report what is wrong.
///
/// @par Example
/// @snippet testing.cpp cancel_scenario
class CancelScenario {
public:
    CancelScenario() = default;
    CancelScenario(const CancelScenario&) = delete;
    CancelScenario& operator=(const CancelScenario&) = delete;
    virtual ~CancelScenario() = default;

    /// The operation. It is destroyed at some suspension, or completes.
    virtual Task<void> subject() = 0;
    /// What the other side does; spawned before the subject's first turn, aborted after `check`.
    virtual Task<void> peer();
    /// Called first in each run, with the point at which the subject will be cancelled if it gets
    /// there: for the context of your test framework's messages.
    virtual void begin(CancelPoint point);
    /// Called after the subject's n-th suspension, counted from 1, unless it is cancelled there at
    /// once: for what the test itself does between two steps, for example to wake the subject.
    virtual void suspended(std::size_t n);
    /// Called when the subject is gone, while the peer may still run: is everything usable, is
    /// nothing lost? `completed` tells whether the subject came to its end.
    virtual Task<void> check(bool completed);
};

/// What a cancelled run has left behind.
class CancelLeak {
public:
    CancelLeak(CancelPoint point, Resources before, Resources after) noexcept
        : point_(point), before_(before), after_(after) {}

    [[nodiscard]] CancelPoint point() const noexcept { return point_; }
    [[nodiscard]] const Resources& before() const noexcept { return before_; }
    [[nodiscard]] const Resources& after() const noexcept { return after_; }

private:
    CancelPoint point_;
    Resources before_;
    Resources after_;
};

/// What `cancel_everywhere` has seen.
struct CancelReport {
    CancelReport() = default;

    std::size_t suspensions = 0;    ///< of the longest run
    std::size_t runs = 0;           ///< the last one is the one that completed
    std::vector<CancelLeak> leaks;  ///< of the runs after which not everything was gone

    /// Whether no run has left a coroutine frame, descriptor or timer behind.
    [[nodiscard]] bool is_clean() const noexcept { return leaks.empty(); }
    /// What leaked where, a line for each run; or that nothing did.
    [[nodiscard]] std::string message() const;
};

}  // namespace edo::testing

namespace edo::detail {

using MakeScenario = std::unique_ptr<testing::CancelScenario> (*)(void* argument);

[[nodiscard]] Task<testing::CancelReport> cancel_scenarios(MakeScenario make, void* argument);

template <class T>
inline constexpr bool is_scenario_pointer = false;
template <std::derived_from<testing::CancelScenario> Scenario>
inline constexpr bool is_scenario_pointer<std::unique_ptr<Scenario>> = true;

/// A scenario that consists of a task only.
template <class Make>
class TaskScenario final : public testing::CancelScenario {
public:
    explicit TaskScenario(Make& make) noexcept : make_(make) {}
    Task<void> subject() override {
        if constexpr (std::same_as<std::invoke_result_t<Make&>, Task<void>>) {
            return make_();
        } else {
            return drop_value(make_());
        }
    }

private:
    template <class T>
    static Task<void> drop_value(Task<T> task) {
        static_cast<void>(co_await std::move(task));
    }
    Make& make_;
};

}  // namespace edo::detail

namespace edo::testing {

/// Runs an operation again and again, each time destroying it at a later suspension: at its first,
/// its second, and so on, until it completes undisturbed. Each suspension is cancelled twice: at
/// once, and when something has woken the operation, but before it runs. After each run no
/// coroutine frame, descriptor or timer may be left.
///
/// `select`, `timeout` and `abort` may cancel an operation at each of these points. What breaks
/// there is seldom met by other tests.
///
/// To be awaited by the task that is given to `block_on` or `run_paused`, with nothing else running
/// in that runtime. What is started in one run must be over, or cancelled with the subject, at its
/// end.
///
/// @param make Called once a run. Returns the operation, a `Task` of anything, or a
///     `std::unique_ptr` to a `CancelScenario`. Kept until the end; what it refers to must live as
///     long.
/// @return How much was run, and what leaked. To be looked at: `is_clean()`.
/// @throws What the operation or its scenario throws; nothing more is run then.
///
/// @par Cancel safety
/// Cancel safe: the run in progress is cancelled.
///
/// @par Misuse
/// It does not return if the operation waits for something that never comes, or never ends.
///
/// @par Example
/// @snippet testing.cpp cancel_everywhere
template <std::invocable Make>
[[nodiscard]] Task<CancelReport> cancel_everywhere(Make make) {
    using Made = std::invoke_result_t<Make&>;
    if constexpr (detail::is_scenario_pointer<Made>) {
        co_return co_await detail::cancel_scenarios(
            [](void* kept) -> std::unique_ptr<CancelScenario> {
                return (*static_cast<Make*>(kept))();
            },
            &make);
    } else {
        static_assert(is_task<Made>, "the function must return a Task or a scenario");
        co_return co_await detail::cancel_scenarios(
            [](void* kept) -> std::unique_ptr<CancelScenario> {
                return std::make_unique<detail::TaskScenario<Make>>(*static_cast<Make*>(kept));
            },
            &make);
    }
}

/// The same with a class, made without arguments for each run.
template <std::derived_from<CancelScenario> Scenario>
[[nodiscard]] Task<CancelReport> cancel_everywhere() {
    return detail::cancel_scenarios(
        [](void*) -> std::unique_ptr<CancelScenario> { return std::make_unique<Scenario>(); },
        nullptr);
}

}  // namespace edo::testing
