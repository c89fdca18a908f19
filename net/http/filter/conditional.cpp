// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/conditional.hpp"

#include "edo/net/http/characters.hpp"
#include "edo/net/http/filter/parse.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

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

constexpr std::size_t kMaxRanges = 16;

/// "first-last", "first-" or "-length"; empty if it begins behind the end. Nothing if malformed.
std::optional<ByteRange> parse_range(std::string_view text, std::uint64_t size) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) {
        return std::nullopt;
    }
    const auto first = parse_number<std::uint64_t>(text.substr(0, dash));
    const auto last = parse_number<std::uint64_t>(text.substr(dash + 1));
    if ((dash != 0 && !first) || (dash + 1 != text.size() && !last) || (!first && !last) ||
        (first && last && *last < *first)) {
        return std::nullopt;
    }
    ByteRange range;
    range.end = size;
    if (!first) {
        range.first = size - std::min(*last, size);
    } else {
        range.first = *first;
        if (last && *last < size) {
            range.end = *last + 1;
        }
    }
    return range;
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

RangeAnswer requested_ranges(const Headers& headers, const Validators& validators,
                             std::uint64_t size) {
    const auto value = headers.get("Range");
    if (!value || !value->starts_with("bytes=")) {
        return {};
    }
    if (const auto condition = headers.get("If-Range")) {
        const bool holds = condition->starts_with('"')
                               ? *condition == validators.etag
                               : parse_http_date(*condition) == validators.modified;
        if (!holds) {
            return {};
        }
    }
    RangeAnswer answer;
    std::uint64_t left = size;
    std::size_t count = 0;
    for (std::string_view list = value->substr(6); !list.empty();) {
        const std::string_view text = http::detail::next_element(list);
        if (text.empty()) {
            continue;
        }
        const auto range = parse_range(text, size);
        if (!range || ++count > kMaxRanges) {
            return {};
        }
        if (range->first >= range->end) {
            continue;  // behind the end
        }
        const std::uint64_t length = range->end - range->first;
        if (length > left) {
            return {};
        }
        left -= length;
        answer.ranges.push_back(*range);
    }
    answer.unsatisfiable = count != 0 && answer.ranges.empty();
    return answer;
}

}  // namespace edo::http::filter::detail
