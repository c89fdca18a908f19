// SPDX-License-Identifier: MIT
// What a set runs, who drives it, and that others are served beside it.
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/pipe.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/local_set.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::Pipe;

namespace {

edo::Task<void> adds(std::shared_ptr<int> count) {
    co_await edo::yield_now();
    ++*count;
}

edo::Task<std::thread::id> own_thread() {
    co_await edo::sleep(1ms);
    co_await edo::yield_now();
    co_return std::this_thread::get_id();
}

edo::Task<void> waits(Event& event) {
    co_await event;
}

BOOST_AUTO_TEST_SUITE(local_set)

BOOST_AUTO_TEST_CASE(runs_its_tasks_on_the_thread_that_made_it) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::LocalSet set;
        const auto here = std::this_thread::get_id();
        const bool all = set.block_on(runtime, [](std::thread::id expected) -> edo::Task<bool> {
            std::vector<edo::JoinHandle<std::thread::id>> handles;
            for (int i = 0; i < 20; ++i) {
                handles.push_back(edo::spawn_local(own_thread()));
                handles.push_back(edo::spawn_local(own_thread));
            }
            bool right = true;
            for (auto& handle : handles) {
                const auto id = co_await handle;
                right = right && id.value() == expected;
            }
            co_return right;
        }(here));
        BOOST_TEST(all);
    });
}

BOOST_AUTO_TEST_CASE(is_driven_to_its_end_by_awaiting_it) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::LocalSet set;
        const auto count = std::make_shared<int>(0);
        for (int i = 0; i < 200; ++i) {
            set.spawn_local(adds(count)).detach();
        }
        auto spawns_more = [](std::shared_ptr<int> n) -> edo::Task<void> {
            co_await edo::sleep(1ms);
            edo::spawn_local(adds(n)).detach();
        };
        set.spawn_local(spawns_more(count)).detach();
        BOOST_TEST(*count == 0);  // nothing runs before
        runtime.block_on([&set]() -> edo::Task<void> { co_await set; });
        BOOST_TEST(*count == 201);
        runtime.block_on([&set]() -> edo::Task<void> { co_await set; });  // an empty one
    });
}

BOOST_AUTO_TEST_CASE(charges_the_budget_when_it_is_empty) {
    const LeakGuard guard;
    edo::LocalSet set;
    int awaited = 0;
    auto subject = [&]() -> edo::Task<void> {
        for (; awaited < 300; ++awaited) {
            co_await set;
        }
    };
    edo::test::SteppedTask<void> task(subject());
    task.turn();
    BOOST_TEST(awaited == 128);
    BOOST_TEST(task.run());
    BOOST_TEST(awaited == 300);
}

BOOST_AUTO_TEST_CASE(keeps_what_is_not_done_for_the_next_who_drives_it) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::LocalSet set;
        Event event;
        edo::JoinHandle<void> handle = set.spawn_local(waits(event));
        set.block_on(runtime, []() -> edo::Task<void> { co_await edo::yield_now(); }());
        BOOST_TEST(!handle.is_finished());
        event.set();
        BOOST_TEST(!handle.is_finished());  // nobody drives it
        runtime.block_on([&]() -> edo::Task<void> {
            const auto result = co_await set.run_until(std::move(handle));
            BOOST_TEST(result.has_value());
        });
    });
}

BOOST_AUTO_TEST_CASE(yields_what_run_until_awaits) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::LocalSet set;
        auto gives = []() -> edo::Task<int> { co_return 7; };
        auto throws = []() -> edo::Task<int> {
            co_await edo::yield_now();
            throw std::runtime_error("no");
        };
        BOOST_TEST(set.block_on(runtime, gives()) == 7);
        BOOST_TEST(set.block_on(runtime.handle(), gives()) == 7);
        BOOST_CHECK_THROW(set.block_on(runtime, throws()), std::runtime_error);
        BOOST_CHECK_THROW(set.block_on(runtime, edo::Task<int>()), edo::UsageError);
    });
}

