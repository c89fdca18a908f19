// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/auth.hpp"

#include "edo/net/http/characters.hpp"
#include "edo/runtime/errors.hpp"

#include <array>
#include <cstdint>

namespace edo::http::filter::auth {

bool equal(std::string_view sent, std::string_view secret) noexcept {
    // `volatile`, so that no compiler makes a comparison of it that ends at the first difference.
    volatile unsigned difference = sent.size() == secret.size() ? 0 : 1;
    const std::string_view other = secret.size() == sent.size() ? secret : sent;
    for (std::size_t i = 0; i < sent.size(); ++i) {
        difference = difference |
                     (static_cast<unsigned char>(sent[i]) ^ static_cast<unsigned char>(other[i]));
    }
    return difference == 0;
}

}  // namespace edo::http::filter::auth

namespace edo::http::filter::detail {

namespace {

/// What follows "scheme " in the only Authorization header; nothing for another scheme.
Result<std::string_view, Rejection> authorization(const Headers& headers, std::string_view scheme,
                                                  std::string_view challenge) {
    const auto all = headers.all("Authorization");
    auto at = all.begin();
    if (at == all.end()) {
        return failure(unauthorized(challenge));
    }
    const std::string_view value = *at;
    if (++at != all.end()) {
        return failure(Rejection::bad_request("more than one header \"Authorization\""));
    }
    if (value.size() <= scheme.size() || value[scheme.size()] != ' ' ||
        !equal_ignoring_case(value.substr(0, scheme.size()), scheme)) {
        return failure(unauthorized(challenge));
    }
    return http::detail::trim(value.substr(scheme.size()));
}

int base64_value(char c) noexcept {
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

std::optional<std::string> decode_base64(std::string_view text) {
    while (text.ends_with('=')) {
        text.remove_suffix(1);
    }
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        const int value = base64_value(c);
        if (value < 0) {
            return std::nullopt;
        }
        bits = (bits << 6) | unsigned(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += char((bits >> count) & 0xff);
        }
    }
    if (count >= 6) {
        return std::nullopt;
    }
    return bytes;
}

}  // namespace

std::string quoted(std::string_view realm) {
    std::string text = "\"";
    for (const char c : realm) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            throw UsageError("a realm must not have control characters");
        }
        text += c == '"' || c == '\\' ? "\\" : "";
        text += c;
    }
    return text + "\"";
}

Rejection unauthorized(std::string_view challenge) {
    return Rejection(Status::Unauthorized).with_header("WWW-Authenticate", challenge);
}

Result<auth::Credentials, Rejection> basic_credentials(const Headers& headers,
                                                       std::string_view challenge) {
    auto value = authorization(headers, "Basic", challenge);
    if (!value) {
        return failure(std::move(value.error()));
    }
    const auto pair = decode_base64(*value);
    const std::size_t colon = pair ? pair->find(':') : std::string::npos;
    if (colon == std::string::npos) {
        return failure(Rejection::bad_request("malformed header \"Authorization\""));
    }
    return auth::Credentials(pair->substr(0, colon), pair->substr(colon + 1));
}

Result<std::string, Rejection> bearer_token(const Headers& headers, std::string_view challenge) {
    auto value = authorization(headers, "Bearer", challenge);
    if (!value) {
        return failure(std::move(value.error()));
    }
    return std::string(*value);
}

}  // namespace edo::http::filter::detail
