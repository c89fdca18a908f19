// SPDX-License-Identifier: MIT
// The states of a `Notified`, and who changes them:
//
//     New     it is in no list. `notify_waiters` counts for it by the number of calls alone.
//     Queued  it was linked into the ring, and got its news when it was taken out of it. Ring and
//             news are guarded by the lock.
//     Done    it has taken its news; nothing is owed any more.
//
// The word of a `Notify` changes without the lock only while nobody is in the ring: `notify_one`
// stores a permit, a wait takes it, `notify_waiters` counts. Since the number of calls, the permit
// and the lock are in the same word, the one compare-and-swap with which a wait takes the lock says
// for certain that there is no permit, and that no call came in between.
#include "edo/runtime/sync/notify.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/sync/wake_batch.hpp"

namespace edo::sync {

// ---- notifying ---------------------------------------------------------------------------------

/// Gives it the news. Returns the leaf to wake once the lock is released. The caller holds the
/// lock and has taken it out of its ring.
[[gnu::always_inline]] inline detail::Leaf* Notified::tell(News news) noexcept {
    news_ = news;
    return std::exchange(awaiter_, nullptr);
}

template <Notify::Order order>
[[gnu::always_inline]] inline void Notify::notify() noexcept {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    for (unsigned round = 0; (word & kWaiting) == 0 || !try_lock(word);) {
        if (remember(word)) {
            return;
        }
        if ((word & kLocked) != 0) {
            detail::spin_wait(round++);
            word = word_.load(std::memory_order_relaxed);
        }
    }
    constexpr bool kFifo = order == Order::Fifo;
    auto& chosen = static_cast<Notified&>(kFifo ? waiters_.pop_front() : waiters_.pop_back());
    detail::Leaf* const awaiter = chosen.tell(kFifo ? Notified::News::One : Notified::News::Last);
    unlock(without_waiters(word));
    if (awaiter != nullptr) [[likely]] {
        awaiter->wake();
    }
}

void Notify::notify_first() noexcept {
    notify<Order::Fifo>();
}

void Notify::notify_last() noexcept {
    notify<Order::Lifo>();
}

std::uint64_t Notify::lock() noexcept {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    for (unsigned round = 0; !try_lock(word);) {
        if ((word & kLocked) != 0) {
            detail::spin_wait(round++);
            word = word_.load(std::memory_order_relaxed);
        }
    }
    return word;
}

void Notify::notify_waiters() noexcept {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    while ((word & (kWaiting | kLocked)) == 0) {
        // Release: pairs with `notified()` and with the waits that see the new number.
        if (word_.compare_exchange_weak(word, word + kCall, std::memory_order_release,
                                        std::memory_order_relaxed)) {
            return;
        }
    }
    // All that wait now are moved out at once, so that nobody who comes later is among them, and
    // no `notify_one` chooses one of them.
    detail::WaiterRing called;
    word = lock();
    called.take_all(waiters_);
    word = (word & ~kWaiting) + kCall;
    for (;;) {
        detail::WakeBatch batch;
        while (!called.empty() && !batch.is_full()) {
            auto& notified = static_cast<Notified&>(called.pop_front());
            if (detail::Leaf* const awaiter = notified.tell(Notified::News::All)) {
                batch.add(*awaiter);
            }
        }
        const bool was_last = called.empty();  // the others may leave it meanwhile
        unlock(word);
        batch.wake_all();
        if (was_last) {
            return;
        }
        word = lock();
    }
}

// ---- waiting -----------------------------------------------------------------------------------

Notified::Notified(Notified&& other) noexcept
    : notify_(other.notify_), calls_(other.calls_), stage_(other.stage_) {
    if (stage_ == Stage::Queued) {
        const std::uint64_t word = notify_->lock();
        news_ = other.news_;
        if (other.is_linked()) {
            replace(other);
        } else {
            set_unlinked();
        }
        notify_->unlock(word);
    }
    other.stage_ = Stage::Done;
}

/// Takes a place in the queue, if it has none, for `awaiter` (null: for nobody yet). Returns
/// whether it waits; else it has been notified.
[[gnu::always_inline]] inline bool Notified::wait(Awaiter* awaiter) noexcept {
    std::uint64_t word = notify_->word_.load(std::memory_order_relaxed);
    // Not locked, no permit, and no call since it was made.
    if (stage_ != Stage::New || (word & ~Notify::kWaiting) != calls_ || !notify_->try_lock(word))
        [[unlikely]] {
        return stage_ != Stage::Done && wait_locked(awaiter);
    }
    notify_->waiters_.push_back(*this);
    stage_ = Stage::Queued;
    awaiter_ = awaiter;
    notify_->unlock(calls_ | Notify::kWaiting);
    return true;
}

/// The same, whatever has happened.
[[gnu::noinline]] bool Notified::wait_locked(Awaiter* awaiter) noexcept {
    std::uint64_t word = notify_->lock();
    bool waits = true;
    if (stage_ == Stage::Queued) {
        waits = news_ == News::None;
    } else if (Notify::calls(word) != calls_) {
        waits = false;
        stage_ = Stage::Done;
    } else if ((word & Notify::kPermit) != 0) {
        waits = false;
        stage_ = Stage::Done;
        word &= ~Notify::kPermit;
    } else {
        notify_->waiters_.push_back(*this);
        stage_ = Stage::Queued;
        word |= Notify::kWaiting;
    }
    if (waits) {
        awaiter_ = awaiter;
    }
    notify_->unlock(word);
    return waits;
}

bool Notified::enable() noexcept {
    if (stage_ == Stage::New && take_now()) {
        return true;
    }
    if (wait(nullptr)) {
        return false;
    }
    stage_ = Stage::Done;  // the caller has its news
    return true;
}

/// Gives up the place in the queue, or passes on what it was told for itself alone.
void Notified::leave() noexcept {
    const std::uint64_t word = notify_->lock();
    const News news = news_;
    if (is_linked()) {
        unlink();
    }
    // In the ring of a `notify_waiters` that is under way it was not counted any more.
    notify_->unlock(notify_->without_waiters(word));
    if (news == News::One) {
        notify_->notify_first();
    } else if (news == News::Last) {
        notify_->notify_last();
    }
}

// ---- the awaiter -------------------------------------------------------------------------------

bool Notified::Awaiter::await_suspend(detail::TaskHandle task) noexcept {
    bind(task.handle());
    if (room_.flags == 0) [[unlikely]] {
        wake_next_turn();
        return true;
    }
    kind_ = Kind::Resume;  // nothing is left to be tried when it is woken
    if (notified_->wait(this)) {
        return true;
    }
    unbind();
    return false;
}

std::coroutine_handle<> Notified::Awaiter::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<Awaiter&>(leaf);  // it has waited for a new budget
    self.kind_ = Kind::Resume;
    self.rebind();
    if (self.notified_->wait(&self)) {
        return nullptr;
    }
    self.unbind();
    return self.handle();
}

/// The wait goes away; the `Notified` stays where it is.
void Notified::Awaiter::stop() noexcept {
    Notify& notify = *notified_->notify_;
    const std::uint64_t word = notify.lock();
    const bool stood_there = notified_->awaiter_ == this;
    if (stood_there) {
        notified_->awaiter_ = nullptr;
    }
    notify.unlock(word);
    if (stood_there) {
        unbind();
    } else {
        withdraw();
    }
}

}  // namespace edo::sync
