// SPDX-License-Identifier: MIT
// Local tasks in dumps, and in the hooks of their runtime.
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/local_set.hpp>
#include <edo/runtime/task_builder.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;

namespace {

class Record {
public:
    void add(char what, const edo::TaskMeta& task) {
        const std::lock_guard guard(lock_);
        calls_[task.id().value()] += what;
    }
    std::string calls(edo::TaskId id) {
        const std::lock_guard guard(lock_);
        return calls_[id.value()];
    }
    edo::Builder watch(edo::Builder builder) {
        builder.on_task_spawn([this](const edo::TaskMeta& task) { add('s', task); })
            .on_task_terminate([this](const edo::TaskMeta& task) { add('t', task); });
        return builder;
    }

private:
    std::mutex lock_;
    std::map<std::uint64_t, std::string> calls_;
};

edo::Task<void> waits_for(Event& event) {
    co_await event;
}

edo::Task<void> yields() {
    co_await edo::yield_now();
}

bool says(const std::string& dump, const std::string& text) {
    return dump.find(text) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(local_diagnostics)

BOOST_AUTO_TEST_CASE(a_dump_shows_local_tasks) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::LocalSet local;
        Event event;
        edo::TaskBuilder builder;
        builder.name("local one");
        builder.spawn_local_on(local, waits_for(event)).detach();
        // A set that was not used in any runtime yet is in no dump.
        BOOST_TEST(edo::dump_tasks(runtime.handle()) == "0 tasks\n");
        local.block_on(runtime, [](edo::LocalSet& set, Event& e) -> edo::Task<void> {
            edo::JoinHandle<void> other = set.spawn_local(waits_for(e));
            co_await edo::yield_now();
            co_await edo::yield_now();
            const std::string dump = edo::dump_tasks();
            BOOST_TEST(says(dump, "2 tasks\n"));
            BOOST_TEST(says(dump, "'local one': suspended\n  at " + std::string(__FILE__)));
            // From another thread, too.
            auto elsewhere = edo::spawn_blocking([] { return edo::dump_tasks(); });
            const auto text = co_await elsewhere;
            BOOST_TEST(says(text.value(), "'local one': suspended"));
            e.set();
            static_cast<void>(co_await other);
        }(local, event));
        BOOST_TEST(edo::dump_tasks(runtime.handle()) == "0 tasks\n");
    });
}

BOOST_AUTO_TEST_CASE(a_dump_shows_the_tasks_of_a_local_runtime_from_the_start) {
    const LeakGuard guard;
    edo::LocalRuntime runtime;
    Event never;
    runtime.spawn_local(waits_for(never)).detach();
    const std::string dump = edo::dump_tasks(runtime.handle());
    BOOST_TEST(says(dump, "1 task\n"));
    BOOST_TEST(says(dump, ": ready to run\n"));
}

BOOST_AUTO_TEST_CASE(a_local_set_leaves_the_dump_when_it_is_destroyed) {
    for_each_flavor([](edo::Runtime& runtime) {
        Event never;
        std::optional<edo::LocalSet> first(std::in_place);
        std::optional<edo::LocalSet> second(std::in_place);
        for (auto* const set : {&*first, &*second}) {
            set->block_on(runtime, [](edo::LocalSet& local, Event& event) -> edo::Task<void> {
                local.spawn_local(waits_for(event)).detach();
                co_await edo::yield_now();
            }(*set, never));
        }
        BOOST_TEST(says(edo::dump_tasks(runtime.handle()), "2 tasks\n"));
        first.reset();
        BOOST_TEST(says(edo::dump_tasks(runtime.handle()), "1 task\n"));
        second.reset();
        BOOST_TEST(says(edo::dump_tasks(runtime.handle()), "0 tasks\n"));
    });
}

BOOST_AUTO_TEST_CASE(a_local_set_may_outlive_its_runtime) {
    const LeakGuard guard;
    Record record;
    Event never;
    edo::LocalSet local;
    std::optional<edo::TaskId> id;
    {
        edo::Runtime runtime = record.watch(edo::Builder::current_thread()).build();
        local.block_on(runtime, yields());
        edo::JoinHandle<void> task = local.spawn_local(waits_for(never));
        id = task.id();
        task.detach();
    }
    BOOST_TEST(record.calls(*id) == "s");  // after its runtime's end nobody is told
}

BOOST_AUTO_TEST_CASE(hooks_are_told_of_local_tasks) {
    const LeakGuard guard;
    Record record;
    std::vector<edo::TaskId> ids;
    {
        edo::LocalRuntime runtime(record.watch(edo::Builder::current_thread()));
        edo::JoinHandle<void> before = runtime.spawn_local(yields());
        ids.push_back(before.id());
        BOOST_TEST(record.calls(ids[0]) == "s");
        runtime.block_on([](std::vector<edo::TaskId>& all) -> edo::Task<void> {
            edo::JoinHandle<void> task = edo::spawn_local(yields());
            all.push_back(task.id());
            static_cast<void>(co_await task);
            edo::JoinHandle<void> aborted = edo::spawn_local(yields());
            all.push_back(aborted.id());
            aborted.abort();
            static_cast<void>(co_await aborted);
        }(ids));
        Event never;
        edo::JoinHandle<void> left = runtime.spawn_local(waits_for(never));
        ids.push_back(left.id());
        static_cast<void>(never);
        left.detach();
    }
    for (const edo::TaskId id : ids) {
        BOOST_TEST(record.calls(id) == "st");
    }
}

BOOST_AUTO_TEST_CASE(hooks_are_told_of_tasks_that_were_spawned_before_the_set_was_used) {
    for_each_flavor([](edo::Builder builder) {
        Record record;
        edo::LocalSet local;
        edo::JoinHandle<void> task = local.spawn_local(yields());
        const edo::TaskId id = task.id();
        edo::Runtime runtime = record.watch(std::move(builder)).build();
        local.block_on(runtime, [](edo::JoinHandle<void> t) -> edo::Task<void> {
            static_cast<void>(co_await t);
        }(std::move(task)));
        BOOST_TEST(record.calls(id) == "st");
    });
}

BOOST_AUTO_TEST_CASE(dumps_from_other_threads_do_not_disturb_local_tasks) {
    const LeakGuard guard;
    edo::LocalRuntime runtime;
    std::atomic<bool> stop{false};
    const edo::Handle handle = runtime.handle();
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&stop, handle] {
            while (!stop) {
                static_cast<void>(edo::dump_tasks(handle));
            }
        });
    }
    runtime.block_on([]() -> edo::Task<void> {
        for (int round = 0; round < 200; ++round) {
            std::vector<edo::JoinHandle<void>> tasks;
            for (int i = 0; i < 10; ++i) {
                tasks.push_back(edo::spawn_local(yields()));
            }
            tasks.back().abort();
            for (auto& task : tasks) {
                static_cast<void>(co_await task);
            }
        }
    }());
    stop = true;
    for (std::thread& thread : threads) {
        thread.join();
    }
}

BOOST_AUTO_TEST_SUITE_END()
