// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/once_cell.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

using edo::Task;
using edo::sync::OnceCell;
using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::SteppedTask;

namespace {

Task<int> made_after(Event& event, int value) {
    co_await event;
    co_return value;
}

/// Asks for the value and would make it once the event is set.
Task<int> ask(OnceCell<int>& cell, Event& event, int value) {
    const int& result = co_await cell.get_or_init([&event, value] {  // lint: allow trivial captures
        return made_after(event, value);
    });
    co_return result;
}

BOOST_AUTO_TEST_SUITE(once_cell)

BOOST_AUTO_TEST_CASE(is_empty_until_it_is_set) {
    OnceCell<std::string> cell;
    BOOST_TEST(!cell.is_set());
    BOOST_TEST((cell.get() == nullptr));
    BOOST_TEST((cell.get_mut() == nullptr));
    BOOST_TEST(cell.set("a").has_value());
    BOOST_TEST(cell.is_set());
    BOOST_TEST(*cell.get() == "a");
    *cell.get_mut() += "b";
    const auto again = cell.set("c");
    BOOST_TEST(again.error().is_already_set());
    BOOST_TEST(!again.error().is_initializing());
    BOOST_TEST(again.error().value() == "c");
    BOOST_TEST(again.error().message() == "the value is set already");
    BOOST_TEST(std::move(cell).into_inner().value() == "ab");
}

BOOST_AUTO_TEST_CASE(can_be_made_with_a_value) {
    OnceCell<std::unique_ptr<int>> cell(std::make_unique<int>(3));
    BOOST_TEST(**cell.get() == 3);
    BOOST_TEST(cell.set(nullptr).error().is_already_set());
    BOOST_TEST(!OnceCell<int>().is_set());
    BOOST_TEST(!std::move(OnceCell<int>()).into_inner().has_value());
}

BOOST_AUTO_TEST_CASE(a_value_that_is_taken_leaves_the_cell_empty) {
    edo::block_on([]() -> Task<void> {
        OnceCell<std::string> cell;
        BOOST_TEST(!cell.take().has_value());
        BOOST_TEST(cell.set("first").has_value());
        BOOST_TEST(cell.take().value() == "first");
        BOOST_TEST(!cell.is_set());
        BOOST_TEST((cell.get() == nullptr));
        const auto make = []() -> Task<std::string> { co_return "second"; };
        const std::string& again = co_await cell.get_or_init(make);
        BOOST_TEST(again == "second");
        BOOST_TEST(cell.set("third").error().is_already_set());
        BOOST_TEST(cell.take().value() == "second");
        BOOST_TEST(cell.set("fourth").has_value());
    }());
}

BOOST_AUTO_TEST_CASE(destroys_its_value) {
    std::atomic<int> destroyed = 0;
    {
        const OnceCell<CountsDestruction> cell{CountsDestruction(destroyed)};
    }
    BOOST_TEST(destroyed == 1);
    {
        const OnceCell<CountsDestruction> empty;
    }
    BOOST_TEST(destroyed == 1);
}

BOOST_AUTO_TEST_CASE(get_or_init_makes_the_value_once) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            OnceCell<std::string> cell;
            int calls = 0;
            auto make = [&calls]() -> Task<std::string> {
                ++calls;
                co_await edo::yield_now();
                co_return "made";
            };
            const std::string& first = co_await cell.get_or_init(make);
            const std::string& second = co_await cell.get_or_init(make);
            BOOST_TEST(first == "made");
            BOOST_TEST((&first == &second));
            BOOST_TEST((&first == cell.get()));
            BOOST_TEST(calls == 1);
        });
    });
}

BOOST_AUTO_TEST_CASE(the_function_and_its_captures_live_as_long_as_its_task) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            OnceCell<int> cell;
            auto value = std::make_unique<int>(7);
            auto make = [value = std::move(value)]() -> Task<int> {
                co_await edo::yield_now();
                co_return *value;
            };
            auto asking = cell.get_or_init(std::move(make));
            const int& result = co_await std::move(asking);
            BOOST_TEST(result == 7);
        });
    });
}

