// SPDX-License-Identifier: MIT
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;

namespace {

BOOST_AUTO_TEST_SUITE(spawn_blocking)

BOOST_AUTO_TEST_CASE(yields_what_the_function_returns) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto number = edo::spawn_blocking([] { return 42; });
            const edo::JoinResult<int> value = co_await number;
            BOOST_TEST(value.value() == 42);
            auto nothing = edo::spawn_blocking([] {});
            const edo::JoinResult<void> done = co_await nothing;
            BOOST_TEST(done.has_value());
            auto owned = edo::spawn_blocking(
                [input = std::make_unique<int>(7)] { return std::make_unique<int>(*input + 1); });
            auto moved = co_await owned;
            BOOST_TEST(*moved.value() == 8);
        });
    });
}

BOOST_AUTO_TEST_CASE(yields_what_the_function_throws) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto fails = edo::spawn_blocking([]() -> int { throw std::runtime_error("broken"); });
            const edo::JoinResult<int> result = co_await fails;
            BOOST_TEST(result.error().is_exception());
            BOOST_CHECK_THROW(result.error().rethrow(), std::runtime_error);
            auto throws_int = edo::spawn_blocking([] { throw 42; });
            const edo::JoinResult<void> other = co_await throws_int;
            BOOST_CHECK_THROW(other.error().rethrow(), int);
        });
    });
}

BOOST_AUTO_TEST_CASE(runs_on_a_thread_of_its_own_inside_the_runtime) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            const auto here = std::this_thread::get_id();
            auto job = edo::spawn_blocking([here] {
                auto spawned = edo::spawn([]() -> edo::Task<int> { co_return 3; });
                const int value = edo::Handle::current().block_on(
                    [](edo::JoinHandle<int> handle) -> edo::Task<int> {
                        const auto result = co_await handle;
                        co_return result.value();
                    }(std::move(spawned)));
                return std::this_thread::get_id() != here && value == 3;
            });
            const auto result = co_await job;
            BOOST_TEST(result.value());
        });
    });
}

BOOST_AUTO_TEST_CASE(does_not_stall_other_tasks) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event release;
            auto job = edo::spawn_blocking([&release] { release.wait(); });
            co_await edo::sleep(1ms);
            co_await edo::yield_now();
            release.set();
            const auto result = co_await job;
            BOOST_TEST(result.has_value());
        });
    });
}

BOOST_AUTO_TEST_CASE(goes_on_when_its_handle_is_dropped) {
    for_each_flavor([](edo::Runtime& runtime) {
        Event done;
        {
            auto dropped = runtime.spawn_blocking([&done] { done.set(); });
        }
        done.wait();
    });
}

BOOST_AUTO_TEST_CASE(destroys_the_function_when_it_has_run) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<int> destroyed = 0;
        runtime.block_on([](std::atomic<int>& counter) -> edo::Task<void> {
            auto job = edo::spawn_blocking([counts = CountsDestruction(counter)] {});
            while (!job.is_finished()) {
                co_await edo::yield_now();
            }
            BOOST_TEST(counter == 1);
            static_cast<void>(co_await job);
        }(destroyed));
    });
}

BOOST_AUTO_TEST_CASE(aborted_before_it_started_it_never_starts) {
    for_each_flavor([](edo::Builder builder) {
        edo::Runtime runtime = builder.max_blocking_threads(1).build();
        runtime.block_on([]() -> edo::Task<void> {
            Event release;
            std::atomic<bool> ran = false;
            std::atomic<int> destroyed = 0;
            auto first = edo::spawn_blocking([&release] { release.wait(); });
            auto second =
                edo::spawn_blocking([&ran, counts = CountsDestruction(destroyed)] { ran = true; });
            second.abort();
            release.set();
            const auto cancelled = co_await second;
            BOOST_TEST(cancelled.error().is_cancelled());
            BOOST_TEST(!ran);
            BOOST_TEST(destroyed == 1);
            const auto result = co_await first;
            BOOST_TEST(result.has_value());
        });
    });
}

BOOST_AUTO_TEST_CASE(aborted_after_it_started_it_is_asked_to_stop_and_keeps_its_value) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event started;
            auto job = edo::spawn_blocking([&started](std::stop_token stop) {
                started.set();
                while (!stop.stop_requested()) {
                    std::this_thread::yield();
                }
                return 7;
            });
            co_await started;
            job.abort();
            const edo::JoinResult<int> result = co_await job;
            BOOST_TEST(result.value() == 7);
        });
    });
}

constexpr int kThreads = 3;

