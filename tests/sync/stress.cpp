// SPDX-License-Identifier: MIT
// All primitives under load from eight workers and plain threads, with cancellation at random.
#include "support/leak_guard.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/core/random.hpp>
#include <edo/runtime/core/sanitizers.hpp>
#include <edo/runtime/sync/barrier.hpp>
#include <edo/runtime/sync/cancellation_token.hpp>
#include <edo/runtime/sync/mutex.hpp>
#include <edo/runtime/sync/notify.hpp>
#include <edo/runtime/sync/once_cell.hpp>
#include <edo/runtime/sync/rw_lock.hpp>
#include <edo/runtime/sync/semaphore.hpp>
#include <edo/runtime/sync/set_once.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::Task;
using edo::detail::Random;
using edo::test::LeakGuard;

namespace {

constexpr int kTasks = 24;

constexpr int rounds(int count) {
    return edo::detail::kSanitized ? count : 4 * count;
}

std::uint64_t seed() {
    static const std::uint64_t value = [] {
        const char* const given = std::getenv("EDO_STRESS_SEED");
        return given != nullptr ? std::strtoull(given, nullptr, 0) : std::random_device()();
    }();
    return value;
}

Random random_of(std::uint64_t n) {
    return Random(seed() + n * 0x9E3779B97F4A7C15U);
}

Task<void> yields(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
        co_await edo::yield_now();
    }
}

/// Awaits it, or drops it after some turns. Yields nothing if it was dropped.
template <class A>
auto or_drop(Random& random, A awaitable)
    -> Task<std::optional<edo::NonVoid<edo::detail::BranchResult<A>>>> {
    auto first = co_await edo::select(std::move(awaitable), yields(random.below(4)));
    if (auto* const value = first.template get_if<0>()) {
        co_return std::move(*value);
    }
    co_return std::nullopt;
}

/// Runs `work(random)` in many tasks on eight workers, and `thread(random)` on two plain threads.
/// Fails when not all of it ends.
template <class Work, class Thread>
void run_all(Work work, Thread thread) {
    BOOST_TEST_INFO_SCOPE("EDO_STRESS_SEED=" << seed());
    const LeakGuard leaks;
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back([&thread, i] { thread(random_of(std::uint64_t(1000 + i))); });
    }
    edo::Runtime runtime = edo::Builder::multi_thread(8).build();
    const bool ended = runtime.block_on([](Work& w) -> Task<bool> {
        std::vector<edo::JoinHandle<void>> handles;
        for (int i = 0; i < kTasks; ++i) {
            handles.push_back(edo::spawn(w(random_of(std::uint64_t(i)))));
        }
        for (auto& handle : handles) {
            const auto result = co_await edo::timeout(40s, handle);
            if (!result || !result->has_value()) {
                co_return false;
            }
        }
        co_return true;
    }(work));
    if (!ended) {
        BOOST_TEST_MESSAGE("EDO_STRESS_SEED=" << seed());
    }
    BOOST_REQUIRE(ended);
    for (std::thread& each : threads) {
        each.join();
    }
}

template <class Work>
void run_all(Work work) {
    run_all(std::move(work), [](Random /*random*/) {});
}

BOOST_AUTO_TEST_SUITE(primitives_stress)

BOOST_AUTO_TEST_CASE(semaphore_permits_are_conserved_and_nobody_is_forgotten) {
    constexpr int kPermits = 7;
    edo::sync::Semaphore semaphore(kPermits);
    std::atomic<int> held = 0;
    std::atomic<int> mistakes = 0;
    const auto hold = [&](std::size_t count) {
        mistakes += held.fetch_add(int(count)) + int(count) > kPermits ? 1 : 0;
    };
    const auto work = [&](Random random) -> Task<void> {
        for (int i = 0; i < rounds(1600); ++i) {
            const std::size_t count = 1 + random.below(kPermits);
            edo::sync::SemaphorePermit permit;
            if (random.below(3) == 0) {
                auto got = co_await or_drop(random, semaphore.acquire_many(count));
                if (got) {
                    permit = std::move(**got);
                }
            } else if (random.below(4) == 0) {
                auto got = semaphore.try_acquire_many(count);
                if (got) {
                    permit = std::move(*got);
                }
            } else {
                auto got = co_await semaphore.acquire_many(count);
                permit = std::move(*got);
            }
            hold(permit.num_permits());
            co_await yields(random.below(2));
            if (permit.num_permits() > 1) {
                edo::sync::SemaphorePermit part = permit.split(1);
                held -= 1;
                if (random.below(2) == 0) {
                    part.forget();
                    semaphore.add_permits(1);
                }
            }
            held -= int(permit.num_permits());
        }
    };
    const auto thread = [&](Random random) {
        for (int i = 0; i < rounds(200); ++i) {
            auto permit = semaphore.blocking_acquire_many(1 + random.below(3));
            hold(permit->num_permits());
            held -= int(permit->num_permits());
        }
    };
    run_all(work, thread);
    BOOST_TEST(mistakes == 0);
    BOOST_TEST(semaphore.available_permits() == std::size_t(kPermits));
}

