// SPDX-License-Identifier: MIT
// The end of a runtime while something is stuck, on its way, or still in use.
#include "stress/stress.hpp"
#include "support/flavors.hpp"

#include <atomic>

using edo::detail::Random;
using edo::test::Event;
using edo::test::flavors;
using edo::test::ForeignWakers;
using edo::test::LeakGuard;
using edo::test::random_of;
using edo::test::RuntimeKind;
using edo::test::StressGuard;
using std::chrono::microseconds;
using std::chrono::milliseconds;

namespace {

/// What a test shares with tasks that may outlive it by a moment.
struct Scene {
    Scene() = default;
    Event stuck;
    std::atomic<bool> may_end{false};
    std::atomic<bool> ran_on{false};
};
using ScenePtr = std::shared_ptr<Scene>;

edo::Task<void> never_ends() {
    Event never;
    co_await never;
}

edo::Task<void> yields_for_ever() {
    for (;;) {
        co_await edo::yield_now();
    }
}

/// Computes until it is told to stop, with tasks queued behind it.
edo::Task<void> is_stuck(ScenePtr scene) {
    for (int i = 0; i < 10; ++i) {
        edo::spawn(yields_for_ever()).detach();
        edo::spawn(never_ends()).detach();
    }
    scene->stuck.set();
    while (!scene->may_end) {
        std::this_thread::yield();
    }
    co_await edo::yield_now();
    scene->ran_on = true;
}

BOOST_AUTO_TEST_SUITE(shutdown)

BOOST_AUTO_TEST_CASE(a_stuck_worker_does_not_keep_the_shutdown_and_leaves_nothing_behind) {
    const StressGuard guard("a_stuck_worker");
    for (const unsigned workers : {1U, 2U, 4U}) {
        BOOST_TEST_CONTEXT(workers << " workers") {
            const LeakGuard leaks;
            for (int i = 0; i < edo::test::rounds(80); ++i) {
                const auto scene = std::make_shared<Scene>();
                const std::size_t threads = edo::test::count_threads();
                {
                    edo::Runtime runtime = edo::Builder::multi_thread(workers).build();
                    runtime.spawn(is_stuck(scene)).detach();
                    scene->stuck.wait();
                    BOOST_TEST(!runtime.shutdown_timeout(milliseconds(i % 5)));
                }
                scene->may_end = true;
                BOOST_TEST(edo::test::threads_fall_to(threads));
                BOOST_TEST(!scene->ran_on);
            }
        }
    }
}

edo::Task<void> waits_for(std::shared_ptr<Event> event) {
    co_await *event;
}

/// Foreign threads are in the middle of waking tasks when the runtime of those tasks goes away.
BOOST_AUTO_TEST_CASE(a_wake_may_be_under_way_when_the_runtime_is_destroyed) {
    const StressGuard guard("a_wake_may_be_under_way");
    const LeakGuard leaks;
    ForeignWakers wakers(4);
    const std::vector<RuntimeKind> kinds = flavors();
    for (int round = 0; round < edo::test::rounds(10000); ++round) {
        Random random = random_of(unsigned(round));
        edo::Runtime runtime = kinds[unsigned(round) % kinds.size()].builder.build();
        std::vector<edo::JoinHandle<void>> tasks;
        for (int i = 0; i < 4; ++i) {
            tasks.push_back(runtime.spawn(waits_for(wakers.soon())));
        }
        runtime.block_on(waits_for(wakers.soon()));
        if (random.below(2) == 0) {
            tasks.clear();
        }
        if (random.below(3) == 0) {
            runtime.shutdown_background();
        }
    }
}

/// Counts those that live.
class Counted {
public:
    explicit Counted(std::atomic<int>& live) : live_(&live) { ++*live_; }
    Counted(Counted&& other) noexcept : live_(std::exchange(other.live_, nullptr)) {}
    Counted& operator=(Counted&&) = delete;
    ~Counted() {
        if (live_ != nullptr) {
            --*live_;
        }
    }

private:
    std::atomic<int>* live_;
};

edo::Task<void> ends_waits_or_yields(unsigned kind, Counted counted) {
    if (kind == 1) {
        co_await never_ends();
    }
    if (kind == 2) {
        co_await yields_for_ever();
    }
    static_cast<void>(counted);
}

/// What is not run is destroyed, when its queue is closed or after that.
BOOST_AUTO_TEST_CASE(other_threads_may_spawn_when_the_runtime_is_destroyed) {
    const StressGuard guard("other_threads_may_spawn");
    const LeakGuard leaks;
    const std::vector<RuntimeKind> kinds = flavors();
    for (int round = 0; round < edo::test::rounds(60); ++round) {
        Random random = random_of(unsigned(round));
        std::atomic<int> live{0};
        std::atomic<int> spawning{0};
        std::atomic<bool> stop{false};
        edo::Runtime runtime = kinds[unsigned(round) % kinds.size()].builder.build();
        const edo::Handle handle = runtime.handle();
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < 2; ++i) {
            threads.emplace_back([&, i] {
                ++spawning;
                for (unsigned n = i; !stop && n < 3000; ++n) {
                    handle.spawn(ends_waits_or_yields(n % 8, Counted(live))).detach();
                }
            });
        }
        while (spawning < 2) {
            std::this_thread::yield();
        }
        std::this_thread::sleep_for(microseconds(random.below(200)));
        BOOST_TEST(runtime.shutdown_timeout(std::chrono::seconds(60)));
        stop = true;
        threads.clear();
        BOOST_TEST(live == 0);
        BOOST_TEST(handle.alive_tasks() == 0U);
    }
}

