// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/extract.hpp"
#include "edo/net/http/uri/percent.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace edo::http::filter::detail {

/// A captured part of the path as a `T`: 400 if it is malformed, 404 if it is no `T`.
template <class T>
Outcome<List<T>> parse_parameter(std::string_view raw) {
    static_assert(
        FromText<T> && !std::same_as<T, std::string_view>,
        "a part of the path becomes a number, a bool, a std::string, or a type with a static "
        "function parse(std::string_view)");
    auto text = percent_decode(raw);
    if (!text) {
        return failure(Rejection::bad_request("the path has a malformed escape"));
    }
    if constexpr (std::same_as<T, std::string>) {
        return std::tuple<T>(std::move(*text));
    } else {
        auto value = from_text<T>(*text);
        if (!value) {
            return failure(Rejection::not_found());
        }
        return std::tuple<T>(std::move(*value));
    }
}

}  // namespace edo::http::filter::detail

namespace edo::http::filter {

/// Extracts the part of the path that a `Router` has named: `param<int>("id")` below
/// "/users/{id}". Rejects with 404 if it is no `T`, and with 500 if no route has named it so.
template <class T>
[[nodiscard]] auto param(std::string name) {
    return detail::from_function<List<T>>(
        [name = std::move(name)](Input& input) -> Outcome<List<T>> {
            const auto raw = input.parameter(name);
            if (!raw) {
                return failure(Rejection(Status::InternalServerError));
            }
            return detail::parse_parameter<T>(*raw);
        });
}

}  // namespace edo::http::filter
