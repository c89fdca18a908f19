// SPDX-License-Identifier: MIT
// What it costs to start a task, and to wait for it.

#include "support.hpp"
#include <edo/edo.hpp>

#include <array>
#include <utility>
#include <vector>

namespace bench {

namespace {

/// Tasks of one round, for those that are spawned in large rounds.
constexpr std::size_t kManyTasks = 10'000;

Task<void> nothing() {
    co_return;
}

Task<void> count_once() {
    countdown.count();
    co_return;
}

Task<Done> spawn(std::size_t iterations) {
    countdown.start(iterations);
    for (std::size_t i = 0; i < iterations; ++i) {
        edo::spawn(count_once());
    }
    co_await countdown.finished();
    co_return iterations;
}

/// As `spawn`, in rounds that the pool of frames can serve.
Task<Done> spawn_many_local(std::size_t iterations) {
    const std::size_t rounds = divide_up(iterations, kManyTasks);
    for (std::size_t round = 0; round < rounds; ++round) {
        countdown.start(kManyTasks);
        for (std::size_t i = 0; i < kManyTasks; ++i) {
            edo::spawn(count_once());
        }
        co_await countdown.finished();
    }
    co_return rounds* kManyTasks;
}

Task<Done> spawn_join(std::size_t iterations) {
    for (std::size_t i = 0; i < iterations; ++i) {
        const auto ended = co_await edo::spawn(nothing());
        check(ended.has_value(), "spawn_join: the task failed");
    }
    co_return iterations;
}

Task<Done> spawn_many_join(std::size_t iterations) {
    const std::size_t batches = divide_up(iterations, kBatch);
    std::vector<edo::JoinHandle<void>> handles;
    handles.reserve(kBatch);
    for (std::size_t batch = 0; batch < batches; ++batch) {
        for (std::size_t i = 0; i < kBatch; ++i) {
            handles.push_back(edo::spawn(nothing()));
        }
        for (auto& handle : handles) {
            const auto ended = co_await handle;
            check(ended.has_value(), "spawn_many_join: a task failed");
        }
        handles.clear();
    }
    co_return batches* kBatch;
}

Task<void> link(std::size_t links, Sender done) {
    if (links == 1) {
        done.send();
    } else {
        edo::spawn(link(links - 1, std::move(done)));
    }
    co_return;
}

Task<Done> chained_spawn(std::size_t iterations) {
    const std::size_t chains = divide_up(iterations, kBatch);
    for (std::size_t chain = 0; chain < chains; ++chain) {
        auto [sender, receiver] = oneshot();
        edo::spawn(link(kBatch, std::move(sender)));
        const bool sent = co_await receiver;
        check(sent, "chained_spawn: the chain broke");
    }
    co_return chains* kBatch;
}

constexpr std::array kScenarios{
    Scenario{"spawn", spawn},
    Scenario{"spawn_many_local", spawn_many_local},
    Scenario{"spawn_join", spawn_join},
    Scenario{"spawn_many_join", spawn_many_join},
    Scenario{"chained_spawn", chained_spawn},
};

}  // namespace

std::span<const Scenario> spawning() {
    return kScenarios;
}

}  // namespace bench
