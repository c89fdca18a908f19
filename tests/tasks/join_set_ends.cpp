// SPDX-License-Identifier: MIT
// The ends of a set and of its tasks.
#include "join_set_tasks.hpp"
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/join_set.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;
using namespace edo::test;
using namespace std::chrono_literals;

namespace {

BOOST_AUTO_TEST_SUITE(join_set_ends)

BOOST_AUTO_TEST_CASE(one_task_can_be_aborted_and_is_joined_as_cancelled) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            edo::JoinSet<int> set;
            const edo::AbortHandle abort = set.spawn(waits_for_ever(CountsDestruction(destroyed)));
            set.spawn(waits_for_ever(CountsDestruction(destroyed)));
            abort.abort();
            const Next next = co_await set.join_next();
            BOOST_TEST(next.value().error().is_cancelled());
            BOOST_TEST((next->error().id() == abort.id()));
            BOOST_TEST(destroyed == 1);
            BOOST_TEST(set.size() == 1U);
            co_await set.shutdown();
            BOOST_TEST(destroyed == 2);
        }());
    });
}

BOOST_AUTO_TEST_CASE(dropping_the_set_aborts_its_tasks_and_drops_its_results) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            const auto result = std::make_shared<int>(1);
            auto shares = [](std::shared_ptr<int> value) -> edo::Task<std::shared_ptr<int>> {
                co_return value;
            };
            auto waits = [](CountsDestruction /*counts*/) -> edo::Task<std::shared_ptr<int>> {
                Event never;
                co_await never;
                co_return nullptr;
            };
            {
                edo::JoinSet<std::shared_ptr<int>> set;
                const edo::AbortHandle ended = set.spawn(shares(result));
                while (!ended.is_finished()) {
                    co_await edo::yield_now();
                }
                for (int i = 0; i < 10; ++i) {
                    set.spawn(waits(CountsDestruction(destroyed)));
                }
                BOOST_TEST(result.use_count() == 2);
            }
            BOOST_TEST(result.use_count() == 1);
            co_await until_alone();
            BOOST_TEST(destroyed == 10);
        }());
    });
}

BOOST_AUTO_TEST_CASE(dropping_the_set_races_with_the_end_of_its_tasks) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            for (int round = 0; round < 200; ++round) {
                std::optional<edo::JoinSet<int>> set(std::in_place);
                for (int i = 0; i < 20; ++i) {
                    set->spawn(yields(i));
                }
                for (int i = 0; i < round % 5; ++i) {
                    co_await edo::yield_now();
                }
                set.reset();
            }
            co_await until_alone();
        }());
    });
}

BOOST_AUTO_TEST_CASE(abort_all_keeps_the_tasks_in_the_set_to_be_joined) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            edo::JoinSet<int> set;
            const edo::AbortHandle ended = set.spawn(yields(7));
            while (!ended.is_finished()) {
                co_await edo::yield_now();
            }
            for (int i = 0; i < 5; ++i) {
                set.spawn(waits_for_ever(CountsDestruction(destroyed)));
            }
            set.abort_all();
            BOOST_TEST(set.size() == 6U);
            const Next first = co_await set.join_next();
            BOOST_TEST(first.value().value() == 7);
            for (int i = 0; i < 5; ++i) {
                const Next next = co_await set.join_next();
                BOOST_TEST(next.value().error().is_cancelled());
                BOOST_TEST(destroyed >= i + 1);
            }
            const Next last = co_await set.join_next();
            BOOST_TEST(!last.has_value());
        }());
    });
}

BOOST_AUTO_TEST_CASE(detach_all_lets_the_tasks_go_on) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> ended = 0;
            Event may_end;
            auto work = [](Event& event, std::atomic<int>& count) -> edo::Task<void> {
                co_await event;
                ++count;
            };
            {
                edo::JoinSet<> set;
                for (int i = 0; i < 5; ++i) {
                    set.spawn(work(may_end, ended));
                }
                set.detach_all();
                BOOST_TEST(set.empty());
            }
            may_end.set();
            co_await until_alone();
            BOOST_TEST(ended == 5);
        }());
    });
}

BOOST_AUTO_TEST_CASE(shutdown_returns_when_all_destructors_have_run) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            edo::JoinSet<int> set;
            for (int i = 0; i < 20; ++i) {
                set.spawn(waits_for_ever(CountsDestruction(destroyed)));
            }
            co_await set.shutdown();
            BOOST_TEST(destroyed == 20);
            BOOST_TEST(set.empty());
            set.spawn(yields(1));  // the set can be used again
            const Next next = co_await set.join_next();
            BOOST_TEST(next.value().value() == 1);
        }());
    });
}

