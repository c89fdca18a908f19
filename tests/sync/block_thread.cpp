// SPDX-License-Identifier: MIT
// A plain thread that waits for a task: what the `blocking_` forms are made of.
#include "support/event.hpp"
#include "support/leak_guard.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/block_thread.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>

using namespace std::chrono_literals;
using edo::Task;
using edo::detail::block_thread_on;
using edo::test::Event;
using edo::test::LeakGuard;

namespace {

Task<std::unique_ptr<int>> five_after(Event& event) {
    co_await event;
    co_return std::make_unique<int>(5);
}

Task<void> fails() {
    throw std::runtime_error("no");
    co_return;
}

Task<void> sleeps(edo::Duration time) {
    co_await edo::sleep(time);
}

BOOST_AUTO_TEST_SUITE(block_thread)

BOOST_AUTO_TEST_CASE(yields_the_value_when_another_thread_has_woken_it) {
    const LeakGuard guard;
    Event event;
    std::thread other([&event] { event.set(); });
    BOOST_TEST(*block_thread_on("test", five_after(event)) == 5);
    other.join();
}

BOOST_AUTO_TEST_CASE(throws_what_the_task_throws) {
    const LeakGuard guard;
    BOOST_CHECK_THROW(block_thread_on("test", fails()), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(has_no_timers_outside_a_runtime) {
    const LeakGuard guard;
    BOOST_CHECK_THROW(block_thread_on("test", sleeps(1h)), edo::UsageError);
}

BOOST_AUTO_TEST_CASE(has_the_timers_of_the_runtime_that_the_thread_is_inside) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::multi_thread(1).build();
    const edo::EnterGuard inside = runtime.enter();
    block_thread_on("test", sleeps(1ms));
}

BOOST_AUTO_TEST_CASE(is_misuse_on_a_thread_that_runs_tasks) {
    const LeakGuard guard;
    edo::block_on([]() -> Task<void> {
        BOOST_CHECK_THROW(block_thread_on("test", sleeps(0s)), edo::UsageError);
        co_return;
    }());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
