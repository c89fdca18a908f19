// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <tuple>
#include <utility>

using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::SteppedTask;

namespace {

edo::Task<edo::Result<int>> good(int n) {
    co_await edo::yield_now();
    co_return n;
}

edo::Task<edo::Result<void>> done() {
    co_await edo::yield_now();
    co_return edo::Result<void>();
}

edo::Task<edo::Result<int>> bad(std::errc error) {
    co_await edo::yield_now();
    co_return edo::failure(error);
}

edo::Task<edo::Result<int>> waits_for_ever(CountsDestruction counts) {
    Event never;
    co_await never;
    static_cast<void>(counts);
    co_return 0;
}

BOOST_AUTO_TEST_SUITE(try_join)

BOOST_AUTO_TEST_CASE(yields_all_values) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            const auto result = co_await edo::try_join(good(1), done(), good(3));
            BOOST_TEST(result.has_value());
            BOOST_TEST(std::get<0>(*result) == 1);
            BOOST_TEST(std::get<2>(*result) == 3);
        });
    });
}

BOOST_AUTO_TEST_CASE(yields_the_first_error_and_destroys_the_rest) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<int> destroyed = 0;
        runtime.block_on([](std::atomic<int>& counter) -> edo::Task<void> {
            const auto result = co_await edo::try_join(waits_for_ever(CountsDestruction(counter)),
                                                       bad(std::errc::io_error), good(1));
            BOOST_TEST(!result.has_value());
            BOOST_TEST((result.error() == std::errc::io_error));
            BOOST_TEST(counter == 1);
        }(destroyed));
    });
}

BOOST_AUTO_TEST_CASE(an_exception_wins_over_waiting) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<int> destroyed = 0;
        const auto work = [](std::atomic<int>& counter) -> edo::Task<void> {
            auto fail = []() -> edo::Task<edo::Result<int>> {
                co_await edo::yield_now();
                throw std::runtime_error("broken");
            };
            static_cast<void>(
                co_await edo::try_join(waits_for_ever(CountsDestruction(counter)), fail()));
        };
        BOOST_CHECK_THROW(runtime.block_on(work(destroyed)), std::runtime_error);
        BOOST_TEST(destroyed == 1);
    });
}

BOOST_AUTO_TEST_CASE(moves_its_values) {
    const LeakGuard guard;
    SteppedTask<int> task([]() -> edo::Task<int> {
        auto make = []() -> edo::Task<edo::Result<std::unique_ptr<int>>> {
            co_return std::make_unique<int>(7);
        };
        auto result = co_await edo::try_join(make(), good(1));
        const std::unique_ptr<int> owned = std::get<0>(std::move(*result));
        co_return *owned;
    }());
    BOOST_TEST(task.run());
    BOOST_TEST(task.take() == 7);
}

BOOST_AUTO_TEST_CASE(can_be_cancelled_at_every_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(edo::test::drive([]() -> edo::Task<void> {
            static_cast<void>(co_await edo::try_join(good(1), good(2), done()));
        }));
        BOOST_TEST(driven.suspensions == 1U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
