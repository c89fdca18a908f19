// SPDX-License-Identifier: MIT
// Operations that never have to wait for anything. They charge the budget all the same, so that a
// loop of them lets other tasks in.
#pragma once

#include "edo/runtime/core/context.hpp"
#include "edo/runtime/core/leaf.hpp"
#include "edo/runtime/task/promise.hpp"

#include <type_traits>
#include <utility>

namespace edo::detail {

/// Charges one operation; suspends until the next turn when the budget is used up.
class [[nodiscard("charge() does nothing until it is awaited")]] Charge : public Leaf {
public:
    Charge() noexcept = default;
    /// Only while it is not suspended.
    Charge(Charge&& /*other*/) noexcept : Leaf() {}
    ~Charge() {
        if (is_suspended()) {
            withdraw();
        }
    }
    [[nodiscard]] bool await_ready() const noexcept { return spend_budget(); }
    void await_suspend(TaskHandle task) noexcept {
        bind(task.handle());
        wake_next_turn();
    }
    void await_resume() const noexcept {}
};

/// Charges one operation and yields a value.
template <class T>
class [[nodiscard("an operation does nothing until it is awaited")]] Ready : public Charge {
public:
    explicit Ready(T value) noexcept(std::is_nothrow_move_constructible_v<T>)
        : value_(std::move(value)) {}
    [[nodiscard]] T await_resume() noexcept(std::is_nothrow_move_constructible_v<T>) {
        return std::move(value_);
    }

private:
    T value_;
};

}  // namespace edo::detail
