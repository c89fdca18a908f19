// SPDX-License-Identifier: MIT
// Blocking jobs that arrive just when idle threads give up waiting.
#include "stress/stress.hpp"
#include "support/flavors.hpp"

#include <atomic>

using edo::detail::Random;
using edo::test::flavors;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::random_of;
using edo::test::StressGuard;
using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

edo::Task<void> submits(Random random, std::atomic<int>& ran) {
    for (int i = 0; i < 100; ++i) {
        const auto result = co_await edo::spawn_blocking([&ran] { ++ran; });
        edo::test::must(result.has_value());
        co_await edo::sleep(microseconds(random.below(2000)));
    }
}

BOOST_AUTO_TEST_SUITE(blocking)

BOOST_AUTO_TEST_CASE(no_job_is_lost_when_idle_threads_end) {
    const StressGuard guard("no_job_is_lost_when_idle_threads_end");
    for (const std::size_t threads : {1U, 2U}) {
        for (edo::test::RuntimeKind& kind : flavors()) {
            BOOST_TEST_CONTEXT(kind.name << " with " << threads << " blocking threads") {
                const LeakGuard leaks;
                edo::Runtime runtime = kind.builder.max_blocking_threads(threads)
                                           .blocking_keep_alive(milliseconds(1))
                                           .on_thread_stop([] { std::this_thread::yield(); })
                                           .build();
                std::atomic<int> ran{0};
                runtime.block_on([](std::atomic<int>& count) -> edo::Task<void> {
                    std::vector<edo::JoinHandle<void>> all;
                    for (unsigned i = 0; i < 2; ++i) {
                        all.push_back(edo::spawn(submits(random_of(i), count)));
                    }
                    for (auto& one : all) {
                        co_await one;
                    }
                }(ran));
                BOOST_TEST(ran == 200);
            }
        }
    }
}

/// A stop callback of the user runs in `shut_down`, and may use the pool.
BOOST_AUTO_TEST_CASE(a_stop_callback_may_submit_a_job) {
    const StressGuard guard("a_stop_callback_may_submit_a_job", std::chrono::seconds(20));
    for_each_flavor([](edo::Runtime& runtime) {
        edo::test::Event started;
        const edo::Handle handle = runtime.handle();
        runtime
            .spawn_blocking([&started, handle](std::stop_token stop) {
                std::atomic<bool> stopped = false;
                const std::stop_callback callback(stop, [&stopped, &handle] {
                    handle.spawn_blocking([] {}).detach();
                    stopped = true;
                    stopped.notify_all();
                });
                started.set();
                stopped.wait(false);
            })
            .detach();
        started.wait();
        runtime.shutdown_timeout(std::chrono::seconds(10));
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
