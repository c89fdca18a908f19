// SPDX-License-Identifier: MIT
// Reserved places in a bounded channel.
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/sync/mpsc_bounded_core.hpp"
#include "edo/runtime/sync/mpsc_channel.hpp"
#include "edo/runtime/sync/send_error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace edo::detail {

template <class T>
using MpscBoundedChannel = MpscChannel<T, MpscBoundedCore>;

/// A number of permits, given back when dropped.
template <class T>
class MpscPermits {
public:
    MpscPermits(MpscBoundedChannel<T>& channel, std::size_t count) noexcept
        : channel_(&channel), count_(count) {}
    MpscPermits(MpscPermits&& other) noexcept
        : channel_(other.channel_), count_(std::exchange(other.count_, 0)) {}
    MpscPermits& operator=(MpscPermits&& other) noexcept {
        std::swap(channel_, other.channel_);
        std::swap(count_, other.count_);
        return *this;
    }
    ~MpscPermits() { release(); }

    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    void release() noexcept {
        if (count_ > 0) {
            channel_->release(std::exchange(count_, 0));
        }
    }
    /// Sends with one of them.
    void send(T&& value) {
        if (count_ == 0) {
            throw_mpsc_empty("permit");
        }
        --count_;
        channel_->put(channel_->claim(), std::move(value));
    }
    [[nodiscard]] MpscPermits split_one() noexcept {
        --count_;
        return MpscPermits(*channel_, 1);
    }

private:
    MpscBoundedChannel<T>* channel_;
    std::size_t count_;
};

}  // namespace edo::detail

namespace edo::sync::mpsc {

template <class T>
class PermitIterator;
template <class T>
class Sender;

/// A reserved place in a channel: it can be filled at once, whatever happens meanwhile. Must not
/// outlive the sender that it comes from. Dropped, it gives the place back.
template <class T>
class [[nodiscard("a permit that is dropped gives its place back")]] Permit {
public:
    /// Sends the value. Never waits and never fails, also after the receiver was closed; if the
    /// receiver is gone, nobody will receive it.
    /// @throws UsageError if the permit was moved from. What a move of `T` throws; then the place
    ///     is given back.
    void send(T value) && { permits_.send(std::move(value)); }

    /// For the library.
    explicit Permit(detail::MpscPermits<T> permits) noexcept : permits_(std::move(permits)) {}

private:
    detail::MpscPermits<T> permits_;
};

/// Several reserved places. Must not outlive the sender that they come from. Dropped, it gives back
/// those that were not taken out of it.
template <class T>
class [[nodiscard("permits that are dropped give their places back")]] PermitIterator {
public:
    /// Takes out one permit, if there is one left.
    [[nodiscard]] std::optional<Permit<T>> next() noexcept {
        if (permits_.count() == 0) {
            return std::nullopt;
        }
        return Permit<T>(permits_.split_one());
    }
    /// How many are left.
    [[nodiscard]] std::size_t size() const noexcept { return permits_.count(); }

    /// For the library.
    explicit PermitIterator(detail::MpscPermits<T> permits) noexcept
        : permits_(std::move(permits)) {}

private:
    detail::MpscPermits<T> permits_;
};

/// A reserved place together with the sender that it comes from: it may go anywhere. Dropped, it
/// gives back the place and drops the sender.
template <class T>
class [[nodiscard("a permit that is dropped gives its place back")]] OwnedPermit {
public:
    OwnedPermit(OwnedPermit&&) noexcept = default;
    OwnedPermit& operator=(OwnedPermit&& other) noexcept {
        OwnedPermit old(std::move(*this));  // its place first, then its sender
        sender_ = std::move(other.sender_);
        permits_ = std::move(other.permits_);
        return *this;
    }
    ~OwnedPermit() = default;

    /// As `Permit::send`; yields the sender.
    Sender<T> send(T value) && {
        permits_.send(std::move(value));
        return std::move(sender_);
    }
    /// Gives the place back; yields the sender.
    Sender<T> release() && {
        permits_.release();
        return std::move(sender_);
    }
    /// Whether the place is in the channel of that permit, or of that sender.
    [[nodiscard]] bool same_channel(const OwnedPermit& other) const noexcept {
        return sender_.same_channel(other.sender_);
    }
    [[nodiscard]] bool same_channel_as_sender(const Sender<T>& sender) const noexcept {
        return sender_.same_channel(sender);
    }

