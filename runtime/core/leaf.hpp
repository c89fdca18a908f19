// SPDX-License-Identifier: MIT
// The leaf: the one thing that a primitive (socket, timer, channel, join handle) may know of a
// suspended task.
//
// A leaf is embedded in an awaiter, hence in a coroutine frame. It is in one of three places:
//
//   idle      in no list. The frame runs, or has not suspended yet.
//   waiting   linked in a primitive's list, or published in its slot. `next_`, `prev_` and
//   `linked_`
//             belong to the primitive and are guarded by its lock.
//   woken     in its task's inbox, later in the ready list of the worker that runs the task.
//   `next_`
//             and `prev_` belong to the task.
//
// A waker takes the leaf out of the primitive's list and calls `wake()`, which pushes it to the
// task's inbox and schedules the task. It never resumes anything: only the thread that holds the
// task's RUNNING state resumes leaves or destroys frames. After `wake()` the leaf may already be
// gone; the waker must not touch it again.
//
// The destructor of every awaiter takes its leaf back: first from the primitive, under the
// primitive's lock; when it is no longer there, from the task, with `withdraw()`.
#pragma once

#include <coroutine>
#include <cstdint>

namespace edo::detail {

class TaskCore;
class LeafList;
class ReadyList;
class TaggedLeafList;
struct Turn;

class Leaf {
public:
    /// What the running worker does with a leaf that became ready.
    enum class Kind : std::uint8_t {
        Resume,  ///< resume `handle()`
        Hook,    ///< it is a `HookLeaf`: ask its hook
        Last,    ///< resume `handle()` when nothing else is ready, the one woken last first
    };

    Leaf() noexcept {}
    explicit Leaf(Kind kind) noexcept : kind_(kind) {}
    Leaf(const Leaf&) = delete;
    Leaf& operator=(const Leaf&) = delete;

    /// Binds the leaf to the running task and the coroutine that is about to suspend. Called by the
    /// thread that runs the task, before the leaf is published to any primitive.
    void bind(std::coroutine_handle<> handle) noexcept;

    /// Delivers the leaf to its task, exactly once a binding. Any thread.
    void wake() noexcept;

    /// Puts the leaf at the end of the running task's next turn: the task yields, then retries.
    /// Only the thread that runs the task.
    void wake_next_turn() noexcept;

    /// Makes a bound leaf ready in this very turn. Only the thread that runs the task.
    void make_ready(ReadyList& ready, Leaf* position) noexcept;

    /// Takes a leaf back that no primitive holds any more. Only the thread that runs the task. If a
    /// waker has claimed the leaf and not delivered it yet, waits for those few instructions.
    void withdraw() noexcept;

    /// Takes back the binding of a leaf that no primitive and no list holds.
    void unbind() noexcept { place_ = Place::Idle; }

    /// Whether the leaf was bound and has not been handed back to its coroutine since.
    [[nodiscard]] bool is_suspended() const noexcept { return place_ != Place::Idle; }

    /// Whether a primitive's list holds the leaf. Guarded by that primitive's lock.
    [[nodiscard]] bool is_linked() const noexcept { return linked_; }

    [[nodiscard]] std::coroutine_handle<> handle() const noexcept {
        return std::coroutine_handle<>::from_address(frame_);
    }
    [[nodiscard]] TaskCore& task() const noexcept { return *task_; }

private:
    friend class LeafList;
    friend class TaggedLeafList;
    friend class ReadyList;
    friend class TaskCore;

    /// `Bound` covers both "with a primitive" and "in the inbox": only a drained inbox tells.
    enum class Place : std::uint8_t { Idle, Bound, Ready, Last, NextTurn };

    // Without values until they are in use: one is made for each operation, and few wait.
    Leaf* next_;
    Leaf* prev_;
    TaskCore* task_;
    void* frame_;                // of the coroutine; a handle would begin as null
    Place place_ = Place::Idle;  // written only under the task's RUNNING state
    bool linked_ = false;        // guarded by the lock of the primitive that holds the leaf
    std::uint8_t tag_ = 0;       // the same: see `TaggedLeafList`

protected:
    Kind kind_ = Kind::Resume;
};

/// A leaf that wants to do something before its coroutine is resumed: typically to try the
/// operation again, because a wake-up is a hint and not a result.
class HookLeaf : public Leaf {
public:
    /// Returns the coroutine to resume now, or null when the leaf has suspended itself again (or
    /// is done with). Called under RUNNING, with the leaf idle but still bound.
    using Hook = std::coroutine_handle<> (*)(HookLeaf&) noexcept;

    explicit HookLeaf(Hook hook) noexcept : Leaf(Kind::Hook), hook_(hook) {}

    std::coroutine_handle<> run_hook() noexcept { return hook_(*this); }

    /// Makes an idle leaf wait again for the same coroutine and task as before.
    void rebind() noexcept { bind(handle()); }

protected:
    /// For the derived class, in what would be padding: leaves are part of each frame that waits.
    struct Room {
        Room() noexcept = default;
        std::int16_t number = 0;
        std::uint8_t kind = 0;
        std::uint8_t flags = 0;
    };
    Room room_;

    /// Before the leaf is bound.
    void set_hook(Hook hook) noexcept { hook_ = hook; }

private:
    Hook hook_;
};

/// A doubly linked list of waiting leaves, first in, first out. Guarded by its owner's lock.
class LeafList {
public:
    LeafList() = default;
    LeafList(const LeafList&) = delete;
    LeafList& operator=(const LeafList&) = delete;