BOOST_AUTO_TEST_CASE(semaphore_waiters_of_aborted_tasks_lose_nothing) {
    edo::sync::Semaphore semaphore(2);
    run_all([&](Random random) -> Task<void> {
        const auto inner = [](edo::sync::Semaphore& s, std::size_t count) -> Task<void> {
            const auto permit = co_await s.acquire_many(count);
            co_await edo::yield_now();
        };
        for (int i = 0; i < rounds(400); ++i) {
            edo::JoinHandle<void> task = edo::spawn(inner(semaphore, 1 + random.below(2)));
            co_await yields(random.below(3));
            if (random.below(2) == 0) {
                task.abort();
            }
            static_cast<void>(co_await task);
        }
    });
    BOOST_TEST(semaphore.available_permits() == 2U);
}

BOOST_AUTO_TEST_CASE(semaphore_closes_under_load) {
    for (int round = 0; round < rounds(20); ++round) {
        edo::sync::Semaphore semaphore(3);
        std::atomic<int> closers = 0;
        run_all([&](Random random) -> Task<void> {
            for (;;) {
                const auto permit = co_await semaphore.acquire_many(1 + random.below(3));
                if (!permit) {
                    co_return;
                }
                co_await edo::yield_now();
                if (++closers == 50) {
                    semaphore.close();
                }
            }
        });
        BOOST_TEST(semaphore.available_permits() == 3U);
        BOOST_TEST(semaphore.is_closed());
    }
}

BOOST_AUTO_TEST_CASE(mutex_excludes_and_nobody_is_forgotten) {
    edo::sync::Mutex<int> mutex(0);
    std::atomic<int> locked = 0;
    const auto work = [&](Random random) -> Task<void> {
        for (int i = 0; i < rounds(1600); ++i) {
            if (random.below(4) == 0) {
                auto guard = co_await or_drop(random, mutex.lock());
                if (guard) {
                    **guard += 1;
                    ++locked;
                }
                continue;
            }
            auto guard = co_await mutex.lock();
            const int before = *guard;
            if (random.below(8) == 0) {
                co_await edo::yield_now();
            }
            *guard = before + 1;
            ++locked;
        }
    };
    const auto thread = [&](Random /*random*/) {
        for (int i = 0; i < rounds(1600); ++i) {
            *mutex.blocking_lock() += 1;
            ++locked;
        }
    };
    run_all(work, thread);
    BOOST_TEST(mutex.get_mut() == locked);
}

BOOST_AUTO_TEST_CASE(mutex_may_be_destroyed_by_the_one_who_locks_last) {
    for (int round = 0; round < rounds(200); ++round) {
        auto* const mutex = new edo::sync::Mutex<int>(0);
        const auto use = [mutex] {
            auto guard = mutex->blocking_lock();
            const int users = ++*guard;
            guard.unlock();
            if (users == 2) {  // nobody else will come
                delete mutex;
            }
        };
        std::thread other(use);
        use();
        other.join();
    }
    BOOST_TEST(true);
}

