// SPDX-License-Identifier: MIT
// Load generator for TCP echo servers. Uses no part of edo, so that it favours no server.
//
// Prints one line of JSON, what each field means is in README.md. Exits with 0 when every byte came
// back as it was sent, 1 when not, 2 when it could not do what it was asked to.

#include "load_generator.hpp"
#include "options.hpp"
#include "process.hpp"

#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <cstdio>

namespace {

using namespace load;

double microseconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double, std::micro>(time).count();
}

double microseconds(std::uint64_t nanoseconds) {
    return static_cast<double>(nanoseconds) / 1000;
}

/// Prints a number per message, or null when there is none.
void print_per_message(const char* name, std::optional<std::chrono::nanoseconds> time,
                       std::uint64_t messages) {
    if (time && messages > 0) {
        std::printf("\"%s\":%.3f,", name, microseconds(*time) / static_cast<double>(messages));
    } else {
        std::printf("\"%s\":null,", name);
    }
}

void print_results(const Options& options, const Results& results, bool is_urgent) {
    std::array<char, INET_ADDRSTRLEN> host{};
    inet_ntop(AF_INET, &options.server.sin_addr, host.data(), host.size());
    const double seconds = std::chrono::duration<double>(results.elapsed).count();
    const Histogram& latency = results.latency;
    std::printf(
        "{\"tool\":\"edo_load\",\"server\":\"%s:%d\",\"connections\":%zu,\"size\":%zu,"
        "\"pipeline\":%zu,\"asked_rate\":%.1f,\"seconds\":%.3f,\"messages\":%ju,\"rate\":%.1f,",
        host.data(), ntohs(options.server.sin_port), options.connections, options.size,
        options.pipeline, options.rate, seconds, static_cast<std::uintmax_t>(latency.count()),
        static_cast<double>(latency.count()) / seconds);
    std::printf(
        "\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f,"
        "\"oldest_unanswered_us\":%.1f,\"silent_connections\":%ju,",
        microseconds(latency.quantile(0.5)), microseconds(latency.quantile(0.99)),
        microseconds(latency.quantile(0.999)), microseconds(latency.max()),
        microseconds(results.oldest_unanswered),
        static_cast<std::uintmax_t>(results.silent_connections));
    std::printf("\"urgent\":%s,\"late_p50_us\":%.1f,\"late_p99_us\":%.1f,",
                is_urgent ? "true" : "false", microseconds(results.lateness.quantile(0.5)),
                microseconds(results.lateness.quantile(0.99)));
    print_per_message("server_cpu_us_per_msg", results.server_cpu, latency.count());
    print_per_message("load_cpu_us_per_msg", results.own_cpu, latency.count());
    std::printf(
        "\"load_busy\":%.3f,\"errors\":%ju,\"connect_errors\":%ju,\"io_errors\":%ju,"
        "\"mismatches\":%ju}\n",
        microseconds(results.own_cpu) / microseconds(results.elapsed),
        static_cast<std::uintmax_t>(results.errors()),
        static_cast<std::uintmax_t>(results.connect_errors),
        static_cast<std::uintmax_t>(results.io_errors),
        static_cast<std::uintmax_t>(results.mismatches));
}

int run(int argc, char** argv) {
    const Options options = parse_options(argc, argv);
    pin(options.cpus);
    raise_descriptor_limit(options.connections);
    end_after(options.warmup + options.duration);
    // A schedule is worth nothing when its keeper waits for a CPU.
    const bool is_urgent = options.rate > 0 && become_urgent();

    LoadGenerator generator(options);
    const Results results = generator.run();
    print_results(options, results, is_urgent);
    return results.errors() == 0 && results.latency.count() > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    return load::guarded_main("edo_load", load::kUsage, run, argc, argv);
}
