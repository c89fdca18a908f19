// SPDX-License-Identifier: MIT
#include "edo/net/http/h1/request_parser.hpp"

#include "edo/net/http/characters.hpp"
#include "edo/net/http/error.hpp"

#include <algorithm>
#include <cstring>

namespace edo::http::h1 {

namespace {

constexpr std::size_t kLongestMethod = 32;

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

/// The value of a hexadecimal digit, or -1.
int hex_value(char c) noexcept {
    if (is_digit(c)) {
        return c - '0';
    }
    c = detail::to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// Whether each '%' has two digits behind it, and none is a NUL.
bool is_percent_encoded(std::string_view path) noexcept {
    for (std::size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at)) {
        if (path.size() - at < 3) {
            return false;
        }
        const int high = hex_value(path[at + 1]);
        const int low = hex_value(path[at + 2]);
        if (high < 0 || low < 0 || high + low == 0) {
            return false;
        }
        at += 3;
    }
    return true;
}

std::string_view path_part(std::string_view text) noexcept {
    return text.substr(0, text.find('?'));
}

bool is_authority(std::string_view text) noexcept {
    const std::size_t colon = text.rfind(':');
    return is_host(text) && colon != std::string_view::npos && is_digit(text.back());
}

bool is_absolute(std::string_view target) noexcept {
    const std::size_t colon = target.find("://");
    if (colon == std::string_view::npos) {
        return false;
    }
    const std::string_view scheme = target.substr(0, colon);
    if (!detail::same_name(scheme, "http") && !detail::same_name(scheme, "https")) {
        return false;
    }
    const std::string_view rest = target.substr(colon + 3);
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    return is_host(rest.substr(0, end)) && is_percent_encoded(path_part(rest.substr(end)));
}

/// Well formed, but perhaps of a version that is not known.
bool is_version(std::string_view text) noexcept {
    return text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' &&
           is_digit(text[7]);
}

}  // namespace

RequestParser::RequestParser(const Limits& limits) noexcept
    : max_line_(limits.start_line), fields_(limits.headers, limits.header_count) {}

Result<bool> RequestParser::parse(std::string_view bytes) {
    if (line_size_ == 0) {
        const Result<bool> has_line = parse_start(bytes);
        if (!has_line || !*has_line) {
            return has_line;
        }
    }
    const std::string_view block = bytes.substr(begin_ + line_size_);
    Result<bool> is_whole = fields_.parse(block);
    if (!is_whole || !*is_whole) {
        return is_whole;
    }
    if (const std::error_code error = check_fields(block)) {
        return failure(error);
    }
    return true;
}

Result<bool> RequestParser::parse_start(std::string_view bytes) {
    while (begin_ < bytes.size() && bytes[begin_] == '\r') {
        if (bytes.size() - begin_ < 2) {
            return false;
        }
        if (bytes[begin_ + 1] != '\n' || begin_ >= max_line_) {
            return failure(Errc::BadRequestLine);
        }
        begin_ += 2;
    }
    if (begin_ == bytes.size()) {
        return false;
    }
    has_begun_ = true;
    if (!detail::is_of(bytes[begin_], detail::kTokenCharacter)) {
        return failure(Errc::BadRequestLine);  // at once: a TLS client would never send a line end
    }
    const std::size_t end = bytes.find('\n', std::max(begin_, searched_));
    const bool is_whole = end != std::string_view::npos;
    searched_ = is_whole ? end + 1 : bytes.size();
    if (searched_ - begin_ > max_line_) {
        const bool is_method_too_long =
            bytes.substr(begin_, kLongestMethod).find(' ') == std::string_view::npos;
        return failure(is_method_too_long ? Errc::UnknownMethod : Errc::TargetTooLong);
    }
    if (!is_whole) {
        return false;
    }
    if (bytes[end - 1] != '\r') {
        return failure(Errc::BadRequestLine);
    }
    if (const std::error_code error = parse_line(bytes.substr(begin_, end - 1 - begin_))) {
        return failure(error);
    }
    line_size_ = searched_ - begin_;
    return true;
}

std::error_code RequestParser::parse_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    if (first == std::string_view::npos) {
        return Errc::BadRequestLine;
    }
    const std::size_t second = line.find(' ', first + 1);
    const std::string_view name = line.substr(0, first);
    if (second == std::string_view::npos || !detail::all_are(name, detail::kTokenCharacter)) {
        return Errc::BadRequestLine;
    }
    const std::string_view version = line.substr(second + 1);
    if (version == "HTTP/1.1") {
        version_ = Version::Http11;
    } else if (version == "HTTP/1.0") {
        version_ = Version::Http10;
    } else {
        return is_version(version) ? Errc::UnsupportedVersion : Errc::BadRequestLine;
    }
    const std::optional<Method> method = parse_method(name);
    if (!method) {
        return Errc::UnknownMethod;
    }
    method_ = *method;
    target_ = first + 1;
    target_size_ = second - target_;
    return check_target(line.substr(target_, target_size_));
}

std::error_code RequestParser::check_target(std::string_view target) const {
    if (target.empty() || !detail::all_are(target, detail::kTargetCharacter)) {
        return Errc::BadTarget;
    }
    bool is_right = false;
    if (method_ == Method::Connect) {
        is_right = is_authority(target);
    } else if (target.front() == '/') {
        is_right = is_percent_encoded(path_part(target));
    } else {
        is_right = is_absolute(target) || (target == "*" && method_ == Method::Options);
    }
    return is_right ? std::error_code() : Errc::BadTarget;
}

std::error_code RequestParser::check_fields(std::string_view block) {
    for (const detail::HeaderPlace& place : fields_.places()) {
        if (!about_.add(FieldParser::header(block, place))) {
            return about_.error();
        }
    }
    if (!about_.has_host() && version_ == Version::Http11) {
        return Errc::BadHost;
    }
    if (about_.has_transfer_encoding()) {
        if (about_.content_length() || version_ == Version::Http10 || !about_.ends_chunked()) {
            return Errc::BadTransferEncoding;
        }
        if (!about_.is_chunked()) {
            return Errc::UnknownTransferEncoding;
        }
    }
    return {};
}

Request RequestParser::take(std::string_view bytes) const {
    Request request(method_, std::string(bytes.substr(begin_ + target_, target_size_)));
    request.version = version_;
    request.headers = fields_.take(bytes.substr(begin_ + line_size_));
    return request;
}

Framing RequestParser::framing() const noexcept {
    if (about_.has_transfer_encoding()) {
        return Framing::chunked();
    }
    const std::optional<std::uint64_t> length = about_.content_length();
    return length ? Framing::of_length(*length) : Framing();
}

void RequestParser::reset() noexcept {
    begin_ = 0;
    searched_ = 0;
    line_size_ = 0;
    has_begun_ = false;
    fields_.reset();
    about_ = MessageFields();
}

}  // namespace edo::http::h1
