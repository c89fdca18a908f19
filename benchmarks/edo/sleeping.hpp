// SPDX-License-Identifier: MIT
// How much resident memory a task costs that sleeps.
#pragma once

#include <edo/runtime/runtime.hpp>

#include <chrono>
#include <cstddef>

namespace bench {

struct Sleeping {
    std::chrono::duration<double> elapsed{};
    std::size_t resident_before = 0;
    std::size_t resident_after = 0;

    [[nodiscard]] double bytes_per_task(std::size_t tasks) const;
};

/// Starts `tasks` tasks that sleep for an hour, and leaves them asleep.
[[nodiscard]] Sleeping start_sleepers(edo::Runtime& runtime, std::size_t tasks);

}  // namespace bench
