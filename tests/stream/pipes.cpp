// SPDX-License-Identifier: MIT
// Sources, and what can be done with each value.
#include "io/scripted.hpp"
#include "stream/test_channel.hpp"
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include <edo/runtime/codec/framed.hpp>
#include <edo/runtime/codec/lines_codec.hpp>
#include <edo/runtime/delay_queue.hpp>
#include <edo/runtime/join_set.hpp>
#include <edo/runtime/stream/combine.hpp>
#include <edo/runtime/stream/limit.hpp>
#include <edo/runtime/stream/peekable.hpp>
#include <edo/runtime/stream/transform.hpp>
#include <edo/runtime/stream/watch_stream.hpp>
#include <edo/runtime/sync/watch.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace edo::stream;
using edo::test::CancelScenario;
using edo::test::drive;
using edo::test::expect_ints;
using edo::test::expect_next_at;
using edo::test::for_each_flavor;
using edo::test::Ints;
using edo::test::ints;
using edo::test::on_paused_clock;
using edo::test::TestChannel;

namespace {

static_assert(Stream<Iter<Ints>>);
static_assert(Stream<IntervalStream>);
static_assert(Stream<Pending<int>>);
static_assert(Stream<edo::DelayQueue<int>>);
static_assert(Stream<edo::codec::FramedRead<edo::test::ScriptedReader, edo::codec::LinesCodec>>);
static_assert(!Stream<int>);
static_assert(!Stream<Ints>);
static_assert(std::is_same_v<ItemOf<Iter<Ints&>>, int>);

bool is_even(int n) {
    return n % 2 == 0;
}
int square(int n) {
    return n * n;
}
edo::Task<int> slow_square(int n) {
    co_await edo::sleep(10ms);
    co_return n* n;
}
std::optional<std::string> text_of_even(int n) {
    if (n % 2 != 0) {
        return std::nullopt;
    }
    return std::to_string(n);
}

BOOST_AUTO_TEST_SUITE(sources)

BOOST_AUTO_TEST_CASE(iter_yields_what_is_in_a_range) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await expect_ints(iter(ints(1, 2, 3)), ints(1, 2, 3));
        co_await expect_ints(iter(Ints()), ints());
        const Ints kept = ints(4, 5);
        co_await expect_ints(iter(kept), ints(4, 5));
        BOOST_TEST(kept.size() == 2U);
        // Moved while its iterator is in use: the elements are in the object itself.
        auto stream = iter(std::array<int, 3>{7, 8, 9});
        const auto first = co_await stream.next();
        BOOST_TEST(first.value() == 7);
        auto moved = std::move(stream);
        co_await expect_ints(std::move(moved), ints(8, 9));
    });
}

BOOST_AUTO_TEST_CASE(iter_moves_the_elements_of_what_it_owns) {
    on_paused_clock([]() -> edo::Task<void> {
        std::vector<std::unique_ptr<int>> owners;
        owners.push_back(std::make_unique<int>(5));
        auto stream = iter(std::move(owners));
        const auto owner = co_await stream.next();
        BOOST_TEST(**owner == 5);
        std::vector<std::string> texts;
        texts.emplace_back("kept");
        auto copying = iter(texts);
        const auto copy = co_await copying.next();
        BOOST_TEST(*copy == "kept");
        BOOST_TEST(texts[0] == "kept");
    });
}

BOOST_AUTO_TEST_CASE(once_empty_and_pending) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await expect_ints(once(5), ints(5));
        co_await expect_ints(edo::stream::empty<int>(), ints());
        auto never = pending<int>();
        const auto waited = co_await edo::timeout(24h, never.next());
        BOOST_TEST(!waited.has_value());
    });
}

BOOST_AUTO_TEST_CASE(a_pending_stream_is_destroyed_with_its_task) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto wait = []() -> edo::Task<void> {
                auto never = pending<int>();
                static_cast<void>(co_await never.next());
            };
            edo::JoinHandle<void> waiting = edo::spawn(wait());
            co_await edo::yield_now();
            waiting.abort();
            static_cast<void>(co_await waiting);
            edo::spawn(wait()).detach();  // until the end of the runtime
        });
    });
}

