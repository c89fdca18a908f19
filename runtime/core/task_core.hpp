// SPDX-License-Identifier: MIT
// The state machine of a spawned task: who may run it, and which of its leaves are ready.
//
// One atomic word holds both. Its low bits are a state and the cancel flag, the rest is the head of
// the inbox, a stack of woken leaves:
//
//     Idle       suspended; in no queue. Whoever wakes it makes it Scheduled and queues it.
//     Scheduled  woken, and in exactly one queue, or in the hands of the thread that is about to
//     run
//                it.
//     Running    one thread holds it. Only that thread resumes or destroys its coroutines, or
//                touches the lists of its leaves: Running works as a lock around the task. A queue
//                can hold it as well: a task that is new, has yielded, or was woken while it was
//                idle, is Running in a queue and begins its turn without a read-modify-write. The
//                queue hands it over.
//     Complete   its frames are gone; nothing can wake it any more.
//
// A wake-up is one compare-and-swap. Where the owner's queue takes leaves, Idle becomes Running,
// and the leaf itself is the entry of the queue. Else, and when the task is not idle, the leaf is
// pushed, and Idle becomes Scheduled with it. No reference count is needed for it: a leaf lives in
// a frame of the task, so as long as it is registered anywhere the task is not complete; and
// whoever changed the state owns its place in the queue.
#pragma once

#include "edo/runtime/core/join_core.hpp"
#include "edo/runtime/core/leaf.hpp"

#include <array>
#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace edo::detail {

struct Context;
class AwaitScope;
class Runnable;
class ScopeChild;
class TaskCore;
class TaskExtras;

/// Who queues a task and keeps it in its list of live tasks.
class TaskOwner {
public:
    /// Queues a task that has just become Scheduled. Any thread.
    virtual void schedule(TaskCore& task) noexcept = 0;
    /// Queues the leaf of a task that has just become Running in the hands of the caller. Any
    /// thread; only for an owner that takes leaves.
    virtual void schedule_woken(Leaf& /*leaf*/) noexcept {}
    /// The same for several, in this order.
    virtual void schedule_woken(std::span<Leaf* const> leaves) noexcept {
        for (Leaf* const leaf : leaves) {
            schedule_woken(*leaf);
        }
    }
    /// Whether its queues have entries for leaves (see `Runnable`), and hand over what the caller
    /// has done before to whoever takes the entry out.
    [[nodiscard]] bool takes_leaves() const noexcept { return takes_leaves_; }
    /// A task with `set_unlisted`, which runs on this thread, is about to wait for the first time.
    virtual void enlist(TaskCore& /*task*/) noexcept {}
    /// The task is complete: takes it off the list of live tasks.
    virtual void forget(TaskCore& task) noexcept = 0;
    /// Whether its tasks stay on one thread for as long as that thread drives them.
    [[nodiscard]] virtual bool keeps_thread() const noexcept { return false; }

protected:
    explicit TaskOwner(bool takes_leaves = false) noexcept : takes_leaves_(takes_leaves) {}
    ~TaskOwner() = default;

private:
    const bool takes_leaves_;
};

/// What the caller of `TaskCore::run` must do with the task now.
enum class [[nodiscard]] AfterRun : std::uint8_t {
    Parked,      ///< nothing; the task may be run elsewhere already, or be gone
    Reschedule,  ///< it is Scheduled: put it at the end of a queue
    Yielded,     ///< it is Running: put `Turn::take_yielded` at the end of a queue
};

class TaskCore : public JoinCore {
public:
    /// The state as an observer sees it (for dumps and tests).
    enum class State : std::uint8_t { Idle = 0, Scheduled = 1, Running = 2, Complete = 3 };

    /// Runs one turn: resumes what is ready, or destroys the task if it was aborted. The caller has
    /// taken the task out of a queue. `context` is the calling thread's; `turn` is empty, and will
    /// be again. Never `Yielded`.
    AfterRun run(Context& context, Turn& turn) noexcept;

    /// The same for a queue of `Runnable`s.
    static AfterRun run(Runnable runnable, Context& context, Turn& turn) noexcept;
    /// The same, inlined: see core/task_turn.hpp.
    static AfterRun run_here(Runnable runnable, Context& context, Turn& turn) noexcept;

