// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>

using namespace std::chrono_literals;
using edo::test::drive;
using edo::test::for_each_flavor;

namespace {

BOOST_AUTO_TEST_SUITE(cancellation)

BOOST_AUTO_TEST_CASE(a_yielding_task_can_be_cancelled_at_each_yield) {
    for_each_flavor([](edo::Runtime& runtime) {
        const edo::test::Driven driven = runtime.block_on(drive([]() -> edo::Task<void> {
            co_await edo::yield_now();
            co_await edo::yield_now();
            co_await edo::yield_now();
        }));
        BOOST_TEST(driven.suspensions == 3U);
        BOOST_TEST(driven.runs == 7U);
    });
}

BOOST_AUTO_TEST_CASE(a_sleeping_task_can_be_cancelled_at_each_sleep) {
    const edo::test::LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().start_paused().build();
    const edo::test::Driven driven = runtime.block_on(drive([]() -> edo::Task<void> {
        co_await edo::sleep(1ms);
        co_await edo::sleep(1ms);
    }));
    BOOST_TEST(driven.suspensions == 2U);
    BOOST_TEST(driven.runs == 5U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
