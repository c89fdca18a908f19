// SPDX-License-Identifier: MIT
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/threads.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/local_pool.hpp>
#include <edo/runtime/local_set.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::LocalPoolHandle;
using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;

namespace {

edo::Task<std::thread::id> own_thread() {
    const auto before = std::this_thread::get_id();
    co_await edo::yield_now();
    co_await edo::sleep(1ms);
    BOOST_TEST((std::this_thread::get_id() == before));
    co_return before;
}

edo::Task<void> waits_for_ever(CountsDestruction /*counts*/) {
    Event never;
    co_await never;
}

edo::Task<void> waits_for(Event& event) {
    co_await event;
}

std::size_t sum_of(const std::vector<std::size_t>& loads) {
    return std::accumulate(loads.begin(), loads.end(), std::size_t(0));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(local_pool)

BOOST_AUTO_TEST_CASE(a_pinned_task_stays_on_its_thread) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            const LocalPoolHandle pool(2);
            BOOST_TEST(pool.num_threads() == 2U);
            const auto first = co_await pool.spawn_pinned_by_idx(0, own_thread);
            const auto again = co_await pool.spawn_pinned_by_idx(0, own_thread);
            const auto other = co_await pool.spawn_pinned_by_idx(1, own_thread);
            BOOST_TEST((first.value() == again.value()));
            BOOST_TEST((first.value() != other.value()));
            BOOST_TEST((first.value() != std::this_thread::get_id()));
        }());
    });
}

BOOST_AUTO_TEST_CASE(the_task_is_made_on_the_thread_and_may_spawn_local_ones) {
    const LeakGuard guard;
    edo::block_on([]() -> edo::Task<void> {
        const LocalPoolHandle pool(1);
        const auto work = [](std::unique_ptr<int> start) -> edo::Task<int> {
            const auto shared = std::make_shared<int>(*start);
            const auto adds = [](std::shared_ptr<int> to) -> edo::Task<void> {
                co_await edo::yield_now();
                *to += 1;
            };
            auto one = edo::spawn_local(adds(shared));
            auto two = edo::spawn_local(adds(shared));
            co_await edo::join(one, two);
            co_return *shared;
        };
        const auto result = co_await pool.spawn_pinned(work, std::make_unique<int>(40));
        BOOST_TEST(result.value() == 42);
        const auto failed = co_await pool.spawn_pinned(
            []() -> edo::Task<void> { throw std::runtime_error("broken"); });
        BOOST_TEST(failed.error().is_exception());
    }());
}

BOOST_AUTO_TEST_CASE(tasks_go_where_fewest_are) {
    const LeakGuard guard;
    edo::block_on([]() -> edo::Task<void> {
        LocalPoolHandle pool(3);
        Event event;
        std::vector<edo::JoinHandle<void>> tasks;
        for (int i = 0; i < 6; ++i) {
            tasks.push_back(pool.spawn_pinned([&event] { return waits_for(event); }));
        }
        BOOST_TEST(pool.get_task_loads_for_each_worker() == std::vector<std::size_t>(3, 2U));
        tasks.push_back(pool.spawn_pinned_by_idx(1, [&event] { return waits_for(event); }));
        BOOST_TEST(pool.get_task_loads_for_each_worker()[1] == 3U);
        event.set();
        for (edo::JoinHandle<void>& task : tasks) {
            const auto done = co_await task;
            BOOST_TEST(done.has_value());
        }
        BOOST_TEST(sum_of(pool.get_task_loads_for_each_worker()) == 0U);
    }());
}

BOOST_AUTO_TEST_CASE(a_pinned_task_can_be_aborted_even_before_it_starts) {
    const LeakGuard guard;
    edo::block_on([]() -> edo::Task<void> {
        std::atomic<int> destroyed{0};
        const LocalPoolHandle pool(1);
        edo::JoinHandle<void> task =
            pool.spawn_pinned(waits_for_ever, CountsDestruction(destroyed));
        task.abort();
        const auto result = co_await task;
        BOOST_TEST(result.error().is_cancelled());
        BOOST_TEST(destroyed.load() == 1);
    }());
}

BOOST_AUTO_TEST_CASE(the_last_handle_ends_the_tasks) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed{0};
            std::vector<edo::JoinHandle<void>> tasks;
            {
                const LocalPoolHandle pool(2);
                std::optional<LocalPoolHandle> copy(pool);
                for (int i = 0; i < 10; ++i) {
                    tasks.push_back(
                        copy->spawn_pinned(waits_for_ever, CountsDestruction(destroyed)));
                }
                copy.reset();
                BOOST_TEST(destroyed.load() == 0);
            }
            BOOST_TEST(destroyed.load() == 10);
            for (edo::JoinHandle<void>& task : tasks) {
                const auto ended = co_await task;
                BOOST_TEST(ended.error().is_cancelled());
            }
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_pinned_task_may_own_the_last_handle) {
    const std::size_t threads = edo::test::count_threads();
    Event ended;
    {
        LocalPoolHandle pool(2);
        const auto work = [](LocalPoolHandle own, Event& event) -> edo::Task<void> {
            while (sum_of(own.get_task_loads_for_each_worker()) > 1) {
                co_await edo::yield_now();
            }
            event.set();
        };
        LocalPoolHandle copy = pool;
        pool.spawn_pinned_by_idx(0, work, std::move(copy), std::ref(ended)).detach();
    }
    ended.wait();
    BOOST_TEST(edo::test::threads_fall_to(threads));  // one of them nobody could wait for
}

BOOST_AUTO_TEST_CASE(misuse_is_told) {
    BOOST_CHECK_THROW(LocalPoolHandle(0), edo::UsageError);
    const LocalPoolHandle pool(1);
    BOOST_CHECK_THROW(pool.spawn_pinned_by_idx(1, own_thread).detach(), edo::UsageError);
}

BOOST_AUTO_TEST_SUITE_END()
