// SPDX-License-Identifier: MIT
// Several streams, and streams and time.
#include "stream/test_channel.hpp"
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include <edo/runtime/stream/combine.hpp>
#include <edo/runtime/stream/limit.hpp>
#include <edo/runtime/stream/stream_map.hpp>
#include <edo/runtime/stream/timed.hpp>
#include <edo/runtime/stream/transform.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace edo::stream;
using edo::test::expect_ints;
using edo::test::expect_next_at;
using edo::test::for_each_flavor;
using edo::test::Ints;
using edo::test::ints;
using edo::test::on_paused_clock;
using edo::test::TestChannel;

namespace {

/// Numbers from `first` on, one every `period`, the first one after it.
class Ticking {
public:
    Ticking(int first, int count, edo::Duration period)
        : next_(first), left_(count), interval_(edo::interval_at(edo::now() + period, period)) {}
    edo::Task<std::optional<int>> next() {
        if (left_ == 0) {
            co_return std::nullopt;
        }
        co_await interval_.tick();
        --left_;
        co_return next_++;
    }

private:
    int next_;
    int left_;
    edo::Interval interval_;
};

BOOST_AUTO_TEST_SUITE(combine)

BOOST_AUTO_TEST_CASE(chain_goes_on_with_the_other_stream) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await expect_ints(iter(ints(1, 2)) | chain(iter(ints(3))), ints(1, 2, 3));
        co_await expect_ints(iter(ints()) | chain(iter(ints(3))) | chain(once(4)), ints(3, 4));
        co_await expect_ints(iter(ints(1)) | chain(iter(ints())), ints(1));
        auto other = iter(ints(5, 6));
        co_await expect_ints(once(1) | chain(other) | take(2), ints(1, 5));
        co_await expect_ints(std::move(other), ints(6));
    });
}

BOOST_AUTO_TEST_CASE(merge_takes_turns_when_both_are_ready) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await expect_ints(iter(ints(1, 3, 5, 7)) | merge(iter(ints(2, 4))),
                             ints(1, 2, 3, 4, 5, 7));
        co_await expect_ints(iter(ints()) | merge(iter(ints(1, 2))), ints(1, 2));
        co_await expect_ints(iter(ints(1, 2)) | merge(iter(ints())), ints(1, 2));
        co_await expect_ints(iter(ints()) | merge(iter(ints())), ints());
    });
}

BOOST_AUTO_TEST_CASE(merge_yields_what_comes_first) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await expect_ints(Ticking(1, 3, 10ms) | merge(Ticking(100, 2, 12ms)),
                             ints(1, 100, 2, 101, 3));
        TestChannel<int> a;
        TestChannel<int> b;
        auto both = from_channel(a) | merge(from_channel(b));
        b.send(1);
        const auto first = co_await both.next();
        BOOST_TEST(first.value() == 1);
        a.close();
        const auto waited = co_await edo::timeout(1s, both.next());
        BOOST_TEST(!waited.has_value());
        b.send(2);
        b.close();
        co_await expect_ints(std::move(both), ints(2));
    });
}

BOOST_AUTO_TEST_CASE(merge_of_streams_with_work_in_progress_loses_none_of_it) {
    on_paused_clock([]() -> edo::Task<void> {
        auto slow = [](int n) -> edo::Task<int> {
            co_await edo::sleep(26ms);
            co_return n;
        };
        // The fast stream yields again and again while the slow one works on one value.
        co_await expect_ints((iter(ints(1, 2)) | then(slow)) | merge(Ticking(100, 6, 10ms)),
                             ints(100, 101, 1, 102, 103, 104, 2, 105));
    });
}

BOOST_AUTO_TEST_CASE(a_channel_that_is_never_empty_does_not_starve_the_other_one) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto busy = iter(Ints(10'000, 1));
            auto both = busy | merge(iter(Ints(10, 2)));
            int twos = 0;
            for (int i = 0; i < 20; ++i) {
                const auto item = co_await both.next();
                twos += *item == 2 ? 1 : 0;
            }
            BOOST_TEST(twos == 10);
        });
    });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(timed)

BOOST_AUTO_TEST_CASE(timeout_reports_once_that_nothing_came) {
    on_paused_clock([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        TestChannel<int> channel;
        auto stream = from_channel(channel) | edo::stream::timeout(10ms);
        channel.send(1);
        const auto one = co_await stream.next();
        BOOST_TEST(one->value() == 1);
        const auto late = co_await stream.next();
        BOOST_TEST((late->error() == edo::Errc::Elapsed));
        BOOST_TEST((edo::now() - start == 10ms));
        const auto waited = co_await edo::timeout(1h, stream.next());  // without a limit
        BOOST_TEST(!waited.has_value());
        channel.send(2);
        const auto two = co_await stream.next();
        BOOST_TEST(two->value() == 2);
        const auto late_again = co_await stream.next();
        BOOST_TEST(!late_again->has_value());
        channel.close();
        const auto end = co_await stream.next();
        BOOST_TEST(!end.has_value());
    });
}

