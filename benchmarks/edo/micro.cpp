// SPDX-License-Identifier: MIT
// The twin of tokio_micro: runs scenarios and prints a line of JSON for each repeat.

#include "options.hpp"
#include "scenarios.hpp"

#include <cstdio>
#include <exception>

namespace {

using bench::Options;
using bench::Scenario;

constexpr const char* kUsage =
    "usage: edo_micro SCENARIO... [--flavor current_thread|multi] [--workers N] [--iterations K]"
    " [--repeat R]\n"
    "scenarios, or all:";

void print_usage() {
    std::fputs(kUsage, stderr);
    for (const Scenario& scenario : bench::scenarios()) {
        std::fprintf(stderr, " %.*s", int(scenario.name.size()), scenario.name.data());
    }
    std::fputc('\n', stderr);
}

void report(const Options& options, const Scenario& scenario, std::size_t repeat,
            const bench::Measured& measured) {
    const double seconds = std::chrono::duration<double>(measured.elapsed).count();
    std::printf(
        "{\"peer\":\"edo\",\"scenario\":\"%.*s\",\"flavor\":\"%.*s\",\"workers\":%zu,"
        "\"iterations\":%zu,\"repeat\":%zu,\"seconds\":%.9f,\"ns_per_op\":%.2f}\n",
        int(scenario.name.size()), scenario.name.data(), int(options.flavor.size()),
        options.flavor.data(), options.workers, measured.operations, repeat, seconds,
        seconds * 1e9 / double(measured.operations));
    std::fflush(stdout);
}

/// The scenarios that are named, or nothing when there is none or one is unknown.
std::vector<Scenario> selected_scenarios(const std::vector<std::string_view>& names) {
    const auto all = bench::scenarios();
    if (names.size() == 1 && names[0] == "all") {
        return {all.begin(), all.end()};
    }
    std::vector<Scenario> selected;
    for (const std::string_view name : names) {
        const Scenario* const scenario = bench::find_scenario(name);
        if (scenario == nullptr) {
            return {};
        }
        selected.push_back(*scenario);
    }
    return selected;
}

}  // namespace

int main(int argc, char** argv) {
    const auto options = bench::parse_options(argc, argv);
    const auto selected = options ? selected_scenarios(options->names) : std::vector<Scenario>{};
    if (selected.empty()) {
        print_usage();
        return 2;
    }
    try {
        edo::Runtime runtime = options->build_runtime();
        for (const Scenario& scenario : selected) {
            for (std::size_t repeat = 0; repeat < options->repeat; ++repeat) {
                report(*options, scenario, repeat,
                       bench::measure(runtime, options->workers, scenario, options->iterations));
            }
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "edo_micro: %s\n", error.what());
        return 1;
    }
}
