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
      injection_(injection),
      tallies_(new Tally[workers]),
      workers_(workers) {
    for (std::size_t i = worker_lists_; i < count_; ++i) {
        lists_[i].lock.set_unowned();
    }
}

inline bool OwnedTasks::List::link(TaskCore& task, Counter List::* counter) noexcept {
    if (closed) {
        return false;
    }
    task.owned_prev = nullptr;
    task.owned_next = head;
    if (head != nullptr) {
        head->owned_prev = &task;
    }
    head = &task;
    (this->*counter)
        .store((this->*counter).load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
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
    removed.store(removed.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

/// Under the lock, or a guess.
inline std::size_t OwnedTasks::List::size() const noexcept {
    const std::uint64_t gone = removed.load(std::memory_order_acquire);  // first: never less
    return std::size_t(added.load(std::memory_order_relaxed) +
                       listed.load(std::memory_order_relaxed) - gone);
}

OwnedTasks::List& OwnedTasks::list_of(const TaskCore& task) noexcept {
    return task.list() != 0 ? lists_[task.list() - 1U]
                            : lists_[worker_lists_ + ((task.id() / 1024) & mask_)];
}

inline bool OwnedTasks::link(TaskCore& task, unsigned worker, Counter List::* counter) noexcept {
    if (worker < worker_lists_) [[likely]] {
        task.set_list(std::uint8_t(worker + 1));
        List& list = lists_[worker];
        if (list.lock.try_lock_biased()) [[likely]] {
            const bool open = list.link(task, counter);
            list.lock.unlock_biased();
            return open;
        }
    } else {
        task.set_list(0);
    }
    return link_shared(task, worker, counter);
}

bool OwnedTasks::add(TaskCore& task, unsigned worker) noexcept {
    return link(task, worker, &List::added);
}

bool OwnedTasks::list(TaskCore& task, unsigned worker) noexcept {
    const bool open = link(task, worker, &List::listed);
    if (!open) [[unlikely]] {
        task.set_unlisted();
    }
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

[[gnu::noinline]] bool OwnedTasks::link_shared(TaskCore& task, unsigned worker,
                                               Counter List::* counter) noexcept {
    const std::unique_lock guard = lock_list_of(task, worker);
    return list_of(task).link(task, counter);
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
    // What is gone first: then a task that comes and goes meanwhile counts rather than not.
    const std::uint64_t gone = sum(&List::removed) + ended();
    return std::size_t(spawned() - gone);
}

std::uint64_t OwnedTasks::sum(Counter List::* counter) const noexcept {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        sum += (lists_[i].*counter).load(std::memory_order_acquire);
    }
    return sum;
}

std::uint64_t OwnedTasks::sum(Counter Tally::* counter) const noexcept {
    std::uint64_t sum = 0;
    for (unsigned i = 0; i < workers_; ++i) {
        sum += (tallies_[i].*counter).load(std::memory_order_acquire);
    }
    return sum;
}

std::uint64_t OwnedTasks::begun() const noexcept {
    return sum(&Tally::begun_) + (injection_ != nullptr ? injection_->spawned() : 0);
}

std::uint64_t OwnedTasks::ended() const noexcept {
    return ended_elsewhere_.load(std::memory_order_acquire) + sum(&Tally::ended_);
}

std::uint64_t OwnedTasks::spawned() const noexcept {
    return sum(&List::added) + begun();
}

std::vector<TaskReference> OwnedTasks::snapshot(std::size_t* unlisted) {
    std::vector<TaskReference> tasks;
    // Each task counts once, even if it is listed meanwhile: it was before its list was looked at,
    // and is in `tasks`, or was not, and is not in `listed`.
    const std::uint64_t gone = ended();
    std::uint64_t listed = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        List& list = lists_[i];
        // Room is made before the lock is taken: nothing is allocated under it.
        do {
            tasks.reserve(tasks.size() + list.size() + 16);
            const std::lock_guard guard(list.lock);
            if (tasks.capacity() - tasks.size() < list.size()) {
                continue;
            }
            for (TaskCore* task = list.head; task != nullptr; task = task->owned_next) {
                task->add_reference();
                tasks.emplace_back(task);
            }
            listed += list.listed.load(std::memory_order_relaxed);
            break;
        } while (true);
    }
    if (unlisted != nullptr) {
        *unlisted = std::size_t(begun() - gone - listed);
    }
    return tasks;
}

}  // namespace edo::detail
