// SPDX-License-Identifier: MIT
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;

namespace {

edo::Task<int> answer() {
    co_return 42;
}

edo::Task<void> wait_for(Event& event) {
    co_await event;
}

bool is_current(const edo::Handle& handle) {
    return edo::Handle::has_current() && &edo::Handle::current().scheduler() == &handle.scheduler();
}

BOOST_AUTO_TEST_SUITE(handle)

BOOST_AUTO_TEST_CASE(of_the_current_runtime_is_found_inside_only) {
    for_each_flavor([](edo::Runtime& runtime) {
        BOOST_TEST(!edo::Handle::has_current());
        BOOST_CHECK_THROW(static_cast<void>(edo::Handle::current()), edo::NoRuntimeError);
        runtime.block_on([](edo::Handle outer) -> edo::Task<void> {
            BOOST_TEST(is_current(outer));
            auto look = [](edo::Handle h) -> edo::Task<bool> { co_return is_current(h); };
            edo::JoinHandle<bool> spawned = edo::spawn(look(outer));
            const auto in_task = co_await spawned;
            BOOST_TEST(in_task.value());
            auto job = edo::spawn_blocking([outer] { return is_current(outer); });
            const auto in_job = co_await job;
            BOOST_TEST(in_job.value());
        }(runtime.handle()));
        BOOST_TEST(!edo::Handle::has_current());
    });
}

BOOST_AUTO_TEST_CASE(knows_its_runtime) {
    const LeakGuard guard;
    edo::Runtime one = edo::Builder::current_thread().build();
    BOOST_TEST((one.handle().flavor() == edo::Flavor::CurrentThread));
    BOOST_TEST(one.handle().worker_count() == 1U);
    edo::Runtime many = edo::Builder::multi_thread(3).build();
    BOOST_TEST((many.handle().flavor() == edo::Flavor::MultiThread));
    BOOST_TEST(many.handle().worker_count() == 3U);
}

BOOST_AUTO_TEST_CASE(counts_the_tasks_that_are_alive) {
    for_each_flavor([](edo::Runtime& runtime) {
        const edo::Handle handle = runtime.handle();
        BOOST_TEST(handle.alive_tasks() == 0U);
        Event event;
        std::vector<edo::JoinHandle<void>> tasks;
        for (int i = 0; i < 10; ++i) {
            tasks.push_back(runtime.spawn(wait_for(event)));
        }
        BOOST_TEST(handle.alive_tasks() == 10U);
        event.set();
        runtime.block_on([](std::vector<edo::JoinHandle<void>>& all) -> edo::Task<void> {
            for (auto& task : all) {
                static_cast<void>(co_await task);
            }
        }(tasks));
        BOOST_TEST(handle.alive_tasks() == 0U);
    });
}

BOOST_AUTO_TEST_CASE(enters_its_runtime_for_a_scope) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::JoinHandle<int> task;
        {
            const auto entered = runtime.enter();
            BOOST_TEST(is_current(runtime.handle()));
            task = edo::spawn(answer());
        }
        BOOST_TEST(!edo::Handle::has_current());
        runtime.block_on([](edo::JoinHandle<int>& joined) -> edo::Task<void> {
            const auto result = co_await joined;
            BOOST_TEST(result.value() == 42);
        }(task));
    });
}

BOOST_AUTO_TEST_CASE(guards_of_several_runtimes_nest) {
    const LeakGuard guard;
    edo::Runtime a = edo::Builder::multi_thread(1).build();
    edo::Runtime b = edo::Builder::current_thread().build();
    const auto outer = a.enter();
    BOOST_TEST(is_current(a.handle()));
    {
        const auto inner = b.enter();
        BOOST_TEST(is_current(b.handle()));
        {
            const auto again = a.enter();
            BOOST_TEST(is_current(a.handle()));
        }
        BOOST_TEST(is_current(b.handle()));
        BOOST_TEST(b.block_on(answer()) == 42);
        BOOST_TEST(is_current(b.handle()));
    }
    BOOST_TEST(is_current(a.handle()));
}

