// SPDX-License-Identifier: MIT
// What it costs to go from one task to another.

#include "support.hpp"
#include <edo/edo.hpp>

#include <array>
#include <utility>

namespace bench {

namespace {

constexpr std::size_t kYieldingTasks = 200;

Task<Done> yield_one(std::size_t iterations) {
    for (std::size_t i = 0; i < iterations; ++i) {
        co_await edo::yield_now();
    }
    co_return iterations;
}

Task<void> yield_and_count(std::size_t yields) {
    for (std::size_t i = 0; i < yields; ++i) {
        co_await edo::yield_now();
    }
    countdown.count();
}

Task<Done> yield_many(std::size_t iterations) {
    const std::size_t each = divide_up(iterations, kYieldingTasks);
    countdown.start(kYieldingTasks);
    for (std::size_t i = 0; i < kYieldingTasks; ++i) {
        edo::spawn(yield_and_count(each));
    }
    co_await countdown.finished();
    co_return each* kYieldingTasks;
}

Task<void> pong(Receiver pinged, Sender pong) {
    const bool sent = co_await pinged;
    check(sent, "ping_pong: no ping");
    pong.send();
}

Task<void> ping() {
    auto [ping, pinged] = oneshot();
    auto [ponging, ponged] = oneshot();
    edo::spawn(pong(std::move(pinged), std::move(ponging)));
    ping.send();
    const bool sent = co_await ponged;
    check(sent, "ping_pong: no pong");
    countdown.count();
}

Task<Done> ping_pong(std::size_t iterations) {
    const std::size_t rounds = divide_up(iterations, kBatch);
    for (std::size_t round = 0; round < rounds; ++round) {
        countdown.start(kBatch);
        for (std::size_t i = 0; i < kBatch; ++i) {
            edo::spawn(ping());
        }
        co_await countdown.finished();
    }
    co_return rounds* kBatch;
}

constexpr std::array kScenarios{
    Scenario{"yield", yield_one},
    Scenario{"yield_many", yield_many},
    Scenario{"ping_pong", ping_pong},
};

}  // namespace

std::span<const Scenario> switching() {
    return kScenarios;
}

}  // namespace bench
