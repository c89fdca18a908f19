// SPDX-License-Identifier: MIT
// One branch of a task awaits a handle or a set, and another branch moves it or drops it.
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/abort_on_drop.hpp>
#include <edo/runtime/coop.hpp>
#include <edo/runtime/join_map.hpp>
#include <edo/runtime/join_queue.hpp>
#include <edo/runtime/join_set.hpp>
#include <edo/runtime/scope.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;

namespace {

edo::Task<int> yields_after(Event& event, int value) {
    co_await event;
    co_return value;
}

edo::Task<int> waits_for_ever(CountsDestruction /*counts*/) {
    Event never;
    co_await never;
    co_return 0;
}

/// Whether the wait fails, with the value if it does not.
template <class Handle>
edo::Task<std::optional<int>> await_it(Handle& handle) {
    try {
        const edo::JoinResult<int> result = co_await handle;
        co_return result.value();
    } catch (const edo::UsageError&) {
        co_return std::nullopt;
    }
}

template <class Set>
edo::Task<bool> next_fails(Set& set) {
    try {
        auto next = co_await set->join_next();
        co_return false;
    } catch (const edo::UsageError&) {
        co_return true;
    }
}

template <class Handle>
edo::Task<void> drop(Handle& handle) {
    handle = Handle();
    co_return;
}

edo::Task<void> until_alone() {
    while (edo::Handle::current().alive_tasks() > 0) {
        co_await edo::yield_now();
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dropped_while_awaited)

BOOST_AUTO_TEST_CASE(the_wait_for_a_handle_that_is_dropped_fails_and_the_task_goes_on) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            std::atomic<bool> ended{false};
            const auto work = [](Event& e, std::atomic<bool>& done) -> edo::Task<int> {
                co_await e;
                done = true;
                co_return 1;
            };
            edo::JoinHandle<int> handle = edo::spawn(work(event, ended));
            auto [value, unit] = co_await edo::join(await_it(handle), drop(handle));
            BOOST_TEST(!value.has_value());
            BOOST_TEST(!handle.valid());
            BOOST_TEST(!ended.load());
            event.set();
            co_await until_alone();
            BOOST_TEST(ended.load());
        }());
    });
}

BOOST_AUTO_TEST_CASE(detach_ends_the_wait_too) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            edo::JoinHandle<int> handle = edo::spawn(yields_after(event, 1));
            const auto detach = [](edo::JoinHandle<int>& h) -> edo::Task<void> {
                h.detach();
                co_return;
            };
            auto [value, unit] = co_await edo::join(await_it(handle), detach(handle));
            BOOST_TEST(!value.has_value());
            event.set();
            co_await until_alone();
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_task_that_has_ended_but_whose_waiter_has_not_run_may_be_dropped) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event start;
            Event last_word;
            const auto work = [](Event& begin, Event& tell) -> edo::Task<std::string> {
                co_await begin;
                tell.set();  // the branch that drops the handle is ready before the one that waits
                co_return std::string(100, 'x');
            };
            auto handle = edo::spawn(work(start, last_word));
            const auto wait = [](edo::JoinHandle<std::string>& h) -> edo::Task<bool> {
                try {
                    const edo::JoinResult<std::string> result = co_await h;
                    co_return result.has_value();
                } catch (const edo::UsageError&) {
                    co_return false;
                }
            };
            const auto drop_after = [](Event& begin, Event& told,
                                       edo::JoinHandle<std::string>& h) -> edo::Task<bool> {
                begin.set();
                co_await told;
                const bool still_there = h.valid();
                h = edo::JoinHandle<std::string>();
                co_return still_there;
            };
            auto [value, dropped] =
                co_await edo::join(wait(handle), drop_after(start, last_word, handle));
            BOOST_TEST(value != dropped);  // one of the two had the task
            co_await until_alone();
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_wait_whose_handle_was_dropped_may_be_dropped_too) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            edo::JoinHandle<int> handle = edo::spawn(yields_after(event, 1));
            const auto first = co_await edo::select(edo::biased, await_it(handle), drop(handle));
            BOOST_TEST(first.is<1>());
            event.set();
            co_await until_alone();
        }());
    });
}

BOOST_AUTO_TEST_CASE(the_wait_goes_along_with_a_handle_that_is_moved) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            std::vector<edo::JoinHandle<int>> handles;
            handles.push_back(edo::spawn(yields_after(event, 7)));
            const auto grow = [](Event& e,
                                 std::vector<edo::JoinHandle<int>>& all) -> edo::Task<void> {
                for (int i = 0; i < 100; ++i) {
                    all.push_back(edo::spawn(yields_after(e, i)));  // moves the first one
                }
                e.set();
                co_return;
            };
            auto [value, unit] = co_await edo::join(await_it(handles[0]), grow(event, handles));
            BOOST_TEST(value.value() == 7);
            BOOST_TEST(!handles[0].valid());
            const edo::JoinResult<int> other = co_await handles[100];
            BOOST_TEST(other.value() == 99);
        }());
    });
}

BOOST_AUTO_TEST_CASE(two_branches_cannot_await_the_same_handle) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            edo::JoinHandle<int> handle = edo::spawn(yields_after(event, 7));
            const auto set = [](Event& e) -> edo::Task<void> {
                e.set();
                co_return;
            };
            auto [one, two, unit] =
                co_await edo::join(await_it(handle), await_it(handle), set(event));
            BOOST_TEST(one.value() == 7);
            BOOST_TEST(!two.has_value());
        }());
    });
}

