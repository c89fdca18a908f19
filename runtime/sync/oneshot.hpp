// SPDX-License-Identifier: MIT
// A channel for one value, from one sender to one receiver.
#pragma once

#include "edo/runtime/core/frame_pool.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/sync/block_thread.hpp"
#include "edo/runtime/sync/oneshot_core.hpp"
#include "edo/runtime/sync/operation.hpp"
#include "edo/runtime/sync/send_error.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

namespace edo::sync::oneshot {

template <class T>
class Sender;
template <class T>
class Receiver;

/// Why a receiver got no value: the sender is gone without sending, or the receiver was closed.
class RecvError {
public:
    RecvError() noexcept = default;
    [[nodiscard]] static std::string_view message() noexcept {
        return "the sender is gone without sending a value";
    }
};

/// Why `Receiver::try_recv` yields no value.
enum class TryRecvError : std::uint8_t {
    Empty,   ///< not yet: the sender may still send
    Closed,  ///< never: the sender is gone, the receiver was closed, or the value was taken before
};

}  // namespace edo::sync::oneshot

namespace edo::detail {

/// The one allocation of a channel: the word, and room for the value.
template <class T>
class OneshotChannel final : public OneshotCore, public Pooled {
public:
    static_assert(std::is_nothrow_destructible_v<T>);
    static_assert(alignof(T) <= alignof(std::max_align_t),
                  "memory of channels is aligned to 16 bytes: send a std::unique_ptr<T> instead");

    OneshotChannel() noexcept {}
    ~OneshotChannel() {
        if (holds_) {
            std::destroy_at(std::addressof(value_));
        }
    }

    /// Only the sender, before `publish`; only the receiver, after it.
    void put(T&& value) {
        std::construct_at(std::addressof(value_), std::move(value));
        holds_ = true;
    }
    [[nodiscard]] T& value() noexcept { return value_; }

private:
    union {
        T value_;
    };
    bool holds_ = false;
};

[[noreturn]] void throw_oneshot_used(const char* what);

}  // namespace edo::detail

namespace edo::sync::oneshot {

/// Makes a channel for one value.
///
/// @return The two ends, for `auto [sender, receiver] = oneshot::channel<T>();`. Each may be moved
///     into a task or thread of its own.
/// @par Thread safety
/// The two ends may be used at the same time; one end, by one thread at a time.
/// @par Example
/// @snippet channels.cpp oneshot
template <class T>
[[nodiscard]] std::pair<Sender<T>, Receiver<T>> channel();

/// The end that sends. Dropped without sending, it ends the receiver's wait with a `RecvError`.
template <class T>
class Sender {
    using Channel = detail::OneshotChannel<T>;

public:
    Sender(Sender&& other) noexcept : channel_(std::exchange(other.channel_, nullptr)) {}
    Sender& operator=(Sender&& other) noexcept {
        Sender old(std::move(*this));
        channel_ = std::exchange(other.channel_, nullptr);
        return *this;
    }
    ~Sender() {
        if (channel_ != nullptr && channel_->drop_sender()) {
            delete channel_;
        }
    }

    /// Sends the value and uses the sender up: `std::move(sender).send(value)`. Never waits.
    /// @return Nothing, or the value in a `SendError` if the receiver is gone or closed. A value
    ///     that was sent is not certain to be received: the receiver may go without looking.
    /// @throws UsageError if the sender is empty: it was used up, or moved from. What a move of `T`
    ///     throws; then nothing is sent, and the receiver gets a `RecvError`.
    [[nodiscard]] Result<void, SendError<T>> send(T value) &&;

    /// Waits until the receiver is gone or closed: to stop work that nobody wants any more.
    /// @par Cancel safety
    /// Cancel safe.
    /// @throws UsageError if the sender is empty, or waits already.
    [[nodiscard]] auto closed() const {
        return detail::Operation<detail::OneshotClosed, detail::OneshotCore*>(&core());
    }
    /// Whether the receiver is gone or closed.
    /// @throws UsageError if the sender is empty.
    [[nodiscard]] bool is_closed() const { return core().has(Channel::kClosed); }

private:
    friend std::pair<Sender<T>, Receiver<T>> channel<T>();
    explicit Sender(Channel& channel) noexcept : channel_(&channel) {}

    [[nodiscard]] Channel& core() const {
        if (channel_ == nullptr) {
            detail::throw_oneshot_used("Sender");
        }
        return *channel_;
    }