BOOST_AUTO_TEST_CASE(the_time_of_timeout_goes_on_when_next_is_cancelled) {
    on_paused_clock([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        auto stream = pending<int>() | edo::stream::timeout(10ms);
        for (int i = 0; i < 3; ++i) {
            const auto waited = co_await edo::timeout(3ms, stream.next());
            BOOST_TEST(!waited.has_value());
        }
        const auto late = co_await stream.next();
        BOOST_TEST(!late->has_value());
        BOOST_TEST((edo::now() - start == 10ms));
    });
}

BOOST_AUTO_TEST_CASE(timeout_does_not_stop_what_is_in_progress) {
    on_paused_clock([]() -> edo::Task<void> {
        auto slow = [](int n) -> edo::Task<int> {
            co_await edo::sleep(25ms);
            co_return n;
        };
        const edo::Instant start = edo::now();
        auto stream = once(7) | then(slow) | edo::stream::timeout(10ms);
        const auto late = co_await stream.next();
        BOOST_TEST(!late->has_value());
        const auto seven = co_await stream.next();
        BOOST_TEST(seven->value() == 7);
        BOOST_TEST((edo::now() - start == 25ms));
    });
}

BOOST_AUTO_TEST_CASE(what_was_collected_for_a_chunk_can_be_taken_out) {
    on_paused_clock([]() -> edo::Task<void> {
        TestChannel<int> channel;
        channel.send(1);
        channel.send(2);
        auto chunks = from_channel(channel) | chunks_timeout(3, 1h);
        const auto waited = co_await edo::timeout(1ms, chunks.next());
        BOOST_TEST(!waited.has_value());
        const auto rest = std::move(chunks).into_remainder();
        BOOST_TEST(rest == ints(1, 2), boost::test_tools::per_element());
    });
}

BOOST_AUTO_TEST_CASE(throttle_keeps_a_gap_between_values) {
    on_paused_clock([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        auto stream = iter(ints(1, 2, 3)) | throttle(10ms);
        co_await expect_next_at(stream, 1, start, 0ms);
        co_await expect_next_at(stream, 2, start, 10ms);
        co_await edo::sleep(25ms);
        co_await expect_next_at(stream, 3, start, 35ms);
        const auto waited = co_await edo::timeout(5ms, stream.next());
        BOOST_TEST(!waited.has_value());
        const auto end = co_await stream.next();
        BOOST_TEST(!end.has_value());
        BOOST_TEST((edo::now() - start == 45ms));
        auto unthrottled = iter(ints(1, 2)) | throttle(0ms);
        const edo::Instant then = edo::now();
        co_await expect_next_at(unthrottled, 1, then, 0ms);
        co_await expect_next_at(unthrottled, 2, then, 0ms);
    });
}

