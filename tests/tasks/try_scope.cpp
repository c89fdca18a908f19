// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/try_scope.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;

namespace {

using Done = edo::Result<void>;

edo::Task<Done> fails_after(Event& event, std::errc error) {
    co_await event;
    co_return edo::failure(error);
}

edo::Task<Done> waits_for_ever(CountsDestruction /*counts*/) {
    Event never;
    co_await never;
    co_return Done();
}

edo::Task<edo::Result<int>> yields(int value) {
    co_await edo::yield_now();
    co_return value;
}

edo::Task<void> adds_one(std::atomic<int>& counter) {
    co_await edo::yield_now();
    ++counter;
}

BOOST_AUTO_TEST_SUITE(try_scope)

BOOST_AUTO_TEST_CASE(without_an_error_it_yields_what_the_body_yields) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> count = 0;
            const edo::Result<int> sum = co_await edo::try_scope(
                [&count](edo::TryScope<>& scope) -> edo::Task<edo::Result<int>> {
                    scope.spawn(adds_one(count));
                    edo::ScopedHandle<edo::Result<int>> first = scope.spawn(yields(1));
                    scope.spawn(yields, 5);
                    const edo::JoinResult<edo::Result<int>> one = co_await first;
                    const int value = co_await edo::propagate(edo::Result<int>(*one));
                    co_return value + 1;
                });
            BOOST_TEST(sum.value() == 2);
            BOOST_TEST(count == 1);
        }());
    });
}

BOOST_AUTO_TEST_CASE(the_first_error_of_a_child_ends_the_body_and_the_others) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            std::atomic<int> destroyed = 0;
            const Done result = co_await edo::try_scope(
                [&event, &destroyed](edo::TryScope<>& scope) -> edo::Task<Done> {
                    const CountsDestruction local(destroyed);
                    for (int i = 0; i < 10; ++i) {
                        scope.spawn(waits_for_ever(CountsDestruction(destroyed)));
                    }
                    scope.spawn(fails_after(event, std::errc::broken_pipe));
                    co_await edo::yield_now();
                    event.set();
                    Event never;
                    co_await never;
                    co_return Done();
                });
            BOOST_TEST((result.error() == std::errc::broken_pipe));
            BOOST_TEST(destroyed == 11);
        }());
    });
}

BOOST_AUTO_TEST_CASE(an_error_of_the_body_ends_the_children) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            const Done result =
                co_await edo::try_scope([&destroyed](edo::TryScope<>& scope) -> edo::Task<Done> {
                    scope.spawn(waits_for_ever(CountsDestruction(destroyed)));
                    co_await edo::yield_now();
                    const Done broken = edo::failure(std::errc::io_error);
                    co_await edo::propagate(Done(broken));
                    co_return Done();
                });
            BOOST_TEST((result.error() == std::errc::io_error));
            BOOST_TEST(destroyed == 1);
        }());
    });
}

BOOST_AUTO_TEST_CASE(an_error_after_the_body_has_ended_counts_too) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            event.set();
            std::atomic<int> destroyed = 0;
            const edo::Result<int> result = co_await edo::try_scope(
                [&event, &destroyed](edo::TryScope<>& scope) -> edo::Task<edo::Result<int>> {
                    scope.spawn(waits_for_ever(CountsDestruction(destroyed)));
                    scope.spawn(fails_after(event, std::errc::io_error));
                    co_return 7;
                });
            BOOST_TEST((result.error() == std::errc::io_error));
            BOOST_TEST(destroyed == 1);
        }());
    });
}

BOOST_AUTO_TEST_CASE(an_exception_is_thrown) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            const auto throws = []() -> edo::Task<Done> {
                throw std::runtime_error("thrown");
                co_return Done();
            };
            bool caught = false;
            try {
                static_cast<void>(co_await edo::try_scope(
                    [&destroyed, &throws](edo::TryScope<>& scope) -> edo::Task<Done> {
                        scope.spawn(waits_for_ever(CountsDestruction(destroyed)));
                        scope.spawn(throws());
                        co_return Done();
                    }));
            } catch (const std::runtime_error&) {
                caught = true;
            }
            BOOST_TEST(caught);
            BOOST_TEST(destroyed == 1);
        }());
    });
}

BOOST_AUTO_TEST_CASE(the_error_may_be_of_any_type) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            const auto child = []() -> edo::Task<edo::Result<int, const char*>> {
                co_return edo::failure("converted");
            };
            const edo::Result<void, std::string> result = co_await edo::try_scope<std::string>(
                [&child](edo::TryScope<std::string>& scope)
                    -> edo::Task<edo::Result<void, std::string>> {
                    scope.spawn(child());
                    scope.cancel();
                    scope.spawn(child());
                    co_return edo::Result<void, std::string>();
                });
            BOOST_TEST((result.has_value() || result.error() == "converted"));
        }());
    });
}

BOOST_AUTO_TEST_CASE(it_is_destroyed_at_each_of_its_suspensions) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on(edo::test::drive([]() -> edo::Task<void> {
            std::atomic<int> count = 0;
            Event event;
            event.set();
            const Done result = co_await edo::try_scope(
                [&count, &event](edo::TryScope<>& scope) -> edo::Task<Done> {
                    scope.spawn(adds_one(count));
                    co_await edo::yield_now();
                    scope.spawn(fails_after(event, std::errc::io_error));
                    Event never;
                    co_await never;
                    co_return Done();
                });
            BOOST_TEST((result.error() == std::errc::io_error));
        }));
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
