// SPDX-License-Identifier: MIT
// A channel that keeps one value, the last one.
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/sync/operation.hpp"
#include "edo/runtime/sync/send_error.hpp"
#include "edo/runtime/sync/watch_core.hpp"
#include "edo/runtime/sync/watch_value.hpp"
#include "edo/runtime/task/task.hpp"

#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

namespace edo::sync::watch {

template <class T>
class Sender;
template <class T>
class Receiver;

/// Makes a channel that keeps the last value that was sent. Receivers see the newest one and may
/// miss those before: right for settings and states, wrong for events.
///
/// @param initial The first value; the receiver counts it as seen.
/// @return The two ends, for `auto [sender, receiver] = watch::channel(value);`. Both can be
/// copied.
/// @par Example
/// @snippet channels.cpp watch
template <class T>
[[nodiscard]] std::pair<Sender<T>, Receiver<T>> channel(T initial);

/// The value of a channel, which does not change while this exists.
///
/// A small one (trivially copyable, up to 64 bytes) is copied, without a lock. For every other one
/// senders block their thread until this is gone. So keep it only for a moment, never across
/// `co_await`, and neither send nor borrow again while you keep it: that may wait for itself. Must
/// not outlive its sender or receiver.
template <class T>
class [[nodiscard]] Ref {
public:
    Ref(Ref&& other) noexcept : view_(std::move(other.view_)), has_changed_(other.has_changed_) {}
    Ref& operator=(Ref&& other) noexcept {
        view_ = std::move(other.view_);
        has_changed_ = other.has_changed_;
        return *this;
    }
    ~Ref() = default;

    [[nodiscard]] const T& operator*() const& noexcept { return view_.value(); }
    [[nodiscard]] const T& operator*() const&& noexcept { return view_.value(); }
    /// By value: a copy goes with the `Ref`.
    [[nodiscard]] T operator*() const&& noexcept
        requires detail::kCopiedBytewise<T>
    {
        return view_.value();
    }
    [[nodiscard]] const T* operator->() const noexcept { return &view_.value(); }
    /// Whether the receiver had not seen this value before. False if a sender borrowed it.
    [[nodiscard]] bool has_changed() const noexcept { return has_changed_; }

private:
    friend class Sender<T>;
    friend class Receiver<T>;

    explicit Ref(detail::WatchChannel<T>& channel) noexcept : view_(channel) {}

    detail::WatchView<T> view_;
    bool has_changed_ = false;
};

/// The end that sets the value. When the last sender is gone, receivers find the end. Must not be
/// dropped before its operations are.
///
/// @par Thread safety
/// One sender may be used by several threads at once.
/// @par Misuse
/// A sender that was moved from throws `UsageError`.
template <class T>
class Sender {
    using Channel = detail::WatchChannel<T>;

public:
    /// A channel without receivers, for now: see `subscribe`.
    explicit Sender(T initial) : channel_(new Channel(std::move(initial))) {}
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

    /// Sets the value and wakes the receivers.
    /// @return Nothing, or, if there is no receiver, the value in a `SendError`; then it is not
    ///     set. `send_replace` sets it all the same.
    Result<void, SendError<T>> send(T value) const {
        if (core().receivers() == 0) {
            return failure(SendError<T>(std::move(value)));
        }
        static_cast<void>(send_replace(std::move(value)));
        return {};
    }
    /// Sets the value, also without receivers, and wakes them. Returns the value before.
    T send_replace(T value) const {
        if constexpr (detail::kCopiedBytewise<T> && std::is_trivially_copy_assignable_v<T>) {
            core().exchange(value);
            core().wake_receivers();
        } else {
            send_modify([&value](T& current) { std::swap(current, value); });
        }
        return value;
    }
    /// Changes the value in its place, under its lock, and wakes the receivers.
    /// @param modify Called with a `T&`. Must not use the channel.
    /// @throws What `modify` throws; then no receiver is woken, whatever it has changed.
    template <class F>
    void send_modify(F&& modify) const {
        static_cast<void>(send_if_modified([&modify](T& current) {
            std::invoke(std::forward<F>(modify), current);
            return true;
        }));
    }
    /// The same, but wakes the receivers only if `modify` returns true. Returns what it returned.
    template <class F>
    bool send_if_modified(F&& modify) const;

    /// The value.
    [[nodiscard]] Ref<T> borrow() const { return Ref<T>(core()); }

    /// A new receiver, which counts the value as seen.
    [[nodiscard]] Receiver<T> subscribe() const;

    /// Waits until there is no receiver. `subscribe` may make one again at any time.
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] auto closed() const {
        return detail::Operation<detail::WatchClosed, detail::WatchCore*>(&core());
    }
    /// Whether there is no receiver.
    [[nodiscard]] bool is_closed() const { return receiver_count() == 0; }
    [[nodiscard]] std::size_t receiver_count() const { return core().receivers(); }
    [[nodiscard]] std::size_t sender_count() const { return core().senders(); }
    /// Whether both set the same value.
    [[nodiscard]] bool same_channel(const Sender& other) const noexcept {
        return channel_ == other.channel_;
    }

private:
    [[nodiscard]] Channel& core() const {
        if (channel_ == nullptr) {
            detail::throw_watch_empty("Sender");
        }
        return *channel_;
    }

