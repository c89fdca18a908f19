// SPDX-License-Identifier: MIT
// What the synchronisation primitives cost: to one task alone, and from task to task.

#include "join.hpp"
#include "options.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/mutex.hpp>
#include <edo/runtime/sync/notify.hpp>
#include <edo/runtime/sync/semaphore.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace {

using edo::Task;

constexpr std::size_t kOperations = 8'192;  // of one iteration
constexpr std::size_t kTasks = 8;

/// Spawns `work(kOperations / kTasks)` in several tasks and waits for them.
template <class Work>
Task<void> in_tasks(Work work) {
    std::vector<edo::JoinHandle<void>> handles;
    for (std::size_t i = 0; i < kTasks; ++i) {
        handles.push_back(edo::spawn(work(kOperations / kTasks)));
    }
    for (auto& handle : handles) {
        co_await bench::join(std::move(handle));
    }
}

Task<void> mutex_alone() {
    edo::sync::Mutex<std::size_t> mutex(0);
    for (std::size_t i = 0; i < kOperations; ++i) {
        auto guard = co_await mutex.lock();
        *guard += 1;
    }
}

/// Each holds the lock while it yields, so that the others queue up.
Task<void> mutex_handed_over() {
    edo::sync::Mutex<std::size_t> mutex(0);
    const auto work = [&mutex](std::size_t count) -> Task<void> {
        for (std::size_t i = 0; i < count; ++i) {
            auto guard = co_await mutex.lock();
            co_await edo::yield_now();
            *guard += 1;
        }
    };
    co_await in_tasks(work);
}

/// Many want the lock and hold it for a moment.
Task<void> mutex_contended() {
    edo::sync::Mutex<std::size_t> mutex(0);
    const auto work = [&mutex](std::size_t count) -> Task<void> {
        for (std::size_t i = 0; i < count; ++i) {
            auto guard = co_await mutex.lock();
            *guard += 1;
        }
    };
    co_await in_tasks(work);
}

Task<void> semaphore_alone() {
    edo::sync::Semaphore semaphore(10);
    for (std::size_t i = 0; i < kOperations; ++i) {
        const auto permit = co_await semaphore.acquire();
        benchmark::DoNotOptimize(permit);
    }
}

Task<void> semaphore_contended() {
    edo::sync::Semaphore semaphore(2);
    const auto work = [&semaphore](std::size_t count) -> Task<void> {
        for (std::size_t i = 0; i < count; ++i) {
            const auto permit = co_await semaphore.acquire();
            co_await edo::yield_now();
        }
    };
    co_await in_tasks(work);
}

Task<void> notify_alone() {
    edo::sync::Notify notify;
    for (std::size_t i = 0; i < kOperations; ++i) {
        notify.notify_one();
        co_await notify.notified();
    }
}

Task<void> notify_ping_pong() {
    edo::sync::Notify ping;
    edo::sync::Notify pong;
    const auto answer = [&ping, &pong]() -> Task<void> {
        for (std::size_t i = 0; i < kOperations; ++i) {
            co_await ping.notified();
            pong.notify_one();
        }
    };
    edo::JoinHandle<void> other = edo::spawn(answer());
    for (std::size_t i = 0; i < kOperations; ++i) {
        ping.notify_one();
        co_await pong.notified();
    }
    co_await bench::join(std::move(other));
}

struct Case {
    std::string_view name;
    Task<void> (*run)();
};

constexpr std::array kCases{
    Case{"mutex_alone", mutex_alone},
    Case{"mutex_handed_over", mutex_handed_over},
    Case{"mutex_contended", mutex_contended},
    Case{"semaphore_alone", semaphore_alone},
    Case{"semaphore_contended", semaphore_contended},
    Case{"notify_alone", notify_alone},
    Case{"notify_ping_pong", notify_ping_pong},
};

void run(benchmark::State& state, Case which, const bench::Options& options) {
    edo::Runtime runtime = options.build_runtime();
    std::size_t operations = 0;
    for ([[maybe_unused]] auto iteration : state) {
        runtime.block_on(bench::join(runtime.spawn(which.run())));
        operations += kOperations;
    }
    state.counters["time_per_op"] = benchmark::Counter(
        double(operations), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

bool register_all() {
    for (const Case& which : kCases) {
        for (std::size_t workers = 0; workers <= 2; ++workers) {
            bench::Options options;
            std::string name(which.name);
            if (workers == 0) {
                name += "/current_thread";
            } else {
                options.flavor = "multi";
                options.workers = workers;
                name += "/multi/" + std::to_string(workers);
            }
            benchmark::RegisterBenchmark(name.c_str(), run, which, options)
                ->UseRealTime()
                ->Unit(benchmark::kMicrosecond);
        }
    }
    return true;
}

const bool registered = register_all();

}  // namespace