BOOST_AUTO_TEST_CASE(an_abort_on_drop_that_is_dropped_aborts_and_ends_the_wait) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed{0};
            edo::AbortOnDrop<int> handle(edo::spawn(waits_for_ever(CountsDestruction(destroyed))));
            auto [value, unit] = co_await edo::join(await_it(handle), drop(handle));
            BOOST_TEST(!value.has_value());
            co_await until_alone();
            BOOST_TEST(destroyed.load() == 1);
        }());
    });
}

BOOST_AUTO_TEST_CASE(the_wait_goes_along_when_an_abort_on_drop_gives_its_handle_back) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            edo::AbortOnDrop<int> handle(edo::spawn(yields_after(event, 7)));
            edo::JoinHandle<int> plain;
            const auto take = [](Event& e, edo::AbortOnDrop<int>& from,
                                 edo::JoinHandle<int>& to) -> edo::Task<void> {
                to = from.detach();
                e.set();
                co_return;
            };
            auto [value, unit] = co_await edo::join(await_it(handle), take(event, handle, plain));
            BOOST_TEST(value.value() == 7);
            BOOST_TEST(!plain.valid());
        }());
    });
}

BOOST_AUTO_TEST_CASE(the_wait_for_a_child_of_a_scope_fails_with_its_handle) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            const int value = co_await edo::scope([&event](edo::Scope& scope) -> edo::Task<int> {
                edo::ScopedHandle<int> handle = scope.spawn(yields_after(event, 7));
                auto [dropped, unit] = co_await edo::join(await_it(handle), drop(handle));
                BOOST_TEST(!dropped.has_value());

                edo::ScopedHandle<int> moved = scope.spawn(yields_after(event, 8));
                edo::ScopedHandle<int> target;
                const auto move = [](Event& e, edo::ScopedHandle<int>& from,
                                     edo::ScopedHandle<int>& to) -> edo::Task<void> {
                    to = std::move(from);
                    e.set();
                    co_return;
                };
                auto [one, two, done] = co_await edo::join(await_it(moved), await_it(moved),
                                                           move(event, moved, target));
                BOOST_TEST(!two.has_value());
                BOOST_TEST(!target.valid());
                co_return one.value();
            });
            BOOST_TEST(value == 8);
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_wait_in_its_next_turn_fails_with_its_handle) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            edo::JoinHandle<int> handle = edo::spawn(yields_after(event, 1));
            const auto wait = [](edo::JoinHandle<int>& h) -> edo::Task<std::optional<int>> {
                while (edo::has_budget_remaining()) {
                    co_await edo::consume_budget();
                }
                co_return co_await await_it(h);
            };
            auto [value, unit] = co_await edo::join(wait(handle), drop(handle));
            BOOST_TEST(!value.has_value());
            event.set();
            co_await until_alone();
        }());
    });
}

BOOST_AUTO_TEST_CASE(the_wait_for_a_set_that_is_destroyed_fails) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            const auto destroy = [](auto& set) -> edo::Task<void> {
                set.reset();
                co_return;
            };
            std::atomic<int> destroyed{0};
            std::optional<edo::JoinSet<int>> set(std::in_place);
            set->spawn(waits_for_ever(CountsDestruction(destroyed)));
            // Two branches may wait for the members of one set.
            auto [one, two, unit] =
                co_await edo::join(next_fails(set), next_fails(set), destroy(set));
            BOOST_TEST(one);
            BOOST_TEST(two);

            std::optional<edo::JoinQueue<int>> queue(std::in_place);
            queue->spawn(waits_for_ever(CountsDestruction(destroyed)));
            auto [of_queue, unit1] = co_await edo::join(next_fails(queue), destroy(queue));
            BOOST_TEST(of_queue);

            std::optional<edo::JoinMap<std::string, int>> map(std::in_place);
            map->spawn("key", waits_for_ever(CountsDestruction(destroyed)));
            auto [of_map, unit2] = co_await edo::join(next_fails(map), destroy(map));
            BOOST_TEST(of_map);

            co_await until_alone();
            BOOST_TEST(destroyed.load() == 3);
        }());
    });
}

BOOST_AUTO_TEST_CASE(join_all_of_a_set_that_is_assigned_to_fails) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed{0};
            edo::JoinSet<int> set;
            set.spawn(waits_for_ever(CountsDestruction(destroyed)));
            const auto wait = [](edo::JoinSet<int>& s) -> edo::Task<bool> {
                try {
                    const std::vector<int> values = co_await s.join_all();
                    co_return false;
                } catch (const edo::UsageError&) {
                    co_return true;
                }
            };
            auto [failed, unit] = co_await edo::join(wait(set), drop(set));
            BOOST_TEST(failed);
            // A wait that is dropped after its set.
            set.spawn(waits_for_ever(CountsDestruction(destroyed)));
            const auto first = co_await edo::select(edo::biased, wait(set), drop(set));
            BOOST_TEST(first.is<1>());
            co_await until_alone();
            BOOST_TEST(destroyed.load() == 2);
        }());
    });
}

BOOST_AUTO_TEST_CASE(the_wait_goes_along_with_a_set_that_is_moved) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            edo::JoinSet<int> set;
            edo::JoinSet<int> other;
            set.spawn(yields_after(event, 3));
            const auto wait = [](edo::JoinSet<int>& s) -> edo::Task<int> {
                std::optional<edo::JoinResult<int>> next = co_await s.join_next();
                co_return next.value().value();
            };
            const auto move = [](Event& e, edo::JoinSet<int>& from,
                                 edo::JoinSet<int>& to) -> edo::Task<void> {
                to = std::move(from);
                e.set();
                co_return;
            };
            auto [value, unit] = co_await edo::join(wait(set), move(event, set, other));
            BOOST_TEST(value == 3);
            BOOST_TEST(other.empty());
        }());
    });
}

BOOST_AUTO_TEST_SUITE_END()
