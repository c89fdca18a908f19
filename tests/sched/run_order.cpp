// SPDX-License-Identifier: MIT
// Which task runs next, where many wait for their turn.
#include "support/leak_guard.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <thread>
#include <vector>

using edo::JoinHandle;
using edo::Task;
using edo::test::LeakGuard;

namespace {

Task<void> count(std::size_t& ran) {
    ++ran;
    co_return;
}

/// Joins tasks in the order in which they were spawned. Returns how many had ended, at most, of
/// those that came after the one that was awaited.
Task<std::size_t> join_in_turn(std::size_t tasks) {
    std::size_t ran = 0;
    std::vector<JoinHandle<void>> handles;
    for (std::size_t i = 0; i < tasks; ++i) {
        handles.push_back(edo::spawn(count(ran)));
    }
    std::size_t ahead = 0;
    for (std::size_t i = 0; i < tasks; ++i) {
        const auto ended = co_await handles[i];
        BOOST_TEST(ended.has_value());
        ahead = std::max(ahead, ran - (i + 1));
    }
    BOOST_TEST(ran == tasks);
    co_return ahead;
}

Task<std::size_t> in_a_task(std::size_t tasks) {
    co_return (co_await edo::spawn(join_in_turn(tasks))).value();
}

BOOST_AUTO_TEST_SUITE(run_order)

BOOST_AUTO_TEST_CASE(who_joins_few_tasks_goes_on_as_soon_as_each_has_ended) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    BOOST_TEST(runtime.block_on(in_a_task(10)) <= 1U);
}

BOOST_AUTO_TEST_CASE(who_joins_many_tasks_in_turn_lets_them_run_first) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    BOOST_TEST(runtime.block_on(in_a_task(200)) >= 150U);
}

/// Of more tasks than the ring holds the oldest go through the injection queue in blocks, and those
/// that have yielded as the leaves that they are.
BOOST_AUTO_TEST_CASE(many_tasks_that_yield_all_get_on) {
    const LeakGuard guard;
    for (const unsigned workers : {0U, 1U, 2U}) {
        edo::Runtime runtime = workers == 0 ? edo::Builder::current_thread().build()
                                            : edo::Builder::multi_thread(workers).build();
        const std::size_t sum = runtime.block_on([]() -> Task<std::size_t> {
            std::vector<JoinHandle<std::size_t>> handles;
            for (std::size_t i = 0; i < 2000; ++i) {
                handles.push_back(edo::spawn([]() -> Task<std::size_t> {
                    for (int n = 0; n < 5; ++n) {
                        co_await edo::yield_now();
                    }
                    co_return 1;
                }));
            }
            std::size_t ended = 0;
            for (auto& handle : handles) {
                ended += (co_await handle).value();
            }
            co_return ended;
        }());
        BOOST_TEST(sum == 2000U);
    }
}

/// A worker looks at what other threads have queued once each round of its ring.
Task<unsigned> turns_until_another_thread_s_task_runs() {
    std::size_t ran = 0;
    const edo::Handle handle = edo::Handle::current();
    std::thread([&handle, &ran] { handle.spawn(count(ran)).detach(); }).join();
    unsigned turns = 0;
    while (ran == 0) {
        co_await edo::yield_now();
        ++turns;
    }
    co_return turns;
}

BOOST_AUTO_TEST_CASE(a_task_of_another_thread_waits_for_one_round_at_most) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    for (int i = 0; i < 20; ++i) {
        BOOST_TEST(runtime.block_on(turns_until_another_thread_s_task_runs()) <= 2U);
    }
}

/// How many of so many tasks of another thread have run when the caller, which is alone, has its
/// next turn.
Task<std::size_t> run_before_the_next_turn(std::size_t tasks) {
    std::size_t ran = 0;
    const edo::Handle handle = edo::Handle::current();
    std::thread([&handle, &ran, tasks] {
        for (std::size_t i = 0; i < tasks; ++i) {
            handle.spawn(count(ran)).detach();
        }
    }).join();
    co_await edo::yield_now();
    const std::size_t before = ran;
    while (ran < tasks) {
        co_await edo::yield_now();
    }
    co_return before;
}

BOOST_AUTO_TEST_CASE(many_tasks_of_another_thread_go_before_who_has_had_a_turn_meanwhile) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    BOOST_TEST(runtime.block_on(run_before_the_next_turn(100)) == 100U);
    // More than a share, which is what fits into the ring: the others come in the next round.
    const std::size_t share = runtime.block_on(run_before_the_next_turn(1000));
    BOOST_TEST(share >= 100U);
    BOOST_TEST(share < 1000U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
