// SPDX-License-Identifier: MIT
// Who is woken for a new task, and who looks once more before it sleeps.
#include "checker/model.hpp"
#include <edo/runtime/scheduler/idle.hpp>

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

const Check kLast("idle", "the_last_searcher_leaves_nothing_behind", &last_searcher);
const Check kTwo("idle", "a_sleeper_is_woken_once", &two_push);

const Control kLast1(kLast, "found_without_the_order_of_sleep", "Idle::sleep(", "fetch_sub");
const Control kLast2(kLast, "found_without_the_order_of_the_look", "Idle::worker_to_wake(",
                     "fetch_add(0");

}  // namespace
}  // namespace edo::model
