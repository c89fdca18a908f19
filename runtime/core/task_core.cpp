// SPDX-License-Identifier: MIT
#include "edo/runtime/core/task_core.hpp"

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/core/task_extras.hpp"
#include "edo/runtime/core/task_turn.hpp"

#include <utility>

namespace edo::detail {

// ---- leaves ------------------------------------------------------------------------------------

void Leaf::bind(std::coroutine_handle<> handle) noexcept {
    task_ = tls_context.task;
    frame_ = handle.address();
    place_ = Place::Bound;
}

void Leaf::wake() noexcept {
    task_->push(*this);
}

void Leaf::wake_next_turn() noexcept {
    place_ = Place::NextTurn;
    tls_context.turn->next_turn.push_back(*this);
}

void Leaf::withdraw() noexcept {
    Turn& turn = *tls_context.turn;
    for (unsigned round = 0; place_ == Place::Bound; ++round) {
        task_->drain_inbox(turn);
        if (place_ == Place::Bound) {
            spin_wait(round);  // claimed by a waker that is between its claim and its push
        }
    }
    ReadyList& other = place_ == Place::Last ? turn.last : turn.next_turn;
    (place_ == Place::Ready ? turn.ready : other).remove(*this);
    place_ = Place::Idle;
}

// ---- waking ------------------------------------------------------------------------------------

/// Idle becomes Running, if the owner's queue takes leaves: then the caller must put one into it.
inline bool TaskCore::try_hand_over() noexcept {
    std::uintptr_t word = word_.load(std::memory_order_relaxed);
    // Acquire pairs with the end of the last turn: who queues the task may use its links. The leaf,
    // and what the waker did before, go with the entry of the queue, which hands them over.
    return word == bits(State::Idle) && (owner_ & kTakesLeaves) != 0 &&
           word_.compare_exchange_strong(word, bits(State::Running), std::memory_order_acquire,
                                         std::memory_order_relaxed);
}

void TaskCore::push(std::span<Leaf*> leaves) noexcept {
    std::size_t pending = 0;
    TaskOwner* owner = nullptr;
    const auto flush = [&] {
        if (pending > 0) {
            owner->schedule_woken(std::span<Leaf* const>(leaves.data(), pending));
            pending = 0;
        }
    };
    for (Leaf* const leaf : leaves) {
        TaskCore& task = leaf->task();
        if (!task.try_hand_over()) {
            flush();
            task.push(*leaf);
            continue;
        }
        if (&task.first_owner() != owner) {
            flush();
            owner = &task.first_owner();
        }
        leaves[pending++] = leaf;  // in the room of those that were looked at
    }
    flush();
}

void TaskCore::push(Leaf& leaf) noexcept {
    if (try_hand_over()) {
        first_owner().schedule_woken(leaf);
        return;
    }
    std::uintptr_t word = word_.load(std::memory_order_relaxed);
    for (;;) {
        leaf.next_ = leaves(word);
        const bool idle = (word & kStateMask) == bits(State::Idle);
        const std::uintptr_t flags =
            idle ? (word & kCancel) | bits(State::Scheduled) : word & kFlags;
        // Release publishes the leaf, and what the waker did before, to the acquire that takes the
        // inbox. The swap continues the release sequence of earlier pushes and of the last `run`.
        // Acquire pairs with the end of that run: whoever takes an idle task over uses its links.
        if (word_.compare_exchange_weak(word, reinterpret_cast<std::uintptr_t>(&leaf) | flags,
                                        std::memory_order_acq_rel, std::memory_order_relaxed)) {
            if (idle) {
                first_owner().schedule(*this);
            }
            return;
        }
    }
}

void TaskCore::abort() noexcept {
    std::uintptr_t word = word_.load(std::memory_order_relaxed);
    for (;;) {
        const auto state = State(word & kStateMask);
        if (state == State::Complete || (word & kCancel) != 0) {
            return;
        }
        std::uintptr_t next = word | kCancel;
        if (state == State::Idle) {
            next = (next & ~kStateMask) | bits(State::Scheduled);
        }
        if (word_.compare_exchange_weak(word, next, std::memory_order_acq_rel,
                                        std::memory_order_relaxed)) {
            if (state == State::Idle) {
                first_owner().schedule(*this);
            }
            return;
        }
    }
}

// ---- running -----------------------------------------------------------------------------------

void TaskCore::leave_detached() noexcept {
    word_.store(bits(State::Complete), std::memory_order_release);  // as in `finish`
    first_owner().forget(*this);
    release_detached();
}

/// An inspector holds the Scheduled task as Running. Gives back what was taken by mistake, waits
/// for the inspector to make the task Scheduled again, and takes it properly (or finds the next
/// inspector). The leaves stay Bound and are only linked anew: the inspector may be destroying
/// them, and waits in `withdraw` until they are back.
[[gnu::noinline]] std::uintptr_t TaskCore::wait_for_inspector(std::uintptr_t taken) noexcept {
    if ((taken & kCancel) != 0) {
        word_.fetch_or(kCancel, std::memory_order_relaxed);
    }
    // Oldest first, as they came; leaves pushed since come before them, which only changes their
    // order.
    Leaf* oldest = nullptr;
    for (Leaf* leaf = leaves(taken); leaf != nullptr;) {
        Leaf* const older = leaf->next_;
        leaf->next_ = oldest;
        oldest = leaf;
        leaf = older;
    }
    while (oldest != nullptr) {
        Leaf* const newer = oldest->next_;  // read first: once pushed the leaf may be gone
        push(*oldest);
        oldest = newer;
    }
    for (unsigned round = 0; state() != State::Scheduled; ++round) {
        spin_wait(round);
    }
    return begin_run();
}

void TaskCore::append_inbox(ReadyList& ready, Leaf* newest) noexcept {
    Leaf* position =
        nullptr;  // the chain is newest first: each goes before the one taken before it
    while (newest != nullptr) {
        Leaf* const older = newest->next_;
        newest->place_ = Leaf::Place::Ready;
        ready.insert(*newest, position);
        position = newest;
        newest = older;
    }
}

void TaskCore::drain_inbox(Turn& turn) noexcept {
    append_inbox(turn.ready, leaves(word_.fetch_and(kFlags, std::memory_order_acquire)));
}

/// Takes out the ready leaf that goes first; null when there is none.
inline Leaf* TaskCore::next_ready(Turn& turn) noexcept {
    while (!turn.ready.empty()) {
        Leaf& leaf = phase_ < kPriorityGroup ? *turn.ready.front() : choose(turn.ready);
        turn.ready.remove(leaf);
        if (leaf.kind_ != Leaf::Kind::Last) {
            return &leaf;
        }
        leaf.place_ = Leaf::Place::Last;
        turn.last.push_front(leaf);
    }
    Leaf* const last = turn.last.front();
    if (last != nullptr) {
        turn.last.remove(*last);
    }
    return last;
}

/// Resumes what is ready, and what becomes ready by it, until the root ends or the task becomes a
/// scoped one.
[[gnu::noinline]] void TaskCore::resume_ready(Turn& turn) noexcept {
    while ((phase_ & (kScoped | kOver)) == 0) {
        Leaf* const leaf = next_ready(turn);
        if (leaf == nullptr) {
            return;
        }
        resume_leaf(*leaf);
    }
}

/// The same for a task in which scopes are, or have been: each leaf may be in another one.
inline void TaskCore::resume_scoped(Turn& turn) noexcept {
    while ((phase_ & kOver) == 0) {
        Leaf* const leaf = next_ready(turn);
        if (leaf == nullptr) {
            return;
        }
        enter_scope(leaf);
        resume_leaf(*leaf);
    }
}

/// Destroys the frames of a task that was aborted.
[[gnu::noinline]] AfterRun TaskCore::destroy_cancelled(Leaf* newest, Turn& turn) noexcept {
    append_inbox(turn.ready, newest);
    if (!is_gone()) {  // else `destroy_taken` came first
        enter_scope(nullptr);
        cancel();
        tls_context.scope = nullptr;
    }
    finish(Outcome::Cancelled);
    return AfterRun::Parked;
}

/// A turn that goes on after its beginning.
[[gnu::noinline]] AfterRun TaskCore::go_on(std::uintptr_t word, Turn& turn) noexcept {
    return run_turn(word, turn);
}

AfterRun TaskCore::run(Runnable runnable, Context& context, Turn& turn) noexcept {
    return run_here(runnable, context, turn);
}

AfterRun TaskCore::run(Context& context, Turn& turn) noexcept {
    const AfterRun after = run(Runnable(*this), context, turn);
    if (after != AfterRun::Yielded) {
        return after;
    }
    push_next_turn(turn);
    return AfterRun::Reschedule;
}

/// The rest of a turn in which the task is, or has become, a scoped one.
[[gnu::noinline]] AfterRun TaskCore::run_scoped(std::uintptr_t word, Turn& turn) noexcept {
    for (;;) {
        if ((word & kCancel) != 0) {
            return destroy_cancelled(leaves(word), turn);
        }
        append_inbox(turn.ready, leaves(word));
        if ((phase_ & kStarted) == 0) {
            phase_ |= kStarted;
            enter_scope(nullptr);
            root().resume();
        }
        resume_scoped(turn);
        if ((phase_ & kOver) != 0) {
            enter_scope(nullptr);  // for what is destroyed with the root
            const Outcome outcome = collect();
            tls_context.scope = nullptr;
            finish(outcome);
            return AfterRun::Parked;
        }
        tls_context.scope = nullptr;
        if (!turn.next_turn.empty()) {
            push_next_turn(turn);
            return AfterRun::Reschedule;
        }
        if (park(word)) {
            return AfterRun::Parked;
        }
    }
}

/// Running becomes Scheduled, with the leaves that asked for another turn in the inbox.
void TaskCore::push_next_turn(Turn& turn) noexcept {
    // Where branches have used the budget up, the one that went first goes last in the next turn:
    // else it would use it up again, and leave the others one operation a turn.
    if (tls_context.budget == 0 && !turn.next_turn.has_one()) {
        Leaf& first = *turn.next_turn.front();
        turn.next_turn.remove(first);
        turn.next_turn.push_back(first);
    }
    Leaf* newest = nullptr;
    Leaf* oldest = nullptr;
    while (Leaf* const leaf = turn.next_turn.front()) {
        turn.next_turn.remove(*leaf);
        leaf->place_ = Leaf::Place::Bound;
        leaf->next_ = newest;
        newest = leaf;
        oldest = oldest != nullptr ? oldest : leaf;
    }
    push_next_turn(*newest, *oldest);
}

void TaskCore::push_next_turn(Leaf& newest, Leaf& oldest) noexcept {
    newest.place_ = Leaf::Place::Bound;
    std::uintptr_t word = bits(State::Running);
    for (;;) {
        oldest.next_ = leaves(word);
        const std::uintptr_t flags = (word & kCancel) | bits(State::Scheduled);
        if (word_.compare_exchange_weak(word, reinterpret_cast<std::uintptr_t>(&newest) | flags,
                                        std::memory_order_release, std::memory_order_relaxed)) {
            return;
        }
    }
}

void TaskCore::destroy_taken(State before) noexcept {
    {
        const ContextScope scope;
        Turn turn;
        Context& c = tls_context;
        c.task = this;
        c.turn = &turn;
        c.budget = kBudget;
        c.worker = nullptr;  // it must not be given away in here, only to be put back afterwards
        drain_inbox(turn);
        enter_scope(nullptr);
        cancel();
    }
    if (before == State::Idle) {
        finish(Outcome::Cancelled);
    } else {
        mark_cancelled();
        end_inspection(before);
    }
}

// ---- inspection --------------------------------------------------------------------------------

bool TaskCore::begin_inspection(State& state) noexcept {
    std::uintptr_t word = word_.load(std::memory_order_relaxed);
    for (;;) {
        state = State(word & kStateMask);
        if (state == State::Running || state == State::Complete) {
            return false;
        }
        const std::uintptr_t next = (word & ~kStateMask) | bits(State::Running);
        if (word_.compare_exchange_weak(word, next, std::memory_order_acquire,
                                        std::memory_order_relaxed)) {
            return true;
        }
    }
}

void TaskCore::end_inspection(State state) noexcept {
    std::uintptr_t word = word_.load(std::memory_order_relaxed);
    std::uintptr_t next = 0;
    bool wake = false;
    do {
        // Leaves or an abort that came in the meantime saw Running and left the queueing to us.
        wake = state == State::Idle && (word & ~kStateMask) != 0;
        const State after = wake ? State::Scheduled : state;
        next = (word & ~kStateMask) | bits(after);
    } while (!word_.compare_exchange_weak(word, next, std::memory_order_release,
                                          std::memory_order_relaxed));
    if (wake) {
        first_owner().schedule(*this);
    }
}

}  // namespace edo::detail
