// SPDX-License-Identifier: MIT
#include "edo/runtime/sync/barrier.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/sync/wake_batch.hpp"

#include <mutex>

namespace edo::sync {

/// Returns whether it waits; else it was the last one and has opened the barrier.
bool Barrier::arrive(Awaiter& awaiter) noexcept {
    awaiter.arrived_ = true;
    {
        const std::lock_guard guard(lock_);
        awaiter.round_ = round_;
        if (++arrived_ < tasks_) {
            waiting_.push_back(awaiter);
            return true;
        }
        arrived_ = 0;
        ++round_;
    }
    awaiter.is_leader_ = true;
    open();
    return false;
}

/// Wakes those of the rounds that are over. New ones may arrive meanwhile, behind them.
void Barrier::open() noexcept {
    for (bool more = true; more;) {
        detail::WakeBatch batch;
        {
            const std::lock_guard guard(lock_);
            while (!waiting_.empty() && !batch.is_full() &&
                   static_cast<Awaiter*>(waiting_.front())->round_ != round_) {
                batch.add(*waiting_.pop_front());
            }
            more = batch.is_full();
        }
        batch.wake_all();
    }
}

void Barrier::leave(Awaiter& awaiter) noexcept {
    {
        const std::lock_guard guard(lock_);
        if (awaiter.is_linked()) {
            waiting_.remove(awaiter);
            arrived_ -= awaiter.round_ == round_ ? 1 : 0;
            awaiter.unbind();
            return;
        }
    }
    awaiter.withdraw();
}

bool Barrier::Awaiter::await_suspend(detail::TaskHandle task) noexcept {
    bind(task.handle());
    if (!detail::spend_budget()) {
        wake_next_turn();
        return true;
    }
    if (barrier_->arrive(*this)) {
        return true;
    }
    unbind();
    return false;
}

std::coroutine_handle<> Barrier::Awaiter::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<Awaiter&>(leaf);
    if (self.arrived_) {
        return self.handle();
    }
    self.rebind();
    if (self.barrier_->arrive(self)) {
        return nullptr;
    }
    self.unbind();
    return self.handle();
}

void Barrier::Awaiter::stop() noexcept {
    if (arrived_) {
        barrier_->leave(*this);
    } else {
        withdraw();
    }
}

}  // namespace edo::sync
