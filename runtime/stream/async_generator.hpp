// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/stream/stream.hpp"
#include "edo/runtime/task/group.hpp"
#include "edo/runtime/task/promise.hpp"
#include "edo/runtime/task/ready.hpp"
#include "edo/runtime/task/task.hpp"

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

namespace edo::stream {
template <class T>
class AsyncGenerator;
}

namespace edo::detail {

/// The promise of a generator. Between two values nobody waits for it (`up` is nobody's), as if it
/// had not been started; a wait takes it as a branch that it borrows. So a wait that is cancelled
/// leaves the generator running, and the value is here for the next one.
template <class T>
class GeneratorPromise final : public PromiseOf<void> {
public:
    static_assert(alignof(std::optional<T>) <= alignof(std::max_align_t),
                  "coroutine frames are aligned to 16 bytes: yield a std::unique_ptr<T> instead");

    stream::AsyncGenerator<T> get_return_object() noexcept;
    void return_void() noexcept {}

    class Yield {
    public:
        Yield() noexcept = default;
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        std::coroutine_handle<> await_suspend(
            std::coroutine_handle<GeneratorPromise> generator) noexcept {
            return generator.promise().pause();
        }
        void await_resume() const noexcept {}
    };
    Yield yield_value(T value) {
        value_.emplace(std::move(value));
        return {};
    }

    [[nodiscard]] bool has_value() const noexcept { return value_.has_value(); }
    [[nodiscard]] std::optional<T> take() { return std::exchange(value_, std::nullopt); }

private:
    /// Returns to whoever waits for the value.
    std::coroutine_handle<> pause() noexcept {
        const Up waiter = this->up();
        this->set_up(Up());
        this->set_down(Down());
        if (waiter.to() == Up::To::Branch) {
            return waiter.branch().group().branch_done(waiter.branch());
        }
        return std::noop_coroutine();  // the wait was cancelled
    }

    std::optional<T> value_;
};

/// Waits for a generator until it has a value, or has ended.
template <class T>
class GeneratorWait : public Group {
public:
    explicit GeneratorWait(GeneratorPromise<T>& generator) noexcept
        : Group(&GeneratorWait::on_done), generator_(generator) {
        set_branches(&branch_, 1);
        branch_.borrow(generator);
    }

    [[nodiscard]] bool await_ready() const noexcept {
        return generator_.has_value() || generator_.is_done();
    }
    void await_suspend(TaskHandle parent) noexcept { start(parent.promise(), 0); }
    void await_resume() const noexcept {}

private:
    static std::coroutine_handle<> on_done(Group& group, Branch& /*branch*/) noexcept {
        return static_cast<GeneratorWait&>(group).resume_parent();
    }

    GeneratorPromise<T>& generator_;
    Branch branch_;
};

/// Runs a generator until it has a value, or has ended.
template <class T>
class [[nodiscard("a generator does nothing until it is awaited")]] GeneratorRun {
public:
    explicit GeneratorRun(GeneratorPromise<T>& generator) noexcept : generator_(&generator) {}
    GeneratorWait<T> operator co_await() const noexcept { return GeneratorWait<T>(*generator_); }

private:
    GeneratorPromise<T>* generator_;
};

}  // namespace edo::detail

namespace edo::stream {

/// A stream that a coroutine makes: the return type of coroutines with `co_yield`.
///
/// ```cpp
/// edo::stream::AsyncGenerator<std::string> names(Directory directory) {
///     while (auto entry = co_await directory.read()) {
///         co_yield entry->name();
///     }
/// }
/// ```
///
/// It is lazy: nothing runs until the first `next`, and between two values it stands still.
/// Dropping it destroys it where it is. It may await whatever a `Task` may, except `propagate`:
/// yield a `Result` instead.
///
/// @tparam T What `co_yield` yields: an object type of alignment up to 16.
///
/// @par Thread safety
/// None. Once started it stays in the task in which it was started, and must not outlive it.
/// @par Example
/// @snippet stream.cpp async_generator
template <class T>
class [[nodiscard("a generator does nothing until its next() is awaited")]] AsyncGenerator {
public:
    using promise_type = detail::GeneratorPromise<T>;
    using Item = T;

    AsyncGenerator(AsyncGenerator&& other) noexcept
        : promise_(std::exchange(other.promise_, nullptr)) {}
    AsyncGenerator& operator=(AsyncGenerator&& other) noexcept {
        const AsyncGenerator old(std::move(*this));
        promise_ = std::exchange(other.promise_, nullptr);
        return *this;
    }
    ~AsyncGenerator() {
        if (promise_ != nullptr) {
            detail::destroy_frames(*promise_);
        }
    }

    /// Lets the coroutine run to its next `co_yield`.
    ///
    /// @return The value; `std::nullopt` when the coroutine has ended.
    /// @par Cancel safety
    /// Cancel safe: what the coroutine waits for goes on inside the task, and the next call yields
    /// the value.
    /// @throws What left the coroutine, once. UsageError if the generator was moved from, or waits
    /// in
    ///     another task.
    [[nodiscard]] Task<std::optional<T>> next() {
        detail::check_can_await(promise_);
        co_await detail::Charge();
        co_await detail::GeneratorRun<T>(*promise_);
        if (!promise_->has_value() && promise_->result().failed()) {
            const std::exception_ptr error = promise_->result().error();
            promise_->result().fail(nullptr);
            std::rethrow_exception(error);
        }
        co_return promise_->take();
    }

private:
    friend promise_type;
    explicit AsyncGenerator(promise_type& promise) noexcept : promise_(&promise) {}

    promise_type* promise_;
};

}  // namespace edo::stream

namespace edo::detail {

template <class T>
stream::AsyncGenerator<T> GeneratorPromise<T>::get_return_object() noexcept {
    return stream::AsyncGenerator<T>(*this);
}

}  // namespace edo::detail
