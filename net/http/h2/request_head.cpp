// SPDX-License-Identifier: MIT
#include "edo/net/http/h2/request_head.hpp"

#include <charconv>
#include <string>
#include <string_view>
#include <system_error>

namespace edo::http::h2::detail {

std::optional<std::uint64_t> parse_length(std::string_view text) noexcept {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

RequestHead::RequestHead(const Request& request) : length_(request.body.size()) {
    if (const auto told = request.headers.get("Content-Length"); told && !length_) {
        length_ = parse_length(*told);
    }
    headers_.add(":method", to_string(request.method));
    headers_.add(":scheme", request.scheme.empty() ? "http" : std::string_view(request.scheme));
    headers_.add(":authority", request.headers.get("Host").value_or(request.authority));
    headers_.add(":path", request.target);

    Headers others = request.headers;
    others.remove("Host");
    others.remove("Content-Length");
    headers_.add_all(others);
    const bool expects_body = request.method == Method::Post || request.method == Method::Put ||
                              request.method == Method::Patch;
    if (length_ && (*length_ > 0 || expects_body)) {
        headers_.add("content-length", std::to_string(*length_));
    }
}

}  // namespace edo::http::h2::detail
