// SPDX-License-Identifier: MIT
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/coop.hpp>
#include <edo/runtime/metrics.hpp>
#include <edo/runtime/task_builder.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <pthread.h>
#include <string>
#include <thread>
#include <utility>
#include <vector>

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

std::uint64_t sum_of_workers(const edo::RuntimeMetrics& metrics,
                             std::uint64_t (edo::RuntimeMetrics::*figure)(std::size_t) const) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < metrics.num_workers(); ++i) {
        sum += (metrics.*figure)(i);
    }
    return sum;
}

BOOST_AUTO_TEST_CASE(count_turns_and_what_was_queued) {
    edo::Runtime runtime = edo::Builder::current_thread().build();
    const edo::RuntimeMetrics metrics = runtime.handle().metrics();
    BOOST_TEST(!metrics.worker_thread_id(0).has_value());
    BOOST_TEST(metrics.remote_schedule_count() == 0U);
    auto yields = [](int times) -> edo::Task<void> {
        for (int i = 0; i < times; ++i) {
            co_await edo::yield_now();
        }
    };
    runtime.spawn(yields(10)).detach();  // from outside
    BOOST_TEST(metrics.remote_schedule_count() == 1U);
    runtime.block_on([](auto make) -> edo::Task<void> {
        auto inside = edo::spawn(make(5));
        static_cast<void>(co_await inside);
    }(yields));
    BOOST_TEST(metrics.spawned_tasks_count() == 2U);
    // The root of block_on: once at the start and once after the join; the others as they yielded.
    const std::uint64_t polls = metrics.worker_poll_count(0);
    BOOST_TEST(polls + metrics.worker_local_queue_depth(0) ==
               metrics.worker_local_schedule_count(0) + metrics.remote_schedule_count());
    BOOST_TEST(polls >= 2U + 6U);
    BOOST_TEST(polls <= 2U + 6U + 11U);
    BOOST_TEST(metrics.budget_forced_yield_count() == 0U);
    BOOST_TEST((metrics.worker_thread_id(0) == std::this_thread::get_id()));
    BOOST_TEST(metrics.worker_steal_count(0) == 0U);
    BOOST_TEST(metrics.worker_overflow_count(0) == 0U);
}

BOOST_AUTO_TEST_CASE(count_turns_that_ended_for_want_of_budget) {
    edo::Runtime runtime = edo::Builder::current_thread().build();
    const edo::RuntimeMetrics metrics = runtime.handle().metrics();
    runtime.block_on([]() -> edo::Task<void> {
        for (int i = 0; i < 1000; ++i) {
            co_await edo::consume_budget();
        }
    }());
    BOOST_TEST(metrics.budget_forced_yield_count() >= 6U);
    BOOST_TEST(metrics.budget_forced_yield_count() <= 8U);
}

BOOST_AUTO_TEST_CASE(count_queues_that_overflow) {
    edo::Runtime runtime = edo::Builder::current_thread().build();
    const edo::RuntimeMetrics metrics = runtime.handle().metrics();
    runtime.block_on([](const edo::RuntimeMetrics& m) -> edo::Task<void> {
        auto nothing = []() -> edo::Task<void> { co_return; };
        for (int i = 0; i < 300; ++i) {
            edo::spawn(nothing()).detach();
        }
        BOOST_TEST(m.worker_overflow_count(0) == 1U);
        BOOST_TEST(m.worker_local_queue_depth(0) > 100U);
        BOOST_TEST(m.worker_local_queue_depth(0) + m.global_queue_depth() == 300U);
        while (m.alive_tasks() > 0) {
            co_await edo::yield_now();
        }
    }(metrics));
    BOOST_TEST(metrics.worker_local_queue_depth(0) == 0U);
    BOOST_TEST(metrics.worker_poll_count(0) > 300U);
    BOOST_TEST(metrics.worker_mean_poll_time(0).count() >= 0);
    BOOST_TEST(metrics.remote_schedule_count() <= 1U);  // of the root
}

