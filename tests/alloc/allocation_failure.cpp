// SPDX-License-Identifier: MIT
// When memory is short, an operation throws std::bad_alloc to whoever asked for it, and leaves
// nothing behind.
#include "alloc/failing_new.hpp"
#include "support/leak_guard.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::test::FailingAllocation;
using edo::test::LeakGuard;
using edo::test::live_blocks;

namespace {

/// How one run went.
struct Run {
    Run() = default;
    bool happened = false;  ///< an allocation failed
    bool surfaced = false;  ///< and std::bad_alloc came out
};

/// Runs `scenario` in a thread of its own, whose caches of memory are empty.
Run run_with_failure(int n, const std::function<void()>& scenario) {
    Run run;
    std::thread([n, &scenario, &run] {
        const FailingAllocation failing(n);
        try {
            scenario();
        } catch (const std::bad_alloc&) {
            run.surfaced = true;
        }
        run.happened = failing.happened();
    }).join();
    return run;
}

/// Lets the first, the second, ... allocation of the scenario fail, until it runs through.
void fail_each_allocation(const std::function<void()>& scenario, int at_least) {
    for (const int n : {0, 1}) {
        static_cast<void>(
            run_with_failure(n, scenario));  // some things are allocated once and kept
    }
    for (int n = 1;; ++n) {
        BOOST_TEST_CONTEXT("allocation " << n) {
            const LeakGuard guard;
            const long before = live_blocks();
            const Run run = run_with_failure(n, scenario);
            // A blocking thread that nobody waits for any more may still free its own last blocks.
            const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
            while (live_blocks() != before && std::chrono::steady_clock::now() < deadline) {
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
            BOOST_TEST(live_blocks() == before);
            if (!run.happened) {
                BOOST_TEST(!run.surfaced);
                BOOST_TEST(n > at_least);
                return;
            }
            BOOST_TEST(run.surfaced);
        }
    }
}

/// The same for a task inside a runtime that exists already.
void fail_each_allocation_inside(edo::Task<void> (*make)(), int at_least) {
    fail_each_allocation(
        [make] {
            edo::Runtime runtime = edo::Builder::current_thread().build();
            runtime.block_on(make());
        },
        at_least);
}

template <class T>
T value_or_throw(edo::JoinResult<T> result) {
    if (!result) {
        result.error().rethrow();
    }
    return std::move(result).value();
}

/// Its frame is larger than what the frame pool keeps.
edo::Task<std::byte> large(std::array<std::byte, 4096> bytes, std::size_t index) {
    co_await edo::yield_now();
    co_return bytes[index];
}

edo::Task<int> number(int n) {
    co_await edo::yield_now();
    co_return n;
}

BOOST_AUTO_TEST_SUITE(allocation_failure)

BOOST_AUTO_TEST_CASE(while_a_current_thread_runtime_is_built) {
    fail_each_allocation([] { edo::Runtime runtime = edo::Builder::current_thread().build(); }, 5);
}

BOOST_AUTO_TEST_CASE(while_a_multi_threaded_runtime_is_built) {
    fail_each_allocation([] { edo::Runtime runtime = edo::Builder::multi_thread(2).build(); }, 5);
}

BOOST_AUTO_TEST_CASE(while_a_runtime_with_the_asio_reactor_is_built) {
    fail_each_allocation(
        [] {
            edo::Runtime runtime =
                edo::Builder::current_thread().reactor(edo::ReactorKind::Asio).build();
        },
        5);
}

BOOST_AUTO_TEST_CASE(of_spawn_and_join) {
    fail_each_allocation_inside(
        []() -> edo::Task<void> {
            edo::JoinHandle<int> task = edo::spawn(number(1));
            auto callable = [] { return number(2); };
            edo::JoinHandle<int> other = edo::spawn(callable);
            auto first = co_await task;
            auto second = co_await other;
            static_cast<void>(value_or_throw(std::move(first)));
            static_cast<void>(value_or_throw(std::move(second)));
        },
        8);
}

BOOST_AUTO_TEST_CASE(of_spawn_from_outside) {
    fail_each_allocation(
        [] {
            edo::Runtime runtime = edo::Builder::multi_thread(2).build();
            edo::JoinHandle<int> task = runtime.spawn(number(1));
            const int value = runtime.block_on([](edo::JoinHandle<int> handle) -> edo::Task<int> {
                auto result = co_await handle;
                co_return value_or_throw(std::move(result));
            }(std::move(task)));
            static_cast<void>(value);
        },
        10);
}

BOOST_AUTO_TEST_CASE(of_a_sleep) {
    fail_each_allocation_inside(
        []() -> edo::Task<void> {
            co_await edo::sleep(1ms);
            edo::Sleep timer = edo::sleep(0ms);
            co_await timer;
        },
        5);
}

BOOST_AUTO_TEST_CASE(of_join) {
    fail_each_allocation_inside(
        []() -> edo::Task<void> {
            static_cast<void>(
                co_await edo::join(number(1), edo::yield_now(), number(2), edo::sleep(1ms)));
        },
        8);
}

BOOST_AUTO_TEST_CASE(of_join_all) {
    fail_each_allocation_inside(
        []() -> edo::Task<void> {
            std::vector<edo::Task<int>> tasks;
            for (int i = 0; i < 5; ++i) {
                tasks.push_back(number(i));
            }
            static_cast<void>(co_await edo::join_all(std::move(tasks)));
        },
        12);
}

BOOST_AUTO_TEST_CASE(of_try_join) {
    fail_each_allocation_inside(
        []() -> edo::Task<void> {
            auto good = []() -> edo::Task<edo::Result<int>> { co_return 1; };
            static_cast<void>(co_await edo::try_join(good(), good()));
        },
        7);
}

BOOST_AUTO_TEST_CASE(of_select_and_timeout) {
    fail_each_allocation_inside(
        []() -> edo::Task<void> {
            edo::Task<int> kept = number(3);
            static_cast<void>(co_await edo::select(number(1), kept, edo::sleep(1h)));
            static_cast<void>(co_await edo::timeout(1h, number(2)));
            static_cast<void>(co_await edo::timeout(1ms, edo::sleep(1h)));
        },
        10);
}

BOOST_AUTO_TEST_CASE(of_spawn_blocking) {
    fail_each_allocation_inside(
        []() -> edo::Task<void> {
            auto job = edo::spawn_blocking([] { return 1; });
            auto result = co_await job;
            static_cast<void>(value_or_throw(std::move(result)));
        },
        6);
}

BOOST_AUTO_TEST_CASE(of_dump_tasks) {
    fail_each_allocation_inside(
        []() -> edo::Task<void> {
            edo::JoinHandle<int> task = edo::spawn(number(1));
            const std::string dump = edo::dump_tasks();
            auto result = co_await task;
            static_cast<void>(value_or_throw(std::move(result)));
        },
        8);
}

BOOST_AUTO_TEST_CASE(of_a_detached_task_goes_to_the_hook) {
    const LeakGuard guard;
    int reported = 0;
    std::thread([&reported] {
        edo::Runtime runtime = edo::Builder::current_thread()
                                   .on_unhandled_exception(
                                       [&reported](std::uint64_t, const std::exception_ptr& error) {
                                           try {
                                               std::rethrow_exception(error);
                                           } catch (const std::bad_alloc&) {
                                               ++reported;
                                           }
                                       })
                                   .build();
        runtime.block_on([]() -> edo::Task<void> {
            auto needs_memory = []() -> edo::Task<void> {
                const std::array<std::byte, 4096> bytes{};
                static_cast<void>(co_await large(bytes, 17));
            };
            edo::spawn(needs_memory()).detach();
            const FailingAllocation failing(1);
            co_await edo::yield_now();
        });
    }).join();
    BOOST_TEST(reported == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
