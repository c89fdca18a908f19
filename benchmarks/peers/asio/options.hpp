// The command line of the two Asio programs; the same options as the other peers take.

#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

struct Options {
    std::string_view flavor = "current_thread";
    std::size_t workers = 1;
    std::size_t iterations = 100'000;
    std::size_t repeat = 5;
    std::size_t buffer = 4096;
    std::uint16_t port = 0;
    std::vector<std::string_view> names;  // arguments that are not options, in order
};

/// Parses `text` as a whole; nothing when it is not a number of this type.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

inline bool set_option(Options& options, std::string_view name, std::string_view value) {
    if (name == "--flavor") {
        options.flavor = value;
        return value == "current_thread" || value == "multi";
    }
    if (name == "--port") {
        const auto port = parse_number<std::uint16_t>(value);
        options.port = port.value_or(0);
        return port.has_value();
    }
    const auto number = parse_number<std::size_t>(value).value_or(0);
    if (name == "--workers") {
        options.workers = number;
    } else if (name == "--iterations") {
        options.iterations = number;
    } else if (name == "--repeat") {
        options.repeat = number;
    } else if (name == "--buffer") {
        options.buffer = number;
    } else {
        return false;
    }
    return number > 0;
}

/// Reads the command line; nothing when there is a mistake in it.
inline std::optional<Options> parse_options(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        if (!name.starts_with("--")) {
            options.names.push_back(name);
            continue;
        }
        ++i;
        if (!set_option(options, name, i < argc ? argv[i] : "")) {
            return std::nullopt;
        }
    }
    if (options.flavor == "current_thread") {
        options.workers = 1;
    }
    return options;
}
