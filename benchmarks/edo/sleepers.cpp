// SPDX-License-Identifier: MIT
// The twin of tokio_sleepers: prints what a sleeping task costs in memory.

#include "options.hpp"
#include "sleeping.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

static void report(const bench::Options& options, std::string_view scenario,
                   const bench::Sleeping& sleeping) {
    std::printf(
        "{\"peer\":\"edo\",\"scenario\":\"%.*s\",\"flavor\":\"%.*s\",\"workers\":%zu,"
        "\"tasks\":%zu,\"seconds\":%.6f,\"rss_before\":%zu,\"rss_after\":%zu,"
        "\"bytes_per_task\":%.1f}\n",
        int(scenario.size()), scenario.data(), int(options.flavor.size()), options.flavor.data(),
        options.workers, options.tasks, sleeping.elapsed.count(), sleeping.resident_before,
        sleeping.resident_after, sleeping.bytes_per_task(options.tasks));
    std::fflush(stdout);
}

int main(int argc, char** argv) {
    const auto options = bench::parse_options(argc, argv);
    const std::string_view scenario =
        options && options->names.size() == 1 ? options->names[0] : "sleepers";
    if (!options || options->names.size() > 1 ||
        (scenario != "sleepers" && scenario != "sockets")) {
        std::fprintf(
            stderr,
            "usage: edo_sleepers [sleepers|sockets] [--tasks N] [--flavor current_thread|multi]"
            " [--workers N]\n");
        return 2;
    }
    try {
        edo::Runtime runtime = options->build_runtime();
        const auto what = scenario == "sockets" ? bench::WaitFor::Socket : bench::WaitFor::Time;
        report(*options, scenario, bench::start_sleepers(runtime, options->tasks, what));
        std::_Exit(0);  // leaves a million sleepers where they are
    } catch (const std::exception& error) {
        std::fprintf(stderr, "edo_sleepers: %s\n", error.what());
        return 1;
    }
}