BOOST_AUTO_TEST_CASE(serves_wake_ups_from_other_threads) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::LocalSet set;
        set.block_on(runtime, []() -> edo::Task<void> {
            for (int i = 0; i < 20; ++i) {
                Event event;
                edo::JoinHandle<void> handle = edo::spawn_local(waits(event));
                std::jthread outside([&event] {
                    std::this_thread::sleep_for(100us);
                    event.set();
                });
                const auto result = co_await handle;
                BOOST_TEST(result.has_value());
            }
        }());
    });
}

BOOST_AUTO_TEST_CASE(serves_sockets_and_timers) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::LocalSet set;
        const Pipe pipe;
        const int sum = set.block_on(runtime, [](const Pipe& p) -> edo::Task<int> {
            auto reads = [](const Pipe& from) -> edo::Task<int> {
                int all = 0;
                for (int i = 0; i < 10; ++i) {
                    const int byte = co_await from.read();
                    all += byte == 'x' ? 1 : 0;
                }
                co_return all;
            };
            auto writes = [](const Pipe& to) -> edo::Task<void> {
                for (int i = 0; i < 10; ++i) {
                    co_await edo::sleep(1ms);
                    to.write('x');
                }
            };
            edo::JoinHandle<int> reading = edo::spawn_local(reads(p));
            edo::spawn_local(writes(p)).detach();
            const auto all = co_await reading;
            co_return all.value();
        }(pipe));
        BOOST_TEST(sum == 10);
    });
}

BOOST_AUTO_TEST_CASE(lets_the_other_tasks_of_the_runtime_run) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::LocalSet set;
        std::atomic<bool> stop = false;
        for (int i = 0; i < 100; ++i) {
            set.spawn_local([](const std::atomic<bool>& s) -> edo::Task<void> {
                   while (!s) {
                       co_await edo::yield_now();
                   }
               }(stop))
                .detach();
        }
        runtime.block_on([&]() -> edo::Task<void> {
            auto stops = [](std::atomic<bool>& s) -> edo::Task<void> {
                co_await edo::sleep(2ms);
                co_await edo::yield_now();
                s = true;
            };
            edo::JoinHandle<void> outer = edo::spawn(stops(stop));
            co_await set;
            static_cast<void>(co_await outer);
        });
    });
}

BOOST_AUTO_TEST_CASE(runs_61_tasks_a_turn) {
    const LeakGuard guard;
    edo::LocalSet set;
    const auto started = std::make_shared<int>(0);
    for (int i = 0; i < 150; ++i) {
        set.spawn_local([](std::shared_ptr<int> n) -> edo::Task<void> {
               ++*n;
               co_return;
           }(started))
            .detach();
    }
    auto subject = [&set]() -> edo::Task<void> { co_await set; };
    edo::test::SteppedTask<void> task(subject());
    task.turn();
    BOOST_TEST(*started == 61);
    BOOST_TEST(task.is_woken());
    task.turn();
    BOOST_TEST(*started == 122);
    BOOST_TEST(task.run());
    BOOST_TEST(*started == 150);
}

BOOST_AUTO_TEST_CASE(does_not_starve_what_others_wake) {
    const LeakGuard guard;
    edo::LocalSet set;
    Event event;
    bool stop = false;
    auto busy = [](const bool& s) -> edo::Task<void> {
        while (!s) {
            co_await edo::yield_now();
        }
    };
    auto stops = [](bool& s, Event& e) -> edo::Task<void> {
        co_await e;
        s = true;
    };
    for (int i = 0; i < 10; ++i) {
        set.spawn_local(busy(stop)).detach();
    }
    set.spawn_local(stops(stop, event)).detach();
    auto subject = [&set]() -> edo::Task<void> { co_await set; };
    edo::test::SteppedTask<void> task(subject());
    task.turn();
    std::jthread([&event] { event.set(); }).join();
    task.turn();
    BOOST_TEST(stop);
    BOOST_TEST(task.run());
}

