// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/sync/late_value.hpp"
#include "edo/runtime/sync/semaphore_core.hpp"
#include "edo/runtime/task/task.hpp"

#include <atomic>
#include <concepts>
#include <coroutine>
#include <optional>
#include <type_traits>
#include <utility>

namespace edo::sync {

/// A value that is made once, when it is first needed, and read by many: for example a connection
/// that all tasks share.
///
/// `get_or_init` gives the value, and makes it if there is none, with a function that returns a
/// task. Only one such task runs at a time; the others wait for it. If it fails, throws or is
/// cancelled, the next one who waits makes the value with its own function.
///
/// @par Cancel safety
/// Every wait is cancel safe. Who is cancelled while it makes the value leaves that to the next.
///
/// @par Thread safety
/// Everything but construction, destruction, `get_mut` and `into_inner` may be called from any
/// thread, inside any runtime or none. Several threads read the value at once.
///
/// @par Misuse
/// It must outlive those who wait and those who set it. A function that asks for the value of the
/// very cell that it makes the value for waits for ever.
///
/// @par Example
/// @snippet sync.cpp once_cell
template <class T>
class OnceCell {
public:
    using value_type = T;

    OnceCell() noexcept = default;
    /// One that is set.
    explicit OnceCell(T value) { store(std::move(value)); }
    OnceCell(const OnceCell&) = delete;
    OnceCell& operator=(const OnceCell&) = delete;
    ~OnceCell() {
        if (is_set()) {
            value_.destroy();
        }
    }

    [[nodiscard]] bool is_set() const noexcept {
        // Acquire pairs with the release in `store`.
        return is_set_.load(std::memory_order_acquire);
    }
    /// The value, or null if there is none yet. It stays where it is as long as the cell lives.
    [[nodiscard]] const T* get() const noexcept {
        return is_set() ? std::addressof(value_.get()) : nullptr;
    }
    /// The same, to change the value: while no other thread can use the cell.
    [[nodiscard]] T* get_mut() noexcept {
        return is_set() ? std::addressof(value_.get()) : nullptr;
    }

    /// Sets the value. Fails, and hands it back, if there is one or somebody is making one.
    Result<void, SetError<T>> set(T value) {
        using Kind = typename SetError<T>::Kind;
        const auto permit = permit_.try_acquire(1);
        if (permit != detail::SemaphoreCore::Try::Acquired) {
            const bool closed = permit == detail::SemaphoreCore::Try::Closed;
            return failure(
                SetError<T>(closed ? Kind::AlreadySet : Kind::Initializing, std::move(value)));
        }
        const detail::Permits held(permit_, 1);
        store(std::move(value));
        return {};
    }

    template <class R, class Function>
    class Init;

    /// Waits for the value; makes it with `function` if there is none and nobody is making one.
    ///
    /// @param function Returns a `Task<T>`. It is kept until the task is done, and dropped unused
    /// if
    ///     the value is there.
    /// @return When awaited: a `const T&`, which is valid as long as the cell.
    ///
    /// @par Errors
    /// An exception that leaves `function` or its task is thrown from the `co_await`.
    template <class Function>
        requires std::same_as<std::invoke_result_t<Function&>, Task<T>>
    [[nodiscard]] Init<const T&, Function> get_or_init(Function function) {
        return {*this, std::move(function)};
    }

    /// The same for a function that may fail.
    ///
    /// @param function Returns a `Task<Result<T, E>>`.
    /// @return When awaited: `Result<const T*, E>`; the pointer is never null and is valid as long
    /// as
    ///     the cell.
    template <class Function,
              class E = typename std::invoke_result_t<Function&>::value_type::error_type>
        requires std::same_as<std::invoke_result_t<Function&>, Task<Result<T, E>>>
    [[nodiscard]] Init<Result<const T*, E>, Function> get_or_try_init(Function function) {
        return {*this, std::move(function)};
    }

    /// Moves the value out, if there is one, at the end of the cell.
    [[nodiscard]] std::optional<T> into_inner() && {
        return is_set() ? std::optional<T>(std::move(value_.get())) : std::nullopt;
    }

    /// Moves the value out, if there is one, and leaves the cell empty, to be set again: while no
    /// other thread can use the cell.
    [[nodiscard]] std::optional<T> take() {
        if (!is_set()) {
            return std::nullopt;
        }
        std::optional<T> value(std::move(value_.get()));
        value_.destroy();
        std::destroy_at(&permit_);
        std::construct_at(&permit_, 1U);
        is_set_.store(false, std::memory_order_relaxed);  // nobody else looks
        return value;
    }

private:
    /// Called by whoever has the permit. Ends all waits for it, for good.
    void store(T&& value) {
        value_.construct(std::move(value));
        // Release publishes the value.
        is_set_.store(true, std::memory_order_release);
        permit_.close();
    }

    template <class Function>
    Task<const T&> init(Function function) {
        const bool mine = co_await detail::AcquirePermits(permit_, 1);
        if (mine) {
            const detail::Permits held(permit_, 1);
            T value = co_await function();
            store(std::move(value));
        }
        co_return value_.get();
    }

    template <class E, class Function>
    Task<Result<const T*, E>> try_init(Function function) {
        const bool mine = co_await detail::AcquirePermits(permit_, 1);
        if (mine) {
            const detail::Permits held(permit_, 1);
            Result<T, E> made = co_await function();
            if (!made) {
                co_return failure(std::move(made.error()));
            }
            store(std::move(*made));
        }
        co_return Result<const T*, E>(std::addressof(value_.get()));
    }

    detail::SemaphoreCore permit_{1};  // to make the value; closed when it is there
    std::atomic<bool> is_set_{false};
    detail::LateValue<T> value_;
};

/// What `get_or_init` and `get_or_try_init` return. Allocates nothing if the value is there.
template <class T>
template <class R, class Function>
class [[nodiscard("it does nothing until it is awaited")]] OnceCell<T>::Init {
public:
    class Awaiter {
    public:
        Awaiter(OnceCell& cell, Function& function) noexcept : cell_(&cell), function_(&function) {}
        [[nodiscard]] bool await_ready() const noexcept {
            return detail::spend_budget() && cell_->is_set();
        }
        std::coroutine_handle<> await_suspend(detail::TaskHandle parent) {
            if constexpr (std::is_reference_v<R>) {
                call_.emplace(*cell_->init(std::move(*function_)).release());
            } else {
                call_.emplace(
                    *cell_->template try_init<typename R::error_type>(std::move(*function_))
                         .release());
            }
            return call_->await_suspend(parent);
        }
        R await_resume() {
            if (call_) {
                return call_->await_resume();
            }
            if constexpr (std::is_reference_v<R>) {
                return cell_->value_.get();
            } else {
                return R(std::addressof(cell_->value_.get()));
            }
        }

    private:
        OnceCell* cell_;
        Function* function_;
        std::optional<typename Task<R>::Awaiter> call_;  // the coroutine that waits, or makes it
    };
    Awaiter operator co_await() && noexcept { return Awaiter(*cell_, function_); }

private:
    friend class OnceCell;
    Init(OnceCell& cell, Function function) : cell_(&cell), function_(std::move(function)) {}

    OnceCell* cell_;
    Function function_;
};

}  // namespace edo::sync
