// SPDX-License-Identifier: MIT
#include "edo/runtime/time/clock.hpp"

namespace edo::detail {

void Clock::pause() noexcept {
    frozen_.store(now().time_since_epoch().count(), std::memory_order_seq_cst);
}

void Clock::resume() noexcept {
    const Instant frozen = now();
    offset_.store((frozen - std::chrono::steady_clock::now()).count(), std::memory_order_relaxed);
    frozen_.store(kRunning, std::memory_order_relaxed);
}

void Clock::advance_to(Instant instant) noexcept {
    frozen_.store(instant.time_since_epoch().count(), std::memory_order_relaxed);
}

Instant saturating_add(Instant start, Duration delay) noexcept {
    constexpr Duration kFar = std::chrono::hours(24 * 365 * 30);
    if (delay <= Duration::zero()) {
        return start;
    }
    return start + (delay < kFar ? delay : kFar);
}

}  // namespace edo::detail
