// SPDX-License-Identifier: MIT
#include "edo/net/http/filter/http_date.hpp"

#include <array>
#include <cstdio>

namespace edo::http::filter::detail {

namespace {

constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

unsigned month_of(std::string_view name) noexcept {
    for (unsigned i = 0; i < kMonths.size(); ++i) {
        if (name == kMonths[i]) {
            return i + 1;
        }
    }
    return 0;
}

}  // namespace

std::string format_http_date(Seconds time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::array<char, 40> text{};
    const int size = std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                                   kDays[std::chrono::weekday(day).c_encoding()],
                                   unsigned(date.day()), kMonths[unsigned(date.month()) - 1],
                                   int(date.year()), int(clock.hours().count()),
                                   int(clock.minutes().count()), int(clock.seconds().count()));
    return std::string(text.data(), std::size_t(size));
}

std::optional<Seconds> parse_http_date(std::string_view given) {
    if (given.size() > 40) {
        return std::nullopt;
    }
    const std::string text(given);
    std::array<char, 4> month{};
    int year = 0;
    unsigned day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    if (std::sscanf(text.c_str(), "%*3[A-Za-z], %2u %3s %4d %2d:%2d:%2d GMT", &day, month.data(),
                    &year, &hour, &minute, &second) == 6) {
        // the form of today
    } else if (std::sscanf(text.c_str(), "%*9[A-Za-z], %2u-%3s-%2d %2d:%2d:%2d GMT", &day,
                           month.data(), &year, &hour, &minute, &second) == 6) {
        year += year < 70 ? 2000 : 1900;
    } else if (std::sscanf(text.c_str(), "%*3[A-Za-z] %3s %2u %2d:%2d:%2d %4d", month.data(), &day,
                           &hour, &minute, &second, &year) != 6) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date(
        std::chrono::year(year), std::chrono::month(month_of(month.data())), std::chrono::day(day));
    const bool is_time =
        hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second <= 60;
    if (!date.ok() || !is_time) {
        return std::nullopt;
    }
    return Seconds(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
           std::chrono::minutes(minute) + std::chrono::seconds(second);
}

}  // namespace edo::http::filter::detail
