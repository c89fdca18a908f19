// SPDX-License-Identifier: MIT
// The results of the tasks of a set.
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/join_set.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using edo::test::Event;
using edo::test::for_each_flavor;

namespace {

edo::Task<int> yields(int value) {
    co_return value;
}

edo::Task<int> yields_after(Event& event, int value) {
    co_await event;
    co_return value;
}

edo::Task<int> throws(std::string text) {
    throw std::runtime_error(text);
    co_return 0;
}

using Next = std::optional<edo::JoinResult<int>>;

BOOST_AUTO_TEST_SUITE(join_set_results)

BOOST_AUTO_TEST_CASE(an_empty_set_yields_nothing_at_once) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::JoinSet<int> set;
            BOOST_TEST(set.empty());
            const Next next = co_await set.join_next();
            BOOST_TEST(!next.has_value());
            const Next tried = set.try_join_next();
            BOOST_TEST(!tried.has_value());
            const std::vector<int> values = co_await set.join_all();
            BOOST_TEST(values.empty());
            co_await set.shutdown();
        }());
    });
}

BOOST_AUTO_TEST_CASE(results_are_taken_with_their_ids_without_waiting) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::JoinSet<int> set;
            BOOST_TEST(!set.try_join_next_with_id().has_value());
            const edo::AbortHandle task = set.spawn(yields(4));
            while (!task.is_finished()) {
                co_await edo::yield_now();
            }
            // The end is published before the set has heard of it.
            auto next = set.try_join_next_with_id();
            while (!next) {
                co_await edo::yield_now();
                next = set.try_join_next_with_id();
            }
            BOOST_TEST((next->first == task.id()));
            BOOST_TEST(next->second.value() == 4);
            BOOST_TEST(set.empty());
        }());
    });
}

BOOST_AUTO_TEST_CASE(members_have_names) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([](edo::Handle handle) -> edo::Task<void> {
            edo::JoinSet<std::string> set;
            const auto own_name = []() -> edo::Task<std::string> {
                co_return std::string(edo::current_task_name());
            };
            auto builder = set.build_task();
            builder.name("reader");
            builder.spawn(own_name());
            builder.spawn_on(handle, own_name);
            const std::vector<std::string> names = co_await set.join_all();
            BOOST_TEST(names == (std::vector<std::string>{"reader", "reader"}));
            builder.name("writer").spawn_blocking(
                []() -> std::string { throw std::runtime_error("full"); });
            auto next = co_await set.join_next();
            BOOST_TEST(next->error().name() == "writer");
            builder.spawn_blocking_on(handle,
                                      []() -> std::string { throw std::runtime_error("full"); });
            next = co_await set.join_next();
            BOOST_TEST(next->error().name() == "writer");
            builder.name("").spawn(own_name());
            next = co_await set.join_next();
            BOOST_TEST(next->value().empty());
        }(runtime.handle()));
    });
}

BOOST_AUTO_TEST_CASE(results_come_in_the_order_in_which_the_tasks_end) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::JoinSet<int> set;
            std::vector<Event> events(5);
            for (int i = 0; i < 5; ++i) {
                set.spawn(yields_after(events[std::size_t(i)], i));
            }
            BOOST_TEST(set.size() == 5U);
            for (const int i : {3, 0, 4, 2, 1}) {
                events[std::size_t(i)].set();
                const Next next = co_await set.join_next();
                BOOST_TEST(next.value().value() == i);
            }
            BOOST_TEST(set.empty());
        }());
    });
}

BOOST_AUTO_TEST_CASE(many_that_end_at_once_are_all_joined_once) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            constexpr int kTasks = 2000;
            edo::JoinSet<int> set;
            for (int i = 0; i < kTasks; ++i) {
                set.spawn(yields, i);
            }
            std::vector<int> seen;
            for (;;) {
                Next next = co_await set.join_next();
                if (!next) {
                    break;
                }
                seen.push_back(next->value());
                BOOST_TEST(set.size() == kTasks - seen.size());
            }
            std::sort(seen.begin(), seen.end());
            std::vector<int> expected(kTasks);
            std::iota(expected.begin(), expected.end(), 0);
            BOOST_TEST((seen == expected));
        }());
    });
}

BOOST_AUTO_TEST_CASE(tasks_may_be_added_while_others_are_joined) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::JoinSet<int> set;
            set.spawn(yields(10));
            int sum = 0;
            for (;;) {
                Next next = co_await set.join_next();
                if (!next) {
                    break;
                }
                sum += next->value();
                if (next->value() > 0) {
                    set.spawn(yields(next->value() - 1));
                }
            }
            BOOST_TEST(sum == 55);
        }());
    });
}

BOOST_AUTO_TEST_CASE(the_id_tells_which_task_it_was) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::JoinSet<int> set;
            Event event;
            const edo::AbortHandle first = set.spawn(yields_after(event, 1));
            const edo::AbortHandle second = set.spawn(throws("second"));
            auto next = co_await set.join_next_with_id();
            BOOST_TEST((next.value().first == second.id()));
            BOOST_TEST(next->second.error().is_exception());
            BOOST_TEST((next->second.error().id() == second.id()));
            event.set();
            next = co_await set.join_next_with_id();
            BOOST_TEST((next.value().first == first.id()));
            BOOST_TEST(next->second.value() == 1);
            next = co_await set.join_next_with_id();
            BOOST_TEST(!next.has_value());
        }());
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