BOOST_AUTO_TEST_CASE(uses_up_to_the_maximum_of_threads_and_not_one_more) {
    for_each_flavor([](edo::Builder builder) {
        edo::Runtime runtime = builder.max_blocking_threads(kThreads).build();
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> running = 0;
            std::atomic<int> most = 0;
            std::latch all_busy(kThreads);
            std::vector<edo::JoinHandle<void>> jobs;
            for (int i = 0; i < 4 * kThreads; ++i) {
                jobs.push_back(edo::spawn_blocking([&running, &most, &all_busy, i] {
                    const int now = ++running;
                    int before = most;
                    while (before < now && !most.compare_exchange_weak(before, now)) {
                    }
                    if (i < kThreads) {
                        all_busy.arrive_and_wait();  // as many at once there really are
                    }
                    --running;
                }));
            }
            for (auto& job : jobs) {
                const auto result = co_await job;
                BOOST_TEST(result.has_value());
            }
            BOOST_TEST(most == kThreads);
        });
    });
}

BOOST_AUTO_TEST_CASE(queues_without_a_limit) {
    for_each_flavor([](edo::Builder builder) {
        edo::Runtime runtime = builder.max_blocking_threads(2).build();
        const int sum = runtime.block_on([]() -> edo::Task<int> {
            std::vector<edo::JoinHandle<int>> jobs;
            for (int i = 0; i < 2000; ++i) {
                jobs.push_back(edo::spawn_blocking([] { return 1; }));
            }
            int total = 0;
            for (auto& job : jobs) {
                const auto result = co_await job;
                total += result.value();
            }
            co_return total;
        });
        BOOST_TEST(sum == 2000);
    });
}

BOOST_AUTO_TEST_CASE(runs_one_after_the_other_on_one_thread_that_is_kept) {
    for_each_flavor([](edo::Builder builder) {
        edo::Runtime runtime = builder.max_blocking_threads(1)
                                   .blocking_keep_alive(std::chrono::milliseconds::max())
                                   .build();
        runtime.block_on([]() -> edo::Task<void> {
            std::set<std::thread::id> threads;
            for (int i = 0; i < 20; ++i) {
                auto job = edo::spawn_blocking([] { return std::this_thread::get_id(); });
                const auto result = co_await job;
                threads.insert(result.value());
            }
            BOOST_TEST(threads.size() == 1U);
        });
    });
}

BOOST_AUTO_TEST_CASE(ends_idle_threads_after_a_while_and_starts_new_ones) {
    for_each_flavor([](edo::Builder builder) {
        std::atomic<int> started = 0;
        std::atomic<int> stopped = 0;
        std::set<std::thread::id> blocking_threads;
        std::mutex lock;
        const auto is_blocking = [&blocking_threads, &lock] {
            const std::lock_guard guard(lock);
            return blocking_threads.contains(std::this_thread::get_id());
        };
        builder.blocking_keep_alive(1ms).on_thread_stop([&stopped, &is_blocking] {
            if (is_blocking()) {
                ++stopped;
            }
        });
        edo::Runtime runtime = builder.build();
        for (int round = 1; round <= 3; ++round) {
            runtime.block_on([](auto& ids, std::mutex& l, std::atomic<int>& s) -> edo::Task<void> {
                auto job = edo::spawn_blocking([&ids, &l, &s] {
                    ++s;
                    const std::lock_guard guard(l);
                    ids.insert(std::this_thread::get_id());
                });
                const auto result = co_await job;
                BOOST_TEST(result.has_value());
            }(blocking_threads, lock, started));
            while (stopped < round) {
                std::this_thread::yield();
            }
        }
        BOOST_TEST(started == 3);
        BOOST_TEST(stopped == 3);
    });
}

BOOST_AUTO_TEST_CASE(is_submitted_from_many_threads) {
    for_each_flavor([](edo::Builder builder) {
        edo::Runtime runtime = builder.max_blocking_threads(4).build();
        std::atomic<int> ran = 0;
        std::vector<edo::JoinHandle<void>> jobs;
        std::mutex lock;
        {
            std::vector<std::jthread> threads;
            for (int t = 0; t < 4; ++t) {
                threads.emplace_back([&ran, &jobs, &lock, handle = runtime.handle()] {
                    for (int i = 0; i < 200; ++i) {
                        auto job = handle.spawn_blocking([&ran] { ++ran; });
                        const std::lock_guard guard(lock);
                        jobs.push_back(std::move(job));
                    }
                });
            }
        }
        runtime.block_on([](auto& all) -> edo::Task<void> {
            for (auto& job : all) {
                static_cast<void>(co_await job);
            }
        }(jobs));
        BOOST_TEST(ran == 800);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
