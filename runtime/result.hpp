// SPDX-License-Identifier: MIT
#pragma once

#include <tl/expected.hpp>

#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

namespace edo {

/// The outcome of an operation that can fail at run time: a `T`, or the `E` that explains why not.
///
/// `tl::expected` has the interface of C++23's `std::expected`. Test it (`if (result)`), then use
/// `*result` or `result.error()`; `result.value()` throws on error. Inside a `Task<Result<U>>` the
/// short form is `co_await propagate(...)`.
template <class T, class E = std::error_code>
using Result = tl::expected<T, E>;

/// Makes a failed `Result` of any value type.
template <class E>
[[nodiscard]] constexpr tl::unexpected<std::decay_t<E>> failure(E&& error) {
    return tl::unexpected<std::decay_t<E>>(std::forward<E>(error));
}

/// Makes a failed `Result` from a standard error condition, for example
/// `failure(std::errc::connection_reset)`.
[[nodiscard]] inline tl::unexpected<std::error_code> failure(std::errc error) {
    return tl::unexpected<std::error_code>(std::make_error_code(error));
}

/// The value of a branch that returns `void`, where a value is needed: in the tuples of `join` and
/// `select`.
using Unit = std::monostate;

/// `T`, or `Unit` for `void`.
template <class T>
using NonVoid = std::conditional_t<std::is_void_v<T>, Unit, T>;

/// Whether `T` is some `Result`.
template <class T>
inline constexpr bool is_result = false;
template <class T, class E>
inline constexpr bool is_result<tl::expected<T, E>> = true;

}  // namespace edo
