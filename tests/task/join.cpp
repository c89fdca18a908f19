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
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::SteppedTask;

namespace {

edo::Task<int> number(int n, int yields = 0) {
    for (int i = 0; i < yields; ++i) {
        co_await edo::yield_now();
    }
    co_return n;
}

edo::Task<void> nothing() {
    co_await edo::yield_now();
}

edo::Task<int> fails() {
    co_await edo::yield_now();
    throw std::runtime_error("broken");
}

edo::Task<void> waits_for_ever(CountsDestruction counts) {
    Event never;
    co_await never;
    static_cast<void>(counts);
}

edo::Task<void> appends(std::vector<int>& out, int n) {
    out.push_back(n);
    co_await edo::yield_now();
    out.push_back(n + 10);
}

BOOST_AUTO_TEST_SUITE(join)

BOOST_AUTO_TEST_CASE(yields_the_values_in_the_order_of_the_arguments) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            const std::tuple<int, edo::Unit, std::string> values = co_await edo::join(
                number(1, 3), nothing(), []() -> edo::Task<std::string> { co_return "text"; }());
            BOOST_TEST(std::get<0>(values) == 1);
            BOOST_TEST(std::get<2>(values) == "text");
        });
    });
}

BOOST_AUTO_TEST_CASE(of_void_branches_yields_nothing) {
    using Void = edo::detail::AwaitResult<decltype(edo::join(nothing(), nothing()))>;
    static_assert(std::is_void_v<Void>);
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> { co_await edo::join(nothing(), nothing()); });
    });
}

BOOST_AUTO_TEST_CASE(of_nothing_is_ready_at_once) {
    const LeakGuard guard;
    SteppedTask<void> task([]() -> edo::Task<void> { co_await edo::join(); }());
    task.turn();
    BOOST_TEST(task.is_finished());
}

BOOST_AUTO_TEST_CASE(branches_take_turns_inside_one_task) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::vector<int> order;  // without a lock: the branches never run in parallel
        runtime.block_on([](std::vector<int>& out) -> edo::Task<void> {
            co_await edo::join(appends(out, 1), appends(out, 2), appends(out, 3));
        }(order));
        const std::vector<int> expected{1, 2, 3, 11, 12, 13};
        BOOST_TEST(order == expected, boost::test_tools::per_element());
    });
}

BOOST_AUTO_TEST_CASE(branches_may_use_the_locals_of_their_caller) {
    for_each_flavor([](edo::Runtime& runtime) {
        const int sum = runtime.block_on([]() -> edo::Task<int> {
            int local = 0;
            auto add = [&local](int n) -> edo::Task<void> {
                for (int i = 0; i < 100; ++i) {
                    const int before = local;
                    local = before + n;
                    co_await edo::yield_now();
                }
            };
            co_await edo::join(add(1), add(2));
            co_return local;
        });
        BOOST_TEST(sum == 300);
    });
}

BOOST_AUTO_TEST_CASE(takes_any_awaitable) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            auto set = [](Event& e) -> edo::Task<void> {
                e.set();
                co_return;
            };
            edo::JoinHandle<int> handle = edo::spawn(number(3, 2));
            auto values =
                co_await edo::join(handle, edo::spawn(number(4)), event, set(event),
                                   edo::sleep(std::chrono::milliseconds(1)), edo::yield_now());
            BOOST_TEST(std::get<0>(values).value() == 3);
            BOOST_TEST(std::get<1>(values).value() == 4);
        });
    });
}

BOOST_AUTO_TEST_CASE(an_exception_destroys_the_other_branches_and_is_thrown) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<int> destroyed = 0;
        runtime.block_on([](std::atomic<int>& counter) -> edo::Task<void> {
            bool caught = false;
            try {
                co_await edo::join(waits_for_ever(CountsDestruction(counter)), fails(),
                                   waits_for_ever(CountsDestruction(counter)));
            } catch (const std::runtime_error&) {
                BOOST_TEST(counter == 2);
                caught = true;
            }
            BOOST_TEST(caught);
        }(destroyed));
    });
}

BOOST_AUTO_TEST_CASE(an_exception_keeps_branches_that_have_not_started_from_starting) {
    const LeakGuard guard;
    bool started = false;
    const auto fails_at_once = []() -> edo::Task<void> {
        throw std::runtime_error("broken");
        co_return;
    };
    const auto starts = [](bool& s) -> edo::Task<void> {
        s = true;
        co_return;
    };
    SteppedTask<void> task([](auto first, auto second, bool& s) -> edo::Task<void> {
        co_await edo::join(first(), second(s));
    }(fails_at_once, starts, started));
    BOOST_TEST(task.run());
    BOOST_CHECK_THROW(task.take(), std::runtime_error);
    BOOST_TEST(!started);
}

BOOST_AUTO_TEST_CASE(a_second_exception_is_dropped) {
    const LeakGuard guard;
    SteppedTask<void> task([]() -> edo::Task<void> {
        auto fail_with = [](std::string text) -> edo::Task<void> {
            co_await edo::yield_now();
            throw std::runtime_error(text);
        };
        co_await edo::join(fail_with("first"), fail_with("second"));
    }());
    BOOST_TEST(task.run());
    BOOST_CHECK_EXCEPTION(task.take(), std::runtime_error, [](const std::runtime_error& error) {
        return std::string(error.what()) == "first";
    });
}

