// SPDX-License-Identifier: MIT
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;

namespace {

edo::Task<int> answer() {
    co_await edo::yield_now();
    co_return 42;
}

BOOST_AUTO_TEST_SUITE(block_on)

BOOST_AUTO_TEST_CASE(returns_the_value) {
    for_each_flavor([](edo::Runtime& runtime) {
        BOOST_TEST(runtime.block_on(answer()) == 42);
        BOOST_TEST(runtime.handle().block_on(answer()) == 42);
        BOOST_TEST(runtime.block_on([] { return answer(); }) == 42);
    });
}

BOOST_AUTO_TEST_CASE(returns_values_that_only_move_and_references) {
    for_each_flavor([](edo::Runtime& runtime) {
        const std::unique_ptr<int> unique = runtime.block_on(
            []() -> edo::Task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); });
        BOOST_TEST(*unique == 7);
        int value = 1;
        int& same = runtime.block_on([](int& v) -> edo::Task<int&> { co_return v; }(value));
        BOOST_TEST(&same == &value);
    });
}

BOOST_AUTO_TEST_CASE(throws_what_the_task_throws) {
    for_each_flavor([](edo::Runtime& runtime) {
        auto fail = []() -> edo::Task<int> {
            co_await edo::yield_now();
            throw std::runtime_error("broken");
        };
        BOOST_CHECK_THROW(runtime.block_on(fail()), std::runtime_error);
        auto throw_int = []() -> edo::Task<void> {
            throw 42;
            co_return;
        };
        BOOST_CHECK_THROW(runtime.block_on(throw_int()), int);
        BOOST_TEST(runtime.block_on(answer()) == 42);
    });
}

BOOST_AUTO_TEST_CASE(runs_the_task_on_the_calling_thread) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto here = std::this_thread::get_id();
        runtime.block_on([](std::thread::id caller) -> edo::Task<void> {
            for (int i = 0; i < 10; ++i) {
                BOOST_TEST((std::this_thread::get_id() == caller));
                co_await edo::sleep(1ms);
                BOOST_TEST((std::this_thread::get_id() == caller));
                co_await edo::yield_now();
            }
        }(here));
    });
}

BOOST_AUTO_TEST_CASE(keeps_a_capturing_function_until_the_task_is_done) {
    for_each_flavor([](edo::Runtime& runtime) {
        const std::size_t size = runtime.block_on(
            [text = std::string(
                 "a text that is too long for a small buffer")]() -> edo::Task<std::size_t> {
                co_await edo::sleep(1ms);
                co_return text.size();
            });
        BOOST_TEST(size == 42U);
    });
}

BOOST_AUTO_TEST_CASE(nested_in_a_task_throws_and_does_no_harm) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([](edo::Runtime& same) -> edo::Task<void> {
            BOOST_CHECK_THROW(static_cast<void>(same.block_on(answer())), edo::UsageError);
            BOOST_CHECK_THROW(static_cast<void>(edo::block_on(answer())), edo::UsageError);
            BOOST_CHECK_THROW(static_cast<void>(edo::run(answer())), edo::UsageError);
            auto inner = [](edo::Runtime& r) -> edo::Task<bool> {
                try {
                    static_cast<void>(r.block_on(answer()));
                } catch (const edo::UsageError&) {
                    co_return true;
                }
                co_return false;
            };
            edo::JoinHandle<bool> handle = edo::spawn(inner(same));
            const auto threw = co_await handle;
            BOOST_TEST(threw.value());
        }(runtime));
        BOOST_TEST(runtime.block_on(answer()) == 42);
    });
}

BOOST_AUTO_TEST_CASE(is_allowed_in_a_blocking_function) {
    for_each_flavor([](edo::Runtime& runtime) {
        const int value = runtime.block_on([](edo::Handle handle) -> edo::Task<int> {
            auto job = edo::spawn_blocking([handle] { return handle.block_on(answer()); });
            const auto result = co_await job;
            co_return result.value();
        }(runtime.handle()));
        BOOST_TEST(value == 42);
    });
}

BOOST_AUTO_TEST_CASE(may_be_called_by_several_threads_at_once) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<int> sum = 0;
        {
            std::vector<std::jthread> threads;
            for (int t = 0; t < 4; ++t) {
                threads.emplace_back([&runtime, &sum] {
                    for (int i = 0; i < 50; ++i) {
                        sum += runtime.block_on([]() -> edo::Task<int> {
                            edo::JoinHandle<int> handle = edo::spawn(answer());
                            co_await edo::sleep(0ms);
                            const auto result = co_await handle;
                            co_return result.value();
                        });
                    }
                });
            }
        }
        BOOST_TEST(sum == 4 * 50 * 42);
    });
}

BOOST_AUTO_TEST_CASE(returns_although_another_thread_drives_the_runtime_and_goes_on) {
    for_each_flavor([](edo::Runtime& runtime) {
        for (int round = 0; round < 20; ++round) {
            Event driving;
            Event event;
            std::jthread driver([&runtime, &driving, &event] {
                runtime.block_on([](Event& d, Event& e) -> edo::Task<void> {
                    d.set();
                    co_await e;
                }(driving, event));
            });
            driving.wait();
            BOOST_TEST(runtime.block_on(answer()) == 42);  // the driver waits for what comes now
            event.set();
        }
    });
}

