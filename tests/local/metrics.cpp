// SPDX-License-Identifier: MIT
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/metrics.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstddef>
#include <optional>

using namespace std::chrono_literals;
using edo::test::Event;
using edo::test::for_each_flavor;

namespace {

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(count_workers_and_tasks) {
    for_each_flavor([](edo::Runtime& runtime) {
        const edo::RuntimeMetrics metrics = runtime.handle().metrics();
        BOOST_TEST(metrics.num_workers() == runtime.handle().worker_count());
        BOOST_TEST(metrics.alive_tasks() == 0U);
        runtime.block_on([&metrics]() -> edo::Task<void> {
            Event event;
            auto waits = [](Event& e) -> edo::Task<void> { co_await e; };
            edo::JoinHandle<void> handle = edo::spawn(waits(event));
            BOOST_TEST(metrics.alive_tasks() == 1U);
            event.set();
            static_cast<void>(co_await handle);
            BOOST_TEST(metrics.alive_tasks() == 0U);
        });
    });
}

BOOST_AUTO_TEST_CASE(count_what_waits_in_the_global_queue) {
    edo::Runtime runtime = edo::Builder::current_thread().build();
    const edo::RuntimeMetrics metrics = runtime.handle().metrics();
    auto ends = []() -> edo::Task<void> { co_return; };
    for (std::size_t i = 0; i < 5; ++i) {
        BOOST_TEST(metrics.global_queue_depth() == i);
        runtime.spawn(ends()).detach();  // from outside: nobody drives the runtime
    }
    BOOST_TEST(metrics.global_queue_depth() == 5U);
    runtime.block_on([]() -> edo::Task<void> { co_await edo::sleep(1ms); }());
    BOOST_TEST(metrics.global_queue_depth() == 0U);
}

BOOST_AUTO_TEST_CASE(count_sleeps_and_the_time_between_them) {
    edo::Runtime runtime = edo::Builder::current_thread().build();
    const edo::RuntimeMetrics metrics = runtime.handle().metrics();
    const auto parked = metrics.worker_park_count(0);
    const auto busy = metrics.worker_busy_duration(0);
    runtime.block_on([]() -> edo::Task<void> {
        for (int i = 0; i < 3; ++i) {
            co_await edo::sleep(1ms);
        }
        const auto end = std::chrono::steady_clock::now() + 5ms;
        while (std::chrono::steady_clock::now() < end) {
        }
        co_await edo::sleep(1ms);
    }());
    BOOST_TEST(metrics.worker_park_count(0) >= parked + 4);
    BOOST_TEST((metrics.worker_busy_duration(0) >= busy + 5ms));
}

BOOST_AUTO_TEST_CASE(know_only_the_workers_there_are) {
    for_each_flavor([](edo::Runtime& runtime) {
        const edo::RuntimeMetrics metrics = runtime.handle().metrics();
        BOOST_CHECK_THROW(static_cast<void>(metrics.worker_park_count(metrics.num_workers())),
                          edo::UsageError);
        BOOST_CHECK_THROW(static_cast<void>(metrics.worker_busy_duration(metrics.num_workers())),
                          edo::UsageError);
    });
}

BOOST_AUTO_TEST_CASE(can_be_read_after_the_runtime) {
    std::optional<edo::RuntimeMetrics> metrics;
    {
        edo::Runtime runtime = edo::Builder::multi_thread(2).build();
        metrics = runtime.handle().metrics();
    }
    BOOST_TEST(metrics->num_workers() == 2U);
    BOOST_TEST(metrics->alive_tasks() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
