// SPDX-License-Identifier: MIT
// Leaves that were taken out of a primitive's list under its lock, to be woken after it.
#pragma once

#include "edo/runtime/core/task_core.hpp"

#include <array>
#include <cstddef>
#include <span>

namespace edo::detail {

/// A wake-up may end in a system call, which must not happen under a `SpinLock`; and a lock must
/// not be held for as long as it takes to wake ten thousand tasks. So wakers take some leaves under
/// the lock, let go of it, wake them, and come back for more.
///
/// A leaf in a batch stays alive: its destructor does not find it in the primitive and waits, in
/// `withdraw`, for its delivery.
class WakeBatch {
public:
    WakeBatch() noexcept {}  // the array is left as it is
    WakeBatch(const WakeBatch&) = delete;
    WakeBatch& operator=(const WakeBatch&) = delete;

    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] bool is_full() const noexcept { return size_ == kCapacity; }
    void add(Leaf& leaf) noexcept { leaves_[size_++] = &leaf; }

    void wake_all() noexcept {
        if (size_ == 1) {
            leaves_[0]->wake();
        } else if (size_ > 1) {
            TaskCore::push(std::span(leaves_).first(size_));
        }
        size_ = 0;
    }

private:
    static constexpr std::size_t kCapacity = 32;

    std::array<Leaf*, kCapacity> leaves_;
    std::size_t size_ = 0;
};

}  // namespace edo::detail
