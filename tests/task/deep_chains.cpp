// SPDX-License-Identifier: MIT
// Neither long nor deep chains of awaits may use up the stack, in any build mode.
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <stdexcept>
#include <utility>
#include <vector>

using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::SteppedTask;

namespace {

constexpr int kMany = 1'000'000;
constexpr int kDeep = 100'000;

edo::Task<int> one() {
    co_return 1;
}

edo::Task<int> sum_of_ones(int count) {
    int sum = 0;
    for (int i = 0; i < count; ++i) {
        sum += co_await one();
    }
    co_return sum;
}

edo::Task<int> depth(int left) {
    if (left == 0) {
        co_return 0;
    }
    const int below = co_await depth(left - 1);
    co_return below + 1;
}

edo::Task<void> wait_below(int left, Event& event) {
    if (left == 0) {
        co_await event;
        co_return;
    }
    co_await wait_below(left - 1, event);
}

edo::Task<void> throw_below(int left) {
    if (left == 0) {
        throw std::runtime_error("from below");
    }
    co_await throw_below(left - 1);
}

/// Joins nested in one another.
edo::Task<void> wait_in_joins(int left, Event& event) {
    if (left == 0) {
        co_await event;
        co_return;
    }
    co_await edo::join(wait_in_joins(left - 1, event));
}

BOOST_AUTO_TEST_SUITE(deep_chains)

BOOST_AUTO_TEST_CASE(a_million_awaits_that_complete_at_once) {
    for_each_flavor(
        [](edo::Runtime& runtime) { BOOST_TEST(runtime.block_on(sum_of_ones(kMany)) == kMany); });
}

BOOST_AUTO_TEST_CASE(a_million_awaits_of_finished_tasks) {
    for_each_flavor([](edo::Runtime& runtime) {
        const int sum = runtime.block_on([]() -> edo::Task<int> {
            int total = 0;
            for (int i = 0; i < kMany / 100; ++i) {
                edo::JoinHandle<int> handle = edo::spawn(one());
                while (!handle.is_finished()) {
                    co_await edo::yield_now();
                }
                const edo::JoinResult<int> value = co_await handle;
                total += value.value();
            }
            co_return total;
        });
        BOOST_TEST(sum == kMany / 100);
    });
}

BOOST_AUTO_TEST_CASE(a_chain_of_awaits_that_ends_normally) {
    for_each_flavor(
        [](edo::Runtime& runtime) { BOOST_TEST(runtime.block_on(depth(kDeep)) == kDeep); });
}

BOOST_AUTO_TEST_CASE(a_chain_of_awaits_that_is_woken_at_its_bottom) {
    for_each_flavor([](edo::Runtime& runtime) {
        Event event;
        edo::JoinHandle<void> handle = runtime.spawn(wait_below(kDeep, event));
        event.set();
        runtime.block_on([](edo::JoinHandle<void> joined) -> edo::Task<void> {
            const edo::JoinResult<void> result = co_await joined;
            BOOST_TEST(result.has_value());
        }(std::move(handle)));
    });
}

BOOST_AUTO_TEST_CASE(a_chain_of_awaits_that_is_cancelled) {
    const LeakGuard guard;
    Event event;
    SteppedTask<void> task(wait_below(kDeep, event));
    task.turn();
    task.cancel();
    BOOST_TEST(task.is_cancelled());
}

BOOST_AUTO_TEST_CASE(a_chain_of_awaits_that_ends_with_an_exception) {
    const LeakGuard guard;
    SteppedTask<void> task(throw_below(kDeep / 10));
    task.turn();
    BOOST_CHECK_THROW(task.take(), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(a_chain_of_joins_that_ends_normally) {
    const LeakGuard guard;
    Event event;
    SteppedTask<void> task(wait_in_joins(kDeep, event));
    task.turn();
    event.set();
    BOOST_TEST(task.run());
}

BOOST_AUTO_TEST_CASE(a_chain_of_joins_that_is_cancelled) {
    const LeakGuard guard;
    Event event;
    SteppedTask<void> task(wait_in_joins(kDeep, event));
    task.turn();
    task.cancel();
    BOOST_TEST(task.is_cancelled());
}

BOOST_AUTO_TEST_CASE(a_task_that_was_never_started_is_destroyed_with_its_chain_of_arguments) {
    const LeakGuard guard;
    const auto holds = [](edo::Task<void> inner) -> edo::Task<void> { co_await std::move(inner); };
    edo::Task<void> task = holds(edo::Task<void>());
    for (int i = 0; i < 1000; ++i) {
        task = holds(std::move(task));
    }
    BOOST_TEST(task.valid());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
