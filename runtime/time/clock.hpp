// SPDX-License-Identifier: MIT
// The clock of one runtime: the steady clock, or a paused one that only moves when it is told to.
#pragma once

#include "edo/runtime/time/instant.hpp"

#include <atomic>
#include <cstdint>

namespace edo::detail {

/// Read by any thread; paused, resumed and advanced only by the thread that drives the
/// `current_thread` runtime, which is why relaxed accesses are enough for the time.
class Clock {
public:
    [[nodiscard]] Instant now() const noexcept {
        const std::int64_t frozen = frozen_.load(std::memory_order_relaxed);
        if (frozen != kRunning) [[unlikely]] {
            return Instant(Duration(frozen));
        }
        return std::chrono::steady_clock::now() + Duration(offset_.load(std::memory_order_relaxed));
    }

    [[nodiscard]] bool is_paused() const noexcept {
        return frozen_.load(std::memory_order_seq_cst) != kRunning;  // see `end_external`
    }

    void pause() noexcept;
    void resume() noexcept;
    /// Moves a paused clock forward.
    void advance_to(Instant instant) noexcept;

private:
    static constexpr std::int64_t kRunning = INT64_MIN;

    std::atomic<std::int64_t> frozen_{kRunning};  // the paused time, since the clock's epoch
    std::atomic<std::int64_t> offset_{0};         // what advancing added to the steady clock
};

}  // namespace edo::detail
