// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/select.hpp"
#include "edo/runtime/sync/cancel_node.hpp"
#include "edo/runtime/task/task.hpp"

#include <coroutine>
#include <optional>
#include <utility>

namespace edo::sync {

class DropGuard;
class DropGuardRef;

/// Asks any number of tasks to stop: they await it, or look at it now and then.
///
/// Copies share one state: when one is cancelled, all are, for good. A token has children, which
/// are cancelled with it, and not the other way round: so a part of a program can be stopped
/// without the rest.
///
/// Dropping tokens cancels nothing; see `drop_guard`. What is left of a tree when tokens are
/// dropped takes memory in proportion to the tokens that are left.
///
/// @par Thread safety
/// All `const` member functions may be called from any thread, inside any runtime or none.
///
/// @par Misuse
/// A moved-from token can only be assigned to and destroyed; everything else throws `UsageError`.
///
/// @par Example
/// @snippet sync.cpp cancellation
class CancellationToken {
public:
    /// A token of its own, not cancelled.
    CancellationToken() : node_(&detail::CancelNode::make_root()) {}
    CancellationToken(const CancellationToken& other) noexcept : node_(other.node_) {
        if (node_ != nullptr) {
            node_->add_token();
        }
    }
    CancellationToken(CancellationToken&& other) noexcept
        : node_(std::exchange(other.node_, nullptr)) {}
    CancellationToken& operator=(CancellationToken other) noexcept {
        std::swap(node_, other.node_);
        return *this;
    }
    ~CancellationToken() {
        if (node_ != nullptr) {
            node_->drop_token();
        }
    }

    /// A new token that is cancelled when this one is; at once if it is cancelled already.
    [[nodiscard]] CancellationToken child_token() const {
        return CancellationToken(node().make_child());
    }

    /// Cancels the token, its copies, its children and their children. All of them are cancelled
    /// when it returns; other threads may see some of them cancelled before others. Those who await
    /// them have been woken by then, or are just being woken by a thread that cancels, too.
    void cancel() const {
        const CancellationToken kept(*this);  // a task that is woken may destroy this one
        kept.node().cancel();
    }

    [[nodiscard]] bool is_cancelled() const { return node().is_cancelled(); }

    class Cancelled;
    /// Waits until the token is cancelled; it keeps the token.
    ///
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] Cancelled cancelled() const;

    /// Awaits `awaitable`, but only until the token is cancelled: then it is destroyed where it is.
    /// If the token is cancelled already, it is not even started. If both are ready at once, the
    /// awaitable is preferred.
    ///
    /// @param awaitable A `Task` or other awaitable. An lvalue is used by reference, as in
    /// `select`.
    /// @return A task with the value (`Unit` for void), or nothing if it was cancelled. It keeps
    /// the
    ///     token.
    ///
    /// @par Cancel safety
    /// That of `awaitable`.
    ///
    /// @par Example
    /// @snippet sync.cpp run_until_cancelled
    template <detail::BranchArgument A>
    [[nodiscard]] auto run_until_cancelled(A&& awaitable) const
        -> Task<std::optional<NonVoid<detail::BranchResult<A>>>> {
        static_cast<void>(node());
        return run<detail::BranchResult<A>>(*this,
                                            detail::branch_input(std::forward<A>(awaitable)));
    }

    /// Makes an object that cancels the token when it is destroyed.
    [[nodiscard]] DropGuard drop_guard() const;
    /// The same; the guard refers to this token, which must outlive it, and counts nothing.
    [[nodiscard]] DropGuardRef drop_guard_ref() const;

    /// Whether both share one state.
    friend bool operator==(const CancellationToken&, const CancellationToken&) = default;

private:
    explicit CancellationToken(detail::CancelNode& node) noexcept : node_(&node) {}

    [[nodiscard]] detail::CancelNode& node() const {
        if (node_ == nullptr) {
            throw_empty();
        }
        return *node_;
    }
    [[noreturn]] static void throw_empty();

    template <class R>
    static Task<std::optional<NonVoid<R>>> run(CancellationToken token,
                                               detail::BranchInput<R> input);

    detail::CancelNode* node_;
};