BOOST_AUTO_TEST_CASE(interval_stream_yields_the_ticks) {
    on_paused_clock([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        auto ticks = interval_stream(edo::interval(10ms));
        co_await expect_next_at(ticks, start, start, 0ms);
        co_await expect_next_at(ticks, start + 10ms, start, 10ms);
        ticks.interval().reset_at(start + 50ms);
        co_await expect_next_at(ticks, start + 50ms, start, 50ms);
    });
}

/// Yields a `Result`, then an error.
class ResultReceiver {
public:
    ResultReceiver() = default;
    edo::Task<edo::Result<int>> recv() {
        if (++count_ > 2) {
            co_return edo::failure(std::errc::broken_pipe);
        }
        co_return count_;
    }

private:
    int count_ = 0;
};

/// Yields nothing, as a signal does.
class EventReceiver {
public:
    EventReceiver() = default;
    edo::Task<void> recv() { co_await edo::sleep(1ms); }
};

BOOST_AUTO_TEST_CASE(from_channel_yields_what_is_received) {
    on_paused_clock([]() -> edo::Task<void> {
        TestChannel<int> channel;
        channel.send(1);
        channel.send(2);
        channel.close();
        co_await expect_ints(from_channel(channel), ints(1, 2));
        ResultReceiver results;
        co_await expect_ints(from_channel(results), ints(1, 2));
        auto events = from_channel(EventReceiver());
        const auto event = co_await events.next();
        BOOST_TEST(event.has_value());
    });
}

BOOST_AUTO_TEST_CASE(a_function_is_a_stream_too) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::JoinSet<int> tasks;
            for (int n = 1; n <= 3; ++n) {
                tasks.spawn([](int number) -> edo::Task<int> { co_return number; }, n);
            }
            auto results = from_function([&tasks] { return tasks.join_next(); });
            static_assert(Stream<decltype(results)>);
            int sum = 0;
            while (auto result = co_await results.next()) {
                sum += result->value();
            }
            BOOST_TEST(sum == 6);
            auto doubled = from_function([&tasks] { return tasks.join_next(); }) |
                           map([](const auto& result) { return 2 * result.value(); });
            tasks.spawn([]() -> edo::Task<int> { co_return 21; });
            co_await expect_ints(std::move(doubled), ints(42));
        });
    });
}

BOOST_AUTO_TEST_CASE(the_values_of_a_watch_channel_are_a_stream) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto channel = edo::sync::watch::channel(1);
            auto values = from_watch(channel.second);
            auto changes = from_changes(std::move(channel.second));
            const auto one = co_await values.next();
            BOOST_TEST((one == 1));
            const auto none = co_await select(edo::biased, changes.next(), edo::yield_now());
            BOOST_TEST(none.is<1>());
            channel.first.send_replace(2);
            channel.first.send_replace(3);  // the last one counts
            const auto three = co_await values.next();
            BOOST_TEST((three == 3));
            const auto change = co_await changes.next();
            BOOST_TEST((change == 3));
            channel.first.send_replace(4);
            {
                const auto dropped = std::move(channel.first);
            }
            co_await expect_ints(std::move(values), ints(4));
            co_await expect_ints(std::move(changes), ints(4));
        });
    });
}

BOOST_AUTO_TEST_CASE(streams_that_are_always_ready_let_others_in) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            bool stopped = false;
            auto using_up = [](bool& stop) -> edo::Task<void> {
                auto stream = iter(Ints(1'000'000, 1)) | map(square) | filter(is_even);
                while (!stop) {
                    auto more =
                        iter(Ints(1'000'000, 1)) | take_while([&stop](int) { return !stop; });
                    while (auto item = co_await more.next()) {
                    }
                }
                static_cast<void>(stream);
            };
            auto stopping = [](bool& stop) -> edo::Task<void> {
                co_await edo::yield_now();
                stop = true;
            };
            co_await edo::join(using_up(stopped), stopping(stopped));
        });
    });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(transform)

