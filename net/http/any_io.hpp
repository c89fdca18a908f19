// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/io/concepts.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace edo::http::detail {

/// A connection of some type.
class IoBase {
public:
    IoBase() = default;
    IoBase(const IoBase&) = delete;
    IoBase& operator=(const IoBase&) = delete;
    virtual ~IoBase() = default;

    virtual Task<Result<std::size_t>> read(std::span<std::byte> buffer) = 0;
    virtual Task<Result<std::size_t>> write(std::span<const std::byte> bytes) = 0;
    virtual Task<Result<void>> flush() = 0;
    virtual Task<Result<void>> shutdown() = 0;
};

template <class S>
class IoOf final : public IoBase {
public:
    explicit IoOf(S stream) : stream_(std::move(stream)) {}

    Task<Result<std::size_t>> read(std::span<std::byte> buffer) override {
        co_return co_await stream_.read(buffer);
    }
    Task<Result<std::size_t>> write(std::span<const std::byte> bytes) override {
        co_return co_await stream_.write(bytes);
    }
    Task<Result<void>> flush() override {
        if constexpr (edo::detail::HasFlush<S>) {
            co_return co_await stream_.flush();
        } else {
            co_return Result<void>();
        }
    }
    Task<Result<void>> shutdown() override {
        if constexpr (edo::detail::HasShutdown<S>) {
            co_return co_await stream_.shutdown();
        } else {
            co_return Result<void>();
        }
    }

    [[nodiscard]] S& stream() noexcept { return stream_; }

private:
    S stream_;
};

}  // namespace edo::http::detail

namespace edo::http {

/// A connection whose type does not matter any more: plain, encrypted, in memory. What was read
/// from it already comes first.
///
/// It is what is left of a connection after an upgrade, and satisfies `io::AsyncRead` and
/// `io::AsyncWrite`.
///
/// @par Thread safety
/// As for the connection in it: one task may read while another one writes.
///
/// @par Misuse
/// Using one that is empty or was moved from throws `UsageError`. It must not be moved while an
/// operation on it waits.
///
/// @par Example
/// @snippet http_message.cpp upgrade
class AnyIo {
public:
    /// An empty one, as after a move.
    AnyIo() noexcept = default;
    /// @param stream The connection, which belongs to this object from here on.
    /// @param read_before Bytes that `read` yields first.
    template <class S>
        requires(io::AsyncRead<S> && io::AsyncWrite<S> && !std::same_as<S, AnyIo>)
    explicit AnyIo(S stream, std::string read_before = {})
        : io_(std::make_unique<detail::IoOf<S>>(std::move(stream))),
          read_before_(std::move(read_before)) {}

    /// Reads some bytes; 0 at the end of the stream.
    /// @param buffer Must outlive the operation.
    /// @par Errors
    /// Those of the connection.
    /// @par Cancel safety
    /// Cancel safe: a read that was dropped has read nothing.
    [[nodiscard]] Task<Result<std::size_t>> read(std::span<std::byte> buffer);
    /// Writes some bytes, and yields how many.
    /// @param bytes Must outlive the operation.
    /// @par Errors
    /// Those of the connection.
    /// @par Cancel safety
    /// Cancel safe: a write that was dropped has written nothing.
    [[nodiscard]] Task<Result<std::size_t>> write(std::span<const std::byte> bytes);
    /// The same with text.
    [[nodiscard]] Task<Result<std::size_t>> write(std::string_view text) {
        return write(std::as_bytes(std::span(text)));
    }
    /// Passes on what the connection has kept back, if it is of that kind.
    [[nodiscard]] Task<Result<void>> flush();
    /// Ends the stream towards the peer. Reading goes on.
    [[nodiscard]] Task<Result<void>> shutdown();

    /// The connection, if it is an `S`; else null. Bytes that were read before are not in it: take
    /// them with `take_read_before`.
    template <class S>
    [[nodiscard]] S* get_if() noexcept {
        auto* const io = dynamic_cast<detail::IoOf<S>*>(io_.get());
        return io == nullptr ? nullptr : &io->stream();
    }
    /// Takes the bytes that were read before the upgrade and not yet again.
    [[nodiscard]] std::string take_read_before() noexcept {
        return std::exchange(read_before_, std::string());
    }

    /// Whether there is a connection.
    [[nodiscard]] explicit operator bool() const noexcept { return io_ != nullptr; }

private:
    [[nodiscard]] detail::IoBase& io() const;

    std::unique_ptr<detail::IoBase> io_;
    std::string read_before_;
};

/// What to do with a connection after the answer 101 was sent on it: a function that is called once
/// with the connection and returns a `Task<void>`, which then runs in the connection's task.
///
/// @par Example
/// @snippet http_message.cpp upgrade
class Upgrade {
public:
    /// None.
    Upgrade() noexcept = default;
    /// @param function `Task<void>(AnyIo)`; kept until its task has ended.
    template <class F>
        requires(!std::same_as<F, Upgrade> && std::invocable<F&, AnyIo> &&
                 std::same_as<std::invoke_result_t<F&, AnyIo>, Task<void>>)
    Upgrade(F function) : function_(std::make_unique<FunctionOf<F>>(std::move(function))) {}

    /// @throws UsageError if there is no function.
    [[nodiscard]] Task<void> operator()(AnyIo io);
    [[nodiscard]] explicit operator bool() const noexcept { return function_ != nullptr; }

private:
    struct Function {
        Function() = default;
        Function(const Function&) = delete;
        Function& operator=(const Function&) = delete;
        virtual ~Function() = default;
        virtual Task<void> call(AnyIo io) = 0;
    };
    template <class F>
    struct FunctionOf final : Function {
        explicit FunctionOf(F f) : function(std::move(f)) {}
        Task<void> call(AnyIo io) override { return function(std::move(io)); }
        F function;
    };

    std::unique_ptr<Function> function_;
};

}  // namespace edo::http
