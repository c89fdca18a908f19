// SPDX-License-Identifier: MIT
// The promise of `Task<T>`: the result, and what may be awaited.
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/task/promise_base.hpp"

#include <concepts>
#include <coroutine>
#include <exception>
#include <memory>
#include <system_error>
#include <type_traits>
#include <utility>

namespace edo {
template <class T>
class Task;
}

namespace edo::detail {

/// The handle that edo's awaiters take: only coroutines of edo can be suspended on them, because
/// only those can be walked and destroyed.
class TaskHandle {
public:
    template <std::derived_from<PromiseBase> Promise>
    TaskHandle(std::coroutine_handle<Promise> handle) noexcept  // NOLINT: meant to be implicit
        : promise_(&handle.promise()) {}

    [[nodiscard]] PromiseBase& promise() const noexcept { return *promise_; }
    [[nodiscard]] std::coroutine_handle<> handle() const noexcept { return promise_->handle(); }

private:
    PromiseBase* promise_;
};

template <class A>
concept HasMemberCoAwait = requires(A&& a) { std::forward<A>(a).operator co_await(); };

/// Gets the awaiter of an awaitable.
template <class A>
decltype(auto) awaiter_of(A&& awaitable) {
    if constexpr (HasMemberCoAwait<A>) {
        return std::forward<A>(awaitable).operator co_await();
    } else {
        return std::forward<A>(awaitable);
    }
}

template <class A>
using AwaiterOf = std::remove_reference_t<decltype(awaiter_of(std::declval<A>()))>;

/// Whether a `Task` may `co_await` an `A`: something of edo, which takes a `TaskHandle`. Awaitables
/// of other libraries would resume the coroutine behind the runtime's back. The awaiter must be
/// part of the awaiting frame, so that it is taken back when the frame is destroyed: an lvalue is
/// awaited only if it has an `operator co_await`, which makes one.
template <class A>
concept Awaitable = (HasMemberCoAwait<A> || !std::is_lvalue_reference_v<A>) &&
                    requires(AwaiterOf<A>& awaiter, TaskHandle handle) {
                        awaiter.await_ready();
                        awaiter.await_suspend(handle);
                        awaiter.await_resume();
                    };

/// The type of `co_await a`.
template <class A>
using AwaitResult = decltype(std::declval<AwaiterOf<A>&>().await_resume());

/// Room for the result of a coroutine: nothing yet, a value, or an exception. A `Result` is a value
/// in it, also when it is an error.
template <class T>
class ResultSlot {
public:
    ResultSlot() noexcept {}
    ResultSlot(const ResultSlot&) = delete;
    ResultSlot& operator=(const ResultSlot&) = delete;
    ~ResultSlot() { clear(); }

    template <class... Args>
    void emplace(Args&&... args) {
        std::construct_at(std::addressof(room_.value), std::forward<Args>(args)...);
        holds_ = Holds::Value;
    }
    void fail(std::exception_ptr error) noexcept {
        std::construct_at(std::addressof(room_.error), std::move(error));
        holds_ = Holds::Error;
    }
    [[nodiscard]] bool failed() const noexcept { return holds_ == Holds::Error; }
    [[nodiscard]] const std::exception_ptr& error() const noexcept { return room_.error; }

    /// Of a `Result` that is there: whether it is an error, and which.
    [[nodiscard]] bool is_failure() const noexcept { return !room_.value.has_value(); }
    [[nodiscard]] const auto& failure() const noexcept { return room_.value.error(); }

    /// The value, moved out; or throws the exception.
    T take() {
        if (failed()) {
            std::rethrow_exception(room_.error);
        }
        return std::move(room_.value);
    }

    void clear() noexcept {
        if (holds_ == Holds::Value) {
            std::destroy_at(std::addressof(room_.value));
        } else if (holds_ == Holds::Error) {
            std::destroy_at(std::addressof(room_.error));
        }
        holds_ = Holds::Nothing;
    }

private:
    enum class Holds : unsigned char { Nothing, Value, Error };
    union Room {
        Room() noexcept {}
        Room(const Room&) = delete;
        Room& operator=(const Room&) = delete;
        ~Room() {}
        [[no_unique_address]] T value;
        std::exception_ptr error;
    };
    [[no_unique_address]] Room room_;
    // It may lie in the padding behind the value, and is written when that was made.
    Holds holds_ = Holds::Nothing;
};

template <class T>
inline constexpr bool is_small_result = false;
template <class T>
inline constexpr bool is_small_result<tl::expected<T, std::error_code>> =
    sizeof(NonVoid<T>) <= sizeof(void*) && alignof(NonVoid<T>) <= alignof(void*) &&
    std::is_nothrow_move_constructible_v<NonVoid<T>>;

/// A `Result` with a small value, in parts: two words, of which an error takes one and a half, and
/// the rest says what there is. Most tasks have such a one, in their promise and in their cell.
template <class T>
    requires is_small_result<tl::expected<T, std::error_code>>
class ResultSlot<tl::expected<T, std::error_code>> {
    using Whole = tl::expected<T, std::error_code>;

public:
    ResultSlot() noexcept {}
    ResultSlot(const ResultSlot&) = delete;
    ResultSlot& operator=(const ResultSlot&) = delete;
    ~ResultSlot() { clear(); }

    template <class... Args>
    void emplace(Args&&... args) {
        Whole whole(std::forward<Args>(args)...);
        if (!whole.has_value()) {
            word_.category = &whole.error().category();
            number_ = whole.error().value();
            holds_ = Holds::Failure;
            return;
        }
        if constexpr (!std::is_void_v<T>) {
            std::construct_at(std::addressof(word_.value), std::move(*whole));
        }
        holds_ = Holds::Value;
    }
    void fail(std::exception_ptr error) noexcept {
        std::construct_at(std::addressof(word_.error), std::move(error));
        holds_ = Holds::Error;
    }
    [[nodiscard]] bool failed() const noexcept { return holds_ == Holds::Error; }
    [[nodiscard]] const std::exception_ptr& error() const noexcept { return word_.error; }

