// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/join_set.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::SteppedTask;
using namespace std::chrono_literals;

namespace {

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

edo::Task<int> throws(std::string text) {
    throw std::runtime_error(text);
    co_return 0;
}

edo::Task<void> until_alone() {
    while (edo::Handle::current().alive_tasks() > 0) {
        co_await edo::yield_now();
    }
}

using Next = std::optional<edo::JoinResult<int>>;

BOOST_AUTO_TEST_SUITE(join_set)

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

BOOST_AUTO_TEST_CASE(one_task_can_be_aborted_and_is_joined_as_cancelled) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            edo::JoinSet<int> set;
            const edo::AbortHandle abort = set.spawn(waits_for_ever(CountsDestruction(destroyed)));
            set.spawn(waits_for_ever(CountsDestruction(destroyed)));
            abort.abort();
            const Next next = co_await set.join_next();
            BOOST_TEST(next.value().error().is_cancelled());
            BOOST_TEST((next->error().id() == abort.id()));
            BOOST_TEST(destroyed == 1);
            BOOST_TEST(set.size() == 1U);
            co_await set.shutdown();
            BOOST_TEST(destroyed == 2);
        }());
    });
}

BOOST_AUTO_TEST_CASE(dropping_the_set_aborts_its_tasks_and_drops_its_results) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            const auto result = std::make_shared<int>(1);
            auto shares = [](std::shared_ptr<int> value) -> edo::Task<std::shared_ptr<int>> {
                co_return value;
            };
            auto waits = [](CountsDestruction /*counts*/) -> edo::Task<std::shared_ptr<int>> {
                Event never;
                co_await never;
                co_return nullptr;
            };
            {
                edo::JoinSet<std::shared_ptr<int>> set;
                const edo::AbortHandle ended = set.spawn(shares(result));
                while (!ended.is_finished()) {
                    co_await edo::yield_now();
                }
                for (int i = 0; i < 10; ++i) {
                    set.spawn(waits(CountsDestruction(destroyed)));
                }
                BOOST_TEST(result.use_count() == 2);
            }
            BOOST_TEST(result.use_count() == 1);
            co_await until_alone();
            BOOST_TEST(destroyed == 10);
        }());
    });
}

BOOST_AUTO_TEST_CASE(dropping_the_set_races_with_the_end_of_its_tasks) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            for (int round = 0; round < 200; ++round) {
                std::optional<edo::JoinSet<int>> set(std::in_place);
                for (int i = 0; i < 20; ++i) {
                    set->spawn(yields(i));
                }
                for (int i = 0; i < round % 5; ++i) {
                    co_await edo::yield_now();
                }
                set.reset();
            }
            co_await until_alone();
        }());
    });
}

BOOST_AUTO_TEST_CASE(abort_all_keeps_the_tasks_in_the_set_to_be_joined) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            edo::JoinSet<int> set;
            const edo::AbortHandle ended = set.spawn(yields(7));
            while (!ended.is_finished()) {
                co_await edo::yield_now();
            }
            for (int i = 0; i < 5; ++i) {
                set.spawn(waits_for_ever(CountsDestruction(destroyed)));
            }
            set.abort_all();
            BOOST_TEST(set.size() == 6U);
            const Next first = co_await set.join_next();
            BOOST_TEST(first.value().value() == 7);
            for (int i = 0; i < 5; ++i) {
                const Next next = co_await set.join_next();
                BOOST_TEST(next.value().error().is_cancelled());
                BOOST_TEST(destroyed >= i + 1);
            }
            const Next last = co_await set.join_next();
            BOOST_TEST(!last.has_value());
        }());
    });
}

BOOST_AUTO_TEST_CASE(detach_all_lets_the_tasks_go_on) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> ended = 0;
            Event may_end;
            auto work = [](Event& event, std::atomic<int>& count) -> edo::Task<void> {
                co_await event;
                ++count;
            };
            {
                edo::JoinSet<> set;
                for (int i = 0; i < 5; ++i) {
                    set.spawn(work(may_end, ended));
                }
                set.detach_all();
                BOOST_TEST(set.empty());
            }
            may_end.set();
            co_await until_alone();
            BOOST_TEST(ended == 5);
        }());
    });
}

BOOST_AUTO_TEST_CASE(shutdown_returns_when_all_destructors_have_run) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            edo::JoinSet<int> set;
            for (int i = 0; i < 20; ++i) {
                set.spawn(waits_for_ever(CountsDestruction(destroyed)));
            }
            co_await set.shutdown();
            BOOST_TEST(destroyed == 20);
            BOOST_TEST(set.empty());
            set.spawn(yields(1));  // the set can be used again
            const Next next = co_await set.join_next();
            BOOST_TEST(next.value().value() == 1);
        }());
    });
}

