// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/join_map.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::SteppedTask;

namespace {

using Map = edo::JoinMap<std::string, int>;
using Next = std::optional<Map::Joined>;

edo::Task<int> yields(int value) {
    co_return value;
}

edo::Task<int> yields_after(Event& event, int value) {
    co_await event;
    co_return value;
}

edo::Task<int> waits_for_ever(CountsDestruction /*counts*/) {
    Event never;
    co_await never;
    co_return 0;
}

edo::Task<void> until_alone() {
    while (edo::Handle::current().alive_tasks() > 0) {
        co_await edo::yield_now();
    }
}

BOOST_AUTO_TEST_SUITE(join_map)

BOOST_AUTO_TEST_CASE(results_come_with_their_keys_in_the_order_in_which_the_tasks_end) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Map map;
            Event first;
            Event second;
            map.spawn("first", yields_after(first, 1));
            map.spawn("second", yields_after(second, 2));
            BOOST_TEST(map.size() == 2U);
            BOOST_TEST(map.contains("first"));
            BOOST_TEST(!map.contains("third"));
            std::vector<std::string> keys = map.keys();
            std::sort(keys.begin(), keys.end());
            BOOST_TEST((keys == std::vector<std::string>{"first", "second"}));
            second.set();
            Next next = co_await map.join_next();
            BOOST_TEST(next.value().first == "second");
            BOOST_TEST(next->second.value() == 2);
            BOOST_TEST(!map.contains("second"));
            first.set();
            next = co_await map.join_next();
            BOOST_TEST(next.value().first == "first");
            next = co_await map.join_next();
            BOOST_TEST(!next.has_value());
            BOOST_TEST(map.empty());
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_task_replaces_the_one_with_the_same_key) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            Map map;
            const edo::AbortHandle old =
                map.spawn("key", waits_for_ever(CountsDestruction(destroyed)));
            co_await edo::yield_now();
            map.spawn("key", yields(2));
            BOOST_TEST(map.size() == 1U);
            Next next = co_await map.join_next();
            BOOST_TEST(next.value().second.value() == 2);
            next = co_await map.join_next();
            BOOST_TEST(!next.has_value());
            while (!old.is_finished()) {
                co_await edo::yield_now();
            }
            BOOST_TEST(destroyed == 1);
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_result_that_was_not_joined_is_replaced_too) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            for (const bool looks_first : {false, true}) {
                Map map;
                const edo::AbortHandle old = map.spawn("key", yields(1));
                while (!old.is_finished()) {
                    co_await edo::yield_now();
                }
                BOOST_TEST(map.contains("key"));
                if (looks_first) {
                    map.spawn("other", yields(5));
                    Next other = co_await map.join_next();  // takes the ended ones over
                    while (other.value().first != "other") {
                        map.spawn("key", yields(1));
                        other = co_await map.join_next();
                    }
                }
                Event event;
                map.spawn("key", yields_after(event, 2));
                Next tried = map.try_join_next();
                BOOST_TEST(!tried.has_value());
                event.set();
                const Next next = co_await map.join_next();
                BOOST_TEST(next.value().second.value() == 2);
                tried = map.try_join_next();
                BOOST_TEST(!tried.has_value());
            }
        }());
    });
}

BOOST_AUTO_TEST_CASE(replacing_races_with_the_end_of_the_old_task) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::JoinMap<int, int> map;
            for (int round = 0; round < 2000; ++round) {
                map.spawn(round % 3, yields(round));
                if (round % 7 == 0) {
                    co_await edo::yield_now();
                }
                if (round % 11 == 0) {
                    static_cast<void>(co_await map.join_next());
                }
            }
            int left = 0;
            for (;;) {
                const auto next = co_await map.join_next();
                if (!next) {
                    break;
                }
                ++left;
                BOOST_TEST(next->second.value() >= 1900);
            }
            BOOST_TEST(left <= 3);
        }());
    });
}

BOOST_AUTO_TEST_CASE(tasks_are_aborted_by_key_and_by_predicate) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            edo::JoinMap<int, int> map;
            for (int i = 0; i < 6; ++i) {
                map.spawn(i, waits_for_ever(CountsDestruction(destroyed)));
            }
            BOOST_TEST(map.abort(3));
            BOOST_TEST(!map.abort(9));
            const auto next = co_await map.join_next();
            BOOST_TEST(next.value().first == 3);
            BOOST_TEST(next->second.error().is_cancelled());
            map.abort_matching([](int key) { return key % 2 == 0; });
            for (int i = 0; i < 3; ++i) {
                const auto even = co_await map.join_next();
                BOOST_TEST(even.value().first % 2 == 0);
            }
            BOOST_TEST(map.size() == 2U);
            co_await map.shutdown();
            BOOST_TEST(destroyed == 6);
            BOOST_TEST(map.empty());
        }());
    });
}

