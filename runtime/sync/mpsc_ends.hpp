// SPDX-License-Identifier: MIT
// What the ends of bounded and of unbounded channels have in common.
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/sync/block_thread.hpp"
#include "edo/runtime/sync/mpsc_channel.hpp"
#include "edo/runtime/sync/operation.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace edo::sync::mpsc {

/// Why `try_recv` yields no value.
enum class TryRecvError : std::uint8_t {
    Empty,         ///< not now: there still are senders, or permits that were not used
    Disconnected,  ///< never: the channel is closed, or has no sender any more, and is empty
};

}  // namespace edo::sync::mpsc

namespace edo::detail {

/// A share in a channel as one of its senders.
template <class Channel>
class MpscSenderBase {
public:
    MpscSenderBase(const MpscSenderBase& other) : channel_(&other.core()) {
        channel_->add_sender();
    }
    MpscSenderBase(MpscSenderBase&& other) noexcept
        : channel_(std::exchange(other.channel_, nullptr)) {}
    MpscSenderBase& operator=(MpscSenderBase other) noexcept {
        std::swap(channel_, other.channel_);
        return *this;
    }
    ~MpscSenderBase() {
        if (channel_ != nullptr && channel_->drop_sender()) {
            channel_->close();
            if (channel_->release_reference()) {
                delete channel_;
            }
        }
    }

    /// Waits until the receiver is gone or closed.
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] auto closed() const { return Operation<MpscClosedWait, MpscCore*>(&core()); }
    /// Whether the receiver is gone or closed.
    [[nodiscard]] bool is_closed() const { return core().is_closed(); }
    /// Whether both send into one channel.
    [[nodiscard]] bool same_channel(const MpscSenderBase& other) const noexcept {
        return channel_ == other.channel_;
    }
    /// The number of senders, and of weak senders, at some moment.
    [[nodiscard]] std::size_t strong_count() const { return core().senders(); }
    [[nodiscard]] std::size_t weak_count() const { return core().weak_senders(); }

protected:
    /// Takes over a share that was counted already.
    explicit MpscSenderBase(Channel& channel) noexcept : channel_(&channel) {}

    [[nodiscard]] Channel& core() const {
        if (channel_ == nullptr) {
            throw_mpsc_empty("sender");
        }
        return *channel_;
    }

private:
    template <class Sender, class C>
    friend class MpscWeakSender;

    Channel* channel_;
};

/// Keeps no channel open. `upgrade` makes a sender of it, if there is one left.
template <class Sender, class Channel>
class MpscWeakSender {
public:
    MpscWeakSender(const MpscWeakSender& other) noexcept : MpscWeakSender(other.channel_) {}
    MpscWeakSender(MpscWeakSender&& other) noexcept
        : channel_(std::exchange(other.channel_, nullptr)) {}
    MpscWeakSender& operator=(MpscWeakSender other) noexcept {
        std::swap(channel_, other.channel_);
        return *this;
    }
    ~MpscWeakSender() {
        if (channel_ != nullptr) {
            channel_->count_weak(-1);
            if (channel_->release_reference()) {
                delete channel_;
            }
        }
    }

    /// A sender, unless the last one is gone.
    [[nodiscard]] std::optional<Sender> upgrade() const noexcept {
        if (channel_ == nullptr || !channel_->revive_sender()) {
            return std::nullopt;
        }
        return Sender(*channel_);
    }

    /// The number of senders, and of weak senders, at some moment.
    [[nodiscard]] std::size_t strong_count() const noexcept {
        return channel_ != nullptr ? channel_->senders() : 0;
    }
    [[nodiscard]] std::size_t weak_count() const noexcept {
        return channel_ != nullptr ? channel_->weak_senders() : 0;
    }

protected:
    explicit MpscWeakSender(Channel* channel) noexcept : channel_(channel) {
        if (channel_ != nullptr) {
            channel_->count_weak(1);
            channel_->add_reference();
        }
    }

private:
    Channel* channel_;
};

template <class Channel, class Core>
class MpscRecv : public MpscRecvWait<Core> {
public:
    explicit MpscRecv(Channel* channel) noexcept
        : MpscRecvWait<Core>(*channel), channel_(channel) {}

    std::optional<typename Channel::Value> await_resume() {
        this->check();
        if (MpscSlot* const slot = channel_->front()) {
            return std::optional<typename Channel::Value>(channel_->take(*slot));
        }
        return std::nullopt;
    }

private:
    Channel* channel_;
};

template <class Channel, class Core>
class MpscRecvMany : public MpscRecvWait<Core> {
public:
    using Buffer = std::vector<typename Channel::Value>;

    MpscRecvMany(Channel* channel, Buffer* buffer, std::size_t limit) noexcept
        : MpscRecvWait<Core>(*channel), channel_(channel), buffer_(buffer), limit_(limit) {}

