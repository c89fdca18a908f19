// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/interval.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <tuple>

using namespace std::chrono_literals;
using edo::Duration;
using edo::Instant;
using edo::Interval;
using edo::MissedTickBehavior;
using edo::test::drive;
using edo::test::for_each_flavor;
using edo::test::on_paused_clock;

namespace {

/// Checks when the next tick comes, and for when it says it was scheduled, both counted from
/// `start`.
edo::Task<void> expect_tick(Interval& interval, Instant start, Duration comes, Duration scheduled) {
    const Instant tick = co_await interval.tick();
    BOOST_TEST((edo::now() - start) / 1us == comes / 1us);
    BOOST_TEST((tick - start) / 1us == scheduled / 1us);
}

/// Ticks every 300 ms; the third tick is awaited at 1200 ms only, where it, the fourth and the
/// fifth are due.
edo::Task<void> miss_two_ticks(Interval& interval, Instant start) {
    co_await expect_tick(interval, start, 0ms, 0ms);
    co_await expect_tick(interval, start, 300ms, 300ms);
    co_await edo::advance(950ms);
    co_await expect_tick(interval, start, 1250ms, 600ms);
}

BOOST_AUTO_TEST_SUITE(interval)

BOOST_AUTO_TEST_CASE(the_first_tick_comes_at_once_and_the_others_a_period_apart) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Interval interval = edo::interval(100ms);
        BOOST_TEST((interval.period() == 100ms));
        BOOST_TEST((interval.missed_tick_behavior() == MissedTickBehavior::Burst));
        for (int i = 0; i < 5; ++i) {
            co_await expect_tick(interval, start, i * 100ms, i * 100ms);
        }
    });
}

BOOST_AUTO_TEST_CASE(the_first_tick_comes_at_the_given_start) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Interval later = edo::interval_at(start + 70ms, 100ms);
        co_await expect_tick(later, start, 70ms, 70ms);
        co_await expect_tick(later, start, 170ms, 170ms);
        Interval earlier = edo::interval_at(start - 50ms, 100ms);
        co_await expect_tick(earlier, start, 170ms, -50ms);
        co_await expect_tick(earlier, start, 170ms, 50ms);
        co_await expect_tick(earlier, start, 170ms, 150ms);
        co_await expect_tick(earlier, start, 250ms, 250ms);
    });
}

BOOST_AUTO_TEST_CASE(work_between_the_ticks_does_not_shift_them) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Interval interval = edo::interval(100ms);
        for (int i = 0; i < 5; ++i) {
            co_await expect_tick(interval, start, i * 100ms, i * 100ms);
            co_await edo::sleep(60ms);
        }
    });
}

BOOST_AUTO_TEST_CASE(a_period_must_be_positive) {
    BOOST_CHECK_THROW(static_cast<void>(edo::interval(0ms)), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(edo::interval(-1ms)), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(edo::interval_at(edo::now(), 0ms)), edo::UsageError);
}

BOOST_AUTO_TEST_CASE(burst_catches_up) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Interval interval = edo::interval(300ms);
        co_await miss_two_ticks(interval, start);
        co_await expect_tick(interval, start, 1250ms, 900ms);
        co_await expect_tick(interval, start, 1250ms, 1200ms);
        co_await expect_tick(interval, start, 1500ms, 1500ms);
        co_await expect_tick(interval, start, 1800ms, 1800ms);
    });
}

BOOST_AUTO_TEST_CASE(delay_starts_over) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Interval interval = edo::interval(300ms);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        co_await miss_two_ticks(interval, start);
        co_await expect_tick(interval, start, 1550ms, 1550ms);
        co_await expect_tick(interval, start, 1850ms, 1850ms);
    });
}

BOOST_AUTO_TEST_CASE(skip_keeps_to_multiples_of_the_period) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Interval interval = edo::interval(300ms);
        interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
        co_await miss_two_ticks(interval, start);
        co_await expect_tick(interval, start, 1500ms, 1500ms);
        co_await expect_tick(interval, start, 1800ms, 1800ms);
    });
}

BOOST_AUTO_TEST_CASE(a_little_lateness_is_not_a_missed_tick) {
    on_paused_clock([]() -> edo::Task<void> {
        for (const auto behavior :
             {MissedTickBehavior::Burst, MissedTickBehavior::Delay, MissedTickBehavior::Skip}) {
            const Instant start = edo::now();
            Interval interval = edo::interval(2ms);
            interval.set_missed_tick_behavior(behavior);
            co_await expect_tick(interval, start, 0ms, 0ms);
            co_await edo::advance(7ms);
            co_await expect_tick(interval, start, 7ms, 2ms);
            co_await expect_tick(interval, start, 7ms, 4ms);
        }
    });
}

