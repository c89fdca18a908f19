// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/conditional.hpp"

#include "edo/net/http/characters.hpp"
#include "edo/net/http/filter/parse.hpp"

#include <algorithm>

namespace edo::http::filter::detail {

namespace {

/// Whether one of the entity tags of all headers of that name is ours, or "*".
bool names_tag(const Headers& headers, std::string_view name, std::string_view etag, bool weakly) {
    for (std::string_view list : headers.all(name)) {
        while (!list.empty()) {
            std::string_view tag = http::detail::next_element(list);
            if (tag == "*") {
                return true;
            }
            const bool is_weak = tag.starts_with("W/");
            if (is_weak) {
                tag.remove_prefix(2);
            }
            if (tag == etag && (weakly || !is_weak)) {
                return true;
            }
        }
    }
    return false;
}

std::optional<Seconds> date_in(const Headers& headers, std::string_view name) {
    const auto value = headers.get(name);
    return value ? parse_http_date(*value) : std::nullopt;
}

}  // namespace

Precondition check_preconditions(const Headers& headers, const Validators& validators) {
    if (headers.contains("If-Match")) {
        if (!names_tag(headers, "If-Match", validators.etag, false)) {
            return Precondition::Failed;
        }
    } else if (const auto since = date_in(headers, "If-Unmodified-Since")) {
        if (validators.modified > *since) {
            return Precondition::Failed;
        }
    }
    if (headers.contains("If-None-Match")) {
        if (names_tag(headers, "If-None-Match", validators.etag, true)) {
            return Precondition::NotModified;
        }
    } else if (const auto since = date_in(headers, "If-Modified-Since")) {
        if (validators.modified <= *since) {
            return Precondition::NotModified;
        }
    }
    return Precondition::Passed;
}

RangeAnswer requested_range(const Headers& headers, const Validators& validators,
                            std::uint64_t size) {
    RangeAnswer answer;
    auto value = headers.get("Range");
    if (!value || !value->starts_with("bytes=")) {
        return answer;
    }
    if (const auto condition = headers.get("If-Range")) {
        const bool holds = condition->starts_with('"')
                               ? *condition == validators.etag
                               : parse_http_date(*condition) == validators.modified;
        if (!holds) {
            return answer;
        }
    }
    const std::string_view range = http::detail::trim(value->substr(6));
    const std::size_t dash = range.find('-');
    if (dash == std::string_view::npos || range.find(',') != std::string_view::npos) {
        return answer;
    }
    const auto first = parse_number<std::uint64_t>(range.substr(0, dash));
    const auto last = parse_number<std::uint64_t>(range.substr(dash + 1));
    if ((dash != 0 && !first) || (dash + 1 != range.size() && !last) || (!first && !last) ||
        (first && last && *last < *first)) {
        return answer;
    }
    ByteRange bytes;
    if (first) {
        bytes.first = *first;
        bytes.end = last && *last < size ? *last + 1 : size;
    } else {
        bytes.first = size - std::min(*last, size);
        bytes.end = size;
    }
    if (bytes.first >= bytes.end) {
        answer.unsatisfiable = true;
    } else {
        answer.range = bytes;
    }
    return answer;
}

}  // namespace edo::http::filter::detail
