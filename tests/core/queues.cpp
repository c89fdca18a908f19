// SPDX-License-Identifier: MIT
// The injection queue, the list of live tasks, and the register of idle workers.
#include "core/dummy_task.hpp"
#include <edo/runtime/scheduler/idle.hpp>
#include <edo/runtime/scheduler/injection_queue.hpp>
#include <edo/runtime/scheduler/owned_tasks.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

using edo::detail::Idle;
using edo::detail::InjectionQueue;
using edo::detail::LocalQueue;
using edo::detail::OwnedTasks;
using edo::detail::Runnable;
using edo::detail::TaskBlock;
using edo::detail::TaskCore;
using edo::detail::TaskReference;
using edo::test::DummyTask;

namespace {

BOOST_AUTO_TEST_SUITE(injection_queue)

BOOST_AUTO_TEST_CASE(is_first_in_first_out) {
    InjectionQueue queue;
    std::array<DummyTask, 3> tasks;
    BOOST_TEST(!queue.pop());
    for (DummyTask& task : tasks) {
        queue.push(task);
    }
    BOOST_TEST(queue.size() == 3U);
    for (DummyTask& task : tasks) {
        BOOST_TEST((queue.pop().task() == &task));
    }
    BOOST_TEST(queue.empty());
    BOOST_TEST(!queue.pop());
    queue.push(tasks[0]);
    BOOST_TEST((queue.pop().task() == &tasks[0]));
    BOOST_TEST(queue.pushed() == 4U);
}

/// A block of as many tasks as fit, from that one on.
std::unique_ptr<TaskBlock> block_of(std::span<DummyTask> tasks, std::size_t first) {
    auto block = std::make_unique<TaskBlock>();
    for (std::size_t i = 0; i < block->tasks.size(); ++i) {
        block->tasks[i] = tasks[first + i];
    }
    return block;
}

BOOST_AUTO_TEST_CASE(takes_blocks_and_gives_as_many_as_there_is_room_for) {
    constexpr std::size_t kBlock = LocalQueue::kOverflow;
    InjectionQueue queue;
    std::vector<DummyTask> tasks(2 * kBlock);
    queue.push(block_of(tasks, 0));
    queue.push(block_of(tasks, kBlock));
    BOOST_TEST(queue.size() == 2 * kBlock);

    std::vector<Runnable> seen;
    for (const std::size_t room : {std::size_t{1}, kBlock, std::size_t{20}, 2 * kBlock}) {
        std::array<Runnable, 2 * kBlock> some;
        const std::size_t count = queue.pop(std::span(some).first(room));
        BOOST_TEST(count == std::min(room, tasks.size() - seen.size()));
        seen.insert(seen.end(), some.begin(), some.begin() + std::ptrdiff_t(count));
    }
    BOOST_TEST_REQUIRE(seen.size() == tasks.size());
    for (std::size_t i = 0; i < seen.size(); ++i) {
        BOOST_TEST((seen[i].task() == &tasks[i]));
    }
    BOOST_TEST(queue.empty());
}

BOOST_AUTO_TEST_CASE(keeps_the_order_of_very_many) {
    InjectionQueue queue;
    std::vector<DummyTask> tasks(1000);
    std::size_t pushed = 0;
    std::size_t popped = 0;
    while (popped < tasks.size()) {
        for (std::size_t i = 0; i < 150 && pushed < tasks.size(); ++i) {
            queue.push(tasks[pushed++]);
        }
        std::array<Runnable, 70> some;
        const std::size_t count = queue.pop(some);
        BOOST_TEST(count == std::min(some.size(), pushed - popped));
        for (std::size_t i = 0; i < count; ++i) {
            BOOST_TEST((some[i].task() == &tasks[popped + i]));
        }
        popped += count;
        BOOST_TEST(queue.size() == pushed - popped);
    }
    BOOST_TEST(queue.empty());
}

BOOST_AUTO_TEST_CASE(counts_new_tasks_and_refuses_them_when_it_is_closed) {
    InjectionQueue queue;
    std::array<DummyTask, 4> tasks;
    BOOST_TEST(queue.push_new(tasks[0]));
    queue.push(tasks[1]);
    BOOST_TEST(queue.spawned() == 1U);
    queue.close();
    BOOST_TEST(!queue.push_new(tasks[2]));
    queue.push(tasks[3]);  // one that was woken
    BOOST_TEST(queue.spawned() == 1U);
    BOOST_TEST(queue.pushed() == 3U);
    for (const std::size_t i : {0U, 1U, 3U}) {
        BOOST_TEST((queue.pop().task() == &tasks[i]));
    }
    BOOST_TEST(!queue.pop());
}

BOOST_AUTO_TEST_CASE(lets_neither_kind_starve_the_other) {
    constexpr std::size_t kBlock = LocalQueue::kOverflow;
    InjectionQueue queue;
    std::vector<DummyTask> tasks(kBlock);
    std::array<DummyTask, 4> single;
    queue.push(block_of(tasks, 0));
    std::size_t of_block = 0;
    for (DummyTask& task : single) {
        queue.push(task);
    }
    for (int i = 0; i < 4; ++i) {
        const TaskCore* const task = queue.pop().task();
        of_block += task >= tasks.data() && task < tasks.data() + tasks.size() ? 1 : 0;
    }
    BOOST_TEST(of_block == 2U);
}  // what is left in the block goes with the queue

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(owned_tasks)

/// A worker, one without a list of its own, and a thread that drives none.
constexpr std::array kAdders{0U, 2U, 300U, OwnedTasks::kNoWorker};

BOOST_AUTO_TEST_CASE(knows_all_tasks_in_it) {
    for (const unsigned worker : kAdders) {
        OwnedTasks owned(300);
        std::array<DummyTask, 5> tasks;
        for (DummyTask& task : tasks) {
            BOOST_TEST(owned.add(task, worker));
        }
        BOOST_TEST(owned.size() == 5U);
        owned.remove(tasks[0], worker);
        owned.remove(tasks[2], 1);  // it was stolen
        owned.remove(tasks[4], OwnedTasks::kNoWorker);
        BOOST_TEST(owned.size() == 2U);
        const std::vector<TaskReference> left = owned.snapshot();
        BOOST_TEST(left.size() == 2U);
        for (const TaskReference& task : left) {
            BOOST_TEST((task.get() == &tasks[1] || task.get() == &tasks[3]));
        }
        BOOST_TEST((left[0] != left[1]));
    }
}

BOOST_AUTO_TEST_CASE(refuses_tasks_and_aborts_all_when_it_is_closed) {
    for (const unsigned worker : kAdders) {
        OwnedTasks owned(300);
        std::array<DummyTask, 2> tasks;
        BOOST_TEST(owned.add(tasks[0], worker));
        owned.close_and_abort();
        BOOST_TEST(!owned.add(tasks[1], worker));
        owned.remove(tasks[1], worker);  // as a refused task does when it is cancelled
        BOOST_TEST(owned.size() == 1U);
        owned.remove(tasks[0], worker);
        BOOST_TEST(owned.size() == 0U);
    }
}

BOOST_AUTO_TEST_CASE(knows_how_many_new_tasks_came_from_elsewhere) {
    InjectionQueue queue;
    OwnedTasks owned(2, &queue);
    std::array<DummyTask, 3> tasks;
    for (DummyTask& task : tasks) {
        task.set_unlisted();
        BOOST_TEST(queue.push_new(task));
    }
    BOOST_TEST(owned.size() == 3U);
    std::size_t unlisted = 0;
    BOOST_TEST(owned.snapshot(&unlisted).empty());
    BOOST_TEST(unlisted == 3U);
    BOOST_TEST(owned.spawned() == 3U);
    owned.tally(0).end();
    BOOST_TEST(owned.list(tasks[1], 1));
    BOOST_TEST(owned.size() == 2U);
    BOOST_TEST(owned.snapshot(&unlisted).size() == 1U);
    BOOST_TEST(unlisted == 1U);
    owned.remove(tasks[1], 0);
    owned.close_and_abort();
    BOOST_TEST(!owned.list(tasks[2], 0));  // it was about to wait, and is cancelled
    BOOST_TEST(tasks[2].is_unlisted());
    owned.end_elsewhere();
    BOOST_TEST(owned.size() == 0U);
    BOOST_TEST(owned.spawned() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(idle_workers)

BOOST_AUTO_TEST_CASE(nobody_is_woken_while_all_are_awake) {
    Idle idle(2);
    BOOST_TEST(!idle.worker_to_wake().has_value());
    BOOST_TEST(!idle.needs_wake());
    BOOST_TEST(!idle.has_sleepers());
    BOOST_TEST(idle.awake() == 2U);
}

BOOST_AUTO_TEST_CASE(one_sleeper_is_woken_and_searches_before_the_next_is) {
    Idle idle(4);
    static_cast<void>(idle.sleep(0, false));
    static_cast<void>(idle.sleep(1, false));
    BOOST_TEST(idle.awake() == 2U);
    BOOST_TEST(idle.needs_wake());
    const std::optional<unsigned> woken = idle.worker_to_wake();
    BOOST_TEST_REQUIRE(woken.has_value());
    BOOST_TEST(!idle.needs_wake());
    BOOST_TEST(!idle.is_asleep(*woken));
    BOOST_TEST(!idle.worker_to_wake().has_value());  // it searches
    BOOST_TEST(idle.stop_searching());               // the last one
    const std::optional<unsigned> next = idle.worker_to_wake();
    BOOST_TEST_REQUIRE(next.has_value());
    BOOST_TEST(*next != *woken);
    BOOST_TEST(idle.awake() == 4U);
}

BOOST_AUTO_TEST_CASE(half_of_the_workers_search_at_most) {
    Idle idle(4);
    BOOST_TEST(idle.start_searching());
    BOOST_TEST(idle.start_searching());
    BOOST_TEST(!idle.start_searching());
    BOOST_TEST(!idle.stop_searching());
    BOOST_TEST(idle.start_searching());
}

BOOST_AUTO_TEST_CASE(the_last_searcher_that_falls_asleep_is_told_so) {
    Idle idle(4);
    BOOST_TEST(idle.start_searching());
    BOOST_TEST(idle.start_searching());
    BOOST_TEST(!idle.sleep(0, true));
    BOOST_TEST(idle.sleep(1, true));
    BOOST_TEST(!idle.sleep(2, false));
    BOOST_TEST(idle.awake() == 1U);
}

BOOST_AUTO_TEST_CASE(a_sleeper_may_wake_itself_once) {
    Idle idle(2);
    static_cast<void>(idle.sleep(1, false));
    BOOST_TEST(idle.is_asleep(1));
    BOOST_TEST((idle.any_sleeper() == 1U));
    BOOST_TEST(idle.wake_self(1));
    BOOST_TEST(!idle.wake_self(1));
    BOOST_TEST(!idle.is_asleep(1));
    BOOST_TEST(idle.awake() == 2U);
    BOOST_TEST(!idle.any_sleeper().has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