BOOST_AUTO_TEST_CASE(resets_move_the_next_tick) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Interval interval = edo::interval(100ms);
        co_await expect_tick(interval, start, 0ms, 0ms);
        co_await edo::advance(50ms);
        interval.reset();
        co_await expect_tick(interval, start, 150ms, 150ms);
        co_await edo::advance(50ms);
        interval.reset_immediately();
        co_await expect_tick(interval, start, 200ms, 200ms);
        interval.reset_after(20ms);
        co_await expect_tick(interval, start, 220ms, 220ms);
        interval.reset_at(start + 500ms);
        co_await expect_tick(interval, start, 500ms, 500ms);
        co_await expect_tick(interval, start, 600ms, 600ms);
        interval.reset_at(start);  // the past
        co_await expect_tick(interval, start, 600ms, 0ms);
    });
}

BOOST_AUTO_TEST_CASE(a_reset_during_a_tick_is_for_the_tick_after_it) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Interval interval = edo::interval_at(start + 100ms, 100ms);
        auto resetting = [](Interval& reset, Instant to) -> edo::Task<void> {
            co_await edo::sleep(10ms);
            reset.reset_at(to);
        };
        co_await edo::join(expect_tick(interval, start, 100ms, 100ms),
                           resetting(interval, start + 5s));
        co_await expect_tick(interval, start, 5s, 5s);
    });
}

BOOST_AUTO_TEST_CASE(a_dropped_tick_is_not_lost) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        Interval interval = edo::interval(100ms);
        co_await expect_tick(interval, start, 0ms, 0ms);
        for (int i = 0; i < 7; ++i) {
            const auto tick = co_await edo::timeout(10ms, interval.tick());
            BOOST_TEST(!tick.has_value());
        }
        const auto first = co_await edo::select(edo::sleep(5ms), interval.tick());
        BOOST_TEST(first.index() == 0U);
        co_await expect_tick(interval, start, 100ms, 100ms);
    });
}

BOOST_AUTO_TEST_CASE(extreme_times_do_not_overflow) {
    on_paused_clock([]() -> edo::Task<void> {
        for (const auto behavior :
             {MissedTickBehavior::Burst, MissedTickBehavior::Delay, MissedTickBehavior::Skip}) {
            Interval endless = edo::interval(Duration::max());
            endless.set_missed_tick_behavior(behavior);
            static_cast<void>(co_await endless.tick());
            const auto second = co_await edo::timeout(1h, endless.tick());
            BOOST_TEST(!second.has_value());

            Interval ancient = edo::interval_at(Instant::min(), 1ns);
            ancient.set_missed_tick_behavior(behavior);
            static_cast<void>(co_await ancient.tick());
            static_cast<void>(co_await ancient.tick());

            Interval never = edo::interval_at(Instant::max(), Duration::max());
            never.set_missed_tick_behavior(behavior);
            const auto first = co_await edo::timeout(1h, never.tick());
            BOOST_TEST(!first.has_value());
        }
    });
}

BOOST_AUTO_TEST_CASE(ticks_that_are_overdue_let_others_in) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            bool stop = false;
            auto ticking = [](bool& end) -> edo::Task<std::uint64_t> {
                Interval interval = edo::interval_at(edo::now() - 24h * 365, 1ns);
                std::uint64_t ticks = 0;
                while (!end) {
                    static_cast<void>(co_await interval.tick());
                    ++ticks;
                }
                co_return ticks;
            };
            auto stopping = [](bool& end) -> edo::Task<void> {
                co_await edo::yield_now();
                end = true;
            };
            const auto results = co_await edo::join(ticking(stop), stopping(stop));
            BOOST_TEST(std::get<0>(results) > 0U);
        });
    });
}

BOOST_AUTO_TEST_CASE(a_tick_can_be_cancelled_at_each_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive([]() -> edo::Task<void> {
            Interval interval = edo::interval(1ms);
            for (int i = 0; i < 3; ++i) {
                static_cast<void>(co_await interval.tick());
            }
        }));
        BOOST_TEST(driven.suspensions >= 1U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
