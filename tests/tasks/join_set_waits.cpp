// SPDX-License-Identifier: MIT
// Waiting for the next result, and giving up.
#include "join_set_tasks.hpp"
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/join_set.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;
using namespace edo::test;
using edo::test::SteppedTask;

namespace {

BOOST_AUTO_TEST_SUITE(join_set_waits)

BOOST_AUTO_TEST_CASE(a_dropped_join_next_loses_no_result) {
    const edo::test::LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    runtime.block_on([]() -> edo::Task<void> {
        edo::JoinSet<int> set;
        Event event;
        set.spawn(yields_after(event, 6));
        const auto join = [](edo::JoinSet<int>& joined) -> edo::Task<void> {
            static_cast<void>(co_await joined.join_next());
        };
        SteppedTask<void> waiting(join(set));
        waiting.turn();
        event.set();
        co_await waiting.woken();
        waiting.cancel();  // it was woken for the result, and goes away without it
        const Next next = co_await set.join_next();
        BOOST_TEST(next.value().value() == 6);
    }());
}

BOOST_AUTO_TEST_CASE(a_dropped_join_next_passes_its_wake_up_on) {
    const edo::test::LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    runtime.block_on([]() -> edo::Task<void> {
        edo::JoinSet<int> set;
        Event first_event;
        Event second_event;
        set.spawn(yields_after(first_event, 6));
        set.spawn(yields_after(second_event, 7));
        const auto join = [](edo::JoinSet<int>& joined) -> edo::Task<int> {
            const Next next = co_await joined.join_next();
            co_return next.value().value();
        };
        SteppedTask<int> first(join(set));
        SteppedTask<int> second(join(set));
        first.turn();
        second.turn();
        first_event.set();
        co_await first.woken();
        BOOST_TEST(!second.is_woken());
        first.cancel();
        BOOST_TEST(second.is_woken());
        second.turn();
        BOOST_TEST(second.take() == 6);
    }());
}

BOOST_AUTO_TEST_CASE(try_join_next_leaves_a_waiting_join_next_waiting) {
    const edo::test::LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    runtime.block_on([]() -> edo::Task<void> {
        edo::JoinSet<int> set;
        Event first_event;
        Event second_event;
        set.spawn(yields_after(first_event, 1));
        set.spawn(yields_after(second_event, 2));
        const auto join = [](edo::JoinSet<int>& joined) -> edo::Task<int> {
            const Next next = co_await joined.join_next();
            co_return next.has_value() ? next->value() : -1;
        };
        SteppedTask<int> waiting(join(set));
        waiting.turn();
        Next tried = set.try_join_next();
        BOOST_TEST(!tried.has_value());
        first_event.set();
        co_await waiting.woken();
        tried = set.try_join_next();  // takes it away
        BOOST_TEST(tried.value().value() == 1);
        waiting.turn();
        BOOST_TEST(!waiting.is_finished());
        second_event.set();
        co_await waiting.woken();
        waiting.turn();
        BOOST_TEST(waiting.take() == 2);
    }());
}

BOOST_AUTO_TEST_CASE(a_waiting_join_next_yields_nothing_when_the_set_is_emptied) {
    const edo::test::LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    runtime.block_on([]() -> edo::Task<void> {
        std::atomic<int> destroyed = 0;
        edo::JoinSet<int> set;
        const edo::AbortHandle abort = set.spawn(waits_for_ever(CountsDestruction(destroyed)));
        const auto join = [](edo::JoinSet<int>& joined) -> edo::Task<bool> {
            const Next next = co_await joined.join_next();
            co_return next.has_value();
        };
        SteppedTask<bool> waiting(join(set));
        waiting.turn();
        set.detach_all();
        BOOST_TEST(waiting.is_woken());
        waiting.turn();
        BOOST_TEST(!waiting.take());
        abort.abort();
        co_await until_alone();
    }());
}

BOOST_AUTO_TEST_CASE(join_next_is_cancelled_at_each_of_its_suspensions) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on(edo::test::drive([]() -> edo::Task<void> {
            edo::JoinSet<int> set;
            for (int i = 0; i < 3; ++i) {
                set.spawn(yields(i));
            }
            const std::vector<int> values = co_await set.join_all();
            BOOST_TEST(values.size() == 3U);
        }));
    });
}

BOOST_AUTO_TEST_CASE(a_loop_of_ready_results_lets_other_tasks_run) {
    const edo::test::LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    runtime.block_on([]() -> edo::Task<void> {
        edo::JoinSet<int> set;
        for (int i = 0; i < 1000; ++i) {
            set.spawn(yields(i));
        }
        co_await until_alone();
        std::atomic<bool> ran = false;
        auto other = [](std::atomic<bool>& flag) -> edo::Task<void> {
            flag = true;
            co_return;
        };
        edo::spawn(other(ran)).detach();
        int joined_before = 0;
        for (int i = 0; i < 1000; ++i) {
            static_cast<void>(co_await set.join_next());
            joined_before += ran ? 0 : 1;
        }
        BOOST_TEST(ran);
        BOOST_TEST(joined_before <= 129);
    }());
}

BOOST_AUTO_TEST_CASE(an_exception_that_nobody_joins_goes_to_the_hook) {
    std::atomic<int> reported = 0;
    edo::test::for_each_flavor([&reported](edo::Builder builder) {
        reported = 0;
        builder.on_unhandled_exception(
            [&reported](std::uint64_t, const std::exception_ptr&) { ++reported; });
        edo::Runtime runtime = builder.build();
        runtime.block_on([]() -> edo::Task<void> {
            edo::JoinSet<int> set;
            const edo::AbortHandle ended = set.spawn(throws("nobody sees it"));
            while (!ended.is_finished()) {
                co_await edo::yield_now();
            }
        }());
        BOOST_TEST(reported == 1);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
