// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/scheduler.hpp"

#include "edo/runtime/core/context.hpp"

#include <algorithm>

namespace edo::detail {

// ---- tasks -------------------------------------------------------------------------------------

/// The worker that the calling thread drives, or null.
inline Worker* Scheduler::current_worker() const noexcept {
    Worker* const worker = tls_context.worker;
    return worker != nullptr && &worker->scheduler() == this ? worker : nullptr;
}

inline unsigned Scheduler::current_index() const noexcept {
    const Worker* const worker = current_worker();
    return worker != nullptr ? worker->index() : OwnedTasks::kNoWorker;
}

/// The calling thread has pushed something into the injection queue.
inline void Scheduler::call_worker() noexcept {
    if (worker_count() == 1) {
        workers_[0]->rouse();
    } else if (idle_.needs_wake()) {
        wake_one();
    }
}

void Scheduler::spawn(TaskCore& task) noexcept {
    Worker* const worker = current_worker();
    if (worker == nullptr || !spawns_plainly_.load(std::memory_order_seq_cst)) [[unlikely]] {
        return spawn_specially(task);
    }
    worker->tally().begin(task);
    worker->push(task);
}

[[gnu::noinline]] void Scheduler::spawn_specially(TaskCore& task) noexcept {
    Worker* const worker = current_worker();
    if (worker == nullptr || is_stopping()) {
        return spawn_elsewhere(task);
    }
    watch_spawned(task);
    worker->tally().begin(task);
    worker->push(task);
}

void Scheduler::share(TaskCore& task) noexcept {
    Worker* const worker = current_worker();
    if (worker == nullptr || is_stopping()) {
        return spawn_elsewhere(task);
    }
    if (watches_spawns_) {
        watch_spawned(task);
    }
    worker->tally().begin(task);
    worker->push_shared(task);
}

/// From a thread that drives no worker; or the runtime is about to end.
[[gnu::noinline]] void Scheduler::spawn_elsewhere(TaskCore& task) noexcept {
    if (watches_spawns_) [[unlikely]] {
        watch_spawned(task);
    }
    task.set_unlisted();
    if (!injection_.push_new(task)) [[unlikely]] {
        task.set_list(0);
        cancel_here(task);
        return;
    }
    call_worker();  // the caller keeps the runtime, even if the task ends meanwhile
}

[[gnu::noinline]] void Scheduler::spawn_listed(TaskCore& task) noexcept {
    if (watches_spawns_) {
        watch_spawned(task);
    }
    if (owned_.add(task, current_index())) {
        schedule(task);
    } else {
        cancel_here(task);
    }
}

void Scheduler::enlist(TaskCore& task) noexcept {
    const unsigned worker = current_index();
    if (!owned_.list(task, worker)) {
        task.mark_cancelled();  // it finds that, instead of waiting
    }
}

void Scheduler::schedule(TaskCore& task) noexcept {
    if (Worker* const worker = current_worker()) {
        worker->push(task);
    } else {
        inject(task);
    }
}

void Scheduler::schedule_woken(Leaf& leaf) noexcept {
    if (Worker* const worker = current_worker()) {
        worker->push(Runnable(leaf));
    } else {
        inject(Runnable(leaf));
    }
}

void Scheduler::schedule_woken(std::span<Leaf* const> leaves) noexcept {
    if (Worker* const worker = current_worker()) {
        worker->push(leaves);
        return;
    }
    for (Leaf* const leaf : leaves) {
        inject(Runnable(*leaf));
    }
}

/// Queues a task from a thread that drives no worker.
void Scheduler::inject(Runnable runnable) noexcept {
    visitors_.fetch_add(1, std::memory_order_relaxed);  // published by the push
    injection_.push(runnable);
    call_worker();
    visitors_.fetch_sub(1, std::memory_order_release);  // pairs with the destructor
}

void Scheduler::forget(TaskCore& task) noexcept {
    Worker* const worker = current_worker();
    if (worker == nullptr || !task.is_unlisted() || options_.on_task_terminate) [[unlikely]] {
        return forget_specially(task);
    }
    worker->tally().end();
}

[[gnu::noinline]] void Scheduler::forget_specially(TaskCore& task) noexcept {
    if (options_.on_task_terminate) {
        tell_terminated(task);
    }
    Worker* const worker = current_worker();
    if (!task.is_unlisted()) {
        owned_.remove(task, current_index());
    } else if (worker != nullptr) {
        worker->tally().end();
    } else {
        owned_.end_elsewhere();
    }
}

[[gnu::noinline]] void Scheduler::cancel_here(TaskCore& task) noexcept {
    const ContextScope scope;
    Context& c = tls_context;
    c.scheduler = this;
    c.worker = nullptr;  // it must not be given away in here, only to be put back afterwards
    c.scope = nullptr;
    task.abort();
    Turn turn;
    static_cast<void>(task.run(c, turn));
}

Worker& Scheduler::nearest_worker() noexcept {
    if (Worker* const worker = current_worker()) {
        return *worker;
    }
    return *workers_[next_worker_.fetch_add(1, std::memory_order_relaxed) % workers_.size()];
}

void Scheduler::drive(const TaskCore& root) noexcept {
    // Not `is_finished`: that comes only after `notify_drivers`.
    const auto is_complete = [&root] { return root.state() == TaskCore::State::Complete; };
    std::unique_lock guard(lock_);
    changed_.wait(guard, [this, &is_complete] { return !driven_ || is_complete(); });
    if (!is_complete()) {
        driven_ = true;
        guard.unlock();
        {
            const ContextScope scope;
            Context& c = tls_context;
            c = Context();
            c.scheduler = this;
            c.worker = workers_[0].get();
            c.must_not_block = true;
            workers_[0]->run(&root);
        }
        guard.lock();
        driven_ = false;
    }
    changed_.notify_all();
}

void Scheduler::notify_drivers() noexcept {
    const std::lock_guard guard(lock_);
    changed_.notify_all();
}

void Scheduler::end_external() noexcept {
    external_.fetch_sub(1, std::memory_order_seq_cst);
    // A paused clock may move on now. Sequentially consistent here and where the worker pauses the
    // clock and looks for external work: one of the two sees the other.
    if (is_current_thread() && clock_.is_paused()) {
        workers_[0]->wake();
    }
}

// ---- waking workers ----------------------------------------------------------------------------

void Scheduler::wake_one() noexcept {
    if (const auto worker = idle_.worker_to_wake()) {
        workers_[*worker]->wake();
    }
}

void Scheduler::wake_if_queued() noexcept {
    injection_.synchronize();  // pairs with `call_worker`
    const bool queued = !injection_.empty() ||
                        std::any_of(workers_.begin(), workers_.end(),
                                    [](const auto& worker) { return worker->is_stealable(); });
    if (queued) {
        wake_one();
    }
}

}  // namespace edo::detail