BOOST_AUTO_TEST_CASE(those_who_come_while_it_is_made_wait_for_it) {
    const LeakGuard leaks;
    OnceCell<int> cell;
    Event ready;
    Event never;
    SteppedTask<int> first(ask(cell, ready, 1));
    SteppedTask<int> second(ask(cell, never, 2));
    SteppedTask<int> third(ask(cell, never, 3));
    first.turn();
    second.turn();
    third.turn();
    BOOST_TEST(cell.set(4).error().is_initializing());
    BOOST_TEST(cell.set(4).error().message() == "the value is being made");
    ready.set();
    BOOST_TEST(!second.is_woken());
    BOOST_TEST(first.run());
    BOOST_TEST(second.run());
    BOOST_TEST(third.run());
    BOOST_TEST(first.take() == 1);
    BOOST_TEST(second.take() == 1);
    BOOST_TEST(third.take() == 1);
}

BOOST_AUTO_TEST_CASE(when_the_maker_is_cancelled_the_next_one_takes_over) {
    const LeakGuard leaks;
    OnceCell<int> cell;
    Event never;
    Event ready;
    SteppedTask<int> first(ask(cell, never, 1));
    SteppedTask<int> second(ask(cell, ready, 2));
    SteppedTask<int> third(ask(cell, never, 3));
    first.turn();
    second.turn();
    third.turn();
    first.cancel();
    BOOST_TEST(!second.run());  // makes it now
    BOOST_TEST(!third.is_woken());
    ready.set();
    BOOST_TEST(second.run());
    BOOST_TEST(third.run());
    BOOST_TEST(third.take() == 2);
}

BOOST_AUTO_TEST_CASE(when_the_maker_throws_the_next_one_takes_over) {
    const LeakGuard leaks;
    OnceCell<int> cell;
    Event ready;
    auto fails = [](OnceCell<int>& c, Event& e) -> Task<int> {
        auto make = [&e]() -> Task<int> {
            co_await e;
            throw std::runtime_error("broken");
        };
        const int& value = co_await c.get_or_init(make);
        co_return value;
    };
    SteppedTask<int> first(fails(cell, ready));
    SteppedTask<int> second(ask(cell, ready, 2));
    first.turn();
    second.turn();
    ready.set();
    BOOST_TEST(first.run());
    BOOST_CHECK_THROW(first.take(), std::runtime_error);
    BOOST_TEST(second.run());
    BOOST_TEST(second.take() == 2);
}

BOOST_AUTO_TEST_CASE(a_function_that_throws_before_it_makes_a_task_leaves_the_cell_empty) {
    const LeakGuard leaks;
    OnceCell<int> cell;
    SteppedTask<void> task([](OnceCell<int>& c) -> Task<void> {
        auto fails = []() -> Task<int> { throw std::runtime_error("broken"); };
        auto throws_at_once = [&fails](bool yes) {
            if (yes) {
                throw std::runtime_error("broken");
            }
            return fails();
        };
        auto make = [&throws_at_once] { return throws_at_once(true); };
        static_cast<void>(co_await c.get_or_init(make));
    }(cell));
    BOOST_TEST(task.run());
    BOOST_CHECK_THROW(task.take(), std::runtime_error);
    BOOST_TEST(cell.set(1).has_value());
}

BOOST_AUTO_TEST_CASE(get_or_try_init_hands_the_error_to_its_caller_alone) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            OnceCell<int> cell;
            auto fails = []() -> Task<edo::Result<int>> {
                co_await edo::yield_now();
                co_return edo::failure(std::errc::timed_out);
            };
            auto works = []() -> Task<edo::Result<int, std::string>> { co_return 5; };
            const edo::Result<const int*> first = co_await cell.get_or_try_init(fails);
            BOOST_TEST((first.error() == std::errc::timed_out));
            BOOST_TEST(!cell.is_set());
            const edo::Result<const int*, std::string> second =
                co_await cell.get_or_try_init(works);
            BOOST_TEST(**second == 5);
            const edo::Result<const int*> third = co_await cell.get_or_try_init(fails);
            BOOST_TEST((*third == cell.get()));
        });
    });
}

