// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/ready.hpp"
#include "edo/net/socket/lent_descriptor.hpp"
#include "edo/runtime/reactor/io_op.hpp"
#include "edo/runtime/result.hpp"
#include "edo/runtime/task/task.hpp"

#include <array>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace edo::detail {

/// The generations of all directions of a source, at one time.
class Generations {
public:
    Generations() noexcept = default;
    explicit Generations(const IoSource& source) noexcept
        : all_{source.generation(Direction::Read), source.generation(Direction::Write),
               source.generation(Direction::Except)} {}

    [[nodiscard]] std::uint32_t of(Direction direction) const noexcept {
        return all_[std::size_t(direction)];
    }

private:
    std::array<std::uint32_t, 3> all_{};
};

}  // namespace edo::detail

namespace edo::net {

/// Says that a descriptor was ready, at a time before the guard was made.
///
/// Readiness is remembered until somebody says that it is used up. So after a call that would have
/// blocked, `clear_ready` makes the next wait a real one; `try_io` does both. What became ready
/// after the guard was made is not forgotten by it.
///
/// Refers to its `AsyncFd`, which must outlive it (a move of that does not matter).
class ReadyGuard {
public:
    ReadyGuard(detail::IoSource& source, Ready ready, detail::Generations generations) noexcept
        : source_(&source), ready_(ready), generations_(generations) {}

    /// What it was ready for, of that which was asked for.
    [[nodiscard]] Ready ready() const noexcept { return ready_; }

    /// The descriptor is not ready any more for what is in `ready()`, as a call made after this
    /// guard has shown. A descriptor whose far end is closed stays ready for good.
    void clear_ready() noexcept { clear_ready_matching(Ready::All); }
    /// The same for a part: after a read that would have blocked, `Ready::Readable`.
    void clear_ready_matching(Ready used_up) noexcept {
        for_each_in(ready_ & used_up, [this](detail::Direction direction) {
            source_->set_drained(direction, generations_.of(direction));
        });
    }
    /// The descriptor stays ready, as it does if the guard is dropped: to say so in the code.
    void retain_ready() const noexcept {}

    /// Calls `function()`, which makes one non-blocking call on the descriptor and yields a
    /// `Result`. Where that fails with `std::errc::operation_would_block`, the readiness is
    /// cleared; wait again then.
    template <class Function>
        requires is_result<std::invoke_result_t<Function&>>
    auto try_io(Function&& function) {
        auto result = function();
        if (!result && result.error() == std::errc::operation_would_block) {
            for_each_in(ready_, [this](detail::Direction direction) {
                source_->set_blocked(direction, generations_.of(direction));
            });
        }
        return result;
    }

private:
    template <class Function>
    static void for_each_in(Ready ready, Function function) {
        if (ready.is_readable()) {
            function(detail::Direction::Read);
        }
        if (ready.is_writable()) {
            function(detail::Direction::Write);
        }
        if (ready.is_priority() || ready.is_error()) {
            function(detail::Direction::Except);
        }
    }

    detail::IoSource* source_;
    Ready ready_;
    detail::Generations generations_;
};

}  // namespace edo::net

namespace edo::detail {

/// Waits for what comes in one direction. What the source remembers is checked with `poll`: it
/// starts as ready.
class [[nodiscard("a wait for readiness does nothing until it is awaited")]] FdReadyOp
    : public IoOp {
public:
    /// @param interest A part of what `direction` can tell.
    FdReadyOp(IoSource& source, Direction direction, net::Interest interest) noexcept
        : IoOp(source, direction, &FdReadyOp::attempt), interest_(interest) {}

    [[nodiscard]] Result<net::ReadyGuard> await_resume() const noexcept;

private:
    static bool attempt(IoOp& op, std::uint32_t generation) noexcept;

    net::Interest interest_;
    net::Ready ready_;
    Generations generations_;
};

/// Waits until any of what is in `interest` has come.
[[nodiscard]] Task<Result<net::ReadyGuard>> wait_for_fd(IoSource* source, net::Interest interest);

/// The part of `interest` that a call may be tried for, as far as the source remembers.
[[nodiscard]] net::Ready remembered_ready(const IoSource& source, net::Interest interest) noexcept;

/// Calls a function of `ReadyWaits` with the descriptor.
template <class Function>
std::invoke_result_t<Function&, int> call_with(IoSource& source, net::Interest interest,
                                               Function& function) {
    const LentDescriptor descriptor(source, interest);
    if (descriptor.error()) {
        return failure(descriptor.error());
    }
    return function(descriptor.get());
}

/// `AsyncFd::try_io`; `function` takes no arguments.
template <class Function>
std::invoke_result_t<Function&> try_io_on(IoSource& source, net::Interest interest,
                                          Function function) {
    const Generations generations(source);
    const net::Ready ready = remembered_ready(source, interest);
    if (ready.is_empty()) {
        return failure(std::errc::operation_would_block);
    }
    return net::ReadyGuard(source, ready, generations).try_io(function);
}

/// `AsyncFd::async_io`; `function` takes no arguments.
template <class Function>
Task<std::invoke_result_t<Function&>> async_io_on(IoSource* source, net::Interest interest,
                                                  Function function) {
    if (interest.is_readable()) {
        source->stop_reading_ahead();  // before somebody waits for bytes
    }
    for (;;) {
        auto guard = co_await wait_for_fd(source, interest);
        if (!guard) {
            co_return failure(guard.error());
        }
        auto result = guard->try_io(function);
        if (result || result.error() != std::errc::operation_would_block) {
            co_return std::move(result);
        }
    }
}

}  // namespace edo::detail

