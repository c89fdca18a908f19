// SPDX-License-Identifier: MIT
#include "words.hpp"

#include <charconv>
#include <utility>

namespace mini_redis {

namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Takes what stands for one character off the front of the text behind a backslash.
char take_escaped(std::string_view& rest) {
    unsigned code = 0;
    if (rest.size() >= 3 && rest[0] == 'x') {
        const char* const end = rest.data() + 3;
        const auto [stopped, error] = std::from_chars(rest.data() + 1, end, code, 16);
        if (error == std::errc() && stopped == end) {
            rest.remove_prefix(3);
            return char(code);
        }
    }
    const char c = rest[0];
    rest.remove_prefix(1);
    switch (c) {
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        default:
            return c;
    }
}

/// Appends what is quoted at the front of the text, and takes it off. False if the quotes do not
/// end, or something else than a blank follows.
bool take_quoted(std::string_view& rest, std::string& word) {
    const char quote = rest[0];
    rest.remove_prefix(1);
    while (!rest.empty() && rest[0] != quote) {
        const bool is_escape =
            rest[0] == '\\' && rest.size() > 1 && (quote == '"' || rest[1] == '\'');
        if (is_escape) {
            rest.remove_prefix(1);
            word += take_escaped(rest);
        } else {
            word += rest[0];
            rest.remove_prefix(1);
        }
    }
    if (rest.empty()) {
        return false;
    }
    rest.remove_prefix(1);
    return rest.empty() || is_blank(rest[0]);
}

/// The same for a whole word; quotes may begin within it.
bool take_word(std::string_view& rest, std::string& word) {
    while (!rest.empty() && !is_blank(rest[0])) {
        if (rest[0] == '"' || rest[0] == '\'') {
            return take_quoted(rest, word);
        }
        word += rest[0];
        rest.remove_prefix(1);
    }
    return true;
}

}  // namespace

std::optional<std::vector<std::string>> split_words(std::string_view line) {
    std::vector<std::string> words;
    for (;;) {
        while (!line.empty() && is_blank(line[0])) {
            line.remove_prefix(1);
        }
        if (line.empty()) {
            return words;
        }
        if (!take_word(line, words.emplace_back())) {
            return std::nullopt;
        }
    }
}

}  // namespace mini_redis
