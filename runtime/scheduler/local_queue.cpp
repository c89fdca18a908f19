// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/local_queue.hpp"

#include <algorithm>

namespace edo::detail {

// Slots are atomics only so that a thief that reads one in vain, because its claim failed, does not
// race in the eyes of the language; relaxed accesses are ordered by `head_` and `tail_`.

bool LocalQueue::push(Runnable runnable) noexcept {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);  // only this thread writes it
    // Acquire pairs with the release in `end_claim`: a slot is reused only after the thief's read.
    const std::uint32_t steal = steal_of(head_.load(std::memory_order_acquire));
    if (tail - steal >= kCapacity) {
        return false;
    }
    slot(tail).store(runnable, std::memory_order_relaxed);
    tail_.store(tail + 1, std::memory_order_release);  // publishes the slot to `claim`
    return true;
}

std::size_t LocalQueue::push(std::span<Leaf* const> leaves) noexcept {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    const std::uint32_t steal = steal_of(head_.load(std::memory_order_acquire));  // as above
    const std::uint32_t room = kCapacity - (tail - steal);
    const auto count = std::uint32_t(std::min<std::size_t>(room, leaves.size()));
    for (std::uint32_t i = 0; i < count; ++i) {
        slot(tail + i).store(Runnable(*leaves[i]), std::memory_order_relaxed);
    }
    tail_.store(tail + count, std::memory_order_release);  // as above
    return count;
}

Runnable LocalQueue::pop() noexcept {
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    for (;;) {
        const std::uint32_t real = real_of(head);
        if (real == tail) {
            return {};
        }
        if (exclusive_) {
            head_.store(pack(real + 1, real + 1), std::memory_order_relaxed);
            return slot(real).load(std::memory_order_relaxed);
        }
        const bool stealing = steal_of(head) != real;
        const std::uint64_t next = pack(stealing ? steal_of(head) : real + 1, real + 1);
        // Acquire and release: the swap orders this pop against concurrent claims of the same slot.
        if (head_.compare_exchange_weak(head, next, std::memory_order_acq_rel,
                                        std::memory_order_relaxed)) {
            return slot(real).load(std::memory_order_relaxed);
        }
    }
}

TaskCore* LocalQueue::take_half(TaskCore*& last, std::uint32_t& count) noexcept {
    std::uint64_t head = head_.load(std::memory_order_acquire);
    const std::uint32_t real = real_of(head);
    if (steal_of(head) != real || tail_.load(std::memory_order_relaxed) - real < kCapacity) {
        return nullptr;  // a thief is at work, or was since `push` failed
    }
    count = kCapacity / 2;
    const std::uint64_t next = pack(real + count, real + count);
    if (!head_.compare_exchange_strong(head, next, std::memory_order_acq_rel,
                                       std::memory_order_relaxed)) {
        return nullptr;
    }
    TaskCore* const first = &slot(real).load(std::memory_order_relaxed).to_task();
    last = first;
    for (std::uint32_t i = 1; i < count; ++i) {
        last->queue_next = &slot(real + i).load(std::memory_order_relaxed).to_task();
        last = last->queue_next;
    }
    last->queue_next = nullptr;
    return first;
}

std::uint32_t LocalQueue::claim(std::uint32_t most, std::uint32_t& first) noexcept {
    std::uint64_t head = head_.load(std::memory_order_acquire);
    for (;;) {
        const std::uint32_t real = real_of(head);
        if (steal_of(head) != real) {
            return 0;  // one thief at a time
        }
        // Acquire pairs with the release in `push`: the slots up to `tail` are visible.
        const std::uint32_t available = tail_.load(std::memory_order_acquire) - real;
        const std::uint32_t count = std::min(available - available / 2, most);
        if (count == 0) {
            return 0;
        }
        if (head_.compare_exchange_weak(head, pack(real, real + count), std::memory_order_acq_rel,
                                        std::memory_order_acquire)) {
            first = real;
            return count;
        }
    }
}

void LocalQueue::end_claim() noexcept {
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    for (;;) {
        const std::uint32_t real = real_of(head);
        // Release: the reads of the claimed slots come before the owner's reuse of them.
        if (head_.compare_exchange_weak(head, pack(real, real), std::memory_order_acq_rel,
                                        std::memory_order_relaxed)) {
            return;
        }
    }
}

Runnable LocalQueue::steal_into(LocalQueue& thief) noexcept {
    const std::uint32_t tail = thief.tail_.load(std::memory_order_relaxed);
    const std::uint32_t steal = steal_of(thief.head_.load(std::memory_order_acquire));
    if (tail - steal > kCapacity / 2) {
        return {};  // no room for half a ring: someone is stealing from the thief
    }
    std::uint32_t first = 0;
    const std::uint32_t count = claim(kCapacity / 2, first);
    if (count == 0) {
        return {};
    }
    for (std::uint32_t i = 0; i + 1 < count; ++i) {
        thief.slot(tail + i).store(slot(first + i).load(std::memory_order_relaxed),
                                   std::memory_order_relaxed);
    }
    const Runnable taken = slot(first + count - 1).load(std::memory_order_relaxed);
    end_claim();
    thief.tail_.store(tail + count - 1, std::memory_order_release);
    return taken;
}

Runnable LocalQueue::steal_one() noexcept {
    std::uint32_t first = 0;
    if (claim(1, first) == 0) {
        return {};
    }
    const Runnable taken = slot(first).load(std::memory_order_relaxed);
    end_claim();
    return taken;
}

}  // namespace edo::detail
