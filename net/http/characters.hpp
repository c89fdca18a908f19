// SPDX-License-Identifier: MIT
// Which characters may stand where in HTTP (RFC 9110 sections 5.5, 5.6.2; RFC 3986).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace edo::http::detail {

enum CharacterClass : std::uint8_t {
    kTokenCharacter = 1,   ///< in methods and names of headers
    kValueCharacter = 2,   ///< in values of headers: visible, space, tab, and bytes above 127
    kTargetCharacter = 4,  ///< in targets: visible ASCII but '#'
    kHostCharacter = 8,    ///< in Host: what RFC 3986 allows for a host and a port
};

[[nodiscard]] constexpr std::array<std::uint8_t, 256> make_character_classes() noexcept {
    std::array<std::uint8_t, 256> classes{};
    for (std::size_t c = 0; c < 256; ++c) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool is_alnum = is_letter || (c >= '0' && c <= '9');
        const auto is_in = [c](std::string_view set) {
            return c != 0 && set.find(char(c)) != std::string_view::npos;
        };
        unsigned bits = 0;
        bits |= is_alnum || is_in("!#$%&'*+-.^_`|~") ? kTokenCharacter : 0;
        bits |= c == '\t' || (c >= 0x20 && c != 0x7f) ? kValueCharacter : 0;
        bits |= c > 0x20 && c < 0x7f && c != '#' ? kTargetCharacter : 0;
        bits |= is_alnum || is_in("-._~%!$&'()*+,;=:[]") ? kHostCharacter : 0;
        classes[c] = std::uint8_t(bits);
    }
    return classes;
}

inline constexpr std::array<std::uint8_t, 256> kCharacterClasses = make_character_classes();

[[nodiscard]] constexpr bool is_of(char c, CharacterClass wanted) noexcept {
    return (kCharacterClasses[static_cast<unsigned char>(c)] & wanted) != 0;
}

/// Whether all characters are of that class; true for none.
[[nodiscard]] constexpr bool all_are(std::string_view text, CharacterClass wanted) noexcept {
    std::uint8_t common = wanted;
    for (const char c : text) {
        common &= kCharacterClasses[static_cast<unsigned char>(c)];
    }
    return common != 0;
}

[[nodiscard]] constexpr char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? char(c + ('a' - 'A')) : c;
}

[[nodiscard]] constexpr bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t';
}

/// Without the spaces and tabs around it.
[[nodiscard]] constexpr std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_blank(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

/// Takes the next element off a list with commas, without blanks around it. Elements may be empty.
[[nodiscard]] constexpr std::string_view next_element(std::string_view& list) noexcept {
    const std::size_t comma = list.find(',');
    const std::string_view element = trim(list.substr(0, comma));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    return element;
}

}  // namespace edo::http::detail
