// SPDX-License-Identifier: MIT
// The ring of a broadcast channel.
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/sync/broadcast_core.hpp"
#include "edo/runtime/sync/send_error.hpp"
#include "edo/runtime/sync/small_mutex.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

namespace edo::sync::broadcast {

/// Why `try_recv` yields no value.
class TryRecvError {
public:
    enum class Kind : std::uint8_t { Empty, Closed, Lagged };

    explicit TryRecvError(Kind why, std::uint64_t values = 0) noexcept
        : kind_(why), missed_(values) {}

    /// There is no new value now.
    [[nodiscard]] bool is_empty() const noexcept { return kind_ == Kind::Empty; }
    /// There is none, and no sender any more.
    [[nodiscard]] bool is_closed() const noexcept { return kind_ == Kind::Closed; }
    /// Values were overwritten before they were received: `missed()`. The next call yields the
    /// oldest that is left.
    [[nodiscard]] bool is_lagged() const noexcept { return kind_ == Kind::Lagged; }
    [[nodiscard]] std::uint64_t missed() const noexcept { return missed_; }

private:
    Kind kind_;
    std::uint64_t missed_;
};

}  // namespace edo::sync::broadcast

namespace edo::detail {

template <class T>
class BroadcastChannel final : public BroadcastCore {
public:
    using TryRecvError = sync::broadcast::TryRecvError;

    explicit BroadcastChannel(std::size_t capacity)
        : capacity_(rounded(capacity)), slots_(std::make_unique<Slot[]>(capacity_)) {}

    /// Yields the number of receivers.
    Result<std::size_t, sync::SendError<T>> send(T&& value);

    /// The value on which the receiver stands; moves it on.
    Result<T, TryRecvError> take(Position& next);

    /// A receiver goes that stands on `next`. The caller looks whether it was the last owner.
    void drop_receiver(Position next) noexcept;

    /// The values that some receiver has not seen yet.
    [[nodiscard]] std::size_t size() noexcept {
        const std::lock_guard tail(tail_lock_);
        return unseen(capacity_, [this](Position at) {
            return slot_at(at).remaining.load(std::memory_order_relaxed) != 0;
        });
    }

private:
    struct Slot {
        // Held while a value is copied, or overwritten before all have seen it. So no two receivers
        // copy one value at the same time, and nobody replaces it meanwhile.
        SmallMutex lock;
        std::atomic<Position> position{0};  // of the value
        // Receivers that have not seen the value; changed under the lock. At 0 no receiver touches
        // the value any more, and the slot belongs to the next sender, without the lock.
        std::atomic<std::size_t> remaining{0};
        std::optional<T> value;  // until all have seen it

        /// The value is gone: release hands the slot to the next sender.
        void give_up() noexcept { remaining.store(0, std::memory_order_release); }
    };

    [[nodiscard]] Slot& slot_at(Position position) const noexcept {
        return slots_[position & (capacity_ - 1)];
    }
    /// The oldest value that can still be there.
    [[nodiscard]] Position oldest(Position end) const noexcept {
        return end > capacity_ ? end - capacity_ : 0;
    }
    static void fill(Slot& slot, Position position, std::size_t receivers, T&& value) {
        slot.value.emplace(std::move(value));  // if it breaks, the slot stays without a value
        // Receivers come after `count_value`, which publishes all this.
        slot.remaining.store(receivers, std::memory_order_relaxed);
        slot.position.store(position, std::memory_order_relaxed);
    }
    /// Moves the value of a slot aside, to be destroyed without its lock.
    static void move_aside(Slot& slot, std::optional<T>& aside) {
        if (slot.value) {
            aside.emplace(std::move_if_noexcept(*slot.value));
            slot.value.reset();
        }
    }

    const std::size_t capacity_;  // a power of two
    const std::unique_ptr<Slot[]> slots_;
};

template <class T>
Result<std::size_t, sync::SendError<T>> BroadcastChannel<T>::send(T&& value) {
    std::optional<T> overwritten;
    std::size_t count = 0;
    {
        const std::lock_guard tail(tail_lock_);
        count = receivers();
        if (count != 0) {
            const Position position = this->position();
            Slot& slot = slot_at(position);
            // Acquire pairs with `give_up`.
            if (slot.remaining.load(std::memory_order_acquire) == 0) {
                fill(slot, position, count, std::move(value));
            } else {
                const std::lock_guard guard(slot.lock);
                move_aside(slot, overwritten);
                fill(slot, position, count, std::move(value));
            }
            count_value();
        }
    }
    if (count == 0) {
        return failure(sync::SendError<T>(std::move(value)));
    }
    wake_receivers();
    return count;
}

template <class T>
Result<T, sync::broadcast::TryRecvError> BroadcastChannel<T>::take(Position& next) {
    using Kind = TryRecvError::Kind;
    const bool closed = is_closed();  // before the position: nothing is sent after it
    if (position() == next) {
        return failure(TryRecvError(closed ? Kind::Closed : Kind::Empty));
    }
    {
        Slot& slot = slot_at(next);
        const std::lock_guard guard(slot.lock);
        // If the position is right, the value is still to be seen by this receiver, and the slot is
        // no sender's. If not, nothing else of the slot is looked at.
        if (slot.position.load(std::memory_order_relaxed) == next && slot.value) {
            const std::size_t remaining = slot.remaining.load(std::memory_order_relaxed);
            if (remaining > 1) {
                Result<T, TryRecvError> copy(std::as_const(*slot.value));
                slot.remaining.store(remaining - 1, std::memory_order_relaxed);
                ++next;
                return copy;
            }
            Result<T, TryRecvError> last(std::move_if_noexcept(*slot.value));
            slot.value.reset();
            slot.give_up();
            ++next;
            return last;
        }
    }
    const std::uint64_t missed = std::max<Position>(oldest(position()), next + 1) - next;
    next += missed;
    return failure(TryRecvError(Kind::Lagged, missed));
}

template <class T>
void BroadcastChannel<T>::drop_receiver(Position next) noexcept {
    const Position until = end_receiver();
    for (Position at = std::max(next, oldest(until)); at < until; ++at) {
        std::optional<T> unseen;
        Slot& slot = slot_at(at);
        const std::lock_guard guard(slot.lock);
        if (slot.position.load(std::memory_order_relaxed) != at) {
            continue;  // overwritten
        }
        const std::size_t remaining = slot.remaining.load(std::memory_order_relaxed);
        if (remaining > 1) {
            slot.remaining.store(remaining - 1, std::memory_order_relaxed);
        } else {
            if constexpr (std::is_nothrow_move_constructible_v<T>) {
                move_aside(slot, unseen);
            } else {
                slot.value.reset();
            }
            slot.give_up();
        }
    }
}

}  // namespace edo::detail
