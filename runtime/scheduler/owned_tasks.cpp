// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/owned_tasks.hpp"

#include "edo/runtime/scheduler/membarrier.hpp"

#include <algorithm>
#include <bit>
#include <mutex>

namespace edo::detail {

OwnedTasks::OwnedTasks(unsigned workers, const InjectionQueue* injection)
    : worker_lists_(std::min(workers, kMostWorkerLists)),
      mask_(std::bit_ceil(std::size_t{workers}) - 1),
      count_(worker_lists_ + mask_ + 1),
      lists_(new List[count_]),
      injection_(injection) {
    for (std::size_t i = worker_lists_; i < count_; ++i) {
        lists_[i].lock.set_unowned();
    }
}

inline bool OwnedTasks::List::link(TaskCore& task) noexcept {
    if (closed) {
        return false;
    }
    task.owned_prev = nullptr;
    task.owned_next = head;
    if (head != nullptr) {
        head->owned_prev = &task;
    }
    head = &task;
    size.store(size.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    added.store(added.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return true;
}

inline void OwnedTasks::List::unlink(TaskCore& task) noexcept {
    if (task.owned_prev != nullptr) {
        task.owned_prev->owned_next = task.owned_next;
    } else if (head == &task) {
        head = task.owned_next;
    } else {
        return;  // it was refused by `add`
    }
    if (task.owned_next != nullptr) {
        task.owned_next->owned_prev = task.owned_prev;
    }
    // Release: whoever sees that no task is left is ordered after all that they did.
    size.store(size.load(std::memory_order_relaxed) - 1, std::memory_order_release);
}

OwnedTasks::List& OwnedTasks::list_of(const TaskCore& task) noexcept {
    return task.list() != 0 ? lists_[task.list() - 1U]
                            : lists_[worker_lists_ + ((task.id() / 1024) & mask_)];
}

bool OwnedTasks::add(TaskCore& task, unsigned worker) noexcept {
    if (worker < worker_lists_) [[likely]] {
        task.set_list(std::uint8_t(worker + 1));
        List& list = lists_[worker];
        if (list.lock.try_lock_biased()) [[likely]] {
            const bool open = list.link(task);
            list.lock.unlock_biased();
            return open;
        }
    } else {
        task.set_list(0);
    }
    return add_shared(task, worker);
}

bool OwnedTasks::list(TaskCore& task, unsigned worker) noexcept {
    const bool open = add(task, worker);
    count(worker, &Unlisted::listed);  // after it is listed, for `size`
    return open;
}

void OwnedTasks::remove(TaskCore& task, unsigned worker) noexcept {
    if (task.list() - 1U == worker) [[likely]] {
        List& list = lists_[worker];
        if (list.lock.try_lock_biased()) [[likely]] {
            list.unlink(task);
            list.lock.unlock_biased();
            return;
        }
    }
    remove_shared(task, worker);
}

bool OwnedTasks::add_shared(TaskCore& task, unsigned worker) noexcept {
    const std::unique_lock guard = lock_list_of(task, worker);
    return list_of(task).link(task);
}

void OwnedTasks::remove_shared(TaskCore& task, unsigned worker) noexcept {
    const std::unique_lock guard = lock_list_of(task, worker);
    list_of(task).unlink(task);
}

std::unique_lock<BiasedLock> OwnedTasks::lock_list_of(const TaskCore& task,
                                                      unsigned worker) noexcept {
    List& list = list_of(task);
    if (task.list() - 1U != worker) {
        return std::unique_lock(list.lock);
    }
    list.lock.lock_shared();
    return {list.lock, std::adopt_lock};
}

void OwnedTasks::close_and_abort() noexcept {
    // All at once: one barrier instead of one for each worker.
    bool biased = false;
    for (std::size_t i = 0; i < count_; ++i) {
        biased = lists_[i].lock.announce() || biased;
    }
    if (biased) {
        fence_all_threads();
    }
    for (std::size_t i = 0; i < count_; ++i) {
        List& list = lists_[i];
        list.lock.wait_for_owner();
        list.closed = true;
        for (TaskCore* task = list.head; task != nullptr; task = task->owned_next) {
            task->abort();
        }
        list.lock.unlock();
    }
}

std::size_t OwnedTasks::size() const noexcept {
    std::size_t sum = unlisted();  // first: one that is being listed is then counted rather twice
    for (std::size_t i = 0; i < count_; ++i) {
        sum += lists_[i].size.load(std::memory_order_acquire);
    }
    return sum;
}

std::uint64_t OwnedTasks::sum(std::atomic<std::uint64_t> Unlisted::* counter) const noexcept {
    std::uint64_t sum = (unlisted_elsewhere_.*counter).load(std::memory_order_acquire);
    for (std::size_t i = 0; i < worker_lists_; ++i) {
        sum += (lists_[i].unlisted.*counter).load(std::memory_order_acquire);
    }
    return sum;
}

std::uint64_t OwnedTasks::begun() const noexcept {
    return sum(&Unlisted::begun) + (injection_ != nullptr ? injection_->spawned() : 0);
}

std::size_t OwnedTasks::unlisted() const noexcept {
    // What ceased first: then a task that comes and goes meanwhile counts rather than not.
    const std::uint64_t ceased = sum(&Unlisted::ended) + sum(&Unlisted::listed);
    return std::size_t(begun() - ceased);
}

std::uint64_t OwnedTasks::spawned() const noexcept {
    std::uint64_t total = 0;
    const std::uint64_t listed = sum(&Unlisted::listed);
    for (std::size_t i = 0; i < count_; ++i) {
        total += lists_[i].added.load(std::memory_order_relaxed);
    }
    return total + begun() - listed;
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
