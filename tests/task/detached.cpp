// SPDX-License-Identifier: MIT
// The end of a task that nobody waits for: what it owns is gone before the runtime forgets it.
#include "support/flavors.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

using edo::test::for_each_flavor;

namespace {

using Owned = std::shared_ptr<int>;  // counted by `use_count`

/// Until the task that this runs in is the only one.
edo::Task<void> others_gone() {
    while (edo::Handle::current().alive_tasks() > 1) {
        co_await edo::yield_now();
    }
}

edo::Task<Owned> hands_out(Owned owned, bool waits) {
    if (waits) {
        co_await edo::yield_now();
    }
    co_return owned;
}

BOOST_AUTO_TEST_SUITE(detached)

BOOST_AUTO_TEST_CASE(what_it_owns_and_its_result_are_gone_before_it_counts_as_gone) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto owned = std::make_shared<int>(7);
        runtime
            .spawn([&owned]() -> edo::Task<void> {
                for (int i = 0; i < 100; ++i) {
                    edo::spawn(hands_out(owned, i % 2 == 0)).detach();
                }
                co_await others_gone();
                BOOST_TEST(owned.use_count() == 1);
            })
            .detach();
        runtime.block_on([]() -> edo::Task<void> {
            while (edo::Handle::current().alive_tasks() > 0) {
                co_await edo::yield_now();
            }
        });
        BOOST_TEST(owned.use_count() == 1);
    });
}

BOOST_AUTO_TEST_CASE(so_are_its_function_and_the_arguments_of_that) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto owned = std::make_shared<int>(7);
        const auto spawn_all = [&owned]() -> edo::Task<void> {
            for (int i = 0; i < 100; ++i) {
                edo::spawn(
                    [kept = owned](const Owned& argument) -> edo::Task<int> {
                        co_await edo::yield_now();
                        co_return *kept + *argument;
                    },
                    owned)
                    .detach();
            }
            co_await others_gone();
            BOOST_TEST(owned.use_count() == 1);
        };
        BOOST_TEST(runtime.block_on([&]() -> edo::Task<bool> {
            co_return (co_await edo::spawn(spawn_all())).has_value();
        }));
    });
}

BOOST_AUTO_TEST_CASE(an_abort_handle_sees_its_end_and_keeps_nothing) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto owned = std::make_shared<int>(7);
        edo::JoinHandle<Owned> handle = runtime.spawn(hands_out(owned, true));
        const edo::AbortHandle abort = handle.abort_handle();
        handle.detach();
        runtime.block_on([&abort]() -> edo::Task<void> {
            while (!abort.is_finished()) {
                co_await edo::yield_now();
            }
        });
        BOOST_TEST(owned.use_count() == 1);
        abort.abort();  // does nothing
    });
}

BOOST_AUTO_TEST_CASE(hooks_hear_of_its_end) {
    for_each_flavor([](edo::Builder builder) {
        std::atomic<int> ended = 0;
        const auto owned = std::make_shared<int>(7);
        std::atomic<bool> too_early = false;
        builder.on_task_terminate([&](const edo::TaskMeta&) {
            too_early = too_early || owned.use_count() != 1;
            ++ended;
        });
        {
            edo::Runtime runtime = builder.build();
            runtime.spawn(hands_out(owned, false)).detach();
            while (ended == 0) {
                std::this_thread::yield();
                runtime.block_on([]() -> edo::Task<void> { co_await edo::yield_now(); });
            }
        }
        BOOST_TEST(ended == 1);
        BOOST_TEST(!too_early);
    });
}

/// A handle may go while the task ends, on another thread or on the same one.
BOOST_AUTO_TEST_CASE(handles_are_dropped_by_another_thread_while_tasks_end) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto owned = std::make_shared<int>(7);
        for (int round = 0; round < 20; ++round) {
            std::vector<edo::JoinHandle<Owned>> handles;
            for (int i = 0; i < 100; ++i) {
                handles.push_back(runtime.spawn(hands_out(owned, i % 3 == 0)));
            }
            std::thread dropping([dropped = std::move(handles)]() mutable { dropped.clear(); });
            runtime.block_on([]() -> edo::Task<void> {
                while (edo::Handle::current().alive_tasks() > 0) {
                    co_await edo::yield_now();
                }
            });
            dropping.join();
            BOOST_TEST(owned.use_count() == 1);
        }
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
