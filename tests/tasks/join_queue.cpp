// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/join_queue.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstddef>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::SteppedTask;

namespace {

using Next = std::optional<edo::JoinResult<int>>;

edo::Task<int> yields(int value) {
    co_return value;
}

edo::Task<int> yields_after(Event& event, int value) {
    co_await event;
    co_return value;
}

edo::Task<int> waits_for_ever(CountsDestruction /*counts*/) {
    Event never;
    co_await never;
    co_return 0;
}

edo::Task<int> join_one(edo::JoinQueue<int>& queue) {
    const Next next = co_await queue.join_next();
    co_return next.has_value() ? next->value() : -1;
}

edo::Task<void> until_alone(std::size_t others) {
    while (edo::Handle::current().alive_tasks() > others) {
        co_await edo::yield_now();
    }
}

BOOST_AUTO_TEST_SUITE(join_queue)

BOOST_AUTO_TEST_CASE(results_come_in_the_order_in_which_the_tasks_were_spawned) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::JoinQueue<int> queue;
            std::vector<Event> events(4);
            for (int i = 0; i < 4; ++i) {
                queue.spawn(yields_after(events[std::size_t(i)], i));
            }
            for (const int i : {3, 1, 2}) {
                events[std::size_t(i)].set();
            }
            co_await until_alone(1);
            Next next = queue.try_join_next();
            BOOST_TEST(!next.has_value());
            BOOST_TEST(queue.size() == 4U);
            events[0].set();
            for (int i = 0; i < 4; ++i) {
                next = co_await queue.join_next();
                BOOST_TEST(next.value().value() == i);
            }
            next = co_await queue.join_next();
            BOOST_TEST(!next.has_value());
        }());
    });
}

BOOST_AUTO_TEST_CASE(join_all_keeps_the_order_of_many) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            constexpr int kTasks = 2000;
            edo::JoinQueue<int> queue;
            for (int i = 0; i < kTasks; ++i) {
                queue.spawn(yields, i);
            }
            const std::vector<int> values = co_await queue.join_all();
            std::vector<int> expected(kTasks);
            std::iota(expected.begin(), expected.end(), 0);
            BOOST_TEST((values == expected));
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_waiting_join_next_is_woken_by_the_oldest_task_only) {
    const edo::test::LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    runtime.block_on([]() -> edo::Task<void> {
        edo::JoinQueue<int> queue;
        Event first;
        Event second;
        queue.spawn(yields_after(first, 1));
        queue.spawn(yields_after(second, 2));
        SteppedTask<int> waiting(join_one(queue));
        waiting.turn();
        second.set();
        co_await until_alone(1);
        BOOST_TEST(!waiting.is_woken());
        first.set();
        co_await waiting.woken();
        BOOST_TEST(waiting.run());
        BOOST_TEST(waiting.take() == 1);
        const Next next = co_await queue.join_next();
        BOOST_TEST(next.value().value() == 2);
    }());
}

BOOST_AUTO_TEST_CASE(try_join_next_leaves_a_waiting_join_next_waiting) {
    const edo::test::LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    runtime.block_on([]() -> edo::Task<void> {
        edo::JoinQueue<int> queue;
        Event first;
        Event second;
        queue.spawn(yields_after(first, 1));
        queue.spawn(yields_after(second, 2));
        SteppedTask<int> waiting(join_one(queue));
        SteppedTask<int> other(join_one(queue));
        waiting.turn();
        other.turn();
        Next tried = queue.try_join_next();
        BOOST_TEST(!tried.has_value());
        first.set();
        co_await waiting.woken();
        tried = queue.try_join_next();  // takes it away from the one that was woken
        BOOST_TEST(tried.value().value() == 1);
        BOOST_TEST(!waiting.run());
        BOOST_TEST(!other.run());
        second.set();
        co_await until_alone(0);
        waiting.run();
        other.run();
        // One has the value, and the other one gets nothing from the queue that is empty now.
        BOOST_TEST(waiting.run());
        BOOST_TEST(other.run());
        BOOST_TEST(waiting.take() + other.take() == 1);
    }());
}

BOOST_AUTO_TEST_CASE(a_dropped_join_next_loses_no_result) {
    const edo::test::LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    runtime.block_on([]() -> edo::Task<void> {
        edo::JoinQueue<int> queue;
        Event event;
        queue.spawn(yields_after(event, 6));
        SteppedTask<int> waiting(join_one(queue));
        SteppedTask<int> other(join_one(queue));
        waiting.turn();
        other.turn();
        event.set();
        co_await waiting.woken();
        waiting.cancel();
        BOOST_TEST(other.run());
        BOOST_TEST(other.take() == 6);
    }());
}

BOOST_AUTO_TEST_CASE(aborted_tasks_stay_in_their_place_and_dropping_aborts_all) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            {
                edo::JoinQueue<int> queue;
                const edo::AbortHandle first =
                    queue.spawn(waits_for_ever(CountsDestruction(destroyed)));
                queue.spawn(yields(2));
                queue.spawn(waits_for_ever(CountsDestruction(destroyed)));
                first.abort();
                Next next = co_await queue.join_next();
                BOOST_TEST(next.value().error().is_cancelled());
                next = co_await queue.join_next();
                BOOST_TEST(next.value().value() == 2);
                queue.spawn(yields(3));
            }
            co_await until_alone(0);
            BOOST_TEST(destroyed == 2);
        }());
    });
}

BOOST_AUTO_TEST_CASE(join_next_is_cancelled_at_each_of_its_suspensions) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on(edo::test::drive([]() -> edo::Task<void> {
            edo::JoinQueue<int> queue;
            for (int i = 0; i < 3; ++i) {
                queue.spawn(yields(i));
            }
            for (int i = 0; i < 3; ++i) {
                const Next next = co_await queue.join_next();
                BOOST_TEST(next.value().value() == i);
            }
        }));
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
