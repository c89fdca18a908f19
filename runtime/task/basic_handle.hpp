// SPDX-License-Identifier: MIT
// What `JoinHandle` and `ScopedHandle` are made of: the owner of a task's result, and the wait for
// it.
//
// Handle and wait know each other, because either may go first: a branch of a task may move or drop
// the handle that another branch awaits. The wait then goes along, or fails. Both belong to the
// task that awaits, so its RUNNING guards the links.
#pragma once

#include "edo/runtime/core/join_core.hpp"
#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/join_error.hpp"
#include "edo/runtime/task/promise.hpp"

#include <utility>

namespace edo::detail {

class HandleWait;

/// What the wait sees of the handle.
class AwaitedHandle {
public:
    AwaitedHandle() noexcept = default;
    AwaitedHandle(AwaitedHandle&& other) noexcept { take_wait(other); }
    AwaitedHandle& operator=(AwaitedHandle&&) = delete;

protected:
    ~AwaitedHandle() = default;

    inline void take_wait(AwaitedHandle& other) noexcept;

    HandleWait* wait_ = nullptr;

private:
    friend class HandleWait;
};

/// The wait for a task through a handle.
class HandleWait : public HookLeaf {
public:
    HandleWait(Hook hook, AwaitedHandle& owner) noexcept : HookLeaf(hook), owner_(&owner) {
        owner.wait_ = this;
    }

protected:
    ~HandleWait() {
        if (owner_ != nullptr) {
            owner_->wait_ = nullptr;
        }
    }

    /// The handle has let its task go, and perhaps is gone itself.
    [[nodiscard]] bool is_abandoned() const noexcept { return owner_ == nullptr; }
    void leave_owner() noexcept { std::exchange(owner_, nullptr)->wait_ = nullptr; }
    /// @throws UsageError if it is abandoned.
    [[nodiscard]] AwaitedHandle& owner() const {
        if (owner_ == nullptr) {
            throw_abandoned();
        }
        return *owner_;
    }

private:
    friend class AwaitedHandle;

    [[noreturn]] static void throw_abandoned();

    AwaitedHandle* owner_;
};

inline void AwaitedHandle::take_wait(AwaitedHandle& other) noexcept {
    wait_ = std::exchange(other.wait_, nullptr);
    if (wait_ != nullptr) {
        wait_->owner_ = this;
    }
}

/// @throws UsageError, which says why the handle cannot be used.
[[noreturn]] void throw_empty_handle(const char* kind);
[[noreturn]] void throw_awaited_twice(const char* kind);

/// A handle of a task that yields a `T`. `End` says which end of the task it holds:
/// - `End::Node`, with `End::core(node)` the task, and `End::is_over(node)`;
/// - `End::Wait`, an awaiter made of a node and a handle, with `abandon()`;
/// - `End::drop(node)` and `End::take(node, slot)`, one of which ends the handle's part in it.
template <class T, class End>
class BasicHandle : private AwaitedHandle {
    using Node = typename End::Node;

public:
    BasicHandle() noexcept = default;
    BasicHandle(BasicHandle&& other) noexcept
        : AwaitedHandle(std::move(other)),
          node_(std::exchange(other.node_, nullptr)),
          slot_(other.slot_) {}
    /// The task that the handle referred to before is dropped.
    BasicHandle& operator=(BasicHandle&& other) noexcept {
        BasicHandle old(std::move(*this));
        take_wait(other);
        node_ = std::exchange(other.node_, nullptr);
        slot_ = other.slot_;
        return *this;
    }
    ~BasicHandle() { drop(); }

    class Awaiter : public End::Wait {
    public:
        explicit Awaiter(BasicHandle& handle) noexcept : End::Wait(*handle.node_, handle) {}
        JoinResult<T> await_resume() { return static_cast<BasicHandle&>(this->owner()).take(); }
    };

    /// Waits for the task.
    /// @return The task's value, or a `JoinError`.
    /// @throws UsageError if there is no task, its result was taken before, or another branch
    ///     awaits it; from the wait, if the handle lets the task go meanwhile.
    Awaiter operator co_await() & { return make_awaiter(); }
    Awaiter operator co_await() && { return make_awaiter(); }

    /// Asks the task to end: at its next suspension, or before its first run, its frames are
    /// destroyed. A task that finishes first keeps its value. For `spawn_blocking`: the function
    /// does not start, or its stop token is triggered. Returns at once; await the handle to wait
    /// for the end.
    void abort() const noexcept {
        if (node_ != nullptr) {
            End::core(*node_).abort();
        }
    }

    /// Whether the task is over and its coroutine destroyed.
    [[nodiscard]] bool is_finished() const noexcept {
        return node_ == nullptr || End::is_over(*node_);
    }

    /// @throws UsageError for a moved-from handle.
    [[nodiscard]] TaskId id() const { return TaskId(core().id()); }

    /// Whether the handle refers to a task.
    [[nodiscard]] bool valid() const noexcept { return node_ != nullptr; }

protected:
    BasicHandle(Node& node, ResultSlot<T>& slot) noexcept : node_(&node), slot_(&slot) {}

    /// @throws UsageError if there is no task.
    [[nodiscard]] JoinCore& core() const {
        if (node_ == nullptr) {
            throw_empty_handle(End::kKind);
        }
        return End::core(*node_);
    }

    void drop() noexcept {
        if (node_ == nullptr) {
            return;
        }
        if (wait_ != nullptr) {
            static_cast<typename End::Wait*>(wait_)->abandon();
        }
        End::drop(*std::exchange(node_, nullptr));
    }

private:
    Awaiter make_awaiter() {
        static_cast<void>(core());
        if (wait_ != nullptr) {
            throw_awaited_twice(End::kKind);
        }
        return Awaiter(*this);
    }
    JoinResult<T> take() { return End::take(*std::exchange(node_, nullptr), *slot_); }

    Node* node_ = nullptr;
    ResultSlot<T>* slot_ = nullptr;
};

}  // namespace edo::detail
