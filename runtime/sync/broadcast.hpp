// SPDX-License-Identifier: MIT
// A channel in which every receiver gets every value.
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/sync/block_thread.hpp"
#include "edo/runtime/sync/broadcast_copied.hpp"
#include "edo/runtime/sync/operation.hpp"
#include "edo/runtime/sync/send_error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace edo::sync::broadcast {

template <class T>
class Sender;
template <class T>
class WeakSender;
template <class T>
class Receiver;

/// Why `recv` yields no value.
class RecvError {
public:
    enum class Kind : std::uint8_t { Closed, Lagged };

    explicit RecvError(Kind why, std::uint64_t values = 0) noexcept : kind_(why), missed_(values) {}

    /// There is no sender any more, and all values were received.
    [[nodiscard]] bool is_closed() const noexcept { return kind_ == Kind::Closed; }
    /// Values were overwritten before they were received: `missed()`. The next call yields the
    /// oldest that is left.
    [[nodiscard]] bool is_lagged() const noexcept { return kind_ == Kind::Lagged; }
    [[nodiscard]] std::uint64_t missed() const noexcept { return missed_; }

private:
    Kind kind_;
    std::uint64_t missed_;
};

/// Makes a channel in which each receiver gets a copy of each value that is sent while it exists.
///
/// Senders never wait: a value beyond the capacity overwrites the oldest, and receivers that have
/// not seen that one learn how many they missed.
///
/// @tparam T Can be copied. It is stored once; copies of one value are made one at a time, and the
///     last receiver gets the value itself. Trivially copyable values of up to 64 bytes are copied
///     without a lock, by several receivers at once.
/// @param capacity At least 1; rounded up to a power of two.
/// @return The two ends, for `auto [sender, receiver] = broadcast::channel<T>(16);`.
/// @throws UsageError for a capacity of 0, or above 2^28.
/// @par Example
/// @snippet channels.cpp broadcast
template <class T>
[[nodiscard]] std::pair<Sender<T>, Receiver<T>> channel(std::size_t capacity);

}  // namespace edo::sync::broadcast

namespace edo::detail {

template <class T>
class BroadcastRecv : public BroadcastWait {
    using Channel = BroadcastChannel<T>;
    using RecvError = sync::broadcast::RecvError;

public:
    BroadcastRecv(Channel* channel, BroadcastCore::Position* next) noexcept
        : BroadcastWait(*channel, *next), channel_(channel), next_(next) {}

    Result<T, RecvError> await_resume() {
        Result<T, typename Channel::TryRecvError> taken = channel_->take(*next_);
        if (taken) {
            return Result<T, RecvError>(std::move(*taken));
        }
        const auto& error = taken.error();
        return failure(error.is_lagged() ? RecvError(RecvError::Kind::Lagged, error.missed())
                                         : RecvError(RecvError::Kind::Closed));
    }

private:
    Channel* channel_;
    BroadcastCore::Position* next_;
};

}  // namespace edo::detail

namespace edo::sync::broadcast {

/// The end that sends. When the last sender is gone, receivers find the end after what is left.
/// Must not be dropped before its operations are.
///
/// @par Thread safety
/// One sender may be used by several threads at once.
/// @par Misuse
/// A sender that was moved from throws `UsageError`.
template <class T>
class Sender {
    using Channel = detail::BroadcastChannel<T>;

public:
    /// A channel without receivers, for now: see `subscribe`. `capacity` as for `channel`.
    explicit Sender(std::size_t capacity) : channel_(new Channel(capacity)) {}
    Sender(const Sender& other) : channel_(&other.core()) { channel_->add_sender(); }
    Sender(Sender&& other) noexcept : channel_(std::exchange(other.channel_, nullptr)) {}
    Sender& operator=(Sender other) noexcept {
        std::swap(channel_, other.channel_);
        return *this;
    }
    ~Sender() {
        if (channel_ != nullptr && channel_->drop_sender()) {
            delete channel_;
        }
    }

    /// Sends the value to all receivers that there are now. Never waits for them; may block for as
    /// long as the value that it overwrites is being copied.
    /// @return The number of receivers, or the value in a `SendError` if there is none. They may
    ///     still miss it.
    /// @throws What a move of `T` throws; then nothing is sent, and one old value may be lost.
    Result<std::size_t, SendError<T>> send(T value) const { return core().send(std::move(value)); }

    /// A new receiver, for the values that are sent from now on.
    [[nodiscard]] Receiver<T> subscribe() const { return Receiver<T>(core()); }

    /// The number of values that some receiver has not seen yet.
    [[nodiscard]] std::size_t len() const { return core().size(); }
    [[nodiscard]] bool is_empty() const { return len() == 0; }
    [[nodiscard]] std::size_t receiver_count() const { return core().receivers(); }

    /// Waits until there is no receiver. `subscribe` may make one again at any time.
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] auto closed() const {
        return detail::Operation<detail::BroadcastClosed, detail::BroadcastCore*>(&core());
    }
    /// Whether both send into one channel.
    [[nodiscard]] bool same_channel(const Sender& other) const noexcept {
        return channel_ == other.channel_;
    }
    /// A sender that does not keep the channel open.
    [[nodiscard]] WeakSender<T> downgrade() const { return WeakSender<T>(&core()); }
    /// The number of senders, and of weak senders, at some moment.
    [[nodiscard]] std::size_t strong_count() const { return core().senders(); }
    [[nodiscard]] std::size_t weak_count() const { return core().weak_senders(); }

private:
    friend class WeakSender<T>;
    /// Takes over a share that was counted already.
    explicit Sender(Channel& channel) noexcept : channel_(&channel) {}

