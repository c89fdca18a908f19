// SPDX-License-Identifier: MIT
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/scope.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;
using namespace std::chrono_literals;

namespace {

edo::Task<void> adds_one(std::atomic<int>& counter) {
    ++counter;
    co_return;
}

edo::Task<void> adds_one_later(std::atomic<int>& counter) {
    co_await edo::yield_now();
    ++counter;
}

edo::Task<int> yields(int value) {
    co_await edo::yield_now();
    co_return value;
}

edo::Task<void> waits_for_ever(CountsDestruction /*counts*/) {
    Event never;
    co_await never;
}

edo::Task<void> throws_after(Event& event, std::string text) {
    co_await event;
    throw std::runtime_error(text);
}

edo::Task<void> until_alone() {
    while (edo::Handle::current().alive_tasks() > 0) {
        co_await edo::yield_now();
    }
}

BOOST_AUTO_TEST_SUITE(scope)

BOOST_AUTO_TEST_CASE(a_scope_without_children_yields_the_value_of_its_body) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            const int value = co_await edo::scope([](edo::Scope&) { return yields(5); });
            BOOST_TEST(value == 5);
            int local = 3;
            int& reference =
                co_await edo::scope([&local](edo::Scope&) -> edo::Task<int&> { co_return local; });
            BOOST_TEST(&reference == &local);
        }());
    });
}

BOOST_AUTO_TEST_CASE(all_children_have_ended_when_it_is_left) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            for (int round = 0; round < 20; ++round) {
                std::atomic<int> count = 0;
                co_await edo::scope([&count](edo::Scope& scope) -> edo::Task<void> {
                    for (int i = 0; i < 50; ++i) {
                        scope.spawn(adds_one(count));
                        scope.spawn(adds_one_later, std::ref(count));
                        scope.spawn([&count]() { return adds_one_later(count); });
                    }
                    co_return;
                });
                BOOST_TEST(count == 150);
            }
        }());
    });
}

BOOST_AUTO_TEST_CASE(children_run_in_parallel_with_the_body_and_with_each_other) {
    edo::Runtime runtime = edo::Builder::multi_thread(4).build();
    runtime.block_on([]() -> edo::Task<void> {
        std::atomic<int> arrived = 0;
        // Each blocks its thread until the others are there.
        const auto meet = [](std::atomic<int>& count) -> edo::Task<void> {
            ++count;
            while (count < 3) {
                std::this_thread::yield();
            }
            co_return;
        };
        co_await edo::scope([&arrived, &meet](edo::Scope& scope) -> edo::Task<void> {
            scope.spawn(meet(arrived));
            scope.spawn(meet(arrived));
            co_await meet(arrived);
        });
        BOOST_TEST(arrived == 3);
    }());
}

BOOST_AUTO_TEST_CASE(a_child_is_joined_only_after_its_destructors_have_run) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            for (int round = 0; round < 50; ++round) {
                std::atomic<int> destroyed = 0;
                const auto work = [](CountsDestruction /*counts*/,
                                     std::atomic<int>& d) -> edo::Task<CountsDestruction> {
                    const CountsDestruction local(d);
                    co_await edo::yield_now();
                    co_return CountsDestruction(d);
                };
                co_await edo::scope([&destroyed, &work](edo::Scope& scope) -> edo::Task<void> {
                    for (int i = 0; i < 10; ++i) {
                        scope.spawn(work(CountsDestruction(destroyed), destroyed));
                    }
                    co_return;
                });
                BOOST_TEST(destroyed == 30);  // argument, local and result
            }
        }());
    });
}

BOOST_AUTO_TEST_CASE(the_values_of_children_are_awaited_inside) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            const int sum = co_await edo::scope([](edo::Scope& scope) -> edo::Task<int> {
                edo::ScopedHandle<int> first = scope.spawn(yields(1));
                edo::ScopedHandle<int> second = scope.spawn(yields(2));
                BOOST_TEST((first.id() != second.id()));
                const edo::JoinResult<int> two = co_await second;
                const edo::JoinResult<int> one = co_await std::move(first);
                BOOST_TEST(!second.valid());
                BOOST_CHECK_THROW(static_cast<void>(second.operator co_await()), edo::UsageError);
                co_return one.value() + two.value();
            });
            BOOST_TEST(sum == 3);
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_handle_may_be_awaited_after_the_scope) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::ScopedHandle<int> handle;
            co_await edo::scope([&handle](edo::Scope& scope) -> edo::Task<void> {
                handle = scope.spawn(yields(9));
                co_return;
            });
            BOOST_TEST(handle.is_finished());
            const edo::JoinResult<int> value = co_await handle;
            BOOST_TEST(value.value() == 9);
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_wait_for_a_child_that_loses_a_select_can_be_repeated) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            const auto wait = [](Event& e) -> edo::Task<int> {
                co_await e;
                co_return 4;
            };
            const int value =
                co_await edo::scope([&event, &wait](edo::Scope& scope) -> edo::Task<int> {
                    edo::ScopedHandle<int> handle = scope.spawn(wait(event));
                    const auto first = co_await edo::select(handle, edo::yield_now());
                    BOOST_TEST(first.is<1>());
                    event.set();
                    const edo::JoinResult<int> result = co_await handle;
                    co_return result.value();
                });
            BOOST_TEST(value == 4);
        }());
    });
}

