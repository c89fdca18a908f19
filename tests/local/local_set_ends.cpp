// SPDX-License-Identifier: MIT
// Where a set may not be used, and what becomes of its tasks when it ends.
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
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
#include <string>
#include <thread>

using namespace std::chrono_literals;
using edo::test::CountsDestruction;
using edo::test::drive;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;

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

inline constinit edo::TaskLocal<std::string> tenant{edo::Inherit::Copy};

BOOST_AUTO_TEST_SUITE(local_set_ends)

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