BOOST_AUTO_TEST_CASE(map_filter_and_filter_map) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await expect_ints(iter(ints(1, 2, 3)) | map(square), ints(1, 4, 9));
        co_await expect_ints(iter(ints(1, 2, 3, 4)) | filter(is_even), ints(2, 4));
        co_await expect_ints(iter(ints(1, 3)) | filter(is_even), ints());
        auto texts = iter(ints(1, 2, 3, 4)) | filter_map(text_of_even);
        const auto two = co_await texts.next();
        BOOST_TEST(*two == "2");
        const auto four = co_await texts.next();
        BOOST_TEST(*four == "4");
        const auto end = co_await texts.next();
        BOOST_TEST(!end.has_value());
    });
}

BOOST_AUTO_TEST_CASE(map_while_ends_where_the_function_has_nothing) {
    on_paused_clock([]() -> edo::Task<void> {
        auto numbers = iter(ints(2, 4, 5, 6));
        auto texts = numbers | map_while(text_of_even);
        std::string all;
        while (auto text = co_await texts.next()) {
            all += *text;
        }
        BOOST_TEST(all == "24");
        const auto after = co_await texts.next();
        BOOST_TEST(!after.has_value());
        co_await expect_ints(std::move(numbers), ints(6));  // what came behind is left
        auto short_one = iter(ints(2)) | map_while(text_of_even);
        const auto two = co_await short_one.next();
        BOOST_TEST((two == "2"));
        const auto end = co_await short_one.next();
        BOOST_TEST(!end.has_value());
    });
}

BOOST_AUTO_TEST_CASE(pipes_can_be_long_and_functions_may_keep_state) {
    on_paused_clock([]() -> edo::Task<void> {
        int calls = 0;
        auto stream = iter(ints(5, 6, 7, 8, 9, 10)) | filter(is_even) | map(square) |
                      map([&calls, offset = 1](int n) mutable {
                          ++calls;
                          return n + offset++;
                      }) |
                      skip(1) | take(1);
        co_await expect_ints(std::move(stream), ints(66));
        BOOST_TEST(calls == 2);
    });
}

BOOST_AUTO_TEST_CASE(a_pipe_refers_to_an_lvalue_and_keeps_an_rvalue) {
    on_paused_clock([]() -> edo::Task<void> {
        auto source = iter(ints(1, 2, 3, 4));
        co_await expect_ints(source | take(2), ints(1, 2));
        co_await expect_ints(source | map(square), ints(9, 16));
    });
}

BOOST_AUTO_TEST_CASE(then_awaits_one_after_the_other) {
    on_paused_clock([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        auto stream = iter(ints(1, 2, 3)) | then(slow_square);
        co_await expect_next_at(stream, 1, start, 10ms);
        co_await expect_next_at(stream, 4, start, 20ms);
        co_await expect_next_at(stream, 9, start, 30ms);
        const auto end = co_await stream.next();
        BOOST_TEST(!end.has_value());
    });
}

BOOST_AUTO_TEST_CASE(then_takes_other_awaitables_too) {
    on_paused_clock([]() -> edo::Task<void> {
        edo::DelayQueue<int> queue;
        queue.insert(7, 5ms);
        auto stream = iter(ints(1, 2)) | then([&queue](int) { return queue.next(); });
        auto first = co_await stream.next();
        BOOST_TEST(first.value().value().value == 7);
        auto second = co_await stream.next();
        BOOST_TEST(!second.value().has_value());
    });
}

BOOST_AUTO_TEST_CASE(then_goes_on_with_what_was_begun_when_next_is_cancelled) {
    on_paused_clock([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        auto stream = iter(ints(2, 3)) | then(slow_square);
        for (int i = 0; i < 3; ++i) {
            const auto waited = co_await edo::timeout(2ms, stream.next());
            BOOST_TEST(!waited.has_value());
        }
        co_await expect_next_at(stream, 4, start, 10ms);
        const auto waited = co_await edo::timeout(1ms, stream.next());
        BOOST_TEST(!waited.has_value());
        co_await edo::sleep(1h);  // it is done meanwhile
        co_await expect_next_at(stream, 9, start, 1h + 11ms);
    });
}