BOOST_AUTO_TEST_CASE(count_what_several_workers_do) {
    edo::Runtime runtime = edo::Builder::multi_thread(4).build();
    const edo::RuntimeMetrics metrics = runtime.handle().metrics();
    runtime.block_on([](const edo::RuntimeMetrics& m) -> edo::Task<void> {
        auto outer = edo::spawn([]() -> edo::Task<void> {
            auto yields = []() -> edo::Task<void> {
                for (int i = 0; i < 100; ++i) {
                    co_await edo::yield_now();
                }
            };
            std::vector<edo::JoinHandle<void>> tasks;
            for (int i = 0; i < 64; ++i) {
                tasks.push_back(edo::spawn(yields()));
            }
            for (auto& task : tasks) {
                static_cast<void>(co_await task);
            }
        });
        static_cast<void>(co_await outer);
        BOOST_TEST(m.spawned_tasks_count() == 65U);
        const auto polls = sum_of_workers(m, &edo::RuntimeMetrics::worker_poll_count);
        BOOST_TEST(polls >= 64U * 101U);
        BOOST_TEST(sum_of_workers(m, &edo::RuntimeMetrics::worker_local_schedule_count) +
                       m.remote_schedule_count() >=
                   64U * 100U);
        BOOST_TEST(sum_of_workers(m, &edo::RuntimeMetrics::worker_steal_count) >=
                   sum_of_workers(m, &edo::RuntimeMetrics::worker_steal_operations));
    }(metrics));
    // Workers that have nothing to do sleep: an odd number of changes.
    for (std::size_t i = 0; i < 4; ++i) {
        while (metrics.worker_park_unpark_count(i) % 2 == 0) {
            std::this_thread::yield();
        }
        BOOST_TEST(metrics.worker_noop_count(i) <= metrics.worker_park_count(i));
    }
}

BOOST_AUTO_TEST_CASE(count_blocking_threads) {
    for_each_flavor([](edo::Runtime& runtime) {
        const edo::RuntimeMetrics metrics = runtime.handle().metrics();
        BOOST_TEST(metrics.num_blocking_threads() == 0U);
        Event release;
        Event started;
        edo::JoinHandle<void> job = runtime.spawn_blocking([&release, &started] {
            started.set();
            release.wait();
        });
        started.wait();
        BOOST_TEST(metrics.num_blocking_threads() == 1U);
        BOOST_TEST(metrics.num_idle_blocking_threads() == 0U);
        BOOST_TEST(metrics.blocking_queue_depth() == 0U);
        release.set();
        while (metrics.num_idle_blocking_threads() == 0) {
            std::this_thread::yield();
        }
        BOOST_TEST(job.is_finished());
    });
    Event release;
    edo::Runtime narrow = edo::Builder::current_thread().max_blocking_threads(1).build();
    for (int i = 0; i < 3; ++i) {
        narrow.spawn_blocking([&release] { release.wait(); }).detach();
    }
    const edo::RuntimeMetrics metrics = narrow.handle().metrics();
    while (metrics.blocking_queue_depth() > 2) {
        std::this_thread::yield();
    }
    BOOST_TEST(metrics.blocking_queue_depth() == 2U);
    release.set();
}

BOOST_AUTO_TEST_CASE(count_no_blocking_threads_after_the_end) {
    for_each_flavor([](edo::Builder builder) {
        std::optional<edo::RuntimeMetrics> metrics;
        {
            edo::Runtime runtime = builder.build();
            metrics = runtime.handle().metrics();
            std::vector<edo::JoinHandle<void>> jobs;
            for (int i = 0; i < 4; ++i) {
                jobs.push_back(runtime.spawn_blocking([] {}));
            }
            while (metrics->num_idle_blocking_threads() < metrics->num_blocking_threads()) {
                std::this_thread::yield();
            }
        }
        BOOST_TEST(metrics->num_blocking_threads() == 0U);
        BOOST_TEST(metrics->num_idle_blocking_threads() == 0U);
        BOOST_TEST(metrics->blocking_queue_depth() == 0U);
    });
}

BOOST_AUTO_TEST_CASE(count_descriptors_and_events) {
    edo::Runtime runtime = edo::Builder::current_thread().build();
    const edo::RuntimeMetrics metrics = runtime.handle().metrics();
    runtime.block_on([](const edo::RuntimeMetrics& m) -> edo::Task<void> {
        {
            auto listener = co_await edo::net::TcpListener::bind("127.0.0.1:0");
            auto connecting = edo::net::TcpStream::connect(listener->local_addr().value());
            auto [accepted, connected] =
                co_await edo::join(listener->accept(), std::move(connecting));
            BOOST_TEST(accepted.has_value());
            BOOST_TEST(connected.has_value());
            BOOST_TEST(m.io_driver_fd_registered_count() >= 1U);
        }
        co_await edo::sleep(1ms);
        BOOST_TEST(m.io_driver_fd_deregistered_count() == m.io_driver_fd_registered_count());
        BOOST_TEST(m.io_driver_ready_count() >= 1U);
    }(metrics));
}

