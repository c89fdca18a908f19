// SPDX-License-Identifier: MIT
// The queue for tasks that come from outside the workers, and for what a full local queue
// overflows.
#pragma once

#include "edo/runtime/core/task_core.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace edo::detail {

/// First in, first out, unbounded, linked through the tasks themselves: pushing never allocates.
class InjectionQueue {
public:
    void push(TaskCore& task) noexcept { push_chain(task, task, 1); }

    /// Pushes tasks linked by `queue_next`, from `first` to `last`.
    void push_chain(TaskCore& first, TaskCore& last, std::size_t count) noexcept {
        const std::lock_guard guard(lock_);
        last.queue_next = nullptr;
        (tail_ != nullptr ? tail_->queue_next : head_) = &first;
        tail_ = &last;
        size_.store(size_.load(std::memory_order_relaxed) + count, std::memory_order_release);
        pushed_.store(pushed() + count, std::memory_order_relaxed);
    }

    TaskCore* pop() noexcept { return pop_chain(1); }

    /// Pops up to `most` tasks, linked by `queue_next`; null when there is none.
    TaskCore* pop_chain(std::size_t most) noexcept {
        if (empty()) {
            return nullptr;
        }
        const std::lock_guard guard(lock_);
        TaskCore* const first = head_;
        TaskCore* last = nullptr;
        std::size_t count = 0;
        for (; head_ != nullptr && count < most; ++count) {
            last = head_;
            head_ = head_->queue_next;
        }
        if (last != nullptr) {
            last->queue_next = nullptr;
        }
        if (head_ == nullptr) {
            tail_ = nullptr;
        }
        size_.store(size_.load(std::memory_order_relaxed) - count, std::memory_order_release);
        return first;
    }

    /// A hint without the lock; exact once the caller is ordered after the pushes it must not miss.
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }
    [[nodiscard]] std::size_t size() const noexcept {
        return size_.load(std::memory_order_acquire);
    }

    /// How many were ever pushed.
    [[nodiscard]] std::uint64_t pushed() const noexcept {
        return pushed_.load(std::memory_order_relaxed);
    }

private:
    std::mutex lock_;
    TaskCore* head_ = nullptr;
    TaskCore* tail_ = nullptr;
    std::atomic<std::size_t> size_{0};
    std::atomic<std::uint64_t> pushed_{0};  // written under the lock
};

}  // namespace edo::detail
