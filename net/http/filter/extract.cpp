// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/extract.hpp"

#include "edo/net/http/characters.hpp"
#include "edo/runtime/errors.hpp"

#include <algorithm>

namespace edo::http::filter::detail {

Rejection missing(std::string_view what, std::string_view name) {
    return Rejection::bad_request("missing " + std::string(what) + " \"" + std::string(name) +
                                  "\"");
}

Rejection invalid(std::string_view what, std::string_view name) {
    return Rejection::bad_request("invalid " + std::string(what) + " \"" + std::string(name) +
                                  "\"");
}

std::optional<std::string_view> find_cookie(const Headers& headers,
                                            std::string_view name) noexcept {
    for (std::string_view list : headers.all("Cookie")) {
        while (!list.empty()) {
            const std::size_t semicolon = list.find(';');
            const std::string_view pair = http::detail::trim(list.substr(0, semicolon));
            list.remove_prefix(semicolon == std::string_view::npos ? list.size() : semicolon + 1);
            const std::size_t equals = pair.find('=');
            if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
                std::string_view value = pair.substr(equals + 1);
                if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
                    value = value.substr(1, value.size() - 2);
                }
                return value;
            }
        }
    }
    return std::nullopt;
}

std::string checked_name(std::string name) {
    if (name.empty() || !http::detail::all_are(name, http::detail::kTokenCharacter)) {
        throw UsageError("\"" + name + "\" cannot be the name of a header or cookie");
    }
    return name;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return http::detail::to_lower(x) == http::detail::to_lower(y);
    });
}

}  // namespace edo::http::filter::detail
