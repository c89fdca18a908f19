// SPDX-License-Identifier: MIT
// A turn of a task from its beginning to its end, as far as most turns go: for loops that run one
// turn after the other, into which it is inlined. A call saves and restores most registers.
#pragma once

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/task_core.hpp"

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <optional>

namespace edo::detail {

inline std::uintptr_t TaskCore::begin_run() noexcept {
    // Acquire pairs with `abort`, and with the end of the last turn: what it left may be looked at.
    const std::uintptr_t word = word_.load(std::memory_order_acquire);
    if ((phase_ & (kTakable | kStarted)) == 0) {
        return word;  // new: Running already, and nothing can have woken it
    }
    // Acquire pairs with the release of the last turn's end and of every push.
    const std::uintptr_t taken = word_.exchange(bits(State::Running), std::memory_order_acquire);
    if ((taken & kStateMask) == bits(State::Running)) [[unlikely]] {
        return wait_for_inspector(taken);
    }
    return taken;
}

/// What was taken out of the inbox. One leaf alone, by far the most common case, needs no list and
/// is returned.
inline Leaf* TaskCore::take_inbox(Leaf* newest, Turn& turn) noexcept {
    if (newest == nullptr || (newest->next_ == nullptr && turn.ready.empty())) {
        return newest;
    }
    append_inbox(turn.ready, newest);
    return nullptr;
}

/// Hands a leaf back to its coroutine, or to its hook.
inline void TaskCore::resume_leaf(Leaf& leaf) noexcept {
    leaf.place_ = Leaf::Place::Idle;
    std::coroutine_handle<> next = leaf.handle();
    if (leaf.kind_ == Leaf::Kind::Hook) {
        next = static_cast<HookLeaf&>(leaf).run_hook();
        if (!next) {
            return;
        }
    }
    next.resume();
}

/// Running becomes Idle; or, if the task was woken or aborted while it ran, stays so, and `word` is
/// what came. The budget bounds how long it can go on like that.
inline bool TaskCore::park(std::uintptr_t& word) noexcept {
    if (is_unlisted()) [[unlikely]] {
        owner().enlist(*this);
    }
    word = bits(State::Running);
    // Release hands the task's memory to whoever runs it next.
    if (word_.compare_exchange_strong(word, bits(State::Idle), std::memory_order_release,
                                      std::memory_order_relaxed)) {
        return true;
    }
    word = word_.exchange(bits(State::Running), std::memory_order_acquire);
    return false;
}

inline void TaskCore::finish(Outcome outcome) noexcept {
    // A wake-up cannot be lost here: with the frames gone no leaf is registered anywhere.
    word_.store(bits(State::Complete), std::memory_order_release);
    first_owner().forget(*this);
    publish(outcome);
}

/// The root coroutine has ended.
inline void TaskCore::complete() noexcept {
    if (!is_detached() || !end_detached()) {
        finish(collect());
    }
}

/// What comes after the first resumption of a turn. Nothing if the task was woken or aborted
/// meanwhile, and `word` is what came: then it goes on.
[[gnu::always_inline]] inline std::optional<AfterRun> TaskCore::end_turn(std::uintptr_t& word,
                                                                         Turn& turn) noexcept {
    if (!(turn.ready.empty() && turn.last.empty())) [[unlikely]] {
        resume_ready(turn);
    }
    const std::uint8_t phase = phase_;
    if ((phase & (kOver | kScoped)) != 0) [[unlikely]] {
        if ((phase & kOver) == 0) [[unlikely]] {
            return run_scoped(bits(State::Running), turn);
        }
        complete();
        return AfterRun::Parked;
    }
    if (!turn.next_turn.empty()) {
        if (turn.next_turn.has_one() && (phase & kTakable) == 0) [[likely]] {
            return AfterRun::Yielded;
        }
        push_next_turn(turn);
        return AfterRun::Reschedule;
    }
    return park(word) ? std::optional(AfterRun::Parked) : std::nullopt;
}

/// A turn of a task without a leaf of its own to begin with.
[[gnu::always_inline]] inline AfterRun TaskCore::run_turn(std::uintptr_t word,
                                                          Turn& turn) noexcept {
    for (;;) {
        if ((word & kCancel) != 0) [[unlikely]] {
            return destroy_cancelled(leaves(word), turn);
        }
        if ((phase_ & kScoped) != 0) [[unlikely]] {
            return run_scoped(word, turn);
        }
        if ((phase_ & kStarted) == 0) {
            phase_ |= kStarted;
            root().resume();  // nothing can have been woken before
        } else if (Leaf* const first = take_inbox(leaves(word), turn)) {
            resume_leaf(*first);
        }
        if (const std::optional<AfterRun> after = end_turn(word, turn)) {
            return *after;
        }
    }
}

/// A turn of a task that was queued with a leaf, which is resumed first.
[[gnu::always_inline]] inline AfterRun TaskCore::run_leaf(Leaf& leaf, Turn& turn) noexcept {
    // Acquire pairs with every push and with `abort`.
    std::uintptr_t word = word_.load(std::memory_order_acquire);
    if ((phase_ & kScoped) != 0 || word != bits(State::Running)) [[unlikely]] {
        leaf.make_ready(turn.ready, nullptr);
        return go_on(word_.exchange(bits(State::Running), std::memory_order_acquire), turn);
    }
    resume_leaf(leaf);
    const std::optional<AfterRun> after = end_turn(word, turn);
    return after ? *after : go_on(word, turn);
}

[[gnu::always_inline]] inline AfterRun TaskCore::run_here(Runnable runnable, Context& context,
                                                          Turn& turn) noexcept {
    TaskCore& task = *runnable.task();
    context.task = &task;
    context.turn = &turn;
    context.budget = kBudget;
    const AfterRun after = runnable.is_task() ? task.run_turn(task.begin_run(), turn)
                                              : task.run_leaf(runnable.leaf(), turn);
    context.task = nullptr;
    return after;
}

}  // namespace edo::detail
