// SPDX-License-Identifier: MIT
#include "edo/runtime/sync/wait_queue.hpp"

#include "edo/runtime/sync/wake_batch.hpp"

#include <algorithm>
#include <mutex>

namespace edo::detail {

/// No more than are there at the beginning: those that are woken may come back before this is over.
void WaitQueue::wake_present() noexcept {
    std::size_t count = 0;
    bool counted = false;
    do {
        WakeBatch batch;
        {
            const std::lock_guard guard(lock_);
            const std::size_t size = size_.load(std::memory_order_relaxed);
            count = counted ? std::min(count, size) : size;
            counted = true;
            std::size_t left = size;
            for (; count > 0 && !batch.is_full(); --count, --left) {
                batch.add(*leaves_.pop_front());
            }
            size_.store(left, std::memory_order_relaxed);
        }
        batch.wake_all();
    } while (count > 0);
}

bool WaitQueue::add(QueueWait& wait) noexcept {
    const std::lock_guard guard(lock_);
    leaves_.push_back(wait);
    const std::size_t size = size_.load(std::memory_order_relaxed);
    if (size == 0) {
        size_.store(1, std::memory_order_seq_cst);
    } else {
        size_.store(size + 1, std::memory_order_relaxed);
    }
    if (!wait.is_ready_(wait)) {
        return true;
    }
    unlink(wait);
    return false;
}

void WaitQueue::unlink(Leaf& leaf) noexcept {
    leaves_.remove(leaf);
    size_.store(size_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
}

bool WaitQueue::remove(QueueWait& wait) noexcept {
    const std::lock_guard guard(lock_);
    if (!wait.is_linked()) {
        return false;
    }
    unlink(wait);
    return true;
}

bool QueueWait::await_suspend(TaskHandle task) noexcept {
    bind(task.handle());
    if (!charged_) {
        wake_next_turn();
        return true;
    }
    return wait();
}

/// True while it waits.
bool QueueWait::wait() noexcept {
    if (queue_->add(*this)) {
        return true;
    }
    unbind();
    return false;
}

std::coroutine_handle<> QueueWait::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<QueueWait&>(leaf);
    if (self.is_ready_(self)) {
        return self.handle();
    }
    self.rebind();
    return self.wait() ? nullptr : self.handle();
}

void QueueWait::stop() noexcept {
    if (queue_->remove(*this)) {
        unbind();
    } else {
        withdraw();
    }
}

}  // namespace edo::detail
