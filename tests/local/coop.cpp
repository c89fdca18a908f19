// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/coop.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <utility>

using namespace std::chrono_literals;
using edo::test::drive;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::SteppedTask;

namespace {

constexpr std::size_t kBudget = 128;

edo::Task<void> consume(std::size_t times, std::size_t& done) {
    for (std::size_t i = 0; i < times; ++i) {
        co_await edo::consume_budget();
        ++done;
    }
}

edo::Task<int> value(int n) {
    co_return n;
}

BOOST_AUTO_TEST_SUITE(coop)

BOOST_AUTO_TEST_CASE(consume_budget_yields_when_the_budget_is_used_up) {
    const LeakGuard guard;
    std::size_t done = 0;
    SteppedTask<void> task(consume(3 * kBudget, done));
    task.turn();
    BOOST_TEST(done == kBudget);
    BOOST_TEST(task.is_woken());
    task.turn();
    BOOST_TEST(done == 2 * kBudget + 1);  // what was put off is not charged again
    BOOST_TEST(task.run());
    BOOST_TEST(done == 3 * kBudget);
}

BOOST_AUTO_TEST_CASE(the_budget_that_remains_can_be_asked_for) {
    const LeakGuard guard;
    BOOST_TEST(edo::has_budget_remaining());  // outside a task
    std::size_t done = 0;
    auto asks = [](std::size_t& count) -> edo::Task<void> {
        while (edo::has_budget_remaining()) {
            co_await edo::consume_budget();
            ++count;
        }
    };
    SteppedTask<void> task(asks(done));
    task.turn();
    BOOST_TEST(task.is_finished());
    BOOST_TEST(done == kBudget);
    BOOST_TEST(edo::has_budget_remaining());
}

BOOST_AUTO_TEST_CASE(a_loop_of_consume_budget_lets_others_run) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            bool stop = false;
            auto consumes = [](const bool& s) -> edo::Task<void> {
                while (!s) {
                    co_await edo::consume_budget();
                }
            };
            auto stops = [](bool& s) -> edo::Task<void> {
                co_await edo::sleep(1ms);
                s = true;
            };
            co_await edo::join(consumes(stop), stops(stop));
        });
    });
}

BOOST_AUTO_TEST_CASE(consume_budget_can_be_cancelled_where_it_yields) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive([]() -> edo::Task<void> {
            std::size_t done = 0;
            co_await consume(3 * kBudget, done);
        }));
        BOOST_TEST(driven.suspensions == 2U);
    });
}

BOOST_AUTO_TEST_CASE(an_unconstrained_task_never_yields) {
    const LeakGuard guard;
    std::size_t done = 0;
    auto subject = [](std::size_t& count) -> edo::Task<void> {
        co_await edo::unconstrained(consume(10 * kBudget, count));
    };
    SteppedTask<void> task(subject(done));
    task.turn();
    BOOST_TEST(task.is_finished());
    BOOST_TEST(done == 10 * kBudget);
}

BOOST_AUTO_TEST_CASE(the_budget_is_as_it_was_after_an_unconstrained_part) {
    const LeakGuard guard;
    std::size_t before = 0;
    std::size_t inside = 0;
    std::size_t after = 0;
    auto subject = [](std::size_t& b, std::size_t& i, std::size_t& a) -> edo::Task<void> {
        co_await consume(100, b);
        co_await edo::unconstrained(consume(1000, i));
        co_await consume(100, a);
    };
    SteppedTask<void> task(subject(before, inside, after));
    task.turn();
    BOOST_TEST(before == 100U);
    BOOST_TEST(inside == 1000U);
    BOOST_TEST(after == 28U);
    BOOST_TEST(task.run());
    BOOST_TEST(after == 100U);
}

BOOST_AUTO_TEST_CASE(an_unconstrained_part_stays_so_after_it_was_suspended) {
    const LeakGuard guard;
    Event event;
    std::size_t inside = 0;
    std::size_t after = 0;
    auto waits = [](Event& e, std::size_t& i) -> edo::Task<void> {
        co_await e;
        co_await consume(1000, i);
    };
    auto subject = [&waits](Event& e, std::size_t& i, std::size_t& a) -> edo::Task<void> {
        co_await edo::unconstrained(waits(e, i));
        co_await consume(1000, a);
    };
    SteppedTask<void> task(subject(event, inside, after));
    task.turn();
    BOOST_TEST(!task.is_woken());
    event.set();
    task.turn();
    BOOST_TEST(inside == 1000U);
    BOOST_TEST(after == kBudget);
    BOOST_TEST(task.run());
}

BOOST_AUTO_TEST_CASE(branches_beside_an_unconstrained_one_keep_the_budget) {
    const LeakGuard guard;
    Event event;
    std::size_t free = 0;
    std::size_t charged = 0;
    auto waits = [](Event& e, std::size_t& count) -> edo::Task<void> {
        co_await e;
        co_await consume(1000, count);
    };
    auto subject = [&waits](Event& e, std::size_t& f, std::size_t& c) -> edo::Task<void> {
        co_await edo::join(edo::unconstrained(waits(e, f)), waits(e, c));
    };
    SteppedTask<void> task(subject(event, free, charged));
    task.turn();
    event.set();
    task.turn();
    BOOST_TEST(free == 1000U);
    BOOST_TEST(charged == kBudget);
    BOOST_TEST(task.run());
    BOOST_TEST(charged == 1000U);
}

