// SPDX-License-Identifier: MIT
// Tasks that are spawned, woken, aborted, joined and inspected from many threads at once.
#include "stress/stress.hpp"
#include "support/flavors.hpp"

#include <atomic>

using edo::detail::Random;
using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::ForeignWakers;
using edo::test::random_of;
using edo::test::StressGuard;
using std::chrono::microseconds;

namespace {

constexpr unsigned kForeignThreads = 8;

template <class Work>
void on_foreign_threads(Work work) {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < kForeignThreads; ++i) {
        threads.emplace_back([&work, i] { work(i); });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
}

edo::Task<int> waits_then_counts(std::shared_ptr<Event> event, CountsDestruction /*argument*/,
                                 int value) {
    co_await *event;
    co_await edo::yield_now();
    co_return value;
}

struct Outcomes {
    Outcomes() = default;
    std::atomic<int> values{0};
    std::atomic<int> cancelled{0};
    std::atomic<int> destroyed{0};
};

edo::Task<void> joins(edo::JoinHandle<int> handle, int expected, Outcomes& outcomes) {
    const edo::JoinResult<int> result = co_await handle;
    if (result) {
        outcomes.values += *result == expected ? 1 : 0;
    } else {
        outcomes.cancelled += result.error().is_cancelled() ? 1 : 0;
    }
}

/// Waits for what foreign threads do; drives a current_thread runtime meanwhile.
edo::Task<void> until(Event& event) {
    co_await event;
}

BOOST_AUTO_TEST_SUITE(tasks)

BOOST_AUTO_TEST_CASE(a_storm_of_spawns_wakes_and_aborts_from_foreign_threads_loses_nothing) {
    const StressGuard guard("a_storm_of_spawns_wakes_and_aborts");
    constexpr int kTasks = edo::test::rounds(20000);
    for_each_flavor([](edo::Runtime& runtime) {
        Outcomes outcomes;
        Event over;
        std::thread storm([&] {
            on_foreign_threads([&](unsigned thread) {
                Random random = random_of(thread);
                std::vector<edo::JoinHandle<void>> joiners;
                for (int i = 0; i < kTasks; ++i) {
                    auto event = std::make_shared<Event>();
                    auto task = runtime.spawn(
                        waits_then_counts(event, CountsDestruction(outcomes.destroyed), i));
                    const unsigned what = random.below(4);
                    if (what == 0) {
                        task.abort();
                    }
                    event->set();
                    if (what == 1) {
                        task.abort();
                    }
                    joiners.push_back(runtime.spawn(joins(std::move(task), i, outcomes)));
                }
                for (auto& joiner : joiners) {
                    while (!joiner.is_finished()) {
                        std::this_thread::yield();
                    }
                }
            });
            over.set();
        });
        runtime.block_on(until(over));
        storm.join();
        BOOST_TEST(outcomes.values + outcomes.cancelled == kTasks * int(kForeignThreads));
        BOOST_TEST(outcomes.destroyed == kTasks * int(kForeignThreads));
    });
}

edo::Task<int> races(unsigned yields) {
    for (unsigned i = 0; i < yields; ++i) {
        co_await edo::yield_now();
    }
    co_return 7;
}

edo::Task<void> joins_one_of_a_race(std::shared_ptr<edo::JoinHandle<int>> handle,
                                    Outcomes& outcomes) {
    edo::JoinResult<int> result = co_await *handle;
    if (result) {
        outcomes.values += *result == 7 ? 1 : 0;
    } else {
        outcomes.cancelled += result.error().is_cancelled() ? 1 : 0;
    }
}

constexpr int kRaces = edo::test::rounds(100000);

edo::Task<void> races_joins_with_aborts(Random random, Outcomes& outcomes) {
    for (int i = 0; i < kRaces; ++i) {
        auto handle = std::make_shared<edo::JoinHandle<int>>(edo::spawn(races(random.below(3))));
        std::atomic<bool> aborted = false;
        auto abort = edo::spawn(
            [](edo::JoinHandle<int>& victim, std::atomic<bool>& done) -> edo::Task<void> {
                victim.abort();
                done = true;
                co_return;
            }(*handle, aborted));
        if (random.below(2) == 0) {
            co_await edo::yield_now();
        }
        // The handle must stay where it is until the other task has used it.
        while (!aborted) {
            co_await edo::yield_now();
        }
        auto join = edo::spawn(joins_one_of_a_race(handle, outcomes));
        co_await join;
        co_await abort;
    }
}

BOOST_AUTO_TEST_CASE(a_join_that_races_with_an_abort_has_exactly_one_outcome) {
    const StressGuard guard("a_join_that_races_with_an_abort");
    for_each_flavor([](edo::Runtime& runtime) {
        Outcomes outcomes;
        runtime.block_on([](edo::Runtime& r, Outcomes& o) -> edo::Task<void> {
            std::vector<edo::JoinHandle<void>> all;
            for (unsigned i = 0; i < 4; ++i) {
                all.push_back(r.spawn(races_joins_with_aborts(random_of(i), o)));
            }
            for (auto& one : all) {
                co_await one;
            }
        }(runtime, outcomes));
        BOOST_TEST(outcomes.values + outcomes.cancelled == 4 * kRaces);
    });
}

edo::Task<int> waits_for(std::shared_ptr<Event> event, int value) {
    co_await *event;
    co_return value;
}

/// Selects among foreign wakes, a timer and a join, so that losers are dropped while they are
/// woken.
edo::Task<void> selects(Random random, ForeignWakers& wakers, unsigned rounds) {
    auto kept = edo::spawn(races(1000000));
    for (unsigned i = 0; i < rounds; ++i) {
        const std::shared_ptr<Event> first = wakers.soon();
        const std::shared_ptr<Event> second = wakers.soon();
        auto winner = co_await edo::select(waits_for(first, 1), waits_for(second, 2),
                                           edo::sleep(microseconds(random.below(1200))), kept);
        if (winner.index() == 3) {
            break;
        }
    }
    kept.abort();
}

BOOST_AUTO_TEST_CASE(losers_of_a_select_may_be_woken_by_other_threads_while_they_are_dropped) {
    const StressGuard guard("losers_of_a_select");
    for_each_flavor([](edo::Runtime& runtime) {
        ForeignWakers wakers(3);
        runtime.block_on([](edo::Runtime& r, ForeignWakers& w) -> edo::Task<void> {
            std::vector<edo::JoinHandle<void>> all;
            for (unsigned i = 0; i < 8; ++i) {
                all.push_back(r.spawn(selects(random_of(i), w, unsigned(edo::test::rounds(4000)))));
            }
            for (auto& one : all) {
                co_await one;
            }
        }(runtime, wakers));
    });
}

edo::Task<void> keeps_busy(Random random, ForeignWakers& wakers, std::atomic<bool>& over) {
    while (!over) {
        const std::shared_ptr<Event> event = wakers.soon();
        co_await edo::select(waits_for(event, 1), edo::sleep(microseconds(random.below(900))));
        co_await edo::spawn(races(random.below(3)));
    }
}

BOOST_AUTO_TEST_CASE(tasks_may_be_dumped_by_several_threads_while_they_run) {
    const StressGuard guard("tasks_may_be_dumped");
    for_each_flavor([](edo::Runtime& runtime) {
        ForeignWakers wakers(2);
        std::atomic<bool> over = false;
        std::atomic<int> empty{0};
        Event dumped;
        std::thread dumping([&] {
            std::vector<std::thread> threads;
            for (unsigned i = 0; i < 3; ++i) {
                threads.emplace_back([&] {
                    for (int n = 0; n < edo::test::rounds(20000); ++n) {
                        empty += edo::dump_tasks(runtime.handle()).empty() ? 1 : 0;
                    }
                });
            }
            for (std::thread& thread : threads) {
                thread.join();
            }
            over = true;
            dumped.set();
        });
        std::vector<edo::JoinHandle<void>> all;
        for (unsigned i = 0; i < 8; ++i) {
            all.push_back(runtime.spawn(keeps_busy(random_of(i), wakers, over)));
        }
        runtime.block_on(
            [](std::vector<edo::JoinHandle<void>>& tasks, Event& end) -> edo::Task<void> {
                co_await end;
                for (auto& task : tasks) {
                    co_await task;
                }
            }(all, dumped));
        dumping.join();
        BOOST_TEST(empty == 0);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