    /// The task may be taken out of the hands of a queue by `try_take`: it is Scheduled there,
    /// never Running. Before it is queued for the first time.
    void make_takable() noexcept {
        phase_ |= kTakable;
        owner_ &= ~kTakesLeaves;  // a leaf would make it Running in the queue
        word_.store(bits(State::Scheduled), std::memory_order_relaxed);
    }

    /// Asks for cancellation; an idle task is scheduled, so that its owner destroys it.
    void abort() noexcept override;

    /// A part of the task, which is running, has begun to run in a scope.
    void set_scoped() noexcept {
        phase_ |= (phase_ & (kStarted | kOver)) == kStarted ? kScoped : 0;
    }

    /// Whether a part of it runs, or has run, in a scope.
    [[nodiscard]] bool is_scoped() const noexcept {
        return (phase_ & (kStarted | kScoped | kOver)) == (kStarted | kScoped);
    }

    /// Calls `look(state, task)` while no other thread can run the task, unless it is running now.
    /// Used by dumps. A task that is Running in a queue counts as running.
    template <class Look>
    void inspect(Look&& look);

    /// Asks for cancellation as `abort` does, but queues nothing: for a caller that then takes the
    /// task, or waits until the thread that runs it has destroyed it.
    void mark_cancelled() noexcept { word_.fetch_or(kCancel, std::memory_order_relaxed); }

    /// Makes the task, idle or Scheduled, Running in the hands of this thread, as an inspector
    /// does. False while another thread runs it, and when it is complete.
    [[nodiscard]] bool try_take(State& before) noexcept { return begin_inspection(before); }

    /// Destroys the coroutines of a task that `try_take` has taken, on this thread, which may be in
    /// the middle of another task's turn. An idle task is complete then, and its cell perhaps gone.
    /// One that is in a queue stays there, without coroutines: whoever takes it out completes it.
    void destroy_taken(State before) noexcept;

    /// The task as a child of a `scope`, if it is one.
    [[nodiscard]] virtual ScopeChild* scope_child() noexcept { return nullptr; }

    [[nodiscard]] State state() const noexcept {
        return State(word_.load(std::memory_order_acquire) & kStateMask);
    }

    /// For the leaves of this task: push to the inbox, schedule if idle. Any thread.
    void push(Leaf& leaf) noexcept;
    /// The same for leaves of several tasks, in this order. Uses the room of the list.
    static void push(std::span<Leaf*> leaves) noexcept;
    /// Moves the inbox to the ready list of the running turn. Only the running thread.
    void drain_inbox(Turn& turn) noexcept;

    /// The root coroutine has ended; called while the task runs.
    void set_root_done() noexcept { phase_ |= kOver; }

    /// Counts the `biased` groups in progress: with one, the order of resumption matters. A task
    /// that had very many at once is taken to have some for ever.
    void add_priority_group() noexcept {
        if (phase_ < kManyPriorityGroups) {
            phase_ += kPriorityGroup;
        }
    }
    void remove_priority_group() noexcept {
        if (phase_ < kManyPriorityGroups) {
            phase_ -= kPriorityGroup;
        }
    }

    /// Who queues and lists the task, whatever stands in front.
    [[nodiscard]] TaskOwner& owner() const noexcept;

    /// Gives the task, which is not queued yet, a name and inherited values.
    void set_extras(std::unique_ptr<TaskExtras> extras) noexcept;
    /// The innermost inherited value; null without any.
    [[nodiscard]] AwaitScope* inherited() const noexcept;
    [[nodiscard]] TaskName name() const noexcept override;
    /// Null for a task without.
    [[nodiscard]] TaskExtras* extras() const noexcept;