BOOST_AUTO_TEST_CASE(dropping_the_map_aborts_its_tasks_and_detaching_does_not) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            std::atomic<int> ended = 0;
            Event event;
            const auto work = [](Event& e, std::atomic<int>& count) -> edo::Task<int> {
                co_await e;
                co_return ++count;
            };
            {
                Map map;
                map.spawn("detached", work(event, ended));
                map.detach_all();
                BOOST_TEST(map.empty());
                map.spawn("dropped", waits_for_ever(CountsDestruction(destroyed)));
                map.spawn("replaced", yields(1));
                co_await edo::yield_now();
                map.spawn("replaced", yields(1));
            }
            event.set();
            co_await until_alone();
            BOOST_TEST(destroyed == 1);
            BOOST_TEST(ended == 1);
        }());
    });
}

BOOST_AUTO_TEST_CASE(blocking_functions_other_runtimes_and_callables) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([](edo::Handle handle) -> edo::Task<void> {
            Map map;
            map.spawn_blocking("blocking", [] { return 1; });
            map.spawn_on(handle, "other", yields, 2);
            map.spawn("callable", yields, 4);
            int sum = 0;
            for (int i = 0; i < 3; ++i) {
                const Next next = co_await map.join_next();
                sum += next.value().second.value();
            }
            BOOST_TEST(sum == 7);
        }(runtime.handle()));
    });
}

BOOST_AUTO_TEST_CASE(a_callable_that_throws_leaves_the_map_as_it_was) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Map map;
            const auto broken = [](int value) {
                if (value > 0) {
                    throw std::runtime_error("no task");
                }
                return yields(value);
            };
            map.spawn("kept", yields(1));
            BOOST_CHECK_THROW(map.spawn("new", broken, 1), std::runtime_error);
            BOOST_CHECK_THROW(map.spawn("kept", broken, 1), std::runtime_error);
            BOOST_TEST(!map.contains("new"));
            const Next next = co_await map.join_next();
            BOOST_TEST(next.value().second.value() == 1);
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_waiting_join_next_sees_a_replacement) {
    const edo::test::LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    runtime.block_on([]() -> edo::Task<void> {
        std::atomic<int> destroyed = 0;
        Map map;
        map.spawn("key", waits_for_ever(CountsDestruction(destroyed)));
        const auto join = [](Map& joined) -> edo::Task<int> {
            const Next next = co_await joined.join_next();
            co_return next.value().second.value();
        };
        SteppedTask<int> waiting(join(map));
        waiting.turn();
        map.spawn("key", yields(3));
        co_await until_alone();
        BOOST_TEST(waiting.run());
        BOOST_TEST(waiting.take() == 3);
        BOOST_TEST(destroyed == 1);
    }());
}

BOOST_AUTO_TEST_CASE(join_next_is_cancelled_at_each_of_its_suspensions) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on(edo::test::drive([]() -> edo::Task<void> {
            Map map;
            map.spawn("a", yields(1));
            map.spawn("b", yields(2));
            map.spawn("a", yields(3));
            int sum = 0;
            for (int i = 0; i < 2; ++i) {
                const Next next = co_await map.join_next();
                sum += next.value().second.value();
            }
            BOOST_TEST(sum == 5);
        }));
    });
}

BOOST_AUTO_TEST_CASE(a_task_is_found_by_its_id) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::JoinMap<int, int> map;
            map.reserve(10);
            const auto make = [](int value) -> edo::Task<int> { co_return value; };
            const edo::AbortHandle one = map.spawn(1, make(10));
            const edo::AbortHandle two = map.spawn(2, make(20));
            BOOST_TEST(map.contains_task(one.id()));
            const edo::AbortHandle other = map.spawn(1, make(30));
            BOOST_TEST(!map.contains_task(one.id()));  // replaced
            BOOST_TEST(map.contains_task(other.id()));
            BOOST_TEST(map.contains_task(two.id()));
            map.shrink_to_fit();
            int sum = 0;
            for (int i = 0; i < 2; ++i) {
                const auto next = co_await map.join_next();
                sum += next->second.value();
            }
            BOOST_TEST(sum == 50);
            BOOST_TEST(!map.contains_task(two.id()));
        }());
    });
}

BOOST_AUTO_TEST_CASE(keys_are_compared_as_one_likes) {
    struct LastDigit {
        explicit LastDigit(int base) : base_(base) {}
        std::size_t operator()(int key) const { return std::size_t(key % base_); }
        bool operator()(int a, int b) const { return a % base_ == b % base_; }

    private:
        int base_;
    };
    edo::block_on([]() -> edo::Task<void> {
        edo::JoinMap<int, int, LastDigit, LastDigit> map(LastDigit(10), LastDigit(10));
        const auto make = [](int value) -> edo::Task<int> { co_return value; };
        map.spawn(3, make(1));
        map.spawn(13, make(2));
        BOOST_TEST(map.size() == 1U);
        BOOST_TEST(map.contains(23));
        const auto next = co_await map.join_next();
        BOOST_TEST(next->second.value() == 2);
    }());
}

BOOST_AUTO_TEST_CASE(a_blocking_function_runs_on_the_runtime_that_is_named) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::Runtime other = edo::Builder::current_thread().build();
        runtime.block_on([](edo::Handle there) -> edo::Task<void> {
            edo::JoinMap<int, int> map;
            map.spawn_blocking_on(there, 1, [] { return 5; });
            const auto next = co_await map.join_next();
            BOOST_TEST(next->second.value() == 5);
        }(other.handle()));
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
