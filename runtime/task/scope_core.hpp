// SPDX-License-Identifier: MIT
// What `scope` and `try_scope` are made of: tasks that end before a coroutine goes on, even when
// that coroutine is destroyed. See docs/decisions/0010-scopes-destroy-their-children.md.
//
// The `ScopeCore` lives in the frame of the coroutine that opened the scope, a `ScopeChild` in the
// cell of its task. Links and counts are guarded by the scope's lock. A child that ends takes
// itself off the list, and the last one wakes the parent.
//
// When the frame is destroyed with children left, it takes over the list (`destroying_`). From then
// on a child that ends only leaves a mark, and the destroying thread deals with one child after the
// other: it takes it out of the scheduler's hands and destroys it, or waits until the thread that
// runs it has. Scopes inside a child come before the child, without recursion.
#pragma once

#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/core/spin_lock.hpp"
#include "edo/runtime/core/task_core.hpp"
#include "edo/runtime/task/basic_handle.hpp"
#include "edo/runtime/task/group.hpp"
#include "edo/runtime/task/promise.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>

namespace edo::detail {

class Scheduler;
class ScopeCore;

/// A task that was spawned into a scope.
class ScopeChild : public JoinListener {
public:
    struct Init {
        explicit Init(ScopeCore& init_scope) : scope(&init_scope) {}
        ScopeCore* scope;
    };
    ScopeChild(const Init& init, TaskCore& core) noexcept;

    [[nodiscard]] TaskCore& core() const noexcept { return *core_; }
    [[nodiscard]] ScopeChild* scope_child() noexcept { return this; }

    /// For the task's cell: the coroutine has ended, its result is not published yet.
    template <class T>
    void ended(Outcome outcome, ResultSlot<T>& slot) noexcept {
        if (outcome == Outcome::Exception) {
            fail(slot.error());
        }
    }

    /// The same for a coroutine that keeps its result.
    void ended_with(const std::exception_ptr& error) noexcept { fail(error); }

    // The side of the `ScopedHandle`, which has a reference to the cell.

    /// Whether the task is over and its coroutine destroyed.
    [[nodiscard]] bool is_over() const noexcept {
        return end_.load(std::memory_order_acquire) != End::None;
    }
    /// Once it is over: whether it left an outcome in its cell. Else its scope was destroyed, and
    /// the cell is the runtime's.
    [[nodiscard]] bool has_outcome() const noexcept {
        return end_.load(std::memory_order_acquire) == End::Outcome;
    }
    /// The handle is gone: nobody will take the result.
    void drop_handle() noexcept;

    /// Waits until the task is over.
    class Wait : public HandleWait {
    public:
        Wait(ScopeChild& child, AwaitedHandle& handle) noexcept
            : HandleWait(&Wait::on_wake, handle), child_(&child) {}
        ~Wait() { stop(); }

        [[nodiscard]] bool await_ready() noexcept;
        bool await_suspend(TaskHandle task) noexcept;

        /// The handle lets the task go: the wait ends, and fails.
        void abandon() noexcept;

    private:
        static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;
        void stop() noexcept;

        ScopeChild* child_;  // not to be used once it is abandoned
        bool charged_ = false;
    };

protected:
    [[nodiscard]] ScopeCore& scope() const noexcept { return *scope_; }
    void fail(const std::exception_ptr& error) noexcept;

private:
    friend class ScopeCore;

    enum class End : std::uint8_t { None, Outcome, Destroyed };

    static void on_done(JoinListener& listener) noexcept;
    void settle(End end) noexcept;
    bool wait(Leaf& leaf) noexcept;
    bool stop_waiting(const Leaf& leaf) noexcept;
    bool hold() noexcept;
    void destroy() noexcept;

    TaskCore* core_;
    ScopeCore* scope_;
    // Guarded by the scope's lock, and the destroying thread's once the scope is being destroyed.
    ScopeChild* next_ = nullptr;
    ScopeChild* prev_ = nullptr;
    // The scopes that this task is in, the last one first. Under the task's RUNNING.
    ScopeCore* scopes_ = nullptr;
    Leaf* waiter_ = nullptr;           // guarded by `lock_`
    std::atomic<End> end_{End::None};  // written under `lock_`
    SpinLock lock_;
    bool has_handle_ = true;  // guarded by `lock_`
    bool aborted_ = false;    // guarded by the scope's lock: which list it is in
    bool retired_ = false;    // guarded by the scope's lock: it ended while the scope was destroyed
    // The destroying thread's.
    bool held_ = false;
    TaskCore::State before_ = TaskCore::State::Idle;
};

class ScopeCore {
public:
    /// By the task that opens the scope.
    ScopeCore() noexcept;
    /// Destroys the children that are left, on this thread. When it returns, none of them has a
    /// coroutine any more.
    ~ScopeCore();
    ScopeCore(const ScopeCore&) = delete;
    ScopeCore& operator=(const ScopeCore&) = delete;

