// SPDX-License-Identifier: MIT
// Channels from any number of senders to one receiver.
#pragma once

#include "edo/runtime/sync/mpsc_ends.hpp"
#include "edo/runtime/sync/mpsc_permit.hpp"
#include "edo/runtime/sync/mpsc_unbounded.hpp"
#include "edo/runtime/timeout.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace edo::sync::mpsc {

template <class T>
class Receiver;
template <class T>
class WeakSender;

/// Why a value was not sent without waiting, or a place not reserved; with what was to be sent.
template <class T>
class TrySendError {
public:
    enum class Kind : std::uint8_t { Full, Closed };

    TrySendError(Kind why, T returned) : kind(why), value(std::move(returned)) {}
    /// There is no free place now.
    [[nodiscard]] bool is_full() const noexcept { return kind == Kind::Full; }
    /// The receiver is gone or closed.
    [[nodiscard]] bool is_closed() const noexcept { return kind == Kind::Closed; }

    Kind kind;
    T value;  ///< what was to be sent
};

/// Why `try_reserve` yields no permit.
enum class TryReserveError : std::uint8_t {
    Full,    ///< not enough places are free now
    Closed,  ///< the receiver is gone or closed
};

/// Why `send_timeout` did not send; with the value.
template <class T>
class SendTimeoutError {
public:
    enum class Kind : std::uint8_t { Timeout, Closed };

    SendTimeoutError(Kind why, T returned) : kind(why), value(std::move(returned)) {}
    /// No place became free in time.
    [[nodiscard]] bool is_timeout() const noexcept { return kind == Kind::Timeout; }
    /// The receiver is gone or closed.
    [[nodiscard]] bool is_closed() const noexcept { return kind == Kind::Closed; }

    Kind kind;
    T value;  ///< what was to be sent
};

/// Makes a channel with room for `capacity` values; who sends into a full one waits.
///
/// Values arrive in the order in which they were sent. Those who wait for room are served first in,
/// first out. Nothing is allocated after this.
///
/// @param capacity At least 1.
/// @return The two ends, for `auto [sender, receiver] = mpsc::channel<T>(100);`.
/// @throws UsageError for a capacity of 0, or above 2^28.
/// @par Example
/// @snippet channels.cpp mpsc
template <class T>
[[nodiscard]] std::pair<Sender<T>, Receiver<T>> channel(std::size_t capacity);

/// A sender of a bounded channel. Copies send into the same channel; when the last one is gone, the
/// receiver finds the end after what is queued. Must not be dropped before its operations are.
///
/// @par Thread safety
/// One sender may be used by several threads at once.
/// @par Misuse
/// A sender that was moved from throws `UsageError`.
template <class T>
class Sender : public detail::MpscSenderBase<detail::MpscBoundedChannel<T>> {
    using Channel = detail::MpscBoundedChannel<T>;
    using Base = detail::MpscSenderBase<Channel>;
    template <class U>
    using Send = detail::Operation<detail::MpscSend<T, U>, Channel*, U*>;

public:
    /// Sends the value; waits while the channel is full.
    ///
    /// @param value Moved from when the operation ends: into the channel, or, if the receiver is
    ///     gone or closed, into the error. Must stay valid until then; a temporary is right in the
    ///     awaited expression itself.
    /// @return Nothing, or the value in a `SendError`.
    /// @throws What a move of `T` throws; then the receiver gets nothing.
    /// @par Cancel safety
    /// Cancel safe: a send that is dropped has not touched `value`, which can be sent again. Its
    /// place in the queue for room is lost.
    /// @par Example
    /// @snippet channels.cpp send_or_give_up
    [[nodiscard]] auto send(T&& value) const { return Send<T>(&this->core(), &value); }
    /// Sends a copy; otherwise the same.
    [[nodiscard]] auto send(const T& value) const
        requires std::copy_constructible<T>
    {
        return Send<const T>(&this->core(), &value);
    }

    /// Sends the value if there is room now.
    /// @return Nothing, or the value in a `TrySendError`.
    [[nodiscard]] Result<void, TrySendError<T>> try_send(T value) const;

    /// Sends the value; waits for room for at most `limit`. `value` as for `send`; it comes back in
    /// the error.
    /// @par Cancel safety
    /// As `send`.
    [[nodiscard]] Task<Result<void, SendTimeoutError<T>>> send_timeout(T&& value,
                                                                       Duration limit) const {
        return send_timeout_task(send(std::move(value)), value, limit);
    }

    /// Like `send`, for a thread that runs no tasks; blocks it.
    /// @throws UsageError if the thread runs tasks.
    [[nodiscard]] Result<void, SendError<T>> blocking_send(T value) const {
        return detail::block_thread_on("mpsc::Sender::blocking_send", send_task(*this, value));
    }

    /// Waits for a free place and reserves it, before the value is made.
    /// @return The permit, which must not outlive this sender, or an error if the receiver is gone
    ///     or closed.
    /// @par Cancel safety
    /// Cancel safe: nothing stays reserved. Its place in the queue for room is lost.
    /// @par Example
    /// @snippet channels.cpp reserve
    [[nodiscard]] auto reserve() const {
        return detail::Operation<detail::MpscReserve<T>, Channel*>(&this->core());
    }
    /// Waits for `count` free places; otherwise like `reserve`. Who waits behind it waits longer.
    /// @throws UsageError if `count` is more than the whole capacity.
    [[nodiscard]] auto reserve_many(std::size_t count) const {
        if (count > max_capacity()) {
            detail::throw_too_many_permits();
        }
        return detail::Operation<detail::MpscReserveMany<T>, Channel*, std::uint32_t>(
            &this->core(), std::uint32_t(count));
    }
    /// Like `reserve`, for a permit that keeps the sender: `std::move(sender).reserve_owned()`. If
    /// it fails or is dropped, the sender is dropped with it.
    [[nodiscard]] auto reserve_owned() && {
        Channel& channel = this->core();
        return detail::MpscReserveOwnedOperation<T>(std::move(*this), channel);
    }