BOOST_AUTO_TEST_CASE(an_exception_leaves_through_next_and_the_stream_goes_on) {
    on_paused_clock([]() -> edo::Task<void> {
        auto check = [](int n) -> edo::Task<int> {
            co_await edo::yield_now();
            if (n == 2) {
                throw std::runtime_error("two");
            }
            co_return n;
        };
        auto stream = iter(ints(1, 2, 3)) | then(check);
        static_cast<void>(co_await stream.next());
        bool thrown = false;
        try {
            static_cast<void>(co_await stream.next());
        } catch (const std::runtime_error&) {
            thrown = true;
        }
        BOOST_TEST(thrown);
        co_await expect_ints(std::move(stream), ints(3));
    });
}

BOOST_AUTO_TEST_CASE(enumerate_counts) {
    on_paused_clock([]() -> edo::Task<void> {
        auto stream = iter(ints(7, 8)) | enumerate();
        const auto first = co_await stream.next();
        BOOST_TEST(first->first == 0U);
        BOOST_TEST(first->second == 7);
        const auto second = co_await stream.next();
        BOOST_TEST(second->first == 1U);
    });
}

BOOST_AUTO_TEST_CASE(take_and_skip) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await expect_ints(iter(ints(1, 2, 3)) | take(2), ints(1, 2));
        co_await expect_ints(iter(ints(1, 2, 3)) | take(5), ints(1, 2, 3));
        co_await expect_ints(iter(ints(1, 2, 3)) | take(0), ints());
        co_await expect_ints(iter(ints(1, 2, 3)) | skip(2), ints(3));
        co_await expect_ints(iter(ints(1, 2, 3)) | skip(5), ints());
        co_await expect_ints(iter(ints(1, 2, 3)) | skip(0), ints(1, 2, 3));
        const auto small = [](int n) { return n < 3; };
        co_await expect_ints(iter(ints(1, 2, 3, 1)) | take_while(small), ints(1, 2));
        co_await expect_ints(iter(ints(1, 2, 3, 1)) | skip_while(small), ints(3, 1));
        co_await expect_ints(iter(ints(1, 2)) | skip_while(small), ints());
        auto source = iter(ints(1, 2, 3));
        co_await expect_ints(source | take(1), ints(1));
        co_await expect_ints(std::move(source), ints(2, 3));  // not asked for more
    });
}

