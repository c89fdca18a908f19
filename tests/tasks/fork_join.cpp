// SPDX-License-Identifier: MIT
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/block_in_place.hpp>
#include <edo/runtime/coop.hpp>
#include <edo/runtime/fork_join.hpp>
#include <edo/runtime/local_set.hpp>
#include <edo/runtime/task_builder.hpp>
#include <edo/runtime/task_local.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

using edo::test::Event;
using edo::test::for_each_flavor;
using namespace std::chrono_literals;

namespace {

edo::Task<int> number(int n) {
    co_return n;
}

edo::Task<void> nothing() {
    co_return;
}

edo::Task<int> fails(const char* why) {
    throw std::runtime_error(why);
    co_return 0;
}

edo::Task<int> waits_for(Event& event, int n) {
    co_await event;
    co_return n;
}

edo::Task<int> sets(Event& event, int n) {
    event.set();
    co_return n;
}

edo::Task<int> never() {
    Event event;
    co_await event;
    co_return 0;
}

edo::Task<std::uint64_t> fib(int n) {
    if (n < 2) {
        co_return std::uint64_t(n);
    }
    const auto [a, b] = co_await edo::fork_join(fib(n - 1), fib(n - 2));
    co_return a + b;
}

/// Calls itself, with yields in between.
edo::Task<std::uint64_t> slow_fib(int n) {
    if (n < 2) {
        co_await edo::yield_now();
        co_return std::uint64_t(n);
    }
    const auto [a, b] = co_await edo::fork_join(slow_fib(n - 1), slow_fib(n - 2));
    co_return a + b;
}

/// Runs `make()` in a spawned task, and as the root.
template <class Make>
void on_all(Make make) {
    for_each_flavor([&make](edo::Runtime& runtime) {
        runtime.block_on(make());
        runtime.block_on([](Make& m) -> edo::Task<void> {
            auto handle = edo::spawn(m());
            const auto result = co_await handle;
            BOOST_TEST(result.has_value());
        }(make));
    });
}

template <class Error, class Make>
edo::Task<std::string> message_of(Make make) {
    try {
        co_await make();
    } catch (const Error& error) {
        co_return error.what();
    }
    co_return "";
}

BOOST_AUTO_TEST_SUITE(fork_join)

BOOST_AUTO_TEST_CASE(values_come_in_the_order_of_the_arguments) {
    on_all([]() -> edo::Task<void> {
        const auto make_text = []() -> edo::Task<std::string> { co_return "b"; };
        const auto make_pointer = []() -> edo::Task<std::unique_ptr<int>> {
            co_return std::make_unique<int>(4);
        };
        auto [a, b, c, d] =
            co_await edo::fork_join(number(1), make_text(), nothing(), make_pointer());
        BOOST_TEST(a == 1);
        BOOST_TEST(b == "b");
        static_assert(std::is_same_v<decltype(c), edo::Unit>);
        BOOST_TEST(*d == 4);
    });
}

BOOST_AUTO_TEST_CASE(children_without_values_yield_none) {
    on_all([]() -> edo::Task<void> {
        static_assert(
            std::is_void_v<edo::detail::AwaitResult<decltype(edo::fork_join(nothing()))>>);
        co_await edo::fork_join(nothing(), nothing());
        co_await edo::fork_join();
        std::vector<edo::Task<void>> tasks;
        co_await edo::fork_join_all(std::move(tasks));
    });
}

BOOST_AUTO_TEST_CASE(references_are_yielded) {
    on_all([]() -> edo::Task<void> {
        int x = 1;
        const auto refer = [](int& r) -> edo::Task<int&> { co_return r; };
        auto [first, second] = co_await edo::fork_join(refer(x), number(2));
        x = 5;
        BOOST_TEST(first == 5 + 0 * second);
    });
}

BOOST_AUTO_TEST_CASE(vectors_and_arrays_of_tasks_yield_vectors_and_arrays) {
    on_all([]() -> edo::Task<void> {
        std::vector<edo::Task<int>> many;
        for (int i = 0; i < 1000; ++i) {
            many.push_back(number(i));
        }
        const std::vector<int> values = co_await edo::fork_join_all(std::move(many));
        BOOST_TEST(values.size() == 1000U);
        BOOST_TEST(values[999] == 999);
        std::array<edo::Task<int>, 3> few{number(1), number(2), number(3)};
        const std::array<int, 3> sums = co_await edo::fork_join_all(std::move(few));
        BOOST_TEST(std::accumulate(sums.begin(), sums.end(), 0) == 6);
        std::array<edo::Task<void>, 2> empty{nothing(), nothing()};
        co_await edo::fork_join_all(std::move(empty));
    });
}

BOOST_AUTO_TEST_CASE(a_tree_of_forks_adds_up) {
    on_all([]() -> edo::Task<void> {
        const std::uint64_t result = co_await fib(18);
        BOOST_TEST(result == 2584U);
    });
}

BOOST_AUTO_TEST_CASE(a_tree_whose_leaves_yield_adds_up) {
    on_all([]() -> edo::Task<void> {
        const std::uint64_t result = co_await slow_fib(12);
        BOOST_TEST(result == 144U);
    });
}

BOOST_AUTO_TEST_CASE(without_an_idle_worker_children_run_in_order_in_the_same_task) {
    edo::test::on_paused_clock([]() -> edo::Task<void> {
        std::vector<int> order;
        const auto child = [](std::vector<int>& o, edo::TaskId id, int n) -> edo::Task<void> {
            BOOST_TEST(edo::current_task_id()->value() == id.value());
            o.push_back(n);
            co_return;
        };
        const edo::TaskId id = *edo::current_task_id();
        std::array<edo::Task<void>, 3> children{child(order, id, 0), child(order, id, 1),
                                                child(order, id, 2)};
        co_await edo::fork_join_all(std::move(children));
        BOOST_TEST(order == (std::vector<int>{0, 1, 2}), boost::test_tools::per_element());
    });
}

BOOST_AUTO_TEST_CASE(a_child_that_waits_lets_the_next_ones_start) {
    on_all([]() -> edo::Task<void> {
        Event event;
        const auto [a, b] = co_await edo::fork_join(waits_for(event, 1), sets(event, 2));
        BOOST_TEST(a == 1);
        BOOST_TEST(b == 2);
    });
}

BOOST_AUTO_TEST_CASE(a_child_that_waits_lets_the_records_of_outer_forks_start) {
    on_all([]() -> edo::Task<void> {
        Event event;
        const auto inner = [](Event& e) -> edo::Task<int> {
            const auto [a, b] = co_await edo::fork_join(waits_for(e, 1), number(2));
            co_return a + b;
        };
        const auto outer = [inner](Event& e) -> edo::Task<int> {
            const auto [a, b] = co_await edo::fork_join(inner(e), number(3));
            co_return a + b;
        };
        const auto [a, b] = co_await edo::fork_join(outer(event), sets(event, 4));
        BOOST_TEST(a + b == 10);
    });
}

BOOST_AUTO_TEST_CASE(an_idle_worker_takes_a_child) {
    edo::Runtime runtime = edo::Builder::multi_thread(4).build();
    const auto parallel = []() -> edo::Task<void> {
        const auto until = std::chrono::steady_clock::now() + 20s;
        bool seen = false;
        while (!seen && std::chrono::steady_clock::now() < until) {
            std::atomic<bool> runs = false;
            const auto look = [](std::atomic<bool>& r) -> edo::Task<bool> {
                const auto end = std::chrono::steady_clock::now() + 10ms;
                while (!r && std::chrono::steady_clock::now() < end) {
                    std::this_thread::yield();
                }
                co_return r.load();
            };
            const auto run = [](std::atomic<bool>& r) -> edo::Task<void> {
                r = true;
                co_return;
            };
            const auto [saw, unit] = co_await edo::fork_join(look(runs), run(runs));
            static_cast<void>(unit);
            seen = saw;
        }
        BOOST_TEST(seen);
    };
    runtime.block_on(parallel());
    const auto handle_result = runtime.block_on([&parallel]() -> edo::Task<bool> {
        auto handle = edo::spawn(parallel());
        const auto result = co_await handle;
        co_return result.has_value();
    }());
    BOOST_TEST(handle_result);
}

BOOST_AUTO_TEST_CASE(an_exception_ends_the_other_children) {
    on_all([]() -> edo::Task<void> {
        for (int round = 0; round < 20; ++round) {
            const auto make = []() -> edo::Task<void> {
                const auto [a, b, c] = co_await edo::fork_join(never(), fails("second"), never());
                static_cast<void>(a + b + c);
            };
            const std::string what = co_await message_of<std::runtime_error>(make);
            BOOST_TEST(what == "second");
        }
    });
}

BOOST_AUTO_TEST_CASE(after_an_exception_the_next_children_do_not_start) {
    edo::test::on_paused_clock([]() -> edo::Task<void> {
        bool started = false;
        const auto child = [](bool& s) -> edo::Task<void> {
            s = true;
            co_return;
        };
        const auto make = [&started, child]() -> edo::Task<void> {
            co_await edo::fork_join(fails("first"), child(started));
        };
        const std::string what = co_await message_of<std::runtime_error>(make);
        BOOST_TEST(what == "first");
        BOOST_TEST(!started);
    });
}

BOOST_AUTO_TEST_CASE(an_exception_deep_in_a_tree_comes_out_at_the_top) {
    struct Tree {
        static edo::Task<int> grow(int depth) {
            if (depth == 0) {
                co_return 1;
            }
            if (depth == 3) {
                co_await edo::yield_now();
                throw std::runtime_error("deep");
            }
            const auto [a, b] = co_await edo::fork_join(grow(depth - 1), grow(depth - 1));
            co_return a + b;
        }
    };
    on_all([]() -> edo::Task<void> {
        const auto make = []() -> edo::Task<void> {
            const int sum = co_await Tree::grow(7);
            static_cast<void>(sum);
        };
        const std::string what = co_await message_of<std::runtime_error>(make);
        BOOST_TEST(what == "deep");
    });
}

BOOST_AUTO_TEST_CASE(children_share_the_locals_of_their_parent) {
    on_all([]() -> edo::Task<void> {
        std::array<int, 64> squares{};
        const auto square = [](std::array<int, 64>& s, std::size_t i) -> edo::Task<void> {
            if (i % 3 == 0) {
                co_await edo::yield_now();
            }
            s[i] = int(i * i);
        };
        std::vector<edo::Task<void>> children;
        for (std::size_t i = 0; i < squares.size(); ++i) {
            children.push_back(square(squares, i));
        }
        co_await edo::fork_join_all(std::move(children));
        for (std::size_t i = 0; i < squares.size(); ++i) {
            BOOST_TEST(squares[i] == int(i * i));
        }
    });
}

BOOST_AUTO_TEST_CASE(one_hundred_thousand_forks_inside_one_another_need_no_stack) {
    struct Chain {
        static edo::Task<int> go(int depth, bool wait) {
            if (depth == 0) {
                if (wait) {
                    co_return co_await never();
                }
                co_return 0;
            }
            const auto [a, b] = co_await edo::fork_join(go(depth - 1, wait), number(1));
            co_return a + b;
        }
    };
    for_each_flavor([](edo::Runtime& runtime) {
        const int depth = 100'000;
        const int sum = runtime.block_on(Chain::go(depth, false));
        BOOST_TEST(sum == depth);
        runtime.block_on([](int d) -> edo::Task<void> {
            auto handle = edo::spawn(Chain::go(d, true));
            for (int i = 0; i < 20; ++i) {
                co_await edo::yield_now();
            }
            handle.abort();
            const auto result = co_await handle;
            BOOST_TEST(result.error().is_cancelled());
        }(depth));
    });
}

BOOST_AUTO_TEST_CASE(a_deep_tree_lets_other_tasks_have_their_turns) {
    edo::Runtime runtime = edo::Builder::current_thread().build();
    runtime.block_on([]() -> edo::Task<void> {
        int turns = 0;
        bool over = false;
        auto other = edo::spawn([](int& t, bool& o) -> edo::Task<void> {
            while (!o) {
                ++t;
                co_await edo::yield_now();
            }
        }(turns, over));
        const std::uint64_t result = co_await fib(20);
        over = true;
        BOOST_TEST(result == 6765U);
        BOOST_TEST(turns > 50);  // 10,945 forks, and 128 a turn
        static_cast<void>(co_await other);
    }());
}

BOOST_AUTO_TEST_CASE(a_task_that_cannot_be_started_is_a_usage_error) {
    edo::test::on_paused_clock([]() -> edo::Task<void> {
        const auto make = []() -> edo::Task<void> {
            co_await edo::fork_join(nothing(), edo::Task<void>());
        };
        const std::string what = co_await message_of<edo::UsageError>(make);
        BOOST_TEST(!what.empty());
        const auto make_all = []() -> edo::Task<void> {
            std::vector<edo::Task<int>> tasks(2);
            co_await edo::fork_join_all(std::move(tasks));
        };
        const std::string what_all = co_await message_of<edo::UsageError>(make_all);
        BOOST_TEST(!what_all.empty());
    });
}

BOOST_AUTO_TEST_CASE(results_that_are_never_awaited_are_never_made) {
    edo::test::on_paused_clock([]() -> edo::Task<void> {
        {
            [[maybe_unused]] auto forgotten = edo::fork_join(number(1), number(2));
        }
        co_return;
    });
}

edo::TaskLocal<std::string> handed_on{edo::Inherit::Copy};
edo::TaskLocal<int> kept{edo::Inherit::None};

edo::Task<int> sees(Event& event, bool set, int expected) {
    if (set) {
        event.set();
    } else {
        co_await event;
    }
    // On any thread, so not a check of the test framework.
    co_return handed_on.get() == "x" && kept.try_get().value_or(0) == expected ? 1 : 0;
}

BOOST_AUTO_TEST_CASE(children_see_the_task_locals_of_the_caller) {
    on_all([]() -> edo::Task<void> {
        const auto fork = [](int expected) -> edo::Task<int> {
            Event event;
            const auto [a, b, c] =
                co_await edo::fork_join(sees(event, false, expected), sees(event, true, expected),
                                        sees(event, false, expected));
            BOOST_TEST(handed_on.get() == "x");
            co_return a + b + c;
        };
        const int one = co_await handed_on.scope("x", fork(0));
        const int two = co_await handed_on.scope("x", kept.scope(7, fork(7)));
        BOOST_TEST(one + two == 6);
        BOOST_TEST(!handed_on.has_value());
    });
}

BOOST_AUTO_TEST_CASE(a_child_that_suspends_inside_a_task_local_leaves_it_to_itself) {
    on_all([]() -> edo::Task<void> {
        Event event;
        const auto inside = [](Event& e) -> edo::Task<int> {
            co_return co_await kept.scope(3, waits_for(e, 1));
        };
        const auto outside = [](Event& e) -> edo::Task<int> {
            BOOST_TEST(!kept.has_value());
            e.set();
            co_return 2;
        };
        const auto [a, b] = co_await edo::fork_join(inside(event), outside(event));
        BOOST_TEST(a + b == 3);
    });
}

BOOST_AUTO_TEST_CASE(a_child_that_becomes_a_task_has_the_name_of_its_parents_task) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            const auto parent = []() -> edo::Task<int> {
                Event event;
                const auto named = [](Event& e) -> edo::Task<int> {
                    BOOST_TEST(edo::current_task_name() == "tree");
                    e.set();
                    co_return 1;
                };
                const auto [a, b] = co_await edo::fork_join(waits_for(event, 1), named(event));
                co_return a + b;
            };
            auto handle = edo::TaskBuilder().name("tree").spawn(parent());
            const auto result = co_await handle;
            BOOST_TEST(result.value() == 2);
        }());
    });
}

