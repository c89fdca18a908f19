// SPDX-License-Identifier: MIT
// A hierarchical timing wheel: O(1) to arm and to cancel, whatever the number of timers.
//
// Six levels of 64 slots. A slot of level 0 is one tick of 1 ms; a slot of each further level is as
// long as the whole level below. A timer sits on the lowest level on which its deadline and the
// wheel's time differ, and moves down as time comes closer: at most five moves. After G. Varghese
// and A. Lauck, "Hashed and Hierarchical Timing Wheels", 1987, scheme 7.
#pragma once

#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/time/instant.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace edo::detail {

class Timers;

/// A leaf that waits for a point in time.
class TimerLeaf : public Leaf {
public:
    explicit TimerLeaf(Instant deadline, Kind kind = Kind::Resume) noexcept
        : Leaf(kind), deadline_(deadline) {}
    ~TimerLeaf() { disarm(); }

    [[nodiscard]] Instant deadline() const noexcept { return deadline_; }
    /// Before it is armed.
    void set_deadline(Instant deadline) noexcept { deadline_ = deadline; }

    /// Takes the leaf back wherever it is. Only the thread that runs the task.
    void disarm() noexcept;
    /// Whether there is no runtime to wait in, or none any more.
    [[nodiscard]] bool was_shut_down() const noexcept { return shut_down_; }
    void set_shut_down() noexcept { shut_down_ = true; }

private:
    friend class TimerWheel;
    friend class Timers;

    std::uint16_t slot_ = 0;
    bool shut_down_ = false;
    Timers* timers_ = nullptr;  // where it is armed
    Instant deadline_;
};

/// The wheel itself; not thread-safe, `Timers` guards it.
class TimerWheel {
public:
    using Tick = std::uint64_t;

    explicit TimerWheel(Instant start) noexcept : start_(start) {}

    /// The first tick that is not before `instant`: a timer is never early.
    [[nodiscard]] Tick tick_at_or_after(Instant instant) const noexcept;
    /// The last tick that `instant` has reached.
    [[nodiscard]] Tick tick_at_or_before(Instant instant) const noexcept;
    [[nodiscard]] Instant instant_of(Tick tick) const noexcept;

    /// Links the leaf; false when its tick has been reached already.
    bool insert(TimerLeaf& leaf) noexcept;
    void remove(TimerLeaf& leaf) noexcept;

    /// Takes out one timer that is due at `now`, earliest first; null when there is none.
    TimerLeaf* pop_expired(Tick now) noexcept;
    /// Takes out any timer.
    TimerLeaf* pop_any() noexcept;

    /// A tick at which `pop_expired` has something to do; never later than the first deadline.
    [[nodiscard]] std::optional<Tick> next_event() const noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    static constexpr unsigned kLevels = 6;
    static constexpr unsigned kSlotBits = 6;
    static constexpr unsigned kSlots = 1U << kSlotBits;
    static constexpr Tick kHorizon = Tick{1} << (kLevels * kSlotBits);
    // How far ahead a timer can be linked: short of the slot that the wheel stands on.
    static constexpr Tick kReach = kHorizon - (kHorizon >> kSlotBits) - 1;

    struct Event {
        unsigned slot;  // level * kSlots + index
        Tick tick;
    };
    [[nodiscard]] std::optional<Event> next_slot() const noexcept;
    void link(TimerLeaf& leaf, Tick tick) noexcept;

    std::array<LeafList, kLevels * kSlots> slots_;
    std::array<std::uint64_t, kLevels> occupied_{};
    Tick elapsed_ = 0;
    std::size_t size_ = 0;
    const Instant start_;
};

}  // namespace edo::detail