BOOST_AUTO_TEST_CASE(hands_the_runtime_over_to_the_next_thread) {
    for_each_flavor([](edo::Runtime& runtime) {
        for (int round = 0; round < 20; ++round) {
            Event first_waits;
            Event second_waits;
            Event event;
            std::jthread first([&runtime, &first_waits, &second_waits] {
                runtime.block_on([](Event& w, Event& e) -> edo::Task<void> {
                    w.set();
                    co_await e;
                }(first_waits, second_waits));
            });
            first_waits.wait();
            std::jthread setter([&event] { event.set(); });
            // Ends the first, and then waits for something else.
            runtime.block_on([](Event& s, Event& e) -> edo::Task<void> {
                s.set();
                co_await e;
                co_await edo::sleep(1ms);
            }(second_waits, event));
        }
    });
}

BOOST_AUTO_TEST_CASE(leaves_spawned_tasks_of_a_current_thread_runtime_for_later) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    std::atomic<int> steps = 0;
    auto work = [](std::atomic<int>& s) -> edo::Task<void> {
        for (;;) {
            ++s;
            co_await edo::sleep(1ms);
        }
    };
    edo::JoinHandle<void> handle = runtime.spawn(work(steps));
    BOOST_TEST(steps == 0);
    runtime.block_on([]() -> edo::Task<void> { co_await edo::sleep(5ms); });
    const int before = steps;
    BOOST_TEST(before > 0);
    runtime.block_on([]() -> edo::Task<void> { co_await edo::sleep(5ms); });
    BOOST_TEST(steps > before);
}

BOOST_AUTO_TEST_CASE(of_its_own_runs_a_whole_program) {
    const LeakGuard guard;
    BOOST_TEST(edo::block_on(answer()) == 42);
    BOOST_TEST(edo::run(answer()) == 42);
    auto fail = []() -> edo::Task<void> {
        throw std::runtime_error("broken");
        co_return;
    };
    BOOST_CHECK_THROW(edo::run(fail()), std::runtime_error);
    BOOST_CHECK_THROW(edo::block_on(fail()), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(on_a_runtime_that_is_shut_down_says_so) {
    for_each_flavor([](edo::Builder builder) {
        edo::Runtime runtime = builder.build();
        const edo::Handle handle = runtime.handle();
        BOOST_TEST(runtime.shutdown_timeout(10s));
        BOOST_CHECK_THROW(static_cast<void>(handle.block_on(answer())), edo::UsageError);
        BOOST_CHECK_THROW(static_cast<void>(runtime.block_on(answer())), edo::UsageError);
    });
}

BOOST_AUTO_TEST_CASE(ends_when_its_runtime_is_shut_down_by_another_thread) {
    for_each_flavor([](edo::Builder builder) {
        edo::Runtime runtime = builder.build();
        const edo::Handle handle = runtime.handle();
        Event waiting;
        edo::JoinHandle<void> task;
        {
            const auto entered = runtime.enter();
            auto wait = []() -> edo::Task<void> {
                Event never;
                co_await never;
            };
            task = edo::spawn(wait());
        }
        std::jthread ends([&runtime, &waiting] {
            waiting.wait();
            static_cast<void>(runtime.shutdown_timeout(10s));
        });
        // The root is not destroyed, but what it waits for is cancelled.
        const bool cancelled =
            handle.block_on([](Event& w, edo::JoinHandle<void>& joined) -> edo::Task<bool> {
                w.set();
                const auto result = co_await joined;
                co_return !result.has_value() && result.error().is_cancelled();
            }(waiting, task));
        BOOST_TEST(cancelled);
    });
}

edo::Task<void> yields_for_ever() {
    for (;;) {
        co_await edo::yield_now();
    }
}

/// They are in no list: a task is listed when it waits.
BOOST_AUTO_TEST_CASE(ends_when_its_runtime_is_shut_down_although_other_tasks_never_wait) {
    for_each_flavor([](edo::Builder builder) {
        edo::Runtime runtime = builder.build();
        const edo::Handle handle = runtime.handle();
        Event waiting;
        edo::JoinHandle<void> outside = runtime.spawn(yields_for_ever());
        std::jthread ends([&runtime, &waiting] {
            waiting.wait();
            static_cast<void>(runtime.shutdown_timeout(10s));
        });
        const int cancelled =
            handle.block_on([](Event& w, edo::JoinHandle<void>& first) -> edo::Task<int> {
                edo::JoinHandle<void> second = edo::spawn(yields_for_ever());
                co_await edo::yield_now();
                w.set();
                int count = 0;
                for (edo::JoinHandle<void>* const task : {&first, &second}) {
                    const auto result = co_await *task;
                    count += !result.has_value() && result.error().is_cancelled() ? 1 : 0;
                }
                co_return count;
            }(waiting, outside));
        BOOST_TEST(cancelled == 2);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
