#include "options.hpp"

#include <arpa/inet.h>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace load {

const char* const kUsage =
    "usage: edo_load --port P [--host IPV4] [--connections N] [--size BYTES] [--pipeline P]\n"
    "                [--duration SECONDS] [--warmup SECONDS] [--cpu LIST] [--server-pid PID]\n";

namespace {

constexpr std::size_t kMaxConnections = 1'000'000;
constexpr std::size_t kMaxSize = 1 << 24;
constexpr std::size_t kMaxPipeline = 1 << 16;
constexpr double kMaxSeconds = 3600;
constexpr int kMaxCpu = 1023;

template <class Number>
Number parse(std::string_view text, Number lowest, Number highest) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    if (!whole || !(number >= lowest && number <= highest)) {
        throw UsageError{"not a number in range: '" + std::string(text) + "'"};
    }
    return number;
}

std::chrono::nanoseconds parse_seconds(std::string_view text) {
    const auto seconds = std::chrono::duration<double>(parse<double>(text, 0, kMaxSeconds));
    return std::chrono::duration_cast<std::chrono::nanoseconds>(seconds);
}

in_addr parse_host(const std::string& text) {
    in_addr address{};
    if (inet_pton(AF_INET, text == "localhost" ? "127.0.0.1" : text.c_str(), &address) != 1) {
        throw UsageError{"not an IPv4 address: '" + text + "'"};
    }
    return address;
}

/// Parses a list such as `0,2-3`.
std::vector<int> parse_cpus(std::string_view text) {
    std::vector<int> cpus;
    while (!text.empty()) {
        const std::string_view item = text.substr(0, text.find(','));
        text.remove_prefix(item.size() == text.size() ? item.size() : item.size() + 1);
        const std::size_t dash = item.find('-');
        const int first = parse<int>(item.substr(0, dash), 0, kMaxCpu);
        const int last = dash == std::string_view::npos
                             ? first
                             : parse<int>(item.substr(dash + 1), first, kMaxCpu);
        for (int cpu = first; cpu <= last; ++cpu) {
            cpus.push_back(cpu);
        }
    }
    return cpus;
}

void set_option(Options& options, std::string_view name, const std::string& value) {
    if (name == "--host") {
        options.server.sin_addr = parse_host(value);
    } else if (name == "--port") {
        options.server.sin_port = htons(parse<std::uint16_t>(value, 1, UINT16_MAX));
    } else if (name == "--connections") {
        options.connections = parse<std::size_t>(value, 1, kMaxConnections);
    } else if (name == "--size") {
        options.size = parse<std::size_t>(value, 1, kMaxSize);
    } else if (name == "--pipeline") {
        options.pipeline = parse<std::size_t>(value, 1, kMaxPipeline);
    } else if (name == "--duration") {
        options.duration = parse_seconds(value);
    } else if (name == "--warmup") {
        options.warmup = parse_seconds(value);
    } else if (name == "--cpu") {
        options.cpus = parse_cpus(value);
    } else if (name == "--server-pid") {
        options.server_pid = parse<pid_t>(value, 1, INT32_MAX);
    } else {
        throw UsageError{"unknown option: '" + std::string(name) + "'"};
    }
}

}  // namespace

Options parse_options(int argc, char** argv) {
    Options options;
    options.server.sin_family = AF_INET;
    options.server.sin_addr = parse_host("127.0.0.1");
    for (int i = 1; i < argc; i += 2) {
        set_option(options, argv[i], i + 1 < argc ? argv[i + 1] : "");
    }
    if (options.server.sin_port == 0) {
        throw UsageError{"--port is missing"};
    }
    if (options.duration.count() == 0) {
        throw UsageError{"--duration must be more than 0"};
    }
    return options;
}

}  // namespace load