    /// Which of its owner's lists holds the task; up to the owner.
    [[nodiscard]] std::uint8_t list() const noexcept { return list_; }
    void set_list(std::uint8_t list) noexcept { list_ = list; }
    /// No list holds the task: as long as it does not wait, it is in a queue or runs, and many
    /// tasks never wait.
    void set_unlisted() noexcept { list_ = kUnlisted; }
    [[nodiscard]] bool is_unlisted() const noexcept { return list_ == kUnlisted; }
    static constexpr std::uint8_t kUnlisted = 255;
    /// The root of `block_on`, which is nobody's but its thread's.
    void set_private() noexcept { list_ = kPrivate; }
    [[nodiscard]] bool is_private() const noexcept { return list_ == kPrivate; }
    static constexpr std::uint8_t kPrivate = 254;

private:
    // First, beside what the base has: each turn needs these, and of many tasks each line of memory
    // that a turn touches is in no cache.
    std::atomic<std::uintptr_t> word_{std::uintptr_t(State::Running)};
    std::uintptr_t owner_;  // or the extras in front of it; and `kTakesLeaves`

public:
    /// Link of the queue that holds the task while Scheduled.
    [[nodiscard]] TaskCore*& queue_next() noexcept { return room_.words.queue_next; }

private:
    /// What is needed until the coroutines are gone, and where a small result is kept afterwards.
    struct Words {
        TaskCore* queue_next = nullptr;
        std::coroutine_handle<> root;
    };
    union Room {
        Room() noexcept : words() {}
        Words words;
        alignas(alignof(Words)) std::array<std::byte, sizeof(Words)> result;
    };
    Room room_;

public:
    // Links of its owner's list.
    TaskCore* owned_next = nullptr;
    TaskCore* owned_prev = nullptr;

protected:
    explicit TaskCore(TaskOwner& owner) noexcept
        : owner_(reinterpret_cast<std::uintptr_t>(&owner) |
                 (owner.takes_leaves() ? kTakesLeaves : 0)) {}

    /// Whether `collect` or `cancel` has destroyed the coroutines. Only who holds Running, or, when
    /// the task is over, anybody.
    [[nodiscard]] virtual bool is_gone() const noexcept = 0;

    /// Whether `collect` has put the result where the coroutine was.
    [[nodiscard]] bool is_collected() const noexcept { return (phase_ & kCollected) != 0; }
    void set_collected() noexcept { phase_ |= kCollected; }

    /// For the derived class: the root coroutine, if it has any; until `result_room` is used.
    [[nodiscard]] std::coroutine_handle<>& root() noexcept { return room_.words.root; }
    [[nodiscard]] std::coroutine_handle<> root() const noexcept { return room_.words.root; }
    /// For a result of that size. The task runs, and has no coroutine any more.
    static constexpr std::size_t kResultRoom = sizeof(Words);
    [[nodiscard]] void* result_room() noexcept { return room_.result.data(); }
    [[nodiscard]] const void* result_room() const noexcept { return room_.result.data(); }

    /// Moves the result of the finished root aside and destroys the coroutine with all it owns.
    virtual Outcome collect() noexcept = 0;
    /// The same for a detached task whose root has not failed, with its result, and then calls
    /// `leave_detached`. False: it is one for `collect`.
    virtual bool end_detached() noexcept { return false; }
    /// Its coroutine is destroyed: that was the task, which may be gone afterwards.
    void leave_detached() noexcept;
    /// Destroys the unfinished coroutine and all that it is waiting for, innermost frame first.
    /// Does not touch `phase_`, which a worker may be looking at that waits for the inspector.
    virtual void cancel() noexcept = 0;
    /// Which ready leaf goes first when a `biased` group is in progress.
    [[nodiscard]] virtual Leaf& choose(const ReadyList& ready) const noexcept = 0;
    /// Makes the scope of what is about to be resumed, or destroyed, the current one: of the leaf's
    /// coroutine, or, for null, of the root. Only tasks with coroutines have scopes.
    virtual void enter_scope(const Leaf* /*leaf*/) noexcept {}

private:
    static constexpr std::uintptr_t kStateMask = 3;
    static constexpr std::uintptr_t kCancel = 4;
    static constexpr std::uintptr_t kFlags = kStateMask | kCancel;
    static constexpr std::uintptr_t kTakesLeaves = 1;  // of `owner_`

    // The bits of `phase_`, which is changed by the thread that holds the task, or before it is
    // queued.
    static constexpr std::uint8_t kStarted = 1;  // the root coroutine was resumed once
    // Some of it may run in a scope, which each resumption must enter; at first: it inherits values
    static constexpr std::uint8_t kScoped = 2;
    static constexpr std::uint8_t kOver = 4;       // the root coroutine has ended
    static constexpr std::uint8_t kCollected = 8;  // the result is where the coroutine was
    static constexpr std::uint8_t kTakable = 16;   // see `make_takable`
    // From here on the bits count the `biased` groups.
    static constexpr std::uint8_t kPriorityGroup = 32;
    static constexpr std::uint8_t kManyPriorityGroups = 7 * kPriorityGroup;

