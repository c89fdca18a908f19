// SPDX-License-Identifier: MIT
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/abort_guard.hpp>
#include <edo/runtime/abort_on_drop.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;

namespace {

edo::Task<int> answer() {
    co_return 42;
}

edo::Task<void> waits_for_ever(CountsDestruction /*counts*/) {
    Event never;
    co_await never;
}

edo::Task<void> until(Event& event) {
    co_await event;
}

/// Waits until all but the running task have left the runtime.
edo::Task<void> until_alone(std::size_t others = 0) {
    while (edo::Handle::current().alive_tasks() > others) {
        co_await edo::yield_now();
    }
}

BOOST_AUTO_TEST_SUITE(abort_handle)

BOOST_AUTO_TEST_CASE(it_aborts_a_task_whose_join_handle_is_elsewhere) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            edo::JoinHandle<void> handle = edo::spawn(waits_for_ever(CountsDestruction(destroyed)));
            const edo::AbortHandle abort = handle.abort_handle();
            BOOST_TEST((abort.id() == handle.id()));
            BOOST_TEST(abort.valid());
            BOOST_TEST(!abort.is_finished());
            edo::AbortHandle copy = abort;
            copy.abort();
            copy.abort();
            const edo::JoinResult<void> result = co_await handle;
            BOOST_TEST((!result && result.error().is_cancelled()));
            BOOST_TEST(destroyed == 1);
            BOOST_TEST(abort.is_finished());
            abort.abort();  // too late: nothing happens
        }());
    });
}

BOOST_AUTO_TEST_CASE(it_aborts_a_detached_task_and_sees_its_end) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            edo::AbortHandle abort;
            {
                edo::JoinHandle<void> handle =
                    edo::spawn(waits_for_ever(CountsDestruction(destroyed)));
                abort = handle.abort_handle();
                handle.detach();
            }
            co_await edo::yield_now();
            BOOST_TEST(!abort.is_finished());
            abort.abort();
            while (!abort.is_finished()) {
                co_await edo::yield_now();
            }
            BOOST_TEST(destroyed == 1);
        }());
    });
}

BOOST_AUTO_TEST_CASE(an_abort_guard_aborts_what_it_guards_unless_it_gave_it_back) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            edo::JoinHandle<void> first = edo::spawn(waits_for_ever(CountsDestruction(destroyed)));
            edo::JoinHandle<void> second = edo::spawn(waits_for_ever(CountsDestruction(destroyed)));
            {
                edo::AbortGuard guard(first.abort_handle());
                BOOST_TEST((guard.abort_handle().id() == first.id()));
                edo::AbortGuard moved(std::move(guard));
                guard = edo::AbortGuard(second.abort_handle());
                const edo::AbortHandle kept = moved.detach();
                BOOST_TEST(!kept.is_finished());
                moved = std::move(guard);
            }
            const auto ended = co_await second;
            BOOST_TEST((!ended && ended.error().is_cancelled()));
            BOOST_TEST(!first.is_finished());
            BOOST_TEST(destroyed == 1);
            {
                edo::AbortGuard guard(first.abort_handle());
                guard = edo::AbortGuard(edo::AbortHandle());  // aborts the first one
                const auto other = co_await first;
                BOOST_TEST(!other.has_value());
            }
        }());
    });
}

BOOST_AUTO_TEST_CASE(it_outlives_the_task_and_the_runtime) {
    edo::AbortHandle abort;
    BOOST_TEST(!abort.valid());
    BOOST_TEST(abort.is_finished());
    BOOST_CHECK_THROW(static_cast<void>(abort.id()), edo::UsageError);
    for_each_flavor([&abort](edo::Runtime& runtime) {
        std::atomic<int> destroyed = 0;
        edo::JoinHandle<void> handle = runtime.spawn(waits_for_ever(CountsDestruction(destroyed)));
        abort = handle.abort_handle();
        handle.detach();
        runtime.shutdown_timeout(std::chrono::seconds(10));
        BOOST_TEST(destroyed == 1);
        BOOST_TEST(abort.is_finished());
        abort.abort();
        abort = edo::AbortHandle();
    });
}

BOOST_AUTO_TEST_CASE(it_keeps_no_result) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto work = [](Event& may_end) -> edo::Task<std::shared_ptr<int>> {
                co_await may_end;
                co_return std::make_shared<int>(5);
            };
            auto value = std::make_shared<int>(5);
            const std::weak_ptr<int> watched = value;
            auto yields = [](std::shared_ptr<int> v) -> edo::Task<std::shared_ptr<int>> {
                co_return v;
            };
            // Detached before its end, ended before it is detached, and joined.
            Event may_end;
            edo::JoinHandle<std::shared_ptr<int>> first = edo::spawn(work(may_end));
            const edo::AbortHandle first_abort = first.abort_handle();
            first.detach();
            may_end.set();
            edo::JoinHandle<std::shared_ptr<int>> second = edo::spawn(yields(value));
            const edo::AbortHandle second_abort = second.abort_handle();
            edo::JoinHandle<std::shared_ptr<int>> third = edo::spawn(yields(value));
            const edo::AbortHandle third_abort = third.abort_handle();
            value.reset();
            co_await until_alone();
            while (!second.is_finished() || !third.is_finished()) {
                co_await edo::yield_now();
            }
            second.detach();
            BOOST_TEST(watched.use_count() == 1);
            {
                const edo::JoinResult<std::shared_ptr<int>> result = co_await third;
                BOOST_TEST(**result == 5);
            }
            BOOST_TEST(watched.expired());
        }());
    });
}