BOOST_AUTO_TEST_CASE(is_left_by_spawn) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::multi_thread(2).build();
    edo::LocalSet set;
    const auto here = std::this_thread::get_id();
    set.block_on(runtime, [](std::thread::id driver) -> edo::Task<void> {
        auto local = [](std::thread::id d) -> edo::Task<bool> {
            const auto id = co_await edo::spawn(own_thread());
            auto tries = []() -> edo::Task<bool> {
                try {
                    edo::spawn_local(own_thread()).detach();
                } catch (const edo::UsageError&) {
                    co_return true;
                }
                co_return false;
            };
            const auto refused = co_await edo::spawn(tries());
            co_return id.value() != d&& refused.value();
        };
        const auto left = co_await edo::spawn_local(local(driver));
        BOOST_TEST(left.value());
    }(here));
}

BOOST_AUTO_TEST_CASE(is_found_by_spawn_local_wherever_it_holds) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::LocalSet set;
        const auto count = std::make_shared<int>(0);
        BOOST_CHECK_THROW(edo::spawn_local(adds(count)).detach(), edo::UsageError);
        {
            const edo::LocalEnterGuard inside = set.enter();
            edo::spawn_local(adds(count)).detach();
        }
        BOOST_CHECK_THROW(edo::spawn_local(adds(count)).detach(), edo::UsageError);
        runtime.block_on([&]() -> edo::Task<void> {
            BOOST_CHECK_THROW(edo::spawn_local(adds(count)).detach(), edo::UsageError);
            auto nested = [](std::shared_ptr<int> n) -> edo::Task<void> {
                auto inner = [](std::shared_ptr<int> m) -> edo::Task<void> {
                    static_cast<void>(co_await edo::spawn_local(adds(m)));
                };
                static_cast<void>(co_await edo::spawn_local(inner(n)));
                co_await edo::yield_now();
                edo::spawn_local(adds(n)).detach();
            };
            // Beside the set, the other branch is not in it.
            auto outside = []() -> edo::Task<void> {
                for (int i = 0; i < 5; ++i) {
                    co_await edo::yield_now();
                    BOOST_CHECK_THROW(edo::spawn_local(own_thread()).detach(), edo::UsageError);
                }
            };
            co_await edo::join(set.run_until(nested(count)), outside());
            co_await set;
        });
        BOOST_TEST(*count == 3);
    });
}

BOOST_AUTO_TEST_CASE(may_be_driven_by_two_branches_and_beside_another_set) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::LocalSet first;
        edo::LocalSet second;
        const auto count = std::make_shared<int>(0);
        auto spawns = [](std::shared_ptr<int> n) -> edo::Task<void> {
            for (int i = 0; i < 100; ++i) {
                static_cast<void>(co_await edo::spawn_local(adds(n)));
            }
        };
        runtime.block_on([&]() -> edo::Task<void> {
            co_await edo::join(first.run_until(spawns(count)), first.run_until(spawns(count)),
                               second.run_until(spawns(count)));
        });
        BOOST_TEST(*count == 300);
    });
}

BOOST_AUTO_TEST_CASE(may_be_driven_inside_a_local_task_of_another_set) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::LocalSet outer;
        const auto count = std::make_shared<int>(0);
        auto local = [](std::shared_ptr<int> n) -> edo::Task<void> {
            edo::LocalSet inner;
            auto twice = [](std::shared_ptr<int> m) -> edo::Task<void> {
                static_cast<void>(co_await edo::spawn_local(adds(m)));
                co_await edo::sleep(1ms);
            };
            co_await inner.run_until(twice(n));
            edo::spawn_local(adds(n)).detach();  // the outer one again
        };
        outer.spawn_local(local(count)).detach();
        runtime.block_on([&]() -> edo::Task<void> { co_await outer; });
        BOOST_TEST(*count == 2);
    });
}

BOOST_AUTO_TEST_CASE(may_be_driven_by_its_own_task_beside_the_outer_driver) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::LocalSet set;
        const auto count = std::make_shared<int>(0);
        auto local = [](edo::LocalSet& own, std::shared_ptr<int> n) -> edo::Task<void> {
            auto waits_for_it = [](std::shared_ptr<int> m) -> edo::Task<void> {
                static_cast<void>(co_await edo::spawn_local(adds(m)));
                co_await edo::sleep(1ms);
            };
            co_await own.run_until(waits_for_it(n));
        };
        set.spawn_local(local(set, count)).detach();
        runtime.block_on([&]() -> edo::Task<void> { co_await set; });
        BOOST_TEST(*count == 1);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