BOOST_AUTO_TEST_CASE(in_a_local_set_children_stay_on_its_thread) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::LocalSet local;
        runtime.block_on([](edo::LocalSet& set) -> edo::Task<void> {
            co_await set.run_until([]() -> edo::Task<void> {
                auto handle = edo::spawn_local([]() -> edo::Task<int> {
                    const auto thread = std::this_thread::get_id();
                    const edo::TaskId id = *edo::current_task_id();
                    Event event;
                    const auto here = [](Event& e, std::thread::id t,
                                         edo::TaskId i) -> edo::Task<int> {
                        BOOST_TEST((std::this_thread::get_id() == t));
                        BOOST_TEST(edo::current_task_id()->value() == i.value());
                        e.set();
                        co_return 1;
                    };
                    const auto [a, b] =
                        co_await edo::fork_join(waits_for(event, 1), here(event, thread, id));
                    const std::uint64_t tree = co_await slow_fib(8);
                    co_return a + b + int(tree);
                }());
                const auto result = co_await handle;
                BOOST_TEST(result.value() == 23);
            }());
        }(local));
    });
}

BOOST_AUTO_TEST_CASE(forks_work_inside_scopes_joins_and_selects) {
    on_all([]() -> edo::Task<void> {
        const auto body = [](edo::Scope& scope) -> edo::Task<std::uint64_t> {
            edo::ScopedHandle<std::uint64_t> one = scope.spawn(fib(12));
            const auto [two, three] = co_await edo::join(fib(12), slow_fib(8));
            const auto of_one = co_await one;
            co_return of_one.value() + two + three;
        };
        const std::uint64_t sum = co_await edo::scope(body);
        BOOST_TEST(sum == 144U + 144U + 21U);
        const auto forks = []() -> edo::Task<int> {
            const auto [a, b] = co_await edo::fork_join(never(), never());
            co_return a + b;
        };
        for (int i = 0; i < 20; ++i) {
            const auto chosen = co_await edo::select(forks(), slow_fib(6));
            BOOST_TEST(chosen.index() == 1U);
        }
        const auto [a, b] = co_await edo::fork_join(
            []() -> edo::Task<int> {
                const auto [x, y] = co_await edo::join(number(1), fib(10));
                co_return x + int(y);
            }(),
            number(1));
        BOOST_TEST(a + b == 57);
    });
}

