// SPDX-License-Identifier: MIT
// The queue for tasks that come from outside the workers, and for what a full local queue
// overflows.
#pragma once

#include "edo/runtime/core/frame_pool.hpp"
#include "edo/runtime/core/task_core.hpp"
#include "edo/runtime/scheduler/local_queue.hpp"
#include "edo/runtime/sync/small_mutex.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

namespace edo::detail {

/// Tasks in their order. They are not linked by their cells: who moves a chain waits for the memory
/// of each task in turn, which is in the cache of another thread, or in none.
struct TaskBlock : Pooled {
    TaskBlock() noexcept {}  // NOLINT: without values until they are in use

    TaskBlock* next = nullptr;
    std::uint32_t begin = 0;  // of those that are still in it
    std::array<Runnable, LocalQueue::kOverflow> tasks;
};
static_assert(sizeof(TaskBlock) <= kLargestPooled);

/// First in, first out among the tasks that were pushed one by one, and among those that were
/// pushed as blocks; both kinds take turns. Unbounded.
class InjectionQueue {
public:
    InjectionQueue() = default;
    InjectionQueue(const InjectionQueue&) = delete;
    InjectionQueue& operator=(const InjectionQueue&) = delete;
    ~InjectionQueue();

    void push(Runnable runnable) noexcept {
        const std::lock_guard guard(lock_);
        append(runnable);
    }

    /// Pushes a task that was not queued before, by a thread that drives no worker, and counts it.
    /// False when the queue is closed.
    [[nodiscard]] bool push_new(TaskCore& task) noexcept {
        const std::lock_guard guard(lock_);
        if (closed_) [[unlikely]] {
            return false;
        }
        spawned_.store(spawned() + 1, std::memory_order_relaxed);
        append(task);
        return true;
    }

    /// Pushes a full block.
    void push(std::unique_ptr<TaskBlock> block) noexcept;

    /// Pops as many as there are, and there is room for. Returns how many.
    std::size_t pop(std::span<Runnable> room) noexcept;
    /// Nothing when the queue is empty.
    Runnable pop() noexcept {
        Runnable one;
        return pop(std::span(&one, 1)) == 1 ? one : Runnable();
    }

    /// From now on `push_new` refuses. What it has not refused is counted for the caller.
    void close() noexcept;

    /// A hint without the lock; exact once the caller is ordered after the pushes it must not miss.
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    [[nodiscard]] std::size_t size() const noexcept {
        return size_.load(std::memory_order_acquire);
    }

    /// Either the caller sees a push in `empty`, or the end of that push comes after this, in the
    /// order of all that is sequentially consistent.
    void synchronize() const noexcept { lock_.synchronize(); }

    /// How many were ever pushed.
    [[nodiscard]] std::uint64_t pushed() const noexcept {
        return pushed_.load(std::memory_order_relaxed);
    }
    /// How many `push_new` has taken.
    [[nodiscard]] std::uint64_t spawned() const noexcept {
        return spawned_.load(std::memory_order_relaxed);
    }

private:
    struct Blocks {
        TaskBlock* first = nullptr;
        TaskBlock* last = nullptr;  // if there is a first one
    };
    static constexpr std::uint32_t kFull = LocalQueue::kOverflow;

    void append(Runnable runnable) noexcept {
        if (end_ == kFull && !add_block()) [[unlikely]] {
            link(runnable.to_task());
        } else {
            single_.last->tasks[end_++] = runnable;
        }
        count_pushed(1);
    }
    void count_pushed(std::size_t count) noexcept {
        size_.store(size_.load(std::memory_order_relaxed) + count, std::memory_order_release);
        pushed_.store(pushed() + count, std::memory_order_relaxed);
    }
    [[nodiscard]] bool add_block() noexcept;
    void link(TaskCore& task) noexcept;
    static void add(Blocks& blocks, TaskBlock& block) noexcept;
    void remove_first(Blocks& blocks, TaskBlock*& emptied) noexcept;
    std::size_t take_full(Blocks& blocks, const TaskBlock* end, std::span<Runnable> room,
                          TaskBlock*& emptied) noexcept;
    std::size_t take_single(std::span<Runnable> room, TaskBlock*& emptied) noexcept;

    // One line, which moves between the threads at each push, and what few pushes need.
    SmallMutex lock_;            // guards all of it
    std::uint16_t end_ = kFull;  // of the last block of `single_`; all others are full
    bool blocks_first_ = false;
    bool closed_ = false;
    Blocks single_;      // tasks that were pushed one by one
    Blocks overflowed_;  // what was pushed as blocks
    std::atomic<std::size_t> size_{0};
    std::atomic<std::uint64_t> pushed_{0};
    std::atomic<std::uint64_t> spawned_{0};

    // For `single_`, so that few tasks need no memory.
    bool own_block_used_ = false;
    TaskBlock own_block_;
    // Single tasks for which there was no memory, linked through themselves: a task that was woken
    // must not be lost.
    TaskCore* head_ = nullptr;
    TaskCore* tail_ = nullptr;
};

}  // namespace edo::detail
