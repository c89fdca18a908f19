// SPDX-License-Identifier: MIT
// What senders and receivers of a broadcast channel share, without the values.
#pragma once

#include "edo/runtime/sync/small_mutex.hpp"
#include "edo/runtime/sync/wait_queue.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace edo::detail {

class BroadcastCore {
public:
    /// Values are numbered from 0. A receiver stands on the number of the value it reads next.
    using Position = std::uint64_t;

    static constexpr std::size_t kMaxCapacity = std::size_t{1} << 28;

    BroadcastCore(const BroadcastCore&) = delete;
    BroadcastCore& operator=(const BroadcastCore&) = delete;

    // Every sender, weak sender and receiver holds one reference.
    void add_sender() noexcept;
    /// Adds a sender unless there is none any more.
    [[nodiscard]] bool revive_sender() noexcept;
    void add_weak_sender() noexcept;
    /// Yields where the receiver begins.
    [[nodiscard]] Position add_receiver() noexcept;
    /// True: the caller frees the channel.
    [[nodiscard]] bool drop_sender() noexcept;
    [[nodiscard]] bool drop_weak_sender() noexcept;
    /// Takes a receiver out of the count; returns the position up to which values count on it.
    [[nodiscard]] Position end_receiver() noexcept;
    /// True: the caller frees the channel.
    [[nodiscard]] bool release() noexcept {
        return references_.fetch_sub(1, std::memory_order_acq_rel) == 1;
    }

    [[nodiscard]] std::size_t senders() const noexcept {
        return senders_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::size_t weak_senders() const noexcept {
        return weak_senders_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::size_t receivers() const noexcept {
        return receivers_.load(std::memory_order_seq_cst);
    }

    /// The number of the next value.
    [[nodiscard]] Position position() const noexcept {
        return position_of(state_.load(std::memory_order_seq_cst));
    }
    [[nodiscard]] bool is_closed() const noexcept {
        return (state_.load(std::memory_order_seq_cst) & kClosed) != 0;
    }
    /// Whether a receiver that stands on `next` need not wait.
    [[nodiscard]] bool is_there(Position next) const noexcept {
        return (state_.load(std::memory_order_seq_cst) & ~kLocked) != next * kStep;
    }
    /// The same for one that is in the queue: nothing that comes later fails to find it there.
    [[nodiscard]] bool is_ready(Position next) const noexcept;

protected:
    using State = std::uint64_t;

    /// @throws UsageError for a capacity of 0, or above `kMaxCapacity`.
    static std::size_t rounded(std::size_t capacity);

    BroadcastCore() = default;
    ~BroadcastCore() = default;

    /// A value is in its slot, which release publishes. Called under `tail_lock_`, whose end is
    /// sequentially consistent; its receivers are woken after that. Nobody else writes `state_`
    /// meanwhile: it is closed only when no sender is left.
    void count_value() noexcept {
        state_.store(after_value(state_.load(std::memory_order_relaxed)),
                     std::memory_order_release);
    }
    void wake_receivers() noexcept { values_.wake_all(); }

    /// The lock of who sends a small value, in place of `tail_lock_`: for a few instructions. To
    /// lock is the sequentially consistent step of a change: who has gone into the queue of
    /// receivers and finds the state not locked is seen by the sender when it looks at the queue
    /// afterwards; who finds it locked waits for the end. So that may be a plain store.
    [[nodiscard]] State lock_state() noexcept {
        State state = state_.load(std::memory_order_relaxed) & ~kLocked;
        // Acquire pairs with the end of the lock.
        while (!state_.compare_exchange_weak(state, state | kLocked, std::memory_order_seq_cst,
                                             std::memory_order_relaxed)) [[unlikely]] {
            state = wait_for_lock(state);
        }
        return state;
    }
    /// Only for a sender, whose channel nobody closes meanwhile. Release publishes the value.
    void unlock_state(State state) noexcept { state_.store(state, std::memory_order_release); }
    [[nodiscard]] static Position position_of(State state) noexcept { return state / kStep; }
    [[nodiscard]] static State after_value(State state) noexcept { return state + kStep; }

    /// Keeps every sender out.
    class TailGuard {
    public:
        explicit TailGuard(BroadcastCore& core) noexcept : core_(core) {
            core_.tail_lock_.lock();
            static_cast<void>(core_.lock_state());
        }
        ~TailGuard() {
            // The state may have been closed meanwhile.
            core_.state_.fetch_and(~kLocked, std::memory_order_release);
            core_.tail_lock_.unlock();
        }
        TailGuard(const TailGuard&) = delete;
        TailGuard& operator=(const TailGuard&) = delete;

    private:
        BroadcastCore& core_;
    };

    /// How many values some receiver has not seen yet: asks `is_unseen` for the position of a few.
    /// Called while nobody sends.
    template <class IsUnseen>
    [[nodiscard]] std::size_t unseen(std::size_t capacity, IsUnseen is_unseen) const noexcept {
        const Position end = position();
        Position first = end > capacity ? end - capacity : 0;
        // Receivers see values in order, so those that all have seen come before the others.
        for (Position last = end; first < last;) {
            const Position middle = first + (last - first) / 2;
            if (is_unseen(middle)) {
                last = middle;
            } else {
                first = middle + 1;
            }
        }
        return std::size_t(end - first);
    }

    /// Held by who sends a value that is not small, and by who comes or goes as a receiver, so that
    /// a value counts exactly on those that were there. Taken before the lock of a slot.
    SmallMutex tail_lock_;

private:
    friend class BroadcastWait;
    friend class BroadcastClosed;

    static constexpr State kClosed = 1;  // no sender any more
    static constexpr State kLocked = 2;
    static constexpr State kStep = 4;

    [[nodiscard]] State wait_for_lock(State state) const noexcept;

    std::atomic<State> state_{0};            // times `kStep`, the number of the next value
    std::atomic<std::size_t> receivers_{0};  // changed under a `TailGuard`
    std::atomic<std::size_t> senders_{1};
    std::atomic<std::size_t> weak_senders_{0};
    std::atomic<std::size_t> references_{1};
    WaitQueue values_;
    WaitQueue no_receivers_;
};

/// The wait of a receiver that stands on `*next`.
class BroadcastWait : public QueueWait {
public:
    [[nodiscard]] bool await_ready() noexcept { return charge() && core_->is_there(*next_); }

protected:
    BroadcastWait(BroadcastCore& core, const BroadcastCore::Position& next) noexcept
        : QueueWait(core.values_, &BroadcastWait::is_ready), core_(&core), next_(&next) {}

private:
    static bool is_ready(const QueueWait& wait) noexcept {
        const auto& self = static_cast<const BroadcastWait&>(wait);
        return self.core_->is_ready(*self.next_);
    }

    BroadcastCore* core_;
    const BroadcastCore::Position* next_;
};

/// The wait of a sender until there is no receiver.
class BroadcastClosed : public QueueWait {
public:
    explicit BroadcastClosed(BroadcastCore* core) noexcept
        : QueueWait(core->no_receivers_, &BroadcastClosed::is_ready), core_(core) {}
    void await_resume() const noexcept {}

private:
    static bool is_ready(const QueueWait& wait) noexcept {
        return static_cast<const BroadcastClosed&>(wait).core_->receivers() == 0;
    }

    BroadcastCore* core_;
};

[[noreturn]] void throw_broadcast_empty(const char* what);

}  // namespace edo::detail
