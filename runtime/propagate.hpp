// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/task/promise.hpp"
#include "edo/runtime/task/propagating.hpp"

#include <concepts>
#include <type_traits>
#include <utility>

namespace edo {

namespace detail {

/// Ends the awaiting coroutine with the error, or yields the value.
template <class R>
class Propagate {
public:
    explicit Propagate(R&& result) : result_(std::move(result)) {}

    [[nodiscard]] bool await_ready() const noexcept { return result_.has_value(); }

    template <class U>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise<U>> coroutine) noexcept {
        return end_with(coroutine, std::move(result_.error()));
    }

    typename R::value_type await_resume() {
        if constexpr (!std::is_void_v<typename R::value_type>) {
            return std::move(*result_);
        }
    }

private:
    R result_;
};

template <class R>
inline constexpr bool ends_coroutine<Propagate<R>> = true;

}  // namespace detail

/// What Rust's `?` does: yields the value of a `Result`, or ends the running coroutine with its
/// error.
///
/// ```cpp
/// edo::Task<edo::Result<std::size_t>> relay(TcpStream& from, TcpStream& to, std::span<std::byte>
/// buffer) {
///     const std::size_t n = co_await edo::propagate(from.read(buffer));
///     co_await edo::propagate(to.write_all(buffer.first(n)));
///     co_return n;
/// }
/// ```
///
/// Nothing is thrown. The local variables of the coroutine are destroyed when its caller has taken
/// the result, not before; what must happen first (closing a file, say) belongs in an inner block.
///
/// @param result Consumed. What a task yields is awaited first:
///     `co_await propagate(co_await task())`.
/// @return The value, as the result of the `co_await`.
template <class R>
    requires(is_result<std::remove_cvref_t<R>> && !std::is_lvalue_reference_v<R>)
[[nodiscard]] detail::Propagate<R> propagate(R&& result) {
    return detail::Propagate<R>(std::move(result));
}

/// The same for an operation of a socket or pipe that reads, writes, sends or waits to be ready,
/// without a `co_await` of its own. The coroutine keeps no `Result` then: its frame is 48 bytes
/// smaller than with `propagate(co_await operation)`.
///
/// @param operation Not awaited yet; it is made in the expression that awaits it.
template <class Op>
[[nodiscard]] detail::Propagating<Op>&& propagate(detail::Propagating<Op>&& operation) noexcept {
    return std::move(operation);
}

}  // namespace edo
