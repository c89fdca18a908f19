// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/leak_guard.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::test::armed_timers;
using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;

namespace {

edo::Task<int> number(int n) {
    co_return n;
}

edo::Task<int> number_after(edo::Duration delay, int n) {
    co_await edo::sleep(delay);
    co_return n;
}

edo::Task<int> waits_for_ever(CountsDestruction counts) {
    Event never;
    co_await never;
    static_cast<void>(counts);
    co_return 0;
}

/// Runs a task with a paused clock.
template <class Make>
void with_paused_clock(Make make) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().start_paused().build();
    runtime.block_on(make());
    BOOST_TEST(armed_timers(runtime.handle()) == 0U);
}

BOOST_AUTO_TEST_SUITE(timeout)

BOOST_AUTO_TEST_CASE(yields_the_value_of_what_ends_in_time) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            const edo::Result<int> result = co_await edo::timeout(1h, number_after(1ms, 7));
            BOOST_TEST(result.value() == 7);
            const edo::Result<void> nothing = co_await edo::timeout(1h, edo::yield_now());
            BOOST_TEST(nothing.has_value());
        });
        BOOST_TEST(armed_timers(runtime.handle()) == 0U);
    });
}

BOOST_AUTO_TEST_CASE(destroys_what_takes_too_long) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<int> destroyed = 0;
        runtime.block_on([](std::atomic<int>& counter) -> edo::Task<void> {
            const edo::Result<int> result =
                co_await edo::timeout(1ms, waits_for_ever(CountsDestruction(counter)));
            BOOST_TEST(!result.has_value());
            BOOST_TEST(counter == 1);
            BOOST_TEST((result.error() == edo::Errc::Elapsed));
            BOOST_TEST((result.error() == std::errc::timed_out));
        }(destroyed));
    });
}

BOOST_AUTO_TEST_CASE(lets_what_is_ready_win_even_with_no_time_at_all) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            const edo::Result<int> none = co_await edo::timeout(0ms, number(7));
            BOOST_TEST(none.value() == 7);
            const edo::Result<int> negative = co_await edo::timeout(-1h, number(8));
            BOOST_TEST(negative.value() == 8);
            const edo::Result<int> past = co_await edo::timeout_at(edo::now() - 1h, number(9));
            BOOST_TEST(past.value() == 9);
        });
    });
}

BOOST_AUTO_TEST_CASE(lets_the_value_win_when_both_are_due_at_once) {
    with_paused_clock([]() -> edo::Task<void> {
        const edo::Result<int> result = co_await edo::timeout(10ms, number_after(10ms, 7));
        BOOST_TEST(result.value() == 7);
        // Also when the value takes several steps at that time.
        auto several = []() -> edo::Task<int> {
            co_await edo::sleep(10ms);
            co_await edo::join(number(1), number(2));
            co_return 8;
        };
        const edo::Result<int> later = co_await edo::timeout(10ms, several());
        BOOST_TEST(later.value() == 8);
    });
}

BOOST_AUTO_TEST_CASE(ends_exactly_at_its_deadline) {
    with_paused_clock([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        const edo::Result<int> result = co_await edo::timeout(10ms, number_after(11ms, 7));
        BOOST_TEST(!result.has_value());
        BOOST_TEST((edo::now() - start == 10ms));
        const edo::Result<int> at = co_await edo::timeout_at(start + 30ms, number_after(1h, 7));
        BOOST_TEST(!at.has_value());
        BOOST_TEST((edo::now() - start == 30ms));
    });
}

BOOST_AUTO_TEST_CASE(nests) {
    with_paused_clock([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        auto inner = [](edo::Duration limit, edo::Duration delay) -> edo::Task<int> {
            const edo::Result<int> result = co_await edo::timeout(limit, number_after(delay, 7));
            co_return result.value_or(-1);
        };
        const edo::Result<int> value = co_await edo::timeout(30ms, inner(20ms, 10ms));
        BOOST_TEST(value.value() == 7);
        BOOST_TEST((edo::now() - start == 10ms));
        const edo::Result<int> inner_elapsed = co_await edo::timeout(30ms, inner(20ms, 1h));
        BOOST_TEST(inner_elapsed.value() == -1);
        BOOST_TEST((edo::now() - start == 30ms));
        const edo::Result<int> outer_elapsed = co_await edo::timeout(10ms, inner(20ms, 1h));
        BOOST_TEST(!outer_elapsed.has_value());
        BOOST_TEST((edo::now() - start == 40ms));
        // Both at once: what is inside goes first.
        const edo::Result<int> both = co_await edo::timeout(10ms, inner(10ms, 1h));
        BOOST_TEST(both.value_or(-2) == -1);
        BOOST_TEST((edo::now() - start == 50ms));
    });
}

BOOST_AUTO_TEST_CASE(nests_deeply) {
    with_paused_clock([]() -> edo::Task<void> {
        struct Frames {
            static edo::Task<int> below(int left) {
                if (left == 0) {
                    co_return co_await number_after(1h, 1);
                }
                const edo::Result<int> result = co_await edo::timeout(2h, below(left - 1));
                co_return result.value();
            }
        };
        const edo::Result<int> value = co_await edo::timeout(2h, Frames::below(1000));
        BOOST_TEST(value.value() == 1);
        const edo::Result<int> elapsed = co_await edo::timeout(30min, Frames::below(1000));
        BOOST_TEST(!elapsed.has_value());
    });
}

BOOST_AUTO_TEST_CASE(passes_exceptions_on) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto fail = []() -> edo::Task<int> {
                co_await edo::yield_now();
                throw std::runtime_error("broken");
            };
            BOOST_CHECK_THROW(static_cast<void>(co_await edo::timeout(1h, fail())),
                              std::runtime_error);
        });
        BOOST_TEST(armed_timers(runtime.handle()) == 0U);
    });
}

