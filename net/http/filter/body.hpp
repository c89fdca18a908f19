// SPDX-License-Identifier: MIT
#pragma once

#include "edo/net/http/filter/extract.hpp"
#include "edo/net/http/filter/fields.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace edo::http::filter::detail {

/// 415 if the request says that its body is encoded (Content-Encoding), compressed for example.
[[nodiscard]] std::optional<Rejection> check_content_encoding(const Headers& headers);
/// 415 if the request says that its body is something else than `type`, "application/json" for
/// example; a suffix ("+json") may stand for it. Nothing if it does not say. 415 also if it is
/// encoded.
[[nodiscard]] std::optional<Rejection> check_content_type(const Headers& headers,
                                                          std::string_view type,
                                                          std::string_view suffix = {});
/// 400 if the text is not UTF-8.
[[nodiscard]] Outcome<List<std::string>> checked_text(std::string text);
[[nodiscard]] std::string take_text(Input& input);
[[nodiscard]] Outcome<List<>> gunzip_body(Input& input, std::uint64_t limit);

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
/// What is compressed (Content-Encoding) is no text, form or JSON: 415, unless `gunzip` stands in
/// front. `bytes` and `stream` extract it as it was sent.
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

/// Has the filters behind it see the body decompressed, where the request says that it was
/// compressed by gzip (`Content-Encoding: gzip`); other encodings are rejected with 415.
///
/// The body is decompressed as it is read, so a bomb costs no more than the smaller of two limits:
/// that of `content_length_limit`, for filters that read all of it, and this one. What would be
/// longer is 413, damaged data 400.
///
/// Alternatives that are tried later see the decompressed body, too.
///
/// @param limit How many bytes may come out. 2 MiB by default.
/// @par Example
/// @snippet http_json_body.cpp gunzip
[[nodiscard]] inline auto gunzip(std::uint64_t limit = Input::kDefaultBodyLimit) {
    return detail::from_function<List<>>(
        [limit](Input& input) { return detail::gunzip_body(input, limit); });
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
    return detail::read_body<std::string>(&detail::check_content_encoding,
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
/// for it but what Content-Length says; a limit of the server does. A coroutine that returns the
/// errors of the body belongs behind `and_then`, which makes 413, 408 or 400 of them; behind `then`
/// they are 500, as its own ones are.
[[nodiscard]] inline auto stream() {
    return detail::from_function<List<Body>>([](Input& input) -> Outcome<List<Body>> {
        if (input.body_taken()) {
            return failure(Rejection(Status::InternalServerError));
        }
        return std::tuple<Body>(input.take_body());
    });
}

}  // namespace edo::http::filter::body
