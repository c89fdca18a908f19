// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/path.hpp"

#include "edo/net/http/uri/percent.hpp"
#include "edo/net/http/uri/percent_equal.hpp"
#include "edo/runtime/errors.hpp"

namespace edo::http::filter::detail {

Literal::Literal(std::string_view segments) : segments_(segments) {
    if (segments.empty() || segments.front() == '/' || segments.back() == '/' ||
        segments.find("//") != std::string_view::npos ||
        segments.find('?') != std::string_view::npos) {
        throw UsageError("path(\"" + segments_ +
                         "\"): write the segments without a slash in front or behind, as in "
                         "path(\"api/users\"), and no query");
    }
}

Outcome<List<>> Literal::check(Input& input) const {
    std::string_view wanted = segments_;
    for (;;) {
        const std::size_t slash = wanted.find('/');
        const auto segment = input.peek_segment();
        if (!segment || !http::detail::percent_equal(*segment, wanted.substr(0, slash))) {
            return failure(Rejection::not_found());
        }
        input.take_segment();
        if (slash == std::string_view::npos) {
            return std::tuple<>();
        }
        wanted.remove_prefix(slash + 1);
    }
}

Result<std::string, Rejection> take_decoded(Input& input) {
    const auto segment = input.peek_segment();
    if (!segment || segment->empty()) {
        return failure(Rejection::not_found());
    }
    auto text = percent_decode(*segment);
    if (!text) {
        return failure(Rejection::bad_request("the path has a malformed escape"));
    }
    input.take_segment();
    return std::move(*text);
}

Outcome<List<>> End::check(Input& input) const {
    if (!input.rest().empty()) {
        return failure(Rejection::not_found());
    }
    return std::tuple<>();
}

Outcome<List<std::string>> Tail::check(Input& input) const {
    auto text = percent_decode(input.rest());
    if (!text) {
        return failure(Rejection::bad_request("the path has a malformed escape"));
    }
    input.take_rest();
    return std::tuple<std::string>(std::move(*text));
}

}  // namespace edo::http::filter::detail
