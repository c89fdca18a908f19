// SPDX-License-Identifier: MIT
// Filters, and the operators that join them.
#pragma once

#include "edo/net/http/filter/and.hpp"
#include "edo/net/http/filter/filter_concept.hpp"
#include "edo/net/http/filter/or.hpp"

#include <tuple>
#include <type_traits>
#include <utility>

namespace edo::http::filter::detail {

template <class T>
inline constexpr bool kNever = false;

}  // namespace edo::http::filter::detail

namespace edo::http::filter {

/// Both, the left one first; the values of both. (g++'s -Wparentheses wants `(a & b) | map(f)`.)
template <class L, class R>
    requires Filter<std::remove_cvref_t<L>> && Filter<std::remove_cvref_t<R>>
[[nodiscard]] auto operator&(L&& left, R&& right) {
    return detail::And<std::remove_cvref_t<L>, std::remove_cvref_t<R>>(std::forward<L>(left),
                                                                       std::forward<R>(right));
}

/// `a or b`: the left one, or, where it rejects, the right one. What is left of the path is the
/// same for both, and the body may be read by both.
///
/// It extracts what both extract, if that is the same; a `Response` if both extract a `Reply`; else
/// one `std::variant`, with `Unit` for nothing and a tuple for several values.
template <class L, class R>
    requires Filter<std::remove_cvref_t<L>> && Filter<std::remove_cvref_t<R>>
[[nodiscard]] auto operator||(L&& left, R&& right) {
    return detail::make_or(
        std::tuple_cat(detail::Alternatives<std::remove_cvref_t<L>>::of(std::forward<L>(left)),
                       detail::Alternatives<std::remove_cvref_t<R>>::of(std::forward<R>(right))));
}

/// Not for filters.
template <class L, class R>
    requires Filter<std::remove_cvref_t<L>> && Filter<std::remove_cvref_t<R>>
auto operator&&(L&&, R&&) {
    static_assert(detail::kNever<L>,
                  "write `a & b` to join filters: `and` would bind weaker than `|`, so that in "
                  "`a and b | map(f)` the function would not get the values of `a`");
}

}  // namespace edo::http::filter