    /// Reserves a place if one is free now.
    [[nodiscard]] Result<Permit<T>, TryReserveError> try_reserve() const {
        return reserve_now<Permit<T>>(1);
    }
    /// Reserves `count` places if they are free now.
    [[nodiscard]] Result<PermitIterator<T>, TryReserveError> try_reserve_many(
        std::size_t count) const {
        return reserve_now<PermitIterator<T>>(count);
    }
    /// Reserves a place if one is free now; the sender is in the permit, or in the error.
    [[nodiscard]] Result<OwnedPermit<T>, TrySendError<Sender>> try_reserve_owned() &&;

    /// The places that are free now.
    [[nodiscard]] std::size_t capacity() const { return this->core().free_permits(); }
    /// The places that there are.
    [[nodiscard]] std::size_t max_capacity() const { return this->core().max_capacity(); }

    /// A sender that does not keep the channel open.
    [[nodiscard]] WeakSender<T> downgrade() const { return WeakSender<T>(&this->core()); }

private:
    template <class S, class C>
    friend class detail::MpscWeakSender;
    friend std::pair<Sender<T>, Receiver<T>> channel<T>(std::size_t);
    using Base::Base;

    static Task<Result<void, SendError<T>>> send_task(const Sender& self, T& value) {
        co_return co_await self.send(std::move(value));
    }
    static Task<Result<void, SendTimeoutError<T>>> send_timeout_task(Send<T> send, T& value,
                                                                     Duration limit);
    template <class P>
    Result<P, TryReserveError> reserve_now(std::size_t count) const;

    using Taken = detail::MpscBoundedCore::Taken;
};

/// Keeps no channel open; see `Sender::downgrade`.
template <class T>
class WeakSender : public detail::MpscWeakSender<Sender<T>, detail::MpscBoundedChannel<T>> {
    friend class Sender<T>;
    using WeakSender::MpscWeakSender::MpscWeakSender;
};

/// The receiving end of a bounded channel. Dropped, it closes the channel and drops what is queued.
/// Must not be dropped or moved before its operations are.
///
/// @par Thread safety
/// To be used by one thread at a time. Only one coroutine may wait.
template <class T>
class Receiver : public detail::MpscReceiverBase<T, detail::MpscBoundedCore> {
    using Base = detail::MpscReceiverBase<T, detail::MpscBoundedCore>;

public:
    /// The places that are free now.
    [[nodiscard]] std::size_t capacity() const { return this->core().free_permits(); }
    /// The places that there are.
    [[nodiscard]] std::size_t max_capacity() const { return this->core().max_capacity(); }

private:
    friend std::pair<Sender<T>, Receiver<T>> channel<T>(std::size_t);
    using Base::Base;
};

template <class T>
std::pair<Sender<T>, Receiver<T>> channel(std::size_t capacity) {
    auto* const made = new detail::MpscBoundedChannel<T>(capacity);
    return {Sender<T>(*made), Receiver<T>(*made)};
}

template <class T>
Result<void, TrySendError<T>> Sender<T>::try_send(T value) const {
    using Kind = typename TrySendError<T>::Kind;
    Channel& channel = this->core();
    detail::MpscSlot* slot = nullptr;
    const Taken taken = channel.try_claim(slot);
    if (taken != Taken::Taken) {
        const Kind kind = taken == Taken::Full ? Kind::Full : Kind::Closed;
        return failure(TrySendError<T>(kind, std::move(value)));
    }
    channel.put(*slot, std::move(value));
    return {};
}

template <class T>
Task<Result<void, SendTimeoutError<T>>> Sender<T>::send_timeout_task(Send<T> send, T& value,
                                                                     Duration limit) {
    using Error = SendTimeoutError<T>;
    auto sent = co_await timeout(limit, std::move(send));
    if (!sent) {
        co_return failure(Error(Error::Kind::Timeout, std::move(value)));
    }
    if (!*sent) {
        co_return failure(Error(Error::Kind::Closed, std::move(sent->error().value)));
    }
    co_return Result<void, Error>();
}

template <class T>
template <class P>
Result<P, TryReserveError> Sender<T>::reserve_now(std::size_t count) const {
    Channel& channel = this->core();
    const Taken taken = channel.try_acquire(count);
    if (taken != Taken::Taken) {
        return failure(taken == Taken::Full ? TryReserveError::Full : TryReserveError::Closed);
    }
    return P(detail::MpscPermits<T>(channel, count));
}

template <class T>
Result<OwnedPermit<T>, TrySendError<Sender<T>>> Sender<T>::try_reserve_owned() && {
    using Error = TrySendError<Sender>;
    Channel& channel = this->core();
    const Taken taken = channel.try_acquire(1);
    if (taken != Taken::Taken) {
        const auto kind = taken == Taken::Full ? Error::Kind::Full : Error::Kind::Closed;
        return failure(Error(kind, std::move(*this)));
    }
    return OwnedPermit<T>(std::move(*this), detail::MpscPermits<T>(channel, 1));
}

}  // namespace edo::sync::mpsc
