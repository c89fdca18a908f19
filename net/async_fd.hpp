// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/address_error.hpp"
#include "edo/net/ready_waits.hpp"
#include "edo/runtime/errors.hpp"
#include "edo/runtime/reactor/io_source.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace edo::detail {

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
        return detail::FdReadyOp(source(), detail::Direction::Read, Interest::Readable);
    }
    /// The same for writing.
    [[nodiscard]] detail::FdReadyOp writable() const {
        return detail::FdReadyOp(source(), detail::Direction::Write, Interest::Writable);
    }
    /// The same for any of what is in `interest`: the guard tells which, perhaps several.
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
        return detail::try_io_on(source(), interest, [&] { return std::invoke(function, inner_); });
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
        return detail::async_io_on(&source(), interest,
                                   [inner = &inner_, function = std::move(function)]() mutable {
                                       return std::invoke(function, *inner);
                                   });
    }

private:
    AsyncFd(T inner, detail::IoSource* source) noexcept(std::is_nothrow_move_constructible_v<T>)
        : inner_(std::move(inner)), source_(source) {}

    [[nodiscard]] detail::IoSource& source() const {
        if (source_ == nullptr) {
            throw UsageError("edo: this AsyncFd is empty: it was moved from, or given away");
        }
        return *source_;
    }

    T inner_;
    // Destroyed before `inner_`: the registration ends before the descriptor does.
    std::unique_ptr<detail::IoSource, detail::IoSourceReleaser> source_;
};

}  // namespace edo::net
