// SPDX-License-Identifier: MIT
#include "edo_model.hpp"

#include <edo/runtime/core/frame_pool.hpp>
#include <edo/runtime/core/spin_lock.hpp>
#include <edo/runtime/core/unhandled_exception.hpp>
#include <edo/runtime/scheduler/spawn_core.hpp>

#include <bit>

namespace edo::model {

void Owner::put(detail::Runnable runnable) noexcept {
    if (ordered_) {
        if (runnable.is_task()) {
            runnable.task()->queue_next() = nullptr;  // a queue uses the links of its tasks
        }
        order_.fetch_add(1, std::memory_order_acq_rel);
    }
    queue_.post(std::bit_cast<void*>(runnable));
}

detail::Runnable Owner::take() noexcept {
    const auto runnable = std::bit_cast<detail::Runnable>(queue_.take());
    if (ordered_ && runnable) {
        order_.fetch_add(1, std::memory_order_acq_rel);
        if (runnable.is_task()) {
            runnable.task()->queue_next() = nullptr;
        }
    }
    return runnable;
}

void Owner::work() noexcept {
    detail::context() = {};
    if (helps_) {
        detail::context().scheduler = reinterpret_cast<detail::Scheduler*>(this);
    }
    while (const detail::Runnable runnable = take()) {
        detail::TaskCore& task = *runnable.task();  // of a leaf that is gone after the turn
        detail::Turn turn;
        switch (detail::TaskCore::run(runnable, detail::context(), turn)) {
            case detail::AfterRun::Parked:
                break;
            case detail::AfterRun::Yielded:
                put(takes_leaves() ? detail::Runnable(turn.take_yielded())
                                   : detail::Runnable(turn.take_yielded()).to_task());
                break;
            case detail::AfterRun::Reschedule:
                put(task);
                break;
        }
    }
}

void Signal::set() noexcept {
    const std::uintptr_t before = word_.exchange(kSet, std::memory_order_acq_rel);
    if (before > kSet) {
        reinterpret_cast<detail::Leaf*>(before)->wake();
    }
}

Signal::Awaiter Signal::operator co_await() noexcept {
    return Awaiter(*this);
}

Signal::Awaiter::~Awaiter() {
    if (is_suspended()) {
        auto expected = reinterpret_cast<std::uintptr_t>(static_cast<detail::Leaf*>(this));
        if (signal_.word_.compare_exchange_strong(expected, 0, std::memory_order_relaxed)) {
            unbind();
        } else {
            withdraw();
        }
    }
}

bool Signal::Awaiter::await_suspend(detail::TaskHandle task) noexcept {
    bind(task.handle());
    std::uintptr_t expected = 0;
    if (signal_.word_.compare_exchange_strong(
            expected, reinterpret_cast<std::uintptr_t>(static_cast<detail::Leaf*>(this)),
            std::memory_order_release, std::memory_order_acquire)) {
        return true;
    }
    unbind();
    return false;
}

void prepare_thread() {
    // Registers the thread's cache of frames.
    detail::free_frame(detail::allocate_frame(64), 64);
}

}  // namespace edo::model

// ---- what the library has in files that bring the whole scheduler ------------------------------

namespace edo::detail {

/// In place of spin_lock.cpp: a round is a wait for another thread's progress.
void spin_wait(unsigned /*round*/) noexcept {
    model::spin();
}

/// In place of join_id.cpp: ids that go on would be state that stays between executions.
std::uint64_t JoinCore::next_id() noexcept {
    return 1;
}

// In place of spawn_core.cpp: the owner of the tasks stands for the scheduler.

TaskOwner& owner_of(Scheduler& scheduler) noexcept {
    return reinterpret_cast<model::Owner&>(scheduler);
}

void spawn_on(Scheduler& scheduler, TaskCore& task, const TaskName* /*name*/) {
    owner_of(scheduler).schedule(task);
}

void share_on(Scheduler& scheduler, TaskCore& task) noexcept {
    owner_of(scheduler).schedule(task);
}

namespace {
constinit const std::atomic<std::uint32_t> kSomebodyIdle{0};
}  // namespace

Helpers::Helpers() noexcept : word_(&kSomebodyIdle), all_busy_(0) {}

Helpers Helpers::here() noexcept {
    Helpers helpers;
    helpers.scheduler_ = context().scheduler;
    helpers.all_busy_ = helpers.scheduler_ != nullptr ? 1 : 0;
    return helpers;
}

void Helpers::forget_idle() noexcept {
    all_busy_ = 0;
}

bool Helpers::find_nothing() const noexcept {
    return true;
}

void report_unhandled_exception(std::uint64_t /*task*/, const std::exception_ptr&) noexcept {
    model::expect(false, "that exceptions are joined");
}

}  // namespace edo::detail
