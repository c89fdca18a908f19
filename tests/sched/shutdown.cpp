// SPDX-License-Identifier: MIT
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;

namespace {

/// The ways in which a task may be suspended when its runtime ends.
edo::Task<void> waits(Event& event, CountsDestruction counts) {
    co_await event;
    static_cast<void>(counts);
}

edo::Task<void> sleeps(CountsDestruction counts) {
    co_await edo::sleep(1h);
    static_cast<void>(counts);
}

edo::Task<void> yields(CountsDestruction counts) {
    for (;;) {
        co_await edo::yield_now();
    }
    static_cast<void>(counts);
}

edo::Task<void> joins(Event& event, CountsDestruction first, CountsDestruction second) {
    co_await edo::join(waits(event, std::move(first)), sleeps(std::move(second)));
}

edo::Task<void> times_out(Event& event, CountsDestruction counts) {
    static_cast<void>(co_await edo::timeout(1h, event));
    static_cast<void>(counts);
}

edo::Task<void> awaits_another(Event& event, CountsDestruction counts) {
    edo::JoinHandle<void> other = edo::spawn(waits(event, std::move(counts)));
    static_cast<void>(co_await other);
}

/// Spawns one task of each kind. Returns how many counters they hold.
int spawn_all_kinds(const edo::Handle& handle, Event& event, std::atomic<int>& counter) {
    const auto counts = [&counter] { return CountsDestruction(counter); };
    handle.spawn(waits(event, counts())).detach();
    handle.spawn(sleeps(counts())).detach();
    handle.spawn(yields(counts())).detach();
    handle.spawn(joins(event, counts(), counts())).detach();
    handle.spawn(times_out(event, counts())).detach();
    handle.spawn(awaits_another(event, counts())).detach();
    return 7;
}

/// Gives the tasks of the runtime some time.
edo::Task<void> yield_often(int times) {
    for (int i = 0; i < times; ++i) {
        co_await edo::yield_now();
    }
}

BOOST_AUTO_TEST_SUITE(shutdown)

BOOST_AUTO_TEST_CASE(destroys_every_suspended_task) {
    for_each_flavor([](edo::Builder builder) {
        Event event;
        std::atomic<int> destroyed = 0;
        int expected = 0;
        {
            edo::Runtime runtime = builder.build();
            for (int i = 0; i < 50; ++i) {
                expected += spawn_all_kinds(runtime.handle(), event, destroyed);
            }
            runtime.block_on(yield_often(10));
            while (edo::test::armed_timers(runtime.handle()) < 3 * 50) {
                runtime.block_on(yield_often(1));
            }
            BOOST_TEST(destroyed == 0);
        }
        BOOST_TEST(destroyed == expected);
    });
}

BOOST_AUTO_TEST_CASE(destroys_tasks_that_have_never_run) {
    for_each_flavor([](edo::Builder builder) {
        Event event;
        std::atomic<int> destroyed = 0;
        {
            edo::Runtime runtime = builder.build();
            for (int i = 0; i < 1000; ++i) {
                runtime.spawn(waits(event, CountsDestruction(destroyed))).detach();
            }
        }
        BOOST_TEST(destroyed == 1000);
    });
}

BOOST_AUTO_TEST_CASE(may_come_at_any_moment) {
    for_each_flavor([](edo::Builder builder) {
        for (int round = 0; round < 50; ++round) {
            Event event;
            std::atomic<int> destroyed = 0;
            int expected = 0;
            {
                edo::Runtime runtime = builder.build();
                for (int i = 0; i < 5; ++i) {
                    expected += spawn_all_kinds(runtime.handle(), event, destroyed);
                }
                runtime.block_on(yield_often(round % 7));
                if (round % 2 == 0) {
                    event.set();
                }
            }
            BOOST_TEST(destroyed == expected);
        }
    });
}

/// Spawns another one, of its own kind, when it is destroyed.
class SpawnsWhenDestroyed {
public:
    SpawnsWhenDestroyed(edo::Handle handle, std::atomic<int>& destroyed, int left)
        : handle_(std::move(handle)), destroyed_(&destroyed), left_(left) {}
    SpawnsWhenDestroyed(SpawnsWhenDestroyed&& other) noexcept
        : handle_(other.handle_),
          destroyed_(std::exchange(other.destroyed_, nullptr)),
          left_(other.left_) {}
    SpawnsWhenDestroyed& operator=(SpawnsWhenDestroyed&&) = delete;
    ~SpawnsWhenDestroyed();

