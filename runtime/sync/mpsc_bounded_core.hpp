// SPDX-License-Identifier: MIT
// A channel with a limit: a ring of slots, and permits for them.
//
// Each value in the ring, and each reserved place, holds a permit. A sender takes a permit and a
// place in the ring with one compare-and-swap, fills the slot, which is its own by then, and
// publishes it with an exchange. The receiver takes the values in the order of their places and
// gives each permit back with one addition. So nothing is ever moved under a lock, and a preempted
// thread holds up nobody but the receiver.
//
// `word_`, from bit 0:   closed | waiters | permits (30 bits) | tail (32 bits)
//
// `tail` is the number of places taken so far, modulo 2^32. `waiters` is set, under the lock, as
// long as coroutines queue for permits. Then nobody else takes permits: what is given back goes to
// the head of the queue, so they are served first in, first out, also those that want several. It
// stays set when the receiver has served the last one, since the next value may well find the
// channel full again; whoever gives a permit back then and finds the queue empty clears it.
#pragma once

#include "edo/runtime/sync/mpsc_core.hpp"

#include <cstddef>
#include <cstdint>

namespace edo::detail {

class MpscBoundedCore;
class WakeBatch;

/// The wait for permits.
class MpscPermitWait : public HookLeaf {
public:
    enum class Outcome : std::uint8_t { Pending, Granted, Closed, Used };

    ~MpscPermitWait() {
        if (is_suspended() || outcome_ == Outcome::Granted) [[unlikely]] {
            give_up();
        }
    }
    bool await_suspend(TaskHandle task) noexcept;

protected:
    MpscPermitWait(MpscBoundedCore& core, std::uint32_t permits) noexcept
        : HookLeaf(&MpscPermitWait::on_wake), core_(&core), wanted_(permits) {}

    [[nodiscard]] MpscBoundedCore& core() const noexcept { return *core_; }
    [[nodiscard]] std::uint32_t permits() const noexcept { return wanted_; }

    Outcome outcome_ = Outcome::Pending;
    bool charged_ = false;

private:
    friend class MpscBoundedCore;
    static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;
    bool queue() noexcept;
    void give_up() noexcept;

    MpscBoundedCore* core_;
    const std::uint32_t wanted_;
    std::uint32_t missing_ = 0;  // guarded by the lock while it is linked
};

class MpscBoundedCore : public MpscCore {
public:
    static constexpr std::size_t kMaxCapacity = std::size_t{1} << 28;

    enum class Taken : std::uint8_t { Taken, Full, Closed };

    // ---- for senders ----

    /// Takes a permit and a place.
    Taken try_claim(MpscSlot*& slot) noexcept {
        std::uint64_t word = word_.load(std::memory_order_relaxed);
        do {
            const Taken taken = check(word, 1);
            if (taken != Taken::Taken) {
                return taken;
            }
            // Acquire pairs with `release_received`: the receiver has done with the slot.
        } while (!word_.compare_exchange_weak(
            word, word - kPermit + kPlace, std::memory_order_acquire, std::memory_order_relaxed));
        slot = &slot_at(tail(word));
        return Taken::Taken;
    }
    /// Takes a place for a permit that the caller holds.
    [[nodiscard]] MpscSlot& claim() noexcept {
        // Acquire as above. Release, since the permit may have been handed over past the word: who
        // takes a later place, perhaps with an older permit, sees through this that the receiver
        // has done with it. Of the permits of all places up to that one, at least one was given
        // back after the place before in the same slot.
        return slot_at(tail(word_.fetch_add(kPlace, std::memory_order_acq_rel)));
    }
    Taken try_acquire(std::size_t permits) noexcept;
    /// Gives back permits that were not used.
    void release(std::size_t permits) noexcept;

    // ---- for the receiver ----

