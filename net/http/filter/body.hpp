// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/extract.hpp"
#include "edo/net/http/filter/fields.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace edo::http::filter::detail {

/// 415 if the request says that its body is something else than `type`, "application/json" for
/// example; a suffix ("+json") may stand for it. Nothing if it does not say.
[[nodiscard]] std::optional<Rejection> check_content_type(const Headers& headers,
                                                          std::string_view type,
                                                          std::string_view suffix = {});
/// 400 if the text is not UTF-8.
[[nodiscard]] Outcome<List<std::string>> checked_text(std::string text);
[[nodiscard]] std::string take_text(Input& input);

/// Reads the body and hands it to `Fn`: `Outcome<List<T>> f(Input&)`. Before that `Check` looks at
/// the headers: `std::optional<Rejection> check(const Headers&)`.
template <class T, class Check, class Fn>
class ReadBody : public FilterBase {
public:
    using Extract = List<T>;
    static constexpr bool kAsync = true;
    ReadBody(Check check, Fn function) : check_(check), function_(std::move(function)) {}

    Pending<Extract> start(Input& input) const {
        if (auto rejection = check_(input.headers())) {
            return std::move(*rejection);
        }
        if (auto rejection = input.check_body()) {
            return std::move(*rejection);
        }
        if (input.has_body_text()) {
            return function_(input);
        }
        return read(this, &input);
    }

private:
    static Task<Outcome<Extract>> read(const ReadBody* self, Input* input) {
        Result<void, Rejection> done = co_await input->read_body();
        if (!done) {
            co_return failure(std::move(done.error()));
        }
        co_return self->function_(*input);
    }

    Check check_;
    Fn function_;
};

template <class T, class Check, class Fn>
auto read_body(Check check, Fn function) {
    return ReadBody<T, Check, Fn>(check, std::move(function));
}

inline constexpr auto kAnyContent = [](const Headers&) { return std::optional<Rejection>(); };

}  // namespace edo::http::filter::detail

/// Filters that read the body of a request.
///
/// A body is read into memory once, and at most so far as `content_length_limit` allows, or 2 MiB:
/// longer ones are rejected with 413, by what Content-Length says, or when they get there. A filter
/// that fails leaves the body to the next alternative. Two filters of one chain that want the same
/// body are a mistake of the program: 500. `json` is in `<edo/net/http/filter/json.hpp>`.
///
/// @par Cancel safety
/// A request that is dropped while its body is read is lost, as its connection is.
namespace edo::http::filter::body {

/// Matches bodies of at most so many bytes, whether the length is announced or not: what is known
/// to be longer is rejected with 413 here, the rest when it is read. Holds for what follows in the
/// chain.
[[nodiscard]] inline auto content_length_limit(std::uint64_t bytes) {
    return detail::from_function<List<>>([bytes](Input& input) -> Outcome<List<>> {
        input.set_body_limit(bytes);
        if (auto rejection = input.check_body()) {
            return failure(std::move(*rejection));
        }
        return std::tuple<>();
    });
}

/// Extracts the body as bytes.
[[nodiscard]] inline auto bytes() {
    return detail::read_body<std::string>(
        detail::kAnyContent, [](Input& input) -> Outcome<List<std::string>> {
            return std::tuple<std::string>(detail::take_text(input));
        });
}

/// Extracts the body as UTF-8 text; 400 if it is none.
[[nodiscard]] inline auto text() {
    return detail::read_body<std::string>(detail::kAnyContent,
                                          [](Input& input) -> Outcome<List<std::string>> {
                                              return detail::checked_text(detail::take_text(input));
                                          });
}

/// Extracts a form, `application/x-www-form-urlencoded`, as `query<T>` does. 415 if the request
/// says it is something else.
template <class T = Fields>
[[nodiscard]] auto form() {
    return detail::read_body<T>(
        [](const Headers& headers) {
            return detail::check_content_type(headers, "application/x-www-form-urlencoded");
        },
        [](Input& input) -> Outcome<List<T>> {
            Result<T, Rejection> value = detail::read_fields<T>(input.body_text(), "form");
            if (!value) {
                return failure(std::move(value.error()));
            }
            return std::tuple<T>(std::move(*value));
        });
}

/// Extracts the body itself, to be read piece by piece, each when it is asked for. No limit holds
/// for it but what Content-Length says; a limit of the server does.
[[nodiscard]] inline auto stream() {
    return detail::from_function<List<Body>>([](Input& input) -> Outcome<List<Body>> {
        if (input.body_taken()) {
            return failure(Rejection(Status::InternalServerError));
        }
        return std::tuple<Body>(input.take_body());
    });
}

}  // namespace edo::http::filter::body
