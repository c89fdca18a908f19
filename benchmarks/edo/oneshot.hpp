// SPDX-License-Identifier: MIT
// A channel for one signal between two tasks, on any threads, without a value.
#pragma once

#include <edo/runtime/core/context.hpp>
#include <edo/runtime/core/frame_pool.hpp>
#include <edo/runtime/core/leaf.hpp>
#include <edo/runtime/task/promise.hpp>

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <utility>

namespace bench {

/// What sender and receiver share: one word, which is empty, or the leaf of the one task that
/// waits, or says how it ended. It is settled once; whoever settles it wakes the leaf it finds.
class Signal {
public:
    enum class End : std::uintptr_t { Sent = 1, Closed = 2 };

    void settle(End end) noexcept {
        // Acquire sees the leaf; release shows the receiver what the sender did before.
        const auto before = word_.exchange(std::uintptr_t(end), std::memory_order_acq_rel);
        if (before > kLastMark) {
            reinterpret_cast<edo::detail::Leaf*>(before)->wake();
        }
    }

    [[nodiscard]] bool is_settled() const noexcept {
        const auto word = word_.load(std::memory_order_acquire);
        return word != 0 && word <= kLastMark;
    }
    /// Only when it is settled.
    [[nodiscard]] bool was_sent() const noexcept {
        return word_.load(std::memory_order_relaxed) == std::uintptr_t(End::Sent);
    }

    /// Registers the leaf; false when the signal is settled already.
    bool add(edo::detail::Leaf& leaf) noexcept {
        std::uintptr_t expected = 0;
        return word_.compare_exchange_strong(expected, reinterpret_cast<std::uintptr_t>(&leaf),
                                             std::memory_order_release, std::memory_order_acquire);
    }
    /// Takes back a leaf that `add` accepted. Only the task that waits.
    void remove(edo::detail::Leaf& leaf) noexcept {
        auto expected = reinterpret_cast<std::uintptr_t>(&leaf);
        if (!word_.compare_exchange_strong(expected, 0, std::memory_order_relaxed)) {
            leaf.withdraw();  // the sender has claimed the leaf and delivers it
        }
    }

    /// Makes a settled signal usable again. Only when nobody else can reach it.
    void reset() noexcept { word_.store(0, std::memory_order_relaxed); }

private:
    static constexpr auto kLastMark = std::uintptr_t(End::Closed);

    std::atomic<std::uintptr_t> word_{0};
};

/// Waits until a signal is settled; yields whether it was sent. Cancel safe.
class SignalWait : public edo::detail::HookLeaf {
public:
    explicit SignalWait(Signal& signal) noexcept
        : HookLeaf(&SignalWait::on_wake), signal_(&signal) {}
    /// Only before it is awaited; g++ 12 needs it for `co_await f()`.
    SignalWait(SignalWait&& other) noexcept : SignalWait(*other.signal_) {}
    ~SignalWait() {
        if (!is_suspended()) {
            return;
        }
        if (registered_) {
            signal_->remove(*this);
        } else {
            withdraw();
        }
    }

    [[nodiscard]] bool await_ready() noexcept {
        charged_ = edo::detail::spend_budget();
        return charged_ && signal_->is_settled();
    }
    bool await_suspend(edo::detail::TaskHandle task) noexcept {
        bind(task.handle());
        if (!charged_) {
            wake_next_turn();
            return true;
        }
        return wait();
    }
    bool await_resume() const noexcept { return signal_->was_sent(); }

private:
    /// Only a turn that was due for lack of budget comes back unsettled.
    static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept {
        auto& self = static_cast<SignalWait&>(leaf);
        self.registered_ = false;
        if (!self.signal_->is_settled()) {
            self.rebind();
            if (self.wait()) {
                return nullptr;
            }
        }
        return self.handle();
    }

    bool wait() noexcept {
        registered_ = signal_->add(*this);
        if (!registered_) {
            unbind();
        }
        return registered_;
    }

    Signal* signal_;
    bool charged_ = false;
    bool registered_ = false;
};

namespace detail {

/// The signal of a channel, owned by its two ends.
struct Channel final : edo::detail::Pooled {
    Signal signal;
    std::atomic<std::uint32_t> owners{2};
};

struct Leave {
    void operator()(Channel* channel) const noexcept {
        if (channel->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            delete channel;
        }
    }
};
using ChannelEnd = std::unique_ptr<Channel, Leave>;

}  // namespace detail

/// Dropped without a `send`, it tells the receiver.
class Sender {
public:
    explicit Sender(detail::ChannelEnd channel) noexcept : channel_(std::move(channel)) {}
    Sender(Sender&&) noexcept = default;
    Sender& operator=(Sender&&) = delete;
    ~Sender() { finish(Signal::End::Closed); }

    void send() noexcept { finish(Signal::End::Sent); }

private:
    void finish(Signal::End end) noexcept {
        if (const auto channel = std::move(channel_)) {
            channel->signal.settle(end);
        }
    }

    detail::ChannelEnd channel_;
};

/// `co_await receiver` yields whether the sender has sent.
class Receiver {
public:
    explicit Receiver(detail::ChannelEnd channel) noexcept : channel_(std::move(channel)) {}

    SignalWait operator co_await() const noexcept { return SignalWait(channel_->signal); }

private:
    detail::ChannelEnd channel_;
};

inline std::pair<Sender, Receiver> oneshot() {
    auto* const channel = new detail::Channel;
    return {Sender(detail::ChannelEnd(channel)), Receiver(detail::ChannelEnd(channel))};
}

}  // namespace bench
