// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/barrier.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

using edo::Task;
using edo::sync::Barrier;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::SteppedTask;

namespace {

Task<bool> arrive(Barrier& barrier) {
    const auto result = co_await barrier.wait();
    co_return result.is_leader();
}

/// A task that has arrived.
class Arrived {
public:
    explicit Arrived(Barrier& barrier) : task_(arrive(barrier)) { task_.turn(); }
    [[nodiscard]] bool is_through() { return task_.run(); }
    [[nodiscard]] bool is_leader() { return task_.take(); }
    void cancel() { task_.cancel(); }

private:
    SteppedTask<bool> task_;
};

BOOST_AUTO_TEST_SUITE(barrier)

BOOST_AUTO_TEST_CASE(of_zero_or_one_lets_everybody_through_as_leader) {
    for (const std::size_t tasks : {0U, 1U}) {
        const LeakGuard leaks;
        Barrier barrier(tasks);
        for (int round = 0; round < 3; ++round) {
            Arrived only(barrier);
            BOOST_TEST(only.is_through());
            BOOST_TEST(only.is_leader());
        }
    }
}

BOOST_AUTO_TEST_CASE(opens_when_the_last_one_arrives_who_is_the_leader) {
    const LeakGuard leaks;
    Barrier barrier(3);
    for (int round = 0; round < 3; ++round) {
        Arrived first(barrier);
        Arrived second(barrier);
        BOOST_TEST(!first.is_through());
        Arrived third(barrier);
        BOOST_TEST(first.is_through());
        BOOST_TEST(second.is_through());
        BOOST_TEST(third.is_through());
        BOOST_TEST(!first.is_leader());
        BOOST_TEST(!second.is_leader());
        BOOST_TEST(third.is_leader());
    }
}

BOOST_AUTO_TEST_CASE(wakes_more_than_one_batch) {
    const LeakGuard leaks;
    constexpr std::size_t kTasks = 32 * 3 + 1;
    Barrier barrier(kTasks);
    std::vector<std::unique_ptr<Arrived>> tasks;
    for (std::size_t i = 0; i < kTasks; ++i) {
        tasks.push_back(std::make_unique<Arrived>(barrier));
    }
    for (auto& task : tasks) {
        BOOST_TEST(task->is_through());
    }
}

BOOST_AUTO_TEST_CASE(a_cancelled_wait_has_not_arrived) {
    const LeakGuard leaks;
    Barrier barrier(2);
    {
        Arrived gone(barrier);
    }
    Arrived first(barrier);
    BOOST_TEST(!first.is_through());
    Arrived second(barrier);
    BOOST_TEST(first.is_through());
    BOOST_TEST(second.is_leader());
}

BOOST_AUTO_TEST_CASE(a_wait_that_is_cancelled_after_the_opening_changes_nothing) {
    const LeakGuard leaks;
    Barrier barrier(2);
    Arrived gone(barrier);
    Arrived leader(barrier);
    gone.cancel();
    Arrived first(barrier);
    BOOST_TEST(!first.is_through());
    Arrived second(barrier);
    BOOST_TEST(first.is_through());
}

BOOST_AUTO_TEST_CASE(rounds_do_not_mix) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            constexpr int kTasks = 5;
            constexpr int kRounds = 50;
            Barrier barrier(kTasks);
            std::atomic<int> arrivals = 0;
            std::atomic<int> leaders = 0;
            std::atomic<int> mistakes = 0;
            auto work = [&]() -> Task<void> {
                for (int round = 1; round <= kRounds; ++round) {
                    ++arrivals;
                    const auto result = co_await barrier.wait();
                    leaders += result.is_leader() ? 1 : 0;
                    mistakes += arrivals < round * kTasks ? 1 : 0;
                    const auto again = co_await barrier.wait();
                    leaders += again.is_leader() ? 1 : 0;
                    mistakes += arrivals != round * kTasks && arrivals <= round * kTasks ? 1 : 0;
                }
            };
            std::vector<edo::JoinHandle<void>> tasks;
            for (int i = 0; i < kTasks; ++i) {
                tasks.push_back(edo::spawn(work()));
            }
            for (auto& task : tasks) {
                const auto ended = co_await task;
                BOOST_TEST(ended.has_value());
            }
            BOOST_TEST(mistakes == 0);
            BOOST_TEST(leaders == 2 * kRounds);
        });
    });
}

BOOST_AUTO_TEST_CASE(a_task_that_is_always_let_through_lets_others_run) {
    const LeakGuard leaks;
    Barrier barrier(1);
    SteppedTask<void> task([](Barrier& b) -> Task<void> {
        for (int i = 0; i < 1000; ++i) {
            co_await b.wait();
        }
    }(barrier));
    int turns = 0;
    while (!task.is_finished()) {
        task.turn();
        ++turns;
    }
    BOOST_TEST(turns >= 1000 / 129);
}

class Meeting final : public edo::test::CancelScenario {
public:
    Task<void> subject() override {
        co_await barrier_.wait();
        co_await barrier_.wait();
    }
    void suspended(std::size_t /*n*/) override { other_.emplace(barrier_); }
    Task<void> check(bool /*completed*/) override {
        other_.reset();
        Arrived first(barrier_);
        BOOST_TEST(!first.is_through());
        Arrived second(barrier_);
        BOOST_TEST(first.is_through());
        co_return;
    }

private:
    Barrier barrier_{2};
    std::optional<Arrived> other_;
};

BOOST_AUTO_TEST_CASE(a_wait_can_be_cancelled_anywhere) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(edo::test::drive<Meeting>());
        BOOST_TEST(driven.suspensions == 2U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
