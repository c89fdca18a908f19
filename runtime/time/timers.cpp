// SPDX-License-Identifier: MIT
#include "edo/runtime/time/timers.hpp"

#include <mutex>

namespace edo::detail {

void TimerLeaf::disarm() noexcept {
    if (!is_suspended()) {
        return;
    }
    if (timers_ != nullptr && timers_->remove(*this)) {
        unbind();
    } else {
        withdraw();
    }
    timers_ = nullptr;
}

Timers::Added Timers::add(TimerLeaf& leaf) noexcept {
    const std::lock_guard guard(lock_);
    if (shut_down_) {
        leaf.shut_down_ = true;
        return Added::ShutDown;
    }
    if (!wheel_.insert(leaf)) {
        return Added::Due;
    }
    leaf.timers_ = this;
    const Instant before = next_event();
    if (leaf.deadline() >= before) {
        return Added::Later;
    }
    update_next_event();
    return next_event() < before ? Added::Earliest : Added::Later;
}

bool Timers::remove(TimerLeaf& leaf) noexcept {
    const std::lock_guard guard(lock_);
    if (!leaf.is_linked()) {
        return false;
    }
    wheel_.remove(leaf);  // `next_event_` stays, perhaps too early, until it is reached
    return true;
}

std::size_t Timers::fire(Instant now) noexcept {
    constexpr std::size_t kBatch = 256;  // bounds how long others wait for the lock
    std::size_t fired = 0;
    for (;;) {
        const std::lock_guard guard(lock_);
        const TimerWheel::Tick tick = wheel_.tick_at_or_before(now);
        for (std::size_t i = 0; i < kBatch; ++i) {
            TimerLeaf* const leaf = wheel_.pop_expired(tick);
            if (leaf == nullptr) {
                update_next_event();
                return fired;
            }
            ++fired;
            leaf->wake();  // under the lock: a destructor that finds it unlinked relies on this
        }
    }
}

void Timers::shut_down() noexcept {
    const std::lock_guard guard(lock_);
    shut_down_ = true;
    while (TimerLeaf* const leaf = wheel_.pop_any()) {
        leaf->shut_down_ = true;
        leaf->wake();
    }
    update_next_event();
}

void Timers::update_next_event() noexcept {
    const auto tick = wheel_.next_event();
    const Instant next = tick ? wheel_.instant_of(*tick) : Instant::max();
    next_event_.store(next.time_since_epoch().count(), std::memory_order_relaxed);
}

std::size_t Timers::size() noexcept {
    const std::lock_guard guard(lock_);
    return wheel_.size();
}

}  // namespace edo::detail
