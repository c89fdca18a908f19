// SPDX-License-Identifier: MIT
// No task keeps the others from running, however busy it is.
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::Signal;
using edo::test::SteppedTask;

namespace {

constexpr std::size_t kBudget = 128;

edo::Task<int> one() {
    co_return 1;
}

/// Handles of tasks that are finished, so that awaiting them completes at once.
edo::Task<std::vector<edo::JoinHandle<int>>> finished_tasks(std::size_t count) {
    std::vector<edo::JoinHandle<int>> handles;
    for (std::size_t i = 0; i < count; ++i) {
        handles.push_back(edo::spawn(one()));
    }
    for (auto& handle : handles) {
        while (!handle.is_finished()) {
            co_await edo::yield_now();
        }
    }
    co_return handles;
}

edo::Task<void> consume(std::vector<edo::JoinHandle<int>>& handles, std::size_t from,
                        std::size_t to, std::size_t& consumed) {
    for (std::size_t i = from; i < to; ++i) {
        const edo::JoinResult<int> result = co_await handles[i];
        consumed += std::size_t(result.value());
    }
}

/// Completes one operation after the other without ever having to wait.
edo::Task<void> busy_until(const std::atomic<bool>& stop) {
    const edo::Instant past = edo::now() - 1h;
    while (!stop) {
        co_await edo::sleep_until(past);
    }
}

edo::Task<void> yields_until(const std::atomic<bool>& stop) {
    while (!stop) {
        co_await edo::yield_now();
    }
}

edo::Task<void> stops(std::atomic<bool>& stop) {
    stop = true;
    co_return;
}

BOOST_AUTO_TEST_SUITE(budget)

BOOST_AUTO_TEST_CASE(a_turn_ends_when_the_budget_is_used_up) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto handles = co_await finished_tasks(3 * kBudget);
            std::size_t consumed = 0;
            SteppedTask<void> task(consume(handles, 0, handles.size(), consumed));
            task.turn();
            BOOST_TEST(consumed == kBudget);
            BOOST_TEST(task.is_woken());
            task.turn();
            // The operation that was put off to this turn is not charged again.
            BOOST_TEST(consumed == 2 * kBudget + 1);
            task.turn();
            BOOST_TEST(consumed == 3 * kBudget);
            BOOST_TEST(task.is_finished());
        });
    });
}

BOOST_AUTO_TEST_CASE(the_branches_of_a_task_share_its_budget) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto handles = co_await finished_tasks(2 * kBudget);
            std::size_t consumed = 0;
            auto both = [](auto& all, std::size_t& count) -> edo::Task<void> {
                co_await edo::join(consume(all, 0, kBudget, count),
                                   consume(all, kBudget, 2 * kBudget, count));
            };
            SteppedTask<void> task(both(handles, consumed));
            task.turn();
            BOOST_TEST(consumed == kBudget);
            BOOST_TEST(task.run());
            BOOST_TEST(consumed == 2 * kBudget);
        });
    });
}

BOOST_AUTO_TEST_CASE(a_task_that_is_always_ready_lets_others_run) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<bool> stop = false;
            std::vector<edo::JoinHandle<void>> busy;
            for (int i = 0; i < 4; ++i) {
                busy.push_back(edo::spawn(busy_until(stop)));
            }
            edo::JoinHandle<void> last = edo::spawn(stops(stop));
            for (auto& handle : busy) {
                static_cast<void>(co_await handle);
            }
            static_cast<void>(co_await last);
        });
    });
}

BOOST_AUTO_TEST_CASE(a_task_that_is_always_ready_lets_what_comes_from_outside_run) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<bool> stop = false;
        std::jthread outside(
            [&stop, handle = runtime.handle()] { handle.spawn(stops(stop)).detach(); });
        runtime.block_on([](std::atomic<bool>& s) -> edo::Task<void> {
            co_await edo::join(busy_until(s), yields_until(s));
        }(stop));
    });
}

