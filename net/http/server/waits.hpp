// SPDX-License-Identifier: MIT
// What a connection waits for, and until when. The deadline is a plain variable that one branch of
// the connection's task looks at now and then: a request that does not wait arms no timer, and one
// that does reads the clock once. Only a deadline that is nearer than the next look, as that of a
// slow peer may be, changes the timer.
#pragma once

#include "edo/net/http/server/options.hpp"
#include "edo/net/http/server/pace.hpp"
#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/sleep.hpp"
#include "edo/runtime/task/promise.hpp"
#include "edo/runtime/task/task.hpp"
#include "edo/runtime/time/instant.hpp"

#include <concepts>
#include <coroutine>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

namespace edo::http::detail {

class Waits {
public:
    enum class For : std::uint8_t { Nothing, Request, Head, Body, Peer };

    explicit Waits(const ServerOptions& options) noexcept;
    Waits(const Waits&) = delete;
    Waits& operator=(const Waits&) = delete;

    /// The connection is about to wait.
    void begin(For what) noexcept;
    void end() noexcept {
        if (what_ == For::Body || what_ == For::Peer) {
            end_of_transfer();
        }
        what_ = For::Nothing;
    }
    /// A head is complete: the next one has its own time.
    void forget_head() noexcept { head_deadline_.reset(); }

    [[nodiscard]] For what() const noexcept { return what_; }

    /// How a request's body comes, and how its answer is taken.
    [[nodiscard]] Pace& body_pace() noexcept { return body_pace_; }
    [[nodiscard]] Pace& answer_pace() noexcept { return answer_pace_; }

    /// Ends when the connection has waited too long for something.
    [[nodiscard]] Task<void> watch();

private:
    /// The sleep of `watch` until its next look, which may be brought forward.
    class Alarm : public Sleep::Awaiter {
    public:
        Alarm(Waits& waits, Instant deadline) noexcept : Awaiter(deadline), waits_(waits) {}
        Alarm(Alarm&& other) noexcept  // g++ 12 moves awaiters
            : Alarm(other.waits_, other.deadline()) {}
        ~Alarm() {
            if (waits_.alarm_ == this) {
                waits_.alarm_ = nullptr;
            }
        }

        void await_suspend(edo::detail::TaskHandle task) {
            waits_.alarm_ = this;
            Awaiter::await_suspend(task);
        }
        void await_resume() {
            waits_.alarm_ = nullptr;
            Awaiter::await_resume();
        }
        void bring_forward(Instant deadline) noexcept;

    private:
        Waits& waits_;
    };

    void begin_transfer(Duration limit, const Pace& pace) noexcept;
    void end_of_transfer() noexcept;

    const ServerOptions& options_;
    // The looks at the deadline are so far apart: most deadlines are not nearer when they are set.
    Duration tick_;
    Instant deadline_;
    Alarm* alarm_ = nullptr;  // while `watch` sleeps
    std::optional<Instant> head_deadline_;
    Instant transfer_began_;  // the wait for a body or for the peer
    Pace body_pace_;
    Pace answer_pace_;
    For what_ = For::Nothing;
};

/// An operation of a stream that tells `Waits` when it waits.
template <class Op>
class Timed : public Op {
public:
    Timed(Op op, Waits& waits, Waits::For what) : Op(std::move(op)), waits_(waits), what_(what) {}

    bool await_suspend(edo::detail::TaskHandle task) noexcept {
        waits_.begin(what_);
        if (Op::await_suspend(task)) {
            return true;
        }
        waits_.end();
        return false;
    }
    auto await_resume() {
        waits_.end();
        return Op::await_resume();
    }

private:
    Waits& waits_;
    Waits::For what_;
};

/// Whether it can be told when an `Op` waits; else it is taken to wait always.
template <class Op>
concept CanBeTimed =
    std::derived_from<Op, edo::detail::HookLeaf> && std::is_move_constructible_v<Op> &&
    requires(Op& op, edo::detail::TaskHandle task) {
        { op.await_suspend(task) } -> std::same_as<bool>;
    };

/// Something that a branch of the connection's task waits for, and another branch signals when it
/// is about to hand over to code that may suspend the task.
class Kick {
public:
    Kick() noexcept = default;
    Kick(const Kick&) = delete;
    Kick& operator=(const Kick&) = delete;

    void signal() noexcept {
        if (waiting_ != nullptr) {
            std::exchange(waiting_, nullptr)->wake();
        } else {
            is_signalled_ = true;
        }
    }

    class Awaiter : public edo::detail::Leaf {
    public:
        explicit Awaiter(Kick& kick) noexcept : kick_(kick) {}
        Awaiter(Awaiter&& other) noexcept : kick_(other.kick_) {}  // g++ 12 moves awaiters
        ~Awaiter() {
            if (is_suspended()) {
                if (kick_.waiting_ == this) {
                    kick_.waiting_ = nullptr;
                    unbind();
                } else {
                    withdraw();
                }
            }
        }
        [[nodiscard]] bool await_ready() const noexcept {
            return std::exchange(kick_.is_signalled_, false);
        }
        void await_suspend(edo::detail::TaskHandle task) noexcept {
            bind(task.handle());
            kick_.waiting_ = this;
        }
        void await_resume() const noexcept {}

    private:
        Kick& kick_;
    };
    [[nodiscard]] Awaiter wait() noexcept { return Awaiter(*this); }

private:
    // Only the task of the connection touches these.
    Awaiter* waiting_ = nullptr;
    bool is_signalled_ = false;  // before anybody has waited
};

}  // namespace edo::http::detail
