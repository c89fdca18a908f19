// SPDX-License-Identifier: MIT
// All scenarios of edo_micro, with the statistics and filters of Google Benchmark. The time is that
// of the driver; `time_per_op` is the time of one operation.

#include "scenarios.hpp"

#include "options.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <chrono>
#include <string>

namespace bench {

namespace {

constexpr std::size_t kOperations = 10'000;  // of one iteration, roughly

void run(benchmark::State& state, const Scenario& scenario, const Options& options) {
    edo::Runtime runtime = options.build_runtime();
    std::size_t operations = 0;
    for ([[maybe_unused]] auto iteration : state) {
        const Measured measured = measure(runtime, options.workers, scenario, kOperations);
        state.SetIterationTime(std::chrono::duration<double>(measured.elapsed).count());
        operations += measured.operations;
    }
    state.counters["time_per_op"] = benchmark::Counter(
        double(operations), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

std::array<Options, 3> flavors() {
    std::array<Options, 3> flavors;
    for (std::size_t workers = 1; workers < flavors.size(); ++workers) {
        flavors[workers].flavor = "multi";
        flavors[workers].workers = workers;
    }
    return flavors;
}

std::string name_of(const Scenario& scenario, const Options& options) {
    std::string name = std::string(scenario.name) + '/' + std::string(options.flavor);
    if (options.flavor == "multi") {
        name += '/' + std::to_string(options.workers);
    }
    return name;
}

bool register_all() {
    for (const Scenario& scenario : scenarios()) {
        for (const Options& options : flavors()) {
            benchmark::RegisterBenchmark(name_of(scenario, options).c_str(), run, scenario, options)
                ->UseManualTime()
                ->Unit(benchmark::kMicrosecond);
        }
    }
    return true;
}

const bool registered = register_all();

}  // namespace

}  // namespace bench