struct Fragile {
    explicit Fragile(bool throws) : throws_when_moved(throws) {}
    Fragile(Fragile&& other) : throws_when_moved(other.throws_when_moved) {
        if (throws_when_moved && ++moves > 1) {
            throw std::runtime_error("broken");
        }
    }
    Fragile& operator=(Fragile&&) = default;
    bool throws_when_moved;
    static inline int moves = 0;
};

BOOST_AUTO_TEST_CASE(a_value_that_cannot_be_moved_in_leaves_the_cell_empty) {
    Fragile::moves = 1;
    OnceCell<Fragile> cell;
    BOOST_CHECK_THROW(static_cast<void>(cell.set(Fragile(true))), std::runtime_error);
    BOOST_TEST(!cell.is_set());
    BOOST_TEST(cell.set(Fragile(false)).has_value());
}

BOOST_AUTO_TEST_CASE(can_be_a_branch_of_select) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            OnceCell<int> cell;
            auto make = []() -> Task<edo::Result<int>> {
                co_await edo::yield_now();
                co_await edo::yield_now();
                co_await edo::yield_now();
                co_return 1;
            };
            auto first = co_await edo::select(cell.get_or_try_init(make), edo::yield_now());
            BOOST_TEST(first.index() == 1U);
            auto second = co_await edo::join(cell.get_or_try_init(make));
            BOOST_TEST(**std::get<0>(second) == 1);
        });
    });
}

BOOST_AUTO_TEST_CASE(a_task_that_always_finds_a_value_lets_others_run) {
    const LeakGuard leaks;
    OnceCell<int> cell(1);
    SteppedTask<void> task([](OnceCell<int>& c) -> Task<void> {
        auto make = []() -> Task<int> { co_return 2; };
        for (int i = 0; i < 1000; ++i) {
            const int& value = co_await c.get_or_init(make);
            BOOST_TEST(value == 1);
        }
    }(cell));
    int turns = 0;
    while (!task.is_finished()) {
        task.turn();
        ++turns;
    }
    BOOST_TEST(turns >= 1000 / 129);
}

BOOST_AUTO_TEST_CASE(many_tasks_get_the_same_value) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            OnceCell<int> cell;
            std::atomic<int> calls = 0;
            std::atomic<int> sum = 0;
            auto work = [&]() -> Task<void> {
                auto make = [&calls]() -> Task<int> {
                    co_await edo::yield_now();
                    co_return ++calls;
                };
                const int& value = co_await cell.get_or_init(make);
                sum += value;
            };
            std::vector<edo::JoinHandle<void>> tasks;
            for (int i = 0; i < 50; ++i) {
                tasks.push_back(edo::spawn(work()));
            }
            for (auto& task : tasks) {
                const auto ended = co_await task;
                BOOST_TEST(ended.has_value());
            }
            BOOST_TEST(calls == 1);
            BOOST_TEST(sum == 50);
        });
    });
}

class Making final : public edo::test::CancelScenario {
public:
    Task<void> subject() override {
        auto make = []() -> Task<int> {
            co_await edo::yield_now();
            co_await edo::yield_now();
            co_return 1;
        };
        const int& value = co_await cell_.get_or_init(make);
        BOOST_TEST(value == 1);
        auto again = [](OnceCell<int>& cell) -> Task<void> {
            auto other = []() -> Task<int> { co_return 2; };
            static_cast<void>(co_await cell.get_or_init(other));
        };
        co_await again(cell_);
    }
    Task<void> check(bool completed) override {
        auto make = []() -> Task<int> { co_return 3; };
        const int& value = co_await cell_.get_or_init(make);
        BOOST_TEST(value == (completed ? 1 : 3));
    }

private:
    OnceCell<int> cell_;
};

BOOST_AUTO_TEST_CASE(making_can_be_cancelled_anywhere) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(edo::test::drive<Making>());
        BOOST_TEST(driven.suspensions == 2U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
