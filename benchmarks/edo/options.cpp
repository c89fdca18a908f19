// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <charconv>

namespace bench {

namespace {

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

bool set_option(Options& options, std::string_view name, std::string_view value) {
    if (name == "--flavor") {
        options.flavor = value;
        return value == "current_thread" || value == "multi";
    }
    if (name == "--port" || name == "--to") {
        const auto port = parse_number<std::uint16_t>(value);
        (name == "--port" ? options.port : options.to) = port.value_or(0);
        return port.has_value();
    }
    if (name == "--io") {
        options.io = value;
        return value == "epoll" || value == "asio" || value == "io_uring";
    }
    const auto number = parse_number<std::size_t>(value).value_or(0);
    if (name == "--workers") {
        options.workers = number;
    } else if (name == "--iterations") {
        options.iterations = number;
    } else if (name == "--repeat") {
        options.repeat = number;
    } else if (name == "--tasks") {
        options.tasks = number;
    } else if (name == "--buffer") {
        options.buffer = number;
    } else if (name == "--compute") {
        options.compute = number;
    } else if (name == "--batch") {
        options.batch = number;
    } else if (name == "--gro") {
        options.gro = number;
    } else {
        return false;
    }
    return number > 0;
}

}  // namespace

edo::Runtime Options::build_runtime() const {
    edo::Builder builder = flavor == "current_thread"
                               ? edo::Builder::current_thread()
                               : edo::Builder::multi_thread(unsigned(workers));
    if (io == "asio") {
        builder.reactor(edo::ReactorKind::Asio);
    } else {
        builder.reactor(io == "io_uring" ? edo::ReactorKind::IoUring : edo::ReactorKind::Epoll);
    }
    return builder.build();
}

std::optional<Options> parse_options(int argc, char** argv) {
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

}  // namespace bench
