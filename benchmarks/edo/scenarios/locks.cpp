// SPDX-License-Identifier: MIT
// What locks and permits cost: to one task alone, and to eight that want the same.

#include "support.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/mutex.hpp>
#include <edo/runtime/sync/rw_lock.hpp>
#include <edo/runtime/sync/semaphore.hpp>

#include <array>
#include <memory>
#include <utility>
#include <vector>

namespace bench {

namespace {

using Mutex = edo::sync::Mutex<std::size_t>;
using RwLock = edo::sync::RwLock<std::size_t>;
using edo::sync::Semaphore;

constexpr std::size_t kTasks = 8;

/// Runs `work(shared, count)` in eight tasks, which share one object, and waits for them.
template <class Shared>
Task<Done> in_tasks(std::shared_ptr<Shared> shared, std::size_t iterations,
                    Task<void> (*work)(std::shared_ptr<Shared>, std::size_t)) {
    const std::size_t each = divide_up(iterations, kTasks);
    std::vector<edo::JoinHandle<void>> handles;
    for (std::size_t i = 0; i < kTasks; ++i) {
        handles.push_back(edo::spawn(work(shared, each)));
    }
    for (auto& handle : handles) {
        co_await join(std::move(handle));
    }
    co_return each* kTasks;
}

// ---- Mutex -------------------------------------------------------------------------------------

Task<void> lock_and_add(std::shared_ptr<Mutex> mutex, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        auto guard = co_await mutex->lock();
        *guard += 1;
    }
}

/// Holds the lock while it yields, so that the others queue up.
Task<void> lock_and_yield(std::shared_ptr<Mutex> mutex, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        auto guard = co_await mutex->lock();
        co_await edo::yield_now();
        *guard += 1;
    }
}

Task<Done> mutex_alone(std::size_t iterations) {
    Mutex mutex(0);
    for (std::size_t i = 0; i < iterations; ++i) {
        auto guard = co_await mutex.lock();
        *guard += 1;
    }
    check(mutex.get_mut() == iterations, "mutex_alone: a lost addition");
    co_return iterations;
}

Task<Done> with_mutex(std::size_t iterations,
                      Task<void> (*work)(std::shared_ptr<Mutex>, std::size_t)) {
    const auto mutex = std::make_shared<Mutex>(0);
    const Done done = co_await in_tasks(mutex, iterations, work);
    check(mutex->get_mut() == done.operations, "mutex: a lost addition");
    co_return done;
}

Task<Done> mutex_contended(std::size_t iterations) {
    return with_mutex(iterations, lock_and_add);
}
Task<Done> mutex_handed_over(std::size_t iterations) {
    return with_mutex(iterations, lock_and_yield);
}

// ---- RwLock ------------------------------------------------------------------------------------

Task<Done> rwlock_read_alone(std::size_t iterations) {
    RwLock lock(1);
    std::size_t sum = 0;
    for (std::size_t i = 0; i < iterations; ++i) {
        const auto guard = co_await lock.read();
        sum += *guard;
    }
    check(sum == iterations, "rwlock_read_alone: a wrong value");
    co_return iterations;
}

Task<Done> rwlock_write_alone(std::size_t iterations) {
    RwLock lock(0);
    for (std::size_t i = 0; i < iterations; ++i) {
        auto guard = co_await lock.write();
        *guard += 1;
    }
    check(lock.get_mut() == iterations, "rwlock_write_alone: a lost addition");
    co_return iterations;
}

Task<void> read(std::shared_ptr<RwLock> lock, std::size_t count) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const auto guard = co_await lock->read();
        sum += *guard;
    }
    check(sum == count, "rwlock_read_shared: a wrong value");
}

/// One time in eight it writes. Holds the lock while it yields.
Task<void> read_and_write(std::shared_ptr<RwLock> lock, std::size_t count) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (i % 8 == 7) {
            auto guard = co_await lock->write();
            co_await edo::yield_now();
            *guard += 1;
        } else {
            const auto guard = co_await lock->read();
            co_await edo::yield_now();
            sum += *guard;
        }
    }
    check(sum >= count / 2, "rwlock_mixed: a wrong value");
}

Task<Done> rwlock_read_shared(std::size_t iterations) {
    return in_tasks(std::make_shared<RwLock>(1), iterations, read);
}
Task<Done> rwlock_mixed(std::size_t iterations) {
    return in_tasks(std::make_shared<RwLock>(1), iterations, read_and_write);
}

// ---- Semaphore ---------------------------------------------------------------------------------

Task<Done> semaphore_alone(std::size_t iterations) {
    Semaphore semaphore(10);
    for (std::size_t i = 0; i < iterations; ++i) {
        const auto permit = co_await semaphore.acquire();
        check(permit.has_value(), "semaphore_alone: closed");
    }
    co_return iterations;
}

Task<void> acquire_and_yield(std::shared_ptr<Semaphore> semaphore, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        const auto permit = co_await semaphore->acquire();
        check(permit.has_value(), "semaphore: closed");
        co_await edo::yield_now();
    }
}

Task<Done> semaphore_shared(std::size_t iterations) {
    return in_tasks(std::make_shared<Semaphore>(kTasks), iterations, acquire_and_yield);
}
Task<Done> semaphore_contended(std::size_t iterations) {
    return in_tasks(std::make_shared<Semaphore>(2), iterations, acquire_and_yield);
}

constexpr std::array kScenarios{
    Scenario{"mutex_alone", mutex_alone},
    Scenario{"mutex_contended", mutex_contended},
    Scenario{"mutex_handed_over", mutex_handed_over},
    Scenario{"rwlock_read_alone", rwlock_read_alone},
    Scenario{"rwlock_write_alone", rwlock_write_alone},
    Scenario{"rwlock_read_shared", rwlock_read_shared},
    Scenario{"rwlock_mixed", rwlock_mixed},
    Scenario{"semaphore_alone", semaphore_alone},
    Scenario{"semaphore_shared", semaphore_shared},
    Scenario{"semaphore_contended", semaphore_contended},
};

}  // namespace

std::span<const Scenario> locks() {
    return kScenarios;
}

}  // namespace bench
