// SPDX-License-Identifier: MIT
// The ring of a broadcast channel for small values that are copied byte by byte: no lock of a slot.
#pragma once

#include "edo/runtime/sync/atomic_bytes.hpp"
#include "edo/runtime/sync/broadcast_channel.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

namespace edo::detail {

/// A slot has a word: the round of the ring in which its value was sent, and how many receivers
/// have not seen it. Who sends makes the word nobody's, writes the value, and stores the new word.
/// A receiver copies the value and counts itself out with one compare-and-swap, which succeeds only
/// if the value was not overwritten meanwhile.
///
/// A receiver would take a wrong value if, between two of its instructions, a multiple of 2^32
/// rounds were sent.
template <class T>
    requires kCopiedBytewise<T>
class BroadcastChannel<T> final : public BroadcastCore {
public:
    using TryRecvError = sync::broadcast::TryRecvError;

    explicit BroadcastChannel(std::size_t capacity)
        : capacity_(rounded(capacity)),
          shift_(unsigned(std::countr_zero(capacity_))),
          slots_(std::make_unique<Slot[]>(capacity_)) {}

    /// Yields the number of receivers.
    Result<std::size_t, sync::SendError<T>> send(T&& value) {
        const State state = lock_state();
        const std::size_t count = receivers();
        if (count == 0) {
            unlock_state(state);
            return failure(sync::SendError<T>(std::move(value)));
        }
        Slot& slot = slot_at(position_of(state));
        slot.word.store(0, std::memory_order_relaxed);
        slot.value.store(value);
        slot.word.store(round_of(position_of(state)) << 32U | count, std::memory_order_relaxed);
        unlock_state(after_value(state));  // publishes both
        wake_receivers();
        return count;
    }

    /// The value on which the receiver stands; moves it on.
    Result<T, TryRecvError> take(Position& next) {
        using Kind = TryRecvError::Kind;
        const bool closed = is_closed();  // before the position: nothing is sent after it
        if (position() == next) {
            return failure(TryRecvError(closed ? Kind::Closed : Kind::Empty));
        }
        Slot& slot = slot_at(next);
        alignas(T) std::byte bytes[sizeof(T)];
        // The look at the position, with acquire, has seen the value sent, or a later one.
        std::uint64_t word = slot.word.load(std::memory_order_relaxed);
        while (is_unseen(word, next)) {
            slot.value.load(bytes);
            // If that has read of a later value, the word is seen to be another one.
            if (slot.word.compare_exchange_weak(word, word - 1, std::memory_order_relaxed)) {
                ++next;
                return Result<T, TryRecvError>(*std::launder(reinterpret_cast<const T*>(bytes)));
            }
        }
        const std::uint64_t missed = std::max<Position>(oldest(position()), next + 1) - next;
        next += missed;
        return failure(TryRecvError(Kind::Lagged, missed));
    }

    /// A receiver goes that stands on `next`. The caller looks whether it was the last owner.
    void drop_receiver(Position next) noexcept {
        const Position until = end_receiver();
        for (Position at = std::max(next, oldest(until)); at < until; ++at) {
            std::atomic<std::uint64_t>& counted = slot_at(at).word;
            std::uint64_t word = counted.load(std::memory_order_relaxed);
            while (is_unseen(word, at) &&
                   !counted.compare_exchange_weak(word, word - 1, std::memory_order_relaxed)) {
            }
        }
    }

    /// The values that some receiver has not seen yet.
    [[nodiscard]] std::size_t size() noexcept {
        const TailGuard guard(*this);
        return unseen(capacity_, [this](Position at) {
            return std::uint32_t(slot_at(at).word.load(std::memory_order_relaxed)) != 0;
        });
    }

private:
    struct Slot {
        std::atomic<std::uint64_t> word{0};  // the round, above the number of receivers
        AtomicBytes<T> value;
    };

    [[nodiscard]] Slot& slot_at(Position position) const noexcept {
        return slots_[position & (capacity_ - 1)];
    }
    [[nodiscard]] std::uint64_t round_of(Position position) const noexcept {
        return position >> shift_;
    }
    /// Whether the word is that of the value, and a receiver has not seen it.
    [[nodiscard]] bool is_unseen(std::uint64_t word, Position position) const noexcept {
        return std::uint32_t(word >> 32U) == std::uint32_t(round_of(position)) &&
               std::uint32_t(word) != 0;
    }
    [[nodiscard]] Position oldest(Position end) const noexcept {
        return end > capacity_ ? end - capacity_ : 0;
    }

    const std::size_t capacity_;  // a power of two
    const unsigned shift_;        // 2 to the power of this
    const std::unique_ptr<Slot[]> slots_;
};

}  // namespace edo::detail
