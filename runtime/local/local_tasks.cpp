// SPDX-License-Identifier: MIT
#include "edo/runtime/local/local_tasks.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/diagnostics/log.hpp"
#include "edo/runtime/errors.hpp"

#include <exception>
#include <mutex>
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
        head_ = task->queue_next;
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
    (tail_ != nullptr ? tail_->queue_next : head_) = other.head_;
    tail_ = other.tail_;
    other = Queue();
}

LocalTasks::LocalTasks() noexcept : thread_(this_thread()) {}

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
    if (error || closed_) {
        const ContextScope scope;
        task.abort();
        run(task);
        if (error) {
            std::rethrow_exception(error);
        }
        return;
    }
    ++alive_;
    task.owned_prev = nullptr;
    task.owned_next = owned_;
    if (owned_ != nullptr) {
        owned_->owned_prev = &task;
    }
    owned_ = &task;
    schedule(task);
}

void LocalTasks::forget(TaskCore& task) noexcept {
    if (task.owned_prev != nullptr) {
        task.owned_prev->owned_next = task.owned_next;
    } else if (owned_ == &task) {
        owned_ = task.owned_next;
    } else {
        return;  // it was refused by `spawn`
    }
    if (task.owned_next != nullptr) {
        task.owned_next->owned_prev = task.owned_prev;
    }
    --alive_;
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
    for (unsigned round = 0; visitors_.load(std::memory_order_acquire) != 0; ++round) {
        spin_wait(round);
    }
}

void LocalTasks::cancel_all() noexcept {
    const ContextScope scope;
    tls_context.local = this;
    running_ = true;
    closed_ = true;
    for (TaskCore* task = owned_; task != nullptr; task = task->owned_next) {
        task->abort();  // queues it, unless it is queued already
    }
    for (unsigned round = 0; alive_ > 0;) {
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

LocalTasks& current_local_tasks() {
    if (const AwaitScope* const scope = find_scope(kLocalKey)) {
        return *static_cast<LocalTasks*>(scope->value());
    }
    if (tls_context.local == nullptr) {
        throw UsageError(
            "edo: spawn_local needs a LocalSet, and this is not inside one: call it from a task of "
            "one, within run_until, or on the set itself");
    }
    return *tls_context.local;
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
