// SPDX-License-Identifier: MIT
#include "stream/test_channel.hpp"
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include <edo/runtime/stream/async_generator.hpp>
#include <edo/runtime/stream/combine.hpp>
#include <edo/runtime/stream/limit.hpp>
#include <edo/runtime/stream/transform.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

using namespace std::chrono_literals;
using namespace edo::stream;
using edo::test::CountsDestruction;
using edo::test::drive;
using edo::test::expect_ints;
using edo::test::expect_next_at;
using edo::test::for_each_flavor;
using edo::test::ints;
using edo::test::on_paused_clock;

namespace {

static_assert(Stream<AsyncGenerator<int>>);

AsyncGenerator<int> count_to(int end) {
    for (int i = 1; i <= end; ++i) {
        co_yield i;
    }
}

AsyncGenerator<int> count_slowly(int end) {
    for (int i = 1; i <= end; ++i) {
        co_await edo::sleep(10ms);
        co_yield i;
    }
}

AsyncGenerator<int> count_for_ever() {
    for (int i = 0;; ++i) {
        co_yield i;
    }
}

AsyncGenerator<int> fail_after(int count) {
    for (int i = 1; i <= count; ++i) {
        co_yield i;
    }
    throw std::runtime_error("no more");
}

AsyncGenerator<int> watched(std::atomic<int>& destroyed) {
    const CountsDestruction watch(destroyed);
    co_yield 1;
    co_await edo::sleep(1h);
    co_yield 2;
}

/// Yields what another one yields, and awaits a task in between.
AsyncGenerator<std::string> names(int end) {
    auto numbers = count_slowly(end);
    auto name = [](int n) -> edo::Task<std::string> {
        co_await edo::yield_now();
        co_return "number " + std::to_string(n);
    };
    while (auto number = co_await numbers.next()) {
        std::string text = co_await name(*number);
        co_yield std::move(text);
    }
}

AsyncGenerator<std::unique_ptr<int>> owners() {
    co_yield std::make_unique<int>(1);
    co_yield std::make_unique<int>(2);
}

BOOST_AUTO_TEST_SUITE(async_generator)

BOOST_AUTO_TEST_CASE(it_yields_one_value_after_the_other) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            co_await expect_ints(count_to(3), ints(1, 2, 3));
            co_await expect_ints(count_to(0), ints());
            co_await expect_ints(count_to(9) | filter([](int n) { return n % 3 == 0; }) | skip(1),
                                 ints(6, 9));
            auto movable = owners();
            const auto first = co_await movable.next();
            BOOST_TEST(**first == 1);
        });
    });
}

BOOST_AUTO_TEST_CASE(it_may_await_between_values) {
    on_paused_clock([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        auto stream = names(2);
        co_await expect_next_at(stream, std::string("number 1"), start, 10ms);
        co_await edo::sleep(100ms);  // between two values it stands still
        co_await expect_next_at(stream, std::string("number 2"), start, 120ms);
        const auto end = co_await stream.next();
        BOOST_TEST(!end.has_value());
    });
}

BOOST_AUTO_TEST_CASE(an_exception_is_thrown_once_and_then_it_has_ended) {
    on_paused_clock([]() -> edo::Task<void> {
        auto stream = fail_after(1);
        const auto first = co_await stream.next();
        BOOST_TEST(first.value() == 1);
        bool thrown = false;
        try {
            static_cast<void>(co_await stream.next());
        } catch (const std::runtime_error&) {
            thrown = true;
        }
        BOOST_TEST(thrown);
        for (int i = 0; i < 2; ++i) {
            const auto end = co_await stream.next();
            BOOST_TEST(!end.has_value());
        }
    });
}

BOOST_AUTO_TEST_CASE(it_is_destroyed_where_it_stands) {
    on_paused_clock([]() -> edo::Task<void> {
        std::atomic<int> destroyed = 0;
        {
            const auto never_started = watched(destroyed);
        }
        BOOST_TEST(destroyed == 0);
        {
            auto after_a_value = watched(destroyed);
            static_cast<void>(co_await after_a_value.next());
            BOOST_TEST(destroyed == 0);
        }
        BOOST_TEST(destroyed == 1);
        {
            auto asleep = watched(destroyed);
            static_cast<void>(co_await asleep.next());
            const auto waited = co_await edo::timeout(1ms, asleep.next());
            BOOST_TEST(!waited.has_value());
            BOOST_TEST(destroyed == 1);
        }
        BOOST_TEST(destroyed == 2);
        BOOST_TEST(edo::test::armed_timers(edo::Handle::current()) == 0U);
    });
}

BOOST_AUTO_TEST_CASE(it_goes_on_when_next_is_cancelled) {
    on_paused_clock([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        auto stream = count_slowly(3);
        for (int i = 0; i < 3; ++i) {
            const auto waited = co_await edo::timeout(2ms, stream.next());
            BOOST_TEST(!waited.has_value());
        }
        co_await expect_next_at(stream, 1, start, 10ms);
        const auto waited = co_await edo::timeout(1ms, stream.next());
        BOOST_TEST(!waited.has_value());
        co_await edo::sleep(1s);  // it yields meanwhile, once
        co_await expect_next_at(stream, 2, start, 1011ms);
        co_await expect_next_at(stream, 3, start, 1021ms);
    });
}

BOOST_AUTO_TEST_CASE(generators_can_be_merged) {
    on_paused_clock([]() -> edo::Task<void> {
        auto offset = [](int n) { return n + 100; };
        co_await expect_ints(count_slowly(2) | merge(count_to(3) | map(offset)),
                             ints(101, 102, 103, 1, 2));
    });
}

BOOST_AUTO_TEST_CASE(one_that_never_awaits_lets_others_in) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            bool stopped = false;
            auto counting = [](bool& stop) -> edo::Task<void> {
                auto stream = count_for_ever();
                while (!stop) {
                    static_cast<void>(co_await stream.next());
                }
            };
            auto stopping = [](bool& stop) -> edo::Task<void> {
                co_await edo::yield_now();
                stop = true;
            };
            co_await edo::join(counting(stopped), stopping(stopped));
        });
    });
}

BOOST_AUTO_TEST_CASE(one_that_was_moved_from_is_refused) {
    on_paused_clock([]() -> edo::Task<void> {
        auto stream = count_to(2);
        static_cast<void>(co_await stream.next());
        auto moved = std::move(stream);
        bool thrown = false;
        try {
            static_cast<void>(co_await stream.next());
        } catch (const edo::UsageError&) {
            thrown = true;
        }
        BOOST_TEST(thrown);
        co_await expect_ints(std::move(moved), ints(2));
    });
}

BOOST_AUTO_TEST_CASE(it_can_be_cancelled_at_each_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive([]() -> edo::Task<void> {
            auto stream = names(2);
            while (true) {
                const auto item = co_await stream.next();
                if (!item) {
                    break;
                }
            }
        }));
        BOOST_TEST(driven.suspensions >= 4U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
