// SPDX-License-Identifier: MIT
// What the files of scenarios share. Each file has a function that lists its scenarios.
#pragma once

#include "countdown.hpp"
#include "join.hpp"
#include "oneshot.hpp"
#include "scenarios.hpp"
#include <edo/runtime/task/task.hpp>

#include <chrono>
#include <cstddef>
#include <span>
#include <stdexcept>

namespace bench {

using edo::Task;
using Clock = std::chrono::steady_clock;

/// Tasks of a batch, depth of a chain, and the like.
inline constexpr std::size_t kBatch = 1000;

/// One scenario runs at a time.
inline Countdown countdown;

constexpr std::size_t divide_up(std::size_t a, std::size_t b) {
    return (a + b - 1) / b;
}

inline void check(bool as_it_should_be, const char* what) {
    if (!as_it_should_be) {
        throw std::logic_error(what);
    }
}

[[nodiscard]] std::span<const Scenario> spawning();
[[nodiscard]] std::span<const Scenario> remote_spawning();
[[nodiscard]] std::span<const Scenario> switching();
[[nodiscard]] std::span<const Scenario> timers();
[[nodiscard]] std::span<const Scenario> blocking_and_copying();
[[nodiscard]] std::span<const Scenario> channels();
[[nodiscard]] std::span<const Scenario> locks();
[[nodiscard]] std::span<const Scenario> notifications();
[[nodiscard]] std::span<const Scenario> fork_join();
[[nodiscard]] std::span<const Scenario> files();

}  // namespace bench
