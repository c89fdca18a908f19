// SPDX-License-Identifier: MIT
// Load generator for TCP proxies: it is both the client in front of the proxy and the server behind
// it, and moves bytes through as fast as they go.
//
// Uses no part of edo. Prints one line of JSON, see README.md. Exits with 0 when every byte that
// was sent came out and the ends of the streams, too; 1 when not; 2 when it could not do what it
// was asked to.

#include "arguments.hpp"
#include "bulk.hpp"
#include "process.hpp"

#include <cstdio>
#include <string>

namespace {

using namespace load;

constexpr const char* kUsage =
    "usage: edo_bulk --port PROXY --upstream PORT [--host IPV4] [--connections N]\n"
    "                [--direction up|down|both] [--duration SECONDS] [--warmup SECONDS]\n"
    "                [--cpu LIST] [--server-pid PID]\n";

BulkOptions parse_options(int argc, char** argv) {
    Arguments arguments(argc, argv);
    BulkOptions options;
    options.server = arguments.address();
    options.upstream = arguments.number<std::uint16_t>("--upstream", 0, 1, UINT16_MAX);
    options.connections = arguments.number<std::size_t>("--connections", 1, 1, 1024);
    const std::string direction = arguments.text("--direction", "up");
    options.up = direction == "up" || direction == "both";
    options.down = direction == "down" || direction == "both";
    options.duration = arguments.seconds("--duration", std::chrono::seconds(5));
    options.warmup = arguments.seconds("--warmup", std::chrono::seconds(1));
    options.cpus = arguments.cpus("--cpu");
    options.server_pid = arguments.number<pid_t>("--server-pid", 0, 1, INT32_MAX);
    arguments.finish();
    if (options.server.sin_port == 0 || options.upstream == 0 || !(options.up || options.down) ||
        options.duration.count() == 0) {
        throw UsageError{"--port, --upstream or --duration is missing, or --direction is wrong"};
    }
    return options;
}

void print(const BulkOptions& options, const BulkResults& results) {
    const auto bytes = static_cast<double>(results.bytes);
    const auto json = [](bool value) { return value ? "true" : "false"; };
    std::string per_cpu_second = "null";
    if (results.server_cpu && results.server_cpu->count() > 0) {
        const std::chrono::duration<double> seconds = *results.server_cpu;
        per_cpu_second = std::to_string(bytes / seconds.count());
    }
    std::printf(
        "{\"tool\":\"edo_bulk\",\"connections\":%zu,\"up\":%s,\"down\":%s,\"seconds\":%.3f,"
        "\"bytes\":%ju,\"bytes_per_second\":%.0f,\"bytes_per_server_cpu_second\":%s,",
        options.connections, json(options.up), json(options.down), results.elapsed.count(),
        static_cast<std::uintmax_t>(results.bytes), bytes / results.elapsed.count(),
        per_cpu_second.c_str());
    std::printf("\"load_busy\":%.3f,\"lost_bytes\":%ju,\"mismatches\":%ju,\"all_ended\":%s}\n",
                results.own_cpu / results.elapsed, static_cast<std::uintmax_t>(results.lost_bytes),
                static_cast<std::uintmax_t>(results.mismatches), json(results.all_ended));
}

int run(int argc, char** argv) {
    const BulkOptions options = parse_options(argc, argv);
    pin(options.cpus);
    raise_descriptor_limit(2 * options.connections);
    end_after(options.warmup + options.duration);
    const BulkResults results = Bulk(options).run();
    print(options, results);
    return results.is_good() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    return load::guarded_main("edo_bulk", kUsage, run, argc, argv);
}
