// SPDX-License-Identifier: MIT
// Timers that are armed on one worker and cancelled, or fired, on another.
#include "stress/stress.hpp"
#include "support/flavors.hpp"

#include <atomic>

using edo::detail::Random;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::ForeignWakers;
using edo::test::random_of;
using edo::test::StressGuard;
using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

edo::Task<void> waits_for(std::shared_ptr<Event> event) {
    co_await *event;
}

/// Each wait is ended by a foreign wake on some worker, or by a timer at about the same time.
edo::Task<void> is_woken_elsewhere(Random random, ForeignWakers& wakers, std::atomic<int>& early) {
    for (int i = 0; i < edo::test::rounds(1500); ++i) {
        const std::shared_ptr<Event> event = wakers.soon();
        const microseconds limit(random.below(1500));
        const edo::Instant start = edo::now();
        const auto result = co_await edo::timeout(limit, waits_for(event));
        if (!result && edo::now() < start + limit) {
            ++early;
        }
        co_await edo::yield_now();
    }
}

edo::Task<void> sleeps_long(std::atomic<int>& destroyed) {
    const edo::test::CountsDestruction local(destroyed);
    co_await edo::sleep(std::chrono::hours(1));
}

constexpr int kAborts = edo::test::rounds(600);

/// Arms timers in tasks of its own and aborts those tasks from wherever it runs then.
edo::Task<void> aborts_sleepers(Random random, ForeignWakers& wakers, std::atomic<int>& destroyed) {
    for (int i = 0; i < kAborts; ++i) {
        std::vector<edo::JoinHandle<void>> sleepers;
        for (int n = 0; n < 10; ++n) {
            sleepers.push_back(edo::spawn(sleeps_long(destroyed)));
        }
        const std::shared_ptr<Event> event = wakers.soon();
        co_await *event;
        if (random.below(2) == 0) {
            co_await edo::sleep(milliseconds(1));
        }
        for (auto& sleeper : sleepers) {
            sleeper.abort();
        }
        for (auto& sleeper : sleepers) {
            co_await sleeper;
        }
    }
}

BOOST_AUTO_TEST_SUITE(timers)

BOOST_AUTO_TEST_CASE(timers_are_cancelled_and_fired_across_workers) {
    const StressGuard guard("timers_are_cancelled_and_fired_across_workers");
    for_each_flavor([](edo::Runtime& runtime) {
        ForeignWakers wakers(2);
        std::atomic<int> early{0};
        std::atomic<int> destroyed{0};
        std::vector<edo::JoinHandle<void>> all;
        for (unsigned i = 0; i < 16; ++i) {
            all.push_back(runtime.spawn(is_woken_elsewhere(random_of(i), wakers, early)));
            all.push_back(runtime.spawn(aborts_sleepers(random_of(i + 16), wakers, destroyed)));
        }
        runtime.block_on([](std::vector<edo::JoinHandle<void>>& tasks) -> edo::Task<void> {
            for (auto& task : tasks) {
                co_await task;
            }
        }(all));
        BOOST_TEST(early == 0);
        // A task that was aborted before its first run has no local variable.
        BOOST_TEST(destroyed <= 16 * kAborts * 10);
        BOOST_TEST(edo::test::armed_timers(runtime.handle()) == 0U);
    });
}

/// The root of `block_on` arms its timers with workers that sleep, for longer or without a limit.
BOOST_AUTO_TEST_CASE(a_timer_armed_by_another_thread_wakes_a_sleeping_worker_in_time) {
    const StressGuard guard("a_timer_armed_by_another_thread");
    for_each_flavor([](edo::Runtime& runtime) {
        edo::JoinHandle<void> far =
            runtime.spawn([]() -> edo::Task<void> { co_await edo::sleep(std::chrono::hours(1)); });
        runtime.block_on([](Random random) -> edo::Task<void> {
            for (int i = 0; i < edo::test::rounds(800); ++i) {
                co_await edo::sleep(microseconds(random.below(2500)));
            }
        }(random_of(0)));
        far.abort();
    });
}

/// The clock stands while a blocking job runs, and the last one's end must make it move on.
BOOST_AUTO_TEST_CASE(a_paused_clock_moves_on_when_the_last_blocking_job_has_ended) {
    const StressGuard guard("a_paused_clock_moves_on");
    edo::Runtime runtime = edo::Builder::current_thread().start_paused().build();
    runtime.block_on([](Random random) -> edo::Task<void> {
        for (int i = 0; i < edo::test::rounds(20000); ++i) {
            auto job = edo::spawn_blocking([] {});
            if (random.below(2) == 0) {
                co_await job;
            }
            co_await edo::sleep(std::chrono::hours(1));
        }
    }(random_of(0)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