    Channel* channel_;
};

/// The end that receives: `co_await receiver` yields `Result<T, RecvError>`.
///
/// An lvalue can be awaited as often as it takes, for example by `select` in a loop, until it has
/// yielded a value or an error. Must not be dropped or moved before a wait is. Dropped with a value
/// that was not taken, it destroys the value.
///
/// @par Cancel safety
/// Cancel safe: a wait that is dropped has taken nothing.
/// @par Misuse
/// Awaiting a receiver that is terminated, or from two coroutines at once, throws `UsageError`.
template <class T>
class Receiver {
    using Channel = detail::OneshotChannel<T>;

public:
    Receiver(Receiver&& other) noexcept : channel_(std::exchange(other.channel_, nullptr)) {}
    Receiver& operator=(Receiver&& other) noexcept {
        Receiver old(std::move(*this));
        channel_ = std::exchange(other.channel_, nullptr);
        return *this;
    }
    ~Receiver() { drop(channel_); }

    class Awaiter : public detail::OneshotWait {
    public:
        explicit Awaiter(Receiver& receiver)
            : OneshotWait(receiver.core(), Channel::End::Receiver), receiver_(&receiver) {}
        Result<T, RecvError> await_resume() {
            check();
            return receiver_->take();
        }

    private:
        Receiver* receiver_;
    };

    /// Waits for the value.
    /// @return The value, or a `RecvError` if none will come.
    /// @throws UsageError if the receiver is terminated. What a move of `T` throws; then the value
    ///     is lost.
    [[nodiscard]] Awaiter operator co_await() & { return Awaiter(*this); }
    [[nodiscard]] Awaiter operator co_await() && { return Awaiter(*this); }

    /// Takes the value if it is there. Any outcome but `TryRecvError::Empty` terminates.
    [[nodiscard]] Result<T, TryRecvError> try_recv();

    /// Blocks the calling thread, which must not be one that runs tasks, until the value comes.
    /// @throws UsageError if the thread runs tasks, or the receiver is terminated.
    [[nodiscard]] Result<T, RecvError> blocking_recv();

    /// Prevents the sender from sending. A value that was sent before can still be received.
    void close() noexcept {
        if (channel_ != nullptr) {
            channel_->close();
        }
    }

    /// Whether there is no value to take now.
    [[nodiscard]] bool is_empty() const noexcept {
        return channel_ == nullptr || !channel_->has(Channel::kSent);
    }
    /// Whether the value or the error was taken, so that the receiver must not be awaited again.
    [[nodiscard]] bool is_terminated() const noexcept { return channel_ == nullptr; }

private:
    friend std::pair<Sender<T>, Receiver<T>> channel<T>();
    explicit Receiver(Channel& channel) noexcept : channel_(&channel) {}

    static void drop(Channel* channel) noexcept {
        if (channel != nullptr && channel->drop_receiver()) {
            delete channel;
        }
    }

    [[nodiscard]] Channel& core() const {
        if (channel_ == nullptr) {
            detail::throw_oneshot_used("Receiver");
        }
        return *channel_;
    }
    /// The outcome of a settled channel.
    Result<T, RecvError> take();

    Channel* channel_;
};

template <class T>
std::pair<Sender<T>, Receiver<T>> channel() {
    auto* const made = new detail::OneshotChannel<T>;
    return {Sender<T>(*made), Receiver<T>(*made)};
}

template <class T>
Result<void, SendError<T>> Sender<T>::send(T value) && {
    Channel& shared = core();
    Sender used(std::move(*this));
    if (shared.has(Channel::kClosed)) {
        return failure(SendError<T>(std::move(value)));
    }
    shared.put(std::move(value));
    if (shared.publish()) {
        used.channel_ = nullptr;  // the receiver frees it
        return {};
    }
    return failure(SendError<T>(std::move(shared.value())));
}

template <class T>
Result<T, RecvError> Receiver<T>::take() {
    Channel& settled = core();
    struct Drop {
        Channel* channel;
        ~Drop() { Receiver::drop(channel); }
    } const drop{std::exchange(channel_, nullptr)};
    if (!settled.has(Channel::kSent)) {
        return failure(RecvError());
    }
    return Result<T, RecvError>(std::move(settled.value()));
}

template <class T>
Result<T, TryRecvError> Receiver<T>::try_recv() {
    if (channel_ != nullptr && !channel_->has(Channel::kTxGone | Channel::kClosed)) {
        return failure(TryRecvError::Empty);
    }
    if (is_empty()) {
        drop(std::exchange(channel_, nullptr));
        return failure(TryRecvError::Closed);
    }
    return Result<T, TryRecvError>(*take());
}

template <class T>
Result<T, RecvError> Receiver<T>::blocking_recv() {
    return detail::block_thread_on(
        "oneshot::Receiver::blocking_recv",
        [](Receiver& self) -> Task<Result<T, RecvError>> { co_return co_await self; }(*this));
}

}  // namespace edo::sync::oneshot
