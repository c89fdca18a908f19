// SPDX-License-Identifier: MIT
#include "edo/net/http/client/cookie_date.hpp"

#include "edo/net/http/characters.hpp"

#include <cstddef>

namespace edo::http::detail {

namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool is_delimiter(char c) noexcept {
    const auto code = static_cast<unsigned char>(c);
    const bool is_word = is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
    return !is_word && c != ':' && code < 0x7f;
}

/// Takes a number of `least` to `most` digits off the front, which no further digit may follow.
std::optional<int> take_number(std::string_view& text, std::size_t least,
                               std::size_t most) noexcept {
    std::size_t count = 0;
    int value = 0;
    while (count < text.size() && count < most && is_digit(text[count])) {
        value = value * 10 + (text[count] - '0');
        ++count;
    }
    if (count < least || (count < text.size() && is_digit(text[count]))) {
        return std::nullopt;
    }
    text.remove_prefix(count);
    return value;
}

std::optional<std::chrono::seconds> parse_time(std::string_view text) noexcept {
    std::chrono::seconds time{0};
    for (int part = 0; part < 3; ++part) {
        if (part > 0) {
            if (!text.starts_with(':')) {
                return std::nullopt;
            }
            text.remove_prefix(1);
        }
        const auto number = take_number(text, 1, 2);
        if (!number || *number > (part == 0 ? 23 : 59)) {
            return std::nullopt;
        }
        time = time * 60 + std::chrono::seconds(*number);
    }
    return time;
}

std::optional<unsigned> parse_month(std::string_view text) noexcept {
    constexpr std::string_view kMonths = "janfebmaraprmayjunjulaugsepoctnovdec";
    if (text.size() < 3) {
        return std::nullopt;
    }
    const char name[3] = {to_lower(text[0]), to_lower(text[1]), to_lower(text[2])};
    for (unsigned month = 0; month < 12; ++month) {
        if (kMonths.substr(month * 3, 3) == std::string_view(name, 3)) {
            return month + 1;
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::chrono::sys_seconds> parse_cookie_date(std::string_view text) noexcept {
    std::optional<std::chrono::seconds> time;
    std::optional<int> day;
    std::optional<unsigned> month;
    std::optional<int> year;
    while (!text.empty()) {
        std::size_t end = 0;
        while (end < text.size() && !is_delimiter(text[end])) {
            ++end;
        }
        std::string_view token = text.substr(0, end);
        text.remove_prefix(end < text.size() ? end + 1 : end);
        if (token.empty()) {
            continue;
        }
        if (!time && (time = parse_time(token))) {
            continue;
        }
        if (!day && (day = take_number(token, 1, 2))) {
            continue;
        }
        if (!month && (month = parse_month(token))) {
            continue;
        }
        if (!year) {
            year = take_number(token, 2, 4);
        }
    }
    if (!time || !day || !month || !year) {
        return std::nullopt;
    }
    const int full_year = *year >= 70 && *year <= 99 ? *year + 1900
                          : *year < 70               ? *year + 2000
                                                     : *year;
    const std::chrono::year_month_day date(std::chrono::year(full_year), std::chrono::month(*month),
                                           std::chrono::day(static_cast<unsigned>(*day)));
    if (!date.ok() || full_year < 1601) {
        return std::nullopt;
    }
    return std::chrono::sys_days(date) + *time;
}

}  // namespace edo::http::detail
