// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/extract.hpp"
#include "edo/net/http/filter/fields.hpp"

namespace edo::http::filter {

/// Extracts the query, `?page=2&sort=name`, as a `T`: a struct described with
/// `BOOST_DESCRIBE_STRUCT`, or `Fields` for all pairs.
///
/// Members are numbers, `bool`, `std::string` or what else is `FromText`; a `std::optional` may be
/// missing, a `std::vector` takes all pairs of its name. Pairs that no member is named after are
/// left out. 400 if a member is missing or its text is not of its type.
///
/// @par Example
/// @snippet http_filters.cpp query
template <class T = Fields>
[[nodiscard]] auto query() {
    return detail::from_function<List<T>>([](Input& input) -> Outcome<List<T>> {
        Result<T, Rejection> value = detail::read_fields<T>(input.request().query(), "query");
        if (!value) {
            return failure(std::move(value.error()));
        }
        return std::tuple<T>(std::move(*value));
    });
}

/// Extracts the query as it was sent; empty without one.
[[nodiscard]] inline auto raw_query() {
    return detail::from_function<List<std::string>>([](Input& input) -> Outcome<List<std::string>> {
        return std::tuple<std::string>(input.request().query());
    });
}

}  // namespace edo::http::filter
