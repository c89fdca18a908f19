// SPDX-License-Identifier: MIT
#include "edo/net/http/uri/query.hpp"

#include "edo/net/http/uri/percent.hpp"

#include <algorithm>

namespace edo::http {

Result<Query> Query::parse(std::string_view text) {
    Query query;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('&'), text.size());
        const std::string_view pair = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (pair.empty()) {
            continue;
        }
        const std::size_t equals = std::min(pair.find('='), pair.size());
        auto name = form_decode(pair.substr(0, equals));
        auto value = form_decode(pair.substr(std::min(equals + 1, pair.size())));
        if (!name || !value) {
            return failure(name ? value.error() : name.error());
        }
        query.append(std::move(*name), std::move(*value));
    }
    return query;
}

Query& Query::append(std::string name, std::string value) {
    pairs_.emplace_back(std::move(name), std::move(value));
    return *this;
}

Query& Query::set(std::string_view name, std::string value) {
    const auto has_name = [name](const Pair& pair) { return pair.first == name; };
    const auto first = std::ranges::find_if(pairs_, has_name);
    if (first == pairs_.end()) {
        return append(std::string(name), std::move(value));
    }
    first->second = std::move(value);
    pairs_.erase(std::remove_if(first + 1, pairs_.end(), has_name), pairs_.end());
    return *this;
}

Query& Query::remove(std::string_view name) {
    std::erase_if(pairs_, [name](const Pair& pair) { return pair.first == name; });
    return *this;
}

std::optional<std::string_view> Query::get(std::string_view name) const noexcept {
    for (const Pair& pair : pairs_) {
        if (pair.first == name) {
            return pair.second;
        }
    }
    return std::nullopt;
}

std::string Query::to_string() const {
    std::string text;
    for (const auto& [name, value] : pairs_) {
        if (!text.empty()) {
            text += '&';
        }
        text += form_encode(name);
        text += '=';
        text += form_encode(value);
    }
    return text;
}

}  // namespace edo::http
