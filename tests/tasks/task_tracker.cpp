// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/core/frame_pool.hpp>
#include <edo/runtime/task_tracker.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::SteppedTask;

namespace {

edo::Task<int> yields(int value) {
    co_return value;
}

edo::Task<void> until(Event& event) {
    co_await event;
}

edo::Task<void> wait_for(edo::TaskTracker tracker) {
    co_await tracker.wait();
}

BOOST_AUTO_TEST_SUITE(task_tracker)

BOOST_AUTO_TEST_CASE(an_open_tracker_is_waited_for_until_it_is_closed) {
    const edo::test::LeakGuard guard;
    edo::TaskTracker tracker;
    SteppedTask<void> waiting(wait_for(tracker));
    waiting.turn();
    BOOST_TEST(!waiting.is_woken());
    BOOST_TEST(!tracker.is_closed());
    BOOST_TEST(tracker.close());
    BOOST_TEST(!tracker.close());
    BOOST_TEST(tracker.is_closed());
    BOOST_TEST(waiting.is_woken());
    waiting.turn();
    BOOST_TEST(waiting.is_finished());
    SteppedTask<void> late(wait_for(tracker));
    late.turn();
    BOOST_TEST(late.is_finished());
}

BOOST_AUTO_TEST_CASE(a_closed_tracker_is_waited_for_until_its_last_token_is_gone) {
    const edo::test::LeakGuard guard;
    edo::TaskTracker tracker;
    std::optional<edo::TaskTracker::Token> first(tracker.token());
    std::optional<edo::TaskTracker::Token> copy(first);
    BOOST_TEST(tracker.size() == 2U);
    tracker.close();
    SteppedTask<void> one(wait_for(tracker));
    SteppedTask<void> other(wait_for(tracker));
    one.turn();
    other.turn();
    first.reset();
    BOOST_TEST(!one.is_woken());
    BOOST_TEST((copy->tracker() == tracker));
    copy.reset();
    BOOST_TEST(tracker.empty());
    BOOST_TEST(one.run());
    BOOST_TEST(other.run());
}

BOOST_AUTO_TEST_CASE(it_is_over_even_if_it_was_only_for_a_moment) {
    const edo::test::LeakGuard guard;
    edo::TaskTracker tracker;
    SteppedTask<void> waiting(wait_for(tracker));
    waiting.turn();
    tracker.close();
    BOOST_TEST(tracker.reopen());
    BOOST_TEST(!tracker.reopen());
    const edo::TaskTracker::Token token = tracker.token();
    BOOST_TEST(waiting.run());
    SteppedTask<void> next(wait_for(tracker));
    BOOST_TEST(!next.run());
    tracker.close();
    BOOST_TEST(!next.run());
    next.cancel();
}

BOOST_AUTO_TEST_CASE(a_reopened_tracker_is_not_over_when_it_is_empty) {
    const edo::test::LeakGuard guard;
    edo::TaskTracker tracker;
    std::optional<edo::TaskTracker::Token> token(tracker.token());
    tracker.close();
    SteppedTask<void> waiting(wait_for(tracker));
    waiting.turn();
    tracker.reopen();
    token.reset();
    BOOST_TEST(!waiting.is_woken());
    tracker.close();
    BOOST_TEST(waiting.run());
}

BOOST_AUTO_TEST_CASE(it_waits_for_tasks_until_their_destructors_have_run) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            for (int round = 0; round < 50; ++round) {
                edo::TaskTracker tracker;
                std::atomic<int> destroyed = 0;
                const auto work = [](CountsDestruction /*argument*/,
                                     std::atomic<int>& count) -> edo::Task<void> {
                    const CountsDestruction local(count);
                    co_await edo::yield_now();
                };
                for (int i = 0; i < 20; ++i) {
                    tracker.spawn(work(CountsDestruction(destroyed), destroyed)).detach();
                    tracker.spawn(work, CountsDestruction(destroyed), std::ref(destroyed)).detach();
                }
                tracker.close();
                co_await tracker.wait();
                BOOST_TEST(destroyed == 80);
            }
        }());
    });
}

BOOST_AUTO_TEST_CASE(values_exceptions_and_blocking_functions_go_to_the_join_handle) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([](edo::Handle handle) -> edo::Task<void> {
            edo::TaskTracker tracker;
            edo::JoinHandle<int> first = tracker.spawn(yields(1));
            edo::JoinHandle<int> second = tracker.spawn_on(handle, yields, 2);
            edo::JoinHandle<int> third = tracker.spawn_blocking([] { return 3; });
            const auto throws = []() -> edo::Task<void> {
                throw std::runtime_error("tracked");
                co_return;
            };
            edo::JoinHandle<void> fourth = tracker.spawn(throws());
            const edo::JoinResult<int> one = co_await first;
            const edo::JoinResult<int> two = co_await second;
            const edo::JoinResult<int> three = co_await third;
            const edo::JoinResult<void> four = co_await fourth;
            BOOST_TEST(one.value() + two.value() + three.value() == 6);
            BOOST_TEST(four.error().is_exception());
            tracker.close();
            co_await tracker.wait();
            BOOST_TEST(tracker.empty());
        }(runtime.handle()));
    });
}

