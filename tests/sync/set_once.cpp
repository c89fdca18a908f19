// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/set_once.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::Task;
using edo::sync::SetOnce;
using edo::test::CountsDestruction;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::SteppedTask;

namespace {

Task<int> wait_for(SetOnce<int>& once) {
    const int& value = co_await once.wait();
    co_return value;
}

BOOST_AUTO_TEST_SUITE(set_once)

BOOST_AUTO_TEST_CASE(is_set_once) {
    SetOnce<std::string> once;
    BOOST_TEST(!once.is_set());
    BOOST_TEST((once.get() == nullptr));
    BOOST_TEST(once.set("a").has_value());
    BOOST_TEST(*once.get() == "a");
    auto again = once.set("b");
    BOOST_TEST(again.error().is_already_set());
    BOOST_TEST(std::move(again.error()).value() == "b");
    BOOST_TEST(std::move(once).into_inner().value() == "a");
}

BOOST_AUTO_TEST_CASE(can_be_made_with_a_value) {
    std::atomic<int> destroyed = 0;
    {
        const SetOnce<CountsDestruction> once{CountsDestruction(destroyed)};
        BOOST_TEST(once.is_set());
    }
    BOOST_TEST(destroyed == 1);
    {
        const SetOnce<CountsDestruction> empty;
    }
    BOOST_TEST(destroyed == 1);
}

BOOST_AUTO_TEST_CASE(wakes_all_who_wait) {
    const LeakGuard leaks;
    SetOnce<int> once;
    std::vector<std::unique_ptr<SteppedTask<int>>> tasks;
    for (int i = 0; i < 100; ++i) {
        tasks.push_back(std::make_unique<SteppedTask<int>>(wait_for(once)));
        tasks.back()->turn();
    }
    tasks[50]->cancel();
    BOOST_TEST(!tasks[0]->is_woken());
    BOOST_TEST(once.set(3).has_value());
    tasks[51]->cancel();
    for (auto& task : tasks) {
        BOOST_TEST(task->run());
    }
    BOOST_TEST(tasks[0]->take() == 3);
    BOOST_TEST(tasks[99]->take() == 3);
    SteppedTask<int> late(wait_for(once));
    BOOST_TEST(late.run());
}

BOOST_AUTO_TEST_CASE(whoever_has_the_value_may_destroy_it) {
    for_each_flavor([](edo::Runtime& runtime) {
        for (int round = 0; round < 200; ++round) {
            auto once = std::make_unique<SetOnce<int>>();
            std::thread thread([target = once.get()] { static_cast<void>(target->set(1)); });
            const int value = runtime.block_on([](std::unique_ptr<SetOnce<int>> o) -> Task<int> {
                const int& seen = co_await o->wait();
                const int copy = seen;
                o.reset();
                co_return copy;
            }(std::move(once)));
            BOOST_TEST(value == 1);
            thread.join();
        }
    });
}

BOOST_AUTO_TEST_CASE(can_be_awaited_in_select) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            SetOnce<std::string> once;
            auto wait = once.wait();
            auto copy = [](SetOnce<std::string>& o) -> Task<std::string> {
                const std::string& text = co_await o.wait();
                co_return text;
            };
            auto first = co_await edo::select(copy(once), edo::yield_now());
            BOOST_TEST(first.index() == 1U);
            BOOST_TEST(once.set("now").has_value());
            const std::string& text = co_await wait;
            BOOST_TEST(text == "now");
        });
    });
}

struct Fragile {
    explicit Fragile(bool throws) : throws_when_moved(throws) {}
    Fragile(Fragile&& other) : throws_when_moved(other.throws_when_moved) {
        if (throws_when_moved) {
            throw std::runtime_error("broken");
        }
    }
    bool throws_when_moved;
};

BOOST_AUTO_TEST_CASE(a_value_that_cannot_be_moved_in_is_not_set) {
    SetOnce<Fragile> once;
    BOOST_CHECK_THROW(static_cast<void>(once.set(Fragile(true))), std::runtime_error);
    BOOST_TEST(!once.is_set());
    BOOST_TEST(once.set(Fragile(false)).has_value());
}

BOOST_AUTO_TEST_CASE(one_of_many_threads_sets_it) {
    SetOnce<int> once;
    std::atomic<int> winners = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] { winners += once.set(i).has_value() ? 1 : 0; });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    BOOST_TEST(winners == 1);
    BOOST_TEST(once.is_set());
}

BOOST_AUTO_TEST_CASE(a_task_that_always_finds_a_value_lets_others_run) {
    const LeakGuard leaks;
    SetOnce<int> once(1);
    SteppedTask<void> task([](SetOnce<int>& o) -> Task<void> {
        for (int i = 0; i < 1000; ++i) {
            static_cast<void>(co_await o.wait());
        }
    }(once));
    int turns = 0;
    while (!task.is_finished()) {
        task.turn();
        ++turns;
    }
    BOOST_TEST(turns >= 1000 / 129);
}

class Waiting final : public edo::test::CancelScenario {
public:
    Task<void> subject() override {
        const int& value = co_await once_.wait();
        BOOST_TEST(value == 1);
    }
    void suspended(std::size_t /*n*/) override { BOOST_TEST(once_.set(1).has_value()); }
    Task<void> check(bool /*completed*/) override {
        static_cast<void>(once_.set(1));
        const int& value = co_await once_.wait();
        BOOST_TEST(value == 1);
    }

private:
    SetOnce<int> once_;
};

BOOST_AUTO_TEST_CASE(a_wait_can_be_cancelled_anywhere) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(edo::test::drive<Waiting>());
        BOOST_TEST(driven.suspensions == 1U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
