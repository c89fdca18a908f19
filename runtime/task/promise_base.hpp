// SPDX-License-Identifier: MIT
// The part of a coroutine's promise that does not depend on its result: its place in the tree of
// frames of one task.
//
// Frames are linked both ways. `up_` says who waits for the coroutine and what happens when it is
// done; `down_` says what it is waiting for. Upwards runs completion; downwards run destruction
// (iteratively, so that a chain of 100,000 frames needs no stack) and the async backtrace.
// All of it is touched only by the thread that holds the task's RUNNING state.
#pragma once

#include "edo/runtime/core/frame_pool.hpp"
#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/task/location.hpp"

#include <coroutine>
#include <cstdint>
#include <exception>
#include <utility>

namespace edo::detail {

class Branch;
class ForkBranch;
class ForkGroup;
class FrameScope;
class Group;
class PromiseBase;

/// A plain `co_await child`: lives in the parent's frame, owns the child's frame.
class Call {
public:
    explicit Call(PromiseBase* child) noexcept : child_(child) {}
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    ~Call();

    [[nodiscard]] PromiseBase* child() const noexcept { return child_; }

protected:
    /// Links parent and child; returns the child to run next.
    std::coroutine_handle<> enter(PromiseBase& parent) noexcept;

    /// Destroys the finished child at the end of a scope. That is before the end of the awaiting
    /// expression, which may suspend once more, or for good (`propagate`).
    class Leave {
    public:
        explicit Leave(Call& call) noexcept : call_(call) {}
        Leave(const Leave&) = delete;
        Leave& operator=(const Leave&) = delete;
        ~Leave();

    private:
        Call& call_;
    };

private:
    friend class FrameScope;
    friend class PromiseBase;
    friend void destroy_suspended_frames(PromiseBase& top) noexcept;

    PromiseBase* child_;
    PromiseBase* parent_ = nullptr;
};

/// Who waits for a coroutine: one word, a pointer tagged with what it points to.
class Up {
public:
    enum class To : std::uintptr_t {
        Nobody = 0,  ///< not started yet
        Call = 1,    ///< a parent frame
        Branch = 2,  ///< one branch of a join or select
        Task = 3,    ///< nobody: it is the root of a task
        Orphan = 4,  ///< nobody now: a branch that a `select` by reference left running in a task
        Scope = 5,   ///< a parent frame, by a call that runs its child in a scope
        Fork = 6,    ///< one child of a `fork_join` that runs in the same task
    };

    Up() = default;
    explicit Up(Call& call) noexcept : word_(tagged(&call, To::Call)) {}
    explicit Up(FrameScope& scope) noexcept : word_(tagged(&scope, To::Scope)) {}
    explicit Up(Branch& branch) noexcept : word_(tagged(&branch, To::Branch)) {}
    explicit Up(ForkBranch& branch) noexcept : word_(tagged(&branch, To::Fork)) {}
    explicit Up(TaskCore& task) noexcept : word_(tagged(&task, To::Task)) {}
    static Up orphan_of(TaskCore& task) noexcept {
        Up up;
        up.word_ = tagged(&task, To::Orphan);
        return up;
    }

    [[nodiscard]] To to() const noexcept { return To(word_ & kMask); }
    [[nodiscard]] Call& call() const noexcept { return *static_cast<Call*>(pointer()); }
    [[nodiscard]] FrameScope& scope() const noexcept {
        return *static_cast<FrameScope*>(pointer());
    }
    [[nodiscard]] Branch& branch() const noexcept { return *static_cast<Branch*>(pointer()); }
    [[nodiscard]] ForkBranch& fork() const noexcept { return *static_cast<ForkBranch*>(pointer()); }
    [[nodiscard]] TaskCore& task() const noexcept { return *static_cast<TaskCore*>(pointer()); }

private:
    static constexpr std::uintptr_t kMask = 7;
    static std::uintptr_t tagged(void* pointer, To to) noexcept {
        return reinterpret_cast<std::uintptr_t>(pointer) | std::uintptr_t(to);
    }
    [[nodiscard]] void* pointer() const noexcept { return reinterpret_cast<void*>(word_ & ~kMask); }

    std::uintptr_t word_ = 0;
};

/// What a suspended coroutine waits for, or that it has ended. Meaningful only while it is
/// suspended: each await overwrites it.
class Down {
public:
    Down() = default;
    explicit Down(PromiseBase& child) noexcept : word_(reinterpret_cast<std::uintptr_t>(&child)) {}
    explicit Down(Group& group) noexcept : word_(reinterpret_cast<std::uintptr_t>(&group) | 1) {}
    explicit Down(ForkGroup& fork) noexcept : word_(reinterpret_cast<std::uintptr_t>(&fork) | 4) {}

