// SPDX-License-Identifier: MIT
// Tasks that are in a queue with the leaf that was woken.
#include "support/flavors.hpp"
#include "support/leak_guard.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/dump_tasks.hpp>
#include <edo/runtime/sync/mpsc.hpp>
#include <edo/runtime/sync/notify.hpp>
#include <edo/runtime/task_builder.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using edo::JoinHandle;
using edo::Task;
using edo::sync::Notify;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;

namespace {

struct Shared {
    Notify all;
    Notify one;
    std::atomic<std::size_t> waiting{0};
    std::atomic<std::size_t> woken{0};
};

Task<void> wait_for_all(std::shared_ptr<Shared> shared) {
    auto notified = shared->all.notified();
    notified.enable();
    shared->waiting.fetch_add(1);
    co_await notified;
    shared->woken.fetch_add(1);
}

Task<std::vector<JoinHandle<void>>> start_waiters(std::shared_ptr<Shared> shared,
                                                  std::size_t count) {
    std::vector<JoinHandle<void>> waiters;
    for (std::size_t i = 0; i < count; ++i) {
        waiters.push_back(edo::spawn(wait_for_all(shared)));
    }
    while (shared->waiting.load() < count) {
        co_await edo::yield_now();
    }
    co_return waiters;
}

BOOST_AUTO_TEST_SUITE(woken_leaves)

BOOST_AUTO_TEST_CASE(more_tasks_than_a_ring_holds_are_woken_at_once) {
    for_each_flavor([](edo::Runtime& runtime) {
        constexpr std::size_t kTasks = 1000;
        const auto shared = std::make_shared<Shared>();
        runtime.block_on([&]() -> Task<void> {
            auto waiters = co_await start_waiters(shared, kTasks);
            shared->all.notify_waiters();
            for (auto& waiter : waiters) {
                static_cast<void>(co_await waiter);
            }
        });
        BOOST_TEST(shared->woken.load() == kTasks);
    });
}

BOOST_AUTO_TEST_CASE(tasks_are_woken_at_once_by_a_thread_of_no_runtime) {
    for_each_flavor([](edo::Runtime& runtime) {
        constexpr std::size_t kTasks = 100;
        const auto shared = std::make_shared<Shared>();
        runtime.block_on([&]() -> Task<void> {
            auto waiters = co_await start_waiters(shared, kTasks);
            std::thread waker([&] { shared->all.notify_waiters(); });
            for (auto& waiter : waiters) {
                static_cast<void>(co_await waiter);
            }
            waker.join();
        });
        BOOST_TEST(shared->woken.load() == kTasks);
    });
}

BOOST_AUTO_TEST_CASE(a_task_that_is_aborted_in_the_queue_does_not_go_on) {
    const LeakGuard guard;
    edo::block_on([]() -> Task<void> {
        const auto shared = std::make_shared<Shared>();
        auto waiters = co_await start_waiters(shared, 3);
        shared->all.notify_waiters();
        for (auto& waiter : waiters) {
            waiter.abort();
        }
        for (auto& waiter : waiters) {
            const auto ended = co_await waiter;
            BOOST_TEST(!ended.has_value());
        }
        BOOST_TEST(shared->woken.load() == 0U);
    }());
}

BOOST_AUTO_TEST_CASE(what_is_woken_while_the_task_is_queued_takes_its_place_among_the_branches) {
    const LeakGuard guard;
    edo::block_on([]() -> Task<void> {
        const auto shared = std::make_shared<Shared>();
        auto handle = edo::spawn([shared]() -> Task<std::size_t> {
            const auto first =
                co_await edo::select(edo::biased, shared->all.notified(), shared->one.notified());
            co_return first.index();
        });
        co_await edo::yield_now();
        shared->one.notify_one();      // its leaf is the entry of the queue
        shared->all.notify_waiters();  // this one comes later, and goes first
        const auto index = co_await handle;
        BOOST_TEST(index.value() == 0U);
    }());
}

BOOST_AUTO_TEST_CASE(a_dump_finds_the_frames_of_a_queued_task_that_has_a_name) {
    const LeakGuard guard;
    edo::block_on([]() -> Task<void> {
        const auto shared = std::make_shared<Shared>();
        auto named = edo::TaskBuilder().name("waiter").spawn(wait_for_all(shared));
        auto unnamed = edo::spawn(wait_for_all(shared));
        co_await edo::yield_now();
        shared->all.notify_waiters();
        const std::string dump = edo::dump_tasks();
        BOOST_TEST(dump.find("'waiter': ready to run\n  at ") != std::string::npos, dump);
        BOOST_TEST(dump.find("task " + std::to_string(unnamed.id().value()) + ": ready to run\n") !=
                       std::string::npos,
                   dump);
        static_cast<void>(co_await named);
        static_cast<void>(co_await unnamed);
    }());
}

BOOST_AUTO_TEST_CASE(a_runtime_ends_with_woken_tasks_in_its_queues) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto shared = std::make_shared<Shared>();
        runtime.block_on([&]() -> Task<void> {
            auto waiters = co_await start_waiters(shared, 400);
            shared->all.notify_waiters();
            for (auto& waiter : waiters) {
                std::move(waiter).detach();
            }
        });
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
