// SPDX-License-Identifier: MIT
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;

namespace {

edo::Task<int> answer() {
    co_return 42;
}

edo::Task<void> sets(Event& event) {
    event.set();
    co_return;
}

edo::Task<void> wait_for(Event& event) {
    co_await event;
}

edo::Task<int> value_of(edo::JoinHandle<int> handle) {
    const edo::JoinResult<int> result = co_await handle;
    co_return result.value();
}

edo::Task<void> finish(edo::JoinHandle<void> handle) {
    const edo::JoinResult<void> result = co_await handle;
    BOOST_TEST(result.has_value());
}

BOOST_AUTO_TEST_SUITE(spawn)

BOOST_AUTO_TEST_CASE(a_spawned_task_runs_without_being_awaited) {
    for_each_flavor([](edo::Runtime& runtime) {
        Event done;
        edo::JoinHandle<void> handle = runtime.spawn(sets(done));
        runtime.block_on(wait_for(done));
        runtime.block_on(finish(std::move(handle)));
    });
}

BOOST_AUTO_TEST_CASE(spawn_itself_runs_no_part_of_the_task) {
    const LeakGuard guard;
    edo::block_on([]() -> edo::Task<void> {
        Event started;
        edo::JoinHandle<void> handle = edo::spawn(sets(started));
        BOOST_TEST(!started.is_set());
        co_await edo::yield_now();
        BOOST_TEST(started.is_set());
        BOOST_TEST(handle.is_finished());
    }());
}

BOOST_AUTO_TEST_CASE(the_handle_yields_the_value) {
    for_each_flavor([](edo::Runtime& runtime) {
        BOOST_TEST(runtime.block_on(value_of(runtime.spawn(answer()))) == 42);
    });
}

BOOST_AUTO_TEST_CASE(values_are_moved_through) {
    for_each_flavor([](edo::Runtime& runtime) {
        const int value = runtime.block_on([]() -> edo::Task<int> {
            auto make = []() -> edo::Task<std::unique_ptr<int>> {
                co_return std::make_unique<int>(7);
            };
            auto handle = edo::spawn(make);
            auto result = co_await handle;
            const std::unique_ptr<int> owned = std::move(result).value();
            co_return *owned;
        });
        BOOST_TEST(value == 7);
    });
}

BOOST_AUTO_TEST_CASE(a_dropped_handle_detaches_the_task) {
    for_each_flavor([](edo::Runtime& runtime) {
        Event go;
        Event done;
        const auto work = [](Event& start, Event& end) -> edo::Task<void> {
            co_await start;
            end.set();
        };
        {
            auto dropped = runtime.spawn(work(go, done));
        }
        go.set();
        runtime.block_on(wait_for(done));
    });
}

BOOST_AUTO_TEST_CASE(detach_leaves_an_empty_handle) {
    for_each_flavor([](edo::Runtime& runtime) {
        Event done;
        edo::JoinHandle<void> handle = runtime.spawn(sets(done));
        handle.detach();
        BOOST_TEST(!handle.valid());
        BOOST_TEST(handle.is_finished());
        handle.abort();  // does nothing
        BOOST_CHECK_THROW(static_cast<void>(handle.id()), edo::UsageError);
        runtime.block_on(wait_for(done));
    });
}

BOOST_AUTO_TEST_CASE(the_result_of_a_detached_task_is_destroyed) {
    for_each_flavor([](edo::Builder builder) {
        std::atomic<int> destroyed = 0;
        {
            edo::Runtime runtime = builder.build();
            const auto make = [](std::atomic<int>& counter) -> edo::Task<CountsDestruction> {
                co_return CountsDestruction(counter);
            };
            {
                auto dropped = runtime.spawn(make(destroyed));
            }
            edo::JoinHandle<CountsDestruction> kept = runtime.spawn(make(destroyed));
            runtime.block_on([](auto& handle) -> edo::Task<void> {
                while (!handle.is_finished()) {
                    co_await edo::yield_now();
                }
            }(kept));
        }
        BOOST_TEST(destroyed == 2);
    });
}

BOOST_AUTO_TEST_CASE(a_handle_is_awaited_once) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::JoinHandle<int> handle = edo::spawn(answer());
            const edo::JoinResult<int> result = co_await handle;
            BOOST_TEST(result.value() == 42);
            BOOST_TEST(!handle.valid());
            BOOST_CHECK_THROW(static_cast<void>(co_await handle), edo::UsageError);
            BOOST_CHECK_THROW(static_cast<void>(co_await edo::JoinHandle<int>()), edo::UsageError);
        });
    });
}

