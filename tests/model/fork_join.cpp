// SPDX-License-Identifier: MIT
// Children of a fork that have become tasks: their results, their failures, their destruction.
#include "edo_model.hpp"
#include <edo/runtime/fork_join.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>

namespace edo::model {
namespace {

using detail::Outcome;

/// Each child adds to something of its own that the parent reads afterwards.
Task<int> add(int& sum, int n) {
    sum += n;
    co_return sum;
}

Task<int> add_after(Signal& signal, int& sum, int n) {
    co_await signal;
    sum += n;
    co_return sum;
}

Task<int> fail(int& sum) {
    ++sum;
    throw std::runtime_error("child");
    co_return 0;
}

Task<int> fork_two() {
    int a = 1;
    int b = 2;
    const auto [x, y] = co_await fork_join(add(a, 10), add(b, 20));
    co_return x + y + a + b;
}

/// The child that is shared is woken by a third thread.
Task<int> fork_a_wait(Signal& signal) {
    int a = 1;
    int b = 2;
    const auto [x, y] = co_await fork_join(add(a, 10), add_after(signal, b, 20));
    co_return x + y + a + b;
}

/// Says that it has begun, and waits for ever.
Task<int> begin(std::atomic<bool>& begun, Signal& never, const int& n) {
    begun.store(true, std::memory_order_release);
    co_await never;
    co_return n;
}

/// Both wait, the first one in the parent's task. When that has begun, the other one is a task.
Task<int> fork_two_waits(std::atomic<bool>& begun, Signal& first, Signal& second) {
    auto a = std::make_unique<int>(1);
    auto b = std::make_unique<int>(2);
    const auto [x, y] = co_await fork_join(begin(begun, first, *a), add_after(second, *b, 20));
    co_return x + y + *a + *b;
}

/// Its own fork is over when it begins to wait. It says so without ordering anything.
Task<int> fork_and_wait(std::atomic<bool>& waits, Signal& never) {
    const int sum = co_await fork_two();
    waits.store(true, std::memory_order_relaxed);
    co_await never;
    co_return sum;
}

Task<int> fork_a_fork(std::atomic<bool>& waits, Signal& first, Signal& second) {
    int a = 1;
    const auto [x, y] = co_await fork_join(add_after(first, a, 10), fork_and_wait(waits, second));
    co_return x + y + a;
}

Task<int> fork_a_failure(Signal& never) {
    auto a = std::make_unique<int>(1);
    auto b = std::make_unique<int>(2);
    try {
        const auto [x, y] = co_await fork_join(add_after(never, *a, 10), fail(*b));
        co_return x + y;
    } catch (const std::runtime_error&) {
    }
    co_return *a + *b;
}

void wait_for(const std::atomic<bool>& begun) {
    while (!begun.load(std::memory_order_acquire)) {
        spin();
    }
}

void wait_unordered_for(const std::atomic<bool>& flag) {
    while (!flag.load(std::memory_order_relaxed)) {
        spin();
    }
}

void result_of_a_shared_child() {
    Owner owner(2, Owner::Queue::Ordered);
    owner.let_threads_help();
    Spawned task(owner, fork_two());
    run_threads([&] { owner.work(); }, [&] { owner.work(); });
    expect(task.value() == 66, "that the parent sees what its children did");
}

void shared_child_that_waits() {
    Owner owner(2, Owner::Queue::Ordered);
    owner.let_threads_help();
    Signal signal;
    Spawned task(owner, fork_a_wait(signal));
    run_threads([&] { owner.work(); }, [&] { owner.work(); }, [&] { signal.set(); });
    expect(task.value() == 66, "that the parent sees what its children did");
}

/// The child in the parent's task is dropped by the failure of the other one.
void failure_of_a_shared_child() {
    Owner owner(2, Owner::Queue::Ordered);
    owner.let_threads_help();
    Signal never;
    Spawned task(owner, fork_a_failure(never));
    run_threads([&] { owner.work(); }, [&] { owner.work(); });
    expect(task.value() == 4, "that the failure ends the other child");
}

/// The frames, and what they borrow, are destroyed once, and none of them is used after that.
void abort_against_children() {
    Owner owner(2, Owner::Queue::Ordered);
    owner.let_threads_help();
    Signal first;
    Signal second;
    std::atomic<bool> begun{false};
    Spawned task(owner, fork_two_waits(begun, first, second));
    run_threads([&] { owner.work(); }, [&] { owner.work(); },
                [&] {
                    wait_for(begun);
                    task.abort();
                });
    expect(task.outcome() == Outcome::Cancelled, "that it was cancelled");
}

void abort_against_a_wake_of_a_child() {
    Owner owner(2, Owner::Queue::Ordered);
    owner.let_threads_help();
    Signal first;
    Signal second;
    std::atomic<bool> begun{false};
    Spawned task(owner, fork_two_waits(begun, first, second));
    run_threads([&] { owner.work(); }, [&] { owner.work(); }, [&] { second.set(); },
                [&] {
                    wait_for(begun);
                    task.abort();
                });
    expect(task.outcome() == Outcome::Cancelled, "that it was cancelled");
}

/// Who destroys a child looks first for the scopes that the child is in.
void abort_against_a_child_that_forked() {
    Owner owner(3, Owner::Queue::Ordered);
    owner.let_threads_help();
    Signal first;
    Signal second;
    std::atomic<bool> waits{false};
    Spawned task(owner, fork_a_fork(waits, first, second));
    run_threads([&] { owner.work(); }, [&] { owner.work(); },
                [&] {
                    wait_unordered_for(waits);
                    task.abort();
                });
    expect(task.outcome() == Outcome::Cancelled, "that it was cancelled");
}

constexpr const char* kSuite = "fork_join";
const Check kResult(kSuite, "the_result_of_a_shared_child_is_seen", &result_of_a_shared_child);
const Check kWaits(kSuite, "a_shared_child_may_wait", &shared_child_that_waits);
const Check kFailure(kSuite, "a_failed_child_ends_the_others", &failure_of_a_shared_child);
const Check kAbort(kSuite, "an_aborted_parent_destroys_its_children", &abort_against_children);
const Check kAbortWake(kSuite, "an_aborted_parent_destroys_a_child_that_is_woken",
                       &abort_against_a_wake_of_a_child);
const Check kAbortForked(kSuite, "an_aborted_parent_destroys_a_child_that_has_forked",
                         &abort_against_a_child_that_forked);

const Control kResult1(kResult, "found_without_the_release_of_the_scopes_lock", "SpinLock::unlock",
                       "store");
const Control kResult2(kResult, "found_without_the_acquire_of_the_scopes_lock", "SpinLock::lock",
                       "exchange");
// The frames of the child are ordered twice, by this and by the acquire of its inbox.
const Control kAbort1(kAbortForked, "found_without_the_acquire_of_the_destroyer",
                      "TaskCore::begin_inspection", "compare_exchange_weak");
const Control kAbort2(kAbort, "found_without_the_release_of_a_childs_turn", "TaskCore::park",
                      "compare_exchange_strong");

}  // namespace
}  // namespace edo::model