    /// Adds the child and queues it. Any thread that runs the body or a child of the scope.
    void start(Scheduler& scheduler, ScopeChild& child) noexcept;
    /// The same for a child that may be queued by any thread's help: see `share_on`.
    void share(Scheduler& scheduler, ScopeChild& child) noexcept;

    /// Aborts all children, those to come included. Any thread that runs the body or a child.
    void cancel() noexcept;

    /// True for the first failure. Its author keeps what failed, then calls `stop`.
    [[nodiscard]] bool claim_failure() noexcept {
        return !failed_.exchange(true, std::memory_order_relaxed);
    }
    /// Ends the scope early: aborts the children and drops the body.
    void stop() noexcept;
    /// An exception has left the body or a child. The first one is kept, another one is reported.
    void fail(const std::exception_ptr& error, std::uint64_t task_id) noexcept;
    /// The same for the task that runs now.
    void fail_here(const std::exception_ptr& error) noexcept;

    /// When all children have ended.
    void rethrow_failure() const {
        if (error_ != nullptr) {
            std::rethrow_exception(error_);
        }
    }

    /// Waits until all children have ended.
    class Children : public HookLeaf {
    public:
        explicit Children(ScopeCore& scope) noexcept
            : HookLeaf(&Children::on_wake), scope_(&scope) {}
        ~Children();

        [[nodiscard]] bool await_ready() noexcept;
        bool await_suspend(TaskHandle task) noexcept;
        void await_resume() const noexcept {}

    private:
        static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;

        ScopeCore* scope_;
        bool charged_ = false;
    };

    /// The body of the scope as a branch, which `stop` drops.
    class Body : public Group {
    public:
        Body(ScopeCore& scope, PromiseBase& body) noexcept;
        ~Body() { take_back(); }

        [[nodiscard]] bool await_ready() const noexcept { return false; }
        void await_suspend(TaskHandle parent) noexcept;

    protected:
        /// The body, or null if the scope was stopped first: then it is destroyed.
        [[nodiscard]] PromiseBase* finished() noexcept;
        [[nodiscard]] ScopeCore& scope() const noexcept { return *scope_; }

    private:
        static std::coroutine_handle<> on_body_done(Group& group, Branch& branch) noexcept;
        void take_back() noexcept;

        ScopeCore* scope_;
        Branch branch_;
        Leaf stopped_;
    };

private:
    friend class ForkScope;
    friend class ScopeChild;

    enum class WaitsFor : std::uint8_t { Stop, Children };

    [[nodiscard]] bool add(ScopeChild& child) noexcept;
    void child_done(ScopeChild& child) noexcept;
    void link(ScopeChild& child) noexcept;
    void unlink(ScopeChild& child) noexcept;
    void refuse(ScopeChild& child) noexcept;
    void abort_children() noexcept;
    bool wait_for_children(Leaf& leaf) noexcept;
    void take_back(Leaf& leaf) noexcept;
    void leave_owner() noexcept;
    void begin_destruction() noexcept;
    void destroy_children() noexcept;

    SpinLock lock_;
    // Guarded by `lock_`.
    bool cancelled_ = false;
    bool stopped_ = false;
    bool destroying_ = false;
    WaitsFor waits_for_ = WaitsFor::Stop;
    std::size_t pending_ = 0;
    ScopeChild* running_ = nullptr;
    ScopeChild* aborted_ = nullptr;
    Leaf* waiter_ = nullptr;  // the parent's

    std::atomic<bool> failed_{false};
    std::exception_ptr error_;  // its author's, then, after the last child, the parent's

    ScopeChild* doomed_ = nullptr;  // the destroying thread's
    // The child of another scope that opened this one, and its other scopes. Under its RUNNING.
    ScopeChild* owner_;
    ScopeCore* next_scope_ = nullptr;
    ScopeCore* prev_scope_ = nullptr;
};

}  // namespace edo::detail