BOOST_AUTO_TEST_CASE(one_child_can_be_aborted_alone) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            std::atomic<int> count = 0;
            co_await edo::scope([&destroyed, &count](edo::Scope& scope) -> edo::Task<void> {
                edo::ScopedHandle<void> handle =
                    scope.spawn(waits_for_ever(CountsDestruction(destroyed)));
                scope.spawn(adds_one_later(count));
                co_await edo::yield_now();
                handle.abort();
                const edo::JoinResult<void> result = co_await handle;
                BOOST_TEST(result.error().is_cancelled());
                BOOST_TEST(destroyed == 1);
            });
            BOOST_TEST(count == 1);
        }());
    });
}

BOOST_AUTO_TEST_CASE(cancel_ends_the_children_and_not_the_body) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            std::atomic<int> count = 0;
            const int value =
                co_await edo::scope([&destroyed, &count](edo::Scope& scope) -> edo::Task<int> {
                    for (int i = 0; i < 100; ++i) {
                        scope.spawn(waits_for_ever(CountsDestruction(destroyed)));
                    }
                    co_await edo::yield_now();
                    scope.cancel();
                    scope.cancel();
                    edo::ScopedHandle<void> late = scope.spawn(adds_one(count));
                    const edo::JoinResult<void> result = co_await late;
                    BOOST_TEST(result.error().is_cancelled());
                    co_await edo::yield_now();
                    co_return 8;
                });
            BOOST_TEST(value == 8);
            BOOST_TEST(destroyed == 100);
            BOOST_TEST(count == 0);
        }());
    });
}

BOOST_AUTO_TEST_CASE(children_may_spawn_into_the_scope) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            struct Tree {
                static edo::Task<void> grow(edo::Scope& scope, std::atomic<int>& nodes, int depth) {
                    ++nodes;
                    if (depth > 0) {
                        scope.spawn(grow(scope, nodes, depth - 1));
                        co_await edo::yield_now();
                        scope.spawn(grow(scope, nodes, depth - 1));
                    }
                }
            };
            std::atomic<int> nodes = 0;
            co_await edo::scope([&nodes](edo::Scope& scope) -> edo::Task<void> {
                scope.spawn(Tree::grow(scope, nodes, 9));
                co_return;
            });
            BOOST_TEST(nodes == 1023);
        }());
    });
}

BOOST_AUTO_TEST_CASE(an_exception_of_a_child_ends_the_body_and_the_others_and_is_thrown) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            Event event;
            std::string caught;
            try {
                co_await edo::scope([&destroyed, &event](edo::Scope& scope) -> edo::Task<void> {
                    const CountsDestruction local(destroyed);
                    for (int i = 0; i < 10; ++i) {
                        scope.spawn(waits_for_ever(CountsDestruction(destroyed)));
                    }
                    scope.spawn(throws_after(event, "broken"));
                    co_await edo::yield_now();
                    event.set();
                    Event never;
                    co_await never;
                });
            } catch (const std::runtime_error& error) {
                caught = error.what();
                BOOST_TEST(destroyed == 11);
            }
            BOOST_TEST(caught == "broken");
        }());
    });
}

BOOST_AUTO_TEST_CASE(an_exception_of_the_body_ends_the_children_and_is_thrown) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            std::string caught;
            try {
                co_await edo::scope([&destroyed](edo::Scope& scope) -> edo::Task<void> {
                    for (int i = 0; i < 10; ++i) {
                        scope.spawn(waits_for_ever(CountsDestruction(destroyed)));
                    }
                    co_await edo::yield_now();
                    throw std::runtime_error("body");
                });
            } catch (const std::runtime_error& error) {
                caught = error.what();
                BOOST_TEST(destroyed == 10);
            }
            BOOST_TEST(caught == "body");
        }());
    });
}

