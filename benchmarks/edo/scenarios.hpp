// SPDX-License-Identifier: MIT
// The scenarios of edo_micro, defined in ../comparison/*.md.
#pragma once

#include <edo/runtime/runtime.hpp>

#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>

namespace bench {

/// What a repeat has done.
struct Done {
    // NOLINTNEXTLINE(google-explicit-constructor): most scenarios have only a count to tell
    Done(std::size_t count = 0) noexcept : operations(count) {}

    std::size_t operations;
    /// Time that was spent on something else than operations.
    std::chrono::steady_clock::duration not_counted{};
};

/// Runs one repeat of about `iterations` operations, in a task.
using Run = edo::Task<Done> (*)(std::size_t iterations);
/// The same from outside the runtime.
using RunOutside = Done (*)(edo::Runtime& runtime, std::size_t workers, std::size_t iterations);

struct Scenario {
    constexpr Scenario(std::string_view its_name, Run its_run, bool timer = false) noexcept
        : name(its_name), run(its_run), behind_a_timer(timer) {}
    constexpr Scenario(std::string_view its_name, RunOutside its_run) noexcept
        : name(its_name), run_outside(its_run) {}

    std::string_view name;
    Run run = nullptr;
    RunOutside run_outside = nullptr;
    /// Whether a timer is pending meanwhile.
    bool behind_a_timer = false;
};

[[nodiscard]] const std::vector<Scenario>& scenarios();

/// The scenario of that name, or null.
[[nodiscard]] const Scenario* find_scenario(std::string_view name);

struct Measured {
    std::size_t operations = 0;
    std::chrono::steady_clock::duration elapsed{};
};

/// Runs one repeat in a new spawned task, the driver, and waits for it; or on this thread, if that
/// is how the scenario runs.
[[nodiscard]] Measured measure(edo::Runtime& runtime, std::size_t workers, const Scenario& scenario,
                               std::size_t iterations);

}  // namespace bench