    /// The next value, if it is there.
    [[nodiscard]] MpscSlot* front() noexcept {
        MpscSlot& slot = slot_at(head_);
        const std::uint32_t state = slot.load();
        if (state == MpscSlot::kVoid) [[unlikely]] {
            return front_after_void();
        }
        return state == MpscSlot::kFull ? &slot : nullptr;
    }
    /// Gives back the slot of `front()`, emptied. Its permit comes after it.
    void advance() noexcept {
        slot_at(head_).clear();
        ++head_;
    }
    void release_received(std::size_t permits) noexcept {
        if ((word_.load(std::memory_order_relaxed) & kWaiters) == 0) {
            put_back(permits);
        } else if (permits == 1) {
            hand_over_one();
        } else {
            hand_over(std::uint32_t(permits));
        }
    }
    [[nodiscard]] bool is_ready() noexcept { return front() != nullptr || has_ended(); }
    /// No value will come any more.
    [[nodiscard]] bool has_ended() const noexcept {
        const std::uint64_t word = word_.load(std::memory_order_seq_cst);
        return (word & kClosed) != 0 && permits(word) == capacity_;
    }
    /// Places taken and not yet received, published or not.
    [[nodiscard]] std::size_t size() const noexcept {
        return tail(word_.load(std::memory_order_acquire)) - head_;
    }

    // ---- for both ----

    [[nodiscard]] std::size_t free_permits() const noexcept {
        return permits(word_.load(std::memory_order_acquire));
    }
    [[nodiscard]] std::size_t max_capacity() const noexcept { return capacity_; }
    /// Ends the queue for permits, wakes whom it concerns.
    void close() noexcept;

protected:
    /// @throws UsageError for a capacity of 0, or above `kMaxCapacity`.
    MpscBoundedCore(std::size_t slot_bytes, std::size_t capacity);
    ~MpscBoundedCore();

private:
    friend class MpscPermitWait;

    static constexpr std::uint64_t kWaiters = 2;
    static constexpr std::uint64_t kPermit = 4;
    static constexpr std::uint64_t kPlace = std::uint64_t{1} << 32;

    [[nodiscard]] static std::uint32_t permits(std::uint64_t word) noexcept {
        return std::uint32_t(word) >> 2;
    }
    [[nodiscard]] static std::uint32_t tail(std::uint64_t word) noexcept {
        return std::uint32_t(word >> 32);
    }
    [[nodiscard]] static Taken check(std::uint64_t word, std::size_t wanted) noexcept {
        if ((word & (kClosed | kWaiters)) == 0 && permits(word) >= wanted) [[likely]] {
            return Taken::Taken;
        }
        return (word & kClosed) != 0 ? Taken::Closed : Taken::Full;
    }
    [[nodiscard]] MpscSlot& slot_at(std::uint32_t place) const noexcept {
        return *reinterpret_cast<MpscSlot*>(slots_ + (place & mask_) * slot_bytes_);
    }

    void put_back(std::size_t permits) noexcept {
        // Release: the slots are the senders' again.
        const std::uint64_t before = word_.fetch_add(kPermit * permits, std::memory_order_release);
        if ((before & kWaiters) != 0) [[unlikely]] {
            distribute();  // somebody has begun to wait just now
        }
    }
    [[nodiscard]] MpscSlot* front_after_void() noexcept;
    void hand_over_one() noexcept;
    void hand_over(std::uint32_t permits) noexcept;
    void distribute() noexcept;
    void give(std::uint32_t& permits, WakeBatch& batch) noexcept;
    [[nodiscard]] bool give_free(WakeBatch& batch) noexcept;
    bool queue(MpscPermitWait& wait) noexcept;
    void stop_waiting(MpscPermitWait& wait) noexcept;

    LeafList waits_;  // guarded by `lock_`

    // Never change.
    alignas(64) std::byte* slots_;
    const std::size_t slot_bytes_;
    const std::uint32_t mask_;
    const std::uint32_t capacity_;

    alignas(64) std::uint32_t head_ = 0;  // the receiver's
};

/// The wait of `reserve`.
class MpscReserveWait : public MpscPermitWait {
public:
    using MpscPermitWait::MpscPermitWait;

    [[nodiscard]] bool await_ready() noexcept;

protected:
    /// Whether the permits were granted; they are the caller's from here on.
    [[nodiscard]] bool take() noexcept;
};

[[noreturn]] void throw_too_many_permits();

}  // namespace edo::detail
