// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/cancellation_token.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::Task;
using edo::sync::CancellationToken;
using edo::sync::DropGuard;
using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::Resources;
using edo::test::SteppedTask;

namespace {

Task<void> wait_for(CancellationToken token) {
    co_await token.cancelled();
}

Task<void> sets_and_waits(std::atomic<bool>& started, CountsDestruction counts) {
    started = true;
    Event never;
    co_await never;
    static_cast<void>(counts);
}

Task<int> number(int n) {
    co_await edo::yield_now();
    co_return n;
}

BOOST_AUTO_TEST_SUITE(cancellation_token)

BOOST_AUTO_TEST_CASE(copies_share_one_state) {
    const LeakGuard leaks;
    const CancellationToken token;
    const CancellationToken copy = token;
    BOOST_TEST((copy == token));
    BOOST_TEST((copy != CancellationToken()));
    BOOST_TEST(!token.is_cancelled());
    copy.cancel();
    BOOST_TEST(token.is_cancelled());
    copy.cancel();
    BOOST_TEST(copy.is_cancelled());
}

BOOST_AUTO_TEST_CASE(wakes_those_who_wait) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            CancellationToken token;
            auto first = edo::spawn(wait_for(token));
            auto second = edo::spawn(wait_for(token.child_token()));
            co_await edo::yield_now();
            BOOST_TEST(!first.is_finished());
            token.cancel();
            const auto one = co_await first;
            const auto two = co_await second;
            BOOST_TEST(one.has_value());
            BOOST_TEST(two.has_value());
            co_await token.cancelled();
            auto wait = token.cancelled();
            co_await wait;
        });
    });
}

BOOST_AUTO_TEST_CASE(wakes_more_than_one_batch) {
    const LeakGuard leaks;
    CancellationToken token;
    std::vector<std::unique_ptr<SteppedTask<void>>> tasks;
    for (int i = 0; i < 100; ++i) {
        tasks.push_back(std::make_unique<SteppedTask<void>>(
            wait_for(i % 2 == 0 ? token : token.child_token())));
        tasks.back()->turn();
        BOOST_TEST(!tasks.back()->is_woken());
    }
    tasks[10]->cancel();
    token.cancel();
    for (auto& task : tasks) {
        BOOST_TEST(task->run());
    }
}

BOOST_AUTO_TEST_CASE(children_are_cancelled_with_their_parent_and_not_the_other_way_round) {
    const LeakGuard leaks;
    const CancellationToken root;
    const CancellationToken left = root.child_token();
    const CancellationToken right = root.child_token();
    const CancellationToken below = left.child_token();
    left.cancel();
    BOOST_TEST(below.is_cancelled());
    BOOST_TEST(!root.is_cancelled());
    BOOST_TEST(!right.is_cancelled());
    root.cancel();
    BOOST_TEST(right.is_cancelled());
}

BOOST_AUTO_TEST_CASE(a_child_of_a_cancelled_token_is_cancelled) {
    const LeakGuard leaks;
    const CancellationToken token;
    token.cancel();
    const CancellationToken child = token.child_token();
    BOOST_TEST(child.is_cancelled());
    SteppedTask<void> waiting(wait_for(child.child_token()));
    BOOST_TEST(waiting.run());
}

BOOST_AUTO_TEST_CASE(what_is_below_a_dropped_token_is_still_cancelled_from_above) {
    const LeakGuard leaks;
    const CancellationToken root;
    std::vector<CancellationToken> below;
    {
        const CancellationToken middle = root.child_token();
        const CancellationToken lower = middle.child_token();
        below.push_back(lower.child_token());
        below.push_back(lower.child_token());
        below.push_back(middle.child_token());
    }
    BOOST_TEST(!below[0].is_cancelled());
    root.cancel();
    for (const CancellationToken& token : below) {
        BOOST_TEST(token.is_cancelled());
    }
}

