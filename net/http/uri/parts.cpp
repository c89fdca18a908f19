// SPDX-License-Identifier: MIT
#include "edo/net/http/uri/parts.hpp"

#include <algorithm>
#include <cstddef>

namespace edo::http::detail {

namespace {

bool is_alpha(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_scheme(std::string_view text) noexcept {
    return !text.empty() && is_alpha(text.front()) && std::ranges::all_of(text, [](char c) {
        return is_alpha(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    });
}

/// Takes what follows `mark` off the end of `text`.
std::optional<std::string_view> cut_tail(std::string_view& text, char mark) noexcept {
    const std::size_t at = text.find(mark);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view tail = text.substr(at + 1);
    text = text.substr(0, at);
    return tail;
}

}  // namespace

UriParts split_uri(std::string_view text) noexcept {
    UriParts parts;
    parts.fragment = cut_tail(text, '#');
    parts.query = cut_tail(text, '?');
    const std::size_t colon = text.find_first_of(":/");
    if (colon != std::string_view::npos && text[colon] == ':' && is_scheme(text.substr(0, colon))) {
        parts.scheme = text.substr(0, colon);
        text.remove_prefix(colon + 1);
    }
    if (text.starts_with("//")) {
        text.remove_prefix(2);
        const std::size_t slash = std::min(text.find('/'), text.size());
        parts.authority = text.substr(0, slash);
        text.remove_prefix(slash);
    }
    parts.path = text;
    return parts;
}

std::string remove_dot_segments(std::string_view path) {
    std::string result;
    result.reserve(path.size());
    // Each round takes one segment, with the slash in front of it.
    for (std::size_t at = 0; at < path.size();) {
        const std::size_t end = std::min(path.find('/', at + 1), path.size());
        const std::string_view segment = path.substr(at, end - at);
        at = end;
        if (segment != "/." && segment != "/..") {
            result += segment;
            continue;
        }
        if (segment == "/..") {
            result.resize(std::min(result.rfind('/'), result.size()));
        }
        if (at == path.size()) {
            result += '/';
        }
    }
    return result;
}

}  // namespace edo::http::detail
