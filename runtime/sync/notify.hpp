// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/sync/waiter_ring.hpp"
#include "edo/runtime/task/promise.hpp"

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <utility>

namespace edo::sync {

class Notified;
class OwnedNotified;

/// Tells tasks that something has happened, without a value: what condition variables are to
/// threads.
///
/// `notify_one` lets one task go on. If nobody waits it is remembered, once: the next wait ends at
/// once. `notify_waiters` lets all go on that wait, and is not remembered.
///
/// A wait consists of two steps, so that nothing is missed between looking at a condition and
/// waiting for it to change. `notified()` makes a `Notified`; from then on `notify_waiters` counts
/// for it, though it may be awaited much later. Then the condition is looked at, and if it does not
/// hold, the `Notified` is awaited. With `notify_one` the order does not matter, unless several
/// tasks wait: then each calls `Notified::enable` before it looks.
///
/// Order: of two calls one after the other, the first comes first. A `Notified` that
/// `notify_waiters` counts for never takes what a later, or an earlier remembered, `notify_one`
/// left for others.
///
/// Whatever was done before a notification is seen by the task that it lets go on.
///
/// @par Cancel safety
/// Awaiting is cancel safe. A `Notified` that was chosen by `notify_one` and is destroyed without
/// having been awaited to the end passes the notification on.
///
/// @par Thread safety
/// All member functions may be called from any thread, inside any runtime or none.
///
/// @par Misuse
/// It must outlive what `notified` returned, except owned ones.
///
/// @par Example
/// @snippet sync.cpp notify
class Notify {
public:
    Notify() noexcept = default;
    Notify(const Notify&) = delete;
    Notify& operator=(const Notify&) = delete;

    /// Makes a wait for the next notification.
    [[nodiscard]] Notified notified() noexcept;
    /// The same; it keeps the `Notify` alive.
    [[nodiscard]] static OwnedNotified notified_owned(std::shared_ptr<Notify> notify) noexcept;

    /// Notifies the one that has waited longest. If nobody waits, the next wait ends at once;
    /// several calls until then count as one.
    void notify_one() noexcept {
        std::uint64_t word = word_.load(std::memory_order_relaxed);
        if (!remember(word)) {
            notify_first();
        }
    }
    /// Notifies the one that came last; otherwise like `notify_one`.
    void notify_last() noexcept;
    /// Notifies every `Notified` that exists, whether it is being awaited or not.
    void notify_waiters() noexcept;

private:
    friend class Notified;

    // The word: how often `notify_waiters` was called, and below that a state and the lock. While
    // somebody waits, who notifies needs the lock, as does whoever touches the ring. While it is
    // locked nobody else changes the word, so that a plain store ends the lock.
    static constexpr std::uint64_t kPermit = 1;   // a `notify_one` waits for somebody to take it
    static constexpr std::uint64_t kWaiting = 2;  // `waiters_` is not empty, and there is no permit
    static constexpr std::uint64_t kLocked = 4;
    static constexpr std::uint64_t kCall = 8;

    enum class Order : std::uint8_t { Fifo, Lifo };

    /// How often `notify_waiters` was called, times `kCall`.
    static std::uint64_t calls(std::uint64_t word) noexcept { return word & ~(kCall - 1); }

    /// Stores a permit, unless somebody waits, or the word is locked. `word` is what was read last.
    bool remember(std::uint64_t& word) noexcept {
        // Release: what was done before the notification is seen by whoever takes the permit. That
        // holds for each of several calls, so it is written again if it is there already.
        return (word & (kWaiting | kLocked)) == 0 &&
               word_.compare_exchange_weak(word, word | kPermit, std::memory_order_release,
                                           std::memory_order_relaxed);
    }
    /// Locks the word if it is free. `word` is what was read last, and is read anew on failure.
    bool try_lock(std::uint64_t& word) noexcept {
        // Acquire pairs with `unlock`, and with the notifications that the word stands for.
        return (word & kLocked) == 0 &&
               word_.compare_exchange_weak(word, word | kLocked, std::memory_order_acquire,
                                           std::memory_order_relaxed);
    }
    /// Returns the word, without the lock.
    std::uint64_t lock() noexcept;
    /// Release hands on what this lock and those before it have guarded, and what the calls and the
    /// permit in the word have published.
    void unlock(std::uint64_t word) noexcept { word_.store(word, std::memory_order_release); }
    /// The word after nodes were taken out of the ring.
    [[nodiscard]] std::uint64_t without_waiters(std::uint64_t word) const noexcept {
        return waiters_.empty() ? word & ~kWaiting : word;
    }
    template <Order order>
    void notify() noexcept;
    void notify_first() noexcept;

