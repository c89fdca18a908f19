// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::SteppedTask;

namespace {

edo::Task<int> number(int n, int yields = 0) {
    for (int i = 0; i < yields; ++i) {
        co_await edo::yield_now();
    }
    co_return n;
}

edo::Task<void> waits_for_ever(CountsDestruction counts) {
    Event never;
    co_await never;
    static_cast<void>(counts);
}

edo::Task<void> wait_for(Event& event) {
    co_await event;
}

BOOST_AUTO_TEST_SUITE(select)

BOOST_AUTO_TEST_CASE(yields_the_first_branch_that_is_done) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event never;
            auto first = co_await edo::select(never, number(7, 2), wait_for(never));
            BOOST_TEST(first.index() == 1U);
            BOOST_TEST(first.is<1>());
            BOOST_TEST(!first.is<0>());
            BOOST_TEST(*first.get_if<1>() == 7);
            BOOST_TEST(first.get_if<0>() == nullptr);
            BOOST_TEST(first.get<1>() == 7);
            BOOST_CHECK_THROW(static_cast<void>(first.get<2>()), std::bad_variant_access);
        });
    });
}

BOOST_AUTO_TEST_CASE(matches_the_winner_with_its_handler) {
    for_each_flavor([](edo::Runtime& runtime) {
        const std::string text = runtime.block_on([]() -> edo::Task<std::string> {
            Event never;
            auto first = co_await edo::select(never, number(7));
            co_return first.match([] { return std::string("event"); },
                                  [](int n) { return "number " + std::to_string(n); });
        });
        BOOST_TEST(text == "number 7");
    });
}

BOOST_AUTO_TEST_CASE(moves_values_that_cannot_be_copied) {
    const LeakGuard guard;
    SteppedTask<int> task([]() -> edo::Task<int> {
        auto make = []() -> edo::Task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
        auto first = co_await edo::select(make());
        const std::unique_ptr<int> owned = std::move(first).get<0>();
        co_return *owned;
    }());
    BOOST_TEST(task.run());
    BOOST_TEST(task.take() == 7);
}

BOOST_AUTO_TEST_CASE(losers_are_destroyed_before_the_value_is_handed_over) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<int> destroyed = 0;
        runtime.block_on([](std::atomic<int>& counter) -> edo::Task<void> {
            auto first =
                co_await edo::select(waits_for_ever(CountsDestruction(counter)), number(1, 2),
                                     waits_for_ever(CountsDestruction(counter)));
            BOOST_TEST(counter == 2);
            BOOST_TEST(first.index() == 1U);
        }(destroyed));
    });
}

BOOST_AUTO_TEST_CASE(a_loser_that_has_not_started_never_starts) {
    const LeakGuard guard;
    bool started = false;
    const auto starts = [](bool& s) -> edo::Task<void> {
        s = true;
        co_return;
    };
    SteppedTask<void> task([](auto make, bool& s) -> edo::Task<void> {
        auto first = co_await edo::select(edo::biased, number(1), make(s));
        BOOST_TEST(first.index() == 0U);
    }(starts, started));
    BOOST_TEST(task.run());
    BOOST_TEST(!started);
}

BOOST_AUTO_TEST_CASE(an_exception_wins_and_is_thrown) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<int> destroyed = 0;
        runtime.block_on([](std::atomic<int>& counter) -> edo::Task<void> {
            auto fail = []() -> edo::Task<void> {
                co_await edo::yield_now();
                throw std::runtime_error("broken");
            };
            bool caught = false;
            try {
                static_cast<void>(
                    co_await edo::select(waits_for_ever(CountsDestruction(counter)), fail()));
            } catch (const std::runtime_error&) {
                caught = counter == 1;
            }
            BOOST_TEST(caught);
        }(destroyed));
    });
}

BOOST_AUTO_TEST_CASE(a_dropped_select_destroys_its_branches) {
    const LeakGuard guard;
    std::atomic<int> destroyed = 0;
    SteppedTask<void> task([](std::atomic<int>& counter) -> edo::Task<void> {
        static_cast<void>(co_await edo::select(waits_for_ever(CountsDestruction(counter)),
                                               waits_for_ever(CountsDestruction(counter))));
    }(destroyed));
    task.turn();
    task.cancel();
    BOOST_TEST(destroyed == 2);
}

// ---- the order of branches ---------------------------------------------------------------------

edo::Task<void> logs(std::vector<int>& out, int n) {
    out.push_back(n);
    Event never;
    co_await never;
}

