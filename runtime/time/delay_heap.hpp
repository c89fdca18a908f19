// SPDX-License-Identifier: MIT
// The part of `DelayQueue` that does not depend on its values: which entry expires first, and who
// waits for it.
//
// Entries live in slots that never move while they are in use, so that a key is a slot's number and
// its generation, and values can be kept beside them by number. A binary heap orders the slots by
// deadline; of equal deadlines the one that was set first goes first.
//
// All of it belongs to one task at a time. The task may wait in one branch and change the queue in
// another: each change of what expires first arms the timer of the wait anew.
#pragma once

#include "edo/runtime/task/promise.hpp"
#include "edo/runtime/time/instant.hpp"
#include "edo/runtime/time/timer_wheel.hpp"

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace edo::detail {
class DelayHeap;
}

namespace edo {

/// Identifies an entry of a `DelayQueue`, until it is removed or has expired.
class DelayKey {
public:
    friend bool operator==(const DelayKey&, const DelayKey&) = default;

private:
    friend class detail::DelayHeap;
    DelayKey(std::uint32_t slot, std::uint32_t generation) noexcept
        : slot_(slot), generation_(generation) {}

    std::uint32_t slot_;
    std::uint32_t generation_;
};

}  // namespace edo

namespace edo::detail {

/// Waits until the first entry expires, or there is none.
class DelayWait {
public:
    explicit DelayWait(DelayHeap& heap) noexcept : heap_(heap) {}
    DelayWait(const DelayWait&) = delete;
    DelayWait& operator=(const DelayWait&) = delete;
    ~DelayWait() { stop(); }

    /// @throws UsageError if another branch waits already.
    [[nodiscard]] bool await_ready();
    void await_suspend(TaskHandle task);

protected:
    /// To be called when the coroutine goes on.
    /// @throws UsageError if the runtime was shut down.
    void finish();
    [[nodiscard]] DelayHeap& heap() const noexcept { return heap_; }

private:
    friend class DelayHeap;
    /// Waits for what is first now.
    void rearm() noexcept;
    void arm() noexcept;
    void stop() noexcept;

    DelayHeap& heap_;
    std::coroutine_handle<> handle_;
    std::optional<TimerLeaf> timer_;  // engaged from the suspension on
    bool charged_ = false;
};

class DelayHeap {
public:
    DelayHeap() = default;
    DelayHeap(DelayHeap&& other) noexcept;
    DelayHeap& operator=(DelayHeap&& other) noexcept;
    ~DelayHeap() = default;

    /// A change of the queue that may concern a wait is made in the task that waits.
    /// @throws UsageError otherwise.
    void check_may_change() const;

    [[nodiscard]] DelayKey insert(Instant deadline);
    /// The slot of the value that was removed.
    std::size_t remove(DelayKey key) noexcept;
    void reset(DelayKey key, Instant deadline) noexcept;
    void clear() noexcept;
    void reserve(std::size_t count);
    /// Drops free slots at the end; returns how many slots are left.
    std::size_t shrink_to_fit();

    [[nodiscard]] bool contains(DelayKey key) const noexcept;
    /// @throws UsageError unless the queue contains the key.
    void check_contains(DelayKey key) const;

    [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }
    /// The key of the entry that expires first. Not when empty.
    [[nodiscard]] DelayKey first() const noexcept { return key_of(heap_.front()); }
    [[nodiscard]] Instant first_deadline() const noexcept { return slots_[heap_.front()].deadline; }
    [[nodiscard]] Instant deadline(DelayKey key) const noexcept {
        return slots_[key.slot_].deadline;
    }
    [[nodiscard]] static std::size_t slot(DelayKey key) noexcept { return key.slot_; }

private:
    friend class DelayWait;
    using Index = std::uint32_t;

    struct Slot {
        Slot() = default;
        Instant deadline;
        std::uint64_t order = 0;       // when the deadline was set
        std::uint32_t generation = 0;  // odd while in use
        Index place = 0;               // in the heap, or the next free slot
    };

    [[nodiscard]] DelayKey key_of(Index slot) const noexcept {
        return {slot, slots_[slot].generation};
    }
    [[nodiscard]] bool goes_before(Index a, Index b) const noexcept;
    void put(std::size_t place, Index slot) noexcept;
    void sift_up(std::size_t place) noexcept;
    void sift_down(std::size_t place) noexcept;
    void take_out(Index slot) noexcept;
    void changed() noexcept;

    static constexpr Index kNone = UINT32_MAX;

    std::vector<Slot> slots_;
    std::vector<Index> heap_;
    Index free_ = kNone;
    std::uint32_t first_generation_ = 0;  // of a new slot: no key of one that was dropped fits
    std::uint64_t next_order_ = 0;
    DelayWait* waiter_ = nullptr;
};

}  // namespace edo::detail