    Channel* channel_;
};

/// The end that watches the value. A copy has seen what the original has seen, and is independent
/// of it from then on. Must not be dropped or moved before its operations are.
///
/// @par Thread safety
/// To be used by one thread at a time; give each task its own copy.
/// @par Misuse
/// A receiver that was moved from throws `UsageError`.
template <class T>
class Receiver {
    using Channel = detail::WatchChannel<T>;

public:
    Receiver(const Receiver& other) : channel_(&other.core()), seen_(other.seen_) {
        channel_->add_receiver();
    }
    Receiver(Receiver&& other) noexcept
        : channel_(std::exchange(other.channel_, nullptr)), seen_(other.seen_) {}
    Receiver& operator=(Receiver other) noexcept {
        std::swap(channel_, other.channel_);
        seen_ = other.seen_;
        return *this;
    }
    ~Receiver() {
        if (channel_ != nullptr && channel_->drop_receiver()) {
            delete channel_;
        }
    }

    /// Waits until there is a value that was not seen, and marks it as seen.
    /// @return Nothing, or a `RecvError` if all senders are gone and the last value was seen.
    /// @par Cancel safety
    /// Cancel safe: a wait that is dropped has marked nothing.
    [[nodiscard]] auto changed() {
        return detail::Operation<detail::WatchChanged, detail::WatchCore*,
                                 detail::WatchCore::Version*>(&core(), &seen_);
    }

    /// Waits for a value for which `predicate` returns true, starting with the present one, and
    /// marks all that it looked at as seen.
    /// @param predicate Called with a `const T&`, under the lock: must not use the channel.
    /// @return The value, locked, or a `RecvError` if all senders are gone and the last value is
    ///     not right either.
    /// @throws What `predicate` throws; the channel stays usable.
    /// @par Cancel safety
    /// Cancel safe.
    template <class Predicate>
    [[nodiscard]] Task<Result<Ref<T>, RecvError>> wait_for(Predicate predicate);

    /// Whether there is a value that was not seen; a `RecvError` if all senders are gone.
    [[nodiscard]] Result<bool, RecvError> has_changed() const {
        const auto state = core().state();
        if ((state & Channel::kClosed) != 0) {
            return failure(RecvError());
        }
        return state != seen_;
    }

    /// The value, without marking it as seen: `changed` yields at once for a new one.
    [[nodiscard]] Ref<T> borrow() const { return look(core()); }
    /// The value, marked as seen.
    [[nodiscard]] Ref<T> borrow_and_update() {
        Ref<T> current = look(core());
        seen_ = current.view_.version();
        return current;
    }

    /// Makes the present value count as not seen.
    void mark_changed() { seen_ = core().version() - Channel::kStep; }
    /// Makes the present value count as seen.
    void mark_unchanged() { seen_ = core().version(); }

    /// Whether both watch the same value.
    [[nodiscard]] bool same_channel(const Receiver& other) const noexcept {
        return channel_ == other.channel_;
    }

private:
    friend class Sender<T>;
    friend std::pair<Sender<T>, Receiver<T>> channel<T>(T);

    explicit Receiver(Channel& channel) noexcept : channel_(&channel), seen_(channel.version()) {
        channel.add_receiver();
    }

    [[nodiscard]] Ref<T> look(Channel& channel) const {
        Ref<T> current(channel);
        current.has_changed_ = current.view_.version() != seen_;
        return current;
    }
    [[nodiscard]] Channel& core() const {
        if (channel_ == nullptr) {
            detail::throw_watch_empty("Receiver");
        }
        return *channel_;
    }

    Channel* channel_;
    detail::WatchCore::Version seen_;
};

template <class T>
std::pair<Sender<T>, Receiver<T>> channel(T initial) {
    Sender<T> sender(std::move(initial));
    Receiver<T> receiver = sender.subscribe();
    return {std::move(sender), std::move(receiver)};
}

template <class T>
Receiver<T> Sender<T>::subscribe() const {
    return Receiver<T>(core());
}

template <class T>
template <class F>
bool Sender<T>::send_if_modified(F&& modify) const {
    Channel& channel = core();
    bool modified = false;
    {
        channel.begin_change();
        struct End {
            Channel& channel;
            bool& modified;
            ~End() { channel.end_change(modified); }  // also when `modify` throws
        } const end{channel, modified};
        modified = std::invoke(std::forward<F>(modify), channel.value());
    }
    if (!modified) {
        return false;
    }
    channel.wake_receivers();
    return true;
}

template <class T>
template <class Predicate>
Task<Result<Ref<T>, RecvError>> Receiver<T>::wait_for(Predicate predicate) {
    co_await detail::ChargeBudget();
    for (;;) {
        {
            Ref<T> current = borrow_and_update();
            if (std::invoke(predicate, *current)) {
                co_return Result<Ref<T>, RecvError>(std::move(current));
            }
        }
        const Result<void, RecvError> change = co_await changed();
        if (!change) {
            co_return failure(RecvError());
        }
    }
}

}  // namespace edo::sync::watch