BOOST_AUTO_TEST_CASE(aborting_a_blocking_function_that_runs_triggers_its_stop_token) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event started;
            auto job = [&started](const std::stop_token& stop) {
                started.set();
                while (!stop.stop_requested()) {
                    std::this_thread::yield();
                }
                return 7;
            };
            edo::JoinHandle<int> handle = edo::spawn_blocking(job);
            const edo::AbortHandle abort = handle.abort_handle();
            co_await started;
            abort.abort();
            const edo::JoinResult<int> result = co_await handle;
            BOOST_TEST(result.value() == 7);
        }());
    });
}

BOOST_AUTO_TEST_CASE(many_threads_abort_at_once) {
    for_each_flavor([](edo::Runtime& runtime) {
        for (int round = 0; round < 100; ++round) {
            std::atomic<int> destroyed = 0;
            edo::JoinHandle<void> handle =
                runtime.spawn(waits_for_ever(CountsDestruction(destroyed)));
            std::vector<std::jthread> threads;
            for (int i = 0; i < 3; ++i) {
                threads.emplace_back([abort = handle.abort_handle()] { abort.abort(); });
            }
            runtime.block_on([](edo::JoinHandle<void> joined) -> edo::Task<void> {
                const edo::JoinResult<void> result = co_await joined;
                BOOST_TEST(result.error().is_cancelled());
            }(std::move(handle)));
            BOOST_TEST(destroyed == 1);
        }
    });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(abort_on_drop)

BOOST_AUTO_TEST_CASE(dropping_it_aborts_the_task) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            {
                const edo::AbortOnDrop<void> handle(
                    edo::spawn(waits_for_ever(CountsDestruction(destroyed))));
                co_await edo::yield_now();
                BOOST_TEST(destroyed == 0);
            }
            co_await until_alone();
            BOOST_TEST(destroyed == 1);
        }());
    });
}

BOOST_AUTO_TEST_CASE(assigning_to_it_aborts_the_old_task_only) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> first_destroyed = 0;
            std::atomic<int> second_destroyed = 0;
            edo::AbortOnDrop<void> handle(
                edo::spawn(waits_for_ever(CountsDestruction(first_destroyed))));
            handle = edo::AbortOnDrop<void>(
                edo::spawn(waits_for_ever(CountsDestruction(second_destroyed))));
            co_await until_alone(1);
            BOOST_TEST(first_destroyed == 1);
            BOOST_TEST(second_destroyed == 0);
            BOOST_TEST(!handle.is_finished());
            handle.abort();
            static_cast<void>(co_await handle);
            BOOST_TEST(second_destroyed == 1);
        }());
    });
}

BOOST_AUTO_TEST_CASE(it_is_awaited_like_a_join_handle) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::AbortOnDrop<int> handle(edo::spawn(answer()));
            BOOST_TEST((handle.id() == handle.abort_handle().id()));
            const edo::JoinResult<int> kept = co_await handle;
            BOOST_TEST(kept.value() == 42);
            BOOST_TEST(!handle.valid());
            edo::AbortOnDrop<int> other(edo::spawn(answer()));
            const edo::JoinResult<int> given = co_await std::move(other);
            BOOST_TEST(given.value() == 42);
            BOOST_CHECK_THROW(static_cast<void>(handle.operator co_await()), edo::UsageError);
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_wait_that_loses_a_select_aborts_nothing) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            edo::AbortOnDrop<void> handle(edo::spawn(waits_for_ever(CountsDestruction(destroyed))));
            const auto first = co_await edo::select(handle, edo::yield_now());
            BOOST_TEST(first.is<1>());
            co_await edo::yield_now();
            BOOST_TEST(destroyed == 0);
            handle.abort();
            const edo::JoinResult<void> result = co_await handle;
            BOOST_TEST(result.error().is_cancelled());
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_cancelled_wait_for_a_temporary_one_aborts_the_task) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            edo::AbortOnDrop<void> handle(edo::spawn(waits_for_ever(CountsDestruction(destroyed))));
            const auto first = co_await edo::select(std::move(handle), edo::yield_now());
            BOOST_TEST(first.is<1>());
            co_await until_alone();
            BOOST_TEST(destroyed == 1);
        }());
    });
}

BOOST_AUTO_TEST_CASE(detached_it_lets_the_task_go_on) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event may_end;
            edo::JoinHandle<void> plain;
            {
                edo::AbortOnDrop<void> handle(edo::spawn(until(may_end)));
                plain = handle.detach();
                BOOST_TEST(!handle.valid());
            }
            may_end.set();
            const edo::JoinResult<void> result = co_await plain;
            BOOST_TEST(result.has_value());
        }());
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
