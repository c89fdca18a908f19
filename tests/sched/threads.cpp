// SPDX-License-Identifier: MIT
// The threads of a runtime: how many, what they are called, what they tell and when they sleep.
#include "support/environment_variable.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <pthread.h>
#include <sched.h>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::test::EnvironmentVariable;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;

namespace {

std::string name_of_this_thread() {
    std::array<char, 32> name{};
    pthread_getname_np(pthread_self(), name.data(), name.size());
    return name.data();
}

BOOST_AUTO_TEST_SUITE(threads)

BOOST_AUTO_TEST_CASE(are_as_many_as_the_builder_says) {
    const LeakGuard guard;
    for (const unsigned count : {1U, 2U, 7U}) {
        const edo::Runtime runtime = edo::Builder::multi_thread(count).build();
        BOOST_TEST(runtime.handle().worker_count() == count);
    }
}

BOOST_AUTO_TEST_CASE(are_as_many_as_the_environment_says_where_the_builder_says_nothing) {
    const LeakGuard guard;
    const EnvironmentVariable variable("EDO_WORKER_THREADS", "3");
    BOOST_TEST(edo::Builder::multi_thread().build().handle().worker_count() == 3U);
    BOOST_TEST(edo::Runtime().handle().worker_count() == 3U);
    BOOST_TEST(edo::Builder::multi_thread(2).build().handle().worker_count() == 2U);
    BOOST_TEST(edo::Builder::current_thread().build().handle().worker_count() == 1U);
}

BOOST_AUTO_TEST_CASE(cannot_be_as_many_as_nonsense_says) {
    const LeakGuard guard;
    for (const char* const text : {"0", "-1", "", "four", "2x", "32768", "99999999999999999999"}) {
        const EnvironmentVariable variable("EDO_WORKER_THREADS", text);
        BOOST_CHECK_THROW(static_cast<void>(edo::Builder::multi_thread().build()), edo::UsageError);
        BOOST_TEST(edo::Builder::multi_thread(1).build().handle().worker_count() == 1U);
    }
    BOOST_CHECK_THROW(static_cast<void>(edo::Builder::multi_thread(32768).build()),
                      edo::UsageError);
    BOOST_CHECK_THROW(
        static_cast<void>(edo::Builder::multi_thread(1).max_blocking_threads(0).build()),
        edo::UsageError);
}

BOOST_AUTO_TEST_CASE(are_by_default_as_many_as_the_process_may_use) {
    const LeakGuard guard;
    ::unsetenv("EDO_WORKER_THREADS");
    cpu_set_t before;
    CPU_ZERO(&before);
    BOOST_REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
    const std::size_t usual = edo::Builder::multi_thread().build().handle().worker_count();
    BOOST_TEST(usual >= 1U);
    BOOST_TEST(usual <= std::size_t(CPU_COUNT(&before)));

    int first = 0;
    while (!CPU_ISSET(first, &before)) {
        ++first;
    }
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    BOOST_REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
    BOOST_TEST(edo::Builder::multi_thread().build().handle().worker_count() == 1U);
    ::sched_setaffinity(0, sizeof before, &before);
}

BOOST_AUTO_TEST_CASE(have_names) {
    const LeakGuard guard;
    auto name_in = [](edo::Runtime runtime) {
        auto name = []() -> edo::Task<std::string> { co_return name_of_this_thread(); };
        edo::JoinHandle<std::string> handle = runtime.spawn(name());
        return runtime.block_on([](edo::JoinHandle<std::string> joined) -> edo::Task<std::string> {
            const auto result = co_await joined;
            co_return result.value();
        }(std::move(handle)));
    };
    BOOST_TEST(name_in(edo::Builder::multi_thread(1).build()) == "edo-worker");
    BOOST_TEST(name_in(edo::Builder::multi_thread(1).thread_name("mine").build()) == "mine");
    BOOST_TEST(name_in(edo::Builder::multi_thread(1)
                           .thread_name("a name that is too long for the system")
                           .build()) == "a name that is ");
}

BOOST_AUTO_TEST_CASE(say_when_they_start_and_stop) {
    for_each_flavor([](edo::Builder builder) {
        std::mutex lock;
        std::set<std::thread::id> started;
        std::set<std::thread::id> stopped;
        int starts = 0;
        int stops = 0;
        builder
            .on_thread_start([&] {
                const std::lock_guard guard(lock);
                started.insert(std::this_thread::get_id());
                ++starts;
            })
            .on_thread_stop([&] {
                const std::lock_guard guard(lock);
                stopped.insert(std::this_thread::get_id());
                ++stops;
            });
        std::size_t expected = 1;  // the blocking thread
        {
            edo::Runtime runtime = builder.build();
            if (runtime.handle().flavor() == edo::Flavor::MultiThread) {
                expected += runtime.handle().worker_count();
            }
            runtime.block_on([]() -> edo::Task<void> {
                auto job = edo::spawn_blocking([] {});
                static_cast<void>(co_await job);
            });
        }
        BOOST_TEST(started.size() == expected);
        BOOST_TEST(std::size_t(starts) == expected);
        BOOST_TEST(std::size_t(stops) == expected);
        BOOST_TEST((started == stopped));
        BOOST_TEST(!started.contains(std::this_thread::get_id()));
    });
}

BOOST_AUTO_TEST_CASE(are_inside_the_runtime_when_they_start) {
    for_each_flavor([](edo::Builder builder) {
        std::atomic<int> outside = 0;
        builder.on_thread_start([&outside] {
            if (!edo::Handle::has_current()) {
                ++outside;
            }
        });
        edo::Runtime runtime = builder.build();
        runtime.block_on([]() -> edo::Task<void> {
            auto job = edo::spawn_blocking([] {});
            static_cast<void>(co_await job);
        });
        BOOST_TEST(outside == 0);
    });
}

BOOST_AUTO_TEST_CASE(say_when_they_sleep_and_wake) {
    for_each_flavor([](edo::Builder builder) {
        std::atomic<int> parks = 0;
        std::atomic<int> unparks = 0;
        builder.on_thread_park([&parks] { ++parks; }).on_thread_unpark([&unparks] { ++unparks; });
        {
            edo::Runtime runtime = builder.build();
            auto sleeps = []() -> edo::Task<void> { co_await edo::sleep(1ms); };
            edo::JoinHandle<void> handle = runtime.spawn(sleeps());
            runtime.block_on([](edo::JoinHandle<void> joined) -> edo::Task<void> {
                static_cast<void>(co_await joined);
            }(std::move(handle)));
            BOOST_TEST(parks > 0);
            BOOST_TEST(unparks > 0);
        }
        BOOST_TEST(parks == unparks);
    });
}

BOOST_AUTO_TEST_CASE(run_what_their_hook_spawns_before_they_sleep) {
    for_each_flavor([](edo::Builder builder) {
        std::atomic<bool> spawned = false;
        Event ran;
        builder.on_thread_park([&spawned, &ran] {
            if (!spawned.exchange(true)) {
                auto work = [](Event& event) -> edo::Task<void> {
                    event.set();
                    co_return;
                };
                edo::spawn(work(ran)).detach();
            }
        });
        edo::Runtime runtime = builder.build();
        runtime.block_on([](Event& event) -> edo::Task<void> { co_await event; }(ran));
    });
}

BOOST_AUTO_TEST_CASE(serve_timers_although_their_hook_always_spawns) {
    for_each_flavor([](edo::Builder builder) {
        std::atomic<bool> stop = false;
        builder.on_thread_park([&stop] {
            if (!stop) {
                auto nothing = []() -> edo::Task<void> { co_return; };
                edo::spawn(nothing()).detach();
            }
        });
        edo::Runtime runtime = builder.build();
        runtime.block_on([]() -> edo::Task<void> {
            auto sleeps = []() -> edo::Task<void> { co_await edo::sleep(2ms); };
            edo::JoinHandle<void> handle = edo::spawn(sleeps());
            static_cast<void>(co_await handle);
        });
        stop = true;
    });
}

/// How often the workers gave the processor away of their own accord. (ThreadSanitizer has a thread
/// of its own in the process.)
long sleeps_so_far() {
    long sum = 0;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream status(task.path() / "status");
        std::string word;
        std::string name;
        status >> word >> name;
        if (name != "edo-worker") {
            continue;
        }
        while (status >> word) {
            if (word == "voluntary_ctxt_switches:") {
                long count = 0;
                status >> count;
                sum += count;
            }
        }
    }
    return sum;
}

BOOST_AUTO_TEST_CASE(sleep_for_good_when_there_is_nothing_to_do) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::multi_thread(4).build();
    auto sleeps = []() -> edo::Task<void> { co_await edo::sleep(1h); };
    edo::JoinHandle<void> handle = runtime.spawn(sleeps());
    // After a while nothing wakes them any more, neither their watch nor a timer that is far away.
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    bool quiet = false;
    while (!quiet && std::chrono::steady_clock::now() < deadline) {
        const long before = sleeps_so_far();
        std::this_thread::sleep_for(100ms);
        quiet = sleeps_so_far() == before;
    }
    BOOST_TEST(quiet);
    handle.abort();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
