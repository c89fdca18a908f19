// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/body.hpp"

#include "edo/net/http/characters.hpp"
#include "edo/runtime/io/utf8.hpp"

namespace edo::http::filter::detail {

namespace {

/// The codings of all headers of that name, but for "identity", which is none.
std::string codings_of(const Headers& headers) {
    std::string codings;
    for (std::string_view list : headers.all("Content-Encoding")) {
        while (!list.empty()) {
            const std::string_view coding = http::detail::next_element(list);
            if (!coding.empty() && !equal_ignoring_case(coding, "identity")) {
                codings += codings.empty() ? "" : ", ";
                codings += coding;
            }
        }
    }
    return codings;
}

Rejection unsupported_encoding(std::string message, std::string_view wanted) {
    return Rejection(Status::UnsupportedMediaType, std::move(message))
        .with_header("Accept-Encoding", wanted);
}

}  // namespace

std::optional<Rejection> check_content_encoding(const Headers& headers) {
    if (codings_of(headers).empty()) {
        return std::nullopt;
    }
    return unsupported_encoding("the body must not be encoded", "identity");
}

Outcome<List<>> gunzip_body(Input& input, std::uint64_t limit) {
    const std::string codings = codings_of(input.headers());
    if (equal_ignoring_case(codings, "gzip") || equal_ignoring_case(codings, "x-gzip")) {
        if (input.body_taken()) {
            return failure(Rejection(Status::InternalServerError));
        }
        input.gunzip_body(limit);
    } else if (!codings.empty()) {
        return failure(unsupported_encoding("the body may be encoded by gzip only", "gzip"));
    }
    return std::tuple<>();
}

std::optional<Rejection> check_content_type(const Headers& headers, std::string_view type,
                                            std::string_view suffix) {
    if (auto rejection = check_content_encoding(headers)) {
        return rejection;
    }
    const auto value = headers.get("Content-Type");
    if (!value) {
        return std::nullopt;
    }
    const std::string_view given = http::detail::trim(value->substr(0, value->find(';')));
    const bool fits = equal_ignoring_case(given, type) ||
                      (!suffix.empty() && given.size() > suffix.size() &&
                       equal_ignoring_case(given.substr(given.size() - suffix.size()), suffix));
    if (fits) {
        return std::nullopt;
    }
    return Rejection(Status::UnsupportedMediaType, "the body must be " + std::string(type));
}

Outcome<List<std::string>> checked_text(std::string text) {
    if (!io::is_utf8(text)) {
        return failure(Rejection::bad_request("the body is not UTF-8"));
    }
    return std::tuple<std::string>(std::move(text));
}

std::string take_text(Input& input) {
    return input.take_body().take_text();
}

}  // namespace edo::http::filter::detail
