// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace edo {

/// A point in monotonic time, as edo's clock measures it. Inside a runtime take it from
/// `edo::now()`, never from `std::chrono::steady_clock`, so that a paused clock works.
using Instant = std::chrono::steady_clock::time_point;

/// A length of time. Timers have a resolution of one millisecond and round up.
using Duration = std::chrono::steady_clock::duration;

/// The current time of the runtime's clock; outside a runtime, of the system's steady clock.
[[nodiscard]] Instant now() noexcept;

namespace detail {
/// `start + delay`, or the far future (30 years on) where that would overflow. Negative delays
/// count as 0.
[[nodiscard]] Instant saturating_add(Instant start, Duration delay) noexcept;
}  // namespace detail

}  // namespace edo
