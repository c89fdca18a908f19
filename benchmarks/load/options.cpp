// SPDX-License-Identifier: MIT
#include "options.hpp"

#include "arguments.hpp"

#include <cstdint>

namespace load {

const char* const kUsage =
    "usage: edo_load --port P [--host IPV4] [--connections N] [--size BYTES]\n"
    "                [--pipeline P | --rate PER_SECOND] [--duration SECONDS] [--warmup SECONDS]\n"
    "                [--cpu LIST] [--server-pid PID]\n";

namespace {

constexpr std::size_t kMaxConnections = 1'000'000;
constexpr std::size_t kMaxSize = 1 << 24;
constexpr std::size_t kMaxPipeline = 1 << 16;
constexpr double kMaxRate = 1e6;
constexpr double kMaxDue = 1e7;  // messages of a run with --rate, since each leaves a time behind

void check(const Options& options) {
    if (options.server.sin_port == 0) {
        throw UsageError{"--port is missing"};
    }
    if (options.duration.count() == 0) {
        throw UsageError{"--duration must be more than 0"};
    }
    if (options.rate > 0 && options.pipeline > 1) {
        throw UsageError{"--pipeline and --rate exclude each other"};
    }
    const auto seconds = std::chrono::duration<double>(options.warmup + options.duration).count();
    if (options.rate * seconds > kMaxDue) {
        throw UsageError{"--rate is too high for so long a run"};
    }
}

}  // namespace

Options parse_options(int argc, char** argv) {
    Arguments arguments(argc, argv);
    Options options;
    options.server = arguments.address();
    options.connections = arguments.number<std::size_t>("--connections", 64, 1, kMaxConnections);
    options.size = arguments.number<std::size_t>("--size", 64, 1, kMaxSize);
    options.pipeline = arguments.number<std::size_t>("--pipeline", 1, 1, kMaxPipeline);
    options.rate = arguments.number<double>("--rate", 0, 0.1, kMaxRate);
    options.duration = arguments.seconds("--duration", options.duration);
    options.warmup = arguments.seconds("--warmup", options.warmup);
    options.cpus = arguments.cpus("--cpu");
    options.server_pid = arguments.number<pid_t>("--server-pid", 0, 1, INT32_MAX);
    arguments.finish();
    check(options);
    return options;
}

}  // namespace load
