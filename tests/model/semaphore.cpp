// SPDX-License-Identifier: MIT
// Permits, and the locks that are made of them.
#include "edo_model.hpp"
#include <edo/runtime/sync/mutex.hpp>
#include <edo/runtime/sync/semaphore.hpp>

#include <memory>
#include <optional>

namespace edo::model {
namespace {

using detail::Outcome;
using sync::Mutex;
using sync::Semaphore;

/// Adds under the lock: two at once would race.
Task<int> add(Mutex<int>& mutex) {
    auto guard = co_await mutex.lock();
    co_return ++*guard;
}

Task<bool> take(Semaphore& semaphore, std::uint32_t count) {
    auto permit = co_await semaphore.acquire_many(count);
    co_return permit.has_value();
}

void two_tasks_lock() {
    Owner owner(2);
    Mutex<int> mutex(0);
    Spawned first(owner, add(mutex));
    Spawned second(owner, add(mutex));
    run_threads([&] { owner.work(); }, [&] { owner.work(); });
    expect(first.value() + second.value() == 3, "that both had the lock, one after the other");
}

void unlock_against_lock() {
    Owner owner(1);
    Mutex<int> mutex(0);
    std::optional guard(mutex.try_lock());
    Spawned task(owner, add(mutex));
    run_threads([&] { owner.work(); },
                [&] {
                    ++**guard;
                    guard.reset();
                });
    expect(task.value() == 2, "that the waiter sees what the holder did");
}

void two_threads_try() {
    Mutex<int> mutex(0);
    const auto add_once = [&] {
        if (auto guard = mutex.try_lock()) {
            ++**guard;
        }
    };
    run_threads(add_once, add_once);
    expect(mutex.try_lock().has_value(), "that the lock is free again");
}

void abort_against_release() {
    Owner owner(1);
    Semaphore semaphore(0);
    Spawned task(owner, take(semaphore, 1));
    run_threads([&] { owner.work(); }, [&] { semaphore.add_permits(1); }, [&] { task.abort(); });
    expect(semaphore.available_permits() == 1, "that no permit is lost");
}

void abort_of_the_first_of_two() {
    Owner owner(2);
    Semaphore semaphore(0);
    Spawned first(owner, take(semaphore, 2));
    Spawned second(owner, take(semaphore, 1));
    run_threads([&] { owner.work(); }, [&] { semaphore.add_permits(1); }, [&] { first.abort(); });
    expect(second.value(), "that a permit given in part goes to the next");
    expect(semaphore.available_permits() == 1, "that no permit is lost");
}

void close_against_acquire() {
    Owner owner(1);
    Semaphore semaphore(0);
    Spawned task(owner, take(semaphore, 1));
    run_threads([&] { owner.work(); }, [&] { semaphore.close(); });
    expect(!task.value(), "that the waiter learns of it");
}

void what_came_before_closing() {
    Semaphore semaphore(0);
    int data = 0;
    run_threads(
        [&] {
            data = 7;
            semaphore.close();
        },
        [&] {
            auto permit = semaphore.try_acquire();
            if (!permit && permit.error().is_closed()) {
                expect(data == 7, "that what came before closing is seen");
            }
        });
}

/// Whoever has the last permit may destroy the semaphore: the one before has let go of it.
void the_last_permit_destroys() {
    Owner owner(1);
    auto semaphore = std::make_unique<Semaphore>(0);
    struct Destroy {
        static Task<void> after_two(std::unique_ptr<Semaphore>& semaphore) {
            {
                auto permit = co_await semaphore->acquire_many(2);
                permit->forget();
            }
            semaphore.reset();
        }
    };
    Spawned task(owner, Destroy::after_two(semaphore));
    run_threads([&] { owner.work(); }, [&s = *semaphore] { s.add_permits(1); },
                [&s = *semaphore] { s.add_permits(1); });
    expect(semaphore == nullptr, "that the task ended");
}

constexpr const char* kSuite = "semaphore";
const Check kTasks(kSuite, "two_tasks_have_the_lock_one_after_the_other", &two_tasks_lock);
const Check kUnlock(kSuite, "a_waiter_sees_what_the_holder_did", &unlock_against_lock);
const Check kTry(kSuite, "two_threads_try_to_lock", &two_threads_try);
const Check kAbort(kSuite, "an_aborted_waiter_passes_the_permit_on", &abort_against_release);
const Check kFirst(kSuite, "an_aborted_waiter_passes_on_what_it_had_in_part",
                   &abort_of_the_first_of_two);
const Check kClose(kSuite, "a_waiter_learns_that_it_is_closed", &close_against_acquire);
const Check kBefore(kSuite, "what_came_before_closing_is_seen", &what_came_before_closing);
const Check kDestroy(kSuite, "who_has_the_last_permit_may_destroy_it", &the_last_permit_destroys);

const Control kTry1(kTry, "found_without_the_release_of_free", "free_unless_waiters",
                    "compare_exchange_weak");
const Control kTry2(kTry, "found_without_the_acquire_of_try_acquire", "SemaphoreCore::try_acquire",
                    "compare_exchange_weak");
const Control kBefore1(kBefore, "found_without_the_release_of_close", "SemaphoreCore::close(",
                       "word_.fetch_or");
const Control kBefore2(kBefore, "found_without_the_acquire_of_a_look", "SemaphoreCore::try_acquire",
                       "word_.load");
const Control kUnlock1(kUnlock, "found_without_the_acquire_of_enqueue", "SemaphoreCore::enqueue",
                       "compare_exchange_weak");
const Control kFirst1(kFirst, "found_without_the_release_of_the_spin_lock", "SpinLock::unlock(",
                      "locked_.store");
const Control kFirst2(kFirst, "found_without_the_acquire_of_the_spin_lock", "SpinLock::lock(",
                      "locked_.exchange");

}  // namespace
}  // namespace edo::model
