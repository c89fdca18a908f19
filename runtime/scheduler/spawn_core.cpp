// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/spawn_core.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/scheduler/scheduler.hpp"
#include "edo/runtime/scheduler/thread_owner.hpp"
#include "edo/runtime/task/await_scope.hpp"
#include "edo/runtime/task/fork_drive.hpp"

#include <atomic>
#include <string>

namespace edo::detail {

namespace {

[[noreturn, gnu::noinline, gnu::cold]] void throw_no_runtime(const char* what) {
    throw NoRuntimeError(std::string("edo: ") + what +
                         " needs a runtime, and this thread is not inside one: call it from a "
                         "task, or enter a runtime with Handle::enter()");
}

}  // namespace

Scheduler& current_scheduler(const char* what) {
    Scheduler* const scheduler = tls_context.scheduler;
    if (scheduler == nullptr) [[unlikely]] {
        throw_no_runtime(what);
    }
    return *scheduler;
}

TaskOwner& owner_of(Scheduler& scheduler) noexcept {
    return scheduler;
}

namespace {

[[gnu::noinline]] void spawn_with_extras(Scheduler& scheduler, TaskCore& task,
                                         const TaskName* name) {
    try {
        add_extras(task, name);
    } catch (...) {
        scheduler.cancel_here(task);
        throw;
    }
    scheduler.spawn_listed(task);  // whoever names a task wants to see it in a dump
}

}  // namespace

void spawn_on(Scheduler& scheduler, TaskCore& task, const TaskName* name) {
    if (name != nullptr || tls_context.scope != nullptr) [[unlikely]] {
        spawn_with_extras(scheduler, task, name);
        return;
    }
    scheduler.spawn(task);
}

void share_on(Scheduler& scheduler, TaskCore& task) noexcept {
    scheduler.share(task);
}

namespace {
constinit const std::atomic<std::uint32_t> kNobodyIdle{0};
}  // namespace

Helpers::Helpers() noexcept : word_(&kNobodyIdle), all_busy_(0) {}

Helpers Helpers::here() noexcept {
    Helpers helpers;
    Scheduler* const scheduler = tls_context.scheduler;
    // The tasks of a local set stay on their thread, and a single worker has nobody else.
    if (scheduler != nullptr && tls_context.local == nullptr && scheduler->worker_count() > 1) {
        helpers.word_ = &scheduler->idle().word();
        helpers.all_busy_ = scheduler->idle().all_busy();
        helpers.scheduler_ = scheduler;
        Worker* const worker = tls_context.worker;
        helpers.offering_ = worker != nullptr ? &worker->offering() : nullptr;
    }
    return helpers;
}

void Helpers::forget_idle() noexcept {
    word_ = &kNobodyIdle;
    all_busy_ = 0;
}

bool Helpers::find_nothing() const noexcept {
    const Worker* const worker = tls_context.worker;
    return worker != nullptr ? !worker->is_stealable() : scheduler_->injection().empty();
}

void spawn_blocking_on(Scheduler& scheduler, BlockingJob& job, const TaskName* name) {
    job.set_extras(name != nullptr ? *name : TaskName(), inherit_values());
    scheduler.blocking().submit(job);
}

// ---- block_on ----------------------------------------------------------------------------------

/// Owns the root of a current_thread runtime: it is queued like any other task, and the calling
/// thread drives the worker.
class BlockOn::Owner final : public TaskOwner {
public:
    explicit Owner(Scheduler& scheduler) noexcept : TaskOwner(true), scheduler_(scheduler) {}

    void schedule(TaskCore& task) noexcept override { scheduler_.schedule(task); }
    void schedule_woken(Leaf& leaf) noexcept override { scheduler_.schedule_woken(leaf); }
    using TaskOwner::schedule_woken;
    void forget(TaskCore& /*task*/) noexcept override { scheduler_.notify_drivers(); }
    [[nodiscard]] bool keeps_thread() const noexcept override { return true; }

    void run(TaskCore& root) noexcept {
        root.set_private();
        schedule(root);
        scheduler_.drive(root);
        for (unsigned round = 0; !root.is_finished(); ++round) {
            spin_wait(round);  // whoever completed it is publishing the result
        }
    }

private:
    Scheduler& scheduler_;
};

BlockOn::BlockOn(std::shared_ptr<Scheduler> scheduler) {
    if (tls_context.must_not_block) {
        throw UsageError(
            "edo: block_on was called by a thread that runs tasks, which it would stall: await the "
            "task instead, or move the call into spawn_blocking");
    }
    if (scheduler->is_stopping()) {
        throw UsageError("edo: block_on on a runtime that has been shut down");
    }
    if (scheduler->is_current_thread()) {
        driver_ = std::make_unique<Owner>(*scheduler);
    } else {
        thread_ = std::make_unique<ThreadOwner>();
    }
    scheduler_ = std::move(scheduler);
}

BlockOn::~BlockOn() = default;

TaskOwner& BlockOn::owner() noexcept {
    return driver_ != nullptr ? static_cast<TaskOwner&>(*driver_) : *thread_;
}

void BlockOn::run(TaskCore& root) noexcept {
    if (driver_ != nullptr) {
        driver_->run(root);
    } else {
        thread_->run(root, scheduler_.get());
    }
}

// ---- block_in_place ----------------------------------------------------------------------------

/// Runs a worker on a thread of the blocking pool, unless the thread that offered it takes it back
/// before.
class BlockInPlace::WorkerJob final : public BlockingJob {
public:
    explicit WorkerJob(Worker& worker) noexcept : worker_(worker) {}