BOOST_AUTO_TEST_CASE(join_all_yields_all_values) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::JoinSet<int> set;
            for (int i = 0; i < 100; ++i) {
                set.spawn(yields(i));
            }
            std::vector<int> values = co_await set.join_all();
            std::sort(values.begin(), values.end());
            BOOST_TEST(values.size() == 100U);
            BOOST_TEST(values.back() == 99);
            edo::JoinSet<> nothing;
            auto work = []() -> edo::Task<void> { co_return; };
            nothing.spawn(work);
            co_await nothing.join_all();
            BOOST_TEST(nothing.empty());
        }());
    });
}

BOOST_AUTO_TEST_CASE(join_all_throws_the_first_exception_and_aborts_the_rest) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            edo::JoinSet<int> set;
            set.spawn(yields(1));
            set.spawn(waits_for_ever(CountsDestruction(destroyed)));
            set.spawn(throws("broken"));
            std::string caught;
            try {
                static_cast<void>(co_await set.join_all());
            } catch (const std::runtime_error& error) {
                caught = error.what();
            }
            BOOST_TEST(caught == "broken");
            BOOST_TEST(set.empty());
            co_await until_alone();
            BOOST_TEST(destroyed == 1);
        }());
    });
}

BOOST_AUTO_TEST_CASE(join_all_throws_when_a_task_was_aborted) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            std::atomic<int> destroyed = 0;
            edo::JoinSet<int> set;
            const edo::AbortHandle abort = set.spawn(waits_for_ever(CountsDestruction(destroyed)));
            abort.abort();
            bool cancelled = false;
            try {
                static_cast<void>(co_await set.join_all());
            } catch (const tl::bad_expected_access<edo::JoinError>& error) {
                cancelled = error.error().is_cancelled();
            }
            BOOST_TEST(cancelled);
        }());
    });
}

BOOST_AUTO_TEST_CASE(blocking_functions_are_members_too) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::JoinSet<int> set;
            set.spawn_blocking([] { return 1; });
            Event started;
            const edo::AbortHandle abort =
                set.spawn_blocking([&started](const std::stop_token& stop) {
                    started.set();
                    while (!stop.stop_requested()) {
                        std::this_thread::yield();
                    }
                    return 2;
                });
            co_await started;
            const Next first = co_await set.join_next();
            BOOST_TEST(first.value().value() == 1);
            abort.abort();
            const Next second = co_await set.join_next();
            BOOST_TEST(second.value().value() == 2);
            set.spawn_blocking_on(edo::Handle::current(),
                                  []() -> int { throw std::runtime_error("blocked"); });
            const Next third = co_await set.join_next();
            BOOST_TEST(third.value().error().is_exception());
        }());
    });
}

BOOST_AUTO_TEST_CASE(tasks_may_run_on_another_runtime) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::Runtime other = edo::Builder::multi_thread(1).build();
        runtime.block_on([](edo::Handle handle) -> edo::Task<void> {
            edo::JoinSet<int> set;
            set.spawn_on(handle, yields(3));
            set.spawn_on(handle, yields, 3);
            const std::vector<int> values = co_await set.join_all();
            BOOST_TEST(values.size() == 2U);
        }(other.handle()));
    });
}

BOOST_AUTO_TEST_CASE(tasks_of_a_runtime_that_was_shut_down_are_joined_as_cancelled) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<int> destroyed = 0;
        edo::JoinSet<int> set;
        {
            edo::Runtime other = edo::Builder::multi_thread(1).build();
            set.spawn_on(other.handle(), waits_for_ever(CountsDestruction(destroyed)));
            const edo::Handle handle = other.handle();
            other.shutdown_timeout(10s);
            set.spawn_on(handle, waits_for_ever(CountsDestruction(destroyed)));
        }
        BOOST_TEST(destroyed == 2);
        runtime.block_on([](edo::JoinSet<int>& joined) -> edo::Task<void> {
            for (int i = 0; i < 2; ++i) {
                const Next next = co_await joined.join_next();
                BOOST_TEST(next.value().error().is_cancelled());
            }
        }(set));
    });
}

BOOST_AUTO_TEST_CASE(it_is_moved_while_its_tasks_run) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Event event;
            edo::JoinSet<int> set;
            set.spawn(yields_after(event, 4));
            edo::JoinSet<int> moved = std::move(set);
            BOOST_CHECK_THROW(set.spawn(yields(1)), edo::UsageError);  // NOLINT
            event.set();
            const Next next = co_await moved.join_next();
            BOOST_TEST(next.value().value() == 4);
            set = std::move(moved);
            set.spawn(yields(5));
            const Next again = co_await set.join_next();
            BOOST_TEST(again.value().value() == 5);
        }());
    });
}

BOOST_AUTO_TEST_CASE(without_a_runtime_spawn_throws) {
    const edo::test::LeakGuard guard;
    edo::JoinSet<int> set;
    BOOST_CHECK_THROW(set.spawn(yields(1)), edo::NoRuntimeError);
    BOOST_TEST(set.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
