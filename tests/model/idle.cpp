// SPDX-License-Identifier: MIT
// Who is woken for a new task, and who looks once more before it sleeps.
#include "checker/model.hpp"
#include <edo/runtime/scheduler/idle.hpp>
#include <edo/runtime/scheduler/injection_queue.hpp>

#include <atomic>

namespace edo::model {
namespace {

/// The queues of all workers, of which only the count matters here.
using Queue = std::atomic<int>;

/// The worker searches, finds nothing and goes to sleep.
bool search_then_sleep(detail::Idle& idle, unsigned worker, const Queue& queue) {
    if (queue.load(std::memory_order_relaxed) != 0) {
        return true;
    }
    const bool was_last = idle.sleep(worker, true);
    return was_last && queue.load(std::memory_order_relaxed) != 0;
}

void last_searcher() {
    detail::Idle idle(1);
    Queue queue{0};
    bool found = false;
    bool woken = false;
    expect(idle.start_searching(), "that nobody else searches");
    run_threads([&] { found = search_then_sleep(idle, 0, queue); },
                [&] {
                    queue.store(1, std::memory_order_relaxed);
                    woken = idle.worker_to_wake().has_value();
                });
    expect(found || woken, "that the task is not left behind");
}

/// Of two that queue something, one wakes the sleeper, or the sleeper finds it.
void two_push() {
    detail::Idle idle(1);
    Queue queue{0};
    bool found = false;
    std::atomic<int> woken{0};
    expect(idle.start_searching(), "that nobody else searches");
    const auto push = [&] {
        queue.fetch_add(1, std::memory_order_relaxed);
        if (idle.worker_to_wake()) {
            woken.fetch_add(1, std::memory_order_relaxed);
        }
    };
    run_threads([&] { found = search_then_sleep(idle, 0, queue); }, push, push);
    expect(woken.load(std::memory_order_relaxed) <= 1, "that one sleeper is woken once");
    expect(found || woken.load(std::memory_order_relaxed) == 1, "that no task is left behind");
}

struct Mark : detail::Leaf {};

/// The same with the queue of other threads, which tells them by a load whether to wake somebody.
void pushed_from_elsewhere() {
    detail::Idle idle(1);
    detail::InjectionQueue queue;
    Mark mark;
    bool found = false;
    bool woken = false;
    expect(idle.start_searching(), "that nobody else searches");
    run_threads(
        [&] {
            static_cast<void>(idle.sleep(0, true));
            queue.synchronize();
            found = !queue.empty();
        },
        [&] {
            queue.push(detail::Runnable(mark));
            woken = idle.needs_wake() && idle.worker_to_wake().has_value();
        });
    expect(found || woken, "that the task is not left behind");
}

/// The worker has found something, so it does not sleep, but others do.
void pushed_while_one_searches() {
    detail::Idle idle(2);
    detail::InjectionQueue queue;
    Mark mark;
    bool found = false;
    bool woken = false;
    static_cast<void>(idle.sleep(1, false));
    expect(idle.start_searching(), "that nobody else searches");
    run_threads(
        [&] {
            expect(idle.stop_searching(), "that nobody else searches");
            queue.synchronize();
            found = !queue.empty();
        },
        [&] {
            queue.push(detail::Runnable(mark));
            woken = idle.needs_wake() && idle.worker_to_wake().has_value();
        });
    expect(found || woken, "that the task is not left behind");
}

const Check kElsewhere("idle", "a_sleeper_misses_nothing_from_elsewhere", &pushed_from_elsewhere);
const Check kSearches("idle", "who_has_searched_misses_nothing_from_elsewhere",
                      &pushed_while_one_searches);

const Control kElsewhere1(kElsewhere, "found_without_the_order_of_sleep_and_a_load", "Idle::sleep(",
                          "fetch_sub");
const Control kElsewhere2(kElsewhere, "found_without_the_order_of_the_load", "Idle::needs_wake",
                          "word_.load");
const Control kElsewhere3(kElsewhere, "found_without_the_order_of_the_queue_s_lock",
                          "SmallMutex::unlock(", "state_.exchange");
const Control kElsewhere4(kElsewhere, "found_without_the_look_at_the_queue_s_lock",
                          "SmallMutex::synchronize", "state_.load");
const Control kSearches1(kSearches, "found_without_the_order_of_the_end_of_a_search",
                         "Idle::stop_searching", "fetch_sub");

const Check kLast("idle", "the_last_searcher_leaves_nothing_behind", &last_searcher);
const Check kTwo("idle", "a_sleeper_is_woken_once", &two_push);

const Control kLast1(kLast, "found_without_the_order_of_sleep", "Idle::sleep(", "fetch_sub");
const Control kLast2(kLast, "found_without_the_order_of_the_look", "Idle::worker_to_wake(",
                     "fetch_add(0");

}  // namespace
}  // namespace edo::model
