// SPDX-License-Identifier: MIT
// What senders and receivers of a watch channel share, without the value.
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/sync/shared_lock.hpp"
#include "edo/runtime/sync/wait_queue.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace edo::sync::watch {

/// Why no change will come: there is no sender any more.
class RecvError {
public:
    RecvError() noexcept = default;
    [[nodiscard]] static std::string_view message() noexcept { return "all senders are gone"; }
};

}  // namespace edo::sync::watch

namespace edo::detail {

class WatchCore {
public:
    using Version = std::uint64_t;
    static constexpr Version kClosed = 1;  ///< in `state()`: there is no sender any more
    static constexpr Version kStep = 2;

    WatchCore() = default;
    WatchCore(const WatchCore&) = delete;
    WatchCore& operator=(const WatchCore&) = delete;

    // Every sender and receiver holds one reference.
    void add_sender() noexcept {
        senders_.fetch_add(1, std::memory_order_relaxed);
        references_.fetch_add(1, std::memory_order_relaxed);
    }
    void add_receiver() noexcept {
        // Sequentially consistent for `WaitQueue`: it ends what `closed()` waits for.
        receivers_.fetch_add(1, std::memory_order_seq_cst);
        references_.fetch_add(1, std::memory_order_relaxed);
    }
    /// True: the caller frees the channel.
    [[nodiscard]] bool drop_sender() noexcept;
    [[nodiscard]] bool drop_receiver() noexcept;

    [[nodiscard]] std::size_t senders() const noexcept {
        return senders_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::size_t receivers() const noexcept {
        return receivers_.load(std::memory_order_seq_cst);
    }

    /// The version of the value, and `kClosed`.
    [[nodiscard]] Version state() const noexcept { return state_.load(std::memory_order_seq_cst); }
    [[nodiscard]] Version version() const noexcept { return state() & ~kClosed; }

    /// The value has changed. Called under the write lock, so that who reads the value under the
    /// read lock reads its version, too. Nobody else writes `state_` meanwhile: it is closed only
    /// when no sender is left. Sequentially consistent is the end of the write lock that follows,
    /// or the beginning of the short one.
    void count_change() noexcept {
        state_.store(state_.load(std::memory_order_relaxed) + kStep, std::memory_order_release);
    }
    /// Tells the receivers, after the write lock is released.
    void wake_receivers() noexcept { changed_.wake_all(); }

    SharedLock lock;  ///< of the value

protected:
    // For small values, which are copied without a lock, a sequence lock; and the lock of those who
    // write them in a few instructions. `kHeld` keeps the latter out while somebody who holds
    // `lock` changes the value.
    using Sequence = std::uint64_t;
    static constexpr Sequence kWriting = 1;  // what is copied now is worth nothing
    static constexpr Sequence kHeld = 2;
    static constexpr Sequence kWritten = 4;

    /// Takes the short lock; false while somebody holds the value. To take it is the sequentially
    /// consistent step of a change: who has gone into the queue of receivers before finds the
    /// sequence not being written, and is seen by the sender when it looks at the queue afterwards;
    /// who finds it being written waits for the end. So that may be a plain store.
    [[nodiscard]] bool begin_write(Sequence& sequence) noexcept {
        sequence = sequence_.load(std::memory_order_relaxed) & ~(kWriting | kHeld);
        // Acquire pairs with `end_write`.
        return sequence_.compare_exchange_strong(sequence, sequence | kWriting,
                                                 std::memory_order_seq_cst,
                                                 std::memory_order_relaxed) ||
               begin_write_slowly(sequence);
    }
    /// For who holds `lock`: keeps out those with the short one.
    void hold() noexcept;
    /// The same then: what was held is written now.
    [[nodiscard]] Sequence begin_held_write() noexcept {
        const Sequence sequence = sequence_.load(std::memory_order_relaxed) & ~kHeld;
        sequence_.store(sequence | kHeld | kWriting, std::memory_order_relaxed);
        return sequence;
    }
    /// Nobody else changes the sequence meanwhile. Release publishes value and version.
    void end_write(Sequence sequence) noexcept {
        sequence_.store(sequence + kWritten, std::memory_order_release);
    }
    /// What a copy begins with; waits while the value is being written.
    [[nodiscard]] Sequence begin_copy() const noexcept {
        // Acquire pairs with `end_write`: nothing older is copied.
        const Sequence sequence = sequence_.load(std::memory_order_acquire);
        return (sequence & kWriting) == 0 ? sequence : wait_for_write();
    }
    /// Whether it is whole. Whoever has copied from a later value finds that it was being written.
    [[nodiscard]] bool is_whole(Sequence begun) const noexcept {
        return ((sequence_.load(std::memory_order_relaxed) ^ begun) & ~kHeld) == 0;
    }

private:
    friend class WatchChanged;
    friend class WatchClosed;

    bool begin_write_slowly(Sequence& sequence) noexcept;
    [[nodiscard]] Sequence wait_for_write() const noexcept;
    [[nodiscard]] bool is_ready(Version seen) const noexcept {
        lock.synchronize();
        if ((sequence_.load(std::memory_order_seq_cst) & kWriting) != 0) [[unlikely]] {
            static_cast<void>(wait_for_write());
        }
        return state() != seen;  // another version, or closed
    }
    [[nodiscard]] bool release() noexcept {
        return references_.fetch_sub(1, std::memory_order_acq_rel) == 1;
    }

    std::atomic<Version> state_{0};
    std::atomic<Sequence> sequence_{0};
    std::atomic<std::size_t> receivers_{0};
    std::atomic<std::size_t> senders_{1};
    std::atomic<std::size_t> references_{1};
    WaitQueue changed_;
    WaitQueue closed_;
};

/// The wait of a receiver that has seen the version `*seen`.
class WatchChanged : public QueueWait {
public:
    WatchChanged(WatchCore* core, WatchCore::Version* seen) noexcept
        : QueueWait(core->changed_, &WatchChanged::is_ready), core_(core), seen_(seen) {}

    [[nodiscard]] bool await_ready() noexcept { return charge() && core_->state() != *seen_; }
    /// Marks the value as seen.
    Result<void, sync::watch::RecvError> await_resume() noexcept {
        const WatchCore::Version version = core_->version();
        if (version == *seen_) {
            return failure(sync::watch::RecvError());
        }
        *seen_ = version;
        return {};
    }

private:
    static bool is_ready(const QueueWait& wait) noexcept {
        const auto& self = static_cast<const WatchChanged&>(wait);
        return self.core_->is_ready(*self.seen_);
    }

    WatchCore* core_;
    WatchCore::Version* seen_;
};

/// The wait of a sender until there is no receiver.
class WatchClosed : public QueueWait {
public:
    explicit WatchClosed(WatchCore* core) noexcept
        : QueueWait(core->closed_, &WatchClosed::is_ready), core_(core) {}
    void await_resume() const noexcept {}

private:
    static bool is_ready(const QueueWait& wait) noexcept {
        return static_cast<const WatchClosed&>(wait).core_->receivers() == 0;
    }

    WatchCore* core_;
};

[[noreturn]] void throw_watch_empty(const char* what);

}  // namespace edo::detail
