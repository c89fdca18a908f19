// SPDX-License-Identifier: MIT
#include "support/leak_guard.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/oneshot.hpp>
#include <edo/runtime/testing/manual_task.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

using edo::Task;
using edo::test::LeakGuard;
using edo::testing::ManualTask;
using namespace std::chrono_literals;

namespace {

Task<int> yields_twice() {
    co_await edo::yield_now();
    co_await edo::yield_now();
    co_return 3;
}

Task<void> throws() {
    throw std::runtime_error("no");
    co_return;
}

BOOST_AUTO_TEST_SUITE(manual_task)

BOOST_AUTO_TEST_CASE(runs_one_turn_at_a_time_without_a_runtime) {
    const LeakGuard guard;
    ManualTask task(yields_twice());
    BOOST_TEST(task.is_woken());
    task.turn();
    task.turn();
    BOOST_TEST(!task.is_done());
    BOOST_TEST(task.is_woken());
    task.turn();
    BOOST_TEST(task.is_done());
    BOOST_TEST(!task.is_woken());
    BOOST_TEST(!task.is_cancelled());
    BOOST_TEST(task.take() == 3);
}

BOOST_AUTO_TEST_CASE(runs_nothing_before_its_first_turn) {
    const LeakGuard guard;
    bool ran = false;
    ManualTask task([&ran]() -> Task<void> {
        ran = true;
        co_return;
    });
    BOOST_TEST(!ran);
    BOOST_TEST(!task.is_done());
    BOOST_TEST(task.poll());
    BOOST_TEST(ran);
}

BOOST_AUTO_TEST_CASE(a_wake_up_runs_nothing_until_the_next_turn) {
    const LeakGuard guard;
    auto [sender, receiver] = edo::sync::oneshot::channel<int>();
    ManualTask task([&from = receiver]() -> Task<int> {
        auto value = co_await from;
        co_return value.value();
    });
    BOOST_TEST(!task.poll());
    BOOST_TEST(!task.is_woken());
    BOOST_TEST(!task.poll());  // nothing to run
    static_cast<void>(std::move(sender).send(7));
    BOOST_TEST(task.is_woken());
    BOOST_TEST(!task.is_done());
    BOOST_TEST(task.poll());
    BOOST_TEST(task.take() == 7);
}

BOOST_AUTO_TEST_CASE(is_destroyed_where_it_stands) {
    const LeakGuard guard;
    auto held = std::make_shared<int>(1);
    ManualTask task([](std::shared_ptr<int> kept) -> Task<void> {
        co_await edo::yield_now();
        static_cast<void>(kept);
    }(held));
    task.turn();
    BOOST_TEST(held.use_count() == 2);
    task.cancel();
    BOOST_TEST(held.use_count() == 1);
    BOOST_TEST(task.is_done());
    BOOST_TEST(task.is_cancelled());
    task.cancel();  // once more does nothing
}

BOOST_AUTO_TEST_CASE(its_destructor_cancels_it_before_and_after_its_first_turn) {
    const LeakGuard guard;
    auto held = std::make_shared<int>(1);
    const auto waits = [](std::shared_ptr<int> kept) -> Task<void> {
        co_await edo::yield_now();
        static_cast<void>(kept);
    };
    {
        const ManualTask task(waits(held));
    }
    BOOST_TEST(held.use_count() == 1);
    {
        ManualTask task(waits(held));
        task.turn();
    }
    BOOST_TEST(held.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(hands_over_the_exception) {
    const LeakGuard guard;
    ManualTask task(throws());
    BOOST_TEST(task.run());
    BOOST_TEST(!task.is_cancelled());
    BOOST_CHECK_THROW(task.take(), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(aborted_it_is_woken_and_its_next_turn_destroys_it) {
    const LeakGuard guard;
    ManualTask task(yields_twice());
    task.turn();
    task.abort();
    BOOST_TEST(task.is_woken());
    BOOST_TEST(!task.is_done());
    task.turn();
    BOOST_TEST(task.is_cancelled());
}

BOOST_AUTO_TEST_CASE(a_turn_that_would_run_nothing_is_refused) {
    const LeakGuard guard;
    auto [sender, receiver] = edo::sync::oneshot::channel<int>();
    ManualTask task([&from = receiver]() -> Task<void> { static_cast<void>(co_await from); });
    task.turn();
    BOOST_CHECK_THROW(task.turn(), edo::UsageError);
    static_cast<void>(std::move(sender).send(1));
    task.turn();
    BOOST_TEST(task.is_done());
    BOOST_CHECK_THROW(task.turn(), edo::UsageError);
}

BOOST_AUTO_TEST_CASE(only_a_result_that_is_there_can_be_taken) {
    const LeakGuard guard;
    ManualTask task(yields_twice());
    BOOST_CHECK_THROW(task.take(), edo::UsageError);
    task.run();
    BOOST_TEST(task.take() == 3);
    BOOST_CHECK_THROW(task.take(), edo::UsageError);

    ManualTask cancelled(yields_twice());
    cancelled.cancel();
    BOOST_CHECK_THROW(cancelled.take(), edo::UsageError);

    BOOST_CHECK_THROW(ManualTask<int>(Task<int>()), edo::UsageError);
}

BOOST_AUTO_TEST_CASE(keeps_the_captures_of_a_function) {
    const LeakGuard guard;
    std::weak_ptr<std::string> seen;
    {
        auto text = std::make_shared<std::string>("abc");
        seen = text;
        ManualTask task([text = std::move(text)]() -> Task<std::size_t> {
            co_await edo::yield_now();
            co_return text->size();
        });
        BOOST_TEST(!seen.expired());
        BOOST_TEST(task.run());
        BOOST_TEST(task.take() == 3U);
    }
    BOOST_TEST(seen.expired());
}

BOOST_AUTO_TEST_CASE(another_task_can_wait_until_it_is_woken) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().start_paused().build();
    runtime.block_on([]() -> Task<void> {
        ManualTask sleeping([]() -> Task<void> { co_await edo::sleep(1h); });
        co_await sleeping.woken();  // it is: it has not started
        sleeping.turn();
        const edo::Instant start = edo::now();
        const edo::Result<void> early = co_await edo::timeout(1min, sleeping.woken());
        BOOST_TEST(!early);
        co_await sleeping.woken();
        BOOST_TEST((edo::now() - start == 1h));
        BOOST_TEST(sleeping.poll());
    });
}

BOOST_AUTO_TEST_CASE(does_not_disturb_the_task_that_runs_it) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    runtime.block_on([]() -> Task<void> {
        ManualTask inner(yields_twice());
        inner.run();
        co_await edo::yield_now();
        auto spawned = edo::spawn(yields_twice());
        const auto result = co_await spawned;
        BOOST_TEST(result.value() == inner.take());
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
