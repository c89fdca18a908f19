// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/pipe.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/block_in_place.hpp>
#include <edo/runtime/local_set.hpp>
#include <edo/runtime/task_builder.hpp>
#include <edo/runtime/task_local.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::test::CountsDestruction;
using edo::test::drive;
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

edo::Task<void> keeps(CountsDestruction /*kept*/, Event& started, Event& never) {
    started.set();
    co_await never;
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

BOOST_AUTO_TEST_CASE(destroys_its_tasks_on_its_thread) {
    for_each_flavor([](edo::Runtime& runtime) {
        std::atomic<int> destroyed = 0;
        Event started;
        Event never;
        edo::JoinHandle<void> waiting;
        edo::JoinHandle<void> unstarted;
        {
            edo::LocalSet set;
            waiting = set.spawn_local(keeps(CountsDestruction(destroyed), started, never));
            set.block_on(runtime, [](Event& e) -> edo::Task<void> { co_await e; }(started));
            unstarted = set.spawn_local(keeps(CountsDestruction(destroyed), started, never));
            BOOST_TEST(destroyed == 0);
        }
        BOOST_TEST(destroyed == 2);
        runtime.block_on([&]() -> edo::Task<void> {
            const auto first = co_await waiting;
            BOOST_TEST(first.error().is_cancelled());
            const auto second = co_await unstarted;
            BOOST_TEST(second.error().is_cancelled());
        });
    });
}

BOOST_AUTO_TEST_CASE(refuses_tasks_while_it_is_destroyed) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    std::optional<edo::JoinHandle<void>> late;
    class SpawnsAtDestruction {
    public:
        explicit SpawnsAtDestruction(std::optional<edo::JoinHandle<void>>& handle)
            : handle_(handle) {}
        SpawnsAtDestruction(const SpawnsAtDestruction&) = delete;
        SpawnsAtDestruction& operator=(const SpawnsAtDestruction&) = delete;
        ~SpawnsAtDestruction() { handle_ = edo::spawn_local(adds(std::make_shared<int>(0))); }

    private:
        std::optional<edo::JoinHandle<void>>& handle_;
    };
    Event never;
    auto local = [](auto& handle, Event& e) -> edo::Task<void> {
        const SpawnsAtDestruction spawns(handle);
        co_await e;
    };
    {
        edo::LocalSet set;
        set.spawn_local(local(late, never)).detach();
        set.block_on(runtime, []() -> edo::Task<void> { co_await edo::yield_now(); }());
    }
    BOOST_TEST(late.has_value());
    BOOST_TEST(late->is_finished());
}

BOOST_AUTO_TEST_CASE(aborts_a_task_when_another_thread_asks_for_it) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::LocalSet set;
        std::atomic<int> destroyed = 0;
        Event started;
        Event never;
        set.block_on(runtime, [](auto& d, Event& s, Event& n) -> edo::Task<void> {
            edo::JoinHandle<void> handle = edo::spawn_local(keeps(CountsDestruction(d), s, n));
            co_await s;
            std::jthread outside([&handle] { handle.abort(); });
            const auto result = co_await handle;
            BOOST_TEST(result.error().is_cancelled());
            BOOST_TEST(d == 1);
        }(destroyed, started, never));
    });
}

BOOST_AUTO_TEST_CASE(survives_its_runtime) {
    const LeakGuard guard;
    edo::LocalSet set;
    Event event;
    auto sleeps = []() -> edo::Task<void> { co_await edo::sleep(1h); };
    {
        edo::Runtime runtime = edo::Builder::multi_thread(1).build();
        set.spawn_local(sleeps()).detach();
        set.spawn_local(waits(event)).detach();
        set.block_on(runtime, []() -> edo::Task<void> { co_await edo::sleep(1ms); }());
    }
    event.set();
    edo::Runtime other = edo::Builder::current_thread().build();
    set.block_on(other, []() -> edo::Task<void> { co_await edo::sleep(1ms); }());
}

BOOST_AUTO_TEST_CASE(is_refused_where_a_task_may_change_threads) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::multi_thread(2).build();
    runtime.block_on([]() -> edo::Task<void> {
        auto spawned = []() -> edo::Task<int> {
            edo::LocalSet set;
            int thrown = 0;
            try {
                co_await set;
            } catch (const edo::UsageError&) {
                ++thrown;
            }
            try {
                co_await set.run_until(edo::yield_now());
            } catch (const edo::UsageError&) {
                ++thrown;
            }
            co_return thrown;
        };
        const auto thrown = co_await edo::spawn(spawned());
        BOOST_TEST(thrown.value() == 2);
        const auto named = co_await edo::TaskBuilder().name("n").spawn(spawned());
        BOOST_TEST(named.value() == 2);
    });
}

BOOST_AUTO_TEST_CASE(may_be_awaited_by_any_task_of_current_thread) {
    edo::block_on([]() -> edo::Task<void> {
        auto spawned = []() -> edo::Task<int> {
            edo::LocalSet set;
            const auto count = std::make_shared<int>(0);
            set.spawn_local(adds(count)).detach();
            co_await set;
            co_return *count;
        };
        const auto count = co_await edo::spawn(spawned());
        BOOST_TEST(count.value() == 1);
        const auto named = co_await edo::TaskBuilder().name("n").spawn(spawned());
        BOOST_TEST(named.value() == 1);
    }());
}

