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
    destroy(single_.first);
    destroy(overflowed_.first);
    delete spare_;
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
    TaskBlock* block = std::exchange(spare_, nullptr);
    if (block == nullptr) {
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
    task.queue_next = nullptr;
    (head_ != nullptr ? tail_->queue_next : head_) = &task;
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
        if (spare_ == nullptr && emptied != nullptr) {
            spare_ = std::exchange(emptied, emptied->next);
        }
    }
    destroy(emptied);
    return count;
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
            blocks.first = block.next;
            block.next = std::exchange(emptied, &block);
        }
    }
    return count;
}

inline std::size_t InjectionQueue::take_single(std::span<Runnable> room,
                                               TaskBlock*& emptied) noexcept {
    std::size_t count = take_full(single_, single_.last, room, emptied);
    if (single_.first != nullptr && single_.first == single_.last) {
        TaskBlock& block = *single_.first;
        count += take(block, end_, room.subspan(count));
        if (block.begin == end_) {
            block.begin = 0;  // it stays
            end_ = 0;
        }
    }
    for (; head_ != nullptr && count < room.size(); ++count) {
        room[count] = *head_;
        head_ = head_->queue_next;
    }
    return count;
}

}  // namespace edo::detail