/// What `cancelled` returns.
class [[nodiscard("cancelled() does nothing until it is awaited")]] CancellationToken::Cancelled {
public:
    class Awaiter : public detail::HookLeaf {
    public:
        explicit Awaiter(CancellationToken token) noexcept
            : HookLeaf(&Awaiter::on_wake), token_(std::move(token)) {}
        ~Awaiter() {
            if (is_suspended()) {
                stop();
            }
        }
        [[nodiscard]] bool await_ready() noexcept;
        bool await_suspend(detail::TaskHandle task) noexcept;
        void await_resume() const noexcept {}

    private:
        static std::coroutine_handle<> on_wake(HookLeaf& leaf) noexcept;
        void stop() noexcept;

        CancellationToken token_;
        bool charged_ = false;
        bool linked_once_ = false;
    };
    Awaiter operator co_await() const& noexcept { return Awaiter(token_); }
    Awaiter operator co_await() && noexcept { return Awaiter(std::move(token_)); }

private:
    friend class CancellationToken;
    explicit Cancelled(CancellationToken token) noexcept : token_(std::move(token)) {}

    CancellationToken token_;
};

/// Cancels a token when it is destroyed, unless `disarm` was called. Made by `drop_guard`.
class [[nodiscard("an unused guard cancels at once")]] DropGuard {
public:
    DropGuard(DropGuard&& other) noexcept : token_(std::exchange(other.token_, std::nullopt)) {}
    DropGuard& operator=(DropGuard&& other) noexcept {
        DropGuard old(std::move(*this));
        token_ = std::exchange(other.token_, std::nullopt);
        return *this;
    }
    ~DropGuard() {
        if (token_) {
            token_->cancel();
        }
    }

    /// The guard will not cancel any more. Returns its token.
    CancellationToken disarm() && noexcept {
        CancellationToken token = std::move(*token_);
        token_.reset();
        return token;
    }

    /// Its token; not for a guard that was moved from or disarmed.
    [[nodiscard]] const CancellationToken& token() const noexcept { return *token_; }

private:
    friend class CancellationToken;
    explicit DropGuard(CancellationToken token) noexcept : token_(std::move(token)) {}

    std::optional<CancellationToken> token_;
};

/// Cancels a token that it refers to when it is destroyed, unless `disarm` was called. Made by
/// `drop_guard_ref`.
class [[nodiscard("an unused guard cancels at once")]] DropGuardRef {
public:
    DropGuardRef(DropGuardRef&& other) noexcept : token_(std::exchange(other.token_, nullptr)) {}
    DropGuardRef& operator=(DropGuardRef&& other) noexcept {
        DropGuardRef old(std::move(*this));
        token_ = std::exchange(other.token_, nullptr);
        return *this;
    }
    ~DropGuardRef() {
        if (token_ != nullptr) {
            token_->cancel();
        }
    }

    /// The guard will not cancel any more. Returns its token.
    const CancellationToken& disarm() && noexcept { return *std::exchange(token_, nullptr); }

    /// Its token; not for a guard that was moved from or disarmed.
    [[nodiscard]] const CancellationToken& token() const noexcept { return *token_; }

private:
    friend class CancellationToken;
    explicit DropGuardRef(const CancellationToken& token) noexcept : token_(&token) {}

    const CancellationToken* token_;
};

inline CancellationToken::Cancelled CancellationToken::cancelled() const {
    static_cast<void>(node());
    return Cancelled(*this);
}

inline DropGuard CancellationToken::drop_guard() const {
    static_cast<void>(node());
    return DropGuard(*this);
}

inline DropGuardRef CancellationToken::drop_guard_ref() const {
    static_cast<void>(node());
    return DropGuardRef(*this);
}

template <class R>
Task<std::optional<NonVoid<R>>> CancellationToken::run(CancellationToken token,
                                                       detail::BranchInput<R> input) {
    if (token.is_cancelled()) {
        co_return std::nullopt;
    }
    detail::Select<R, void> both(true, std::move(input), detail::branch_input(token.cancelled()));
    Selected<R, void> first = co_await std::move(both);
    if (auto* const value = first.template get_if<0>()) {
        co_return std::move(*value);
    }
    co_return std::nullopt;
}

}  // namespace edo::sync
