// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/body.hpp"

#include "edo/net/http/characters.hpp"
#include "edo/runtime/io/utf8.hpp"

namespace edo::http::filter::detail {

std::optional<Rejection> check_content_type(const Headers& headers, std::string_view type,
                                            std::string_view suffix) {
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
