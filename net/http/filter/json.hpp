// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/body.hpp"
#include "edo/net/http/filter/handler.hpp"
#include "edo/net/json/text.hpp"

namespace edo::http::filter::body {

/// Extracts the body as a `T`, of any type that `json::from_text` reads. 400 with the place of the
/// error if it is none; 415 if the request says that its body is no JSON (`application/json`, or a
/// type that ends in `+json`). A request that says nothing is taken at its word.
///
/// @par Example
/// @snippet http_json_body.cpp json
template <class T>
[[nodiscard]] auto json() {
    return detail::read_body<T>(
        [](const Headers& headers) {
            return detail::check_content_type(headers, "application/json", "+json");
        },
        [](Input& input) -> Outcome<List<T>> {
            auto value = edo::json::from_text<T>(input.body_text());
            if (!value) {
                return failure(Rejection::bad_request(
                    "the body is not the JSON that is expected: " + value.error().message()));
            }
            return std::tuple<T>(std::move(*value));
        });
}

}  // namespace edo::http::filter::body

namespace edo::http::filter {

/// A parameter of a handler that is made from a body of JSON. See `body::json`.
template <class T>
struct FromJson {
    explicit FromJson(T json) : value(std::move(json)) {}
    T value;
};
template <class T>
struct Parameter<FromJson<T>> {
    static auto filter() {
        return body::json<T>() | map([](T value) { return FromJson<T>(std::move(value)); });
    }
};

}  // namespace edo::http::filter

namespace edo::http::filter::reply {

/// 200 with the object as JSON, of any type that `json::to_text` writes.
template <class T>
[[nodiscard]] Response json(const T& object) {
    return Response::json_text(edo::json::to_text(object));
}

}  // namespace edo::http::filter::reply
