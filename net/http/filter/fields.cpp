// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/fields.hpp"

#include "edo/net/http/uri/percent.hpp"

#include <algorithm>

namespace edo::http::filter {

std::optional<Fields> Fields::parse(std::string_view text) {
    Fields fields;
    while (!text.empty()) {
        const std::size_t ampersand = text.find('&');
        const std::string_view pair = text.substr(0, ampersand);
        text.remove_prefix(ampersand == std::string_view::npos ? text.size() : ampersand + 1);
        if (pair.empty()) {
            continue;
        }
        const std::size_t equals = std::min(pair.find('='), pair.size());
        auto name = form_decode(pair.substr(0, equals));
        auto value = form_decode(pair.substr(std::min(equals + 1, pair.size())));
        if (!name || !value) {
            return std::nullopt;
        }
        fields.pairs_.emplace_back(std::move(*name), std::move(*value));
    }
    return fields;
}

std::optional<std::string_view> Fields::get(std::string_view name) const noexcept {
    for (const auto& [key, value] : pairs_) {
        if (key == name) {
            return value;
        }
    }
    return std::nullopt;
}

}  // namespace edo::http::filter
