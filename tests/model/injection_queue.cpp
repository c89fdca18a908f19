// SPDX-License-Identifier: MIT
// New tasks of threads that drive no worker, and the end of the runtime.
#include "edo_model.hpp"
#include <edo/runtime/scheduler/injection_queue.hpp>

#include <cstdint>

namespace edo::model {
namespace {

Task<void> nothing() {
    co_return;
}

/// Either the task is refused, or it is counted and in the queue when that is closed.
void new_task_against_the_end() {
    Owner owner(1, Owner::Queue::Ordered);
    auto* const cell = new detail::TaskCell<void>(owner, nothing());
    detail::InjectionQueue queue;
    bool accepted = false;
    bool popped = false;
    std::uint64_t counted = 0;
    run_threads([&] { accepted = queue.push_new(*cell); },
                [&] {
                    queue.close();
                    counted = queue.spawned();
                    popped = bool(queue.pop());
                });
    expect(counted == (accepted ? 1 : 0), "that who closes the queue knows of all before");
    expect(popped == accepted, "that what was accepted is found");
    owner.schedule(*cell);
    owner.work();
    cell->detach();
}

/// Two threads push, one takes: nothing is lost and nothing comes twice.
void two_push() {
    struct Mark : detail::Leaf {};
    detail::InjectionQueue queue;
    Mark marks[2];
    unsigned taken = 0;
    run_threads([&] { queue.push(detail::Runnable(marks[0])); },
                [&] { queue.push(detail::Runnable(marks[1])); },
                [&] { taken = queue.pop() ? 1 : 0; });
    while (queue.pop()) {
        ++taken;
    }
    expect(taken == 2, "that both are taken once");
}

const Check kEnd("injection_queue", "a_new_task_is_refused_or_found_at_the_end",
                 &new_task_against_the_end);
const Check kTwo("injection_queue", "all_that_is_pushed_is_taken_once", &two_push);

const Control kEnd1(kEnd, "found_without_the_order_of_its_unlock", "SmallMutex::unlock(",
                    "state_.exchange");
const Control kTwo1(kTwo, "found_without_the_order_of_its_lock", "SmallMutex::lock(",
                    "compare_exchange_strong");

}  // namespace
}  // namespace edo::model