BOOST_AUTO_TEST_CASE(is_refused_on_other_threads) {
    const LeakGuard guard;
    edo::LocalSet set;
    std::jthread([&set] {
        BOOST_CHECK_THROW(set.spawn_local(own_thread()).detach(), edo::UsageError);
        BOOST_CHECK_THROW(set.spawn_local(own_thread).detach(), edo::UsageError);
        BOOST_CHECK_THROW(static_cast<void>(set.enter()), edo::UsageError);
        edo::Runtime runtime = edo::Builder::current_thread().build();
        BOOST_CHECK_THROW(set.block_on(runtime, own_thread()), edo::UsageError);
    }).join();
}

BOOST_AUTO_TEST_CASE(forbids_block_in_place_to_its_tasks) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::LocalSet set;
        auto blocks = []() -> edo::Task<void> {
            BOOST_CHECK_THROW(edo::block_in_place([] {}), edo::UsageError);
            co_return;
        };
        set.spawn_local(blocks()).detach();
        runtime.block_on([&set]() -> edo::Task<void> { co_await set; });
    });
}

inline constinit edo::TaskLocal<std::string> tenant{edo::Inherit::Copy};

BOOST_AUTO_TEST_CASE(has_tasks_with_names_and_inherited_values) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::LocalSet set;
        auto looks = []() -> edo::Task<std::string> {
            co_await edo::yield_now();
            co_return std::string(edo::current_task_name()) + tenant.try_get().value_or("-");
        };
        auto subject = [&looks]() -> edo::Task<std::string> {
            const auto first = co_await edo::TaskBuilder().name("n").spawn_local(looks());
            const auto second = co_await edo::TaskBuilder().name("m").spawn_local(looks);
            co_return first.value() + second.value() + tenant.get();
        };
        auto scoped = [&]() -> edo::Task<std::string> {
            co_return co_await set.run_until(tenant.scope("t", subject()));
        };
        BOOST_TEST(runtime.block_on(scoped()) == "ntmtt");
        // And what surrounds run_until is seen inside.
        auto around = [&]() -> edo::Task<std::string> {
            co_return co_await tenant.scope("s", set.run_until(subject()));
        };
        BOOST_TEST(runtime.block_on(around()) == "nsmss");
    });
}

BOOST_AUTO_TEST_CASE(can_be_dropped_anywhere_while_it_is_driven) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive([]() -> edo::Task<void> {
            edo::LocalSet set;
            auto local = []() -> edo::Task<void> {
                co_await edo::sleep(1ms);
                co_await edo::yield_now();
            };
            set.spawn_local(local()).detach();
            auto until = [&local]() -> edo::Task<void> {
                edo::spawn_local(local()).detach();
                static_cast<void>(co_await edo::spawn_local(local()));
            };
            co_await set.run_until(until());
            co_await set;
        }));
        BOOST_TEST(driven.suspensions >= 1U);
    });
}

BOOST_AUTO_TEST_CASE(loses_no_task_when_its_driver_is_dropped) {
    for_each_flavor([](edo::Runtime& runtime) {
        edo::LocalSet set;
        const auto count = std::make_shared<int>(0);
        runtime.block_on([&]() -> edo::Task<void> {
            auto sleeps_and_adds = [](std::shared_ptr<int> n) -> edo::Task<void> {
                co_await edo::sleep(1ms);
                co_await adds(n);
            };
            for (int i = 0; i < 100; ++i) {
                set.spawn_local(sleeps_and_adds(count)).detach();
                const auto first =
                    co_await edo::select(set.run_until(edo::sleep(1h)), edo::yield_now());
                BOOST_TEST(first.index() == 1U);
            }
            co_await set;
        });
        BOOST_TEST(*count == 100);
    });
}

BOOST_AUTO_TEST_CASE(takes_many_wake_ups_from_many_threads) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::multi_thread(2).build();
    edo::LocalSet set;
    constexpr int kRounds = 300;
    int done = 0;
    for (int i = 0; i < 10; ++i) {
        auto local = [](int& n) -> edo::Task<void> {
            auto remote = []() -> edo::Task<void> { co_await edo::yield_now(); };
            for (int round = 0; round < kRounds; ++round) {
                static_cast<void>(co_await edo::spawn(remote()));
                ++n;
            }
        };
        set.spawn_local(local(done)).detach();
    }
    runtime.block_on([&set]() -> edo::Task<void> { co_await set; });
    BOOST_TEST(done == 10 * kRounds);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(local_runtime)

BOOST_AUTO_TEST_CASE(runs_local_and_other_tasks) {
    const LeakGuard guard;
    edo::LocalRuntime runtime;
    const auto count = std::make_shared<int>(0);
    runtime.spawn_local(adds(count)).detach();
    const int sum = runtime.block_on([](std::shared_ptr<int> n) -> edo::Task<int> {
        static_cast<void>(co_await edo::spawn_local(adds(n)));
        static_cast<void>(co_await edo::spawn(adds(n)));
        co_await edo::sleep(1ms);
        co_return *n;
    }(count));
    BOOST_TEST(sum == 3);
    runtime.spawn_local(adds(count)).detach();  // destroyed with the runtime
}

BOOST_AUTO_TEST_CASE(is_a_current_thread_runtime) {
    BOOST_CHECK_THROW(edo::LocalRuntime(edo::Builder::multi_thread(1)), edo::UsageError);
    edo::LocalRuntime paused(edo::Builder::current_thread().start_paused());
    BOOST_TEST((paused.handle().flavor() == edo::Flavor::CurrentThread));
    paused.block_on([]() -> edo::Task<void> {
        auto sleeps = []() -> edo::Task<void> { co_await edo::sleep(1h); };
        static_cast<void>(co_await edo::spawn_local(sleeps()));
    }());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
