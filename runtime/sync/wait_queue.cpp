// SPDX-License-Identifier: MIT
#include "edo/runtime/sync/wait_queue.hpp"

#include "edo/runtime/sync/leaf_slot.hpp"

#include <mutex>

namespace edo::detail {

/// No more than waited at the beginning: those that are woken may come back before this is over.
void WaitQueue::wake_some(std::size_t count) noexcept {
    while (count > 0) {
        WakeBatch batch;
        {
            const std::lock_guard guard(lock_);
            for (; count > 0 && !batch.is_full(); --count) {
                Leaf* const leaf = leaves_.front();
                if (leaf == nullptr) {
                    count = 0;
                    break;
                }
                unlink(*leaf);
                batch.add(*leaf);
            }
        }
        batch.wake_all();
    }
}

void WaitQueue::unlink(Leaf& leaf) noexcept {
    leaves_.remove(leaf);
    size_.store(size_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
}

bool WaitQueue::add(QueueWait& wait) noexcept {
    const std::lock_guard guard(lock_);
    leaves_.push_back(wait);
    size_.store(size_.load(std::memory_order_relaxed) + 1, std::memory_order_seq_cst);
    if (!wait.is_ready_(wait)) {
        return true;
    }
    unlink(wait);
    return false;
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

QueueWait::~QueueWait() {
    if (!is_suspended()) {
        return;
    }
    if (queue_->remove(*this)) {
        unbind();
    } else {
        withdraw();
    }
}

}  // namespace edo::detail
