// SPDX-License-Identifier: MIT
#include "support/stepped_task.hpp"

#include "support/leak_guard.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <stdexcept>

namespace {

edo::Task<int> yields_twice() {
    co_await edo::yield_now();
    co_await edo::yield_now();
    co_return 3;
}

edo::Task<void> throws() {
    throw std::runtime_error("no");
    co_return;
}

BOOST_AUTO_TEST_SUITE(stepped_task)

BOOST_AUTO_TEST_CASE(runs_one_turn_at_a_time_without_a_runtime) {
    const edo::test::LeakGuard guard;
    edo::test::SteppedTask<int> task(yields_twice());
    BOOST_TEST(task.is_woken());
    task.turn();
    task.turn();
    BOOST_TEST(!task.is_finished());
    BOOST_TEST(task.is_woken());
    task.turn();
    BOOST_TEST(task.is_finished());
    BOOST_TEST(!task.is_woken());
    BOOST_TEST(task.take() == 3);
}

BOOST_AUTO_TEST_CASE(is_destroyed_where_it_stands) {
    const edo::test::LeakGuard guard;
    edo::test::SteppedTask<int> task(yields_twice());
    task.turn();
    task.cancel();
    BOOST_TEST(task.is_finished());
    BOOST_TEST((task.outcome() == edo::detail::Outcome::Cancelled));
}

BOOST_AUTO_TEST_CASE(hands_over_the_exception) {
    const edo::test::LeakGuard guard;
    edo::test::SteppedTask<void> task(throws());
    BOOST_TEST(task.run());
    BOOST_CHECK_THROW(task.take(), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
