// SPDX-License-Identifier: MIT
// How much resident memory a task costs that waits.
#pragma once

#include <edo/runtime/runtime.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace bench {

struct Sleeping {
    std::chrono::duration<double> elapsed{};
    std::size_t resident_before = 0;
    std::size_t resident_after = 0;

    [[nodiscard]] double bytes_per_task(std::size_t tasks) const;
};

/// What the tasks wait for: an hour, or a datagram in a socket of their own, which is counted too.
enum class WaitFor : std::uint8_t { Time, Socket };

/// Starts `tasks` tasks that wait, and leaves them waiting.
[[nodiscard]] Sleeping start_sleepers(edo::Runtime& runtime, std::size_t tasks, WaitFor what);

}  // namespace bench