BOOST_AUTO_TEST_CASE(dropping_tokens_cancels_nothing) {
    const LeakGuard leaks;
    std::optional<CancellationToken> root(std::in_place);
    const CancellationToken child = root->child_token();
    const CancellationToken other = root->child_token();
    root.reset();
    BOOST_TEST(!child.is_cancelled());
    child.cancel();
    BOOST_TEST(!other.is_cancelled());
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_levels_are_cancelled_and_destroyed) {
    const LeakGuard leaks;
    constexpr int kLevels = 100'000;
    for (const bool from_the_root : {true, false}) {
        std::vector<CancellationToken> tokens{CancellationToken()};
        for (int i = 0; i < kLevels; ++i) {
            tokens.push_back(tokens.back().child_token());
        }
        SteppedTask<void> waiting(wait_for(tokens.back()));
        waiting.turn();
        tokens.front().cancel();
        BOOST_TEST(tokens.back().is_cancelled());
        BOOST_TEST(waiting.run());
        if (from_the_root) {
            for (CancellationToken& token : tokens) {
                const CancellationToken dropped = std::move(token);
            }
        } else {
            while (!tokens.empty()) {
                tokens.pop_back();
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_memory_of_dropped_children_is_freed) {
    const CancellationToken root;
    const auto before = Resources::now().frames;
    for (int i = 0; i < 1000; ++i) {
        static_cast<void>(root.child_token().child_token());
    }
    BOOST_TEST(Resources::now().frames == before);
}

BOOST_AUTO_TEST_CASE(the_memory_of_dropped_ancestors_is_freed) {
    const LeakGuard leaks;
    const CancellationToken root;
    const auto before = Resources::now().frames;
    CancellationToken token = root.child_token();
    for (int i = 0; i < 1000; ++i) {
        token = token.child_token();
    }
    BOOST_TEST(Resources::now().frames == before + 1);
    root.cancel();
    BOOST_TEST(token.is_cancelled());
}

BOOST_AUTO_TEST_CASE(a_tree_of_dropped_tokens_takes_no_more_than_twice_the_living) {
    const LeakGuard leaks;
    const auto before = Resources::now().frames;
    std::vector<CancellationToken> level{CancellationToken()};
    for (int depth = 0; depth < 10; ++depth) {  // a binary tree of which only the leaves are kept
        std::vector<CancellationToken> next;
        for (const CancellationToken& token : level) {
            next.push_back(token.child_token());
            next.push_back(token.child_token());
        }
        level = std::move(next);
    }
    BOOST_TEST(Resources::now().frames - before == 2 * 1024 - 1);
    const CancellationToken last = level[700];
    level.clear();
    BOOST_TEST(Resources::now().frames - before == 1);
    BOOST_TEST(!last.is_cancelled());
}

BOOST_AUTO_TEST_CASE(an_abandoned_wait_is_taken_back) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            const CancellationToken token;
            const auto before = Resources::now().frames;
            for (int i = 0; i < 10; ++i) {
                auto first =
                    co_await edo::select(token.child_token().cancelled(), edo::yield_now());
                BOOST_TEST(first.index() == 1U);
            }
            BOOST_TEST(Resources::now().frames == before);
            token.cancel();
            auto first = co_await edo::select(edo::biased, token.cancelled(), edo::yield_now());
            BOOST_TEST(first.index() == 0U);
        });
    });
}

BOOST_AUTO_TEST_CASE(run_until_cancelled_yields_the_value_of_what_ends_first) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            const CancellationToken token;
            const std::optional<int> value = co_await token.run_until_cancelled(number(3));
            BOOST_TEST(value.value() == 3);
            const std::optional<edo::Unit> slept =
                co_await token.run_until_cancelled(edo::yield_now());
            BOOST_TEST(slept.has_value());
            Task<int> kept = number(4);
            const std::optional<int> by_reference = co_await token.run_until_cancelled(kept);
            BOOST_TEST(by_reference.value() == 4);
        });
    });
}

BOOST_AUTO_TEST_CASE(run_until_cancelled_destroys_the_task_when_the_token_is_cancelled) {
    const LeakGuard leaks;
    const CancellationToken token;
    std::atomic<bool> started = false;
    std::atomic<int> destroyed = 0;
    SteppedTask<std::optional<edo::Unit>> running(
        token.run_until_cancelled(sets_and_waits(started, CountsDestruction(destroyed))));
    BOOST_TEST(!running.run());
    BOOST_TEST(started);
    token.cancel();
    BOOST_TEST(running.run());
    BOOST_TEST(!running.take().has_value());
    BOOST_TEST(destroyed == 1);
}

BOOST_AUTO_TEST_CASE(run_until_cancelled_does_not_start_under_a_cancelled_token) {
    const LeakGuard leaks;
    const CancellationToken token;
    token.cancel();
    std::atomic<bool> started = false;
    std::atomic<int> destroyed = 0;
    SteppedTask<std::optional<edo::Unit>> running(
        token.run_until_cancelled(sets_and_waits(started, CountsDestruction(destroyed))));
    BOOST_TEST(running.run());
    BOOST_TEST(!running.take().has_value());
    BOOST_TEST(!started);
    BOOST_TEST(destroyed == 1);
}

BOOST_AUTO_TEST_CASE(run_until_cancelled_prefers_a_task_that_is_done) {
    const LeakGuard leaks;
    const CancellationToken token;
    Event event;
    auto waits = [](Event& e) -> Task<int> {
        co_await e;
        co_return 5;
    };
    SteppedTask<std::optional<int>> running(token.run_until_cancelled(waits(event)));
    BOOST_TEST(!running.run());
    token.cancel();
    event.set();
    BOOST_TEST(running.run());
    BOOST_TEST(running.take().value() == 5);
}

