// SPDX-License-Identifier: MIT
// Operations that `propagate` awaits itself, so that no `Result` is kept in the coroutine.
#pragma once

#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/promise.hpp"

#include <concepts>
#include <coroutine>
#include <type_traits>
#include <utility>

namespace edo::detail {

/// Sets the result of a coroutine that is suspended, and completes it: it is never resumed, and
/// whoever waits for it goes on and destroys the frame where it stands.
template <class U, class E>
std::coroutine_handle<> end_with(std::coroutine_handle<Promise<U>> coroutine, E&& error) noexcept {
    static_assert(is_result<U>, "propagate works in a coroutine that returns Task<Result<...>>");
    static_assert(std::constructible_from<U, tl::unexpected<std::decay_t<E>>>,
                  "the coroutine's error type cannot hold the propagated error");
    Promise<U>& promise = coroutine.promise();
    promise.result().emplace(failure(std::forward<E>(error)));
    return promise.complete();
}

/// An operation of which `propagate` is given one that derives from this, and awaits it as this:
/// the value is yielded, and the error ends the awaiting coroutine, which is not resumed for it.
///
/// @tparam Op Derives from `IoOp`, and yields by `value()` what an operation that has not failed
///     has to say.
template <class Op>
class Propagating : public Op {
public:
    [[nodiscard]] bool await_ready() noexcept { return Op::await_ready() && !this->has_failed(); }

    template <class U>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise<U>> coroutine) noexcept {
        this->set_hook(&Propagating::on_wake_in<U>);
        if (!this->has_failed() && Op::await_suspend(coroutine)) {
            return std::noop_coroutine();
        }
        return settle(coroutine);
    }

    auto await_resume() const noexcept { return this->value(); }

protected:
    using Op::Op;
    // Not by itself: it is a part of an operation.
    Propagating(Propagating&&) noexcept = default;
    ~Propagating() = default;

private:
    template <class U>
    static std::coroutine_handle<> on_wake_in(HookLeaf& leaf) noexcept {
        const std::coroutine_handle<> coroutine = Op::on_wake(leaf);
        if (!coroutine) {
            return nullptr;  // it waits again
        }
        return static_cast<Propagating&>(leaf).settle(
            std::coroutine_handle<Promise<U>>::from_address(coroutine.address()));
    }

    /// The operation is over: who goes on.
    template <class U>
    std::coroutine_handle<> settle(std::coroutine_handle<Promise<U>> coroutine) noexcept {
        if (this->has_failed()) [[unlikely]] {
            return end_with(coroutine, this->wait_error());
        }
        return coroutine;
    }
};

}  // namespace edo::detail