BOOST_AUTO_TEST_CASE(rw_lock_never_lets_a_writer_in_beside_others) {
    struct Pair {
        int a = 0;
        int b = 0;
    };
    edo::sync::RwLock<Pair> lock;
    std::atomic<int> writes = 0;
    std::atomic<int> mistakes = 0;
    const auto look = [&](const Pair& pair) { mistakes += pair.a == pair.b ? 0 : 1; };
    const auto work = [&](Random random) -> Task<void> {
        for (int i = 0; i < rounds(1000); ++i) {
            switch (random.below(5)) {
                case 0: {
                    auto writer = co_await lock.write();
                    writer->a += 1;
                    co_await yields(random.below(2));
                    writer->b += 1;
                    ++writes;
                    const auto reader = std::move(writer).downgrade();
                    co_await yields(random.below(2));
                    look(*reader);
                    break;
                }
                case 1: {
                    auto writer = co_await or_drop(random, lock.write());
                    if (writer) {
                        (*writer)->a += 1;
                        (*writer)->b += 1;
                        ++writes;
                    }
                    break;
                }
                case 2: {
                    const auto reader = co_await or_drop(random, lock.read());
                    if (reader) {
                        look(**reader);
                    }
                    break;
                }
                default: {
                    const auto reader = co_await lock.read();
                    look(*reader);
                    co_await yields(random.below(2));
                    look(*reader);
                    break;
                }
            }
        }
    };
    const auto thread = [&](Random /*random*/) {
        for (int i = 0; i < rounds(200); ++i) {
            look(*lock.blocking_read());
            auto writer = lock.blocking_write();
            writer->a += 1;
            writer->b += 1;
            ++writes;
        }
    };
    run_all(work, thread);
    BOOST_TEST(mistakes == 0);
    BOOST_TEST(lock.get_mut().a == writes);
}

/// Tokens in a counter, and a `Notify` for those who wait for one.
class Tokens {
public:
    void add(bool last) {
        left_.fetch_add(1);
        if (last) {
            notify_.notify_last();
        } else {
            notify_.notify_one();
        }
    }
    void end() {
        is_over_ = true;
        notify_.notify_waiters();
    }

    /// Waits for a token. False at the end.
    Task<bool> take(Random& random) {
        for (;;) {
            edo::sync::Notified notified = notify_.notified();
            // With several consumers one must be in the queue before it looks.
            notified.enable();
            if (try_take()) {
                co_return true;
            }
            if (is_over_) {
                co_return false;
            }
            if (random.below(3) == 0) {
                auto first = co_await edo::select(notified, yields(random.below(3)));
                if (first.index() == 1) {
                    continue;  // drops it, perhaps when it was just chosen
                }
            } else {
                co_await notified;
            }
        }
    }
    [[nodiscard]] int left() const { return left_; }

private:
    bool try_take() {
        int left = left_.load();
        while (left > 0) {
            if (left_.compare_exchange_weak(left, left - 1)) {
                return true;
            }
        }
        return false;
    }

    std::atomic<int> left_ = 0;
    std::atomic<bool> is_over_ = false;
    edo::sync::Notify notify_;
};

BOOST_AUTO_TEST_CASE(notify_loses_no_wake_up) {
    Tokens tokens;
    std::atomic<int> taken = 0;
    const int total = 2 * rounds(8000);
    const auto work = [&](Random random) -> Task<void> {
        for (;;) {
            const bool token = co_await tokens.take(random);
            if (!token) {
                co_return;
            }
            if (++taken == total) {
                tokens.end();
            }
        }
    };
    const auto thread = [&](Random random) {
        for (int i = 0; i < total / 2; ++i) {
            tokens.add(random.below(3) == 0);
            if (random.below(16) == 0) {
                std::this_thread::yield();
            }
        }
    };
    run_all(work, thread);
    BOOST_TEST(taken == total);
    BOOST_TEST(tokens.left() == 0);
}

BOOST_AUTO_TEST_CASE(notify_waiters_reaches_everyone_who_was_there) {
    edo::sync::Notify notify;
    std::atomic<int> epoch = 0;
    const int last = rounds(2000);
    const auto work = [&](Random random) -> Task<void> {
        for (int seen = 0; seen < last;) {
            edo::sync::Notified notified = notify.notified();
            if (random.below(2) == 0) {
                notified.enable();
            }
            const int now = epoch.load();
            if (now > seen) {
                seen = now;
                continue;
            }
            if (random.below(3) == 0) {
                edo::sync::Notified moved = std::move(notified);
                static_cast<void>(co_await edo::select(moved, yields(1)));
            } else {
                co_await notified;
            }
        }
    };
    std::mutex order;
    const auto thread = [&](Random random) {
        for (bool more = true; more;) {
            {
                const std::lock_guard guard(order);
                more = epoch < last;
                if (more) {
                    ++epoch;
                    notify.notify_waiters();
                }
            }
            if (random.below(4) == 0) {
                std::this_thread::yield();
            }
        }
    };
    run_all(work, thread);
    BOOST_TEST(epoch == last);
}

