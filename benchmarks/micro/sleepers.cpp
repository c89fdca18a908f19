// SPDX-License-Identifier: MIT
// What a million sleeping tasks cost in memory, and in time to start and to cancel.

#include "options.hpp"
#include "sleeping.hpp"

#include <benchmark/benchmark.h>

#include <malloc.h>

namespace {

constexpr std::size_t kTasks = 1'000'000;

void sleepers(benchmark::State& state, const char* flavor) {
    bench::Options options;
    options.flavor = flavor;
    bench::Sleeping sleeping;
    for ([[maybe_unused]] auto iteration : state) {
        state.PauseTiming();
        malloc_trim(0);  // what an earlier runtime has freed must not serve this one unseen
        state.ResumeTiming();
        edo::Runtime runtime = options.build_runtime();
        sleeping = bench::start_sleepers(runtime, kTasks);
    }
    state.counters["bytes_per_task"] = sleeping.bytes_per_task(kTasks);
}

BENCHMARK_CAPTURE(sleepers, current_thread, "current_thread")
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(sleepers, multi, "multi")->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