    [[nodiscard]] static std::uintptr_t bits(State state) noexcept { return std::uintptr_t(state); }
    [[nodiscard]] static Leaf* leaves(std::uintptr_t word) noexcept {
        return reinterpret_cast<Leaf*>(word & ~kFlags);
    }

    /// The owner, or what stands in front of it.
    [[nodiscard]] TaskOwner& first_owner() const noexcept {
        return *reinterpret_cast<TaskOwner*>(owner_ & ~kTakesLeaves);
    }
    [[nodiscard]] bool try_hand_over() noexcept;
    std::uintptr_t begin_run() noexcept;
    std::uintptr_t wait_for_inspector(std::uintptr_t taken) noexcept;
    static void append_inbox(ReadyList& ready, Leaf* newest) noexcept;
    void resume_leaf(Leaf& leaf) noexcept;
    [[nodiscard]] static Leaf* take_inbox(Leaf* newest, Turn& turn) noexcept;
    void resume_ready(Turn& turn) noexcept;
    void resume_scoped(Turn& turn) noexcept;
    [[nodiscard]] Leaf* next_ready(Turn& turn) noexcept;
    AfterRun destroy_cancelled(Leaf* newest, Turn& turn) noexcept;
    std::optional<AfterRun> end_turn(std::uintptr_t& word, Turn& turn) noexcept;
    AfterRun run_turn(std::uintptr_t word, Turn& turn) noexcept;
    AfterRun run_leaf(Leaf& leaf, Turn& turn) noexcept;
    AfterRun go_on(std::uintptr_t word, Turn& turn) noexcept;
    AfterRun run_scoped(std::uintptr_t word, Turn& turn) noexcept;
    [[nodiscard]] bool park(std::uintptr_t& word) noexcept;
    friend class Runnable;
    void push_next_turn(Turn& turn) noexcept;
    void push_next_turn(Leaf& newest, Leaf& oldest) noexcept;
    void complete() noexcept;
    void finish(Outcome outcome) noexcept;
    void drop_extras() noexcept override;
    bool begin_inspection(State& state) noexcept;
    void end_inspection(State state) noexcept;
};

/// An entry of a run queue: a task; or the leaf that a task is resumed with, which has yielded or
/// was woken while it was idle: it is Running in the hands of the queue. Or nothing.
class Runnable {
public:
    Runnable() = default;
    Runnable(TaskCore& task) noexcept : word_(reinterpret_cast<std::uintptr_t>(&task)) {}
    explicit Runnable(Leaf& leaf) noexcept
        : word_(reinterpret_cast<std::uintptr_t>(&leaf) | kLeaf) {}

    [[nodiscard]] bool is_task() const noexcept { return (word_ & kLeaf) == 0; }
    [[nodiscard]] Leaf& leaf() const noexcept { return *reinterpret_cast<Leaf*>(word_ - kLeaf); }
    /// Null for nothing.
    [[nodiscard]] TaskCore* task() const noexcept {
        return is_task() ? reinterpret_cast<TaskCore*>(word_) : &leaf().task();
    }
    /// The task alone, with the leaf in its inbox: for queues that link tasks.
    [[nodiscard]] TaskCore& to_task() const noexcept {
        if (!is_task()) {
            task()->push_next_turn(leaf(), leaf());
        }
        return *task();
    }

    /// A hint to the processor: the task, or the leaf with what lies in front of it in its frame.
    void prefetch() const noexcept {
        const std::uintptr_t at = word_ - (word_ & kLeaf) * (kLeaf + kBeforeLeaf);
        __builtin_prefetch(reinterpret_cast<const void*>(at));
        __builtin_prefetch(reinterpret_cast<const void*>(at + 64));
    }

    explicit operator bool() const noexcept { return word_ != 0; }

private:
    static constexpr std::uintptr_t kLeaf = 1;
    static constexpr std::uintptr_t kBeforeLeaf = 48;  // the promise, in a small frame
    std::uintptr_t word_ = 0;
};

template <class Look>
void TaskCore::inspect(Look&& look) {
    State state{};
    const bool held = begin_inspection(state);
    struct End {  // `look` may throw, and the task must not stay taken
        TaskCore* inspected;
        State before;
        ~End() {
            if (inspected != nullptr) {
                inspected->end_inspection(before);
            }
        }
    } const end{held ? this : nullptr, state};
    look(state, *this);
}

}  // namespace edo::detail
