// SPDX-License-Identifier: MIT
// The checker itself: every kind of failure is found, and named for what it is.
#include "checker/model.hpp"

#include <atomic>
#include <memory>
#include <mutex>

namespace edo::model {
namespace {

std::atomic<int>* shared = nullptr;

void race() {
    int data = 0;
    std::atomic<bool> ready{false};
    int seen = 0;
    run_threads(
        [&] {
            data = 1;
            ready.store(true, std::memory_order_relaxed);
        },
        [&] {
            if (ready.load(std::memory_order_acquire)) {
                seen = data;
            }
        });
    expect(seen <= 1);
}

void race_of_an_atomic_with_its_construction() {
    std::atomic<std::atomic<int>*> place{nullptr};
    auto owned = std::unique_ptr<std::atomic<int>>();
    run_threads(
        [&] {
            owned = std::make_unique<std::atomic<int>>(1);
            place.store(owned.get(), std::memory_order_relaxed);
        },
        [&] {
            if (auto* const made = place.load(std::memory_order_relaxed)) {
                made->fetch_add(1);
            }
        });
}

void use_after_free() {
    auto* const data = new std::atomic<int>(0);
    std::atomic<bool> gone{false};
    run_threads(
        [&] {
            delete data;
            gone.store(true, std::memory_order_release);
        },
        [&] {
            if (gone.load(std::memory_order_acquire)) {
                data->load();
            }
        });
}

void free_against_use() {
    auto* const data = new std::atomic<int>(0);
    run_threads([&] { data->load(); }, [&] { delete data; });
}

void double_free() {
    std::atomic<int> users{2};
    auto* const data = new int(0);
    const auto leave = [&] {
        // Wrong: both may find that they are the last.
        const int before = users.load();
        users.store(before - 1);
        if (before == 1 || users.load() == 0) {
            delete data;
        }
    };
    run_threads(leave, leave);
}

void leak() {
    shared = new std::atomic<int>(0);
}

void out_of_bounds() {
    const std::unique_ptr<int[]> data(new int[4]);
    volatile int* const begin = data.get();
    begin[4] = 1;
}

void lost_wake_up() {
    std::atomic<bool> waits{false};
    std::atomic<bool> done{false};
    Mailbox bell(2);
    run_threads(
        [&] {
            if (!done.load()) {
                waits.store(true);  // too late if it was done in between
                static_cast<void>(bell.take());
            }
        },
        [&] {
            done.store(true);
            if (waits.load()) {
                bell.post(&bell);
            }
        });
}

void two_locks() {
    std::mutex first;
    std::mutex second;
    run_threads(
        [&] {
            const std::lock_guard one(first);
            const std::lock_guard two(second);
        },
        [&] {
            const std::lock_guard two(second);
            const std::lock_guard one(first);
        });
}

void endless_spin() {
    std::atomic<bool> never{false};
    run_threads([&] {
        while (!never.load()) {
            spin();
        }
    });
}

void lost_update() {
    std::atomic<int> sum{0};
    const auto add = [&] { sum.store(sum.load() + 1); };
    run_threads(add, add);
    expect(sum.load() == 2, "that nothing is lost");
}

/// Every other execution has an operation more.
void state_that_stays() {
    static bool odd = false;
    odd = !odd;
    std::atomic<int> sum{0};
    const auto add = [&] {
        sum.fetch_add(1);
        if (odd) {
            sum.fetch_add(1);
        }
    };
    run_threads(add, add);
}

// ---- and what is right, is not reported --------------------------------------------------------

void mutual_exclusion() {
    std::mutex lock;
    int sum = 0;
    const auto add = [&] {
        const std::lock_guard guard(lock);
        ++sum;
    };
    run_threads(add, add, add);
    expect(sum == 3, "that nothing is lost");
}

/// Threads are switched inside the lock, too, while two of them wait for it.
void mutual_exclusion_of_waiters() {
    std::mutex lock;
    std::atomic<int> inside{0};
    const auto enter = [&] {
        const std::lock_guard guard(lock);
        expect(inside.fetch_add(1) == 0, "that one thread is inside");
        inside.fetch_sub(1);
    };
    run_threads(enter, enter, enter);
}

/// The first element ends one of the two waits.
void two_wait_for_elements() {
    Mailbox bell(1);
    std::atomic<int> taken{0};
    const auto take = [&] {
        expect(bell.take() != nullptr, "that there is an element");
        taken.fetch_add(1);
    };
    run_threads(take, take, [&] {
        bell.post(&bell);
        taken.load();
        bell.post(&bell);
    });
}

void spin_until_done() {
    std::atomic<bool> done{false};
    int data = 0;
    run_threads(
        [&] {
            while (!done.load(std::memory_order_acquire)) {
                spin();
            }
            ++data;
        },
        [&] {
            ++data;
            done.store(true, std::memory_order_release);
        });
    expect(data == 2, "that the loop ends");
}

void shared_ownership() {
    const auto data = std::make_shared<int>(1);
    run_threads([copy = data]() mutable { copy.reset(); },
                [copy = data]() mutable { copy.reset(); });
}

constexpr const char* kSuite = "failures";
const Failing kRace(kSuite, "a_data_race_is_found", &race, "a data race");
const Failing kRace2(kSuite, "a_race_with_a_construction_is_found",
                     &race_of_an_atomic_with_its_construction, "a data race");
const Failing kUse(kSuite, "a_use_of_freed_memory_is_found", &use_after_free, "freed memory");
const Failing kUse2(kSuite, "a_free_that_is_not_ordered_is_found", &free_against_use, "");
const Failing kTwice(kSuite, "a_double_free_is_found", &double_free, "freed twice");
const Failing kLeak(kSuite, "a_leak_is_found", &leak, "a leak of 4 bytes");
const Failing kBounds(kSuite, "an_access_out_of_bounds_is_found", &out_of_bounds,
                      "outside of all blocks");
const Failing kLost(kSuite, "a_lost_wake_up_is_found", &lost_wake_up, "a deadlock");
const Failing kLocks(kSuite, "a_deadlock_of_mutexes_is_found", &two_locks, "a deadlock");
const Failing kSpin(kSuite, "a_livelock_is_found", &endless_spin, "a livelock");
const Failing kUpdate(kSuite, "a_lost_update_is_found", &lost_update, "that nothing is lost");
const Failing kState(kSuite, "state_that_stays_is_found", &state_that_stays, "keeps state");
const Check kWaiters(kSuite, "a_mutex_lets_one_waiter_in", &mutual_exclusion_of_waiters);
const Check kElements(kSuite, "an_element_ends_one_wait", &two_wait_for_elements);
const Check kMutex(kSuite, "a_mutex_orders", &mutual_exclusion);
const Check kLoop(kSuite, "a_busy_loop_ends", &spin_until_done);
const Check kShared(kSuite, "shared_ownership_orders_the_end", &shared_ownership);

}  // namespace
}  // namespace edo::model
