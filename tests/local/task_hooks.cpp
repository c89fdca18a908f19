// SPDX-License-Identifier: MIT
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/task_builder.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using edo::test::Event;
using edo::test::flavors;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;

namespace {

/// What the hooks were told, task by task.
class Record {
public:
    void add(char what, const edo::TaskMeta& task) {
        const std::lock_guard guard(lock_);
        calls_[task.id().value()] += what;
        names_[task.id().value()] = task.name();
    }
    std::string calls(edo::TaskId id) {
        const std::lock_guard guard(lock_);
        return calls_[id.value()];
    }
    std::string name(edo::TaskId id) {
        const std::lock_guard guard(lock_);
        return names_[id.value()];
    }
    std::size_t tasks() {
        const std::lock_guard guard(lock_);
        return calls_.size();
    }

    /// Spawned, before a turn, after it, terminated.
    edo::Runtime watched(edo::Builder builder) {
        return builder.on_task_spawn([this](const edo::TaskMeta& task) { add('s', task); })
            .on_before_task_poll([this](const edo::TaskMeta& task) { add('(', task); })
            .on_after_task_poll([this](const edo::TaskMeta& task) { add(')', task); })
            .on_task_terminate([this](const edo::TaskMeta& task) { add('t', task); })
            .build();
    }

private:
    std::mutex lock_;
    std::map<std::uint64_t, std::string> calls_;
    std::map<std::uint64_t, std::string> names_;
};

edo::Task<void> yields_twice() {
    co_await edo::yield_now();
    co_await edo::yield_now();
}

edo::Task<void> throws() {
    co_await edo::yield_now();
    throw std::runtime_error("no");
}

edo::Task<void> waits_for(Event& started, Event& event) {
    started.set();
    co_await event;
}

BOOST_AUTO_TEST_SUITE(task_hooks)

BOOST_AUTO_TEST_CASE(tell_of_each_step_of_a_task) {
    for_each_flavor([](edo::Builder builder) {
        Record record;
        edo::TaskId id(0);
        {
            edo::Runtime runtime = record.watched(std::move(builder));
            runtime.block_on([&id]() -> edo::Task<void> {
                edo::JoinHandle<void> handle = edo::TaskBuilder().name("two").spawn(yields_twice());
                id = handle.id();
                static_cast<void>(co_await handle);
            });
        }
        BOOST_TEST(record.calls(id) == "s()()(t)");
        BOOST_TEST(record.name(id) == "two");
        BOOST_TEST(record.tasks() == 1U);  // the root of block_on is not spawned
    });
}

BOOST_AUTO_TEST_CASE(tell_of_tasks_that_fail_and_are_cancelled) {
    for_each_flavor([](edo::Builder builder) {
        Record record;
        std::vector<edo::TaskId> ids;
        {
            edo::Runtime runtime = record.watched(std::move(builder));
            runtime.block_on([&ids]() -> edo::Task<void> {
                Event started;
                Event never;
                edo::JoinHandle<void> failing = edo::spawn(throws());
                edo::JoinHandle<void> waiting = edo::spawn(waits_for(started, never));
                ids = {failing.id(), waiting.id()};
                co_await started;
                waiting.abort();
                static_cast<void>(co_await waiting);
                static_cast<void>(co_await failing);
            });
        }
        BOOST_TEST(record.calls(ids[0]) == "s()(t)");
        const std::string cancelled = record.calls(ids[1]);  // while it ran, or later
        BOOST_TEST((cancelled == "s()(t)" || cancelled == "s(t)"));
    });
}

BOOST_AUTO_TEST_CASE(tell_of_tasks_that_the_shutdown_cancels) {
    for_each_flavor([](edo::Builder builder) {
        Record record;
        edo::TaskId id(0);
        Event started;
        Event never;
        {
            edo::Runtime runtime = record.watched(std::move(builder));
            edo::JoinHandle<void> handle = runtime.spawn(waits_for(started, never));
            id = handle.id();
            runtime.block_on([](Event& e) -> edo::Task<void> { co_await e; }(started));
        }
        const std::string calls = record.calls(id);
        BOOST_TEST(calls.starts_with("s("));
        BOOST_TEST(std::count(calls.begin(), calls.end(), 't') == 1);
    });
}

BOOST_AUTO_TEST_CASE(tell_of_tasks_that_come_too_late) {
    for_each_flavor([](edo::Builder builder) {
        Record record;
        edo::Runtime runtime = record.watched(std::move(builder));
        const edo::Handle handle = runtime.handle();
        runtime.shutdown_background();
        edo::JoinHandle<void> late = handle.spawn(yields_twice());
        BOOST_TEST(record.calls(late.id()) == "st");
    });
}

BOOST_AUTO_TEST_CASE(are_called_before_a_join_ends) {
    for_each_flavor([](edo::Builder builder) {
        std::atomic<int> terminated = 0;
        edo::Runtime runtime =
            builder.on_task_terminate([&](const edo::TaskMeta&) { ++terminated; }).build();
        runtime.block_on([&terminated]() -> edo::Task<void> {
            for (int i = 1; i <= 100; ++i) {
                static_cast<void>(co_await edo::spawn(yields_twice()));
                BOOST_TEST(terminated == i);
            }
        });
    });
}

BOOST_AUTO_TEST_CASE(that_throw_do_no_harm) {
    for_each_flavor([](edo::Builder builder) {
        auto bad = [](const edo::TaskMeta&) { throw std::runtime_error("in a hook"); };
        edo::Runtime runtime = builder.on_task_spawn(bad)
                                   .on_task_terminate(bad)
                                   .on_before_task_poll(bad)
                                   .on_after_task_poll(bad)
                                   .build();
        runtime.block_on([]() -> edo::Task<void> {
            const edo::JoinResult<void> result = co_await edo::spawn(yields_twice());
            BOOST_TEST(result.has_value());
        });
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