    static edo::Task<void> run(SpawnsWhenDestroyed self) {
        co_await edo::sleep(1h);
        static_cast<void>(self);
    }

private:
    edo::Handle handle_;
    std::atomic<int>* destroyed_;
    int left_;
};

SpawnsWhenDestroyed::~SpawnsWhenDestroyed() {
    if (destroyed_ == nullptr) {
        return;
    }
    destroyed_->fetch_add(1);
    if (left_ > 0) {
        SpawnsWhenDestroyed next(handle_, *destroyed_, left_ - 1);
        handle_.spawn(run(std::move(next))).detach();
    }
}

BOOST_AUTO_TEST_CASE(destroys_what_destructors_spawn) {
    for_each_flavor([](edo::Builder builder) {
        std::atomic<int> destroyed = 0;
        {
            edo::Runtime runtime = builder.build();
            for (int i = 0; i < 10; ++i) {
                SpawnsWhenDestroyed first(runtime.handle(), destroyed, 20);
                runtime.spawn(SpawnsWhenDestroyed::run(std::move(first))).detach();
            }
            runtime.block_on([]() -> edo::Task<void> { co_await edo::yield_now(); });
        }
        BOOST_TEST(destroyed == 10 * 21);
    });
}

BOOST_AUTO_TEST_CASE(lets_destructors_see_their_runtime) {
    for_each_flavor([](edo::Builder builder) {
        class Looks {
        public:
            explicit Looks(std::atomic<int>& inside) : inside_(inside) {}
            Looks(const Looks&) = delete;
            Looks& operator=(const Looks&) = delete;
            ~Looks() { inside_ = edo::Handle::has_current() ? 1 : 2; }

        private:
            std::atomic<int>& inside_;
        };
        std::atomic<int> inside = 0;
        Event reached;
        {
            edo::Runtime runtime = builder.build();
            auto work = [](std::atomic<int>& in, Event& r) -> edo::Task<void> {
                const Looks looks(in);
                r.set();
                co_await edo::sleep(1h);
            };
            runtime.spawn(work(inside, reached)).detach();
            runtime.block_on([](Event& r) -> edo::Task<void> { co_await r; }(reached));
        }
        BOOST_TEST(inside == 1);
    });
}

BOOST_AUTO_TEST_CASE(twice_does_nothing_more) {
    for_each_flavor([](edo::Builder builder) {
        edo::Runtime runtime = builder.build();
        BOOST_TEST(runtime.shutdown_timeout(10s));
        BOOST_TEST(runtime.shutdown_timeout(10s));
        runtime.shutdown_background();
    });
}

// ---- what is stuck -----------------------------------------------------------------------------

edo::Task<void> stuck_until(const std::atomic<bool>& release, Event& reached) {
    reached.set();
    while (!release) {
        std::this_thread::yield();
    }
    co_return;
}

BOOST_AUTO_TEST_CASE(with_a_limit_does_not_wait_for_a_stuck_worker) {
    std::atomic<bool> release = false;  // outlives the stuck thread
    for (const bool background : {false, true}) {
        const LeakGuard guard;
        release = false;
        edo::Runtime runtime = edo::Builder::multi_thread(2).build();
        Event stuck;
        runtime.spawn(stuck_until(release, stuck)).detach();
        stuck.wait();
        if (background) {
            runtime.shutdown_background();
        } else {
            BOOST_TEST(!runtime.shutdown_timeout(5ms));
        }
        // Here although the worker is stuck. Its thread ends by itself.
        release = true;
    }
}

BOOST_AUTO_TEST_CASE(destroys_the_other_tasks_although_a_worker_is_stuck) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::multi_thread(2).build();
    const edo::Handle handle = runtime.handle();
    std::atomic<bool> release = false;
    std::atomic<int> destroyed = 0;
    Event event;
    Event stuck;
    // The stuck task has spawned some itself, which are in the queue of its worker.
    auto work = [](std::atomic<bool>& r, Event& s, Event& e,
                   std::atomic<int>& counter) -> edo::Task<void> {
        for (int i = 0; i < 10; ++i) {
            edo::spawn(waits(e, CountsDestruction(counter))).detach();
        }
        s.set();
        while (!r) {
            std::this_thread::yield();
        }
        co_return;
    };
    for (int i = 0; i < 10; ++i) {
        handle.spawn(waits(event, CountsDestruction(destroyed))).detach();
        handle.spawn(sleeps(CountsDestruction(destroyed))).detach();
    }
    handle.spawn(work(release, stuck, event, destroyed)).detach();
    stuck.wait();
    std::jthread ends([&runtime] { static_cast<void>(runtime.shutdown_timeout(20s)); });
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (destroyed < 30 && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    BOOST_TEST(destroyed == 30);
    release = true;
}

BOOST_AUTO_TEST_CASE(waits_for_a_stuck_worker_without_a_limit) {
    const LeakGuard guard;
    std::atomic<bool> release = false;
    std::atomic<bool> ended = false;
    Event stuck;
    std::optional<edo::Runtime> runtime(edo::Builder::multi_thread(2).build());
    auto work = [](std::atomic<bool>& r, Event& s, std::atomic<bool>& e) -> edo::Task<void> {
        s.set();
        while (!r) {
            std::this_thread::yield();
        }
        e = true;
        co_return;
    };
    runtime->spawn(work(release, stuck, ended)).detach();
    stuck.wait();
    std::jthread releases([&release] { release = true; });
    runtime.reset();
    BOOST_TEST(ended);
}

BOOST_AUTO_TEST_CASE(with_a_limit_does_not_wait_for_a_stuck_blocking_function) {
    for_each_flavor([](edo::Builder builder) {
        edo::Runtime runtime = builder.build();
        std::atomic<bool> release = false;
        std::atomic<bool> asked_to_stop = false;
        Event stuck;
        runtime
            .spawn_blocking([&release, &asked_to_stop, &stuck](std::stop_token stop) {
                stuck.set();
                while (!release) {
                    std::this_thread::yield();
                }
                asked_to_stop = stop.stop_requested();
            })
            .detach();
        stuck.wait();
        BOOST_TEST(!runtime.shutdown_timeout(5ms));
        release = true;
        while (!asked_to_stop) {
            std::this_thread::yield();
        }
    });
}

BOOST_AUTO_TEST_CASE(waits_for_blocking_functions_that_have_started_and_drops_the_others) {
    for_each_flavor([](edo::Builder builder) {
        std::atomic<bool> ended = false;
        std::atomic<bool> second_ran = false;
        std::atomic<int> destroyed = 0;
        edo::JoinHandle<void> second;
        Event started;
        {
            edo::Runtime runtime = builder.max_blocking_threads(1).build();
            runtime
                .spawn_blocking([&started, &ended](std::stop_token stop) {
                    started.set();
                    while (!stop.stop_requested()) {
                        std::this_thread::yield();
                    }
                    ended = true;
                })
                .detach();
            started.wait();
            second = runtime.spawn_blocking(
                [&second_ran, counts = CountsDestruction(destroyed)] { second_ran = true; });
        }
        BOOST_TEST(ended);
        BOOST_TEST(!second_ran);
        BOOST_TEST(destroyed == 1);
        BOOST_TEST(second.is_finished());
        edo::block_on([](edo::JoinHandle<void> joined) -> edo::Task<void> {
            const auto result = co_await joined;
            BOOST_TEST(result.error().is_cancelled());
        }(std::move(second)));
    });
}

// ---- from inside -------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(of_another_runtime_inside_a_task_does_not_hang) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto work = []() -> edo::Task<int> {
                edo::Runtime other = edo::Builder::multi_thread(1).build();
                edo::JoinHandle<int> task = other.spawn([]() -> edo::Task<int> { co_return 3; });
                const auto result = co_await task;
                co_return result.value();
            };
            edo::JoinHandle<int> handle = edo::spawn(work());
            const auto result = co_await handle;
            BOOST_TEST(result.value() == 3);
        });
    });
}

