// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/address_error.hpp"
#include "edo/net/socket/stream_ops.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/reactor/io_op.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace edo::net {

/// In which directions to wait.
enum class Interest : std::uint8_t { Readable = 1, Writable = 2, Both = 3 };

/// What a wait for readiness has found.
class Ready {
public:
    constexpr Ready(bool readable, bool writable) noexcept
        : readable_(readable), writable_(writable) {}
    [[nodiscard]] constexpr bool is_readable() const noexcept { return readable_; }
    [[nodiscard]] constexpr bool is_writable() const noexcept { return writable_; }
    friend constexpr bool operator==(const Ready&, const Ready&) noexcept = default;

private:
    bool readable_;
    bool writable_;
};

/// Says that a descriptor was ready, at a time before the guard was made.
///
/// Readiness is remembered until somebody says that it is used up. So after a call that would have
/// blocked, `clear_ready` makes the next wait a real one; `try_io` does both. What became ready
/// after the guard was made is not forgotten by it.
///
/// Refers to its `AsyncFd`, which must outlive it (a move of that does not matter).
class ReadyGuard {
public:
    ReadyGuard(detail::IoSource& source, Ready ready, std::uint32_t read_generation,
               std::uint32_t write_generation) noexcept
        : source_(&source),
          ready_(ready),
          read_generation_(read_generation),
          write_generation_(write_generation) {}

    /// In which directions it was ready, of those that were asked for.
    [[nodiscard]] Ready ready() const noexcept { return ready_; }

    /// The descriptor is not ready any more in the directions of `ready()`, as a call made after
    /// this guard has shown. A descriptor whose far end is closed stays ready for good.
    void clear_ready() noexcept {
        if (ready_.is_readable()) {
            source_->set_drained(detail::Direction::Read, read_generation_);
        }
        if (ready_.is_writable()) {
            source_->set_drained(detail::Direction::Write, write_generation_);
        }
    }

    /// Calls `function()`, which makes one non-blocking call on the descriptor and yields a
    /// `Result`. Where that fails with `std::errc::operation_would_block`, the readiness is
    /// cleared; wait again then.
    template <class Function>
        requires is_result<std::invoke_result_t<Function&>>
    auto try_io(Function&& function) {
        auto result = std::invoke(function);
        if (!result && result.error() == std::errc::operation_would_block) {
            set_blocked();
        }
        return result;
    }

private:
    void set_blocked() noexcept {
        if (ready_.is_readable()) {
            source_->set_blocked(detail::Direction::Read, read_generation_);
        }
        if (ready_.is_writable()) {
            source_->set_blocked(detail::Direction::Write, write_generation_);
        }
    }

    detail::IoSource* source_;
    Ready ready_;
    std::uint32_t read_generation_;
    std::uint32_t write_generation_;
};

}  // namespace edo::net

namespace edo::detail {

/// Waits for one direction. What the source remembers is checked with `poll`: it starts as ready.
class [[nodiscard("a wait for readiness does nothing until it is awaited")]] FdReadyOp
    : public IoOp {
public:
    FdReadyOp(IoSource& source, Direction direction) noexcept
        : IoOp(source, direction, &FdReadyOp::attempt) {}

    [[nodiscard]] Result<net::ReadyGuard> await_resume() const noexcept;

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;
    std::uint32_t generation_ = 0;
};

/// The descriptor that an object stands for.
template <class T>
concept HasDescriptor = requires(const T& t) {
    { t.descriptor() } -> std::convertible_to<int>;
};
template <class T>
concept HasNativeHandle = requires(T& t) {
    { t.native_handle() } -> std::convertible_to<int>;
};

template <class T>
    requires std::same_as<T, int> || HasDescriptor<T> || HasNativeHandle<T>
[[nodiscard]] int descriptor_of(T& object) {
    if constexpr (std::same_as<T, int>) {
        return object;
    } else if constexpr (HasDescriptor<T>) {
        return object.descriptor();
    } else {
        return object.native_handle();
    }
}

/// Why a descriptor cannot be waited for, if that can be told beforehand.
[[nodiscard]] net::AddressResult<void> check_pollable(int descriptor);

/// Takes a source off its reactor, and leaves the descriptor open.
struct IoSourceReleaser {
    void operator()(IoSource* source) const noexcept {
        static_cast<void>(source->release());  // it belongs to somebody else
    }
};

/// Readiness in either direction, or in both.
[[nodiscard]] Task<Result<net::ReadyGuard>> wait_for_fd(IoSource* source, net::Interest interest);

}  // namespace edo::detail

