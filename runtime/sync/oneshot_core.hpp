// SPDX-License-Identifier: MIT
// What the two ends of a oneshot channel share, without the value.
#pragma once

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/task/promise.hpp"

#include <atomic>
#include <coroutine>
#include <cstdint>

namespace edo::detail {

/// One atomic word of flags says everything:
///
/// - `kSent`      the value is in its place. Never set after `kClosed`.
/// - `kTxGone`    the sender has sent, or is gone; it does not touch the channel any more.
/// - `kClosed`    the receiver takes no value any more.
/// - `kRxGone`    the receiver does not touch the channel any more.
/// - `kRxWaits`   `rx_leaf_` waits. Who sets the first of `kTxGone` and `kClosed` claims it: wakes
///                it, and nobody else touches it.
/// - `kTxWaits`   `tx_leaf_` waits. Who sets `kClosed` claims it.
///
/// `kTxGone` and `kRxGone` count the owners as well: who finds the other one set frees the channel.
/// After a claim the channel stays until the leaf is delivered, since the end that waits cannot go
/// before; this is why a leaf may be read after the word was changed.
class OneshotCore {
public:
    static constexpr std::uint32_t kSent = 1;
    static constexpr std::uint32_t kTxGone = 2;
    static constexpr std::uint32_t kClosed = 4;
    static constexpr std::uint32_t kRxGone = 8;
    static constexpr std::uint32_t kRxWaits = 16;
    static constexpr std::uint32_t kTxWaits = 32;

    /// The end that waits, and what ends its wait.
    enum class End : std::uint32_t { Receiver = kTxGone | kClosed, Sender = kClosed };
    /// What became of an attempt to wait.
    enum class Added : std::uint8_t { Waits, Settled, Busy };

    OneshotCore() = default;
    OneshotCore(const OneshotCore&) = delete;
    OneshotCore& operator=(const OneshotCore&) = delete;

    [[nodiscard]] bool has(std::uint32_t flags) const noexcept {
        // Acquire pairs with the release in `publish`: who sees `kSent` may read the value.
        return (word_.load(std::memory_order_acquire) & flags) != 0;
    }

    /// The sender has put the value in its place. True: it is sent, and the sender must not touch
    /// the channel any more. False: the receiver has closed, and the value still is the sender's.
    bool publish() noexcept;
    /// The sender goes without a value. True: the caller frees the channel.
    [[nodiscard]] bool drop_sender() noexcept;
    /// The receiver goes. True: the caller frees the channel, with a value that was sent.
    [[nodiscard]] bool drop_receiver() noexcept;
    /// The receiver takes no value any more.
    void close() noexcept;

    /// Registers the leaf of one end.
    Added add(End end, Leaf& leaf) noexcept;
    /// Takes a leaf back that `add` accepted. Only the task that waits.
    void remove(End end, Leaf& leaf) noexcept;

private:
    [[nodiscard]] static std::uint32_t waits(End end) noexcept {
        return end == End::Receiver ? kRxWaits : kTxWaits;
    }

    std::atomic<std::uint32_t> word_{0};
    Leaf* rx_leaf_ = nullptr;  // published by `kRxWaits`
    Leaf* tx_leaf_ = nullptr;  // published by `kTxWaits`
};

/// The wait of one end for the other.
class OneshotWait : public HookLeaf {
public:
    OneshotWait(OneshotCore& core, OneshotCore::End end) noexcept
        : HookLeaf(&OneshotWait::on_wake), core_(&core), end_(end) {}
    ~OneshotWait();

    [[nodiscard]] bool await_ready() noexcept {
        charged_ = spend_budget();
        return charged_ && core_->has(std::uint32_t(end_));
    }
    bool await_suspend(TaskHandle task) noexcept;

protected:
    /// @throws UsageError if another coroutine waits already.
    void check() const;

private:
    static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;
    /// True while it waits.
    bool wait() noexcept;

    OneshotCore* core_;
    OneshotCore::End end_;
    OneshotCore::Added added_ = OneshotCore::Added::Settled;
    bool charged_ = false;
};

/// The wait of the sender for the end of the receiver.
class OneshotClosed : public OneshotWait {
public:
    explicit OneshotClosed(OneshotCore* core) noexcept
        : OneshotWait(*core, OneshotCore::End::Sender) {}
    void await_resume() const { check(); }
};

}  // namespace edo::detail