BOOST_AUTO_TEST_CASE(a_task_may_enter_another_runtime_for_a_moment) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::Runtime other = edo::Builder::multi_thread(1).build();
        runtime.block_on([](edo::Handle mine, edo::Handle theirs) -> edo::Task<void> {
            auto work = [](edo::Handle own, edo::Handle foreign) -> edo::Task<bool> {
                edo::JoinHandle<bool> in_other;
                {
                    const auto entered = foreign.enter();
                    auto look = [](edo::Handle h) -> edo::Task<bool> { co_return is_current(h); };
                    in_other = edo::spawn(look(foreign));
                }
                const bool back = is_current(own);
                co_await edo::yield_now();
                const auto result = co_await in_other;
                co_return back&& result.value() && is_current(own);
            };
            edo::JoinHandle<bool> task = edo::spawn(work(mine, theirs));
            const auto right = co_await task;
            BOOST_TEST(right.value());
        }(runtime.handle(), other.handle()));
    });
}

BOOST_AUTO_TEST_CASE(two_runtimes_do_not_meet) {
    for_each_flavor([](edo::Runtime& a) {
        edo::Runtime b = edo::Builder::multi_thread(2).build();
        // A task of each: it wakes the other, is woken by it, and stays where it is.
        Event from_a;
        Event from_b;
        auto meet = [](edo::Handle home, Event& mine, Event& other) -> edo::Task<bool> {
            bool right = is_current(home);
            for (int i = 0; i < 10; ++i) {
                co_await edo::sleep(0ms);
                right = right && is_current(home);
            }
            mine.set();
            co_await other;
            co_return right&& is_current(home);
        };
        edo::JoinHandle<bool> in_a = a.spawn(meet(a.handle(), from_a, from_b));
        edo::JoinHandle<bool> in_b = b.spawn(meet(b.handle(), from_b, from_a));
        a.block_on([](edo::JoinHandle<bool>& x, edo::JoinHandle<bool>& y) -> edo::Task<void> {
            const auto first = co_await x;
            const auto second = co_await y;  // of the other runtime
            BOOST_TEST(first.value());
            BOOST_TEST(second.value());
        }(in_a, in_b));
        BOOST_TEST(a.handle().alive_tasks() == 0U);
    });
}

BOOST_AUTO_TEST_CASE(a_task_of_a_runtime_that_ends_is_joined_as_cancelled_in_another) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::optional<edo::Runtime> other(edo::Builder::multi_thread(1).build());
        Event never;
        edo::JoinHandle<void> task = other->spawn(wait_for(never));
        Event waiting;
        std::jthread ends([&other, &waiting] {
            waiting.wait();
            other.reset();
        });
        runtime.block_on([](Event& w, edo::JoinHandle<void>& joined) -> edo::Task<void> {
            w.set();
            const auto result = co_await joined;
            BOOST_TEST(!result.has_value());
            BOOST_TEST(result.error().is_cancelled());
        }(waiting, task));
    });
}

BOOST_AUTO_TEST_CASE(does_not_keep_its_runtime_alive) {
    for_each_flavor([](edo::Builder builder) {
        std::optional<edo::Runtime> runtime(builder.build());
        const edo::Handle handle = runtime->handle();
        runtime.reset();
        edo::JoinHandle<int> task = handle.spawn(answer());
        BOOST_TEST(task.is_finished());
        edo::JoinHandle<int> job = handle.spawn_blocking([] { return 1; });
        BOOST_TEST(job.is_finished());
        edo::block_on([](auto a, auto b) -> edo::Task<void> {
            const auto first = co_await a;
            const auto second = co_await b;
            BOOST_TEST(first.error().is_cancelled());
            BOOST_TEST(second.error().is_cancelled());
        }(std::move(task), std::move(job)));
        BOOST_TEST(handle.alive_tasks() == 0U);
        const auto entered = handle.enter();
        edo::spawn(answer()).detach();
    });
}

BOOST_AUTO_TEST_CASE(of_a_moved_runtime_still_works) {
    for_each_flavor([](edo::Builder builder) {
        edo::Runtime first = builder.build();
        const edo::Handle handle = first.handle();
        edo::Runtime second = std::move(first);
        BOOST_CHECK_THROW(static_cast<void>(first.handle()), edo::UsageError);
        BOOST_CHECK_THROW(first.block_on(answer()), edo::UsageError);
        BOOST_TEST(second.block_on(answer()) == 42);
        BOOST_TEST(handle.block_on(answer()) == 42);
        second = builder.build();  // ends the other one
        edo::JoinHandle<int> task = handle.spawn(answer());
        BOOST_TEST(task.is_finished());
        BOOST_TEST(second.block_on(answer()) == 42);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
