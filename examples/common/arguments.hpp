// SPDX-License-Identifier: MIT
// The command line of an example: options that each take a value, or are switches.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace example {

/// One option, and the variable that it sets. A `bool` is a switch and takes no value; an
/// `unsigned` is a small count, a `std::uint64_t` any number of 32 bits; a time is given as a whole
/// number of milliseconds.
struct Option {
    std::string_view name;
    std::variant<bool*, std::string*, std::uint16_t*, unsigned*, std::uint64_t*, double*,
                 std::chrono::milliseconds*>
        target;
};

/// Sets the variables of the options that were given, as `--name value` or `--name=value`.
///
/// `--help` prints `usage` and ends the program with 0; what cannot be understood ends it with a
/// message and 2. Also sees to it that the descriptors 0, 1 and 2 are open: a socket in their place
/// would get what is meant for standard output.
void parse_arguments(int argc, char** argv, std::string_view usage,
                     std::initializer_list<Option> options);

/// Prints "PROGRAM: MESSAGE" on standard error.
void complain(std::string_view message);

/// The text that names an endpoint: "127.0.0.1:80", or "[::1]:80" for an IPv6 address.
[[nodiscard]] std::string endpoint(std::string_view host, std::uint16_t port);

}  // namespace example
