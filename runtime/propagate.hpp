// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/result.hpp"
#include "edo/runtime/task/promise.hpp"

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

    /// The coroutine is finished from here on, without ever being resumed: its result is set, and
    /// whoever waits for it goes on and destroys the frame where it stands.
    template <class U>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise<U>> coroutine) noexcept {
        static_assert(is_result<U>,
                      "propagate works in a coroutine that returns Task<Result<...>>");
        static_assert(std::constructible_from<U, tl::unexpected<typename R::error_type>>,
                      "the coroutine's error type cannot hold the propagated error");
        Promise<U>& promise = coroutine.promise();
        promise.result().emplace(failure(std::move(result_.error())));
        return promise.complete();
    }

    typename R::value_type await_resume() {
        if constexpr (!std::is_void_v<typename R::value_type>) {
            return std::move(*result_);
        }
    }

private:
    R result_;
};

}  // namespace detail

/// What Rust's `?` does: yields the value of a `Result`, or ends the running coroutine with its
/// error.
///
/// ```cpp
/// edo::Task<edo::Result<std::size_t>> relay(TcpStream& from, TcpStream& to, std::span<std::byte>
/// buffer) {
///     const std::size_t n = co_await edo::propagate(co_await from.read(buffer));
///     co_await edo::propagate(co_await to.write_all(buffer.first(n)));
///     co_return n;
/// }
/// ```
///
/// Nothing is thrown. The local variables of the coroutine are destroyed when its caller has taken
/// the result, not before; what must happen first (closing a file, say) belongs in an inner block.
///
/// @param result Consumed.
/// @return The value, as the result of the `co_await`.
template <class R>
    requires(is_result<std::remove_cvref_t<R>> && !std::is_lvalue_reference_v<R>)
[[nodiscard]] detail::Propagate<R> propagate(R&& result) {
    return detail::Propagate<R>(std::move(result));
}

}  // namespace edo
