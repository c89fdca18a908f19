// SPDX-License-Identifier: MIT
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;

namespace {

std::string at(int line) {
    return std::string("at ") + __FILE__ + ":" + std::to_string(line) + "\n";
}

constexpr int kWaitLine = __LINE__ + 2;
edo::Task<void> wait_for(Event& event) {
    co_await event;
}

constexpr int kMiddleLine = __LINE__ + 2;
edo::Task<void> middle(Event& event) {
    co_await wait_for(event);
}

constexpr int kJoinLine = __LINE__ + 2;
edo::Task<void> joins(Event& event) {
    co_await edo::join(middle(event), edo::yield_now(), wait_for(event));
}

/// What the dump says of the only task, once it says that it is suspended.
edo::Task<std::string> dump_of_suspended() {
    for (;;) {
        const std::string dump = edo::dump_tasks();
        if (dump.find("suspended") != std::string::npos) {
            co_return dump;
        }
        co_await edo::yield_now();
    }
}

BOOST_AUTO_TEST_SUITE(dump_tasks)

BOOST_AUTO_TEST_CASE(of_a_runtime_without_tasks_is_empty) {
    for_each_flavor([](edo::Runtime& runtime) {
        BOOST_TEST(edo::dump_tasks(runtime.handle()) == "0 tasks\n");
        runtime.block_on([]() -> edo::Task<void> {
            BOOST_TEST(edo::dump_tasks() == "0 tasks\n");
            co_return;
        });
    });
}

BOOST_AUTO_TEST_CASE(needs_a_runtime) {
    BOOST_CHECK_THROW(static_cast<void>(edo::dump_tasks()), edo::NoRuntimeError);
}

BOOST_AUTO_TEST_CASE(shows_the_chain_of_awaits) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            edo::JoinHandle<void> handle = edo::spawn(middle(event));
            const std::string dump = co_await dump_of_suspended();
            const std::string id = std::to_string(handle.id().value());
            BOOST_TEST(dump == "1 task\ntask " + id + ": suspended\n  " + at(kMiddleLine) + "  " +
                                   at(kWaitLine));
            event.set();
            static_cast<void>(co_await handle);
        });
    });
}

BOOST_AUTO_TEST_CASE(shows_the_branches_of_a_join) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            edo::JoinHandle<void> handle = edo::spawn(joins(event));
            std::string dump;
            do {  // until the middle branch is done
                co_await edo::yield_now();
                dump = edo::dump_tasks();
            } while (dump.find("suspended") == std::string::npos ||
                     dump.find("done") == std::string::npos);
            const std::string id = std::to_string(handle.id().value());
            const std::string expected = "1 task\ntask " + id + ": suspended\n  " + at(kJoinLine) +
                                         "    branch 0\n      " + at(kMiddleLine) + "      " +
                                         at(kWaitLine) +
                                         "    branch 1\n      done\n"
                                         "    branch 2\n      " +
                                         at(kWaitLine);
            BOOST_TEST(dump == expected);
            event.set();
            static_cast<void>(co_await handle);
        });
    });
}

BOOST_AUTO_TEST_CASE(shows_tasks_in_the_order_of_their_ids_in_every_state) {
    const LeakGuard guard;
    edo::block_on([]() -> edo::Task<void> {
        Event event;
        edo::JoinHandle<void> suspended = edo::spawn(wait_for(event));
        co_await edo::yield_now();
        edo::JoinHandle<void> fresh = edo::spawn(wait_for(event));
        auto looks = []() -> edo::Task<std::string> { co_return edo::dump_tasks(); };
        edo::JoinHandle<std::string> running = edo::spawn(looks());
        const auto id = running.id();
        const auto dump = co_await running;
        const std::string& text = dump.value();
        BOOST_TEST(text.starts_with("3 tasks\n"));
        const auto position = [&text](const auto& handle, const std::string& state) {
            return text.find("task " + std::to_string(handle) + ": " + state);
        };
        const std::size_t first = position(suspended.id().value(), "suspended");
        const std::size_t second = position(id.value(), "running\n");
        BOOST_TEST(first != std::string::npos);
        BOOST_TEST(second != std::string::npos);
        BOOST_TEST(first < second);
        if (position(fresh.id().value(), "suspended") == std::string::npos) {
            BOOST_TEST(text.ends_with("1 ready to run that have not waited for anything yet\n"));
        }
        event.set();
        static_cast<void>(co_await suspended);
        static_cast<void>(co_await fresh);
    }());
}

BOOST_AUTO_TEST_CASE(works_while_a_worker_is_stuck) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::multi_thread(2).build();
    std::atomic<bool> stop = false;
    Event computing;
    Event event;
    auto compute = [](std::atomic<bool>& s, Event& started) -> edo::Task<void> {
        started.set();
        while (!s) {
        }
        co_return;
    };
    edo::JoinHandle<void> stuck = runtime.spawn(compute(stop, computing));
    edo::JoinHandle<void> waiting = runtime.spawn(middle(event));
    computing.wait();
    std::string dump;
    do {
        dump = edo::dump_tasks(runtime.handle());
    } while (dump.find("suspended") == std::string::npos);
    BOOST_TEST(dump.find("task " + std::to_string(stuck.id().value()) + ": running\n") !=
               std::string::npos);
    BOOST_TEST(dump.find(at(kMiddleLine)) != std::string::npos);
    stop = true;
    event.set();
    runtime.block_on([](auto& a, auto& b) -> edo::Task<void> {
        static_cast<void>(co_await a);
        static_cast<void>(co_await b);
    }(stuck, waiting));
}

BOOST_AUTO_TEST_CASE(disturbs_no_task_that_is_running) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<bool> stop = false;
        std::jthread dumper([&stop, handle = runtime.handle()] {
            for (int i = 0; i < 200; ++i) {
                const std::string dump = edo::dump_tasks(handle);
                if (dump.find(" task") == std::string::npos) {
                    break;
                }
            }
            stop = true;
        });
        runtime.block_on([](const std::atomic<bool>& s) -> edo::Task<void> {
            auto busy = [](const std::atomic<bool>& end) -> edo::Task<int> {
                int rounds = 0;
                while (!end) {
                    co_await edo::join(edo::yield_now(), edo::sleep(0ms));
                    Event never;
                    auto first = co_await edo::select(never, edo::yield_now());
                    rounds += int(first.index());
                }
                co_return rounds;
            };
            auto spawns = [](const std::atomic<bool>& end) -> edo::Task<int> {
                int joined = 0;
                while (!end) {
                    auto handle = edo::spawn([]() -> edo::Task<int> {
                        co_await edo::yield_now();
                        co_return 1;
                    });
                    const auto result = co_await handle;
                    joined += result.value();
                }
                co_return joined;
            };
            std::vector<edo::JoinHandle<int>> tasks;
            for (int i = 0; i < 8; ++i) {
                tasks.push_back(edo::spawn(busy(s)));
                tasks.push_back(edo::spawn(spawns(s)));
            }
            for (auto& task : tasks) {
                const auto result = co_await task;
                BOOST_TEST(result.has_value());
            }
        }(stop));
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