    [[nodiscard]] bool is_failure() const noexcept { return holds_ == Holds::Failure; }
    [[nodiscard]] std::error_code failure() const noexcept { return {number_, *word_.category}; }

    Whole take() {
        if (holds_ != Holds::Value) [[unlikely]] {
            if (failed()) {
                std::rethrow_exception(word_.error);
            }
            return tl::unexpected<std::error_code>(failure());
        }
        if constexpr (std::is_void_v<T>) {
            return {};
        } else {
            return Whole(std::move(word_.value));
        }
    }

    void clear() noexcept {
        if (holds_ == Holds::Value) {
            std::destroy_at(std::addressof(word_.value));
        } else if (failed()) {
            std::destroy_at(std::addressof(word_.error));
        }
        holds_ = Holds::Nothing;
    }

private:
    enum class Holds : unsigned char { Nothing, Value, Failure, Error };
    union Word {
        Word() noexcept {}
        Word(const Word&) = delete;
        Word& operator=(const Word&) = delete;
        ~Word() {}
        NonVoid<T> value;
        const std::error_category* category;
        std::exception_ptr error;
    };
    Word word_;
    int number_;
    Holds holds_ = Holds::Nothing;
};

template <>
class ResultSlot<void> {
public:
    void fail(std::exception_ptr error) noexcept { error_ = std::move(error); }
    [[nodiscard]] bool failed() const noexcept { return error_ != nullptr; }
    [[nodiscard]] const std::exception_ptr& error() const noexcept { return error_; }
    void take() const {
        if (error_) {
            std::rethrow_exception(error_);
        }
    }

private:
    std::exception_ptr error_;
};

/// A reference result is kept as a pointer.
template <class T>
class ResultSlot<T&> {
public:
    void emplace(T& value) noexcept { value_ = std::addressof(value); }
    void fail(std::exception_ptr error) noexcept { error_ = std::move(error); }
    [[nodiscard]] bool failed() const noexcept { return error_ != nullptr; }
    [[nodiscard]] const std::exception_ptr& error() const noexcept { return error_; }
    T& take() const {
        if (error_) {
            std::rethrow_exception(error_);
        }
        return *value_;
    }

private:
    T* value_ = nullptr;
    std::exception_ptr error_;
};

/// What ends the coroutine that awaits it where it stands: `propagate`.
template <class A>
inline constexpr bool ends_coroutine = false;
template <class Op>
class Propagating;

/// An awaiter that is part of something else and must not be moved away from it. clang awaits a
/// reference where it is. g++ 12 moves what it refers to into the frame, even from an lvalue, so it
/// gets an awaiter of its own, which refers to the other one.
#if defined(__clang__)
template <class A>
using AwaitedInPlace = A&;
#else
template <class A>
class AwaitedInPlace {
public:
    explicit AwaitedInPlace(A& awaiter) noexcept : awaiter_(&awaiter) {}
    [[nodiscard]] bool await_ready() noexcept { return awaiter_->await_ready(); }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> coroutine) noexcept {
        return awaiter_->await_suspend(coroutine);
    }
    auto await_resume() noexcept { return awaiter_->await_resume(); }

private:
    A* awaiter_;
};
#endif

template <class T>
class PromiseOf : public PromiseBase {
public:
    ResultSlot<T>& result() noexcept { return result_; }

    // Stores and never rethrows: compilers destroy the frame twice when this function throws.
    void unhandled_exception() noexcept {
        result_.fail(std::current_exception());
        tell_failure();
    }

    template <class A>
    A&& await_transform(A&& awaitable, const char* file = __builtin_FILE(),
                        unsigned line = __builtin_LINE()) noexcept {
        static_assert(
            Awaitable<A>,
            "edo::Task cannot await this type. A Task, or an operation, is awaited once, as an "
            "rvalue: write `co_await f()` or `co_await std::move(task)`. Operations of Boost.Asio "
            "are "
            "awaited with the completion token `edo::use_task`.");
        this->at(Location(file, line));
        return static_cast<A&&>(awaitable);
    }
    /// `propagate` takes the handle of this very promise, since it sets the result.
    template <class A>
        requires ends_coroutine<A>
    A&& await_transform(A&& propagate, const char* file = __builtin_FILE(),
                        unsigned line = __builtin_LINE()) noexcept {
        this->at(Location(file, line));
        return std::move(propagate);
    }
    template <class Op>
    AwaitedInPlace<Propagating<Op>> await_transform(Propagating<Op>&& operation,
                                                    const char* file = __builtin_FILE(),
                                                    unsigned line = __builtin_LINE()) noexcept {
        this->at(Location(file, line));
        return AwaitedInPlace<Propagating<Op>>(operation);
    }

protected:
    ResultSlot<T> result_;
};

template <class T>
class Promise final : public PromiseOf<T> {
public:
    static_assert(alignof(ResultSlot<T>) <= alignof(std::max_align_t),
                  "coroutine frames are aligned to 16 bytes: return a std::unique_ptr<T> instead");

    Task<T> get_return_object() noexcept;

    template <class U = T>
        requires std::constructible_from<T, U&&>
    void return_value(U&& value) {
        this->result_.emplace(std::forward<U>(value));
    }
};

template <>
class Promise<void> final : public PromiseOf<void> {
public:
    Task<void> get_return_object() noexcept;
    void return_void() noexcept {}
};

}  // namespace edo::detail