    [[nodiscard]] Worker& worker() const noexcept { return worker_; }

    /// True for one caller only: whoever gets true has the worker. Acquire and release hand over
    /// what its previous thread did with it.
    bool take() noexcept { return !taken_.exchange(true, std::memory_order_acq_rel); }

private:
    Outcome call() noexcept override {
        if (take()) {
            worker_.scheduler().run_moved_worker(worker_);
        }
        return Outcome::Value;
    }
    void drop_function() noexcept override {}
    void destroy() noexcept override { delete this; }
    [[nodiscard]] std::exception_ptr stored_exception() const noexcept override { return nullptr; }

    Worker& worker_;
    std::atomic<bool> taken_{false};
};

BlockInPlace::BlockInPlace() : must_not_block_(tls_context.must_not_block) {
    Context& c = tls_context;
    Worker* const worker = c.worker;
    const bool in_local_task = c.task != nullptr && c.local != nullptr;
    if (in_local_task || (worker != nullptr && c.scheduler->is_current_thread())) {
        throw UsageError(
            "edo: block_in_place was called on a current_thread runtime, or in a LocalSet, which "
            "has no other thread for its other tasks: use spawn_blocking, or a multi_thread "
            "runtime");
    }
    if (c.forks != nullptr && c.forks->is_of(c.task)) {
        c.forks->share_all();
    }
    // Between two tasks, in a hook, the worker's loop needs its worker.
    if (worker != nullptr && c.task != nullptr) {
        auto job = std::make_unique<WorkerJob>(*worker);
        c.scheduler->add_thread();
        c.worker = nullptr;  // from here on it belongs to whoever takes it
        try {
            c.scheduler->blocking().submit(*job, BlockingPool::Turn::AtOnce);
            job_ = job.release();
        } catch (...) {  // no thread to be had: the others wait, which is better than to fail
            c.worker = worker;
            c.scheduler->remove_thread();
        }
    }
    c.must_not_block = false;
}

BlockInPlace::~BlockInPlace() {
    Context& c = tls_context;
    c.must_not_block = must_not_block_;
    if (job_ == nullptr) {
        return;
    }
    if (job_->take()) {
        c.worker = &job_->worker();
        c.scheduler->remove_thread();
    }
    // Else the task goes on without a worker until it suspends; then this thread is done.
    job_->detach();
}

// ---- timers, random numbers, external work -----------------------------------------------------

void arm_timer(TimerLeaf& leaf) noexcept {
    const Context& c = tls_context;
    if (c.scheduler == nullptr) {
        leaf.set_shut_down();  // `block_thread_on` runs tasks without a runtime
        leaf.wake_next_turn();
        return;
    }
    Worker& worker = c.scheduler->nearest_worker();
    switch (worker.timers().add(leaf)) {
        case Timers::Added::Later:
            break;
        case Timers::Added::Earliest:
            if (c.worker != &worker) {
                worker.wake();  // it may sleep for longer than that
            }
            break;
        case Timers::Added::Due:
            leaf.make_ready(c.turn->ready, nullptr);
            break;
        case Timers::Added::ShutDown:
            leaf.wake_next_turn();  // there is one only for the root of `block_on`
            break;
    }
}

unsigned random_below(unsigned bound) noexcept {
    if (Worker* const worker = tls_context.worker) {
        return worker->random().below(bound);
    }
    thread_local Random random(reinterpret_cast<std::uintptr_t>(&random));
    return random.below(bound);
}

ExternalWork::ExternalWork() noexcept {
    if (Scheduler* const scheduler = tls_context.scheduler) {
        scheduler_ = scheduler->shared_from_this();
        scheduler_->begin_external();
    }
}

ExternalWork::~ExternalWork() {
    if (scheduler_ != nullptr) {
        scheduler_->end_external();
    }
}

}  // namespace edo::detail

namespace edo {

Instant now() noexcept {
    detail::Scheduler* const scheduler = detail::context().scheduler;
    return scheduler != nullptr ? scheduler->clock().now() : std::chrono::steady_clock::now();
}

namespace detail {

std::shared_ptr<Reactor> reactor_for_current_task() noexcept {
    Scheduler* const scheduler = tls_context.scheduler;
    return scheduler != nullptr ? scheduler->home(scheduler->nearest_worker()) : nullptr;
}

Reactor* reactor_for_signals() noexcept {
    Scheduler* const scheduler = tls_context.scheduler;
    return scheduler != nullptr ? scheduler->worker(0).reactor().get() : nullptr;
}

}  // namespace detail

}  // namespace edo