    [[nodiscard]] Channel& core() const {
        if (channel_ == nullptr) {
            detail::throw_broadcast_empty("Sender");
        }
        return *channel_;
    }

    Channel* channel_;
};

/// Keeps no channel open. `upgrade` makes a sender of it, if there is one left.
template <class T>
class WeakSender {
    using Channel = detail::BroadcastChannel<T>;

public:
    WeakSender(const WeakSender& other) noexcept : WeakSender(other.channel_) {}
    WeakSender(WeakSender&& other) noexcept : channel_(std::exchange(other.channel_, nullptr)) {}
    WeakSender& operator=(WeakSender other) noexcept {
        std::swap(channel_, other.channel_);
        return *this;
    }
    ~WeakSender() {
        if (channel_ != nullptr && channel_->drop_weak_sender()) {
            delete channel_;
        }
    }

    /// A sender, unless the last one is gone.
    [[nodiscard]] std::optional<Sender<T>> upgrade() const noexcept {
        if (channel_ == nullptr || !channel_->revive_sender()) {
            return std::nullopt;
        }
        return Sender<T>(*channel_);
    }

    /// The number of senders, and of weak senders, at some moment.
    [[nodiscard]] std::size_t strong_count() const noexcept {
        return channel_ != nullptr ? channel_->senders() : 0;
    }
    [[nodiscard]] std::size_t weak_count() const noexcept {
        return channel_ != nullptr ? channel_->weak_senders() : 0;
    }

private:
    friend class Sender<T>;
    explicit WeakSender(Channel* channel) noexcept : channel_(channel) {
        if (channel_ != nullptr) {
            channel_->add_weak_sender();
        }
    }

    Channel* channel_;
};

/// The end that receives. What it has not received when it is dropped is dropped with the last
/// receiver that waits for it. Must not be dropped or moved before its operations are.
///
/// @par Thread safety
/// To be used by one thread at a time; `resubscribe` makes one for another task.
/// @par Misuse
/// A receiver that was moved from throws `UsageError`.
template <class T>
class Receiver {
    using Channel = detail::BroadcastChannel<T>;

public:
    Receiver(Receiver&& other) noexcept
        : channel_(std::exchange(other.channel_, nullptr)), next_(other.next_) {}
    Receiver& operator=(Receiver&& other) noexcept {
        Receiver old(std::move(*this));
        channel_ = std::exchange(other.channel_, nullptr);
        next_ = other.next_;
        return *this;
    }
    ~Receiver() {
        if (channel_ != nullptr) {
            channel_->drop_receiver(next_);
            if (channel_->release()) {
                delete channel_;
            }
        }
    }

    /// Waits for the next value.
    /// @return A copy of it; or an error: `is_lagged()`, after which it goes on with the oldest
    ///     value that is left, or `is_closed()`.
    /// @throws What a copy of `T` throws; then the value can be received again.
    /// @par Cancel safety
    /// Cancel safe: a wait that is dropped has taken nothing.
    [[nodiscard]] auto recv() {
        using Recv = detail::BroadcastRecv<T>;
        return detail::Operation<Recv, Channel*, detail::BroadcastCore::Position*>(&core(), &next_);
    }
    /// The next value if it is there.
    [[nodiscard]] Result<T, TryRecvError> try_recv() { return core().take(next_); }
    /// Like `recv`, for a thread that runs no tasks; blocks it.
    /// @throws UsageError if the thread runs tasks.
    [[nodiscard]] Result<T, RecvError> blocking_recv() {
        return detail::block_thread_on("broadcast::Receiver::blocking_recv", recv_task(*this));
    }

    /// A new receiver, for the values that are sent from now on.
    [[nodiscard]] Receiver resubscribe() const { return Receiver(core()); }

    /// The number of values that were sent and not received, those that were overwritten included.
    [[nodiscard]] std::size_t len() const { return std::size_t(core().position() - next_); }
    [[nodiscard]] bool is_empty() const { return len() == 0; }
    /// Whether there is no sender any more.
    [[nodiscard]] bool is_closed() const { return core().is_closed(); }
    /// Whether both receive from one channel.
    [[nodiscard]] bool same_channel(const Receiver& other) const noexcept {
        return channel_ == other.channel_;
    }
    /// The number of senders, and of weak senders, at some moment.
    [[nodiscard]] std::size_t sender_strong_count() const { return core().senders(); }
    [[nodiscard]] std::size_t sender_weak_count() const { return core().weak_senders(); }

private:
    friend class Sender<T>;
    explicit Receiver(Channel& channel) noexcept
        : channel_(&channel), next_(channel.add_receiver()) {}

    static Task<Result<T, RecvError>> recv_task(Receiver& self) { co_return co_await self.recv(); }

    [[nodiscard]] Channel& core() const {
        if (channel_ == nullptr) {
            detail::throw_broadcast_empty("Receiver");
        }
        return *channel_;
    }

    Channel* channel_;
    detail::BroadcastCore::Position next_;
};

template <class T>
std::pair<Sender<T>, Receiver<T>> channel(std::size_t capacity) {
    Sender<T> sender(capacity);
    Receiver<T> receiver = sender.subscribe();
    return {std::move(sender), std::move(receiver)};
}

}  // namespace edo::sync::broadcast
