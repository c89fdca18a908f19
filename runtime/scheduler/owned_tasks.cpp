// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/owned_tasks.hpp"

#include <bit>
#include <mutex>

namespace edo::detail {

OwnedTasks::OwnedTasks(unsigned workers)
    : mask_(std::bit_ceil(std::size_t{workers} * 2) - 1), shards_(new Shard[mask_ + 1]) {}

bool OwnedTasks::add(TaskCore& task) noexcept {
    Shard& shard = shard_of(task);
    const std::lock_guard guard(shard.lock);
    if (shard.closed) {
        return false;
    }
    task.owned_prev = nullptr;
    task.owned_next = shard.head;
    if (shard.head != nullptr) {
        shard.head->owned_prev = &task;
    }
    shard.head = &task;
    shard.size.store(shard.size.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return true;
}

void OwnedTasks::remove(TaskCore& task) noexcept {
    Shard& shard = shard_of(task);
    const std::lock_guard guard(shard.lock);
    if (task.owned_prev != nullptr) {
        task.owned_prev->owned_next = task.owned_next;
    } else if (shard.head == &task) {
        shard.head = task.owned_next;
    } else {
        return;  // it was refused by `add`
    }
    if (task.owned_next != nullptr) {
        task.owned_next->owned_prev = task.owned_prev;
    }
    // Release: whoever sees that no task is left is ordered after all that they did.
    shard.size.store(shard.size.load(std::memory_order_relaxed) - 1, std::memory_order_release);
}

void OwnedTasks::close_and_abort() noexcept {
    for (std::size_t i = 0; i <= mask_; ++i) {
        Shard& shard = shards_[i];
        const std::lock_guard guard(shard.lock);
        shard.closed = true;
        for (TaskCore* task = shard.head; task != nullptr; task = task->owned_next) {
            task->abort();
        }
    }
}

std::size_t OwnedTasks::size() const noexcept {
    std::size_t sum = 0;
    for (std::size_t i = 0; i <= mask_; ++i) {
        sum += shards_[i].size.load(std::memory_order_acquire);
    }
    return sum;
}

std::vector<TaskReference> OwnedTasks::snapshot() {
    std::vector<TaskReference> tasks;
    for (std::size_t i = 0; i <= mask_; ++i) {
        Shard& shard = shards_[i];
        // Room is made before the lock is taken: nothing is allocated under it.
        do {
            tasks.reserve(tasks.size() + shard.size.load(std::memory_order_relaxed) + 16);
            const std::lock_guard guard(shard.lock);
            if (tasks.capacity() - tasks.size() < shard.size.load(std::memory_order_relaxed)) {
                continue;
            }
            for (TaskCore* task = shard.head; task != nullptr; task = task->owned_next) {
                task->add_reference();
                tasks.emplace_back(task);
            }
            break;
        } while (true);
    }
    return tasks;
}

}  // namespace edo::detail