BOOST_AUTO_TEST_CASE(join_all_yields_all_values) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::JoinSet<int> set;
            for (int i = 0; i < 100; ++i) {
                set.spawn(yields(i));
            }
            std::vector<int> values = co_await set.join_all();
            std::sort(values.begin(), values.end());
            BOOST_TEST(values.size() == 100U);
            BOOST_TEST(values.back() == 99);
            edo::JoinSet<> nothing;
            auto work = []() -> edo::Task<void> { co_return; };
            nothing.spawn(work);
            co_await nothing.join_all();
            BOOST_TEST(nothing.empty());
        }());
    });
}

BOOST_AUTO_TEST_CASE(join_all_throws_the_first_exception_and_aborts_the_rest) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            edo::JoinSet<int> set;
            set.spawn(yields(1));
            set.spawn(waits_for_ever(CountsDestruction(destroyed)));
            set.spawn(throws("broken"));
            std::string caught;
            try {
                static_cast<void>(co_await set.join_all());
            } catch (const std::runtime_error& error) {
                caught = error.what();
            }
            BOOST_TEST(caught == "broken");
            BOOST_TEST(set.empty());
            co_await until_alone();
            BOOST_TEST(destroyed == 1);
        }());
    });
}

BOOST_AUTO_TEST_CASE(join_all_throws_when_a_task_was_aborted) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            edo::JoinSet<int> set;
            const edo::AbortHandle abort = set.spawn(waits_for_ever(CountsDestruction(destroyed)));
            abort.abort();
            bool cancelled = false;
            try {
                static_cast<void>(co_await set.join_all());
            } catch (const tl::bad_expected_access<edo::JoinError>& error) {
                cancelled = error.error().is_cancelled();
            }
            BOOST_TEST(cancelled);
        }());
    });
}

BOOST_AUTO_TEST_CASE(blocking_functions_are_members_too) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::JoinSet<int> set;
            set.spawn_blocking([] { return 1; });
            Event started;
            const edo::AbortHandle abort =
                set.spawn_blocking([&started](const std::stop_token& stop) {
                    started.set();
                    while (!stop.stop_requested()) {
                        std::this_thread::yield();
                    }
                    return 2;
                });
            co_await started;
            const Next first = co_await set.join_next();
            BOOST_TEST(first.value().value() == 1);
            abort.abort();
            const Next second = co_await set.join_next();
            BOOST_TEST(second.value().value() == 2);
            set.spawn_blocking_on(edo::Handle::current(),
                                  []() -> int { throw std::runtime_error("blocked"); });
            const Next third = co_await set.join_next();
            BOOST_TEST(third.value().error().is_exception());
        }());
    });
}

BOOST_AUTO_TEST_CASE(tasks_may_run_on_another_runtime) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::Runtime other = edo::Builder::multi_thread(1).build();
        runtime.block_on([](edo::Handle handle) -> edo::Task<void> {
            edo::JoinSet<int> set;
            set.spawn_on(handle, yields(3));
            set.spawn_on(handle, yields, 3);
            const std::vector<int> values = co_await set.join_all();
            BOOST_TEST(values.size() == 2U);
        }(other.handle()));
    });
}

BOOST_AUTO_TEST_CASE(tasks_of_a_runtime_that_was_shut_down_are_joined_as_cancelled) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<int> destroyed = 0;
        edo::JoinSet<int> set;
        {
            edo::Runtime other = edo::Builder::multi_thread(1).build();
            set.spawn_on(other.handle(), waits_for_ever(CountsDestruction(destroyed)));
            const edo::Handle handle = other.handle();
            other.shutdown_timeout(10s);
            set.spawn_on(handle, waits_for_ever(CountsDestruction(destroyed)));
        }
        BOOST_TEST(destroyed == 2);
        runtime.block_on([](edo::JoinSet<int>& joined) -> edo::Task<void> {
            for (int i = 0; i < 2; ++i) {
                const Next next = co_await joined.join_next();
                BOOST_TEST(next.value().error().is_cancelled());
            }
        }(set));
    });
}

BOOST_AUTO_TEST_CASE(it_is_moved_while_its_tasks_run) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            edo::JoinSet<int> set;
            set.spawn(yields_after(event, 4));
            edo::JoinSet<int> moved = std::move(set);
            BOOST_CHECK_THROW(set.spawn(yields(1)), edo::UsageError);  // NOLINT
            event.set();
            const Next next = co_await moved.join_next();
            BOOST_TEST(next.value().value() == 4);
            set = std::move(moved);
            set.spawn(yields(5));
            const Next again = co_await set.join_next();
            BOOST_TEST(again.value().value() == 5);
        }());
    });
}

BOOST_AUTO_TEST_CASE(without_a_runtime_spawn_throws) {
    const edo::test::LeakGuard guard;
    edo::JoinSet<int> set;
    BOOST_CHECK_THROW(set.spawn(yields(1)), edo::NoRuntimeError);
    BOOST_TEST(set.empty());
}

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
