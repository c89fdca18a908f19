// SPDX-License-Identifier: MIT
// A branch of `select` or `timeout` that is no `Task`: the operation waits inside the awaiter of
// the group, and no coroutine is made for it.
//
// To its leaf, to the group and to whoever walks the frames of a task it looks like a coroutine of
// edo: a frame that begins with what `resume` and `destroy` call, and has a promise. That layout is
// common to the compilers (g++ builds `noop_coroutine` the same way). See
// docs/decisions/0020-branches-without-a-frame.md.
#pragma once

#include "edo/runtime/task/branch_input.hpp"
#include "edo/runtime/task/group.hpp"
#include "edo/runtime/task/promise.hpp"

#include <coroutine>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace edo::detail {

/// What a coroutine handle points to. It is neither copied nor moved once it is linked.
class BranchFrame {
public:
    BranchFrame(const BranchFrame&) = delete;
    BranchFrame& operator=(const BranchFrame&) = delete;

    [[nodiscard]] PromiseBase& promise() noexcept { return promise_; }

protected:
    using Function = void (*)(void* frame) noexcept;

    BranchFrame(Function begin, Function destroy) noexcept
        : resume_(opaque(begin)), destroy_(opaque(destroy)) {}
    ~BranchFrame() = default;

    /// From now on, to be resumed is to be done.
    void set_started(Location location) noexcept {
        promise_.at(location);
        resume_ = opaque(&BranchFrame::end);
    }

private:
    static void end(void* frame) noexcept;

    /// Hides where the pointer leads. Coroutines are resumed by a calling convention of clang's
    /// own, which is C's for one pointer on the processors that edo runs on; but a direct call of a
    /// C function by that convention would be undefined to its optimiser.
    static Function opaque(Function function) noexcept {
        asm("" : "+r"(function));  // NOLINT(hicpp-no-assembler): no instruction at all
        return function;
    }

    // The order is that of a coroutine frame.
    Function resume_;
    Function destroy_;
    PromiseBase promise_;
};

/// One branch before it is started, and afterwards the place where it waits. `A` is the type of an
/// rvalue, which is kept, or a reference to an lvalue, which is used where it is.
template <class A>
class LeafInput : public BranchFrame {
    using Got = decltype(awaiter_of(std::declval<A>()));
    using Awaiter = AwaiterOf<A>;
    // An awaitable without `operator co_await` is its own awaiter.
    using Held = std::conditional_t<std::is_reference_v<Got>, Awaiter*, Awaiter>;
    using Kept = std::conditional_t<std::is_lvalue_reference_v<A>, std::add_pointer_t<A>,
                                    std::optional<std::remove_reference_t<A>>>;
    using Suspended = decltype(std::declval<Awaiter&>().await_suspend(std::declval<TaskHandle>()));

public:
    using Value = AwaitResult<A>;
    /// Whether it can be started within the await of the group: it runs nothing but itself.
    static constexpr bool kStartsAtOnce =
        std::is_void_v<Suspended> || std::is_same_v<Suspended, bool>;
    /// Whether it is an operation and nothing else: no branches, and thus no timers of timeouts.
    static constexpr bool kIsPlain = kStartsAtOnce && !std::is_base_of_v<Group, Awaiter>;

    explicit LeafInput(A&& awaitable)
        : BranchFrame(&LeafInput::begin, &LeafInput::destroy), kept_(keep(awaitable)) {}
    /// Only before it is linked.
    LeafInput(LeafInput&& other) noexcept(std::is_nothrow_move_constructible_v<Kept>)
        : BranchFrame(&LeafInput::begin, &LeafInput::destroy), kept_(std::move(other.kept_)) {}
    ~LeafInput() { clear(); }

    void check() const noexcept {}
    void move_to(Branch& branch) noexcept { branch.own(promise()); }

