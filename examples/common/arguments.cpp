// SPDX-License-Identifier: MIT
#include "common/arguments.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <errno.h>
#include <fcntl.h>
#include <iostream>
#include <limits>
#include <sstream>
#include <syncstream>
#include <unistd.h>

namespace example {

namespace {

[[noreturn]] void refuse(const std::string& message) {
    complain(message + "; see --help");
    std::exit(2);
}

template <class Number>
Number parse(const Option& option, std::string_view text, Number lowest, Number highest) {
    Number number{};
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    // Written so that "nan" is refused too.
    if (error != std::errc() || stopped != end || !(number >= lowest && number <= highest)) {
        std::ostringstream message;
        message << option.name << " takes a number from " << lowest << " to " << highest
                << ", not '" << text << "'";
        refuse(message.str());
    }
    return number;
}

/// Sets the variable of an option that takes a value.
struct Assign {
    const Option& option;
    std::string_view value;

    void operator()(bool* /*target*/) const {
        refuse(std::string(option.name) + " takes no value");
    }
    void operator()(std::string* target) const { *target = value; }
    void operator()(std::uint16_t* target) const {
        *target = parse<std::uint16_t>(option, value, 0, 65535);
    }
    void operator()(unsigned* target) const { *target = parse<unsigned>(option, value, 0, 1024); }
    void operator()(std::uint64_t* target) const {
        *target = parse<std::uint64_t>(option, value, 0, std::numeric_limits<std::uint32_t>::max());
    }
    void operator()(double* target) const { *target = parse<double>(option, value, 0, 1000); }
    void operator()(std::chrono::milliseconds* target) const {
        *target = std::chrono::milliseconds(parse<unsigned>(option, value, 0, 3'600'000));
    }
};

void open_standard_descriptors() {
    int descriptor = 0;
    do {
        descriptor = open("/dev/null", O_RDWR);
    } while (0 <= descriptor && descriptor <= STDERR_FILENO);
    close(descriptor);
}

}  // namespace

void parse_arguments(int argc, char** argv, std::string_view usage,
                     std::initializer_list<Option> options) {
    open_standard_descriptors();
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        const std::size_t equals = argument.find('=');
        const std::string_view name = argument.substr(0, equals);
        if (name == "--help" || name == "-h") {
            std::cout << usage << std::flush;
            std::exit(0);
        }
        const auto* const option = std::find_if(
            options.begin(), options.end(), [&](const Option& each) { return each.name == name; });
        if (option == options.end()) {
            refuse("unknown option '" + std::string(argument) + "'");
        }
        if (equals != std::string_view::npos) {
            std::visit(Assign{*option, argument.substr(equals + 1)}, option->target);
        } else if (bool* const* const flag = std::get_if<bool*>(&option->target)) {
            **flag = true;
        } else if (++i == argc) {
            refuse(std::string(name) + " takes a value");
        } else {
            std::visit(Assign{*option, argv[i]}, option->target);
        }
    }
}

void complain(std::string_view message) {
    std::osyncstream(std::cerr) << program_invocation_short_name << ": " << message << std::endl;
}

std::string endpoint(std::string_view host, std::uint16_t port) {
    const bool needs_brackets = host.find(':') != std::string_view::npos && !host.starts_with('[');
    const std::string name = needs_brackets ? "[" + std::string(host) + "]" : std::string(host);
    return name + ":" + std::to_string(port);
}

}  // namespace example
