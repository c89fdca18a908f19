// SPDX-License-Identifier: MIT
// The scenarios of edo_micro, defined in ../peers/README.md.
#pragma once

#include <edo/runtime/runtime.hpp>

#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>

namespace bench {

/// Runs one repeat of about `iterations` operations; yields how many it really did.
using Run = edo::Task<std::size_t> (*)(std::size_t iterations);

struct Scenario {
    std::string_view name;
    Run run;
    /// Whether a timer is pending meanwhile.
    bool behind_a_timer = false;
};

[[nodiscard]] std::span<const Scenario> scenarios();

/// The scenario of that name, or null.
[[nodiscard]] const Scenario* find_scenario(std::string_view name);

struct Measured {
    std::size_t operations = 0;
    std::chrono::steady_clock::duration elapsed{};
};

/// Runs one repeat in a new spawned task, the driver, and waits for it.
[[nodiscard]] Measured measure(edo::Runtime& runtime, const Scenario& scenario,
                               std::size_t iterations);

}  // namespace bench
