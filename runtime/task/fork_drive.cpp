// SPDX-License-Identifier: MIT
#include "edo/runtime/task/fork_drive.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/task_core.hpp"
#include "edo/runtime/task/await_scope.hpp"
#include "edo/runtime/task/fork_scope.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace edo::detail {

namespace {

/// Of the records of a deep tree the oldest are the largest: the rest stays.
constexpr std::size_t kMostSharedAtOnce = 16;

}  // namespace

ForkDrive::ForkDrive(ForkGroup& first) noexcept
    : HookLeaf(&ForkDrive::on_wake), first_(first), task_(tls_context.task) {
    newer_ = older_ = this;
}

ForkDrive::~ForkDrive() {
    if (is_suspended()) {
        withdraw();
    }
}

std::coroutine_handle<> ForkDrive::start() noexcept {
    Context& c = tls_context;
    if (c.budget == 0) {
        bind(first_.parent().handle());
        wake_next_turn();
        return nullptr;
    }
    --c.budget;
    return run();
}

std::coroutine_handle<> ForkDrive::on_wake(HookLeaf& leaf) noexcept {
    return static_cast<ForkDrive&>(leaf).run();
}

std::coroutine_handle<> ForkDrive::run() noexcept {
    Context& c = tls_context;  // of a function that stays on this thread
    ForkDrive* const before = std::exchange(c.forks, this);
    active_ = true;
    helpers_ = Helpers::here();
    helpers_.set_offering(true);
    run_steps();
    helpers_.set_offering(false);
    active_ = false;
    c.forks = before;
    return step_ == Step::Ended ? first_.parent().handle() : std::coroutine_handle<>();
}

void ForkDrive::run_steps() noexcept {
    step_ = Step::Suspended;
    while (!is_empty()) {
        ForkGroup& group = newest();
        if (task_->is_scoped()) {
            switch_scope(scope_of(group.parent()));  // whatever was resumed last was in another one
        }
        step_ = Step::Suspended;
        group.start_next().resume();
        if (step_ == Step::Ended) {
            return;
        }
        if (step_ == Step::OutOfBudget) {
            bind(first_.parent().handle());
            wake_next_turn();
            return;
        }
        if (step_ == Step::Suspended) {
            share_all();
        }
    }
    step_ = Step::Suspended;
}

/// How many records there are, as far as it matters.
std::size_t ForkDrive::records() const noexcept {
    std::size_t sum = 0;
    for (const ForkLink* at = newer_; at != this && sum < 2 * kMostSharedAtOnce; at = at->newer_) {
        const auto& group = static_cast<const ForkGroup&>(*at);
        sum += group.end_ - group.begin_;
    }
    return sum;
}

[[gnu::noinline]] void ForkDrive::help_idle() noexcept {
    if (is_empty() || !helpers_.find_nothing()) {
        return;
    }
    if (share(std::min((records() + 1) / 2, kMostSharedAtOnce)) == 0) {
        helpers_.forget_idle();  // until the next turn: the search in vain may have been long
    }
}

void ForkDrive::share_all() noexcept {
    if (helpers_.any()) {
        share(std::numeric_limits<std::size_t>::max());
    }
}

/// Makes tasks of up to `most` records, of the oldest forks first. What cannot become a task stays.
std::size_t ForkDrive::share(std::size_t most) noexcept {
    std::size_t shared = 0;
    ForkLink* at = newer_;
    while (at != this && shared < most) {
        ForkLink* const newer = at->newer_;
        auto& group = static_cast<ForkGroup&>(*at);
        while (group.begin_ != group.end_ && shared < most &&
               ForkScope::share_last(group, helpers_.scheduler())) {
            ++shared;
        }
        if (group.begin_ == group.end_) {
            group.unlink();
        }
        at = newer;
    }
    return shared;
}

}  // namespace edo::detail
