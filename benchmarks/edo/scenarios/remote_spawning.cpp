// SPDX-License-Identifier: MIT
// What it costs to start tasks from a thread outside the runtime, while its workers have nothing to
// do and while they are busy.

#include "support.hpp"
#include <edo/edo.hpp>

#include <array>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace bench {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kTasks = 10'000;    // of a round
constexpr std::size_t kFewTasks = 200;    // of a round, while the workers are busy
constexpr Clock::duration kStall = 10us;  // which a busy task takes between two turns

Task<void> nothing() {
    co_return;
}

Task<void> join_all(std::vector<edo::JoinHandle<void>>& handles) {
    for (auto& handle : handles) {
        const auto ended = co_await handle;
        check(ended.has_value(), "spawn_remote: a task failed");
    }
    handles.clear();
}

Done spawn_from_here(edo::Runtime& runtime, std::size_t iterations, std::size_t tasks) {
    const std::size_t rounds = divide_up(iterations, tasks);
    const edo::Handle handle = runtime.handle();
    std::vector<edo::JoinHandle<void>> handles;
    handles.reserve(tasks);
    for (std::size_t round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < tasks; ++i) {
            handles.push_back(handle.spawn(nothing()));
        }
        runtime.block_on(join_all(handles));
    }
    return rounds * tasks;
}

Done remote_idle(edo::Runtime& runtime, std::size_t /*workers*/, std::size_t iterations) {
    return spawn_from_here(runtime, iterations, kTasks);
}

void stall() {
    const auto end = Clock::now() + kStall;
    while (Clock::now() < end) {
        std::this_thread::yield();
    }
}

std::atomic<bool> busy;

Task<void> stall_and_yield() {
    while (busy.load(std::memory_order_relaxed)) {
        co_await edo::yield_now();
        stall();
    }
}

Task<void> stall_and_spawn() {
    if (busy.load(std::memory_order_relaxed)) {
        stall();
        edo::spawn(stall_and_spawn());
    }
    co_return;
}

/// The work behind it ends by itself soon after.
Done while_busy(edo::Runtime& runtime, std::size_t iterations, Task<void> (*work)(),
                std::size_t copies) {
    busy.store(true, std::memory_order_relaxed);
    for (std::size_t i = 0; i < copies; ++i) {
        runtime.spawn(work()).detach();
    }
    const Done done = spawn_from_here(runtime, iterations, kFewTasks);
    busy.store(false, std::memory_order_relaxed);
    return done;
}

Done remote_busy_yield(edo::Runtime& runtime, std::size_t workers, std::size_t iterations) {
    return while_busy(runtime, iterations, stall_and_yield, 2 * workers);
}

Done remote_busy_spawn(edo::Runtime& runtime, std::size_t workers, std::size_t iterations) {
    return while_busy(runtime, iterations, stall_and_spawn, workers);
}

constexpr std::array kScenarios{
    Scenario{"spawn_remote_idle", remote_idle},
    Scenario{"spawn_remote_busy_yield", remote_busy_yield},
    Scenario{"spawn_remote_busy_spawn", remote_busy_spawn},
};

}  // namespace

std::span<const Scenario> remote_spawning() {
    return kScenarios;
}

}  // namespace bench
