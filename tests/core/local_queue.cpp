// SPDX-License-Identifier: MIT
#include "core/dummy_task.hpp"
#include <edo/runtime/scheduler/local_queue.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

using edo::detail::LocalQueue;
using edo::detail::TaskCore;
using edo::test::DummyTask;

namespace {

constexpr std::size_t kCapacity = LocalQueue::kCapacity;

using Tasks = std::array<DummyTask, kCapacity + 1>;

void fill(LocalQueue& queue, Tasks& tasks, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        BOOST_TEST_REQUIRE(queue.push(tasks[i]));
    }
}

BOOST_AUTO_TEST_SUITE(local_queue)

BOOST_AUTO_TEST_CASE(fits_256_tasks_and_not_one_more) {
    for (const bool exclusive : {false, true}) {
        LocalQueue queue(exclusive);
        Tasks tasks;
        BOOST_TEST(queue.empty());
        fill(queue, tasks, kCapacity);
        BOOST_TEST(queue.size() == kCapacity);
        BOOST_TEST(!queue.push(tasks[kCapacity]));
        BOOST_TEST(queue.size() == kCapacity);
    }
}

BOOST_AUTO_TEST_CASE(is_first_in_first_out_also_around_its_end) {
    for (const bool exclusive : {false, true}) {
        LocalQueue queue(exclusive);
        Tasks tasks;
        for (int round = 0; round < 5; ++round) {
            fill(queue, tasks, 200);
            for (std::size_t i = 0; i < 200; ++i) {
                BOOST_TEST((queue.pop().task() == &tasks[i]));
            }
            BOOST_TEST((queue.pop().task() == nullptr));
            BOOST_TEST(queue.empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(gives_the_older_half_away_when_it_is_full) {
    for (const bool exclusive : {false, true}) {
        LocalQueue queue(exclusive);
        Tasks tasks;
        fill(queue, tasks, kCapacity);
        TaskCore* last = nullptr;
        std::uint32_t count = 0;
        TaskCore* task = queue.take_half(last, count);
        BOOST_TEST(count == kCapacity / 2);
        for (std::size_t i = 0; i < count; ++i) {
            BOOST_TEST((task == &tasks[i]));
            BOOST_TEST((i + 1 < count || task == last));
            task = task->queue_next;
        }
        BOOST_TEST((task == nullptr));
        BOOST_TEST(queue.size() == kCapacity / 2);
        BOOST_TEST(queue.push(tasks[kCapacity]));
        BOOST_TEST((queue.pop().task() == &tasks[kCapacity / 2]));
    }
}

BOOST_AUTO_TEST_CASE(lets_a_thief_take_half_rounded_up) {
    for (const std::size_t size : {1U, 2U, 3U, 8U, 255U, 256U}) {
        LocalQueue victim(false);
        LocalQueue thief(false);
        Tasks tasks;
        fill(victim, tasks, size);
        const std::size_t stolen = size - size / 2;
        // The newest of what was stolen is handed over, the rest is in the thief's queue.
        BOOST_TEST((victim.steal_into(thief).task() == &tasks[stolen - 1]));
        BOOST_TEST(thief.size() == stolen - 1);
        BOOST_TEST(victim.size() == size - stolen);
        for (std::size_t i = 0; i + 1 < stolen; ++i) {
            BOOST_TEST((thief.pop().task() == &tasks[i]));
        }
        for (std::size_t i = stolen; i < size; ++i) {
            BOOST_TEST((victim.pop().task() == &tasks[i]));
        }
    }
}

BOOST_AUTO_TEST_CASE(has_nothing_for_a_thief_when_it_is_empty) {
    LocalQueue victim(false);
    LocalQueue thief(false);
    BOOST_TEST((victim.steal_into(thief).task() == nullptr));
    BOOST_TEST((victim.steal_one().task() == nullptr));
    BOOST_TEST(thief.empty());
}

BOOST_AUTO_TEST_CASE(gives_nothing_to_a_thief_that_has_no_room) {
    LocalQueue victim(false);
    LocalQueue thief(false);
    Tasks tasks;
    Tasks more;
    fill(victim, tasks, kCapacity);
    fill(thief, more, kCapacity / 2 + 1);
    BOOST_TEST((victim.steal_into(thief).task() == nullptr));
    BOOST_TEST(victim.size() == kCapacity);
    BOOST_TEST((thief.pop().task() == &more[0]));
    BOOST_TEST((victim.steal_into(thief).task() == &tasks[kCapacity / 2 - 1]));
    BOOST_TEST(thief.size() == kCapacity - 1);
}

BOOST_AUTO_TEST_CASE(gives_single_tasks_away_oldest_first) {
    for (const bool exclusive : {false, true}) {
        LocalQueue queue(exclusive);
        Tasks tasks;
        fill(queue, tasks, 3);
        BOOST_TEST((queue.steal_one().task() == &tasks[0]));
        BOOST_TEST((queue.pop().task() == &tasks[1]));
        BOOST_TEST((queue.steal_one().task() == &tasks[2]));
        BOOST_TEST((queue.steal_one().task() == nullptr));
    }
}

/// The owner pushes and pops, thieves steal: each task is seen by exactly one of them.
BOOST_AUTO_TEST_CASE(loses_and_doubles_nothing_under_two_thieves) {
    constexpr std::size_t kTasks = 100'000;
    const auto tasks = std::make_unique<std::array<DummyTask, kTasks>>();
    LocalQueue queue(false);
    std::atomic<bool> done = false;
    const auto see = [](TaskCore* task) { ++static_cast<DummyTask*>(task)->seen; };

    const auto steal = [&queue, &done, &see](bool one_by_one) {
        LocalQueue own(false);
        for (;;) {
            const bool last_look = done;
            TaskCore* task = one_by_one ? queue.steal_one().task() : queue.steal_into(own).task();
            if (task == nullptr && last_look) {
                return;
            }
            for (; task != nullptr; task = own.pop().task()) {
                see(task);
            }
        }
    };
    {
        std::vector<std::jthread> thieves;
        thieves.emplace_back(steal, false);
        thieves.emplace_back(steal, false);
        thieves.emplace_back(steal, true);
        std::size_t next = 0;
        while (next < kTasks) {
            // Bursts of different lengths, some of which overflow.
            for (std::size_t burst = 1 + next * 7 % 400; burst > 0 && next < kTasks; --burst) {
                DummyTask& task = (*tasks)[next++];
                while (!queue.push(task)) {
                    TaskCore* last = nullptr;
                    std::uint32_t count = 0;
                    TaskCore* taken = queue.take_half(last, count);
                    while (taken != nullptr) {
                        TaskCore* const following = taken->queue_next;
                        see(taken);
                        taken = following;
                    }
                }
            }
            for (std::size_t pops = next * 3 % 200; pops > 0; --pops) {
                if (TaskCore* const task = queue.pop().task()) {
                    see(task);
                }
            }
        }
        while (TaskCore* const task = queue.pop().task()) {
            see(task);
        }
        done = true;
    }
    std::size_t wrong = 0;
    for (const DummyTask& task : *tasks) {
        wrong += task.seen == 1 ? 0 : 1;
    }
    BOOST_TEST(wrong == 0U);
    BOOST_TEST(queue.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
