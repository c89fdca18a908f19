// SPDX-License-Identifier: MIT
// A channel without a limit, from any number of senders to one receiver.
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/sync/mpsc_ends.hpp"
#include "edo/runtime/sync/mpsc_unbounded_core.hpp"
#include "edo/runtime/sync/send_error.hpp"

#include <utility>

namespace edo::sync::mpsc {

template <class T>
class UnboundedSender;
template <class T>
class UnboundedReceiver;

/// Makes a channel that takes whatever is sent: memory is its only limit. Prefer `channel`, which
/// slows fast senders down, unless something else limits what is under way.
/// @return The two ends, for `auto [sender, receiver] = mpsc::unbounded_channel<T>();`.
/// @par Example
/// @snippet channels.cpp unbounded
template <class T>
[[nodiscard]] std::pair<UnboundedSender<T>, UnboundedReceiver<T>> unbounded_channel();

template <class T>
class WeakUnboundedSender;

/// A sender of a channel without a limit. Copies send into the same channel; when the last one is
/// gone, the receiver finds the end after what is queued.
///
/// @par Thread safety
/// One sender may be used by several threads at once.
template <class T>
class UnboundedSender
    : public detail::MpscSenderBase<detail::MpscChannel<T, detail::MpscUnboundedCore>> {
    using Channel = detail::MpscChannel<T, detail::MpscUnboundedCore>;
    using Base = detail::MpscSenderBase<Channel>;

public:
    /// Sends the value. Never waits.
    /// @return Nothing, or the value in a `SendError` if the receiver is gone or closed.
    /// @throws UsageError if the sender was moved from; `std::bad_alloc`. What a move of `T`
    ///     throws; then the receiver gets nothing.
    [[nodiscard]] Result<void, SendError<T>> send(T value) const {
        Channel& channel = this->core();
        detail::MpscSlot* const slot = channel.try_claim();
        if (slot == nullptr) {
            return failure(SendError<T>(std::move(value)));
        }
        channel.put(*slot, std::move(value));
        return {};
    }

    /// A sender that does not keep the channel open.
    [[nodiscard]] WeakUnboundedSender<T> downgrade() const {
        return WeakUnboundedSender<T>(&this->core());
    }

private:
    template <class Sender, class C>
    friend class detail::MpscWeakSender;
    friend std::pair<UnboundedSender<T>, UnboundedReceiver<T>> unbounded_channel<T>();
    using Base::Base;
};

/// Keeps no channel open; see `UnboundedSender::downgrade`.
template <class T>
class WeakUnboundedSender
    : public detail::MpscWeakSender<UnboundedSender<T>,
                                    detail::MpscChannel<T, detail::MpscUnboundedCore>> {
    friend class UnboundedSender<T>;
    using WeakUnboundedSender::MpscWeakSender::MpscWeakSender;
};

/// The receiving end of a channel without a limit. Dropped, it closes the channel and drops what is
/// queued. Must not be dropped or moved before its operations are.
///
/// @par Thread safety
/// To be used by one thread at a time. Only one coroutine may wait.
template <class T>
class UnboundedReceiver : public detail::MpscReceiverBase<T, detail::MpscUnboundedCore> {
    using Base = detail::MpscReceiverBase<T, detail::MpscUnboundedCore>;
    friend std::pair<UnboundedSender<T>, UnboundedReceiver<T>> unbounded_channel<T>();
    using Base::Base;
};

template <class T>
std::pair<UnboundedSender<T>, UnboundedReceiver<T>> unbounded_channel() {
    auto* const made = new detail::MpscChannel<T, detail::MpscUnboundedCore>();
    return {UnboundedSender<T>(*made), UnboundedReceiver<T>(*made)};
}

}  // namespace edo::sync::mpsc
