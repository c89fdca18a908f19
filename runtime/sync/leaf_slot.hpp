// SPDX-License-Identifier: MIT
// Where the wakers of channels find whom to wake.
#pragma once

#include "edo/runtime/core/leaf.hpp"

#include <atomic>

namespace edo::detail {

/// Room for the leaf of the one coroutine that may wait, without a lock.
///
/// The waiter sets its leaf and then looks for what it waits for; the waker makes it so and then
/// looks for a leaf. Both steps of both sides are sequentially consistent: at least one of the two
/// sees the other, and no wake-up is lost.
class LeafSlot {
public:
    /// False when another leaf is there.
    [[nodiscard]] bool set(Leaf& leaf) noexcept {
        Leaf* expected = nullptr;
        return leaf_.compare_exchange_strong(expected, &leaf, std::memory_order_seq_cst);
    }
    /// Takes the leaf back. False: it was never set, or a waker has claimed it and delivers it.
    [[nodiscard]] bool remove(Leaf& leaf) noexcept {
        Leaf* expected = &leaf;
        return leaf_.compare_exchange_strong(expected, nullptr, std::memory_order_relaxed);
    }
    /// After a sequentially consistent change of what the waiter looks for.
    void wake() noexcept {
        if (leaf_.load(std::memory_order_seq_cst) != nullptr) {
            // Acquire sees the leaf; who gets it out of the slot is the one to deliver it.
            if (Leaf* const leaf = leaf_.exchange(nullptr, std::memory_order_acquire)) {
                leaf->wake();
            }
        }
    }

private:
    std::atomic<Leaf*> leaf_{nullptr};
};

}  // namespace edo::detail