    /// Starts the operation at `location`. True if it is done; else `next` may be what goes on.
    bool start(Location location, std::coroutine_handle<>& next) noexcept {
        set_started(location);
        try {
            if (!wait(next)) {
                return false;
            }
        } catch (...) {
            clear_awaiter();
            std::construct_at(&error_, std::current_exception());
            state_ = State::Failed;
        }
        promise().set_down(Down::end());
        return true;
    }

    /// Destroys the operation, unless that was done.
    void drop(Branch& branch) noexcept {
        if (branch.child() == nullptr) {
            return;
        }
        if (branch.is_suspended() || !promise().down().is_leaf_or_end()) {
            branch.drop();  // it was to start later, or has frames below it
            return;
        }
        branch.release();
        clear();
    }

    /// The result of the branch, which is done.
    Value take(Branch& branch) {
        struct Dropper {
            LeafInput& input;
            Branch& branch;
            ~Dropper() { input.drop(branch); }
        } const dropper{*this, branch};
        if (state_ == State::Failed) {
            std::rethrow_exception(error_);
        }
        return awaiter().await_resume();
    }

private:
    enum class State : unsigned char { Fresh, Waits, Failed };

    static Kept keep(std::remove_reference_t<A>& awaitable) {
        if constexpr (std::is_lvalue_reference_v<A>) {
            return std::addressof(awaitable);
        } else {
            return Kept(std::in_place, std::move(awaitable));
        }
    }

    [[nodiscard]] Awaiter& awaiter() noexcept {
        if constexpr (std::is_reference_v<Got>) {
            return *held_;
        } else {
            return held_;
        }
    }

    void make_awaiter() {
        void* const place = std::addressof(held_);
        if constexpr (std::is_reference_v<Got>) {
            auto&& awaiter = awaiter_of(static_cast<A&&>(*kept_));
            ::new (place) Held(std::addressof(awaiter));
        } else {
            ::new (place) Held(awaiter_of(static_cast<A&&>(*kept_)));
        }
        state_ = State::Waits;
    }

    /// What `co_await` does. True if it need not wait.
    bool wait(std::coroutine_handle<>& next) {
        make_awaiter();
        if (awaiter().await_ready()) {
            return true;
        }
        const TaskHandle handle(std::coroutine_handle<PromiseBase>::from_promise(promise()));
        if constexpr (std::is_void_v<Suspended>) {
            awaiter().await_suspend(handle);
            return false;
        } else if constexpr (std::is_same_v<Suspended, bool>) {
            return !awaiter().await_suspend(handle);
        } else {
            next = awaiter().await_suspend(handle);
            return false;
        }
    }

    static void begin(void* frame) noexcept {
        auto& self = static_cast<LeafInput&>(*static_cast<BranchFrame*>(frame));
        std::coroutine_handle<> next = std::noop_coroutine();
        const PromiseBase* const parent = self.promise().parent();
        if (self.start(parent->location(), next)) {
            next = self.promise().complete();
        }
        next.resume();
    }
    static void destroy(void* frame) noexcept {
        static_cast<LeafInput&>(*static_cast<BranchFrame*>(frame)).clear();
    }

    void clear_awaiter() noexcept {
        if (state_ == State::Waits) {
            std::destroy_at(std::addressof(held_));
        } else if (state_ == State::Failed) {
            std::destroy_at(&error_);
        }
        state_ = State::Fresh;
    }
    void clear() noexcept {
        clear_awaiter();
        if constexpr (!std::is_lvalue_reference_v<A>) {
            kept_.reset();
        }
    }

    Kept kept_;
    union {
        Held held_;
        std::exception_ptr error_;
    };
    State state_ = State::Fresh;
};

/// What keeps an `A&&` as a branch of `select` or `timeout`.
template <class A>
struct SelectInputOf {
    using type = LeafInput<A>;
};
template <class A>
    requires is_task<std::remove_cvref_t<A>>
struct SelectInputOf<A> {
    using type = BranchInput<BranchResult<A>>;
};
template <class A>
using SelectInput = typename SelectInputOf<A>::type;

}  // namespace edo::detail
