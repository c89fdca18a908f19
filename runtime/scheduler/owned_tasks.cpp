// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/owned_tasks.hpp"

#include <algorithm>
#include <bit>
#include <mutex>

namespace edo::detail {

OwnedTasks::OwnedTasks(unsigned workers)
    : worker_lists_(std::min(workers, kMostWorkerLists)),
      mask_(std::bit_ceil(std::size_t{workers}) - 1),
      count_(worker_lists_ + mask_ + 1),
      lists_(new List[count_]) {}

OwnedTasks::List& OwnedTasks::list_of(const TaskCore& task) noexcept {
    return task.list() != 0 ? lists_[task.list() - 1U]
                            : lists_[worker_lists_ + ((task.id() / 1024) & mask_)];
}

bool OwnedTasks::add(TaskCore& task, unsigned worker) noexcept {
    if (worker < worker_lists_) {
        task.set_list(std::uint8_t(worker + 1));
    }
    List& list = list_of(task);
    const BiasedGuard guard(list.lock, is_own(task, worker));
    if (list.closed) {
        return false;
    }
    task.owned_prev = nullptr;
    task.owned_next = list.head;
    if (list.head != nullptr) {
        list.head->owned_prev = &task;
    }
    list.head = &task;
    list.size.store(list.size.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return true;
}

void OwnedTasks::remove(TaskCore& task, unsigned worker) noexcept {
    List& list = list_of(task);
    const BiasedGuard guard(list.lock, is_own(task, worker));
    if (task.owned_prev != nullptr) {
        task.owned_prev->owned_next = task.owned_next;
    } else if (list.head == &task) {
        list.head = task.owned_next;
    } else {
        return;  // it was refused by `add`
    }
    if (task.owned_next != nullptr) {
        task.owned_next->owned_prev = task.owned_prev;
    }
    // Release: whoever sees that no task is left is ordered after all that they did.
    list.size.store(list.size.load(std::memory_order_relaxed) - 1, std::memory_order_release);
}

void OwnedTasks::close_and_abort() noexcept {
    for (std::size_t i = 0; i < count_; ++i) {
        List& list = lists_[i];
        const std::lock_guard guard(list.lock);
        list.closed = true;
        for (TaskCore* task = list.head; task != nullptr; task = task->owned_next) {
            task->abort();
        }
    }
}

std::size_t OwnedTasks::size() const noexcept {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        sum += lists_[i].size.load(std::memory_order_acquire);
    }
    return sum;
}

std::vector<TaskReference> OwnedTasks::snapshot() {
    std::vector<TaskReference> tasks;
    for (std::size_t i = 0; i < count_; ++i) {
        List& list = lists_[i];
        // Room is made before the lock is taken: nothing is allocated under it.
        do {
            tasks.reserve(tasks.size() + list.size.load(std::memory_order_relaxed) + 16);
            const std::lock_guard guard(list.lock);
            if (tasks.capacity() - tasks.size() < list.size.load(std::memory_order_relaxed)) {
                continue;
            }
            for (TaskCore* task = list.head; task != nullptr; task = task->owned_next) {
                task->add_reference();
                tasks.emplace_back(task);
            }
            break;
        } while (true);
    }
    return tasks;
}

}  // namespace edo::detail
