// SPDX-License-Identifier: MIT
#include "edo/net/http/request.hpp"

#include <algorithm>
#include <cstddef>

namespace edo::http {

namespace {

/// Where the authority of a target that is a whole URI begins; npos for one that is none.
std::size_t authority_of(const Request& request) noexcept {
    if (request.target.starts_with('/')) {
        return std::string::npos;
    }
    const std::size_t colon = request.target.find("://");
    return colon == std::string::npos || request.target.find('?') < colon ? std::string::npos
                                                                          : colon + 3;
}

}  // namespace

std::string_view Request::path() const noexcept {
    std::string_view rest = target;
    const std::size_t begin = authority_of(*this);
    if (begin != std::string::npos) {
        rest.remove_prefix(std::min(rest.find_first_of("/?", begin), rest.size()));
        if (!rest.starts_with('/')) {
            return "/";
        }
    } else if (method == Method::Connect) {
        return {};
    }
    return rest.substr(0, rest.find('?'));
}

std::string_view Request::query() const noexcept {
    const std::string_view text = target;
    const std::size_t mark = text.find('?');
    return mark == std::string_view::npos ? std::string_view() : text.substr(mark + 1);
}

std::string_view Request::host() const noexcept {
    if (!authority.empty()) {
        return authority;
    }
    const std::size_t begin = authority_of(*this);
    if (begin != std::string::npos) {
        const std::string_view rest = std::string_view(target).substr(begin);
        return rest.substr(0, rest.find_first_of("/?"));
    }
    if (method == Method::Connect) {
        return target;
    }
    return headers.get("Host").value_or(std::string_view());
}

}  // namespace edo::http