/// The orders in which three branches start, in `rounds` selects.
edo::Task<std::vector<std::vector<int>>> start_orders(int rounds) {
    std::vector<std::vector<int>> orders;
    for (int i = 0; i < rounds; ++i) {
        std::vector<int> order;
        static_cast<void>(
            co_await edo::select(logs(order, 0), logs(order, 1), logs(order, 2), edo::yield_now()));
        orders.push_back(order);
    }
    co_return orders;
}

std::vector<std::vector<int>> start_orders_with_seed(std::uint64_t seed) {
    edo::Runtime runtime = edo::Builder::current_thread().seed(seed).build();
    return runtime.block_on(start_orders(50));
}

BOOST_AUTO_TEST_CASE(branches_start_in_a_random_order_that_the_seed_decides) {
    const LeakGuard guard;
    const auto orders = start_orders_with_seed(1);
    BOOST_TEST((orders == start_orders_with_seed(1)));
    BOOST_TEST((orders != start_orders_with_seed(2)));
}

BOOST_AUTO_TEST_CASE(no_branch_is_preferred) {
    for_each_flavor([](edo::Runtime& runtime) {
        const std::array<int, 3> wins = runtime.block_on([]() -> edo::Task<std::array<int, 3>> {
            std::array<int, 3> counts{};
            for (int i = 0; i < 3000; ++i) {
                auto first = co_await edo::select(number(0), number(1), number(2));
                ++counts[first.index()];
            }
            co_return counts;
        });
        for (const int count : wins) {
            BOOST_TEST(count > 800);
            BOOST_TEST(count < 1200);
        }
    });
}

BOOST_AUTO_TEST_CASE(biased_starts_and_prefers_the_first) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            for (int i = 0; i < 100; ++i) {
                std::vector<int> order;
                auto first = co_await edo::select(edo::biased, logs(order, 0), logs(order, 1),
                                                  number(2), logs(order, 3));
                BOOST_TEST(first.index() == 2U);
                const std::vector<int> expected{0, 1};
                BOOST_TEST(order == expected, boost::test_tools::per_element());
            }
        });
    });
}

/// Takes something when its event is set; what a loser took would be lost.
edo::Task<void> takes(Event& event, int& taken) {
    co_await event;
    ++taken;
}

BOOST_AUTO_TEST_CASE(biased_prefers_the_first_although_the_second_was_woken_first) {
    const LeakGuard guard;
    Event high;
    Event low;
    int high_taken = 0;
    int low_taken = 0;
    SteppedTask<void> task([](Event& h, Event& l, int& ht, int& lt) -> edo::Task<void> {
        auto first = co_await edo::select(edo::biased, takes(h, ht), takes(l, lt));
        BOOST_TEST(first.index() == 0U);
    }(high, low, high_taken, low_taken));
    task.turn();
    low.set();
    high.set();
    BOOST_TEST(task.run());
    BOOST_TEST(high_taken == 1);
    BOOST_TEST(low_taken == 0);
}

BOOST_AUTO_TEST_CASE(biased_prefers_the_first_through_nested_frames_and_groups) {
    const LeakGuard guard;
    Event high;
    Event low;
    int high_taken = 0;
    int low_taken = 0;
    const auto deep = [](Event& e, int& taken) -> edo::Task<void> {
        Event never;
        auto inner = [](Event& event, int& t, Event& n) -> edo::Task<void> {
            static_cast<void>(co_await edo::select(takes(event, t), n));
        };
        co_await edo::join(inner(e, taken, never));
    };
    SteppedTask<void> task([](auto make, Event& h, Event& l, int& ht, int& lt) -> edo::Task<void> {
        auto first = co_await edo::select(edo::biased, make(h, ht), make(l, lt));
        BOOST_TEST(first.index() == 0U);
    }(deep, high, low, high_taken, low_taken));
    task.turn();
    low.set();
    high.set();
    BOOST_TEST(task.run());
    BOOST_TEST(high_taken == 1);
    BOOST_TEST(low_taken == 0);
}

BOOST_AUTO_TEST_CASE(without_bias_the_branch_that_was_woken_first_wins) {
    const LeakGuard guard;
    Event high;
    Event low;
    int high_taken = 0;
    int low_taken = 0;
    SteppedTask<void> task([](Event& h, Event& l, int& ht, int& lt) -> edo::Task<void> {
        auto first = co_await edo::select(takes(h, ht), takes(l, lt));
        BOOST_TEST(first.index() == 1U);
    }(high, low, high_taken, low_taken));
    task.turn();
    low.set();
    high.set();
    BOOST_TEST(task.run());
    BOOST_TEST(high_taken == 0);
    BOOST_TEST(low_taken == 1);
}