BOOST_AUTO_TEST_CASE(a_drop_guard_cancels_unless_it_was_disarmed) {
    const LeakGuard leaks;
    const CancellationToken token;
    {
        DropGuard guard = token.drop_guard();
        const CancellationToken same = std::move(guard).disarm();
        BOOST_TEST((same == token));
    }
    BOOST_TEST(!token.is_cancelled());
    {
        DropGuard first = token.drop_guard();
        const DropGuard second = std::move(first);
        {
            const DropGuard empty = std::move(first);
        }
        BOOST_TEST(!token.is_cancelled());
    }
    BOOST_TEST(token.is_cancelled());
}

BOOST_AUTO_TEST_CASE(a_drop_guard_shows_its_token) {
    const CancellationToken token;
    const DropGuard guard = token.drop_guard();
    BOOST_TEST((guard.token() == token));
}

BOOST_AUTO_TEST_CASE(a_drop_guard_of_a_reference_cancels_unless_it_was_disarmed) {
    const LeakGuard leaks;
    const CancellationToken token;
    {
        edo::sync::DropGuardRef guard = token.drop_guard_ref();
        BOOST_TEST((guard.token() == token));
        BOOST_TEST(&std::move(guard).disarm() == &token);
    }
    BOOST_TEST(!token.is_cancelled());
    const CancellationToken other;
    {
        edo::sync::DropGuardRef first = token.drop_guard_ref();
        edo::sync::DropGuardRef second = std::move(first);
        second = other.drop_guard_ref();
        BOOST_TEST(token.is_cancelled());
        BOOST_TEST(!other.is_cancelled());
    }
    BOOST_TEST(other.is_cancelled());
}

BOOST_AUTO_TEST_CASE(an_assigned_drop_guard_cancels_what_it_guarded) {
    const CancellationToken a;
    const CancellationToken b;
    DropGuard guard = a.drop_guard();
    guard = b.drop_guard();
    BOOST_TEST(a.is_cancelled());
    BOOST_TEST(!b.is_cancelled());
}

BOOST_AUTO_TEST_CASE(a_moved_from_token_is_misuse) {
    CancellationToken token;
    const CancellationToken moved = std::move(token);
    BOOST_CHECK_THROW(token.cancel(), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(token.is_cancelled()), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(token.child_token()), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(token.cancelled()), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(token.drop_guard()), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(token.drop_guard_ref()), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(token.run_until_cancelled(edo::yield_now())),
                      edo::UsageError);
    token = moved;
    BOOST_TEST((token == moved));
}

BOOST_AUTO_TEST_CASE(a_thread_can_cancel_what_a_runtime_waits_for) {
    for_each_flavor([](edo::Runtime& runtime) {
        const CancellationToken token;
        std::string work = "done before";
        std::thread thread([&] {
            work = "seen after";
            token.cancel();
        });
        runtime.block_on([](CancellationToken t, std::string& seen) -> Task<void> {
            co_await t.cancelled();
            BOOST_TEST(seen == "seen after");
        }(token, work));
        thread.join();
    });
}

BOOST_AUTO_TEST_CASE(a_task_that_always_finds_it_cancelled_lets_others_run) {
    const LeakGuard leaks;
    const CancellationToken token;
    token.cancel();
    SteppedTask<void> task([](CancellationToken t) -> Task<void> {
        for (int i = 0; i < 1000; ++i) {
            co_await t.cancelled();
        }
    }(token));
    int turns = 0;
    while (!task.is_finished()) {
        task.turn();
        ++turns;
    }
    BOOST_TEST(turns >= 1000 / 129);
}

class Cancelling final : public edo::test::CancelScenario {
public:
    Task<void> subject() override {
        co_await tokens_[0].cancelled();
        const std::optional<edo::Unit> nothing =
            co_await tokens_[1].run_until_cancelled(tokens_[2].cancelled());
        BOOST_TEST(!nothing.has_value());
    }
    void suspended(std::size_t n) override { tokens_[n - 1].cancel(); }
    Task<void> check(bool /*completed*/) override {
        for (const CancellationToken& token : tokens_) {
            token.cancel();
            co_await token.cancelled();
        }
    }

private:
    std::vector<CancellationToken> tokens_{CancellationToken(), CancellationToken(),
                                           CancellationToken()};
};

BOOST_AUTO_TEST_CASE(a_wait_can_be_cancelled_anywhere) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(edo::test::drive<Cancelling>());
        BOOST_TEST(driven.suspensions == 2U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
