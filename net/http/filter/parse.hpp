// SPDX-License-Identifier: MIT
#pragma once

#include "edo/runtime/result.hpp"

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace edo::http::filter::detail {

template <class T>
concept HasParse = requires(std::string_view text) {
    { *T::parse(text) } -> std::convertible_to<T>;
    static_cast<bool>(T::parse(text));
};

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

/// The number that the whole text is.
template <class T>
std::optional<T> parse_number(std::string_view text) noexcept {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

template <class T>
inline constexpr bool kParsesText = std::is_arithmetic_v<T> || std::same_as<T, std::string> ||
                                    std::same_as<T, std::string_view> || HasParse<T>;

}  // namespace edo::http::filter::detail

namespace edo::http::filter {

/// What `param`, `header` and `query` can make of text: a number, a `bool` ("true" or "false"), a
/// `std::string`, or a type with a static function `parse(std::string_view)` that returns a
/// `std::optional`, or a `Result`, of it.
template <class T>
concept FromText = detail::kParsesText<T>;

/// The value that a text stands for; nothing if it is none. A number must be the whole text and
/// fit.
template <FromText T>
[[nodiscard]] std::optional<T> from_text(std::string_view text) {
    if constexpr (std::same_as<T, bool>) {
        return text == "true"    ? std::optional(true)
               : text == "false" ? std::optional(false)
                                 : std::nullopt;
    } else if constexpr (std::is_arithmetic_v<T>) {
        return detail::parse_number<T>(text);
    } else if constexpr (detail::HasParse<T>) {
        auto parsed = T::parse(text);
        return parsed ? std::optional<T>(std::move(*parsed)) : std::nullopt;
    } else {
        return T(text);
    }
}

}  // namespace edo::http::filter
