// SPDX-License-Identifier: MIT
#include "edo/net/http/h1/message_fields.hpp"

#include "edo/net/http/characters.hpp"
#include "edo/net/http/error.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace edo::http::h1 {

namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

}  // namespace

std::optional<std::uint64_t> parse_length(std::string_view text) noexcept {
    // `from_chars` sees that there are none, or too many.
    if (!std::all_of(text.begin(), text.end(), is_digit) ||
        (text.size() > 1 && text.front() == '0')) {
        return {};
    }
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    return parsed.ec == std::errc() ? std::optional(value) : std::nullopt;
}

bool is_host(std::string_view text) noexcept {
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t bracket = text.find(']');
        if (bracket == std::string_view::npos || bracket == 1) {
            return false;
        }
        const std::string_view address = text.substr(1, bracket - 1);
        if (!std::all_of(address.begin(), address.end(), [](char c) {
                return c != '[' && detail::is_of(c, detail::kHostCharacter);
            })) {
            return false;
        }
        port = text.substr(bracket + 1);
        if (!port.empty() && port.front() != ':') {
            return false;
        }
    } else {
        const std::size_t colon = std::min(text.find(':'), text.size());
        const std::string_view name = text.substr(0, colon);
        if (name.empty() || !std::all_of(name.begin(), name.end(), [](char c) {
                return c != '[' && c != ']' && detail::is_of(c, detail::kHostCharacter);
            })) {
            return false;
        }
        port = text.substr(colon);
    }
    return port.empty() || std::all_of(port.begin() + 1, port.end(), is_digit);
}

bool MessageFields::fail(std::error_code error) noexcept {
    error_ = error;
    return false;
}

bool MessageFields::add(const Header& header) noexcept {
    // The lengths of the names tell most others from them.
    switch (header.name.size()) {
        case 4:
            return !detail::same_name(header.name, "Host") || add_host(header.value);
        case 6:
            if (detail::same_name(header.name, "Expect")) {
                expects_continue_ = detail::same_name(header.value, "100-continue");
                return expects_continue_ || fail(Errc::BadExpectation);
            }
            return true;
        case 10:
            if (detail::same_name(header.name, "Connection")) {
                add_connection(header.value);
            }
            return true;
        case 14:
            return !detail::same_name(header.name, "Content-Length") || add_length(header.value);
        case 17:
            return !detail::same_name(header.name, "Transfer-Encoding") ||
                   add_encoding(header.value);
        default:
            return true;
    }
}

bool MessageFields::add_host(std::string_view value) noexcept {
    if (has_host_ || !is_host(value)) {
        return fail(Errc::BadHost);
    }
    has_host_ = true;
    return true;
}

bool MessageFields::add_length(std::string_view value) noexcept {
    // Also two that are the same: nobody but an attacker sends them.
    const std::optional<std::uint64_t> length = parse_length(value);
    if (has_length_ || !length) {
        return fail(Errc::BadContentLength);
    }
    has_length_ = true;
    length_ = *length;
    return true;
}

bool MessageFields::add_encoding(std::string_view value) noexcept {
    if (value.ends_with(',')) {
        return fail(Errc::BadTransferEncoding);
    }
    do {  // one element at least, also of an empty value
        const std::string_view coding = detail::next_element(value);
        const bool is_chunked = detail::same_name(coding, "chunked");
        if (coding.empty() || (is_chunked && ends_chunked_)) {
            return fail(Errc::BadTransferEncoding);
        }
        is_chunked_ = is_chunked && !has_encoding_;
        ends_chunked_ = is_chunked;
        has_encoding_ = true;
    } while (!value.empty());
    return true;
}

void MessageFields::add_connection(std::string_view value) noexcept {
    while (!value.empty()) {
        const std::string_view option = detail::next_element(value);
        close_ |= detail::same_name(option, "close");
        keep_alive_ |= detail::same_name(option, "keep-alive");
        upgrade_ |= detail::same_name(option, "upgrade");
    }
}

}  // namespace edo::http::h1
