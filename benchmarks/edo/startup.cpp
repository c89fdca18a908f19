// SPDX-License-Identifier: MIT
// The twin of tokio_startup: creates a runtime, runs an empty task, destroys the runtime; again and
// again. See ../peers/README.md.

#include "options.hpp"
#include <edo/edo.hpp>

#include <chrono>
#include <cstdio>
#include <exception>

namespace {

edo::Task<void> nothing() {
    co_return;
}

edo::Task<void> run_one_task() {
    auto task = edo::spawn(nothing());
    const auto ended = co_await task;
    if (!ended) {
        ended.error().rethrow();
    }
}

void measure(const bench::Options& options, std::size_t repeat) {
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < options.iterations; ++i) {
        edo::Runtime runtime = options.build_runtime();
        runtime.block_on(run_one_task());
    }
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    std::printf(
        "{\"peer\":\"edo\",\"scenario\":\"startup\",\"flavor\":\"%.*s\",\"workers\":%zu,"
        "\"iterations\":%zu,\"repeat\":%zu,\"seconds\":%.9f,\"us_per_runtime\":%.3f}\n",
        int(options.flavor.size()), options.flavor.data(), options.workers, options.iterations,
        repeat, time.count(), time.count() * 1e6 / double(options.iterations));
}

}  // namespace

int main(int argc, char** argv) {
    const auto options = bench::parse_options(argc, argv);
    if (!options || !options->names.empty()) {
        std::fprintf(stderr,
                     "usage: edo_startup [--flavor current_thread|multi] [--workers N]"
                     " [--iterations K] [--repeat R]\n");
        return 2;
    }
    try {
        for (std::size_t repeat = 0; repeat < options->repeat; ++repeat) {
            measure(*options, repeat);
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "edo_startup: %s\n", error.what());
        return 1;
    }
}