BOOST_AUTO_TEST_CASE(peekable_looks_ahead) {
    on_paused_clock([]() -> edo::Task<void> {
        auto stream = iter(ints(1, 2, 3)) | peekable();
        int* const first = co_await stream.peek();
        BOOST_TEST(*first == 1);
        *first = 10;
        const auto odd = co_await stream.next_if([](int n) { return n % 2 != 0; });
        BOOST_TEST(!odd.has_value());
        const auto ten = co_await stream.next_if(is_even);
        BOOST_TEST(ten.value() == 10);
        const auto two = co_await stream.next();
        BOOST_TEST(two.value() == 2);
        static_cast<void>(co_await stream.peek());
        const auto three = co_await stream.next();
        BOOST_TEST(three.value() == 3);
        const int* const end = co_await stream.peek();
        BOOST_TEST(end == nullptr);
        const auto none = co_await stream.next_if(is_even);
        BOOST_TEST(!none.has_value());
        const auto after = co_await stream.next();
        BOOST_TEST(!after.has_value());
    });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(consume)

BOOST_AUTO_TEST_CASE(collect_fills_containers) {
    on_paused_clock([]() -> edo::Task<void> {
        const Ints all = co_await (iter(ints(3, 1, 3)) | collect());
        BOOST_TEST(all == ints(3, 1, 3), boost::test_tools::per_element());
        const std::set<int> distinct = co_await (iter(ints(3, 1, 3)) | collect<std::set<int>>());
        BOOST_TEST(distinct.size() == 2U);
        std::vector<char> letters{'a', 'b'};
        const std::string text = co_await (iter(letters) | collect<std::string>());
        BOOST_TEST(text == "ab");
    });
}

BOOST_AUTO_TEST_CASE(try_collect_stops_at_the_first_error) {
    on_paused_clock([]() -> edo::Task<void> {
        edo::codec::FramedRead good(edo::test::ScriptedReader("one\ntwo"),
                                    edo::codec::LinesCodec());
        const auto lines = co_await (good | try_collect());
        BOOST_TEST(lines.value().size() == 2U);
        edo::codec::FramedRead bad(edo::test::ScriptedReader("one\n\xff\ntwo"),
                                   edo::codec::LinesCodec());
        const auto failed = co_await (bad | try_collect());
        BOOST_TEST((failed.error() == edo::Errc::InvalidData));
    });
}

BOOST_AUTO_TEST_CASE(try_next_puts_the_error_outside) {
    on_paused_clock([]() -> edo::Task<void> {
        using R = edo::Result<int>;
        std::vector<R> results;
        results.emplace_back(1);
        results.emplace_back(edo::failure(std::errc::io_error));
        auto source = iter(std::move(results));
        const auto one = co_await try_next(source);
        BOOST_TEST((one.value() == 1));
        const auto error = co_await try_next(source);
        BOOST_TEST((error.error() == std::errc::io_error));
        const auto end = co_await try_next(source);
        BOOST_TEST(!end.value().has_value());
    });
}

BOOST_AUTO_TEST_CASE(fold_for_each_any_all_count) {
    on_paused_clock([]() -> edo::Task<void> {
        const auto add = [](int sum, int n) { return sum + n; };
        const int sum = co_await (iter(ints(1, 2, 3)) | fold(10, add));
        BOOST_TEST(sum == 16);
        int visited = 0;
        co_await (iter(ints(1, 2, 3)) | for_each([&visited](int n) { visited += n; }));
        BOOST_TEST(visited == 6);
        const edo::Instant start = edo::now();
        co_await (iter(ints(1, 2, 3)) | for_each(slow_square));
        BOOST_TEST((edo::now() - start == 30ms));
        auto numbers = iter(ints(1, 2, 3));
        const bool some = co_await (numbers | any(is_even));
        BOOST_TEST(some);
        co_await expect_ints(std::move(numbers), ints(3));  // ends at the first one
        const bool none = co_await (iter(ints(1, 3)) | any(is_even));
        BOOST_TEST(!none);
        const bool every = co_await (iter(ints(2, 4)) | all(is_even));
        BOOST_TEST(every);
        const bool not_every = co_await (iter(ints(2, 3, 4)) | all(is_even));
        BOOST_TEST(!not_every);
        const bool of_none = co_await (edo::stream::empty<int>() | all(is_even));
        BOOST_TEST(of_none);
        const std::size_t number = co_await (iter(ints(2, 3, 4)) | count());
        BOOST_TEST(number == 3U);
    });
}

/// Numbers from 0 on; suspends before each.
class Counting {
public:
    explicit Counting(int end) : end_(end) {}
    edo::Task<std::optional<int>> next() {
        co_await edo::yield_now();
        if (at_ == end_) {
            co_return std::nullopt;
        }
        co_return at_++;
    }

private:
    int end_;
    int at_ = 0;
};

auto long_pipe() {
    return Counting(8) | map([](int n) { return n == 7 ? 70 : n; }) | skip(1) |
           filter([](int n) { return n != 1; }) | edo::stream::chain(once(100)) | take(7) |
           peekable();
}

/// A long pipe is cancelled anywhere; the rest is taken afterwards.
class Piped : public CancelScenario {
public:
    edo::Task<void> subject() override {
        while (auto item = co_await pipe_.next()) {
            got_.push_back(*item);
        }
    }
    edo::Task<void> check(bool /*completed*/) override {
        while (auto item = co_await pipe_.next()) {
            got_.push_back(*item);
        }
        BOOST_TEST(got_ == ints(2, 3, 4, 5, 6, 70, 100), boost::test_tools::per_element());
    }

private:
    decltype(long_pipe()) pipe_ = long_pipe();
    Ints got_;
};

BOOST_AUTO_TEST_CASE(a_pipe_loses_nothing_when_next_is_cancelled) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive<Piped>());
        BOOST_TEST(driven.suspensions >= 9U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
