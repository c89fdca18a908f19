// SPDX-License-Identifier: MIT
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/pipe.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/core/random.hpp>
#include <edo/runtime/scheduler/spawn_core.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::test::Event;
using edo::test::LeakGuard;

namespace {

/// Runs a task on a runtime that starts with a paused clock.
template <class Make>
void with_paused_clock(Make make) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().start_paused().build();
    runtime.block_on(make());
}

edo::Task<void> notes(edo::Duration delay, std::vector<edo::Duration>& out, edo::Instant start) {
    co_await edo::sleep(delay);
    out.push_back(edo::now() - start);
}

BOOST_AUTO_TEST_SUITE(paused_clock)

BOOST_AUTO_TEST_CASE(stands_still_while_something_can_run) {
    with_paused_clock([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        for (int i = 0; i < 1000; ++i) {
            co_await edo::yield_now();
        }
        BOOST_TEST((edo::now() == start));
        co_await edo::sleep(0ms);
        BOOST_TEST((edo::now() == start));
    });
}

BOOST_AUTO_TEST_CASE(jumps_to_the_next_timer_exactly) {
    with_paused_clock([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        co_await edo::sleep(1ms);
        BOOST_TEST((edo::now() - start == 1ms));
        co_await edo::sleep(24h * 365);
        BOOST_TEST((edo::now() - start == 24h * 365 + 1ms));
        co_await edo::sleep(64ms);
        BOOST_TEST((edo::now() - start == 24h * 365 + 65ms));
    });
}