BOOST_AUTO_TEST_CASE(a_task_that_is_always_ready_lets_timers_fire) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<bool> stop = false;
            std::vector<edo::JoinHandle<void>> busy;
            for (int i = 0; i < 4; ++i) {
                busy.push_back(edo::spawn(yields_until(stop)));
                busy.push_back(edo::spawn(busy_until(stop)));
            }
            co_await edo::sleep(2ms);
            stop = true;
            for (auto& handle : busy) {
                static_cast<void>(co_await handle);
            }
        });
    });
}

BOOST_AUTO_TEST_CASE(a_timeout_ends_a_branch_that_is_always_ready) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            const std::atomic<bool> never = false;
            const auto result = co_await edo::timeout(2ms, busy_until(never));
            BOOST_TEST(!result.has_value());
            const auto again = co_await edo::timeout(2ms, yields_until(never));
            BOOST_TEST(!again.has_value());
        });
    });
}

BOOST_AUTO_TEST_CASE(an_abort_ends_a_task_that_is_always_ready) {
    for_each_flavor([](edo::Runtime& runtime) {
        const std::atomic<bool> never = false;
        edo::JoinHandle<void> handle = runtime.spawn(busy_until(never));
        runtime.block_on([](edo::JoinHandle<void>& joined) -> edo::Task<void> {
            co_await edo::yield_now();
            joined.abort();
            const edo::JoinResult<void> result = co_await joined;
            BOOST_TEST(!result.has_value());
        }(handle));
    });
}

BOOST_AUTO_TEST_CASE(yielding_tasks_take_turns) {
    const LeakGuard guard;
    edo::block_on([]() -> edo::Task<void> {
        constexpr std::size_t kTasks = 5;
        constexpr int kTurns = 100;
        std::vector<int> turns(kTasks);
        int largest_lead = 0;
        auto work = [](std::vector<int>& all, std::size_t self, int& lead) -> edo::Task<void> {
            for (int i = 0; i < kTurns; ++i) {
                ++all[self];
                const auto [least, most] = std::ranges::minmax(all);
                lead = std::max(lead, most - least);
                co_await edo::yield_now();
            }
        };
        std::vector<edo::JoinHandle<void>> handles;
        for (std::size_t i = 0; i < kTasks; ++i) {
            handles.push_back(edo::spawn(work(turns, i, largest_lead)));
        }
        for (auto& handle : handles) {
            static_cast<void>(co_await handle);
        }
        BOOST_TEST(largest_lead == 1);
    }());
}

edo::Task<void> plays(Signal& mine, Signal& other, const std::atomic<bool>& stop) {
    while (!stop) {
        co_await mine;
        other.notify();
    }
    other.notify();
}

BOOST_AUTO_TEST_CASE(two_tasks_that_wake_each_other_do_not_starve_a_third) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<bool> stop = false;
            Signal ping;
            Signal pong;
            edo::JoinHandle<void> first = edo::spawn(plays(ping, pong, stop));
            edo::JoinHandle<void> second = edo::spawn(plays(pong, ping, stop));
            ping.notify();
            auto third = [](std::atomic<bool>& s) -> edo::Task<void> {
                for (int i = 0; i < 100; ++i) {
                    co_await edo::yield_now();
                }
                s = true;
            };
            static_cast<void>(co_await edo::spawn(third(stop)));
            static_cast<void>(co_await first);
            static_cast<void>(co_await second);
        });
    });
}

BOOST_AUTO_TEST_CASE(two_tasks_that_wake_each_other_do_not_starve_timers_or_outside_tasks) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<bool> stop = false;
        Signal ping;
        Signal pong;
        Event slept;
        edo::JoinHandle<void> first = runtime.spawn(plays(ping, pong, stop));
        edo::JoinHandle<void> second = runtime.spawn(plays(pong, ping, stop));
        ping.notify();
        std::jthread outside([&stop, &slept, handle = runtime.handle()] {
            slept.wait();
            handle.spawn(stops(stop)).detach();
        });
        runtime.block_on([](Event& e, auto& a, auto& b) -> edo::Task<void> {
            co_await edo::sleep(2ms);
            e.set();
            static_cast<void>(co_await a);
            static_cast<void>(co_await b);
        }(slept, first, second));
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