BOOST_AUTO_TEST_CASE(chunks_end_when_they_are_full_or_their_time_is_over) {
    on_paused_clock([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        TestChannel<int> channel;
        auto chunks = from_channel(channel) | chunks_timeout(3, 10ms);
        for (int i = 1; i <= 4; ++i) {
            channel.send(i);
        }
        co_await expect_next_at(chunks, ints(1, 2, 3), start, 0ms);
        co_await expect_next_at(chunks, ints(4), start, 10ms);
        // An empty chunk is never yielded.
        const auto waited = co_await edo::timeout(1s, chunks.next());
        BOOST_TEST(!waited.has_value());
        channel.send(5);
        const auto cancelled = co_await edo::timeout(4ms, chunks.next());
        BOOST_TEST(!cancelled.has_value());
        channel.send(6);
        co_await expect_next_at(chunks, ints(5, 6), start, 1020ms);  // 10 ms after the first one
        channel.send(7);
        channel.close();
        co_await expect_next_at(chunks, ints(7), start, 1020ms);
        for (int i = 0; i < 2; ++i) {
            const auto end = co_await chunks.next();
            BOOST_TEST(!end.has_value());
        }
    });
    BOOST_CHECK_THROW(static_cast<void>(once(1) | chunks_timeout(0, 1ms)), edo::UsageError);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(stream_map)

using Source = ChannelStream<TestChannel<int>>;
using Subscriptions = StreamMap<std::string, Source>;

Source source_of(TestChannel<int> channel) {
    return from_channel(std::move(channel));
}

edo::Task<void> expect_item(Subscriptions& map, std::string key, int value) {
    const auto item = co_await map.next();
    BOOST_REQUIRE(item.has_value());
    BOOST_TEST(item->first == key);
    BOOST_TEST(item->second == value);
}

BOOST_AUTO_TEST_CASE(it_yields_what_comes_with_its_key) {
    on_paused_clock([]() -> edo::Task<void> {
        Subscriptions map;
        const auto nothing = co_await map.next();
        BOOST_TEST(!nothing.has_value());
        TestChannel<int> a;
        TestChannel<int> b;
        BOOST_TEST(!map.insert("a", source_of(a)).has_value());
        BOOST_TEST(!map.insert("b", source_of(b)).has_value());
        BOOST_TEST(map.len() == 2U);
        BOOST_TEST(map.contains("a"));
        BOOST_TEST(map.get("c") == nullptr);
        b.send(1);
        co_await expect_item(map, "b", 1);
        a.send(2);
        co_await expect_item(map, "a", 2);
        const auto waited = co_await edo::timeout(1s, map.next());
        BOOST_TEST(!waited.has_value());
        a.close();
        b.send(3);
        co_await expect_item(map, "b", 3);
        b.close();
        const auto end = co_await map.next();
        BOOST_TEST(!end.has_value());
        BOOST_TEST(map.is_empty());
        map.insert("c", source_of(TestChannel<int>(a)));
        BOOST_TEST(map.keys().size() == 1U);
    });
}

BOOST_AUTO_TEST_CASE(streams_can_be_replaced_and_removed) {
    on_paused_clock([]() -> edo::Task<void> {
        Subscriptions map;
        TestChannel<int> old;
        TestChannel<int> fresh;
        old.send(1);
        fresh.send(2);
        map.insert("key", source_of(old));
        auto replaced = map.insert("key", source_of(fresh));
        BOOST_REQUIRE(replaced.has_value());
        co_await expect_next_at(*replaced, 1, edo::now(), 0ms);
        co_await expect_item(map, "key", 2);
        BOOST_TEST(map.remove("key").has_value());
        BOOST_TEST(!map.remove("key").has_value());
        map.insert("key", source_of(old));
        map.clear();
        const auto end = co_await map.next();
        BOOST_TEST(!end.has_value());
    });
}

BOOST_AUTO_TEST_CASE(no_stream_starves) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            StreamMap<int, Iter<Ints>> map;
            for (int key = 0; key < 4; ++key) {
                map.insert(key, iter(Ints(1000, key)));
            }
            std::map<int, int> seen;
            for (int i = 0; i < 400; ++i) {
                const auto item = co_await map.next();
                BOOST_TEST(item->first == item->second);
                ++seen[item->first];
            }
            for (const auto& [key, times] : seen) {
                BOOST_TEST(times > 20);  // 100 each on average
            }
            BOOST_TEST(seen.size() == 4U);
            std::size_t rest = 0;
            while (const auto item = co_await map.next()) {
                ++rest;
            }
            BOOST_TEST(rest == 3600U);
        });
    });
}

BOOST_AUTO_TEST_CASE(it_must_not_be_changed_while_a_branch_waits) {
    on_paused_clock([]() -> edo::Task<void> {
        Subscriptions map;
        TestChannel<int> channel;
        map.insert("a", source_of(channel));
        auto meddle = [](Subscriptions& other, TestChannel<int> waited) -> edo::Task<void> {
            co_await edo::sleep(1ms);
            BOOST_CHECK_THROW(other.clear(), edo::UsageError);
            BOOST_CHECK_THROW(other.remove("a"), edo::UsageError);
            BOOST_CHECK_THROW(other.insert("b", source_of(waited)), edo::UsageError);
            bool thrown = false;
            try {
                static_cast<void>(co_await other.next());
            } catch (const edo::UsageError&) {
                thrown = true;
            }
            BOOST_TEST(thrown);
            waited.send(1);
        };
        co_await edo::join(expect_item(map, "a", 1), meddle(map, channel));
        map.clear();
    });
}

BOOST_AUTO_TEST_CASE(work_in_progress_goes_on_while_others_yield_and_when_the_map_grows) {
    on_paused_clock([]() -> edo::Task<void> {
        using Work = edo::Task<int> (*)(int);
        const Work slow = [](int n) -> edo::Task<int> {
            co_await edo::sleep(std::chrono::milliseconds(n));
            co_return n;
        };
        using Slow = decltype(iter(ints()) | then(slow));
        StreamMap<int, Slow> map;
        map.insert(0, iter(ints(50)) | then(slow));
        map.insert(1, iter(ints(20, 20)) | then(slow));
        const edo::Instant start = edo::now();
        Ints order;
        for (int i = 0; i < 4; ++i) {
            const auto item = co_await map.next();
            order.push_back(item->second);
            if (i == 0) {
                for (int key = 2; key < 40; ++key) {
                    map.insert(key, iter(ints(key == 2 ? 35 : 1000)) | then(slow));
                }
            }
        }
        BOOST_TEST(order == ints(20, 20, 50, 35), boost::test_tools::per_element());
        BOOST_TEST((edo::now() - start == 55ms));
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
