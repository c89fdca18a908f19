// SPDX-License-Identifier: MIT
// The states of a `Notified`, and who changes them:
//
//     New     it is in no list. `notify_waiters` counts for it by the number of calls alone.
//     Queued  it was linked into the ring, and got its news when it was taken out of it. Ring and
//             news are guarded by the lock.
//     Done    it has taken its news; nothing is owed any more.
//
// The word of a `Notify` changes without the lock only while nobody is in the ring: `notify_one`
// stores a permit, a wait takes it, `notify_waiters` counts. While it is `kWaiting` the lock is
// needed for all of it. Since the number of calls is in the same word, whoever queues knows for
// certain that no call came in between.
#include "edo/runtime/sync/notify.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/sync/wake_batch.hpp"

#include <mutex>

namespace edo::sync {

// ---- notifying ---------------------------------------------------------------------------------

void Notify::notify(Order order) noexcept {
    for (;;) {
        std::uint64_t word = word_.load(std::memory_order_relaxed);
        while ((word & kState) != kWaiting) {
            if (remember(word)) {
                return;
            }
        }
        detail::Leaf* awaiter = nullptr;
        {
            const std::lock_guard guard(lock_);
            if (waiters_.empty()) {
                continue;  // the last one has just left: store a permit
            }
            awaiter = notify_locked(order);
        }
        if (awaiter != nullptr) {
            awaiter->wake();
        }
        return;
    }
}

/// kWaiting becomes kEmpty, for the ring is empty. The caller holds the lock, and until this store
/// nobody changes the word without it.
void Notify::end_waiting() noexcept {
    // Acquire and release hand on what the calls that are counted there have published.
    word_.store(word_.load(std::memory_order_acquire) & ~kState, std::memory_order_release);
}

/// Notifies one of the waiters, of which there is at least one. Returns the leaf to wake, if any.
/// The caller holds the lock.
detail::Leaf* Notify::notify_locked(Order order) noexcept {
    const bool fifo = order == Order::Fifo;
    auto& chosen = static_cast<Notified&>(fifo ? waiters_.front() : waiters_.back());
    chosen.unlink();
    if (waiters_.empty()) {
        end_waiting();
    }
    return chosen.tell(fifo ? Notified::News::One : Notified::News::Last);
}

void Notify::notify_waiters() noexcept {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    while ((word & kState) != kWaiting) {
        // Release: pairs with `notified()` and with the waits that see the new number.
        if (word_.compare_exchange_weak(word, word + kCall, std::memory_order_release,
                                        std::memory_order_relaxed)) {
            return;
        }
    }
    // All that wait now are moved out at once, so that nobody who comes later is among them, and
    // no `notify_one` chooses one of them.
    detail::WaiterRing called;
    for (bool counted = false, more = true; more;) {
        detail::WakeBatch batch;
        {
            const std::lock_guard guard(lock_);
            if (!counted) {
                counted = true;
                called.take_all(waiters_);
                // If nobody waits any more, others may change the word; so in two steps.
                word = word_.fetch_add(kCall, std::memory_order_release);
                if ((word & kState) == kWaiting) {
                    end_waiting();
                }
            }
            while (!called.empty() && !batch.is_full()) {
                auto& notified = static_cast<Notified&>(called.front());
                notified.unlink();
                if (detail::Leaf* const awaiter = notified.tell(Notified::News::All)) {
                    batch.add(*awaiter);
                }
            }
            more = !called.empty();
        }
        batch.wake_all();
    }
}

/// Gives it the news. Returns the leaf to wake once the lock is released. The caller holds the
/// lock and has taken it out of its ring.
detail::Leaf* Notified::tell(News news) noexcept {
    news_ = news;
    return std::exchange(awaiter_, nullptr);
}

// ---- waiting -----------------------------------------------------------------------------------

Notified::Notified(Notified&& other) noexcept
    : notify_(other.notify_), calls_(other.calls_), stage_(other.stage_) {
    if (stage_ == Stage::Queued) {
        const std::lock_guard guard(notify_->lock_);
        news_ = other.news_;
        if (other.is_linked()) {
            replace(other);
        }
    }
    other.stage_ = Stage::Done;
}

/// Takes a place in the queue, if it has none, for `awaiter` (null: for nobody yet). Returns
/// whether it waits; else it has been notified.
[[gnu::always_inline]] inline bool Notified::wait(Awaiter* awaiter) noexcept {
    if (stage_ == Stage::Done) {
        return false;
    }
    const std::lock_guard guard(notify_->lock_);
    if (stage_ == Stage::New) {
        std::uint64_t word = notify_->word_.load(std::memory_order_relaxed);
        do {
            if ((word & Notify::kState) == Notify::kWaiting && Notify::calls(word) == calls_) {
                break;  // with the lock held it stays like that
            }
            if (take_now()) {
                return false;
            }
            word = Notify::kCall * calls_ + Notify::kEmpty;
        } while (!notify_->word_.compare_exchange_weak(word, word | Notify::kWaiting,
                                                       std::memory_order_relaxed));
        notify_->waiters_.push_back(*this);
        stage_ = Stage::Queued;
    } else if (news_ != News::None) {
        return false;
    }
    awaiter_ = awaiter;
    return true;
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
    News news = News::None;
    {
        const std::lock_guard guard(notify_->lock_);
        news = news_;
        if (is_linked()) {
            unlink();
            // In the ring of a `notify_waiters` that is under way it was not counted any more.
            if (notify_->waiters_.empty() && (notify_->word_.load(std::memory_order_relaxed) &
                                              Notify::kState) == Notify::kWaiting) {
                notify_->end_waiting();
            }
        }
    }
    if (news == News::One) {
        notify_->notify(Notify::Order::Fifo);
    } else if (news == News::Last) {
        notify_->notify(Notify::Order::Lifo);
    }
}

// ---- the awaiter -------------------------------------------------------------------------------

bool Notified::Awaiter::await_suspend(detail::TaskHandle task) noexcept {
    bind(task.handle());
    if (!charged_) {
        wake_next_turn();
        return true;
    }
    published_ = true;
    kind_ = Kind::Resume;  // nothing is left to be tried when it is woken
    if (notified_->wait(this)) {
        return true;
    }
    unbind();
    return false;
}

std::coroutine_handle<> Notified::Awaiter::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<Awaiter&>(leaf);  // it has waited for a new budget
    self.published_ = true;
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
    if (published_) {
        const std::lock_guard guard(notified_->notify_->lock_);
        if (notified_->awaiter_ == this) {
            notified_->awaiter_ = nullptr;
            unbind();
            return;
        }
    }
    withdraw();
}

}  // namespace edo::sync