BOOST_AUTO_TEST_CASE(a_handle_is_awaited_by_another_task) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::JoinHandle<int> inner = runtime.spawn(answer());
        edo::JoinHandle<int> outer = runtime.spawn(value_of(std::move(inner)));
        BOOST_TEST(runtime.block_on(value_of(std::move(outer))) == 42);
    });
}

BOOST_AUTO_TEST_CASE(a_dropped_wait_loses_nothing) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event go;
            auto work = [](Event& start) -> edo::Task<int> {
                co_await start;
                co_return 42;
            };
            edo::JoinHandle<int> handle = edo::spawn(work(go));
            auto first = co_await edo::select(handle, edo::yield_now());
            BOOST_TEST(first.index() == 1U);
            go.set();
            const edo::JoinResult<int> result = co_await handle;
            BOOST_TEST(result.value() == 42);
        });
    });
}

BOOST_AUTO_TEST_CASE(a_capturing_lambda_lives_as_long_as_its_coroutine) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::string text = "a text that is too long for the small string buffer";
        Event go;
        edo::JoinHandle<std::size_t> handle;
        {
            auto work = [copy = text, &go]() -> edo::Task<std::size_t> {
                co_await go;
                co_return copy.size();
            };
            handle = runtime.spawn(std::move(work));
        }
        go.set();
        const std::size_t size = runtime.block_on([](auto joined) -> edo::Task<std::size_t> {
            const auto result = co_await joined;
            co_return result.value();
        }(std::move(handle)));
        BOOST_TEST(size == text.size());
    });
}

BOOST_AUTO_TEST_CASE(references_among_the_parameters_refer_to_copies_of_the_arguments) {
    for_each_flavor([](edo::Runtime& runtime) {
        Event go;
        edo::JoinHandle<std::size_t> handle;
        {
            const std::string text = "another text that is too long for a small buffer";
            auto work = [](const std::string& s, Event* start) -> edo::Task<std::size_t> {
                co_await *start;
                co_return s.size();
            };
            handle = runtime.spawn(work, text, &go);
        }
        go.set();
        const std::size_t size = runtime.block_on([](auto joined) -> edo::Task<std::size_t> {
            const auto result = co_await joined;
            co_return result.value();
        }(std::move(handle)));
        BOOST_TEST(size == 48U);
    });
}

BOOST_AUTO_TEST_CASE(function_and_arguments_are_destroyed_when_the_task_ends) {
    for_each_flavor([](edo::Builder builder) {
        std::atomic<int> destroyed = 0;
        edo::Runtime runtime = builder.build();
        auto work = [captured = CountsDestruction(destroyed)](
                        const CountsDestruction& /*argument*/) -> edo::Task<void> {
            co_await edo::yield_now();
        };
        auto handle = runtime.spawn(std::move(work), CountsDestruction(destroyed));
        runtime.block_on([](auto& joined, std::atomic<int>& counter) -> edo::Task<void> {
            const auto result = co_await joined;
            BOOST_TEST(result.has_value());
            BOOST_TEST(counter == 2);  // although the handle still exists
        }(handle, destroyed));
    });
}

