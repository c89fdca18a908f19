// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

using edo::test::CountsDestruction;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::SteppedTask;

namespace {

edo::Task<edo::Result<int>> half_of(int n) {
    co_await edo::yield_now();
    if (n % 2 != 0) {
        co_return edo::failure(std::errc::invalid_argument);
    }
    co_return n / 2;
}

edo::Task<edo::Result<int>> quarter_of(int n, bool& went_on) {
    const int half = co_await edo::propagate(co_await half_of(n));
    const int quarter = co_await edo::propagate(co_await half_of(half));
    went_on = true;
    co_return quarter;
}

edo::Task<edo::Result<void>> check_quarter(int n) {
    bool went_on = false;
    co_await edo::propagate(co_await quarter_of(n, went_on));
    co_return edo::Result<void>();
}

BOOST_AUTO_TEST_SUITE(propagate)

BOOST_AUTO_TEST_CASE(yields_the_value) {
    for_each_flavor([](edo::Runtime& runtime) {
        bool went_on = false;
        const edo::Result<int> result = runtime.block_on(quarter_of(12, went_on));
        BOOST_TEST(result.value() == 3);
        BOOST_TEST(went_on);
    });
}

BOOST_AUTO_TEST_CASE(ends_the_coroutine_with_the_error) {
    for_each_flavor([](edo::Runtime& runtime) {
        for (const int n : {3, 6}) {
            bool went_on = false;
            const edo::Result<int> result = runtime.block_on(quarter_of(n, went_on));
            BOOST_TEST(!result.has_value());
            BOOST_TEST((result.error() == std::errc::invalid_argument));
            BOOST_TEST(!went_on);
        }
    });
}

BOOST_AUTO_TEST_CASE(passes_the_error_on_through_other_result_types) {
    for_each_flavor([](edo::Runtime& runtime) {
        BOOST_TEST(runtime.block_on(check_quarter(8)).has_value());
        const edo::Result<void> result = runtime.block_on(check_quarter(6));
        BOOST_TEST((result.error() == std::errc::invalid_argument));
    });
}

BOOST_AUTO_TEST_CASE(works_in_the_root_of_a_task_and_in_branches) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::JoinHandle<edo::Result<void>> handle = edo::spawn(check_quarter(6));
            const auto joined = co_await handle;
            BOOST_TEST(!joined.value().has_value());
            const auto both = co_await edo::try_join(check_quarter(8), check_quarter(6));
            BOOST_TEST(!both.has_value());
            auto first = co_await edo::select(check_quarter(6));
            BOOST_TEST(!first.get<0>().has_value());
            const auto timed = co_await edo::timeout(std::chrono::hours(1), check_quarter(6));
            BOOST_TEST(timed.has_value());
            BOOST_TEST(!timed->has_value());
        });
    });
}

BOOST_AUTO_TEST_CASE(converts_the_error) {
    const LeakGuard guard;
    struct Explained {
        explicit Explained(std::error_code c) : code(c) {}
        std::error_code code;
    };
    auto outer = []() -> edo::Task<edo::Result<int, Explained>> {
        edo::Result<int> failed = edo::failure(std::errc::io_error);
        const int value = co_await edo::propagate(
            std::move(failed).map_error([](std::error_code code) { return Explained(code); }));
        co_return value;
    };
    SteppedTask<edo::Result<int, Explained>> task(outer());
    BOOST_TEST(task.run());
    const auto result = task.take();
    BOOST_TEST((result.error().code == std::errc::io_error));
}

BOOST_AUTO_TEST_CASE(moves_values_and_errors) {
    const LeakGuard guard;
    auto make = [](bool good) -> edo::Result<std::unique_ptr<int>, std::unique_ptr<int>> {
        if (good) {
            return std::make_unique<int>(7);
        }
        return edo::failure(std::make_unique<int>(8));
    };
    auto outer = [](auto maker, bool good) -> edo::Task<edo::Result<int, std::unique_ptr<int>>> {
        const std::unique_ptr<int> owned = co_await edo::propagate(maker(good));
        co_return *owned;
    };
    SteppedTask<edo::Result<int, std::unique_ptr<int>>> good(outer(make, true));
    BOOST_TEST(good.run());
    BOOST_TEST(*good.take() == 7);
    SteppedTask<edo::Result<int, std::unique_ptr<int>>> bad(outer(make, false));
    BOOST_TEST(bad.run());
    BOOST_TEST(*bad.take().error() == 8);
}

BOOST_AUTO_TEST_CASE(destroys_the_locals_once_after_the_result_was_taken) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<int> destroyed = 0;
        const auto fails = [](std::atomic<int>& counter) -> edo::Task<edo::Result<int>> {
            const CountsDestruction first(counter);
            const CountsDestruction second(counter);
            const int n = co_await edo::propagate(co_await half_of(3));
            co_return n;
        };
        runtime.block_on([](auto make, std::atomic<int>& counter) -> edo::Task<void> {
            const edo::Result<int> result = co_await make(counter);
            BOOST_TEST(!result.has_value());
            BOOST_TEST(counter == 2);
        }(fails, destroyed));
        BOOST_TEST(destroyed == 2);
    });
}

BOOST_AUTO_TEST_CASE(goes_through_many_frames) {
    const LeakGuard guard;
    struct Frames {
        static edo::Task<edo::Result<int>> below(int left) {
            if (left == 0) {
                co_return edo::failure(std::errc::io_error);
            }
            const int n = co_await edo::propagate(co_await below(left - 1));
            co_return n + 1;
        }
    };
    SteppedTask<edo::Result<int>> task(Frames::below(100'000));
    BOOST_TEST(task.run());
    BOOST_TEST((task.take().error() == std::errc::io_error));
}

BOOST_AUTO_TEST_CASE(can_be_cancelled_at_every_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(edo::test::drive([]() -> edo::Task<void> {
            static_cast<void>(co_await edo::try_join(check_quarter(8), check_quarter(12)));
            static_cast<void>(co_await check_quarter(6));
        }));
        BOOST_TEST(driven.suspensions == 4U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
