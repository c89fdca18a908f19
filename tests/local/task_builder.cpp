// SPDX-License-Identifier: MIT
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/task_builder.hpp>
#include <edo/runtime/task_id.hpp>

#include <boost/test/unit_test.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;

namespace {

edo::Task<std::string> own_name() {
    std::string name(edo::current_task_name());
    co_await edo::yield_now();
    BOOST_TEST(edo::current_task_name() == name);
    co_return name;
}

edo::Task<int> throws() {
    co_await edo::yield_now();
    throw std::runtime_error("no file");
}

edo::Task<void> waits_for(Event& event) {
    co_await event;
}

/// Reads the name of its task when it is destroyed.
class NameAtDestruction {
public:
    explicit NameAtDestruction(std::string& name) : name_(name) {}
    ~NameAtDestruction() { name_ = edo::current_task_name(); }
    NameAtDestruction(const NameAtDestruction&) = delete;
    NameAtDestruction& operator=(const NameAtDestruction&) = delete;

private:
    std::string& name_;
};

BOOST_AUTO_TEST_SUITE(task_builder)

BOOST_AUTO_TEST_CASE(a_task_knows_its_name) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([&runtime]() -> edo::Task<void> {
            edo::TaskBuilder builder;
            builder.name("reader");
            const auto first = co_await builder.spawn(own_name());
            BOOST_TEST(first.value() == "reader");
            const auto second = co_await builder.spawn(own_name);
            BOOST_TEST(second.value() == "reader");
            const edo::Handle handle = runtime.handle();
            const auto third = co_await builder.spawn_on(handle, own_name());
            BOOST_TEST(third.value() == "reader");
            const auto fourth = co_await builder.spawn_on(handle, own_name);
            BOOST_TEST(fourth.value() == "reader");
            const auto nameless = co_await edo::spawn(own_name());
            BOOST_TEST(nameless.value().empty());
            const auto unset = co_await builder.name("").spawn(own_name());
            BOOST_TEST(unset.value().empty());
        });
    });
}

BOOST_AUTO_TEST_CASE(a_task_that_a_named_one_spawns_has_no_name) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto spawns = []() -> edo::Task<std::string> {
                const auto name = co_await edo::spawn(own_name());
                co_return name.value();
            };
            const auto name = co_await edo::TaskBuilder().name("outer").spawn(spawns());
            BOOST_TEST(name.value().empty());
        });
    });
}

BOOST_AUTO_TEST_CASE(there_is_no_task_outside) {
    BOOST_TEST(!edo::current_task_id().has_value());
    BOOST_TEST(edo::current_task_name().empty());
}

BOOST_AUTO_TEST_CASE(a_task_knows_its_id) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            const std::optional<edo::TaskId> root = edo::current_task_id();
            BOOST_TEST(root.has_value());
            auto asks = []() -> edo::Task<edo::TaskId> {
                co_await edo::yield_now();
                co_return edo::current_task_id().value();
            };
            edo::JoinHandle<edo::TaskId> handle = edo::spawn(asks());
            const edo::TaskId expected = handle.id();
            const auto id = co_await handle;
            BOOST_TEST((id.value() == expected));
            BOOST_TEST((edo::current_task_id() == root));
            auto blocking = edo::spawn_blocking([] { return edo::current_task_id().has_value(); });
            const auto known = co_await blocking;
            BOOST_TEST(!known.value());
        });
    });
}

BOOST_AUTO_TEST_CASE(errors_tell_the_name) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::JoinHandle<int> failing = edo::TaskBuilder().name("loader").spawn(throws());
            const std::string id = std::to_string(failing.id().value());
            const auto failed = co_await failing;
            BOOST_TEST(failed.error().name() == "loader");
            BOOST_TEST(failed.error().message() == "task " + id + " 'loader' failed: no file");

            Event never;
            edo::JoinHandle<void> waiting =
                edo::TaskBuilder().name("waiter").spawn(waits_for(never));
            const std::string waiting_id = std::to_string(waiting.id().value());
            waiting.abort();
            const auto cancelled = co_await waiting;
            const edo::JoinError copy = cancelled.error();
            BOOST_TEST(copy.message() == "task " + waiting_id + " 'waiter' was cancelled");

            edo::JoinHandle<int> nameless = edo::spawn(throws());
            const std::string nameless_id = std::to_string(nameless.id().value());
            const auto other = co_await nameless;
            BOOST_TEST(other.error().name().empty());
            BOOST_TEST(other.error().message() == "task " + nameless_id + " failed: no file");
        });
    });
}

BOOST_AUTO_TEST_CASE(errors_of_blocking_functions_tell_the_name) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([&runtime]() -> edo::Task<void> {
            edo::TaskBuilder builder;
            builder.name("reading");
            auto fails = []() -> int { throw std::runtime_error("no"); };
            const auto failed = co_await builder.spawn_blocking(fails);
            BOOST_TEST(failed.error().name() == "reading");
            const auto also = co_await builder.spawn_blocking_on(runtime.handle(), fails);
            BOOST_TEST(also.error().name() == "reading");
        });
    });
}

BOOST_AUTO_TEST_CASE(an_error_keeps_the_name_longer_than_the_runtime) {
    const LeakGuard guard;
    std::optional<edo::JoinError> error;
    edo::JoinHandle<int> handle;
    {
        edo::Runtime runtime = edo::Builder::current_thread().build();
        handle = edo::TaskBuilder().name("late").spawn_on(runtime.handle(), throws());
    }
    error = edo::block_on([](edo::JoinHandle<int>& joined) -> edo::Task<edo::JoinError> {
        const auto result = co_await joined;
        co_return result.error();
    }(handle));
    BOOST_TEST(error->is_cancelled());
    BOOST_TEST(error->name() == "late");
}

BOOST_AUTO_TEST_CASE(a_dump_shows_the_name) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            edo::JoinHandle<void> handle = edo::TaskBuilder().name("door").spawn(waits_for(event));
            const std::string expected =
                "task " + std::to_string(handle.id().value()) + " 'door': ";
            BOOST_TEST(edo::dump_tasks().find(expected) != std::string::npos);
            event.set();
            static_cast<void>(co_await handle);
        });
    });
}

BOOST_AUTO_TEST_CASE(the_name_is_known_to_destructors) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::string name;
        runtime.block_on([&name]() -> edo::Task<void> {
            Event started;
            Event never;
            auto waits = [&name](Event& s, Event& n) -> edo::Task<void> {
                const NameAtDestruction reads(name);
                s.set();
                co_await n;
            };
            edo::JoinHandle<void> handle =
                edo::TaskBuilder().name("dying").spawn(waits(started, never));
            co_await started;
            handle.abort();
            static_cast<void>(co_await handle);
        });
        BOOST_TEST(name == "dying");
    });
}

BOOST_AUTO_TEST_CASE(spawning_an_empty_task_is_refused) {
    edo::block_on([]() -> edo::Task<void> {
        edo::TaskBuilder builder;
        builder.name("empty");
        BOOST_CHECK_THROW(builder.spawn(edo::Task<void>()).detach(), edo::UsageError);
        co_return;
    }());
    edo::TaskBuilder builder;
    BOOST_CHECK_THROW(builder.spawn(own_name()).detach(), edo::NoRuntimeError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
