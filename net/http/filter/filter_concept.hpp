// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/input.hpp"
#include "edo/net/http/filter/outcome.hpp"

#include <concepts>

/// Servers that are put together of small parts, in the manner of Rust's warp.
///
/// A filter looks at a request, and either extracts some values or rejects it. `a & b` is both, one
/// after the other, with the values of both; `a or b` the first that does not reject. `| map(f)`
/// and its like hand the values to a function. A filter that ends in a `Reply` is a server:
/// `service(filter)`.
///
/// ```cpp
/// auto hello = path("hello" / param<std::string>() / end()) | map([](std::string name) {
///     return "Hello, " + name + "!";
/// });
/// ```
///
/// Filters are values, made once, and used by all connections at the same time; so they, and the
/// functions in them, are called as `const`. One without a coroutine in it runs as plain code.
namespace edo::http::filter {

/// The base of all filters; it also brings the operators with it.
struct FilterBase {};

/// Something that looks at a request. Derive it from `FilterBase`, and give it
///
/// - `using Extract = List<Ts...>`, the values that it yields;
/// - `static constexpr bool kAsync`, whether it may have to wait;
/// - `Outcome<Extract> check(Input&) const` if it need not wait, else
///   `Pending<Extract> start(Input&) const`.
///
/// It takes from the `Input` what it has used of the path. A rejected attempt is undone by `or`.
///
/// @par Example
/// @snippet http_filters.cpp own_filter
template <class F>
concept Filter = std::derived_from<F, FilterBase> && requires(const F& filter, Input& input) {
    typename F::Extract;
    { F::kAsync } -> std::convertible_to<bool>;
};

}  // namespace edo::http::filter

namespace edo::http::filter::detail {

/// Runs any filter.
template <Filter F>
Pending<typename F::Extract> run(const F& filter, Input& input) {
    if constexpr (F::kAsync) {
        return filter.start(input);
    } else {
        return filter.check(input);
    }
}

}  // namespace edo::http::filter::detail
