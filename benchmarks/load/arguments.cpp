// SPDX-License-Identifier: MIT
#include "arguments.hpp"

#include <arpa/inet.h>

namespace load {

namespace {

constexpr double kMaxSeconds = 3600;
constexpr int kMaxCpu = 1023;

}  // namespace

Arguments::Arguments(int argc, char** argv) {
    for (int i = 1; i < argc; i += 2) {
        const std::string name = argv[i];
        if (!name.starts_with("--") || i + 1 == argc || *argv[i + 1] == '\0') {
            throw UsageError{"not an option with a value: '" + name + "'"};
        }
        values_[name] = argv[i + 1];
    }
}

std::string Arguments::take(std::string_view name) {
    const auto found = values_.find(name);
    if (found == values_.end()) {
        return {};
    }
    std::string value = std::move(found->second);
    values_.erase(found);
    return value;
}

std::string Arguments::text(std::string_view name, std::string otherwise) {
    std::string value = take(name);
    return value.empty() ? otherwise : value;
}

std::chrono::nanoseconds Arguments::seconds(std::string_view name,
                                            std::chrono::nanoseconds otherwise) {
    const std::string text = take(name);
    if (text.empty()) {
        return otherwise;
    }
    const std::chrono::duration<double> seconds(parse<double>(text, 0, kMaxSeconds));
    return std::chrono::duration_cast<std::chrono::nanoseconds>(seconds);
}

std::vector<int> Arguments::cpus(std::string_view name) {
    const std::string value = take(name);
    std::string_view text = value;
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

sockaddr_in Arguments::address() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    const std::string host = text("--host", "127.0.0.1");
    if (inet_pton(AF_INET, host == "localhost" ? "127.0.0.1" : host.c_str(), &address.sin_addr) !=
        1) {
        throw UsageError{"not an IPv4 address: '" + host + "'"};
    }
    address.sin_port = htons(number<std::uint16_t>("--port", 0, 1, UINT16_MAX));
    return address;
}

void Arguments::finish() const {
    if (!values_.empty()) {
        throw UsageError{"unknown option: '" + values_.begin()->first + "'"};
    }
}

}  // namespace load