BOOST_AUTO_TEST_CASE(lets_tasks_wake_in_the_order_of_their_deadlines) {
    with_paused_clock([]() -> edo::Task<void> {
        edo::detail::Random random(5);
        const edo::Instant start = edo::now();
        std::vector<edo::Duration> woken;
        std::vector<edo::Duration> delays;
        std::vector<edo::JoinHandle<void>> handles;
        for (int i = 0; i < 500; ++i) {
            delays.emplace_back(std::chrono::milliseconds(random.below(100'000)));
            handles.push_back(edo::spawn(notes(delays.back(), woken, start)));
        }
        for (auto& handle : handles) {
            static_cast<void>(co_await handle);
        }
        std::sort(delays.begin(), delays.end());
        BOOST_TEST((woken == delays));
    });
}

BOOST_AUTO_TEST_CASE(does_not_take_real_time) {
    const auto start = std::chrono::steady_clock::now();
    with_paused_clock([]() -> edo::Task<void> { co_await edo::sleep(24h * 365 * 10); });
    BOOST_TEST((std::chrono::steady_clock::now() - start < 1h));
}

BOOST_AUTO_TEST_CASE(waits_for_blocking_functions) {
    with_paused_clock([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        std::atomic<bool> fired = false;
        auto sleeper = [](std::atomic<bool>& f) -> edo::Task<void> {
            co_await edo::sleep(1ms);
            f = true;
        };
        edo::JoinHandle<void> sleeping = edo::spawn(sleeper(fired));
        edo::JoinHandle<bool> job = edo::spawn_blocking([&fired] {
            // Long enough for a clock that does not wait to run away.
            std::this_thread::sleep_for(20ms);
            return fired.load();
        });
        const auto result = co_await job;
        BOOST_TEST(!result.value());
        BOOST_TEST((edo::now() == start));
        static_cast<void>(co_await sleeping);
        BOOST_TEST((edo::now() - start == 1ms));
    });
}

BOOST_AUTO_TEST_CASE(goes_on_when_a_blocking_function_has_ended_that_nobody_awaits) {
    with_paused_clock([]() -> edo::Task<void> {
        edo::spawn_blocking([] { std::this_thread::sleep_for(5ms); }).detach();
        co_await edo::sleep(1h);
    });
}

BOOST_AUTO_TEST_CASE(waits_for_other_work_that_will_come_back) {
    with_paused_clock([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        Event started;
        Event finished;
        std::atomic<bool> fired = false;
        std::atomic<bool> fired_too_early = false;
        // What a connect or a name look-up does.
        auto work = std::make_unique<edo::detail::ExternalWork>();
        std::jthread outside([&] {
            started.wait();
            std::this_thread::sleep_for(20ms);
            fired_too_early = fired.load();
            finished.set();
            work.reset();
        });
        auto sleeper = [](std::atomic<bool>& f) -> edo::Task<void> {
            co_await edo::sleep(1ms);
            f = true;
        };
        edo::JoinHandle<void> sleeping = edo::spawn(sleeper(fired));
        started.set();
        co_await finished;
        BOOST_TEST(!fired_too_early);
        static_cast<void>(co_await sleeping);
        BOOST_TEST((edo::now() - start == 1ms));
    });
}

BOOST_AUTO_TEST_CASE(does_not_wait_for_sockets) {
    with_paused_clock([]() -> edo::Task<void> {
        const edo::test::Pipe pipe;
        const auto result = co_await edo::timeout(24h, pipe.read());
        BOOST_TEST(!result.has_value());
    });
}

BOOST_AUTO_TEST_CASE(is_advanced_timer_by_timer) {
    with_paused_clock([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        std::vector<edo::Duration> woken;
        std::vector<edo::JoinHandle<void>> handles;
        for (const int delay : {30, 10, 20, 100, 10}) {
            handles.push_back(edo::spawn(notes(std::chrono::milliseconds(delay), woken, start)));
        }
        co_await edo::yield_now();  // they arm their timers
        co_await edo::advance(35ms);
        BOOST_TEST((edo::now() - start == 35ms));
        const std::vector<edo::Duration> expected{10ms, 10ms, 20ms, 30ms};
        BOOST_TEST((woken == expected));
        co_await edo::advance(0ms);
        BOOST_TEST((edo::now() - start == 35ms));
        co_await edo::advance(1h);
        BOOST_TEST((edo::now() - start == 1h + 35ms));
        BOOST_TEST((woken.back() == 100ms));
        for (auto& handle : handles) {
            static_cast<void>(co_await handle);
        }
    });
}

BOOST_AUTO_TEST_CASE(is_advanced_through_timers_that_are_armed_on_the_way) {
    with_paused_clock([]() -> edo::Task<void> {
        const edo::Instant start = edo::now();
        std::vector<edo::Duration> woken;
        auto ticks = [](std::vector<edo::Duration>& out, edo::Instant from) -> edo::Task<void> {
            for (int i = 0; i < 100; ++i) {
                co_await edo::sleep(10ms);
                out.push_back(edo::now() - from);
            }
        };
        edo::JoinHandle<void> handle = edo::spawn(ticks(woken, start));
        co_await edo::yield_now();
        co_await edo::advance(1s);
        BOOST_TEST(woken.size() == 100U);
        for (std::size_t i = 0; i < woken.size(); ++i) {
            BOOST_TEST((woken[i] == (i + 1) * 10ms));
        }
        BOOST_TEST(handle.is_finished());
    });
}

BOOST_AUTO_TEST_CASE(is_paused_and_resumed) {
    const LeakGuard guard;
    edo::block_on([]() -> edo::Task<void> {
        edo::pause();
        const edo::Instant paused = edo::now();
        std::this_thread::sleep_for(2ms);
        BOOST_TEST((edo::now() == paused));
        co_await edo::sleep(24h);
        const edo::Instant later = edo::now();
        BOOST_TEST((later - paused >= 24h));
        BOOST_TEST((later - paused <= 24h + 1ms));
        edo::resume();
        BOOST_TEST((edo::now() >= later));
        const auto real = std::chrono::steady_clock::now();
        co_await edo::sleep(2ms);
        BOOST_TEST((edo::now() - later >= 2ms));
        BOOST_TEST((std::chrono::steady_clock::now() - real >= 2ms));
        edo::pause();
        BOOST_TEST((edo::now() - paused >= 24h + 2ms));
    }());
}

BOOST_AUTO_TEST_CASE(knows_when_it_cannot_be_paused_or_resumed) {
    const LeakGuard guard;
    BOOST_CHECK_THROW(edo::pause(), edo::NoRuntimeError);
    BOOST_CHECK_THROW(edo::resume(), edo::NoRuntimeError);
    BOOST_CHECK_THROW(static_cast<void>(edo::Builder::multi_thread(1).start_paused().build()),
                      edo::UsageError);
    edo::Runtime many = edo::Builder::multi_thread(1).build();
    many.block_on([]() -> edo::Task<void> {
        BOOST_CHECK_THROW(edo::pause(), edo::UsageError);
        BOOST_CHECK_THROW(edo::resume(), edo::UsageError);
        BOOST_CHECK_THROW(co_await edo::advance(1ms), edo::UsageError);
    });
    edo::block_on([]() -> edo::Task<void> {
        BOOST_CHECK_THROW(edo::resume(), edo::UsageError);
        BOOST_CHECK_THROW(co_await edo::advance(1ms), edo::UsageError);
        edo::pause();
        BOOST_CHECK_THROW(edo::pause(), edo::UsageError);
        edo::resume();
        BOOST_CHECK_THROW(edo::resume(), edo::UsageError);
    }());
}

BOOST_AUTO_TEST_CASE(of_one_runtime_does_not_pause_another) {
    const LeakGuard guard;
    edo::Runtime paused = edo::Builder::current_thread().start_paused().build();
    edo::Runtime running = edo::Builder::multi_thread(1).build();
    paused.block_on([]() -> edo::Task<void> { co_await edo::sleep(24h); });
    running.block_on([]() -> edo::Task<void> { co_await edo::sleep(1ms); });
    const auto entered = running.enter();
    BOOST_TEST((edo::now() - std::chrono::steady_clock::now() < 1h));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