    std::atomic<std::uint64_t> word_{0};
    detail::WaiterRing waiters_;  // all are `Notified`s; guarded by the lock
};

/// A wait for a notification; made by `Notify::notified`.
///
/// It waits from the moment it is first awaited, or from `enable`: then it has its place in the
/// queue and keeps it, also while nobody awaits it, for example when `select(notified, ...)` with
/// an lvalue has gone on with another branch. Awaited again after it has ended, it ends at once.
///
/// @par Cancel safety
/// See `Notify`.
///
/// @par Thread safety
/// None; may be handed to another thread while it is not being awaited.
///
/// @par Misuse
/// It is awaited by one task at a time, and not moved meanwhile.
class [[nodiscard("a Notified does nothing until it is awaited")]] Notified
    : private detail::WaiterNode {
public:
    Notified(Notified&& other) noexcept;
    Notified& operator=(Notified&&) = delete;
    ~Notified() {
        if (stage_ == Stage::Queued) {
            leave();
        }
    }

    /// Takes a place in the queue now, or a remembered notification. Returns whether it has been
    /// notified: then awaiting it will not wait.
    bool enable() noexcept;

    class Awaiter;
    Awaiter operator co_await() & noexcept;
    Awaiter operator co_await() && noexcept;

private:
    friend class Notify;

    enum class Stage : std::uint8_t { New, Queued, Done };
    enum class News : std::uint8_t { None, One, Last, All };

    Notified(Notify& notify, std::uint64_t calls) noexcept : notify_(&notify), calls_(calls) {}

    bool take_now() noexcept;
    bool wait(Awaiter* awaiter) noexcept;
    bool wait_locked(Awaiter* awaiter) noexcept;
    void leave() noexcept;
    [[nodiscard]] detail::Leaf* tell(News news) noexcept;

    Notify* notify_;
    std::uint64_t calls_;              // of `notify_waiters` before it was made, times `kCall`
    detail::Leaf* awaiter_ = nullptr;  // who awaits it; guarded by the lock of `notify_`
    News news_ = News::None;           // guarded by the same
    Stage stage_ = Stage::New;         // of the owner
};

/// The awaiter of `Notified`.
class Notified::Awaiter : public detail::HookLeaf {
public:
    explicit Awaiter(Notified& notified) noexcept
        : HookLeaf(&Awaiter::on_wake), notified_(&notified) {}
    ~Awaiter() {
        if (is_suspended()) [[unlikely]] {
            stop();
        }
    }
    [[nodiscard]] bool await_ready() noexcept;
    bool await_suspend(detail::TaskHandle task) noexcept;
    void await_resume() const noexcept { notified_->stage_ = Stage::Done; }

private:
    friend class Notified;

    static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;
    void stop() noexcept;

    // `room_.flags`: whether the budget was charged.
    Notified* notified_;
};

/// A `Notified` that keeps its `Notify` alive; made by `Notify::notified_owned`.
class [[nodiscard("a Notified does nothing until it is awaited")]] OwnedNotified {
public:
    /// @copydoc Notified::enable
    bool enable() noexcept { return notified_.enable(); }
    Notified::Awaiter operator co_await() & noexcept { return notified_.operator co_await(); }
    Notified::Awaiter operator co_await() && noexcept { return notified_.operator co_await(); }

private:
    friend class Notify;
    explicit OwnedNotified(std::shared_ptr<Notify> notify) noexcept
        : notify_(std::move(notify)), notified_(notify_->notified()) {}

    std::shared_ptr<Notify> notify_;
    Notified notified_;  // destroyed first
};

inline Notified Notify::notified() noexcept {
    // Acquire pairs with the increment in `notify_waiters`: who comes after that call sees what
    // was done before it.
    return {*this, calls(word_.load(std::memory_order_acquire))};
}

inline OwnedNotified Notify::notified_owned(std::shared_ptr<Notify> notify) noexcept {
    return OwnedNotified(std::move(notify));
}

/// Ends a wait that has not begun: called by `notify_waiters`, or takes the permit. Without the
/// lock; may miss what comes at the same time.
inline bool Notified::take_now() noexcept {
    // Acquire pairs with the release of the notification.
    std::uint64_t word = notify_->word_.load(std::memory_order_acquire);
    for (;;) {
        // This goes first: who is called with all others leaves the permit to somebody else.
        if (Notify::calls(word) != calls_) {
            break;
        }
        if ((word & (Notify::kPermit | Notify::kLocked)) != Notify::kPermit) {
            return false;  // if it is locked, `wait` finds out
        }
        if (notify_->word_.compare_exchange_weak(word, word & ~Notify::kPermit,
                                                 std::memory_order_acquire)) {
            break;
        }
    }
    stage_ = Stage::Done;
    return true;
}

inline bool Notified::Awaiter::await_ready() noexcept {
    if (!detail::spend_budget()) {
        return false;
    }
    room_.flags = 1;
    return notified_->stage_ == Stage::New ? notified_->take_now()
                                           : notified_->stage_ == Stage::Done;
}

inline Notified::Awaiter Notified::operator co_await() & noexcept {
    return Awaiter(*this);
}

inline Notified::Awaiter Notified::operator co_await() && noexcept {
    return Awaiter(*this);
}

}  // namespace edo::sync