BOOST_AUTO_TEST_CASE(many_biased_selects_at_once_keep_their_order) {
    // More than fit into a byte: each counts as one priority group of the task.
    const LeakGuard guard;
    constexpr int kGroups = 256;
    std::vector<Event> high(kGroups);
    std::vector<Event> low(kGroups);
    std::vector<int> high_taken(kGroups);
    std::vector<int> low_taken(kGroups);
    const auto one = [](Event& h, Event& l, int& ht, int& lt) -> edo::Task<void> {
        static_cast<void>(co_await edo::select(edo::biased, takes(h, ht), takes(l, lt)));
    };
    std::vector<edo::Task<void>> tasks;
    for (int i = 0; i < kGroups; ++i) {
        const auto n = std::size_t(i);
        tasks.push_back(one(high[n], low[n], high_taken[n], low_taken[n]));
    }
    SteppedTask<void> task([](std::vector<edo::Task<void>> all) -> edo::Task<void> {
        co_await edo::join_all(std::move(all));
    }(std::move(tasks)));
    task.turn();
    for (int i = 0; i < kGroups; ++i) {
        low[std::size_t(i)].set();
        high[std::size_t(i)].set();
    }
    BOOST_TEST(task.run());
    BOOST_TEST(std::ranges::count(high_taken, 1) == kGroups);
    BOOST_TEST(std::ranges::count(low_taken, 0) == kGroups);
}

// ---- branches by reference ---------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_branch_by_reference_goes_on_and_is_awaited_later) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            int steps = 0;
            auto work = [](int& s) -> edo::Task<int> {
                for (int i = 0; i < 5; ++i) {
                    ++s;
                    co_await edo::yield_now();
                }
                co_return 5;
            };
            edo::Task<int> kept = work(steps);
            auto first = co_await edo::select(edo::biased, kept, edo::yield_now());
            BOOST_TEST(first.index() == 1U);
            BOOST_TEST(steps == 2);
            co_await edo::yield_now();
            BOOST_TEST(steps == 3);  // it went on meanwhile, in the same turns
            const int value = co_await std::move(kept);
            BOOST_TEST(value == 5);
            BOOST_TEST(steps == 5);
        });
    });
}

BOOST_AUTO_TEST_CASE(a_branch_by_reference_is_selected_again_and_again) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::Task<int> kept = number(7, 10);
            int rounds = 0;
            for (;;) {
                auto first = co_await edo::select(kept, edo::yield_now());
                ++rounds;
                if (first.index() == 0) {
                    BOOST_TEST(first.get<0>() == 7);
                    break;
                }
            }
            BOOST_TEST(rounds > 5);
            BOOST_TEST(!kept.valid());
        });
    });
}

BOOST_AUTO_TEST_CASE(a_branch_by_reference_that_never_started_is_started_by_the_next_await) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::Task<int> kept = number(7, 1);
            auto first = co_await edo::select(edo::biased, number(1), kept);
            BOOST_TEST(first.index() == 0U);
            auto second = co_await edo::select(edo::biased, number(1), kept);
            BOOST_TEST(second.index() == 0U);
            const int value = co_await std::move(kept);
            BOOST_TEST(value == 7);
        });
    });
}

BOOST_AUTO_TEST_CASE(a_branch_by_reference_that_never_started_may_be_spawned) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::Task<int> kept = number(7, 1);
            auto first = co_await edo::select(edo::biased, number(1), kept);
            BOOST_TEST(first.index() == 0U);
            edo::JoinHandle<int> handle = edo::spawn(std::move(kept));
            const edo::JoinResult<int> result = co_await handle;
            BOOST_TEST(result.value() == 7);
        });
    });
}

BOOST_AUTO_TEST_CASE(a_branch_by_reference_that_ended_meanwhile_yields_its_value) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::Task<int> kept = number(7, 2);
            static_cast<void>(co_await edo::select(edo::biased, kept, edo::yield_now()));
            for (int i = 0; i < 10; ++i) {
                co_await edo::yield_now();
            }
            auto first = co_await edo::select(edo::biased, kept, edo::yield_now());
            BOOST_TEST(first.index() == 0U);
            BOOST_TEST(first.get<0>() == 7);
        });
    });
}

