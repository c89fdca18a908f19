// SPDX-License-Identifier: MIT
// Sets of tasks, trackers and pools of local threads under load from eight workers: every member is
// joined or dropped once, and nobody is forgotten.
#include "support/event.hpp"
#include "support/leak_guard.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/core/random.hpp>
#include <edo/runtime/core/sanitizers.hpp>
#include <edo/runtime/join_map.hpp>
#include <edo/runtime/join_queue.hpp>
#include <edo/runtime/join_set.hpp>
#include <edo/runtime/local_pool.hpp>
#include <edo/runtime/task_tracker.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

using edo::Task;
using edo::detail::Random;
using edo::test::CountsDestruction;
using edo::test::Event;
using edo::test::LeakGuard;

namespace {

constexpr int kOwners = 16;
constexpr int kRounds = edo::detail::kSanitized ? 10 : 40;

std::uint64_t seed() {
    static const std::uint64_t value = [] {
        const char* const given = std::getenv("EDO_STRESS_SEED");
        return given != nullptr ? std::strtoull(given, nullptr, 0) : std::random_device()();
    }();
    return value;
}

Task<int> member(int value, unsigned yields, CountsDestruction /*counts*/) {
    for (unsigned i = 0; i < yields; ++i) {
        co_await edo::yield_now();
    }
    co_return value;
}

Task<int> waits_for_ever(CountsDestruction /*counts*/) {
    Event never;
    co_await never;
    co_return 0;
}

/// Boost.Test is not thread-safe.
std::atomic<int> mistakes = 0;

void check(bool right) {
    mistakes += right ? 0 : 1;
}

/// Runs `work(random)` in many tasks on eight workers.
template <class Work>
void run_all(Work work) {
    BOOST_TEST_INFO_SCOPE("EDO_STRESS_SEED=" << seed());
    const LeakGuard leaks;
    edo::Runtime runtime = edo::Builder::multi_thread(8).build();
    std::vector<edo::JoinHandle<void>> tasks;
    for (int i = 0; i < kOwners; ++i) {
        tasks.push_back(runtime.spawn(work, Random(seed() + std::uint64_t(i) * 7919U)));
    }
    runtime.block_on([](std::vector<edo::JoinHandle<void>>& all) -> Task<void> {
        for (edo::JoinHandle<void>& task : all) {
            const auto done = co_await task;
            check(done.has_value());
        }
    }(tasks));
    BOOST_TEST(mistakes.exchange(0) == 0);
}

/// Members that end by themselves, or are aborted, or are dropped with their set.
template <class Set>
Task<void> use_set(Random random, std::atomic<int>& destroyed, std::atomic<int>& made) {
    for (int round = 0; round < kRounds; ++round) {
        Set set;
        const int count = 1 + int(random.below(20));
        for (int i = 0; i < count; ++i) {
            const edo::AbortHandle handle =
                set.spawn(member(i, random.below(4), CountsDestruction(destroyed)));
            ++made;
            if (random.below(4) == 0) {
                handle.abort();
            }
        }
        if (random.below(3) == 0) {
            continue;  // drops them all
        }
        int joined = 0;
        while (true) {
            // A wait that is dropped now and then loses nothing.
            auto first = co_await edo::select(set.join_next(), edo::yield_now());
            if (auto* const next = first.template get_if<0>()) {
                if (!*next) {
                    break;
                }
                ++joined;
            }
        }
        check(joined == count);
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sets_stress)

BOOST_AUTO_TEST_CASE(every_member_of_a_join_set_is_joined_or_dropped_once) {
    std::atomic<int> destroyed = 0;
    std::atomic<int> made = 0;
    run_all([&](Random random) { return use_set<edo::JoinSet<int>>(random, destroyed, made); });
    BOOST_TEST(destroyed.load() == made.load());
}

BOOST_AUTO_TEST_CASE(every_member_of_a_join_queue_is_joined_or_dropped_once) {
    std::atomic<int> destroyed = 0;
    std::atomic<int> made = 0;
    run_all([&](Random random) { return use_set<edo::JoinQueue<int>>(random, destroyed, made); });
    BOOST_TEST(destroyed.load() == made.load());
}

BOOST_AUTO_TEST_CASE(a_join_map_whose_tasks_are_replaced_forgets_nobody) {
    std::atomic<int> destroyed = 0;
    std::atomic<int> made = 0;
    run_all([&](Random random) -> Task<void> {
        for (int round = 0; round < kRounds; ++round) {
            edo::JoinMap<int, int> map;
            for (int i = 0; i < 20; ++i) {
                map.spawn(int(random.below(5)),
                          member(i, random.below(4), CountsDestruction(destroyed)));
                ++made;
                if (random.below(3) == 0) {
                    co_await edo::yield_now();
                }
            }
            std::size_t left = map.size();
            while (const auto next = map.try_join_next()) {
                --left;
            }
            for (; left > 0; --left) {
                const auto next = co_await map.join_next();
                check(next.has_value());
            }
            check(map.empty());
        }
    });
    BOOST_TEST(destroyed.load() == made.load());
}

BOOST_AUTO_TEST_CASE(a_set_that_is_destroyed_while_it_is_awaited_ends_the_wait) {
    std::atomic<int> destroyed = 0;
    std::atomic<int> made = 0;
    run_all([&](Random random) -> Task<void> {
        for (int round = 0; round < kRounds; ++round) {
            std::optional<edo::JoinSet<int>> set(std::in_place);
            set->spawn(waits_for_ever(CountsDestruction(destroyed)));
            set->spawn(member(1, random.below(8), CountsDestruction(destroyed)));
            made += 2;
            const auto wait = [&set]() -> Task<int> {
                int joined = 0;
                try {
                    for (;;) {
                        const auto next = co_await set->join_next();
                        joined += next->has_value() ? 1 : 0;
                    }
                } catch (const edo::UsageError&) {
                }
                co_return joined;
            };
            const auto destroy = [&set](unsigned yields) -> Task<void> {
                for (unsigned i = 0; i < yields; ++i) {
                    co_await edo::yield_now();
                }
                set.reset();
            };
            auto waiting = wait();
            auto destroying = destroy(random.below(8));
            auto [joined, unit] = co_await edo::join(std::move(waiting), std::move(destroying));
            check(joined <= 1);
        }
    });
    BOOST_TEST(destroyed.load() == made.load());
}

BOOST_AUTO_TEST_CASE(a_handle_that_is_dropped_or_moved_while_it_is_awaited_ends_the_wait_once) {
    std::atomic<int> destroyed = 0;
    std::atomic<int> made = 0;
    run_all([&](Random random) -> Task<void> {
        for (int round = 0; round < 4 * kRounds; ++round) {
            edo::JoinHandle<int> handle =
                edo::spawn(member(5, random.below(6), CountsDestruction(destroyed)));
            edo::JoinHandle<int> other;
            ++made;
            const auto wait = [&handle]() -> Task<bool> {
                try {
                    const edo::JoinResult<int> result = co_await handle;
                    co_return result.value() == 5;
                } catch (const edo::UsageError&) {
                    co_return false;
                }
            };
            const auto take = [&handle, &other](unsigned yields, bool keep) -> Task<bool> {
                for (unsigned i = 0; i < yields; ++i) {
                    co_await edo::yield_now();
                }
                const bool was_there = handle.valid();
                if (keep) {
                    other = std::move(handle);
                } else {
                    handle = edo::JoinHandle<int>();
                }
                co_return was_there;
            };
            const bool keep = random.below(2) == 0;
            auto waiting = wait();
            auto taking = take(random.below(6), keep);
            auto [got, was_there] = co_await edo::join(std::move(waiting), std::move(taking));
            check(got == (keep || !was_there));
            check(!other.valid());
        }
    });
    while (destroyed.load() != made.load()) {
        std::this_thread::yield();
    }
}

BOOST_AUTO_TEST_CASE(a_tracker_is_over_when_the_last_task_is) {
    std::atomic<int> destroyed = 0;
    run_all([&](Random random) -> Task<void> {
        for (int round = 0; round < kRounds; ++round) {
            std::atomic<int> ended = 0;
            edo::TaskTracker tracker;
            const int count = 1 + int(random.below(10));
            for (int i = 0; i < count; ++i) {
                edo::JoinHandle<int> task =
                    tracker.spawn(member(i, random.below(4), CountsDestruction(ended)));
                if (random.below(4) == 0) {
                    task.abort();
                }
                task.detach();
            }
            tracker.close();
            co_await tracker.wait();
            check(ended.load() == count);
            destroyed += count;
        }
    });
}

BOOST_AUTO_TEST_CASE(a_local_pool_serves_many_threads) {
    std::atomic<int> destroyed = 0;
    std::atomic<int> made = 0;
    const edo::LocalPoolHandle pool(3);
    edo::block_on([](const edo::LocalPoolHandle& started) -> Task<void> {
        for (std::size_t i = 0; i < started.num_threads(); ++i) {
            const auto nothing = []() -> Task<void> { co_return; };
            static_cast<void>(co_await started.spawn_pinned_by_idx(i, nothing));
        }
    }(pool));  // it has all the frames of its own now
    run_all([&](Random random) -> Task<void> {
        for (int round = 0; round < kRounds; ++round) {
            ++made;
            edo::JoinHandle<int> task =
                pool.spawn_pinned(member, round, random.below(4), CountsDestruction(destroyed));
            if (random.below(3) == 0) {
                task.abort();
            }
            const edo::JoinResult<int> result = co_await task;
            check(result ? result.value() == round : result.error().is_cancelled());
        }
    });
    BOOST_TEST(destroyed.load() == made.load());
}

BOOST_AUTO_TEST_SUITE_END()
