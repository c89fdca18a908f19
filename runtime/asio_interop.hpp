// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/asio_interop_cell.hpp"
#include "edo/runtime/core/unhandled_exception.hpp"
#include "edo/runtime/handle.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"
#include "edo/runtime/task_id.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

namespace edo {

/// The type of `use_task`.
struct UseTask {
    constexpr UseTask() noexcept = default;
};

/// The completion token with which any asynchronous operation of Boost.Asio, and of what is built
/// on it, is awaited in a `Task`:
///
/// ```cpp
/// const edo::Result<std::size_t> n = co_await socket.async_read_some(buffer, edo::use_task);
/// ```
///
/// The operation starts when it is awaited. What the `co_await` yields follows from the completion
/// signature:
///
/// | signature | yields |
/// |---|---|
/// | `void(error_code)` | `Result<void>` |
/// | `void(error_code, T)` | `Result<T>` |
/// | `void(error_code, T, U)` | `Result<std::tuple<T, U>>` |
/// | `void(std::exception_ptr, T...)` | `void`, `T` or a tuple; throws the exception |
/// | `void(T...)` | `void`, `T` or a tuple |
///
/// The error keeps Asio's meaning: the end of a stream is `boost::asio::error::eof`, not 0 bytes.
/// What comes beside an error is dropped; `boost::asio::as_tuple(edo::use_task)` yields it all.
///
/// The I/O object may belong to any `io_context` that something runs; `edo::asio_context()` is one
/// that edo runs. The steps of a composed operation run in the awaiting task, not on the thread of
/// the `io_context`, so branches of `join` and `select` may share a socket as they share other
/// local variables. Do not change the executor with `bind_executor`, or that no longer holds.
///
/// @par Errors
/// Those of the operation; `std::errc::operation_canceled` (thrown, where no `Result` is yielded)
/// if its `io_context` is destroyed first. An exception from the operation is thrown from the
/// `co_await`.
///
/// @par Cancel safety
/// Dropping the wait cancels the operation through its cancellation slot, with all cancellation
/// types, before the destructor returns; its buffers and I/O objects may be destroyed after that.
/// An operation that has just completed is lost with its result: the bytes it read, or the
/// connection it accepted. (Readiness, `async_wait` of a socket, loses nothing.) After a composed
/// operation was cancelled its stream is good only for closing. An operation without support for
/// cancellation goes on unseen, and must own what it uses.
///
/// While the wait lasts a paused clock does not move on by itself.
///
/// @par Example
/// @snippet interop.cpp use_task
inline constexpr UseTask use_task{};

/// An `io_context` for I/O objects that are used from tasks, run by a thread of edo.
///
/// There is one in a process, made at the first call; it lives as long as the process, so that
/// sockets and timers may outlive the runtime in which they were made.
///
/// @throws std::system_error if it cannot be made.
/// @par Thread safety
/// May be called from any thread.
[[nodiscard]] boost::asio::io_context& asio_context();

namespace detail {

/// An exception is reported here, where the hook of the runtime is at hand: who has posted the
/// function, on another thread, may still hold the task's handle.
template <class Function>
Task<void> call_in_task(Function function) {
    try {
        std::move(function)();
    } catch (...) {
        const std::optional<TaskId> id = current_task_id();
        report_unhandled_exception(id ? id->value() : 0, std::current_exception());
    }
    co_return;
}

}  // namespace detail

/// An executor of Boost.Asio that runs each function as a task of an edo runtime.
///
/// I/O objects made with it belong to `asio_context()`, and their handlers run on the workers. A
/// function that throws is treated as a task that throws; after the runtime's shutdown functions
/// are destroyed without being called.
///
/// @par Thread safety
/// As any executor: all functions may be called from any thread.
/// @par Example
/// @snippet interop.cpp executor
class AsioExecutor {
public:
    /// For the runtime of the calling thread. @throws NoRuntimeError if there is none.
    AsioExecutor() : runtime_(Handle::current()) {}
    explicit AsioExecutor(Handle runtime) noexcept : runtime_(std::move(runtime)) {}

    /// Spawns a task that calls `function`, which may be move-only.
    template <class Function>
    void execute(Function&& function) const {
        runtime_
            .spawn(detail::call_in_task<std::decay_t<Function>>(std::forward<Function>(function)))
            .detach();
    }

    [[nodiscard]] const Handle& runtime() const noexcept { return runtime_; }

    static constexpr boost::asio::execution::blocking_t query(
        boost::asio::execution::blocking_t /*property*/) noexcept {
        return boost::asio::execution::blocking.never;
    }
    static boost::asio::io_context& query(boost::asio::execution::context_t /*property*/) {
        return asio_context();
    }
    friend bool operator==(const AsioExecutor& a, const AsioExecutor& b) noexcept {
        return &a.runtime_.scheduler() == &b.runtime_.scheduler();
    }

private:
    Handle runtime_;
};

namespace detail {

template <class... T>
struct OneOrTuple {
    using type = std::tuple<T...>;
};
template <class T>
struct OneOrTuple<T> {
    using type = T;
};
template <>
struct OneOrTuple<> {
    using type = void;
};

/// What an operation yields whose completion handler takes these (decayed) arguments.
template <class... T>
struct AsioSignature {
    using Yield = typename OneOrTuple<T...>::type;

