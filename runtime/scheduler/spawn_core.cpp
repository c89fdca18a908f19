// SPDX-License-Identifier: MIT
#include "edo/runtime/scheduler/spawn_core.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/scheduler/scheduler.hpp"

#include <string>

namespace edo::detail {

Scheduler& current_scheduler(const char* what) {
    Scheduler* const scheduler = tls_context.scheduler;
    if (scheduler == nullptr) {
        throw NoRuntimeError(std::string("edo: ") + what +
                             " needs a runtime, and this thread is not inside one: call it from a "
                             "task, or enter a runtime with Handle::enter()");
    }
    return *scheduler;
}

TaskOwner& owner_of(Scheduler& scheduler) noexcept {
    return scheduler;
}

void spawn_on(Scheduler& scheduler, TaskCore& task) noexcept {
    scheduler.spawn(task);
}

void spawn_blocking_on(Scheduler& scheduler, BlockingJob& job) {
    scheduler.blocking().submit(job);
}

// ---- block_on ----------------------------------------------------------------------------------

/// On a current_thread runtime the root is queued like any other task, and the calling thread
/// drives the worker. Otherwise the calling thread runs the root itself, and sleeps between its
/// turns.
class BlockOn::Owner final : public TaskOwner {
public:
    explicit Owner(std::shared_ptr<Scheduler> scheduler) noexcept
        : scheduler_(std::move(scheduler)) {}

    void schedule(TaskCore& task) noexcept override {
        if (scheduler_->is_current_thread()) {
            scheduler_->schedule(task);
            return;
        }
        const std::lock_guard guard(lock_);
        scheduled_ = true;
        changed_.notify_one();  // under the lock: the owner may be gone right after it
    }

    void forget(TaskCore& /*task*/) noexcept override {
        if (scheduler_->is_current_thread()) {
            scheduler_->notify_drivers();
        }
    }

    void run(TaskCore& root) noexcept {
        if (scheduler_->is_current_thread()) {
            schedule(root);
            scheduler_->drive(root);
            for (unsigned round = 0; !root.is_finished(); ++round) {
                spin_wait(round);  // whoever completed it is publishing the result
            }
        } else {
            run_here(root);
        }
    }

private:
    void run_here(TaskCore& root) noexcept {
        const ContextScope scope;
        Context& c = tls_context;
        c = Context();
        c.scheduler = scheduler_.get();
        c.must_not_block = true;
        for (;;) {
            if (root.run(c) == AfterRun::Reschedule) {
                continue;
            }
            if (root.is_finished()) {
                return;
            }
            std::unique_lock guard(lock_);
            changed_.wait(guard, [this] { return scheduled_; });
            scheduled_ = false;
        }
    }

    const std::shared_ptr<Scheduler> scheduler_;
    std::mutex lock_;
    std::condition_variable changed_;
    bool scheduled_ = false;  // guarded by `lock_`
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
    owner_ = std::make_unique<Owner>(std::move(scheduler));
}

BlockOn::~BlockOn() = default;

TaskOwner& BlockOn::owner() noexcept {
    return *owner_;
}

void BlockOn::run(TaskCore& root) noexcept {
    owner_->run(root);
}

// ---- timers, random numbers, external work -----------------------------------------------------

void arm_timer(TimerLeaf& leaf) noexcept {
    const Context& c = tls_context;
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
    return scheduler != nullptr ? scheduler->nearest_worker().reactor() : nullptr;
}

}  // namespace detail

}  // namespace edo
