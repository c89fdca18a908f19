// SPDX-License-Identifier: MIT
// Cancels an operation at every point at which it can be cancelled.
#pragma once

#include <edo/runtime/task/task.hpp>

#include <boost/test/unit_test.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace edo::test {

/// One run of an operation, with all that it needs. `drive` makes a new one for each run.
class CancelScenario {
public:
    CancelScenario() = default;
    CancelScenario(const CancelScenario&) = delete;
    CancelScenario& operator=(const CancelScenario&) = delete;
    virtual ~CancelScenario() = default;

    /// The operation. It is destroyed at some suspension, or completes.
    virtual Task<void> subject() = 0;
    /// What the other side does; spawned before the subject's first turn, aborted after `check`.
    virtual Task<void> peer() { co_return; }
    /// Called after the subject's n-th suspension, counted from 1, unless it is cancelled there at
    /// once: for what the test itself does between two steps, for example to wake the subject.
    virtual void suspended(std::size_t /*n*/) {}
    /// Called when the subject is gone, while the peer may still run: is everything usable, is
    /// nothing lost? `completed` tells whether the subject came to its end.
    virtual Task<void> check(bool /*completed*/) { co_return; }
};

/// How many suspensions the subject has.
struct Driven {
    Driven() = default;
    std::size_t suspensions = 0;  ///< of the longest run
    std::size_t runs = 0;
};

/// Runs the scenario's subject again and again, each time destroying it at a later suspension: at
/// its first, its second, and so on, until it completes undisturbed. Each suspension is cancelled
/// twice: at once, and when something has woken the subject, but before it runs. After each run no
/// frame, descriptor or timer may be left.
///
/// To be awaited by the task that the test gives to `block_on`, in the runtime that the subject
/// uses, with nothing else running there. An exception from the subject is thrown from the
/// `co_await`.
[[nodiscard]] Task<Driven> drive_scenarios(std::unique_ptr<CancelScenario> (*make)(void*),
                                           void* argument);

/// ```cpp
/// class Receiving : public edo::test::CancelScenario { ... };
/// runtime.block_on(edo::test::drive<Receiving>());
/// ```
template <std::derived_from<CancelScenario> Scenario>
[[nodiscard]] Task<Driven> drive() {
    return drive_scenarios(
        [](void*) -> std::unique_ptr<CancelScenario> { return std::make_unique<Scenario>(); },
        nullptr);
}

/// The same for a function that makes the subject's task and needs nothing else:
///
/// ```cpp
/// runtime.block_on(edo::test::drive([]() -> edo::Task<void> { co_await edo::sleep(1ms); }));
/// ```
template <class MakeSubject>
    requires std::invocable<MakeSubject&>
[[nodiscard]] Task<Driven> drive(MakeSubject make_subject) {
    class Simple final : public CancelScenario {
    public:
        explicit Simple(MakeSubject& make) : make_(make) {}
        Task<void> subject() override { return make_(); }

    private:
        MakeSubject& make_;
    };
    co_return co_await drive_scenarios(
        [](void* make) -> std::unique_ptr<CancelScenario> {
            return std::make_unique<Simple>(*static_cast<MakeSubject*>(make));
        },
        &make_subject);
}

}  // namespace edo::test
