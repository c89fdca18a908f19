// SPDX-License-Identifier: MIT
// Local tasks as members of sets of tasks.
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/join_map.hpp>
#include <edo/runtime/join_queue.hpp>
#include <edo/runtime/join_set.hpp>
#include <edo/runtime/local_set.hpp>
#include <edo/runtime/task_builder.hpp>
#include <edo/runtime/task_tracker.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;

namespace {

edo::Task<bool> runs_on(std::thread::id thread) {
    bool same = std::this_thread::get_id() == thread;
    co_await edo::yield_now();
    same = same && std::this_thread::get_id() == thread;
    co_return same;
}

edo::Task<bool> waits_for_ever(CountsDestruction /*counts*/) {
    Event never;
    co_await never;
    co_return false;
}

edo::Task<std::string> own_name() {
    co_return std::string(edo::current_task_name());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(local_collections)

BOOST_AUTO_TEST_CASE(members_of_a_join_set_stay_on_the_thread) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::LocalSet local;
        local.block_on(runtime, [](edo::LocalSet& here) -> edo::Task<void> {
            const auto thread = std::this_thread::get_id();
            edo::JoinSet<bool> set;
            edo::JoinQueue<bool> queue;
            set.spawn_local(runs_on(thread));
            set.spawn_local_on(here, runs_on, thread);
            queue.spawn_local(runs_on, thread);
            queue.spawn_local_on(here, runs_on(thread));
            set.build_task().spawn_local(runs_on(thread));
            set.build_task().spawn_local_on(here, runs_on(thread));
            for (const bool same : co_await set.join_all()) {
                BOOST_TEST(same);
            }
            const std::vector<bool> in_order = co_await queue.join_all();
            BOOST_TEST(in_order == std::vector<bool>(2, true));

            edo::JoinMap<int, bool> map;
            map.spawn_local(1, runs_on(thread));
            map.spawn_local_on(here, 2, runs_on, thread);
            for (int i = 0; i < 2; ++i) {
                const auto next = co_await map.join_next();
                BOOST_TEST(next->second.value());
            }
        }(local));
    });
}

BOOST_AUTO_TEST_CASE(a_join_set_aborts_its_local_members) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<int> destroyed{0};
        edo::LocalSet local;
        local.block_on(runtime, [](std::atomic<int>& counter) -> edo::Task<void> {
            edo::JoinSet<bool> set;
            set.spawn_local(waits_for_ever(CountsDestruction(counter)));
            set.spawn(waits_for_ever(CountsDestruction(counter)));
            co_await edo::yield_now();
            co_await set.shutdown();
            BOOST_TEST(counter.load() == 2);
        }(destroyed));
    });
}

BOOST_AUTO_TEST_CASE(a_local_set_that_goes_first_ends_its_members) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<int> destroyed{0};
        edo::JoinSet<bool> set;
        {
            edo::LocalSet local;
            set.spawn_local_on(local, waits_for_ever(CountsDestruction(destroyed)));
            BOOST_TEST(set.size() == 1U);
        }
        BOOST_TEST(destroyed.load() == 1);
        const std::optional<edo::JoinResult<bool>> next = set.try_join_next();
        BOOST_REQUIRE(next.has_value());
        BOOST_TEST(next->error().is_cancelled());
        static_cast<void>(runtime);
    });
}

BOOST_AUTO_TEST_CASE(a_tracker_tracks_local_tasks) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::LocalSet local;
        local.block_on(runtime, [](edo::LocalSet& here) -> edo::Task<void> {
            const auto thread = std::this_thread::get_id();
            edo::TaskTracker tracker;
            edo::JoinHandle<bool> one = tracker.spawn_local(runs_on(thread));
            edo::JoinHandle<bool> two = tracker.spawn_local_on(here, runs_on, thread);
            BOOST_TEST(tracker.size() == 2U);
            tracker.close();
            co_await tracker.wait();
            const auto first = co_await one;
            BOOST_TEST(first.value());
            const auto second = co_await two;
            BOOST_TEST(second.value());
        }(local));
    });
}

BOOST_AUTO_TEST_CASE(names_are_given_in_a_local_set_that_is_named) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::LocalSet local;
        edo::TaskBuilder builder;
        builder.name("local reader");
        edo::JoinHandle<std::string> task = builder.spawn_local_on(local, own_name());
        edo::JoinHandle<std::string> other = builder.spawn_local_on(local, own_name);
        local.block_on(runtime,
                       [](edo::JoinHandle<std::string>& a,
                          edo::JoinHandle<std::string>& b) -> edo::Task<void> {
                           const auto first = co_await a;
                           BOOST_TEST(first.value() == "local reader");
                           const auto second = co_await b;
                           BOOST_TEST(second.value() == "local reader");
                       }(task, other));
    });
}

BOOST_AUTO_TEST_CASE(local_members_need_a_local_set_of_this_thread) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::LocalSet local;
        runtime.block_on([](edo::LocalSet& elsewhere) -> edo::Task<void> {
            edo::JoinSet<bool> set;
            const auto thread = std::this_thread::get_id();
            BOOST_CHECK_THROW(set.spawn_local(runs_on(thread)), edo::UsageError);
            auto other = edo::spawn_blocking([&set, &elsewhere, thread] {
                BOOST_CHECK_THROW(set.spawn_local_on(elsewhere, runs_on(thread)), edo::UsageError);
            });
            const auto done = co_await other;
            BOOST_TEST(done.has_value());
            BOOST_TEST(set.empty());
        }(local));
    });
}

BOOST_AUTO_TEST_SUITE_END()
