// SPDX-License-Identifier: MIT
#include "edo/runtime/sync/oneshot_core.hpp"

#include "edo/runtime/errors.hpp"

#include <string>

namespace edo::detail {

bool OneshotCore::publish() noexcept {
    std::uint32_t word = word_.load(std::memory_order_relaxed);
    do {
        if ((word & kClosed) != 0) {
            return false;
        }
        // Release publishes the value; acquire sees the leaf.
    } while (!word_.compare_exchange_weak(word, word | kSent | kTxGone, std::memory_order_acq_rel,
                                          std::memory_order_relaxed));
    if ((word & kRxWaits) != 0) {
        rx_leaf_->wake();
    }
    return true;
}

bool OneshotCore::drop_sender() noexcept {
    // Acquire sees the leaf, or all that the receiver did before it went.
    const std::uint32_t before = word_.fetch_or(kTxGone, std::memory_order_acq_rel);
    if ((before & kRxGone) != 0) {
        return true;
    }
    if ((before & (kRxWaits | kClosed)) == kRxWaits) {
        rx_leaf_->wake();
    }
    return false;
}

bool OneshotCore::drop_receiver() noexcept {
    const std::uint32_t before = word_.fetch_or(kClosed | kRxGone, std::memory_order_acq_rel);
    if ((before & kTxGone) != 0) {
        return true;
    }
    if ((before & (kTxWaits | kClosed)) == kTxWaits) {
        tx_leaf_->wake();
    }
    return false;
}

void OneshotCore::close() noexcept {
    const std::uint32_t before = word_.fetch_or(kClosed, std::memory_order_acq_rel);
    if ((before & (kClosed | kTxGone)) != 0) {
        return;
    }
    Leaf* const receiver = (before & kRxWaits) != 0 ? rx_leaf_ : nullptr;
    Leaf* const sender = (before & kTxWaits) != 0 ? tx_leaf_ : nullptr;
    if (sender != nullptr) {
        sender->wake();
    }
    if (receiver != nullptr) {  // another branch of this task waits
        receiver->wake();
    }
}

OneshotCore::Added OneshotCore::add(End end, Leaf& leaf) noexcept {
    std::uint32_t word = word_.load(std::memory_order_acquire);
    if ((word & std::uint32_t(end)) != 0) {
        return Added::Settled;  // a leaf that waited may be claimed, and is not ours to replace
    }
    if ((word & waits(end)) != 0) {
        return Added::Busy;
    }
    (end == End::Receiver ? rx_leaf_ : tx_leaf_) = &leaf;
    do {
        if ((word & std::uint32_t(end)) != 0) {
            return Added::Settled;
        }
        // Release publishes the leaf to whoever claims it.
    } while (!word_.compare_exchange_weak(word, word | waits(end), std::memory_order_release,
                                          std::memory_order_acquire));
    return Added::Waits;
}

void OneshotCore::remove(End end, Leaf& leaf) noexcept {
    std::uint32_t word = word_.load(std::memory_order_relaxed);
    do {
        if ((word & std::uint32_t(end)) != 0) {
            leaf.withdraw();  // it was claimed and is being delivered
            return;
        }
    } while (!word_.compare_exchange_weak(word, word & ~waits(end), std::memory_order_relaxed,
                                          std::memory_order_relaxed));
    leaf.unbind();
}

OneshotWait::~OneshotWait() {
    if (!is_suspended()) {
        return;
    }
    if (added_ == OneshotCore::Added::Waits) {
        core_->remove(end_, *this);
    } else {
        withdraw();
    }
}

bool OneshotWait::await_suspend(TaskHandle task) noexcept {
    bind(task.handle());
    if (!charged_) {
        wake_next_turn();
        return true;
    }
    return wait();
}

bool OneshotWait::wait() noexcept {
    added_ = core_->add(end_, *this);
    if (added_ != OneshotCore::Added::Waits) {
        unbind();
        return false;
    }
    return true;
}

std::coroutine_handle<> OneshotWait::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<OneshotWait&>(leaf);
    if (self.added_ != OneshotCore::Added::Waits) {  // it only waited for its next turn
        self.rebind();
        if (self.wait()) {
            return nullptr;
        }
    }
    return self.handle();
}

void OneshotWait::check() const {
    if (added_ == OneshotCore::Added::Busy) {
        throw UsageError(
            "edo: two coroutines wait for the same end of a oneshot channel; only one may");
    }
}

void throw_oneshot_used(const char* what) {
    throw UsageError(std::string("edo: this oneshot ") + what +
                     " is empty: it was used already, or moved from");
}

}  // namespace edo::detail