    [[nodiscard]] bool await_ready() noexcept {
        return limit_ == 0 || MpscRecvWait<Core>::await_ready();
    }
    std::size_t await_resume() {
        this->check();
        return channel_->take_many(*buffer_, limit_);
    }

private:
    Channel* channel_;
    Buffer* buffer_;
    std::size_t limit_;
};

/// The receiving end.
template <class T, class Core>
class MpscReceiverBase {
protected:
    using Channel = MpscChannel<T, Core>;

public:
    MpscReceiverBase(MpscReceiverBase&& other) noexcept
        : channel_(std::exchange(other.channel_, nullptr)) {}
    MpscReceiverBase& operator=(MpscReceiverBase&& other) noexcept {
        MpscReceiverBase old(std::move(*this));
        channel_ = std::exchange(other.channel_, nullptr);
        return *this;
    }
    ~MpscReceiverBase() {
        if (channel_ != nullptr) {
            channel_->close();
            channel_->drain();
            if (channel_->release_reference()) {
                delete channel_;
            }
        }
    }

    /// Waits for the next value: `while (auto value = co_await receiver.recv())`.
    /// @return The value, or nothing once the channel has ended: it is closed or has no sender any
    ///     more, and all values and permits are used up.
    /// @throws UsageError if another coroutine waits already. What a move of `T` throws; then this
    ///     value is lost, and the next one can be received.
    /// @par Cancel safety
    /// Cancel safe: a wait that is dropped has taken no value.
    [[nodiscard]] auto recv() { return Operation<MpscRecv<Channel, Core>, Channel*>(&core()); }

    /// Waits until there is a value, and moves up to `limit` values to the end of `buffer`, which
    /// must outlive the wait.
    /// @return How many: 0 only if the channel has ended, or `limit` is 0.
    /// @throws As `recv`, and `std::bad_alloc`; then what was moved before is in `buffer`.
    /// @par Cancel safety
    /// Cancel safe: a wait that is dropped has taken no value.
    [[nodiscard]] auto recv_many(std::vector<T>& buffer, std::size_t limit) {
        return Operation<MpscRecvMany<Channel, Core>, Channel*, std::vector<T>*, std::size_t>(
            &core(), &buffer, limit);
    }

    /// Takes the next value if there is one. May wait for a sender that is just moving one in.
    [[nodiscard]] Result<T, sync::mpsc::TryRecvError> try_recv();

    /// Like `recv`, for a thread that runs no tasks; blocks it.
    /// @throws UsageError if the thread runs tasks.
    [[nodiscard]] std::optional<T> blocking_recv() {
        return block_thread_on("mpsc::Receiver::blocking_recv", recv_task(*this));
    }
    /// Like `recv_many`, for a thread that runs no tasks; blocks it.
    /// @throws UsageError if the thread runs tasks.
    std::size_t blocking_recv_many(std::vector<T>& buffer, std::size_t limit) {
        return block_thread_on("mpsc::Receiver::blocking_recv_many",
                               recv_many_task(*this, buffer, limit));
    }

    /// Accepts nothing more. What is queued, and what is sent with permits that were reserved
    /// before, can still be received; receive until the end in order to lose nothing.
    void close() { core().close(); }

    /// Whether nothing more is accepted: `close` was called, or there is no sender any more.
    [[nodiscard]] bool is_closed() const { return core().is_closed(); }
    /// The number of values that are queued, or just being queued.
    [[nodiscard]] std::size_t len() const { return core().size(); }
    [[nodiscard]] bool is_empty() const { return len() == 0; }
    /// The number of senders, and of weak senders, at some moment.
    [[nodiscard]] std::size_t sender_strong_count() const { return core().senders(); }
    [[nodiscard]] std::size_t sender_weak_count() const { return core().weak_senders(); }

protected:
    explicit MpscReceiverBase(Channel& channel) noexcept : channel_(&channel) {}

    [[nodiscard]] Channel& core() const {
        if (channel_ == nullptr) {
            throw_mpsc_empty("receiver");
        }
        return *channel_;
    }

private:
    static Task<std::optional<T>> recv_task(MpscReceiverBase& self) {
        co_return co_await self.recv();
    }
    static Task<std::size_t> recv_many_task(MpscReceiverBase& self, std::vector<T>& buffer,
                                            std::size_t limit) {
        co_return co_await self.recv_many(buffer, limit);
    }

    Channel* channel_;
};

template <class T, class Core>
Result<T, sync::mpsc::TryRecvError> MpscReceiverBase<T, Core>::try_recv() {
    Channel& channel = core();
    for (unsigned round = 0;; ++round) {
        if (MpscSlot* const slot = channel.front()) {
            return Result<T, sync::mpsc::TryRecvError>(channel.take(*slot));
        }
        if (channel.has_ended()) {
            return failure(sync::mpsc::TryRecvError::Disconnected);
        }
        if (channel.size() == 0) {
            return failure(sync::mpsc::TryRecvError::Empty);
        }
        spin_wait(round);  // others may have sent after the one that is just moving its value in
    }
}

}  // namespace edo::detail
