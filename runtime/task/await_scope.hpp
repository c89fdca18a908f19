// SPDX-License-Identifier: MIT
// What holds for a part of a task: the values of task-locals, `unconstrained`, a local set.
//
// A scope lies in the frame of the coroutine that awaits, between it and the child that runs inside
// the scope; the child's `up` link says so. `Context::scope` is the innermost scope of the
// coroutine that runs at the moment. It changes in four places:
//
//   - a scope is entered by its await and left when its child completes;
//   - a task that has ever used a scope is resumed by a loop of its own
//   (`TaskCore::resume_scoped`),
//     which looks, before it resumes a leaf, up the frames for the leaf's innermost scope;
//   - destruction enters the scopes that it comes through on its way to the innermost frame;
//   - when such a task is done with its turn, there is none.
//
// All other tasks never touch it. Scopes further out are found by going on upwards, never by a kept
// pointer: a branch that `select` leaves running loses the scopes of the one who awaited it.
#pragma once

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/inherited.hpp"
#include "edo/runtime/core/task_name.hpp"
#include "edo/runtime/task/branch_input.hpp"
#include "edo/runtime/task/promise_base.hpp"
#include "edo/runtime/task/task.hpp"

#include <coroutine>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace edo::detail {

/// What a scope is about; known by its address.
class ScopeKey {
public:
    /// Makes what a task inherits that is spawned inside the scope.
    using HandOn = std::unique_ptr<Inherited> (*)(const AwaitScope& scope);

    constexpr ScopeKey() noexcept = default;
    ScopeKey(const ScopeKey&) = delete;
    ScopeKey& operator=(const ScopeKey&) = delete;

    [[nodiscard]] HandOn hand_on() const noexcept { return hand_on_; }

protected:
    explicit constexpr ScopeKey(HandOn how) noexcept : hand_on_(how) {}

private:
    HandOn hand_on_ = nullptr;  // null: spawned tasks do not see it
};

/// A link of the chain that `Context::scope` begins.
class AwaitScope {
public:
    enum class Place : std::uint8_t {
        Frame,  ///< a `FrameScope`
        Stack,  ///< around a function that runs now
        Task,   ///< a value that the task has inherited
    };
    AwaitScope(const AwaitScope&) = delete;
    AwaitScope& operator=(const AwaitScope&) = delete;

    /// The next scope outwards, or null.
    [[nodiscard]] AwaitScope* outer() const noexcept;

    [[nodiscard]] const ScopeKey& key() const noexcept { return key_; }
    [[nodiscard]] void* value() const noexcept { return value_; }
    [[nodiscard]] bool is_unconstrained() const noexcept { return unconstrained_; }
    /// Not for a scope in a frame.
    void set_outer(AwaitScope* outer) noexcept { outer_ = outer; }

protected:
    AwaitScope(Place place, const ScopeKey& key, void* value) noexcept
        : key_(key), value_(value), place_(place) {}
    ~AwaitScope() = default;

    void set_unconstrained(bool unconstrained) noexcept { unconstrained_ = unconstrained; }

private:
    const ScopeKey& key_;
    void* value_;
    AwaitScope* outer_ = nullptr;
    const Place place_;
    bool unconstrained_ = false;
};

/// The innermost scope that a frame runs in, its own awaits not counted.
[[nodiscard]] AwaitScope* scope_of(const PromiseBase& frame) noexcept;

/// Makes `scope` the current one, and the budget that of a constrained or unconstrained coroutine.
void switch_scope(AwaitScope* scope) noexcept;

/// The innermost scope around the calling coroutine or function with that key; null if there is
/// none.
[[nodiscard]] AwaitScope* find_scope(const ScopeKey& key) noexcept;

/// What a task or blocking function inherits that is spawned here and now; null for nothing.
[[nodiscard]] std::unique_ptr<Inherited> inherit_values();
/// Gives a task that is not queued yet its name, unless that is null, and what it inherits.
void add_extras(TaskCore& task, const TaskName* name);

/// Puts the current scope back at the end.
class ScopeKeeper {
public:
    ScopeKeeper() noexcept : before_(context().scope) {}
    ~ScopeKeeper() { context().scope = before_; }
    ScopeKeeper(const ScopeKeeper&) = delete;
    ScopeKeeper& operator=(const ScopeKeeper&) = delete;

private:
    AwaitScope* before_;
};

/// A call whose child runs in a scope. Lives in the awaiting frame.
class FrameScope : public Call, public AwaitScope {
public:
    /// The child is done.
    void leave() noexcept;
    [[nodiscard]] PromiseBase& parent() const noexcept { return *parent_; }

    [[nodiscard]] bool await_ready() const noexcept { return child()->is_done(); }
    std::coroutine_handle<> await_suspend(TaskHandle parent) noexcept;

protected:
    FrameScope(PromiseBase& child, const ScopeKey& key, void* value) noexcept
        : Call(&child), AwaitScope(Place::Frame, key, value) {}
    ~FrameScope();

    /// Destroys the finished child inside the scope: its parameters may be destroyed only now.
    class Leave {
    public:
        explicit Leave(FrameScope& scope) noexcept : call_(scope) { context().scope = &scope; }

    private:
        ScopeKeeper keeper_;
        Call::Leave call_;
    };

private:
    friend void destroy_suspended_frames(PromiseBase& top) noexcept;
};

/// A scope around a plain function.
class StackScope : public AwaitScope {
public:
    StackScope(const ScopeKey& key, void* value) noexcept : AwaitScope(Place::Stack, key, value) {
        AwaitScope*& current = context().scope;
        set_outer(current);
        set_unconstrained(current != nullptr && current->is_unconstrained());
        current = this;
    }
    ~StackScope() { context().scope = outer(); }
};

/// A `FrameScope` whose child is a `Task<R>`.
template <class R>
class ScopedCall : public FrameScope {
public:
    ScopedCall(Task<R>& task, const ScopeKey& key, void* value) noexcept
        : FrameScope(*task.release(), key, value) {}

    R await_resume() { return take(); }
    /// A result must not be dropped by accident: it may hold an error.
    [[nodiscard]] R await_resume()
        requires is_result<R>
    {
        return take();
    }

private:
    R take() {
        const Leave leave(*this);
        return static_cast<Promise<R>*>(child())->result().take();
    }
};

/// An rvalue as a task: itself, or one that awaits it.
template <class R>
Task<R> as_task(Task<R>&& task) noexcept {
    return std::move(task);
}
template <class A>
    requires(!is_task<std::remove_cvref_t<A>> && !std::is_lvalue_reference_v<A>)
auto as_task(A&& awaitable) {
    return await_value<A>(std::move(awaitable));  // NOLINT: only rvalues come here
}

/// What can be run in a scope: a `Task` or another awaitable, as an rvalue.
template <class A>
concept OwnedAwaitable = BranchArgument<A> && !std::is_lvalue_reference_v<A>;

}  // namespace edo::detail