    [[nodiscard]] bool empty() const noexcept { return head_ == nullptr; }
    [[nodiscard]] bool has_one() const noexcept { return head_ != nullptr && head_ == tail_; }
    [[nodiscard]] Leaf* front() const noexcept { return head_; }

    void push_back(Leaf& leaf) noexcept {
        leaf.linked_ = true;
        leaf.next_ = nullptr;
        leaf.prev_ = tail_;
        (tail_ != nullptr ? tail_->next_ : head_) = &leaf;
        tail_ = &leaf;
    }

    void remove(Leaf& leaf) noexcept {
        leaf.linked_ = false;
        (leaf.prev_ != nullptr ? leaf.prev_->next_ : head_) = leaf.next_;
        (leaf.next_ != nullptr ? leaf.next_->prev_ : tail_) = leaf.prev_;
    }

    Leaf* pop_front() noexcept {
        Leaf* const leaf = head_;
        if (leaf != nullptr) {
            remove(*leaf);
        }
        return leaf;
    }

    /// Takes all leaves out in order and wakes them. The lock stays held, which is what lets a
    /// destructor that no longer finds its leaf here rely on its delivery.
    void wake_all() noexcept {
        while (Leaf* const leaf = pop_front()) {
            leaf->wake();
        }
    }

private:
    Leaf* head_ = nullptr;
    Leaf* tail_ = nullptr;
};

/// The same for leaves that wait for several things, each tagged with its own. One word: the first
/// leaf knows the last one.
class TaggedLeafList {
public:
    TaggedLeafList() = default;
    TaggedLeafList(const TaggedLeafList&) = delete;
    TaggedLeafList& operator=(const TaggedLeafList&) = delete;

    void push_back(Leaf& leaf, std::uint8_t tag) noexcept {
        leaf.tag_ = tag;
        leaf.linked_ = true;
        leaf.next_ = nullptr;
        if (head_ == nullptr) {
            head_ = &leaf;
        } else {
            leaf.prev_ = head_->prev_;
            leaf.prev_->next_ = &leaf;
        }
        head_->prev_ = &leaf;
    }

    void remove(Leaf& leaf) noexcept {
        leaf.linked_ = false;
        (&leaf != head_ ? leaf.prev_->next_ : head_) = leaf.next_;
        if (Leaf* const behind = leaf.next_ != nullptr ? leaf.next_ : head_) {
            behind->prev_ = leaf.prev_;
        }
    }

    /// Takes those with that tag out in order and wakes them, under the lock; see
    /// `LeafList::wake_all`.
    void wake(std::uint8_t tag) noexcept {
        for (Leaf* leaf = head_; leaf != nullptr;) {
            Leaf* const next = leaf->next_;
            if (leaf->tag_ == tag) {
                remove(*leaf);
                leaf->wake();
            }
            leaf = next;
        }
    }
    void wake_all() noexcept {
        while (Leaf* const leaf = head_) {
            remove(*leaf);
            leaf->wake();
        }
    }

    [[nodiscard]] bool has(std::uint8_t tag) const noexcept {
        const Leaf* leaf = head_;
        while (leaf != nullptr && leaf->tag_ != tag) {
            leaf = leaf->next_;
        }
        return leaf != nullptr;
    }

private:
    Leaf* head_ = nullptr;
};

/// Leaves of the task that this thread runs, in the order in which they are resumed. Lives on the
/// stack of `TaskCore::run`; touched by the running thread only.
class ReadyList {
public:
    [[nodiscard]] bool empty() const noexcept { return head_ == nullptr; }
    [[nodiscard]] Leaf* front() const noexcept { return head_; }
    [[nodiscard]] bool has_one() const noexcept { return head_ != nullptr && head_ == tail_; }
    [[nodiscard]] static Leaf* next(const Leaf& leaf) noexcept { return leaf.next_; }

    void push_back(Leaf& leaf) noexcept { insert(leaf, nullptr); }
    void push_front(Leaf& leaf) noexcept { insert(leaf, head_); }

    /// Inserts before `position`; null means at the end.
    void insert(Leaf& leaf, Leaf* position) noexcept {
        Leaf* const before = position != nullptr ? position->prev_ : tail_;
        leaf.next_ = position;
        leaf.prev_ = before;
        (before != nullptr ? before->next_ : head_) = &leaf;
        (position != nullptr ? position->prev_ : tail_) = &leaf;
    }

    void remove(Leaf& leaf) noexcept {
        (leaf.prev_ != nullptr ? leaf.prev_->next_ : head_) = leaf.next_;
        (leaf.next_ != nullptr ? leaf.next_->prev_ : tail_) = leaf.prev_;
    }

private:
    Leaf* head_ = nullptr;
    Leaf* tail_ = nullptr;
};

inline void Leaf::make_ready(ReadyList& ready, Leaf* position) noexcept {
    place_ = Place::Ready;
    ready.insert(*this, position);
}

/// One turn of a task.
struct Turn {
    ReadyList ready;  ///< to be resumed now
    /// To be resumed when nothing is ready any more. Of two deadlines that pass at once the later
    /// one goes first: when timeouts are nested, that is the inner one.
    ReadyList last;
    ReadyList next_turn;  ///< asked for the next turn
    /// What was left of the budget when an `unconstrained` part of the task took over.
    std::uint32_t kept_budget;

    /// The one leaf of a task that has yielded. It stays marked as waiting for the next turn.
    Leaf& take_yielded() noexcept {
        Leaf& leaf = *next_turn.front();
        next_turn = ReadyList();
        return leaf;
    }
};

}  // namespace edo::detail
