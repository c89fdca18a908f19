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
#include <utility>

namespace edo::detail {

/// Tasks that a full ring has given away, in their order. They are not linked by their cells: of
/// many tasks few are in the caches, and who moves a chain waits for each of them in turn.
struct OverflowBlock : Pooled {
    OverflowBlock() noexcept {}  // NOLINT: without values until they are in use

    OverflowBlock* next = nullptr;
    std::uint32_t begin = 0;  // of those that are still in it
    std::array<Runnable, LocalQueue::kOverflow> tasks;
};
static_assert(sizeof(OverflowBlock) <= kLargestPooled);

/// First in, first out among the tasks that were pushed one by one, and among those of the blocks;
/// both kinds take turns. Unbounded. Tasks are linked through themselves: pushing never allocates.
class InjectionQueue {
public:
    InjectionQueue() = default;
    InjectionQueue(const InjectionQueue&) = delete;
    InjectionQueue& operator=(const InjectionQueue&) = delete;
    ~InjectionQueue() {
        while (blocks_ != nullptr) {
            delete std::exchange(blocks_, blocks_->next);
        }
    }

    void push(TaskCore& task) noexcept {
        const std::lock_guard guard(lock_);
        task.queue_next() = nullptr;
        (tail_ != nullptr ? tail_->queue_next() : head_) = &task;
        tail_ = &task;
        count_pushed(1);
    }

    /// Pushes a full block.
    void push(std::unique_ptr<OverflowBlock> block) noexcept {
        const std::lock_guard guard(lock_);
        (blocks_ != nullptr ? last_block_->next : blocks_) = block.get();
        last_block_ = block.release();
        count_pushed(last_block_->tasks.size());
    }

    /// Pops as many as there are, and there is room for. Returns how many.
    std::size_t pop(std::span<Runnable> room) noexcept {
        if (empty()) {
            return 0;
        }
        OverflowBlock* emptied = nullptr;
        std::size_t count = 0;
        {
            const std::lock_guard guard(lock_);
            blocks_first_ = !blocks_first_;
            count = blocks_first_ ? pop_blocks(room, emptied) : pop_tasks(room);
            room = room.subspan(count);
            count += blocks_first_ ? pop_tasks(room) : pop_blocks(room, emptied);
            size_.store(size_.load(std::memory_order_relaxed) - count, std::memory_order_release);
        }
        while (emptied != nullptr) {
            delete std::exchange(emptied, emptied->next);
        }
        return count;
    }
    /// Nothing when the queue is empty.
    Runnable pop() noexcept {
        Runnable one;
        return pop(std::span(&one, 1)) == 1 ? one : Runnable();
    }

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

private:
    void count_pushed(std::size_t count) noexcept {
        size_.store(size_.load(std::memory_order_relaxed) + count, std::memory_order_release);
        pushed_.store(pushed() + count, std::memory_order_relaxed);
    }

    std::size_t pop_tasks(std::span<Runnable> room) noexcept {
        std::size_t count = 0;
        for (; head_ != nullptr && count < room.size(); ++count) {
            room[count] = *head_;
            head_ = head_->queue_next();
        }
        if (head_ == nullptr) {
            tail_ = nullptr;
        }
        return count;
    }

    /// The blocks that it has emptied are the caller's.
    std::size_t pop_blocks(std::span<Runnable> room, OverflowBlock*& emptied) noexcept {
        std::size_t count = 0;
        while (blocks_ != nullptr && count < room.size()) {
            OverflowBlock& block = *blocks_;
            while (block.begin < block.tasks.size() && count < room.size()) {
                room[count++] = block.tasks[block.begin++];
            }
            if (block.begin == block.tasks.size()) {
                blocks_ = block.next;
                block.next = std::exchange(emptied, &block);
            }
        }
        return count;
    }

    SmallMutex lock_;
    TaskCore* head_ = nullptr;
    TaskCore* tail_ = nullptr;
    OverflowBlock* blocks_ = nullptr;
    OverflowBlock* last_block_ = nullptr;  // if there is any
    bool blocks_first_ = false;
    std::atomic<std::size_t> size_{0};
    std::atomic<std::uint64_t> pushed_{0};  // written under the lock
};

}  // namespace edo::detail