BOOST_AUTO_TEST_CASE(a_constrained_branch_inside_an_unconstrained_one_is_unconstrained_too) {
    const LeakGuard guard;
    std::size_t first = 0;
    std::size_t second = 0;
    auto both = [](std::size_t& a, std::size_t& b) -> edo::Task<void> {
        co_await edo::yield_now();
        co_await edo::join(consume(1000, a), edo::unconstrained(consume(1000, b)));
        co_await consume(1000, a);
    };
    auto subject = [&both](std::size_t& a, std::size_t& b) -> edo::Task<void> {
        co_await edo::unconstrained(both(a, b));
    };
    SteppedTask<void> task(subject(first, second));
    task.turn();
    task.turn();
    BOOST_TEST(task.is_finished());
    BOOST_TEST(first == 2000U);
    BOOST_TEST(second == 1000U);
}

BOOST_AUTO_TEST_CASE(a_task_that_an_unconstrained_one_spawns_has_its_budget) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto asks = []() -> edo::Task<std::size_t> {
                std::size_t count = 0;
                for (; edo::has_budget_remaining() && count < 1000; ++count) {
                    co_await edo::consume_budget();
                }
                co_return count;
            };
            auto spawns = [&asks]() -> edo::Task<std::size_t> {
                const edo::JoinResult<std::size_t> count = co_await edo::spawn(asks());
                co_return count.value();
            };
            const std::size_t count = co_await edo::unconstrained(spawns());
            BOOST_TEST(count == kBudget);
        });
    });
}

BOOST_AUTO_TEST_CASE(unconstrained_and_cooperative_yield_what_they_await) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            const int first = co_await edo::unconstrained(value(1));
            BOOST_TEST(first == 1);
            const int second = co_await edo::cooperative(value(2));
            BOOST_TEST(second == 2);
            co_await edo::unconstrained(edo::sleep(1ms));
            co_await edo::cooperative(edo::yield_now());
            edo::JoinHandle<int> handle = edo::spawn(value(3));
            const edo::JoinResult<int> third = co_await edo::unconstrained(std::move(handle));
            BOOST_TEST(third.value() == 3);
        });
    });
}

BOOST_AUTO_TEST_CASE(an_exception_leaves_an_unconstrained_part) {
    const LeakGuard guard;
    std::size_t after = 0;
    auto throws = []() -> edo::Task<int> {
        co_await edo::yield_now();
        throw std::runtime_error("no");
    };
    auto subject = [&throws](std::size_t& a) -> edo::Task<void> {
        bool caught = false;
        try {
            static_cast<void>(co_await edo::unconstrained(throws()));
        } catch (const std::runtime_error&) {
            caught = true;
        }
        BOOST_TEST(caught);
        co_await consume(1000, a);
    };
    SteppedTask<void> task(subject(after));
    task.turn();
    task.turn();
    BOOST_TEST(after == kBudget);
    BOOST_TEST(task.run());
}

BOOST_AUTO_TEST_CASE(an_empty_task_cannot_be_unconstrained) {
    edo::block_on([]() -> edo::Task<void> {
        edo::Task<int> empty;
        bool thrown = false;
        try {
            static_cast<void>(co_await edo::unconstrained(std::move(empty)));
        } catch (const edo::UsageError&) {
            thrown = true;
        }
        BOOST_TEST(thrown);
    }());
}

BOOST_AUTO_TEST_CASE(an_unconstrained_part_can_be_cancelled_anywhere) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive([]() -> edo::Task<void> {
            auto inner = []() -> edo::Task<void> {
                co_await edo::yield_now();
                co_await edo::unconstrained(edo::sleep(1ms));
                co_await edo::yield_now();
            };
            co_await edo::join(edo::unconstrained(inner()), inner());
        }));
        BOOST_TEST(driven.suspensions >= 2U);
    });
}

BOOST_AUTO_TEST_CASE(cooperative_lets_others_run_around_what_is_always_ready) {
    const LeakGuard guard;
    std::size_t done = 0;
    auto subject = [](std::size_t& count) -> edo::Task<void> {
        for (int i = 0; i < 300; ++i) {
            static_cast<void>(co_await edo::cooperative(value(i)));
            ++count;
        }
    };
    SteppedTask<void> task(subject(done));
    task.turn();
    BOOST_TEST(done == kBudget);
    BOOST_TEST(task.run());
}

BOOST_AUTO_TEST_CASE(a_branch_that_select_leaves_running_goes_on_outside) {
    const LeakGuard guard;
    Event event;
    auto waits = [](Event& e) -> edo::Task<int> {
        co_await e;
        std::size_t count = 0;
        for (; edo::has_budget_remaining() && count < 1000; ++count) {
            co_await edo::consume_budget();
        }
        co_return int(count);
    };
    auto selects = [](edo::Task<int>& kept) -> edo::Task<void> {
        const auto first = co_await edo::select(kept, edo::yield_now());
        BOOST_TEST(first.index() == 1U);
    };
    auto subject = [&](Event& e) -> edo::Task<int> {
        edo::Task<int> kept = waits(e);
        co_await edo::unconstrained(selects(kept));
        co_return co_await std::move(kept);
    };
    SteppedTask<int> task(subject(event));
    task.turn();
    task.turn();
    event.set();
    BOOST_TEST(task.run());
    BOOST_TEST(task.take() == int(kBudget));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