BOOST_AUTO_TEST_CASE(cancellation_reaches_every_descendant) {
    using edo::sync::CancellationToken;
    const LeakGuard leaks;
    for (int round = 0; round < rounds(20); ++round) {
        const CancellationToken root;
        std::atomic<int> started = 0;
        std::atomic<int> mistakes = 0;
        run_all([&](Random random) -> Task<void> {
            std::vector<CancellationToken> tokens{root.child_token()};
            if (++started == kTasks / 2) {
                root.cancel();
            }
            for (int i = 0; i < 40; ++i) {
                const std::size_t from = random.below(std::uint32_t(tokens.size()));
                tokens.push_back(tokens[from].child_token());
                const std::size_t other = random.below(std::uint32_t(tokens.size()));
                switch (random.below(4)) {
                    case 0:
                        tokens.erase(tokens.begin() + std::ptrdiff_t(other));
                        break;
                    case 1:
                        static_cast<void>(co_await or_drop(random, tokens[other].cancelled()));
                        break;
                    case 2:
                        if (random.below(4) == 0) {
                            tokens[other].cancel();
                            mistakes += tokens[other].child_token().is_cancelled() ? 0 : 1;
                        }
                        break;
                    default:
                        co_await edo::yield_now();
                        break;
                }
                if (tokens.empty()) {
                    tokens.push_back(root.child_token());
                }
            }
            for (const CancellationToken& token : tokens) {
                co_await token.cancelled();
            }
        });
        BOOST_TEST(mistakes == 0);
    }
}

BOOST_AUTO_TEST_CASE(barrier_keeps_rounds_apart) {
    edo::sync::Barrier barrier(kTasks);
    const int last = rounds(200);
    std::vector<std::atomic<int>> arrivals(std::size_t(last + 1));
    std::atomic<int> leaders = 0;
    std::atomic<int> mistakes = 0;
    run_all([&](Random random) -> Task<void> {
        for (int round = 0; round < last; ++round) {
            co_await yields(random.below(2));
            ++arrivals[std::size_t(round)];
            const auto result = co_await barrier.wait();
            mistakes += arrivals[std::size_t(round)] == kTasks ? 0 : 1;
            leaders += result.is_leader() ? 1 : 0;
        }
    });
    BOOST_TEST(mistakes == 0);
    BOOST_TEST(leaders == last);
}

BOOST_AUTO_TEST_CASE(once_cell_is_made_once_whoever_fails) {
    for (int round = 0; round < rounds(40); ++round) {
        edo::sync::OnceCell<int> cell;
        std::atomic<int> making = 0;
        std::atomic<int> made = 0;
        std::atomic<int> mistakes = 0;
        run_all([&](Random random) -> Task<void> {
            auto make = [&]() -> Task<edo::Result<int>> {
                struct Making {
                    explicit Making(std::atomic<int>& c) : count(c) { ++count; }
                    ~Making() { --count; }
                    std::atomic<int>& count;
                } const now(making);
                mistakes += making == 1 ? 0 : 1;
                co_await yields(random.below(3));
                if (random.below(3) == 0) {
                    co_return edo::failure(std::errc::timed_out);
                }
                co_return ++made;
            };
            for (;;) {
                auto value = co_await or_drop(random, cell.get_or_try_init(make));
                if (value && value->has_value()) {
                    mistakes += ***value == *cell.get() ? 0 : 1;
                    co_return;
                }
            }
        });
        BOOST_TEST(mistakes == 0);
        BOOST_TEST(cell.is_set());
    }
}

BOOST_AUTO_TEST_CASE(set_once_wakes_all) {
    for (int round = 0; round < rounds(100); ++round) {
        edo::sync::SetOnce<int> once;
        std::atomic<int> winners = 0;
        std::atomic<int> mistakes = 0;
        const auto work = [&](Random random) -> Task<void> {
            const auto look = [](edo::sync::SetOnce<int>& o) -> Task<int> {
                const int& value = co_await o.wait();
                co_return value;
            };
            for (;;) {
                const auto value = co_await or_drop(random, look(once));
                if (value) {
                    mistakes += *value == 5 ? 0 : 1;
                    co_return;
                }
            }
        };
        run_all(work, [&](Random /*random*/) { winners += once.set(5).has_value() ? 1 : 0; });
        BOOST_TEST(mistakes == 0);
        BOOST_TEST(winners == 1);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
