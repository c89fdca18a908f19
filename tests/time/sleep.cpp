// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstddef>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::test::armed_timers;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;

namespace {

/// Sleeps and returns how much too early it woke; zero or less is right.
edo::Task<edo::Duration> earliness(edo::Duration delay) {
    const auto start = std::chrono::steady_clock::now();
    co_await edo::sleep(delay);
    co_return delay - (std::chrono::steady_clock::now() - start);
}

edo::Task<void> sleep_for(edo::Duration delay) {
    co_await edo::sleep(delay);
}

BOOST_AUTO_TEST_SUITE(sleep)

BOOST_AUTO_TEST_CASE(is_never_early) {
    for_each_flavor([](edo::Runtime& runtime) {
        const std::vector<edo::Duration> results =
            runtime.block_on([]() -> edo::Task<std::vector<edo::Duration>> {
                std::vector<edo::Task<edo::Duration>> sleeps;
                for (int i = 0; i < 500; ++i) {
                    sleeps.push_back(earliness(i * 37us));
                }
                co_return co_await edo::join_all(std::move(sleeps));
            });
        for (const edo::Duration early : results) {
            BOOST_TEST(early.count() <= 0);
        }
    });
}

BOOST_AUTO_TEST_CASE(is_never_early_in_tasks_of_their_own) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::vector<edo::JoinHandle<edo::Duration>> sleeps;
            for (int i = 0; i < 500; ++i) {
                sleeps.push_back(edo::spawn(earliness(i % 20 * 500us)));
            }
            for (auto& handle : sleeps) {
                const auto result = co_await handle;
                BOOST_TEST(result.value().count() <= 0);
            }
        });
        BOOST_TEST(armed_timers(runtime.handle()) == 0U);
    });
}

BOOST_AUTO_TEST_CASE(of_the_past_ends_at_once) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            co_await edo::sleep(0ms);
            co_await edo::sleep(-1h);
            co_await edo::sleep(edo::Duration::min());
            co_await edo::sleep_until(edo::now() - 1h);
            co_await edo::sleep_until(edo::Instant::min());
        });
    });
}

BOOST_AUTO_TEST_CASE(of_the_far_future_can_be_dropped) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            for (const edo::Duration delay :
                 {edo::Duration(24h * 365), edo::Duration(24h * 365 * 200), edo::Duration::max()}) {
                auto first = co_await edo::select(edo::sleep(delay), edo::sleep(1ms));
                BOOST_TEST(first.index() == 1U);
            }
            auto first =
                co_await edo::select(edo::sleep_until(edo::Instant::max()), edo::sleep(1ms));
            BOOST_TEST(first.index() == 1U);
        });
        BOOST_TEST(armed_timers(runtime.handle()) == 0U);
    });
}

BOOST_AUTO_TEST_CASE(wakes_a_worker_that_waits_for_a_later_timer) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::JoinHandle<void> late = runtime.spawn(sleep_for(1h));
        runtime.block_on([]() -> edo::Task<void> {
            co_await edo::sleep(3ms);  // the workers are asleep by now
            co_await edo::sleep(1ms);  // armed with one of them
        });
        late.abort();
    });
}

BOOST_AUTO_TEST_CASE(is_disarmed_when_its_task_is_aborted_on_another_worker) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            constexpr std::size_t kTasks = 1000;
            const edo::Handle handle = edo::Handle::current();
            std::vector<edo::JoinHandle<void>> sleeps;
            for (std::size_t i = 0; i < kTasks; ++i) {
                sleeps.push_back(edo::spawn(sleep_for(1h)));
            }
            while (armed_timers(handle) < kTasks) {
                co_await edo::yield_now();
            }
            auto abort_all = [](std::vector<edo::JoinHandle<void>>& all) -> edo::Task<void> {
                for (auto& one : all) {
                    one.abort();
                }
                co_return;
            };
            static_cast<void>(co_await edo::spawn(abort_all(sleeps)));
            for (auto& one : sleeps) {
                const auto result = co_await one;
                BOOST_TEST(!result.has_value());
            }
            BOOST_TEST(armed_timers(handle) == 0U);
        });
    });
}

BOOST_AUTO_TEST_CASE(races_with_its_cancellation) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            for (int round = 0; round < 20; ++round) {
                std::vector<edo::JoinHandle<void>> sleeps;
                for (int i = 0; i < 50; ++i) {
                    sleeps.push_back(edo::spawn(sleep_for(1ms)));
                }
                co_await edo::sleep(1ms);
                for (auto& one : sleeps) {
                    one.abort();
                }
                for (auto& one : sleeps) {
                    static_cast<void>(co_await one);
                }
            }
            BOOST_TEST(armed_timers(edo::Handle::current()) == 0U);
        });
    });
}

BOOST_AUTO_TEST_CASE(kept_in_a_variable_is_awaited_again_and_again) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::Sleep timer = edo::sleep(2ms);
            BOOST_TEST(!timer.is_elapsed());
            co_await timer;
            BOOST_TEST(timer.is_elapsed());
            co_await timer;
            const edo::Instant next = edo::now() + 2ms;
            timer.reset(next);
            BOOST_TEST((timer.deadline() == next));
            BOOST_TEST(!timer.is_elapsed());
            co_await timer;
            BOOST_TEST((edo::now() >= next));
        });
    });
}

BOOST_AUTO_TEST_CASE(can_be_cancelled_at_every_suspension) {
    // How often it suspends depends on the machine: a timer may be due before it is awaited.
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on(edo::test::drive([]() -> edo::Task<void> {
            edo::Sleep timer = edo::sleep(1ms);
            co_await timer;
            co_await edo::sleep(2ms);
            co_await edo::join(edo::sleep(1ms), edo::sleep(3ms));
        }));
    });
}

BOOST_AUTO_TEST_CASE(fails_when_its_runtime_is_shut_down_meanwhile) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::multi_thread(2).build();
    const edo::Handle handle = runtime.handle();
    Event sleeping;
    Event shut_down;
    std::jthread ends([&runtime, &sleeping, &shut_down] {
        sleeping.wait();
        static_cast<void>(runtime.shutdown_timeout(10s));
        shut_down.set();
    });
    handle.block_on([](Event& about_to, Event& over) -> edo::Task<void> {
        about_to.set();
        BOOST_CHECK_THROW(co_await edo::sleep(1h), edo::UsageError);
        co_await over;
        BOOST_CHECK_THROW(co_await edo::sleep(1h), edo::UsageError);
    }(sleeping, shut_down));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