    /// The coroutine is over, by its end or by `propagate`; it waits for nothing.
    static Down end() noexcept {
        Down down;
        down.word_ = kEnd;
        return down;
    }

    [[nodiscard]] bool is_end() const noexcept { return word_ == kEnd; }
    /// Whether there is no frame below.
    [[nodiscard]] bool is_leaf_or_end() const noexcept { return (word_ & ~kEnd) == 0; }
    [[nodiscard]] PromiseBase* child() const noexcept {
        return (word_ & 7) == 0 ? reinterpret_cast<PromiseBase*>(word_) : nullptr;
    }
    [[nodiscard]] Group* group() const noexcept {
        return (word_ & 1) != 0 ? reinterpret_cast<Group*>(word_ - 1) : nullptr;
    }
    [[nodiscard]] ForkGroup* fork() const noexcept {
        return (word_ & 4) != 0 ? reinterpret_cast<ForkGroup*>(word_ - 4) : nullptr;
    }

private:
    static constexpr std::uintptr_t kEnd = 2;
    std::uintptr_t word_ = 0;
};

/// Runs when a coroutine body has ended: continues with whoever waits for it.
struct FinalAwaiter {
    FinalAwaiter() noexcept = default;  // not an aggregate: see docs/footguns.md on g++ 12
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> handle) noexcept {
        return handle.promise().complete();
    }
    void await_resume() const noexcept {}
};

class PromiseBase : public Pooled {
public:
    PromiseBase() = default;
    PromiseBase(const PromiseBase&) = delete;
    PromiseBase& operator=(const PromiseBase&) = delete;

    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
    [[nodiscard]] FinalAwaiter final_suspend() const noexcept { return {}; }

    /// The coroutine. All promises of edo derive from this class first and are at most 16-byte
    /// aligned, so the frame is at the same distance whatever the derived promise is.
    [[nodiscard]] std::coroutine_handle<PromiseBase> handle() noexcept {
        return std::coroutine_handle<PromiseBase>::from_promise(*this);
    }

    /// Records where the coroutine is about to wait. Whatever it waits for sets `down` afterwards.
    void at(Location location) noexcept {
        location_ = location;
        down_ = Down();
    }
    [[nodiscard]] Location location() const noexcept { return location_; }

    void set_up(Up up) noexcept { up_ = up; }
    [[nodiscard]] Up up() const noexcept { return up_; }
    void set_down(Down down) noexcept { down_ = down; }
    [[nodiscard]] Down down() const noexcept { return down_; }

    [[nodiscard]] bool is_started() const noexcept { return up_.to() != Up::To::Nobody; }
    [[nodiscard]] bool is_done() const noexcept { return down_.is_end(); }

    /// The frame directly above, or null at a root or an orphaned branch.
    [[nodiscard]] PromiseBase* parent() const noexcept;

    /// The coroutine is over; returns the one to continue with.
    std::coroutine_handle<> complete() noexcept;

    /// An exception has left the coroutine, which is about to complete.
    void tell_failure() noexcept;

private:
    std::coroutine_handle<> complete_part() noexcept;

    Up up_;
    Down down_;
    Location location_;
};

/// Whether the coroutine that suspends there belongs to edo, so that it can be walked.
[[nodiscard]] inline PromiseBase& promise_of(std::coroutine_handle<> handle) noexcept {
    return std::coroutine_handle<PromiseBase>::from_address(handle.address()).promise();
}

/// Of a coroutine that has not ended.
void destroy_suspended_frames(PromiseBase& top) noexcept;

/// Destroys a suspended (or finished, or never started) coroutine with everything it waits for,
/// from the innermost frame outwards, without recursion.
inline void destroy_frames(PromiseBase& top) noexcept {
    if (top.is_done()) {
        top.handle().destroy();
    } else {
        destroy_suspended_frames(top);
    }
}

inline Call::~Call() {
    if (child_ != nullptr) {
        destroy_frames(*child_);
    }
}

inline Call::Leave::~Leave() {
    destroy_frames(*std::exchange(call_.child_, nullptr));
}

inline std::coroutine_handle<> Call::enter(PromiseBase& parent) noexcept {
    const bool goes_on = child_->is_started();  // left running by a `select` by reference
    parent_ = &parent;
    parent.set_down(Down(*child_));
    child_->set_up(Up(*this));
    if (goes_on) {
        return std::noop_coroutine();
    }
    return child_->handle();
}

}  // namespace edo::detail