BOOST_AUTO_TEST_CASE(an_aborted_task_leaves_it) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::TaskTracker tracker;
            Event never;
            const edo::JoinHandle<void> started = tracker.spawn(until(never));
            co_await edo::yield_now();
            const edo::JoinHandle<void> unstarted = tracker.spawn(until(never));
            BOOST_TEST(tracker.size() == 2U);
            started.abort();
            unstarted.abort();
            tracker.close();
            co_await tracker.wait();
        }());
    });
}

BOOST_AUTO_TEST_CASE(dropping_it_aborts_nothing) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            edo::JoinHandle<void> handle;
            {
                const edo::TaskTracker tracker;
                handle = tracker.spawn(until(event));
                tracker.close();
            }
            event.set();
            const edo::JoinResult<void> result = co_await handle;
            BOOST_TEST(result.has_value());
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_tracked_task_counts_from_the_call_until_it_is_destroyed) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            const edo::TaskTracker tracker;
            {
                edo::Task<int> unused = tracker.track_task(yields(1));
                BOOST_TEST(tracker.size() == 1U);
            }
            BOOST_TEST(tracker.empty());
            const int value = co_await tracker.track_task(yields(4));
            BOOST_TEST(value == 4);
            BOOST_TEST(tracker.empty());
            Event never;
            const auto first =
                co_await edo::select(tracker.track_task(until(never)), edo::yield_now());
            BOOST_TEST(first.is<1>());
            BOOST_TEST(tracker.empty());
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_task_that_has_ended_leaves_no_memory_behind) {
    const edo::test::LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    runtime.block_on([]() -> edo::Task<void> {
        const edo::TaskTracker tracker;
        const std::int64_t before = edo::detail::live_frames();
        for (int i = 0; i < 1000; ++i) {
            tracker.spawn(yields(i)).detach();
        }
        while (edo::Handle::current().alive_tasks() > 0) {
            co_await edo::yield_now();
        }
        BOOST_TEST(edo::detail::live_frames() == before);
        BOOST_TEST(tracker.empty());
    }());
}

BOOST_AUTO_TEST_CASE(the_runtime_is_shut_down_before_its_tasks_have_ended) {
    for_each_flavor([](edo::Runtime& runtime) {
        const edo::TaskTracker tracker;
        Event never;
        tracker.spawn_on(runtime.handle(), until(never)).detach();
        tracker.close();
        runtime.shutdown_timeout(std::chrono::seconds(10));
        BOOST_TEST(tracker.empty());
        SteppedTask<void> waiting(wait_for(tracker));
        BOOST_TEST(waiting.run());
    });
}

BOOST_AUTO_TEST_CASE(tokens_closing_and_waiting_race) {
    for_each_flavor([](edo::Runtime& runtime) {
        for (int round = 0; round < 200; ++round) {
            edo::JoinHandle<void> waiting;
            {
                const edo::TaskTracker tracker;
                waiting = runtime.spawn(wait_for(tracker));
                std::vector<std::jthread> threads;
                for (int i = 0; i < 2; ++i) {
                    threads.emplace_back([token = std::optional(tracker.token())]() mutable {
                        const std::optional<edo::TaskTracker::Token> copy = token;
                        token.reset();
                    });
                }
                tracker.close();
            }
            runtime.block_on([](edo::JoinHandle<void> handle) -> edo::Task<void> {
                const edo::JoinResult<void> result = co_await handle;
                BOOST_TEST(result.has_value());
            }(std::move(waiting)));
        }
    });
}

BOOST_AUTO_TEST_CASE(a_wait_is_cancelled_at_each_of_its_suspensions) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on(edo::test::drive([]() -> edo::Task<void> {
            edo::TaskTracker tracker;
            const auto work = []() -> edo::Task<void> { co_await edo::yield_now(); };
            tracker.spawn(work()).detach();
            tracker.close();
            co_await tracker.wait();
        }));
    });
}

BOOST_AUTO_TEST_CASE(a_blocking_function_of_another_runtime_is_tracked) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::Runtime other = edo::Builder::current_thread().build();
        runtime.block_on([](edo::Handle there) -> edo::Task<void> {
            edo::TaskTracker tracker;
            const auto result = co_await tracker.spawn_blocking_on(there, [] { return 5; });
            BOOST_TEST(result.value() == 5);
            tracker.close();
            co_await tracker.wait();
        }(other.handle()));
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
