// SPDX-License-Identifier: MIT
// How a runtime ends:
//
// 1. `stopping_` is set, then every worker is woken: each ends its current turn and leaves its
//    loop.
// 2. The list of tasks is closed: what is spawned from now on is cancelled at once. All live tasks
//    are marked as aborted; the idle ones thereby go to the injection queue.
// 3. This thread takes the tasks out of all queues, also those of a worker that is stuck, and
//    destroys them. A task that a worker is running is destroyed by that worker at the end of its
//    turn. What is left at the deadline is destroyed by a thread that goes on in the background.
// 4. Whatever is still registered with a reactor or a wheel, by objects that outlive the runtime,
//    is failed. Then the blocking threads are waited for.
#include "edo/runtime/scheduler/scheduler.hpp"

#include <algorithm>

namespace edo::detail {

bool Scheduler::shut_down(std::optional<std::chrono::steady_clock::time_point> deadline) noexcept {
    if (stopping_.exchange(true, std::memory_order_seq_cst)) {
        return true;
    }
    spawns_plainly_.store(false, std::memory_order_seq_cst);
    for (const auto& worker : workers_) {
        worker->wake();
    }
    injection_.close();
    owned_.close_and_abort();
    const bool in_time = destroy_tasks(deadline);
    for (std::thread& thread : threads_) {
        in_time ? thread.join() : thread.detach();
    }
    threads_.clear();
    for (const auto& worker : workers_) {
        worker->reactor()->shut_down();
        worker->timers().shut_down();
    }
    if (!in_time) {
        go_on_in_background();
    }
    return blocking_.shut_down(deadline) && in_time;
}

/// Until all tasks are destroyed and all threads have ended; false when the deadline comes first.
bool Scheduler::destroy_tasks(
    std::optional<std::chrono::steady_clock::time_point> deadline) noexcept {
    constexpr auto kLongestPause = std::chrono::milliseconds(50);
    auto pause = std::chrono::milliseconds(1);
    std::unique_lock guard(lock_);
    for (;;) {
        // The queues of an only worker belong to the thread that drives it. On a current_thread
        // runtime that is one in `block_on`, which goes on: it destroys the tasks itself.
        const bool alone = running_threads_ == 0 && !driven_;
        if (alone || !is_current_thread()) {
            driven_ = true;
            guard.unlock();
            while (cancel_queued(alone || worker_count() > 1)) {
            }
            guard.lock();
            driven_ = false;
            changed_.notify_all();
        }
        if (running_threads_ == 0 && owned_.size() == 0) {
            return true;
        }
        if (deadline && std::chrono::steady_clock::now() >= *deadline) {
            return false;
        }
        changed_.wait_for(guard, pause);
        pause = std::min(2 * pause, kLongestPause);
    }
}

void Scheduler::go_on_in_background() noexcept {
    try {
        std::thread([self = shared_from_this()] { self->destroy_tasks(std::nullopt); }).detach();
    } catch (...) {
        unfinished_ = shared_from_this();
    }
}

/// Destroys all tasks in the injection queue and, with `steal`, in those of the workers; false when
/// there was none.
bool Scheduler::cancel_queued(bool steal) noexcept {
    bool any = false;
    while (const Runnable runnable = injection_.pop()) {
        cancel_here(runnable.to_task());
        any = true;
    }
    for (const auto& worker : workers_) {
        while (const Runnable runnable = steal ? worker->take_any() : Runnable()) {
            cancel_here(runnable.to_task());
            any = true;
        }
    }
    return any;
}

}  // namespace edo::detail
