// SPDX-License-Identifier: MIT
#include "edo/runtime/local/local_tasks.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/diagnostics/log.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/scheduler/scheduler.hpp"

#include <exception>
#include <mutex>
#include <new>
#include <utility>

namespace edo::detail {

namespace {

// Both are Tokio's (task/local.rs).
constexpr unsigned kTasksPerTick = 61;
constexpr std::uint32_t kWokenInterval = 31;

/// What tells threads apart while they live.
const void* this_thread() noexcept {
    return &tls_context;
}

}  // namespace

// ---- queues ------------------------------------------------------------------------------------

TaskCore* LocalTasks::Queue::pop() noexcept {
    TaskCore* const task = head_;
    if (task != nullptr) {
        head_ = task->queue_next();
        if (head_ == nullptr) {
            tail_ = nullptr;
        }
    }
    return task;
}

void LocalTasks::Queue::append(Queue& other) noexcept {
    if (other.empty()) {
        return;
    }
    (tail_ != nullptr ? tail_->queue_next() : head_) = other.head_;
    tail_ = other.tail_;
    other = Queue();
}

LocalTasks::LocalTasks() : thread_(this_thread()) {}

bool LocalTasks::is_own_thread() const noexcept {
    return thread_ == this_thread();
}

void LocalTasks::schedule(TaskCore& task) noexcept {
    // Only the own thread sets `Context::local` to this, so only it looks at `running_`.
    if (tls_context.local == this && running_) {
        ready_.push(task);
        return;
    }
    visitors_.fetch_add(1, std::memory_order_relaxed);  // published by the lock
    {
        const std::lock_guard guard(lock_);
        woken_.push(task);
    }
    for (;;) {
        // Popped under the lock, woken after it: the leaf's destructor waits for the delivery.
        Leaf* leaf = nullptr;
        {
            const std::lock_guard guard(lock_);
            leaf = waiting_.pop_front();
        }
        if (leaf == nullptr) {
            break;
        }
        leaf->wake();
    }
    visitors_.fetch_sub(1, std::memory_order_release);  // pairs with the destructor
}

void LocalTasks::take_woken() noexcept {
    const std::lock_guard guard(lock_);
    ready_.append(woken_);
}

TaskCore* LocalTasks::next() noexcept {
    // What others have woken goes behind what is ready, and before all that becomes ready later.
    if (++tick_ % kWokenInterval == 0 || ready_.empty()) {
        take_woken();
    }
    return ready_.pop();
}

bool LocalTasks::wait(Leaf& leaf) noexcept {
    const std::lock_guard guard(lock_);
    if (!woken_.empty()) {
        return false;
    }
    waiting_.push_back(leaf);
    return true;
}

bool LocalTasks::stop_waiting(Leaf& leaf) noexcept {
    const std::lock_guard guard(lock_);
    if (!leaf.is_linked()) {
        return false;
    }
    waiting_.remove(leaf);
    return true;
}

// ---- tasks -------------------------------------------------------------------------------------

void LocalTasks::check_thread() const {
    if (!is_own_thread()) {
        throw UsageError(
            "edo: a LocalSet was used by another thread than the one that made it; its tasks never "
            "leave that thread: send what they shall do through a channel");
    }
}

void LocalTasks::spawn(TaskCore& task, const TaskName* name) {
    std::exception_ptr error;
    try {
        add_extras(task, name);
    } catch (...) {
        error = std::current_exception();
    }
    join_current_runtime();
    if (runtime_ != nullptr && runtime_->watches_spawns() && !runtime_->is_stopping())
        [[unlikely]] {
        runtime_->tell_spawned(task);
    }
    if (error || !list_.tasks.add(task, 0)) {
        const ContextScope scope;
        task.abort();
        run(task);
        if (error) {
            std::rethrow_exception(error);
        }
        return;
    }
    schedule(task);
}

void LocalTasks::accept(TaskCore& task) noexcept {
    if (runtime_->watches_spawns() && !runtime_->is_stopping()) [[unlikely]] {
        runtime_->tell_spawned(task);
    }
    if (list_.tasks.add(task, OwnedTasks::kNoWorker)) [[likely]] {
        schedule(task);
    } else {
        runtime_->cancel_here(task);
    }
}

void LocalTasks::forget(TaskCore& task) noexcept {
    // The hooks' owner may be gone with the runtime.
    if (runtime_ != nullptr && runtime_->options().on_task_terminate && !runtime_->is_stopping())
        [[unlikely]] {
        runtime_->tell_terminated(task);
    }
    list_.tasks.remove(task, is_own_thread() ? 0 : OwnedTasks::kNoWorker);
}

inline void LocalTasks::join_current_runtime() noexcept {
    if (runtime_ == nullptr && tls_context.scheduler != nullptr) [[unlikely]] {
        join_runtime(*tls_context.scheduler);
    }
}

[[gnu::noinline]] void LocalTasks::join_runtime(Scheduler& runtime) noexcept {
    if (runtime_ != nullptr) {
        return;
    }
    runtime_ = runtime.shared_from_this();
    runtime.add_local(list_);
    if (runtime.options().on_task_spawn) {
        try {
            for (const TaskReference& task : list_.tasks.snapshot()) {
                runtime.tell_spawned(*task);  // it was spawned outside of any runtime
            }
        } catch (const std::bad_alloc&) {
            log_error("no memory to tell on_task_spawn of local tasks that were there before");
        }
    }
}

/// Within a `ContextScope`.
inline void LocalTasks::run(TaskCore& task) noexcept {
    tls_context.scope = nullptr;
    Turn turn;
    if (task.run(tls_context, turn) == AfterRun::Reschedule) {
        ready_.push(task);
    }
}

bool LocalTasks::tick() noexcept {
    if (running_) {
        return false;  // driven from inside one of its own tasks: what is under way goes on later
    }
    join_current_runtime();
    {
        const ContextScope scope;  // the turn of the task that drives
        tls_context.local = this;
        running_ = true;
        for (unsigned i = 0; i < kTasksPerTick; ++i) {
            TaskCore* const task = next();
            if (task == nullptr) {
                break;
            }
            run(*task);
        }
        running_ = false;
    }
    return !ready_.empty();
}

LocalTasks::~LocalTasks() {
    if (running_) {
        log_error("a LocalSet was destroyed by one of its own tasks");
        std::terminate();
    }
    if (!is_own_thread()) {
        log_error("a LocalSet was destroyed by another thread than its own, and its tasks with it");
    }
    cancel_all();
    if (runtime_ != nullptr) {
        runtime_->remove_local(list_);
    }
    for (unsigned round = 0; visitors_.load(std::memory_order_acquire) != 0; ++round) {
        spin_wait(round);
    }
}

void LocalTasks::cancel_all() noexcept {
    const ContextScope scope;
    tls_context.local = this;
    running_ = true;
    list_.tasks.close_and_abort();  // queues them, unless they are queued already
    for (unsigned round = 0; !empty();) {
        if (TaskCore* const task = next()) {
            run(*task);
            round = 0;
        } else {
            spin_wait(round++);  // a waker has made it Scheduled and is about to queue it
        }
    }
}

// ---- the driver --------------------------------------------------------------------------------

void LocalDriver::start(std::coroutine_handle<> handle) noexcept {
    bind(handle);
    if (tls_context.budget > 0) {
        make_ready(tls_context.turn->ready, nullptr);
    } else {
        wake_next_turn();  // a loop that awaits empty sets lets others run
    }
}

void LocalDriver::stop() noexcept {
    if (!is_suspended()) {
        return;
    }
    if (tasks_.stop_waiting(*this)) {
        unbind();
    } else {
        withdraw();
    }
}

void LocalDriver::check() const {
    if (misused_) {
        throw UsageError(
            "edo: the task that drives a LocalSet was run by another thread: two threads are in "
            "block_on of one current_thread runtime; only one may be, where a LocalSet is driven");
    }
}

std::coroutine_handle<> LocalDriver::on_wake(HookLeaf& leaf) noexcept {
    auto& self = static_cast<LocalDriver&>(leaf);
    if (!self.tasks_.is_own_thread()) {
        self.misused_ = true;
        return self.handle();
    }
    const bool more = self.tasks_.tick();
    if (self.until_empty_ && self.tasks_.empty()) {
        return self.handle();
    }
    self.rebind();
    if (more || !self.tasks_.wait(self)) {
        self.wake_next_turn();  // the other tasks of the runtime get their turn first
    }
    return nullptr;
}

void check_can_drive(const LocalTasks& tasks) {
    const TaskCore* const task = tls_context.task;
    if (task != nullptr && !task->owner().keeps_thread()) {
        throw UsageError(
            "edo: a LocalSet was awaited in a spawned task of a multi_thread runtime, which moves "
            "between threads: await it in the task of block_on, or use a current_thread runtime");
    }
    tasks.check_thread();
}

}  // namespace edo::detail
