// SPDX-License-Identifier: MIT
// Values of headers that mean something: cookies, dates, ranges and conditions, lists.
#include "fuzz/oracle.hpp"
#include <edo/net/http/characters.hpp>
#include <edo/net/http/client/cookie_date.hpp>
#include <edo/net/http/client/cookie_jar.hpp>
#include <edo/net/http/filter/conditional.hpp>
#include <edo/net/http/h1/message_fields.hpp>

#include <chrono>

using namespace edo::fuzz;
namespace http = edo::http;
namespace filter = edo::http::filter::detail;

namespace {

const auto kNow = std::chrono::system_clock::time_point(std::chrono::seconds(1'000'000'000));

void check_cookies(std::string_view text) {
    http::CookieJar jar;
    for (const char* const address : {"https://www.example.org/a/b?c", "http://10.0.0.1:8080/"}) {
        const http::Uri uri = *http::Uri::parse(address);
        // One header a line, as they come from a server.
        for (std::string_view rest = text; !rest.empty();) {
            const std::size_t end = std::min(rest.find('\n'), rest.size());
            static_cast<void>(jar.set(rest.substr(0, end), uri, kNow));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        require(jar.size() <= 360, "a jar is not endless");
        const std::string sent = jar.header_for(uri, kNow);
        http::Headers headers;
        if (!sent.empty()) {
            headers.append("Cookie", sent);  // throws for what no header may hold
        }
    }
    const http::Uri other = *http::Uri::parse("https://example.com/");
    require(jar.header_for(other, kNow).empty(), "others' cookies are not sent");
}

void check_dates(std::string_view text) {
    if (const auto date = http::detail::parse_cookie_date(text)) {
        const std::string written = filter::format_http_date(*date);
        require(http::detail::parse_cookie_date(written) == date, "the date of a cookie, again");
    }
    if (const auto date = filter::parse_http_date(text)) {
        const std::string written = filter::format_http_date(*date);
        require(filter::parse_http_date(written) == date, "a date, there and back");
    }
}

void check_range(std::string_view text) {
    http::Headers headers;
    filter::Validators validators;
    validators.etag = "\"a\"";
    validators.modified = std::chrono::sys_seconds(std::chrono::seconds(1'000'000'000));
    // One header a line: a range, then conditions.
    constexpr std::string_view kNames[] = {"Range",    "If-Range",          "If-None-Match",
                                           "If-Match", "If-Modified-Since", "If-Unmodified-Since"};
    for (const std::string_view name : kNames) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        if (!line.empty()) {
            if (!http::detail::all_are(line, http::detail::kValueCharacter)) {
                return;  // no header can have it
            }
            headers.append(name, line);
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    for (const std::uint64_t size :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, ~std::uint64_t{0}}) {
        const auto answer = filter::requested_ranges(headers, validators, size);
        require(answer.ranges.empty() || !answer.unsatisfiable, "either, or");
        require(answer.ranges.size() <= 16, "not too many");
        std::uint64_t left = size;
        for (const filter::ByteRange& range : answer.ranges) {
            require(range.first < range.end && range.end <= size,
                    "a range is a part of the file, and not empty");
            require(range.end - range.first <= left, "together they are no longer than the file");
            left -= range.end - range.first;
        }
    }
    static_cast<void>(filter::check_preconditions(headers, validators));
}

void check_framing(std::string_view text) {
    const auto length = http::h1::parse_length(text);
    require(!length || std::to_string(*length) == text, "a length has one form");
    static_cast<void>(http::h1::is_host(text));
    for (std::string_view list = text; !list.empty();) {
        const std::size_t before = list.size();
        static_cast<void>(http::detail::next_element(list));
        require(list.size() < before, "a list comes to its end");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = text_of(data, size);
    check_cookies(text);
    check_dates(text);
    check_range(text);
    check_framing(text);
    return 0;
}