BOOST_AUTO_TEST_CASE(an_exception_after_the_body_has_ended_is_thrown_too) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            std::atomic<int> destroyed = 0;
            const auto sets = [](Event& e) -> edo::Task<void> {
                co_await edo::yield_now();
                co_await edo::yield_now();
                e.set();
            };
            bool caught = false;
            try {
                static_cast<void>(co_await edo::scope(
                    [&event, &destroyed, &sets](edo::Scope& scope) -> edo::Task<int> {
                        scope.spawn(throws_after(event, "late"));
                        scope.spawn(waits_for_ever(CountsDestruction(destroyed)));
                        scope.spawn(sets(event));
                        co_return 3;
                    }));
            } catch (const std::runtime_error&) {
                caught = true;
            }
            BOOST_TEST(caught);
            BOOST_TEST(destroyed == 1);
        }());
    });
}

BOOST_AUTO_TEST_CASE(an_exception_of_the_callable_itself_and_an_empty_task_are_reported) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            const auto throws_at_once = [&destroyed](edo::Scope& scope) -> edo::Task<void> {
                scope.spawn(waits_for_ever(CountsDestruction(destroyed)));
                throw std::runtime_error("no task");
            };
            bool caught = false;
            try {
                co_await edo::scope(throws_at_once);
            } catch (const std::runtime_error&) {
                caught = true;
            }
            BOOST_TEST(caught);
            BOOST_TEST(destroyed == 1);
            bool misused = false;
            try {
                co_await edo::scope([](edo::Scope&) { return edo::Task<void>(); });
            } catch (const edo::UsageError&) {
                misused = true;
            }
            BOOST_TEST(misused);
        }());
    });
}

BOOST_AUTO_TEST_CASE(the_second_exception_goes_to_the_hook) {
    const edo::test::LeakGuard guard;
    std::atomic<int> reported = 0;
    edo::Builder builder = edo::Builder::multi_thread(4);
    builder.on_unhandled_exception(
        [&reported](std::uint64_t, const std::exception_ptr&) { ++reported; });
    edo::Runtime runtime = builder.build();
    runtime.block_on([]() -> edo::Task<void> {
        Event started;
        std::atomic<int> destroyed = 0;
        // Runs on while the scope fails, and sees that by the end of the other child.
        const auto fails_later = [](Event& s, std::atomic<int>& d) -> edo::Task<void> {
            s.set();
            while (d == 0) {
                std::this_thread::yield();
            }
            throw std::runtime_error("second");
            co_return;
        };
        std::string caught;
        try {
            co_await edo::scope(
                [&started, &destroyed, &fails_later](edo::Scope& scope) -> edo::Task<void> {
                    scope.spawn(fails_later(started, destroyed));
                    scope.spawn(waits_for_ever(CountsDestruction(destroyed)));
                    co_await started;
                    throw std::runtime_error("first");
                });
        } catch (const std::runtime_error& error) {
            caught = error.what();
        }
        BOOST_TEST(caught == "first");
    }());
    BOOST_TEST(reported == 1);
}

BOOST_AUTO_TEST_CASE(scopes_nest) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> count = 0;
            const auto inner = [](std::atomic<int>& outer_count) -> edo::Task<void> {
                std::atomic<int> own = 0;
                co_await edo::scope([&own](edo::Scope& scope) -> edo::Task<void> {
                    for (int i = 0; i < 10; ++i) {
                        scope.spawn(adds_one_later(own));
                    }
                    co_return;
                });
                outer_count += own;
            };
            co_await edo::scope([&count, &inner](edo::Scope& scope) -> edo::Task<void> {
                for (int i = 0; i < 10; ++i) {
                    scope.spawn(inner(count));
                }
                co_await inner(count);
            });
            BOOST_TEST(count == 110);
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_children) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            constexpr int kChildren = 100'000;
            std::atomic<int> count = 0;
            co_await edo::scope([&count](edo::Scope& scope) -> edo::Task<void> {
                for (int i = 0; i < kChildren; ++i) {
                    scope.spawn(adds_one(count));
                }
                co_return;
            });
            BOOST_TEST(count == kChildren);
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_loop_of_empty_scopes_lets_other_tasks_run) {
    const edo::test::LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    runtime.block_on([]() -> edo::Task<void> {
        std::atomic<int> ran = 0;
        edo::spawn(adds_one(ran)).detach();
        int rounds = 0;
        while (ran == 0 && rounds < 100'000) {
            ++rounds;
            co_await edo::scope([](edo::Scope&) -> edo::Task<void> { co_return; });
        }
        BOOST_TEST(ran == 1);
        co_await until_alone();
    }());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