BOOST_AUTO_TEST_CASE(by_its_own_task_happens_in_the_background) {
    for (const bool multi : {false, true}) {
        const LeakGuard guard;
        auto runtime = std::make_shared<edo::Runtime>(
            multi ? edo::Builder::multi_thread(2).build() : edo::Builder::current_thread().build());
        std::atomic<int> destroyed = 0;
        Event ended;
        auto work = [](std::shared_ptr<edo::Runtime> own, Event& e,
                       CountsDestruction counts) -> edo::Task<void> {
            co_await edo::yield_now();
            own.reset();  // the last reference
            e.set();
            co_await edo::sleep(1h);
            static_cast<void>(counts);
        };
        const edo::Handle handle = runtime->handle();
        edo::JoinHandle<void> task;
        {
            edo::Runtime* const raw = runtime.get();
            task = raw->spawn(work(std::move(runtime), ended, CountsDestruction(destroyed)));
        }
        if (multi) {
            ended.wait();
        } else {
            handle.block_on([](Event& e) -> edo::Task<void> { co_await e; }(ended));
        }
        edo::block_on([](edo::JoinHandle<void>& joined) -> edo::Task<void> {
            const auto result = co_await joined;
            BOOST_TEST(result.error().is_cancelled());
        }(task));
        BOOST_TEST(destroyed == 1);
    }
}

BOOST_AUTO_TEST_CASE(inside_a_blocking_function_waits_as_usual) {
    for_each_flavor([](edo::Runtime& runtime) {
        const bool destroyed = runtime.block_on([]() -> edo::Task<bool> {
            auto job = edo::spawn_blocking([] {
                std::atomic<int> counter = 0;
                {
                    edo::Runtime other = edo::Builder::multi_thread(1).build();
                    other.spawn(sleeps(CountsDestruction(counter))).detach();
                }
                return counter == 1;
            });
            const auto result = co_await job;
            co_return result.value();
        });
        BOOST_TEST(destroyed);
    });
}

BOOST_AUTO_TEST_CASE(of_many_runtimes_leaves_nothing) {
    const LeakGuard guard;
    std::atomic<int> destroyed = 0;
    for (int i = 0; i < 100; ++i) {
        edo::Runtime one = edo::Builder::current_thread().build();
        edo::Runtime two = edo::Builder::multi_thread(2).build();
        one.spawn(sleeps(CountsDestruction(destroyed))).detach();
        two.spawn(sleeps(CountsDestruction(destroyed))).detach();
    }
    BOOST_TEST(destroyed == 200);
    std::vector<edo::Runtime> at_once;
    for (int i = 0; i < 20; ++i) {
        at_once.push_back(edo::Builder::multi_thread(2).build());
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
