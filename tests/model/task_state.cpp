// SPDX-License-Identifier: MIT
// The state of a task: wake, run, park, abort, inspect, withdraw.
#include "edo_model.hpp"
#include <edo/runtime/join.hpp>
#include <edo/runtime/sleep.hpp>

namespace edo::model {
namespace {

using detail::Outcome;
using detail::TaskCore;

/// What happens before a wake-up is seen after it.
Task<int> read_after(Signal& signal, const int& data) {
    co_await signal;
    co_return data;
}

Task<void> write(int& data) {
    data = 3;
    co_return;
}

Task<int> read_after_both(Signal& first, Signal& second, const int& a, const int& b) {
    co_await first;
    co_await second;
    co_return a + b;
}

/// Waits, yields, and counts its turns in its frame.
Task<int> wait_and_yield(Signal& signal) {
    int turns = 1;
    co_await signal;
    ++turns;
    co_await yield_now();
    co_return ++turns;
}

template <Owner::Queue Kind>
void wake_against_run() {
    Owner owner(1, Kind);
    Signal signal;
    int data = 0;
    Spawned task(owner, read_after(signal, data));
    run_threads([&] { owner.work(); },
                [&] {
                    data = 7;
                    signal.set();
                });
    expect(task.value() == 7, "that the task sees what came before its wake-up");
}

template <Owner::Queue Kind>
void two_wakers() {
    Owner owner(1, Kind);
    Signal first;
    Signal second;
    int a = 0;
    int b = 0;
    Spawned task(owner, read_after_both(first, second, a, b));
    run_threads([&] { owner.work(); },
                [&] {
                    a = 3;
                    first.set();
                },
                [&] {
                    b = 4;
                    second.set();
                });
    expect(task.value() == 7, "that the task sees what came before its wake-ups");
}

Task<int> read_after_each(Signal& first, Signal& second, const int& a, const int& b) {
    auto [x, y] = co_await join(read_after(first, a), read_after(second, b));
    co_return x + y;
}

/// One of them is woken while the task is in the queue with the other one.
void two_branches() {
    Owner owner(1, Owner::Queue::Leaves);
    Signal first;
    Signal second;
    int a = 0;
    int b = 0;
    Spawned task(owner, read_after_each(first, second, a, b));
    run_threads([&] { owner.work(); },
                [&] {
                    a = 3;
                    first.set();
                },
                [&] {
                    b = 4;
                    second.set();
                });
    expect(task.value() == 7, "that both branches go on");
}

/// The turns of a task are on two threads; each sees what the one before did.
template <Owner::Queue Kind>
void two_workers() {
    Owner owner(1, Kind);
    Signal signal;
    Spawned task(owner, wait_and_yield(signal));
    run_threads([&] { owner.work(); }, [&] { owner.work(); }, [&] { signal.set(); });
    expect(task.value() == 3, "that no turn is lost");
}

/// The leaf may be waiting, claimed, pushed or resumed when its frame is destroyed.
template <Owner::Queue Kind>
void abort_against_wake() {
    Owner owner(1, Kind);
    Signal signal;
    int data = 0;
    Spawned task(owner, read_after(signal, data));
    run_threads([&] { owner.work(); },
                [&] {
                    data = 7;
                    signal.set();
                },
                [&] { task.abort(); });
    expect(task.outcome() == Outcome::Cancelled || task.value() == 7, "the outcome");
}

/// Whoever queues the task uses its links, after the turn before and before the next one.
void the_links() {
    Owner owner(1, Owner::Queue::Ordered);
    Signal signal;
    Spawned task(owner, wait_and_yield(signal));
    run_threads([&] { owner.work(); }, [&] { signal.set(); }, [&] { task.abort(); });
    expect(task.outcome() == Outcome::Cancelled || task.value() == 3, "the outcome");
}

void abort_against_two_workers() {
    Owner owner(1, Owner::Queue::Ordered);
    Signal signal;
    Spawned task(owner, wait_and_yield(signal));
    run_threads([&] { owner.work(); }, [&] { owner.work(); },
                [&] {
                    signal.set();
                    task.abort();
                });
    expect(task.outcome() == Outcome::Cancelled || task.value() == 3, "the outcome");
}

/// Reads the task's frame, as somebody who holds it may.
void look_at(TaskCore::State state, TaskCore& task) {
    if (state == TaskCore::State::Idle || state == TaskCore::State::Scheduled) {
        auto* const root = static_cast<detail::CoroutineCore&>(task).root_promise();
        expect(root != nullptr && !root->is_done(), "that a task that can be taken has a frame");
    }
}

template <Owner::Queue Kind>
void inspect_against_wake() {
    Owner owner(1, Kind);
    Signal signal;
    int data = 0;
    Spawned task(owner, read_after(signal, data));
    run_threads([&] { owner.work(); },
                [&] {
                    data = 7;
                    signal.set();
                },
                [&] { task.core().inspect(look_at); });
    expect(task.value() == 7, "that the inspection does not lose the wake-up");
}

void inspect_against_abort() {
    Owner owner(1);
    Signal never;
    const int data = 0;
    Spawned task(owner, read_after(never, data));
    run_threads([&] { owner.work(); }, [&] { task.abort(); },
                [&] { task.core().inspect(look_at); });
    expect(task.outcome() == Outcome::Cancelled, "that the inspection does not lose the abort");
}

/// What a turn did before it yielded is there for whoever takes the task out of its queue's hands.
void inspect_against_yield() {
    Owner owner(1);
    Signal signal;
    signal.set();
    Spawned task(owner, wait_and_yield(signal));
    run_threads([&] { owner.work(); }, [&] { task.core().inspect(look_at); });
    expect(task.value() == 3, "that no turn is lost");
}

/// A scope that is cancelled destroys its children on its own thread.
void destroy_against_wake() {
    Owner owner(1);
    Signal signal;
    int data = 0;
    Spawned task(owner, read_after(signal, data));
    bool taken = false;
    run_threads([&] { owner.work(); },
                [&] {
                    data = 7;
                    signal.set();
                },
                [&] {
                    detail::context() = {};
                    TaskCore::State before{};
                    taken = task.core().try_take(before);
                    if (taken) {
                        task.core().destroy_taken(before);
                    }
                });
    if (taken) {
        expect(task.outcome() == Outcome::Cancelled, "that a task that was destroyed is cancelled");
    } else {
        expect(task.value() == 7, "that a task that was not taken goes on");
    }
}

/// Nobody joins: whoever goes last frees the task.
void detach_against_the_end() {
    Owner owner(1, Owner::Queue::Ordered);
    Signal signal;
    int data = 0;
    {
        Spawned task(owner, read_after(signal, data));
        run_threads([&] { owner.work(); }, [&] { signal.set(); }, [&] { task.detach(); });
    }
}

/// An abort handle keeps the cell of a task that is detached and ends.
void detach_against_an_abort_handle() {
    Owner owner(1, Owner::Queue::Ordered);
    int data = 0;
    int seen = 0;
    {
        Spawned task(owner, write(data));
        detail::TaskCore& kept = task.core();
        kept.add_reference();
        run_threads([&] { owner.work(); }, [&] { task.detach(); },
                    [&] {
                        if (kept.is_finished()) {
                            seen = data;
                        }
                        kept.release_reference();
                    });
    }
    expect(seen == 0 || seen == 3, "that a task that is over has run");
}

constexpr const char* kSuite = "task_state";
constexpr auto kPlain = Owner::Queue::Unordered;
const Check kWake(kSuite, "a_wake_up_brings_what_came_before_it", &wake_against_run<kPlain>);
const Check kTwoWakers(kSuite, "two_wake_ups_are_two", &two_wakers<kPlain>);
const Check kWorkers(kSuite, "a_task_moves_between_threads", &two_workers<Owner::Queue::Ordered>);
const Check kAbort(kSuite, "an_abort_meets_a_wake_up", &abort_against_wake<kPlain>);
const Check kAbort2(kSuite, "an_abort_meets_a_task_that_moves", &abort_against_two_workers);
const Check kLinks(kSuite, "who_schedules_a_task_may_use_its_links", &the_links);
const Check kInspect(kSuite, "an_inspection_loses_no_wake_up", &inspect_against_wake<kPlain>);
const Check kInspect2(kSuite, "an_inspection_loses_no_abort", &inspect_against_abort);
const Check kInspectYield(kSuite, "an_inspection_sees_what_was_done_before_a_yield",
                          &inspect_against_yield);
const Check kDestroy(kSuite, "a_task_is_destroyed_from_outside", &destroy_against_wake);
const Check kDetach(kSuite, "a_detached_task_is_freed_once", &detach_against_the_end);
const Check kKept(kSuite, "an_abort_handle_keeps_a_detached_task", &detach_against_an_abort_handle);

// The same where the entry of the queue is the leaf that was woken.
constexpr auto kLeaves = Owner::Queue::Leaves;
const Check kLeafWake(kSuite, "a_queued_leaf_brings_what_came_before_it",
                      &wake_against_run<kLeaves>);
const Check kLeafTwo(kSuite, "a_wake_up_meets_a_queued_leaf", &two_wakers<kLeaves>);
const Check kLeafWorkers(kSuite, "a_task_moves_between_threads_with_its_leaf",
                         &two_workers<kLeaves>);
const Check kLeafAbort(kSuite, "an_abort_meets_a_queued_leaf", &abort_against_wake<kLeaves>);
const Check kLeafInspect(kSuite, "an_inspection_loses_no_leaf", &inspect_against_wake<kLeaves>);

const Check kLeafBranches(kSuite, "two_branches_are_woken_and_one_is_queued", &two_branches);

const Control kWake1(kTwoWakers, "found_without_the_release_of_push", "TaskCore::push(",
                     "word_.compare_exchange_weak");
const Control kWake2(kTwoWakers, "found_without_the_acquire_of_a_run", "TaskCore::begin_run",
                     "word_.exchange");
const Control kPark1(kWorkers, "found_without_the_release_of_park", "TaskCore::park",
                     "compare_exchange_strong");
const Control kPark2(kTwoWakers, "found_without_the_acquire_after_a_failed_park", "TaskCore::park",
                     "word_.exchange");
const Control kYield1(kInspectYield, "found_without_the_release_of_a_yield",
                      "TaskCore::push_next_turn", "compare_exchange_weak");
const Control kLinks1(kLinks, "found_without_the_order_of_push", "TaskCore::push(",
                      "word_.compare_exchange_weak");
const Control kLinks2(kLinks, "found_without_the_acquire_of_abort", "TaskCore::abort",
                      "word_.compare_exchange_weak");
const Control kInspect3(kInspect, "found_without_the_acquire_of_an_inspection",
                        "TaskCore::begin_inspection", "compare_exchange_weak");
const Control kInspect4(kInspect, "found_without_the_release_of_an_inspection",
                        "TaskCore::end_inspection", "compare_exchange_weak");
const Control kDrain(kAbort, "found_without_the_acquire_of_a_withdrawal", "TaskCore::drain_inbox",
                     "fetch_and");
const Control kDetach1(kDetach, "found_without_the_release_of_detach", "JoinCore::detach(",
                       "compare_exchange_strong");
const Control kDetach2(kDetach, "found_without_the_acquire_of_publish", "JoinCore::publish(",
                       "joiner_.load");
const Control kDetach3(kDetach, "found_without_the_acquire_of_who_ends_it", "JoinCore::is_detached",
                       "joiner_.load");
const Control kKept1(kKept, "found_without_the_release_of_the_end", "JoinCore::release_ended",
                     "joiner_.store");

}  // namespace
}  // namespace edo::model
