// SPDX-License-Identifier: MIT
// What all channels with many senders and one receiver have in common: who owns them, whether they
// are closed, who waits for that, and where the receiver waits.
#pragma once

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/sync/leaf_slot.hpp"
#include "edo/runtime/sync/wait_queue.hpp"
#include "edo/runtime/task/promise.hpp"

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>

namespace edo::detail {

/// The place of one value; the value lies behind it. Made by zeroing memory.
///
/// Owned by the one sender that claimed it, from its claim to `publish`; then by the receiver,
/// until it gives the place back.
struct MpscSlot {
    static constexpr std::uint32_t kEmpty = 0;
    static constexpr std::uint32_t kFull = 1;
    static constexpr std::uint32_t kVoid = 2;  ///< claimed, but the value could not be moved in

    [[nodiscard]] std::uint32_t load() noexcept {
        // Acquire: the receiver sees the value. Sequentially consistent for `LeafSlot`.
        return std::atomic_ref(state).load(std::memory_order_seq_cst);
    }
    void clear() noexcept { std::atomic_ref(state).store(kEmpty, std::memory_order_relaxed); }

    std::uint32_t state;
};

class MpscCore {
public:
    /// In `word_`: nothing is accepted any more. Set once.
    static constexpr std::uint64_t kClosed = 1;

    MpscCore(const MpscCore&) = delete;
    MpscCore& operator=(const MpscCore&) = delete;

    // All senders together, the receiver, and each weak sender hold one reference.
    void add_reference() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    /// True: the caller frees the channel.
    [[nodiscard]] bool release_reference() noexcept {
        return references_.fetch_sub(1, std::memory_order_acq_rel) == 1;
    }
    void add_sender() noexcept { senders_.fetch_add(1, std::memory_order_relaxed); }
    /// True: it was the last one; the caller closes the channel and releases a reference.
    [[nodiscard]] bool drop_sender() noexcept {
        return senders_.fetch_sub(1, std::memory_order_acq_rel) == 1;
    }
    /// Adds a sender unless there is none any more.
    [[nodiscard]] bool revive_sender() noexcept;
    void count_weak(std::ptrdiff_t change) noexcept {
        weak_senders_.fetch_add(std::size_t(change), std::memory_order_relaxed);
    }
    [[nodiscard]] std::size_t senders() const noexcept {
        return senders_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::size_t weak_senders() const noexcept {
        return weak_senders_.load(std::memory_order_relaxed);
    }

    [[nodiscard]] bool is_closed() const noexcept {
        // Sequentially consistent for `WaitQueue`.
        return (word_.load(std::memory_order_seq_cst) & kClosed) != 0;
    }

    /// The sender has done with a slot that it had claimed, and tells the receiver.
    void publish(MpscSlot& slot, std::uint32_t state) noexcept {
        // Release publishes the value. The exchange is also the sender's half of `LeafSlot`.
        std::atomic_ref(slot.state).exchange(state, std::memory_order_seq_cst);
        receiver_.wake();
    }

    [[nodiscard]] LeafSlot& receiver() noexcept { return receiver_; }

protected:
    explicit MpscCore(std::uint64_t word) noexcept : word_(word) {}
    ~MpscCore() = default;

    /// What is claimed, in the form of the derived class, and `kClosed`.
    alignas(64) std::atomic<std::uint64_t> word_;
    LeafSlot receiver_;
    SpinLock lock_;  // of the derived class
    WaitQueue closed_;

private:
    friend class MpscClosedWait;

    std::atomic<std::size_t> senders_{1};
    std::atomic<std::size_t> weak_senders_{0};
    std::atomic<std::size_t> references_{2};
};

/// The wait of a sender for the receiver's end.
class MpscClosedWait : public QueueWait {
public:
    explicit MpscClosedWait(MpscCore* core) noexcept
        : QueueWait(core->closed_, &MpscClosedWait::is_ready), core_(core) {}
    void await_resume() const noexcept {}

private:
    static bool is_ready(const QueueWait& wait) noexcept {
        return static_cast<const MpscClosedWait&>(wait).core_->is_closed();
    }

    MpscCore* core_;
};

/// The wait of the receiver for a value, or for the end. `Core` is one of the two derived classes.
template <class Core>
class MpscRecvWait : public HookLeaf {
public:
    explicit MpscRecvWait(Core& core) noexcept : HookLeaf(&MpscRecvWait::on_wake), core_(&core) {}
    ~MpscRecvWait();

    [[nodiscard]] bool await_ready() noexcept {
        charged_ = spend_budget();
        return charged_ && core_->is_ready();
    }
    bool await_suspend(TaskHandle task) noexcept;

protected:
    /// @throws UsageError if another coroutine waits already.
    void check() const {
        if (busy_) {
            throw_busy();
        }
    }

private:
    static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;
    bool wait() noexcept;
    [[noreturn]] static void throw_busy();

    Core* core_;
    bool charged_ = false;
    bool busy_ = false;
};

[[noreturn]] void throw_mpsc_empty(const char* what);

}  // namespace edo::detail