namespace edo::net {

/// Waits for a descriptor that edo has no class for: of a library for a database or a bus, of a
/// timer, an inotify queue, a serial line, a tun device. It is in `net`, where all that waits for
/// descriptors is.
///
/// The descriptor should be non-blocking; edo does not change that. It is in edo's hands only in so
/// far as it is registered with a reactor: it must stay open as long as the `AsyncFd` lives, and
/// the same descriptor must not be waited for by two of them at once (a `dup` of it may). Whatever
/// is read and written is up to the caller, who may do so at any time.
///
/// With epoll, readiness is that of edges: it is reported once, and again after something new has
/// come. So read until the call would block, and then say so with `ReadyGuard::clear_ready`, or let
/// `try_io` and `async_io` do that.
///
/// @tparam T What owns the descriptor: `io::OwnedFd` or any type with a member `descriptor()` or
///     `native_handle()`, which is kept and destroyed after the registration is gone; or `int`, for
///     a descriptor that belongs to somebody else and is not closed.
///
/// @par Thread safety
/// All waits are `const`; any number of tasks may wait at once, and an event wakes all of them.
///
/// @par Misuse
/// Using an `AsyncFd` that was moved from throws `UsageError`. Destroying it while an operation is
/// pending, or closing the descriptor before it, is undefined.
///
/// @par Example
/// @snippet async_fd.cpp timer
template <class T>
class AsyncFd {
public:
    /// Prepares to wait for the descriptor of `inner`. It is registered at the first wait, with the
    /// worker that runs that task.
    ///
    /// @par Errors
    /// - `std::errc::bad_file_descriptor`: it is not open.
    /// - `std::errc::operation_not_permitted`: it is a regular file or a directory, which cannot be
    ///   waited for, because it is always ready. Use `fs::File`.
    ///
    /// `inner` is destroyed then.
    [[nodiscard]] static AddressResult<AsyncFd> create(T inner) {
        const int descriptor = detail::descriptor_of(inner);
        auto pollable = detail::check_pollable(descriptor);
        if (!pollable) {
            return failure(std::move(pollable.error()));
        }
        return AsyncFd(std::move(inner), detail::IoSource::borrow(descriptor));
    }

    /// The object, to read from it or write to it.
    [[nodiscard]] const T& inner() const noexcept { return inner_; }
    [[nodiscard]] T& inner() noexcept { return inner_; }
    [[nodiscard]] int descriptor() const { return source().descriptor(); }
    /// Ends the registration and gives the object back. No operation may be pending.
    [[nodiscard]] T into_inner() && {
        source_.reset();
        return std::move(inner_);
    }

    /// Waits until the descriptor is readable: a read would not block, but yield bytes, the end or
    /// an error.
    ///
    /// @return A guard, to say that the readiness is used up.
    ///
    /// @par Errors
    /// - `std::errc::operation_not_permitted`: the descriptor is of a kind that cannot be waited
    ///   for.
    /// - `std::errc::file_exists`: it is being waited for by another `AsyncFd`.
    /// - `Errc::RuntimeShutdown`: the runtime that serves it is gone.
    ///
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] detail::FdReadyOp readable() const {
        return detail::FdReadyOp(source(), detail::Direction::Read);
    }
    /// The same for writing.
    [[nodiscard]] detail::FdReadyOp writable() const {
        return detail::FdReadyOp(source(), detail::Direction::Write);
    }
    /// The same for either direction, or for whichever of both is first.
    [[nodiscard]] Task<Result<ReadyGuard>> ready(Interest interest) const {
        return detail::wait_for_fd(&source(), interest);
    }

    /// Calls `function(inner)`, which makes one non-blocking call and yields a `Result`, unless it
    /// is known that it would block.
    ///
    /// @return What the function yields, or `std::errc::operation_would_block` without a call.
    template <class Function>
        requires is_result<std::invoke_result_t<Function&, const T&>>
    auto try_io(Interest interest, Function&& function) const {
        using R = std::invoke_result_t<Function&, const T&>;
        detail::IoSource& mine = source();
        const bool may_read =
            wants(interest, Interest::Readable) && mine.may_be_ready(detail::Direction::Read);
        const bool may_write =
            wants(interest, Interest::Writable) && mine.may_be_ready(detail::Direction::Write);
        if (!may_read && !may_write) {
            return R(failure(std::errc::operation_would_block));
        }
        ReadyGuard guard(mine, Ready(may_read, may_write), mine.generation(detail::Direction::Read),
                         mine.generation(detail::Direction::Write));
        return guard.try_io([&] { return std::invoke(function, inner_); });
    }

    /// Waits for readiness and calls `function(inner)`, again and again until it does not yield
    /// `std::errc::operation_would_block` any more.
    ///
    /// @param function Makes one non-blocking call and yields a `Result` with a `std::error_code`.
    ///     Kept until the operation is over.
    /// @return What the function yields, or an error of `readable`.
    ///
    /// @par Cancel safety
    /// Cancel safe, if the function is: nothing happens after its last call.
    ///
    /// @par Example
    /// @snippet async_fd.cpp async_io
    template <class Function>
        requires is_result<std::invoke_result_t<Function&, const T&>>
    [[nodiscard]] Task<std::invoke_result_t<Function&, const T&>> async_io(
        Interest interest, Function function) const {
        return run_io(&source(), &inner_, interest, std::move(function));
    }

private:
    AsyncFd(T inner, detail::IoSource* source) noexcept(std::is_nothrow_move_constructible_v<T>)
        : inner_(std::move(inner)), source_(source) {}

    [[nodiscard]] static bool wants(Interest interest, Interest one) noexcept {
        return (std::uint8_t(interest) & std::uint8_t(one)) != 0;
    }
    [[nodiscard]] detail::IoSource& source() const {
        if (source_ == nullptr) {
            throw UsageError("edo: this AsyncFd is empty: it was moved from, or given away");
        }
        return *source_;
    }

    template <class Function>
    static Task<std::invoke_result_t<Function&, const T&>> run_io(detail::IoSource* source,
                                                                  const T* inner, Interest interest,
                                                                  Function function) {
        for (;;) {
            auto guard = co_await detail::wait_for_fd(source, interest);
            if (!guard) {
                co_return failure(guard.error());
            }
            auto result = guard->try_io([&] { return std::invoke(function, *inner); });
            if (result || result.error() != std::errc::operation_would_block) {
                co_return std::move(result);
            }
        }
    }

    T inner_;
    // Destroyed before `inner_`: the registration ends before the descriptor does.
    std::unique_ptr<detail::IoSource, detail::IoSourceReleaser> source_;
};

}  // namespace edo::net
