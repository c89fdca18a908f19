// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/injection_queue.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace edo::detail {

namespace {

void destroy(TaskBlock* chain) noexcept {
    while (chain != nullptr) {
        delete std::exchange(chain, chain->next);
    }
}

/// What fits, out of the block.
inline std::size_t take(TaskBlock& block, std::uint32_t end, std::span<Runnable> room) noexcept {
    const std::size_t count = std::min<std::size_t>(end - block.begin, room.size());
    std::copy_n(block.tasks.data() + block.begin, count, room.data());
    block.begin += std::uint32_t(count);
    return count;
}

}  // namespace

InjectionQueue::~InjectionQueue() {
    TaskBlock* emptied = nullptr;
    while (single_.first != nullptr) {
        remove_first(single_, emptied);
    }
    destroy(emptied);
    destroy(overflowed_.first);
}

inline void InjectionQueue::add(Blocks& blocks, TaskBlock& block) noexcept {
    (blocks.first != nullptr ? blocks.last->next : blocks.first) = &block;
    blocks.last = &block;
}

void InjectionQueue::push(std::unique_ptr<TaskBlock> block) noexcept {
    const std::lock_guard guard(lock_);
    add(overflowed_, *block.release());
    count_pushed(kFull);
}

/// The last block is full, or there is none. False if there is no memory for another one.
[[gnu::noinline]] bool InjectionQueue::add_block() noexcept {
    TaskBlock* block = &own_block_;
    if (std::exchange(own_block_used_, true)) {
        try {
            block = new TaskBlock;
        } catch (const std::bad_alloc&) {
            return false;
        }
    }
    block->next = nullptr;
    block->begin = 0;
    add(single_, *block);
    end_ = 0;
    return true;
}

[[gnu::noinline, gnu::cold]] void InjectionQueue::link(TaskCore& task) noexcept {
    task.queue_next() = nullptr;
    (head_ != nullptr ? tail_->queue_next() : head_) = &task;
    tail_ = &task;
}

void InjectionQueue::close() noexcept {
    const std::lock_guard guard(lock_);
    closed_ = true;
}

std::size_t InjectionQueue::pop(std::span<Runnable> room) noexcept {
    if (empty()) {
        return 0;
    }
    TaskBlock* emptied = nullptr;
    std::size_t count = 0;
    {
        const std::lock_guard guard(lock_);
        blocks_first_ = !blocks_first_;
        for (const bool blocks : {blocks_first_, !blocks_first_}) {
            const std::span<Runnable> rest = room.subspan(count);
            count += blocks ? take_full(overflowed_, nullptr, rest, emptied)
                            : take_single(rest, emptied);
        }
        size_.store(size_.load(std::memory_order_relaxed) - count, std::memory_order_release);
    }
    destroy(emptied);
    return count;
}

/// A block that is empty. It is the caller's, unless it is part of the queue.
inline void InjectionQueue::remove_first(Blocks& blocks, TaskBlock*& emptied) noexcept {
    TaskBlock& block = *blocks.first;
    blocks.first = block.next;
    if (&block == &own_block_) {
        own_block_used_ = false;
    } else {
        block.next = std::exchange(emptied, &block);
    }
}

/// From full blocks, up to `end`. Those that it has emptied are the caller's.
inline std::size_t InjectionQueue::take_full(Blocks& blocks, const TaskBlock* end,
                                             std::span<Runnable> room,
                                             TaskBlock*& emptied) noexcept {
    std::size_t count = 0;
    while (blocks.first != end && count < room.size()) {
        TaskBlock& block = *blocks.first;
        count += take(block, kFull, room.subspan(count));
        if (block.begin == kFull) {
            remove_first(blocks, emptied);
        }
    }
    return count;
}

inline std::size_t InjectionQueue::take_single(std::span<Runnable> room,
                                               TaskBlock*& emptied) noexcept {
    std::size_t count = 0;
    if (single_.first != nullptr) {
        count = take_full(single_, single_.last, room, emptied);
        if (single_.first == single_.last) {
            count += take(*single_.last, end_, room.subspan(count));
            if (single_.last->begin == end_) {
                remove_first(single_, emptied);
                end_ = kFull;
            }
        }
    }
    for (; head_ != nullptr && count < room.size(); ++count) {
        room[count] = *head_;
        head_ = head_->queue_next();
    }
    return count;
}

}  // namespace edo::detail
