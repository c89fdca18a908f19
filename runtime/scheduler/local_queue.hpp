// SPDX-License-Identifier: MIT
// The run queue of one worker: a ring that its owner pushes to and pops from, and that other
// workers steal half of. The algorithm is that of Tokio's and Go's schedulers.
#pragma once

#include "edo/runtime/core/task_core.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace edo::detail {

/// `head_` packs two positions. `real` is the next slot to take. `steal` trails behind it while a
/// thief copies slots out: the slots in [steal, real) are taken but still being read, and must not
/// be overwritten. When no steal is in progress both are equal.
class LocalQueue {
public:
    static constexpr std::uint32_t kCapacity = 256;

    /// `exclusive`: no thread but the owner will ever steal, so plain stores suffice.
    explicit LocalQueue(bool exclusive) noexcept : exclusive_(exclusive) {}
    LocalQueue(const LocalQueue&) = delete;
    LocalQueue& operator=(const LocalQueue&) = delete;

    /// Owner only. False when the ring is full.
    bool push(Runnable runnable) noexcept;

    /// Owner only: the same for several, as far as there is room. Returns how many it took.
    std::size_t push(std::span<Leaf* const> leaves) noexcept;

    /// Owner only. Nothing when the ring is empty.
    Runnable pop() noexcept;
    /// Owner only: has the processor fetch the task after the one that `pop` has just returned. Of
    /// many tasks that take turns few are in its caches.
    void prefetch() const noexcept {
        const std::uint32_t next = real_of(head_.load(std::memory_order_relaxed));
        if (next != tail_.load(std::memory_order_relaxed)) {
            ring_[next & kMask].load(std::memory_order_relaxed).prefetch();
        }
    }

    /// Owner only, with a full ring: takes half of the tasks out, as a chain by `queue_next`.
    /// Null when a thief got in between: then there is room again, or will be soon.
    TaskCore* take_half(TaskCore*& last, std::uint32_t& count) noexcept;

    /// Moves half of the tasks of this queue to `thief`, which the calling thread owns, and returns
    /// one of them. Any thread.
    Runnable steal_into(LocalQueue& thief) noexcept;

    /// Takes one task. Any thread; used when the owner is stuck or gone.
    Runnable steal_one() noexcept;

    /// Owner only: the position behind the last task, and whether all tasks before it are gone.
    [[nodiscard]] std::uint32_t end() const noexcept {
        return tail_.load(std::memory_order_relaxed);
    }
    [[nodiscard]] bool has_passed(std::uint32_t end) const noexcept {
        const std::uint32_t real = real_of(head_.load(std::memory_order_relaxed));
        return std::int32_t(real - end) >= 0;  // positions wrap around
    }

    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    [[nodiscard]] std::uint32_t size() const noexcept {
        const std::uint64_t head = head_.load(std::memory_order_acquire);
        return tail_.load(std::memory_order_acquire) - real_of(head);
    }

private:
    static constexpr std::uint32_t kMask = kCapacity - 1;

    static std::uint32_t steal_of(std::uint64_t head) noexcept {
        return std::uint32_t(head >> 32U);
    }
    static std::uint32_t real_of(std::uint64_t head) noexcept { return std::uint32_t(head); }
    static std::uint64_t pack(std::uint32_t steal, std::uint32_t real) noexcept {
        return (std::uint64_t{steal} << 32U) | real;
    }

    [[nodiscard]] std::atomic<Runnable>& slot(std::uint32_t position) noexcept {
        return ring_[position & kMask];
    }
    /// Claims up to `most` tasks for a thief: [first, first + result).
    std::uint32_t claim(std::uint32_t most, std::uint32_t& first) noexcept;
    void end_claim() noexcept;

    alignas(64) std::atomic<std::uint64_t> head_{0};
    alignas(64) std::atomic<std::uint32_t> tail_{0};  // written by the owner only
    const bool exclusive_;
    std::array<std::atomic<Runnable>, kCapacity> ring_{};
};

}  // namespace edo::detail
