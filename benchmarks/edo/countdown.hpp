// SPDX-License-Identifier: MIT
#pragma once

#include "oneshot.hpp"

#include <atomic>
#include <cstddef>

namespace bench {

/// Counts tasks down to zero and wakes the one task that waits for it.
class Countdown {
public:
    /// Arms the countdown. Call before the first task that counts is spawned.
    void start(std::size_t count) noexcept {
        signal_.reset();
        remaining_.store(count, std::memory_order_release);
    }
    void count() noexcept {
        if (remaining_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            signal_.settle(Signal::End::Sent);
        }
    }
    [[nodiscard]] SignalWait finished() noexcept { return SignalWait(signal_); }

private:
    std::atomic<std::size_t> remaining_{0};
    Signal signal_;
};

}  // namespace bench