    static Yield yield([[maybe_unused]] T... values) {
        if constexpr (sizeof...(T) > 0) {
            return Yield(std::move(values)...);
        }
    }
    [[noreturn]] static Yield dropped() {
        throw std::system_error(std::make_error_code(std::errc::operation_canceled));
    }
};

template <class... T>
struct AsioSignature<boost::system::error_code, T...> {
    using Value = typename OneOrTuple<T...>::type;
    using Yield = Result<Value>;

    static Yield yield(const boost::system::error_code& error, [[maybe_unused]] T... values) {
        if (error) {
            return failure(std::error_code(error));
        }
        if constexpr (sizeof...(T) > 0) {
            return Yield(Value(std::move(values)...));
        } else {
            return Yield();
        }
    }
    static Yield dropped() { return failure(std::errc::operation_canceled); }
};

template <class... T>
struct AsioSignature<std::exception_ptr, T...> : AsioSignature<T...> {
    static auto yield(const std::exception_ptr& error, T... values) {
        if (error) {
            std::rethrow_exception(error);
        }
        return AsioSignature<T...>::yield(std::move(values)...);
    }
};

/// The executor that is associated with an awaited operation: queues functions for the task.
class AsioTaskExecutor {
public:
    explicit AsioTaskExecutor(std::shared_ptr<AsioCell> cell) noexcept : cell_(std::move(cell)) {}

    template <class Function>
    void execute(Function&& function) const {
        cell_->submit(std::make_unique<AsioFunction<std::decay_t<Function>>>(
            std::forward<Function>(function)));
    }

    static constexpr boost::asio::execution::blocking_t query(
        boost::asio::execution::blocking_t /*property*/) noexcept {
        return boost::asio::execution::blocking.never;
    }
    static boost::asio::io_context& query(boost::asio::execution::context_t /*property*/) {
        return asio_context();
    }
    friend bool operator==(const AsioTaskExecutor& a, const AsioTaskExecutor& b) noexcept {
        return a.cell_ == b.cell_;
    }

private:
    std::shared_ptr<AsioCell> cell_;
};

template <class... T>
class AsioValues : public AsioCell {
public:
    std::optional<std::tuple<T...>> values;  // written before `finish`, read by the task after it
};

/// The completion handler. Move-only: when it is destroyed without having been called, the
/// operation is over all the same.
template <class... T>
class AsioHandler {
public:
    using executor_type = AsioTaskExecutor;
    using cancellation_slot_type = boost::asio::cancellation_slot;

    explicit AsioHandler(std::shared_ptr<AsioValues<T...>> cell) noexcept
        : cell_(std::move(cell)) {}
    AsioHandler(AsioHandler&&) noexcept = default;
    AsioHandler& operator=(AsioHandler&&) = delete;
    ~AsioHandler() {
        if (cell_ != nullptr) {
            cell_->finish();
        }
    }

    template <class... Args>
    void operator()(Args&&... args) {
        cell_->values.emplace(std::forward<Args>(args)...);
        std::exchange(cell_, nullptr)->finish();
    }

    [[nodiscard]] executor_type get_executor() const noexcept { return executor_type(cell_); }
    [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept {
        return cell_->slot();
    }

private:
    std::shared_ptr<AsioValues<T...>> cell_;
};

/// An operation that has not started yet: what an initiating function returns for `use_task`.
template <class Initiation, class Arguments, class... T>
class [[nodiscard("the operation does not start until it is awaited")]] AsioOperation {
public:
    template <class I, class... Args>
    explicit AsioOperation(I&& initiation, Args&&... args)
        : initiation_(std::forward<I>(initiation)), arguments_(std::forward<Args>(args)...) {}

    class Awaiter : public AsioWait {
    public:
        explicit Awaiter(AsioOperation& operation)
            : Awaiter(operation, std::make_shared<AsioValues<T...>>()) {}

        [[nodiscard]] bool await_ready() {
            begin();
            operation_.start(AsioHandler<T...>(result_));
            return false;
        }
        typename AsioSignature<T...>::Yield await_resume() {
            rethrow_error();
            if (!result_->values) {
                return AsioSignature<T...>::dropped();
            }
            return std::apply(
                [](T&... values) { return AsioSignature<T...>::yield(std::move(values)...); },
                *result_->values);
        }

    private:
        Awaiter(AsioOperation& operation, std::shared_ptr<AsioValues<T...>> result) noexcept
            : AsioWait(result), operation_(operation), result_(std::move(result)) {}

        AsioOperation& operation_;
        std::shared_ptr<AsioValues<T...>> result_;
    };

    Awaiter operator co_await() && { return Awaiter(*this); }

private:
    void start(AsioHandler<T...> handler) {
        std::apply(
            [&](auto&... args) { std::move(initiation_)(std::move(handler), std::move(args)...); },
            arguments_);
    }

    Initiation initiation_;
    Arguments arguments_;
};

}  // namespace detail

}  // namespace edo

template <class... T>
class boost::asio::async_result<edo::UseTask, void(T...)> {
public:
    template <class Initiation, class... Args>
    static auto initiate(Initiation&& initiation, edo::UseTask /*token*/, Args&&... args) {
        using Operation =
            edo::detail::AsioOperation<std::decay_t<Initiation>, std::tuple<std::decay_t<Args>...>,
                                       std::decay_t<T>...>;
        return Operation(std::forward<Initiation>(initiation), std::forward<Args>(args)...);
    }
};