BOOST_AUTO_TEST_CASE(a_child_that_blocks_in_place_lets_the_next_one_run) {
    edo::Runtime runtime = edo::Builder::multi_thread(2).build();
    runtime.block_on([]() -> edo::Task<void> {
        auto handle = edo::spawn([]() -> edo::Task<int> {
            Event event;
            const auto blocks = [](Event& e) -> edo::Task<int> {
                edo::block_in_place([&e] { e.wait(); });
                co_return 1;
            };
            const auto [a, b] = co_await edo::fork_join(blocks(event), sets(event, 2));
            co_return a + b;
        }());
        const auto result = co_await handle;
        BOOST_TEST(result.value() == 3);
    }());
}

BOOST_AUTO_TEST_CASE(a_dump_shows_the_children) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event go;
            const auto parent = [](Event& e) -> edo::Task<int> {
                const auto [a, b] = co_await edo::fork_join(waits_for(e, 1), waits_for(e, 2));
                co_return a + b;
            };
            auto handle = edo::spawn(parent(go));
            std::string dump;
            while (dump.find("child 0") == std::string::npos ||
                   dump.find("running") != std::string::npos ||
                   dump.find("ready") != std::string::npos) {
                co_await edo::yield_now();
                dump = edo::dump_tasks();
            }
            BOOST_TEST(dump.find("child 1") != std::string::npos);
            BOOST_TEST(dump.find("fork_join.cpp") != std::string::npos);
            go.set();
            const auto result = co_await handle;
            BOOST_TEST(result.value() == 3);
        }());
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