/// One runtime's tasks wake another's, and either may end first.
BOOST_AUTO_TEST_CASE(a_runtime_may_end_while_another_one_wakes_its_tasks) {
    const StressGuard guard("a_runtime_may_end_while_another_one_wakes_its_tasks");
    const LeakGuard leaks;
    for (int round = 0; round < edo::test::rounds(1500); ++round) {
        Random random = random_of(unsigned(round));
        edo::Runtime first = edo::Builder::multi_thread(1 + unsigned(round) % 3).build();
        edo::Runtime second = edo::Builder::multi_thread(1 + random.below(3)).build();
        for (int i = 0; i < 8; ++i) {
            first
                .spawn([](edo::Handle other) -> edo::Task<void> {
                    for (;;) {
                        auto event = std::make_shared<Event>();
                        auto waiting = other.spawn(waits_for(event));
                        co_await edo::yield_now();
                        event->set();
                        const auto result = co_await waiting;
                        if (!result) {
                            break;
                        }
                    }
                }(second.handle()))
                .detach();
        }
        std::this_thread::sleep_for(microseconds(random.below(2000)));
        if (random.below(2) == 0) {
            second.shutdown_background();
        } else {
            first.shutdown_background();
        }
    }
}

BOOST_AUTO_TEST_CASE(a_runtime_may_be_dropped_by_its_own_blocking_thread) {
    const StressGuard guard("a_runtime_may_be_dropped_by_its_own_blocking_thread",
                            std::chrono::seconds(20));
    for (const RuntimeKind& kind : flavors()) {
        BOOST_TEST_CONTEXT(kind.name) {
            const LeakGuard leaks;
            const std::size_t threads = edo::test::count_threads();
            auto runtime = std::make_shared<edo::Runtime>(kind.builder.build());
            Event dropped;
            Event may_drop;
            runtime
                ->spawn_blocking([&dropped, &may_drop, own = runtime]() mutable {
                    may_drop.wait();
                    own.reset();
                    dropped.set();
                })
                .detach();
            runtime.reset();
            may_drop.set();
            dropped.wait();
            BOOST_TEST(edo::test::threads_fall_to(threads));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_runtime_may_be_dropped_by_its_own_task) {
    const StressGuard guard("a_runtime_may_be_dropped_by_its_own_task");
    const LeakGuard leaks;
    const std::size_t threads = edo::test::count_threads();
    for (const unsigned workers : {1U, 4U}) {
        for (int i = 0; i < edo::test::rounds(200); ++i) {
            auto runtime =
                std::make_shared<edo::Runtime>(edo::Builder::multi_thread(workers).build());
            edo::Runtime& r = *runtime;
            for (int n = 0; n < 5; ++n) {
                r.spawn(yields_for_ever()).detach();
            }
            const auto may_drop = std::make_shared<Event>();
            const auto drops = [](std::shared_ptr<edo::Runtime> own,
                                  std::shared_ptr<Event> may) -> edo::Task<void> {
                co_await *may;
                own.reset();
            };
            r.spawn(drops(std::move(runtime), may_drop)).detach();
            may_drop->set();
            BOOST_TEST(edo::test::threads_fall_to(threads));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
