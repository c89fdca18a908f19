// SPDX-License-Identifier: MIT
#include "edo/net/http/h1/response_parser.hpp"

#include "edo/net/http/characters.hpp"
#include "edo/net/http/error.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace edo::http::h1 {

namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

}  // namespace

ResponseParser::ResponseParser(const Limits& limits) noexcept
    : max_line_(limits.start_line), fields_(limits.headers, limits.header_count) {}

Result<bool> ResponseParser::parse(std::string_view bytes) {
    if (line_size_ == 0) {
        const Result<bool> has_line = parse_start(bytes);
        if (!has_line || !*has_line) {
            return has_line;
        }
    }
    const std::string_view block = bytes.substr(line_size_);
    Result<bool> is_whole = fields_.parse(block);
    if (!is_whole || !*is_whole) {
        return is_whole;
    }
    if (const std::error_code error = check_fields(block)) {
        return failure(error);
    }
    return true;
}

Result<bool> ResponseParser::parse_start(std::string_view bytes) {
    constexpr std::string_view kBegin = "HTTP/";
    if (!kBegin.starts_with(bytes.substr(0, kBegin.size()))) {
        return failure(Errc::BadStatusLine);  // at once: it may be no HTTP at all
    }
    const std::size_t end = bytes.find('\n', searched_);
    const bool is_whole = end != std::string_view::npos;
    searched_ = is_whole ? end + 1 : bytes.size();
    if (searched_ > max_line_) {
        return failure(Errc::BadStatusLine);
    }
    if (!is_whole) {
        return false;
    }
    if (bytes[end - 1] != '\r') {
        return failure(Errc::BadStatusLine);
    }
    if (const std::error_code error = parse_line(bytes.substr(0, end - 1))) {
        return failure(error);
    }
    line_size_ = searched_;
    return true;
}

std::error_code ResponseParser::parse_line(std::string_view line) {
    // HTTP/1.1 200 OK; some servers leave out the last blank with the phrase.
    if (line.size() < 12 || !is_digit(line[5]) || line[6] != '.' || !is_digit(line[7]) ||
        line[8] != ' ' || !is_digit(line[9]) || line[9] == '0' || !is_digit(line[10]) ||
        !is_digit(line[11]) || (line.size() > 12 && line[12] != ' ') ||
        !std::all_of(line.begin() + 12, line.end(),
                     [](char c) { return detail::is_of(c, detail::kValueCharacter); })) {
        return Errc::BadStatusLine;
    }
    const std::string_view version = line.substr(0, 8);
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
        return Errc::UnsupportedVersion;
    }
    version_ = version == "HTTP/1.1" ? Version::Http11 : Version::Http10;
    status_ = Status((line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0'));
    return {};
}

std::error_code ResponseParser::check_fields(std::string_view block) {
    for (const detail::HeaderPlace& place : fields_.places()) {
        const Header header = FieldParser::header(block, place);
        // Host and Expect mean nothing in an answer.
        if (header.name.size() >= 10 && !about_.add(header)) {
            return about_.error();
        }
    }
    if (!about_.has_transfer_encoding()) {
        return {};
    }
    if (about_.content_length() || version_ == Version::Http10) {
        return Errc::BadTransferEncoding;
    }
    return about_.is_chunked() ? std::error_code() : Errc::UnknownTransferEncoding;
}

Response ResponseParser::take(std::string_view bytes) const {
    Response response(status_);
    response.version = version_;
    response.headers = fields_.take(bytes.substr(line_size_));
    return response;
}

Framing ResponseParser::framing(Method method) const noexcept {
    if (method == Method::Head || has_no_body(status_) ||
        (method == Method::Connect && is_success(status_))) {
        return {};
    }
    if (about_.has_transfer_encoding()) {
        return Framing::chunked();
    }
    const std::optional<std::uint64_t> length = about_.content_length();
    return length ? Framing::of_length(*length) : Framing::until_close();
}

void ResponseParser::reset() noexcept {
    searched_ = 0;
    line_size_ = 0;
    fields_.reset();
    about_ = MessageFields();
}

}  // namespace edo::http::h1