BOOST_AUTO_TEST_CASE(a_dropped_join_destroys_all_branches) {
    const LeakGuard guard;
    std::atomic<int> destroyed = 0;
    SteppedTask<void> task([](std::atomic<int>& counter) -> edo::Task<void> {
        co_await edo::join(waits_for_ever(CountsDestruction(counter)),
                           waits_for_ever(CountsDestruction(counter)), nothing());
    }(destroyed));
    task.turn();
    BOOST_TEST(destroyed == 0);
    task.cancel();
    BOOST_TEST(destroyed == 2);
}

BOOST_AUTO_TEST_CASE(an_unawaited_join_destroys_its_branches) {
    const LeakGuard guard;
    std::atomic<int> destroyed = 0;
    {
        const auto unawaited = edo::join(waits_for_ever(CountsDestruction(destroyed)));
        static_cast<void>(unawaited);
        BOOST_TEST(destroyed == 0);
    }
    BOOST_TEST(destroyed == 1);
}

BOOST_AUTO_TEST_CASE(a_branch_by_reference_goes_on_after_a_dropped_join) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::Task<int> kept = number(7, 3);
            auto dropped = co_await edo::select(edo::join(kept, nothing()), edo::yield_now());
            BOOST_TEST(kept.valid());
            const int value = co_await std::move(kept);
            BOOST_TEST(value == 7);
            static_cast<void>(dropped);
        });
    });
}

BOOST_AUTO_TEST_CASE(can_be_cancelled_at_every_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(edo::test::drive([]() -> edo::Task<void> {
            co_await edo::join(number(1, 2), number(2, 4), edo::sleep(std::chrono::milliseconds(1)),
                               edo::join(nothing(), nothing()));
        }));
        BOOST_TEST(driven.suspensions >= 4U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(join_all)

BOOST_AUTO_TEST_CASE(yields_the_values_in_order) {
    for_each_flavor([](edo::Runtime& runtime) {
        const std::vector<int> values = runtime.block_on([]() -> edo::Task<std::vector<int>> {
            std::vector<edo::Task<int>> tasks;
            for (int i = 0; i < 10; ++i) {
                tasks.push_back(number(i, 10 - i));
            }
            co_return co_await edo::join_all(std::move(tasks));
        });
        const std::vector<int> expected{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
        BOOST_TEST(values == expected, boost::test_tools::per_element());
    });
}

BOOST_AUTO_TEST_CASE(of_nothing_is_ready_at_once) {
    const LeakGuard guard;
    SteppedTask<std::vector<int>> task([]() -> edo::Task<std::vector<int>> {
        co_return co_await edo::join_all(std::vector<edo::Task<int>>());
    }());
    task.turn();
    BOOST_TEST(task.is_finished());
    BOOST_TEST(task.take().empty());
}

BOOST_AUTO_TEST_CASE(takes_void_tasks_and_move_only_values) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::vector<edo::Task<void>> tasks;
            tasks.push_back(nothing());
            tasks.push_back(nothing());
            co_await edo::join_all(std::move(tasks));
            auto make = [](int n) -> edo::Task<std::unique_ptr<int>> {
                co_return std::make_unique<int>(n);
            };
            std::vector<edo::Task<std::unique_ptr<int>>> makers;
            makers.push_back(make(1));
            makers.push_back(make(2));
            const auto values = co_await edo::join_all(std::move(makers));
            BOOST_TEST(*values[0] + *values[1] == 3);
        });
    });
}

BOOST_AUTO_TEST_CASE(an_exception_destroys_the_others) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<int> destroyed = 0;
        const auto work = [](std::atomic<int>& counter) -> edo::Task<void> {
            std::vector<edo::Task<void>> tasks;
            for (int i = 0; i < 100; ++i) {
                tasks.push_back(waits_for_ever(CountsDestruction(counter)));
            }
            auto fail = []() -> edo::Task<void> {
                co_await edo::yield_now();
                throw std::runtime_error("broken");
            };
            tasks.push_back(fail());
            co_await edo::join_all(std::move(tasks));
        };
        BOOST_CHECK_THROW(runtime.block_on(work(destroyed)), std::runtime_error);
        BOOST_TEST(destroyed == 100);
    });
}

constexpr int kBranches = 10'000;

BOOST_AUTO_TEST_CASE(ten_thousand_branches_complete) {
    for_each_flavor([](edo::Runtime& runtime) {
        const int sum = runtime.block_on([]() -> edo::Task<int> {
            std::vector<edo::Task<int>> tasks;
            for (int i = 0; i < kBranches; ++i) {
                tasks.push_back(number(1, i % 3));
            }
            const std::vector<int> values = co_await edo::join_all(std::move(tasks));
            int total = 0;
            for (const int value : values) {
                total += value;
            }
            co_return total;
        });
        BOOST_TEST(sum == kBranches);
    });
}

BOOST_AUTO_TEST_CASE(ten_thousand_branches_are_cancelled) {
    const LeakGuard guard;
    std::atomic<int> destroyed = 0;
    SteppedTask<void> task([](std::atomic<int>& counter) -> edo::Task<void> {
        std::vector<edo::Task<void>> tasks;
        for (int i = 0; i < kBranches; ++i) {
            tasks.push_back(waits_for_ever(CountsDestruction(counter)));
        }
        co_await edo::join_all(std::move(tasks));
    }(destroyed));
    task.turn();
    task.cancel();
    BOOST_TEST(destroyed == kBranches);
}

BOOST_AUTO_TEST_CASE(a_cancelled_join_of_started_finished_and_unstarted_branches) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(edo::test::drive([]() -> edo::Task<void> {
            std::vector<edo::Task<int>> tasks;
            for (int i = 0; i < 20; ++i) {
                tasks.push_back(number(i, i));
            }
            static_cast<void>(co_await edo::join_all(std::move(tasks)));
        }));
        BOOST_TEST(driven.suspensions == 19U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
