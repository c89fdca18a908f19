// SPDX-License-Identifier: MIT
// The timers of one worker: a wheel, its lock, and the time of its next event.
#pragma once

#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/time/timer_wheel.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace edo::detail {

/// Timers are armed by the worker that owns this, and cancelled by whichever worker runs the task
/// then; an idle worker fires them when the owner is stuck. Hence the lock.
class Timers {
public:
    explicit Timers(Instant start) noexcept : wheel_(start) {}

    enum class [[nodiscard]] Added : std::uint8_t {
        Due,       ///< not armed: the deadline has passed
        Later,     ///< armed
        Earliest,  ///< armed, and due before every other: a sleeping owner must be woken
        ShutDown,  ///< not armed: the runtime is gone
    };
    Added add(TimerLeaf& leaf) noexcept;

    /// Takes the leaf out if it is still armed; false when it has been fired.
    bool remove(TimerLeaf& leaf) noexcept;

    /// Wakes what is due. Returns the number of timers fired.
    std::size_t fire(Instant now) noexcept;

    /// Wakes everything, marked as shut down, and refuses new timers.
    void shut_down() noexcept;

    /// When `fire` must be called next; `Instant::max()` when nothing is armed. May be early.
    [[nodiscard]] Instant next_event() const noexcept {
        return Instant(Duration(next_event_.load(std::memory_order_relaxed)));
    }

    [[nodiscard]] std::size_t size() noexcept;

private:
    void update_next_event() noexcept;

    SpinLock lock_;
    bool shut_down_ = false;
    TimerWheel wheel_;
    // Written under the lock, read without: a stale value makes a worker look once too often, and
    // whoever lowers it wakes the owner.
    std::atomic<std::int64_t> next_event_{Instant::max().time_since_epoch().count()};
};

}  // namespace edo::detail