BOOST_AUTO_TEST_CASE(a_callable_that_throws_before_it_makes_a_task_throws_from_spawn) {
    for_each_flavor([](edo::Runtime& runtime) {
        const std::function<edo::Task<void>()> throws = []() {
            if (true) {
                throw std::runtime_error("no task");
            }
            return edo::Task<void>();
        };
        BOOST_CHECK_THROW(static_cast<void>(runtime.spawn(throws)), std::runtime_error);
    });
}

BOOST_AUTO_TEST_CASE(ids_are_unique) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::set<edo::TaskId> ids;
            std::vector<edo::JoinHandle<int>> handles;
            for (int i = 0; i < 3000; ++i) {
                handles.push_back(edo::spawn(answer()));
                ids.insert(handles.back().id());
            }
            BOOST_TEST(ids.size() == handles.size());
            for (auto& handle : handles) {
                const auto result = co_await handle;
                BOOST_TEST(result.value() == 42);
            }
        });
    });
}

BOOST_AUTO_TEST_CASE(many_tasks_all_run) {
    for_each_flavor([](edo::Runtime& runtime) {
        constexpr int kTasks = 10'000;
        std::atomic<int> ran = 0;
        runtime.block_on([](std::atomic<int>& counter) -> edo::Task<void> {
            auto work = [](std::atomic<int>& c) -> edo::Task<void> {
                co_await edo::yield_now();
                ++c;
            };
            std::vector<edo::JoinHandle<void>> handles;
            for (int i = 0; i < kTasks; ++i) {
                handles.push_back(edo::spawn(work(counter)));
            }
            for (auto& handle : handles) {
                const auto result = co_await handle;
                BOOST_TEST(result.has_value());
            }
        }(ran));
        BOOST_TEST(ran == kTasks);
    });
}

BOOST_AUTO_TEST_CASE(tasks_are_spawned_from_outside_threads) {
    for_each_flavor([](edo::Runtime& runtime) {
        constexpr int kThreads = 8;
        constexpr int kTasks = 200;
        std::atomic<int> ran = 0;
        Event all;
        {
            std::vector<std::jthread> threads;
            for (int t = 0; t < kThreads; ++t) {
                threads.emplace_back([&ran, &all, handle = runtime.handle()] {
                    for (int i = 0; i < kTasks; ++i) {
                        auto work = [](std::atomic<int>& c, Event& e) -> edo::Task<void> {
                            co_await edo::yield_now();
                            if (++c == kThreads * kTasks) {
                                e.set();
                            }
                        };
                        handle.spawn(work(ran, all)).detach();
                    }
                });
            }
        }
        runtime.block_on(wait_for(all));
        BOOST_TEST(ran == kThreads * kTasks);
    });
}

BOOST_AUTO_TEST_CASE(a_task_sees_its_own_runtime_and_spawns_into_it) {
    for_each_flavor([](edo::Runtime& runtime) {
        const int value = runtime.block_on([]() -> edo::Task<int> {
            auto outer = []() -> edo::Task<int> {
                edo::JoinHandle<int> inner = edo::spawn(answer());
                const auto result = co_await inner;
                co_return result.value();
            };
            edo::JoinHandle<int> handle = edo::spawn(outer());
            const auto result = co_await handle;
            co_return result.value();
        });
        BOOST_TEST(value == 42);
    });
}

BOOST_AUTO_TEST_CASE(outside_a_runtime_spawn_says_so) {
    const LeakGuard guard;
    BOOST_CHECK_THROW(static_cast<void>(edo::spawn(answer())), edo::NoRuntimeError);
    BOOST_CHECK_THROW(static_cast<void>(edo::spawn([]() -> edo::Task<int> { co_return 1; })),
                      edo::NoRuntimeError);
    BOOST_CHECK_THROW(static_cast<void>(edo::spawn_blocking([] {})), edo::NoRuntimeError);
    try {
        static_cast<void>(edo::spawn(answer()));
    } catch (const edo::NoRuntimeError& error) {
        BOOST_TEST(std::string_view(error.what()).find("enter a runtime") !=
                   std::string_view::npos);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