BOOST_AUTO_TEST_CASE(histograms_count_turns_and_waits) {
    for (const bool multi : {false, true}) {
        edo::Builder builder =
            multi ? edo::Builder::multi_thread(2) : edo::Builder::current_thread();
        std::atomic<int> known = 0;
        builder.metrics_poll_time_histogram(edo::HistogramConfiguration::linear(2ms, 3))
            .metrics_schedule_latency_histogram(edo::HistogramConfiguration::linear(1h, 2))
            .on_before_task_poll([&known](const edo::TaskMeta& task) {
                known += task.schedule_latency().has_value() ? 1 : 0;
            });
        edo::Runtime runtime = builder.build();
        const edo::RuntimeMetrics metrics = runtime.handle().metrics();
        BOOST_TEST(metrics.poll_time_histogram_enabled());
        BOOST_TEST(metrics.schedule_latency_histogram_enabled());
        BOOST_TEST(metrics.poll_time_histogram_num_buckets() == 3U);
        BOOST_TEST(metrics.schedule_latency_histogram_num_buckets() == 2U);
        BOOST_TEST((metrics.poll_time_histogram_bucket_range(1).start == 2ms));
        BOOST_TEST((metrics.schedule_latency_histogram_bucket_range(1).start == 1h));
        runtime.block_on([]() -> edo::Task<void> {
            auto busy = []() -> edo::Task<void> {
                const auto end = std::chrono::steady_clock::now() + 5ms;
                while (std::chrono::steady_clock::now() < end) {
                }
                for (int i = 0; i < 3; ++i) {
                    co_await edo::yield_now();
                }
                co_await edo::sleep(1ms);
            };
            edo::TaskBuilder builder;
            builder.name("named");
            auto task = edo::spawn(busy());
            auto named = builder.spawn(busy());
            static_cast<void>(co_await task);
            static_cast<void>(co_await named);
        }());
        std::uint64_t turns = 0;
        std::uint64_t long_turns = 0;
        std::uint64_t waits = 0;
        for (std::size_t worker = 0; worker < metrics.num_workers(); ++worker) {
            for (std::size_t bucket = 0; bucket < 3; ++bucket) {
                turns += metrics.poll_time_histogram_bucket_count(worker, bucket);
            }
            long_turns += metrics.poll_time_histogram_bucket_count(worker, 2);
            waits += metrics.schedule_latency_histogram_bucket_count(worker, 0);
        }
        BOOST_TEST(long_turns >= 2U);  // 5 ms, at least
        // Each task: the start, three after a yield_now, one after the sleep. The last turn may be
        // counted a moment after its end was seen.
        BOOST_TEST(turns >= 8U);
        BOOST_TEST(turns <= 10U);
        BOOST_TEST(waits == 10U);
        BOOST_TEST(known == 10);
        BOOST_CHECK_THROW(static_cast<void>(metrics.poll_time_histogram_bucket_count(9, 0)),
                          edo::UsageError);
        BOOST_CHECK_THROW(static_cast<void>(metrics.poll_time_histogram_bucket_count(0, 9)),
                          edo::UsageError);
    }
}

BOOST_AUTO_TEST_CASE(histograms_are_not_there_unless_asked_for) {
    edo::Runtime runtime = edo::Builder::current_thread()
                               .track_task_schedule_latency()
                               .on_before_task_poll([](const edo::TaskMeta& task) {
                                   BOOST_TEST(task.schedule_latency().has_value());
                               })
                               .build();
    const edo::RuntimeMetrics metrics = runtime.handle().metrics();
    runtime.block_on([]() -> edo::Task<void> {
        auto task = edo::spawn([]() -> edo::Task<void> { co_await edo::yield_now(); });
        static_cast<void>(co_await task);
    }());
    BOOST_TEST(!metrics.poll_time_histogram_enabled());
    BOOST_TEST(!metrics.schedule_latency_histogram_enabled());
    BOOST_TEST(metrics.poll_time_histogram_num_buckets() == 0U);
    BOOST_CHECK_THROW(static_cast<void>(metrics.poll_time_histogram_bucket_range(0)),
                      edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(metrics.schedule_latency_histogram_bucket_count(0, 0)),
                      edo::UsageError);
}

BOOST_AUTO_TEST_CASE(runtimes_have_names_and_ids) {
    edo::Runtime first = edo::Builder::current_thread().name("first").build();
    edo::Runtime second = edo::Builder::current_thread().build();
    BOOST_TEST(first.handle().name() == "first");
    BOOST_TEST(second.handle().name().empty());
    BOOST_TEST(first.handle().id() != second.handle().id());
    BOOST_TEST(first.handle().id() == first.handle().id());
}

BOOST_AUTO_TEST_CASE(worker_threads_are_named_one_by_one) {
    std::atomic<int> next = 0;
    edo::Runtime runtime =
        edo::Builder::multi_thread(2)
            .thread_name_fn([&next] { return "worker " + std::to_string(next++); })
            .build();
    auto name = runtime.spawn([]() -> edo::Task<std::string> {
        std::array<char, 16> text{};
        pthread_getname_np(pthread_self(), text.data(), text.size());
        co_return std::string(text.data());
    });
    runtime.block_on([](edo::JoinHandle<std::string> task) -> edo::Task<void> {
        const auto result = co_await task;
        BOOST_TEST((result.value() == "worker 0" || result.value() == "worker 1"));
    }(std::move(name)));
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