BOOST_AUTO_TEST_CASE(a_branch_by_reference_that_failed_meanwhile_throws_when_awaited) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto fail = []() -> edo::Task<int> {
                co_await edo::yield_now();
                throw std::runtime_error("broken");
            };
            edo::Task<int> kept = fail();
            auto first = co_await edo::select(edo::biased, kept, number(1));
            BOOST_TEST(first.index() == 1U);
            co_await edo::yield_now();
            co_await edo::yield_now();
            BOOST_CHECK_THROW(static_cast<void>(co_await std::move(kept)), std::runtime_error);
        });
    });
}

BOOST_AUTO_TEST_CASE(a_branch_by_reference_that_is_dropped_is_destroyed) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<int> destroyed = 0;
        runtime.block_on([](std::atomic<int>& counter) -> edo::Task<void> {
            {
                edo::Task<void> kept = waits_for_ever(CountsDestruction(counter));
                static_cast<void>(co_await edo::select(kept, edo::yield_now()));
                BOOST_TEST(counter == 0);
            }
            BOOST_TEST(counter == 1);
        }(destroyed));
    });
}

BOOST_AUTO_TEST_CASE(a_started_branch_by_reference_cannot_change_tasks) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            edo::Task<void> kept = wait_for(event);
            static_cast<void>(co_await edo::select(kept, edo::yield_now()));

            // Awaited by another task.
            auto await_it = [](edo::Task<void>& task) -> edo::Task<bool> {
                try {
                    co_await std::move(task);
                } catch (const edo::UsageError&) {
                    co_return true;
                }
                co_return false;
            };
            edo::JoinHandle<bool> other = edo::spawn(await_it(kept));
            const edo::JoinResult<bool> threw = co_await other;
            BOOST_TEST(threw.value());

            // Selected by another task.
            auto select_it = [](edo::Task<void>& task) -> edo::Task<bool> {
                try {
                    static_cast<void>(co_await edo::select(task, edo::yield_now()));
                } catch (const edo::UsageError&) {
                    co_return true;
                }
                co_return false;
            };
            edo::JoinHandle<bool> another = edo::spawn(select_it(kept));
            const edo::JoinResult<bool> threw_too = co_await another;
            BOOST_TEST(threw_too.value());

            event.set();
            co_await std::move(kept);
        });
    });
}

BOOST_AUTO_TEST_CASE(a_started_branch_by_reference_cannot_become_a_task_of_its_own) {
    const LeakGuard guard;
    edo::block_on([]() -> edo::Task<void> {
        Event event;
        edo::Task<void> kept = wait_for(event);
        static_cast<void>(co_await edo::select(kept, edo::yield_now()));
        BOOST_CHECK_THROW(static_cast<void>(edo::spawn(std::move(kept))), edo::UsageError);
    }());
}

BOOST_AUTO_TEST_CASE(a_sleep_by_reference_that_lost_is_reset_and_awaited_again) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().start_paused().build();
    runtime.block_on([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        edo::Sleep timer = edo::sleep(10ms);
        auto first = co_await edo::select(timer, edo::yield_now());
        BOOST_TEST(first.index() == 1U);
        co_await edo::sleep(20ms);  // beyond the deadline of the timer that lost
        BOOST_TEST(timer.is_elapsed());
        timer.reset(start + 50ms);
        BOOST_TEST(!timer.is_elapsed());
        auto second = co_await edo::select(timer, edo::sleep(100ms));
        BOOST_TEST(second.index() == 0U);
        BOOST_TEST((edo::now() == start + 50ms));
    });
}

BOOST_AUTO_TEST_CASE(awaitables_by_reference_that_lost_do_not_come_back) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::YieldNow yield = edo::yield_now();
            auto first = co_await edo::select(edo::biased, yield, number(1));
            BOOST_TEST(first.index() == 1U);
            co_await edo::yield_now();
            co_await yield;
            edo::Sleep timer = edo::sleep(1ms);
            auto second = co_await edo::select(edo::biased, timer, number(1));
            BOOST_TEST(second.index() == 1U);
            co_await edo::sleep(5ms);
            co_await timer;
        });
    });
}

BOOST_AUTO_TEST_CASE(can_be_cancelled_at_every_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(edo::test::drive([]() -> edo::Task<void> {
            edo::Task<int> kept = number(7, 3);
            static_cast<void>(co_await edo::select(kept, edo::yield_now(), edo::sleep(1h)));
            static_cast<void>(co_await edo::select(edo::biased, edo::sleep(1ms), kept));
            edo::Sleep timer = edo::sleep(1ms);
            static_cast<void>(co_await edo::select(timer, edo::sleep(1h)));
        }));
        BOOST_TEST(driven.suspensions >= 1U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
