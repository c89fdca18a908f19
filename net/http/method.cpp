// SPDX-License-Identifier: MIT
#include "edo/net/http/method.hpp"

#include <array>
#include <cstddef>

namespace edo::http {

namespace {

constexpr std::array<std::string_view, 9> kNames = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                    "CONNECT", "OPTIONS", "TRACE", "PATCH"};

}  // namespace

std::string_view to_string(Method method) noexcept {
    return kNames[std::size_t(method)];
}

std::optional<Method> parse_method(std::string_view name) noexcept {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (kNames[i] == name) {
            return Method(i);
        }
    }
    return {};
}

bool is_safe(Method method) noexcept {
    return method == Method::Get || method == Method::Head || method == Method::Options ||
           method == Method::Trace;
}

bool is_idempotent(Method method) noexcept {
    return is_safe(method) || method == Method::Put || method == Method::Delete;
}

}  // namespace edo::http