BOOST_AUTO_TEST_CASE(takes_results_and_values_that_only_move) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto fails = []() -> edo::Task<edo::Result<int>> {
                co_return edo::failure(std::errc::io_error);
            };
            const edo::Result<edo::Result<int>> result = co_await edo::timeout(1h, fails());
            BOOST_TEST(result.has_value());
            BOOST_TEST((result->error() == std::errc::io_error));
            auto make = []() -> edo::Task<std::unique_ptr<int>> {
                co_return std::make_unique<int>(7);
            };
            const edo::Result<std::unique_ptr<int>> owned = co_await edo::timeout(1h, make());
            BOOST_TEST(**owned == 7);
        });
    });
}

BOOST_AUTO_TEST_CASE(leaves_what_it_was_given_by_reference_running) {
    with_paused_clock([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        edo::Task<int> kept = number_after(10ms, 7);
        const edo::Result<int> early = co_await edo::timeout(4ms, kept);
        BOOST_TEST(!early.has_value());
        const edo::Result<int> again = co_await edo::timeout(4ms, kept);
        BOOST_TEST(!again.has_value());
        const edo::Result<int> value = co_await edo::timeout(4ms, kept);
        BOOST_TEST(value.value() == 7);
        BOOST_TEST((edo::now() - start == 10ms));
        BOOST_TEST(!kept.valid());

        edo::JoinHandle<int> handle = edo::spawn(number_after(10ms, 8));
        const auto waiting = co_await edo::timeout(1ms, handle);
        BOOST_TEST(!waiting.has_value());
        const auto joined = co_await edo::timeout(1h, handle);
        BOOST_TEST(joined.value().value() == 8);
    });
}

BOOST_AUTO_TEST_CASE(may_be_longer_than_all_time) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            const auto result = co_await edo::timeout(edo::Duration::max(), number_after(1ms, 7));
            BOOST_TEST(result.value() == 7);
            const auto at = co_await edo::timeout_at(edo::Instant::max(), number_after(1ms, 7));
            BOOST_TEST(at.value() == 7);
        });
    });
}

BOOST_AUTO_TEST_CASE(limits_operations_that_are_no_tasks) {
    with_paused_clock([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        Event never;
        const edo::Result<void> late = co_await edo::timeout(10ms, never);
        BOOST_TEST((late.error() == edo::Errc::Elapsed));
        BOOST_TEST((edo::now() - start == 10ms));
        const edo::Result<void> in_time = co_await edo::timeout(10ms, edo::sleep(5ms));
        BOOST_TEST(in_time.has_value());
        BOOST_TEST((edo::now() - start == 15ms));
        const edo::Result<void> both = co_await edo::timeout(5ms, edo::sleep(5ms));
        BOOST_TEST(both.has_value());
        BOOST_TEST((edo::now() - start == 20ms));
        const edo::Result<void> too_late = co_await edo::timeout_at(start, edo::sleep(5ms));
        BOOST_TEST(!too_late.has_value());
        BOOST_TEST((edo::now() - start == 20ms));
        Event event;
        event.set();
        const edo::Result<void> ready = co_await edo::timeout_at(start, event);
        BOOST_TEST(ready.has_value());
        const edo::Result<edo::Result<void>> inner =
            co_await edo::timeout(5ms, edo::timeout(5ms, never));
        BOOST_TEST(!inner.value().has_value());
    });
}

BOOST_AUTO_TEST_CASE(a_limit_counts_from_the_await) {
    with_paused_clock([]() -> edo::Task<void> {
        auto sleeping = edo::timeout(10ms, edo::sleep_until(edo::Instant::max()));
        auto computing = edo::timeout(10ms, number_after(1h, 7));
        co_await edo::sleep(50ms);
        const edo::Instant start = edo::now();
        const edo::Result<void> slept = co_await std::move(sleeping);
        BOOST_TEST(!slept.has_value());
        BOOST_TEST((edo::now() - start == 10ms));
        const edo::Result<int> computed = co_await std::move(computing);
        BOOST_TEST(!computed.has_value());
        BOOST_TEST((edo::now() - start == 20ms));
    });
}

BOOST_AUTO_TEST_CASE(works_in_branches) {
    with_paused_clock([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        auto results = co_await edo::join(edo::timeout(10ms, number_after(1h, 1)),
                                          edo::timeout(20ms, number_after(15ms, 2)),
                                          edo::timeout(30ms, number_after(1h, 3)));
        BOOST_TEST(!std::get<0>(results).has_value());
        BOOST_TEST(std::get<1>(results).value() == 2);
        BOOST_TEST(!std::get<2>(results).has_value());
        BOOST_TEST((edo::now() - start == 30ms));
        auto first =
            co_await edo::select(edo::timeout(10ms, number_after(1h, 1)), number_after(5ms, 2));
        BOOST_TEST(first.index() == 1U);
    });
}

BOOST_AUTO_TEST_CASE(can_be_cancelled_at_every_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on(edo::test::drive([]() -> edo::Task<void> {
            static_cast<void>(co_await edo::timeout(1h, number_after(1ms, 1)));
            static_cast<void>(co_await edo::timeout(1ms, number_after(1h, 1)));
            edo::Task<int> kept = number_after(2ms, 1);
            static_cast<void>(co_await edo::timeout(1ms, kept));
            if (kept.valid()) {  // on a slow machine both are due at once, and the task wins
                static_cast<void>(co_await edo::timeout(1h, std::move(kept)));
            }
        }));
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