    /// For the library.
    OwnedPermit(Sender<T> sender, detail::MpscPermits<T> permits) noexcept
        : sender_(std::move(sender)), permits_(std::move(permits)) {}

private:
    Sender<T> sender_;
    detail::MpscPermits<T> permits_;  // dropped before the sender
};

}  // namespace edo::sync::mpsc

namespace edo::detail {

template <class T>
class MpscReserve : public MpscReserveWait {
public:
    explicit MpscReserve(MpscBoundedChannel<T>* channel) noexcept
        : MpscReserveWait(*channel, 1), channel_(channel) {}

    Result<sync::mpsc::Permit<T>, sync::ClosedError> await_resume() noexcept {
        if (!take()) {
            return failure(sync::ClosedError());
        }
        return sync::mpsc::Permit<T>(MpscPermits<T>(*channel_, 1));
    }

private:
    MpscBoundedChannel<T>* channel_;
};

template <class T>
class MpscReserveMany : public MpscReserveWait {
public:
    MpscReserveMany(MpscBoundedChannel<T>* channel, std::uint32_t count) noexcept
        : MpscReserveWait(*channel, count), channel_(channel) {}

    Result<sync::mpsc::PermitIterator<T>, sync::ClosedError> await_resume() noexcept {
        if (!take()) {
            return failure(sync::ClosedError());
        }
        return sync::mpsc::PermitIterator<T>(MpscPermits<T>(*channel_, permits()));
    }

private:
    MpscBoundedChannel<T>* channel_;
};

/// Outlives the wait that is derived together with it.
template <class T>
struct MpscSenderHolder {
    explicit MpscSenderHolder(sync::mpsc::Sender<T> held) noexcept : sender(std::move(held)) {}
    sync::mpsc::Sender<T> sender;
};

template <class T>
class MpscReserveOwned : private MpscSenderHolder<T>, public MpscReserveWait {
public:
    MpscReserveOwned(sync::mpsc::Sender<T> sender, MpscBoundedChannel<T>& channel) noexcept
        : MpscSenderHolder<T>(std::move(sender)), MpscReserveWait(channel, 1), channel_(&channel) {}

    Result<sync::mpsc::OwnedPermit<T>, sync::ClosedError> await_resume() noexcept {
        if (!take()) {
            return failure(sync::ClosedError());
        }
        return sync::mpsc::OwnedPermit<T>(std::move(this->sender), MpscPermits<T>(*channel_, 1));
    }

private:
    MpscBoundedChannel<T>* channel_;
};

/// `reserve_owned` before it is awaited.
template <class T>
class [[nodiscard("the operation does nothing until it is awaited")]] MpscReserveOwnedOperation {
public:
    MpscReserveOwnedOperation(sync::mpsc::Sender<T> sender, MpscBoundedChannel<T>& channel) noexcept
        : sender_(std::move(sender)), channel_(&channel) {}
    MpscReserveOwned<T> operator co_await() && {
        return MpscReserveOwned<T>(std::move(sender_), *channel_);
    }

private:
    sync::mpsc::Sender<T> sender_;
    MpscBoundedChannel<T>* channel_;
};

/// The wait of `send`. `U` is `T`, to be moved from, or `const T`.
template <class T, class U>
class MpscSend : public MpscPermitWait {
public:
    MpscSend(MpscBoundedChannel<T>* channel, U* value) noexcept
        : MpscPermitWait(*channel, 1), channel_(channel), value_(value) {}

    [[nodiscard]] bool await_ready() {
        charged_ = spend_budget();
        if (!charged_) {
            return false;
        }
        MpscSlot* slot = nullptr;
        switch (channel_->try_claim(slot)) {
            case MpscBoundedCore::Taken::Taken:
                outcome_ = Outcome::Used;
                channel_->put(*slot, static_cast<U&&>(*value_));
                return true;
            case MpscBoundedCore::Taken::Closed:
                outcome_ = Outcome::Closed;
                return true;
            case MpscBoundedCore::Taken::Full:
                break;
        }
        return false;
    }
    Result<void, sync::SendError<T>> await_resume() {
        if (outcome_ == Outcome::Closed) {
            return failure(sync::SendError<T>(static_cast<U&&>(*value_)));
        }
        if (outcome_ == Outcome::Granted) {
            outcome_ = Outcome::Used;
            channel_->put(channel_->claim(), static_cast<U&&>(*value_));
        }
        return {};
    }

private:
    MpscBoundedChannel<T>* channel_;
    U* value_;
};

}  // namespace edo::detail
