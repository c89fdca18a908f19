// SPDX-License-Identifier: MIT
#include "stream/test_channel.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/interval.hpp>
#include <edo/runtime/stream/timeout_repeating.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <optional>
#include <utility>

using namespace std::chrono_literals;
using edo::Instant;
using edo::test::on_paused_clock;
using edo::test::TestChannel;

namespace {

namespace stream = edo::stream;

template <class S>
edo::Task<void> expect_silence_at(S& source, Instant start, edo::Duration when) {
    auto item = co_await source.next();
    BOOST_REQUIRE(item.has_value());
    BOOST_REQUIRE(!item->has_value());
    BOOST_TEST((item->error() == edo::Errc::Elapsed));
    BOOST_TEST((edo::now() - start) / 1ms == when / 1ms);
}

template <class S>
edo::Task<void> expect_value(S& source, int value) {
    auto item = co_await source.next();
    BOOST_REQUIRE(item.has_value());
    BOOST_TEST(item->value() == value);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(timeout_repeating)

BOOST_AUTO_TEST_CASE(each_tick_without_a_value_is_an_error) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        TestChannel<int> channel;
        auto source = stream::from_channel(channel) |
                      stream::timeout_repeating(edo::interval_at(start + 10ms, 10ms));
        channel.send(1);
        co_await expect_value(source, 1);
        co_await expect_silence_at(source, start, 10ms);
        co_await expect_silence_at(source, start, 20ms);
        // What was dropped at a tick has lost nothing, and a value begins a new period.
        co_await edo::sleep(5ms);
        channel.send(2);
        co_await expect_value(source, 2);
        co_await expect_silence_at(source, start, 35ms);
        channel.close();
        const auto end = co_await source.next();
        BOOST_TEST(!end.has_value());
    });
}

BOOST_AUTO_TEST_CASE(a_value_that_is_there_goes_before_a_tick_that_is_due) {
    on_paused_clock([]() -> edo::Task<void> {
        TestChannel<int> channel;
        channel.send(1);
        auto source = stream::from_channel(channel) | stream::timeout_repeating(edo::interval(1s));
        co_await expect_value(source, 1);  // the first tick was due at once
        channel.send(2);
        co_await edo::sleep(5s);
        co_await expect_value(source, 2);
    });
}

BOOST_AUTO_TEST_CASE(the_schedule_goes_on_when_next_is_dropped) {
    on_paused_clock([]() -> edo::Task<void> {
        const Instant start = edo::now();
        TestChannel<int> channel;
        auto source = stream::from_channel(channel) |
                      stream::timeout_repeating(edo::interval_at(start + 10ms, 10ms));
        for (int i = 0; i < 3; ++i) {
            const auto waited = co_await edo::timeout(3ms, source.next());
            BOOST_TEST(!waited.has_value());
        }
        co_await expect_silence_at(source, start, 10ms);
    });
}

BOOST_AUTO_TEST_SUITE_END()