namespace edo::net {

/// Readiness of a socket or pipe, and calls of one's own on its descriptor: what all of them have
/// in common. Most programs need none of this: reading and writing wait by themselves.
///
/// @par Example
/// @snippet tcp_stream.cpp async_io
template <class Socket>
class ReadyWaits {
public:
    /// Waits until any of what is in `interest` has come. The end of the stream and errors make a
    /// socket readable, or writable, too.
    ///
    /// @return What it is ready for, of that which was asked for. Others who read or write may be
    ///     faster: a call may block all the same.
    ///
    /// @par Errors
    /// `Errc::RuntimeShutdown`: the runtime that serves the socket is gone.
    ///
    /// @par Cancel safety
    /// Cancel safe.
    [[nodiscard]] Task<Result<Ready>> ready(Interest interest) const {
        return wait(&source(), interest);
    }

    /// Calls `function(descriptor)`, which makes one non-blocking call and yields a `Result`,
    /// unless it is known that it would block. For calls that edo has no function for.
    ///
    /// @return What the function yields, or `std::errc::operation_would_block` without a call.
    ///
    /// @par Misuse
    /// A function that fails with `std::errc::operation_would_block` for another reason than that
    /// the socket is not ready makes others wait for readiness that was there.
    template <class Function>
        requires is_result<std::invoke_result_t<Function&, int>>
    auto try_io(Interest interest, Function&& function) const {
        detail::IoSource& mine = source();
        return detail::try_io_on(mine, interest,
                                 [&] { return detail::call_with(mine, interest, function); });
    }

    /// Waits for readiness and calls `function(descriptor)`, again and again until it does not
    /// yield `std::errc::operation_would_block` any more.
    ///
    /// @param function Makes one non-blocking call and yields a `Result` with a `std::error_code`.
    ///     Kept until the operation is over.
    /// @return What the function yields, or an error of `ready`.
    ///
    /// @par Cancel safety
    /// Cancel safe, if the function is: nothing happens after its last call.
    ///
    /// @par Misuse
    /// As for `try_io`.
    template <class Function>
        requires is_result<std::invoke_result_t<Function&, int>>
    [[nodiscard]] Task<std::invoke_result_t<Function&, int>> async_io(Interest interest,
                                                                      Function function) const {
        detail::IoSource& mine = source();
        return detail::async_io_on(&mine, interest,
                                   [&mine, interest, function = std::move(function)]() mutable {
                                       return detail::call_with(mine, interest, function);
                                   });
    }

    /// The descriptor, still owned by the socket; non-blocking. It must stay so, and open.
    ///
    /// With `ReactorKind::IoUring` this ends receiving ahead, for good: from now on bytes stay in
    /// the socket until somebody reads them. A stream that has been read from before may hold some
    /// that have left the socket; they are the first to be read from the stream. So before others
    /// read from the descriptor, call `try_read` until it would block, on a task of the runtime.
    [[nodiscard]] int descriptor() const {
        source().stop_reading_ahead();
        return source().descriptor();
    }

protected:
    ReadyWaits() = default;
    ~ReadyWaits() = default;
    ReadyWaits(const ReadyWaits&) = default;
    ReadyWaits& operator=(const ReadyWaits&) = default;

private:
    [[nodiscard]] detail::IoSource& source() const {
        return static_cast<const Socket&>(*this).io_source();
    }
    [[nodiscard]] static Task<Result<Ready>> wait(detail::IoSource* source, Interest interest) {
        const auto guard = co_await detail::wait_for_fd(source, interest);
        if (!guard) {
            co_return failure(guard.error());
        }
        co_return guard->ready();
    }
};

}  // namespace edo::net
