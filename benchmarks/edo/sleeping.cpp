// SPDX-License-Identifier: MIT
#include "sleeping.hpp"

#include "countdown.hpp"
#include "join.hpp"
#include <edo/edo.hpp>

#include <fstream>
#include <stdexcept>
#include <unistd.h>

namespace bench {

namespace {

using edo::Task;
using namespace std::chrono_literals;

/// Spawned between two yields, so that the run queue stays small and is not what is measured.
constexpr std::size_t kBatch = 1000;

Countdown polled;

std::size_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::size_t size = 0;
    std::size_t resident = 0;
    statm >> size >> resident;
    if (!statm) {
        throw std::runtime_error("/proc/self/statm cannot be read");
    }
    return resident * std::size_t(sysconf(_SC_PAGESIZE));
}

Task<void> sleep_long() {
    polled.count();
    co_await edo::sleep(1h);
}

Task<void> spawn_sleepers(std::size_t count) {
    polled.start(count);
    for (std::size_t i = 0; i < count; ++i) {
        edo::spawn(sleep_long());
        if (i % kBatch == kBatch - 1) {
            co_await edo::yield_now();
        }
    }
    co_await polled.finished();
}

}  // namespace

double Sleeping::bytes_per_task(std::size_t tasks) const {
    const std::size_t bytes =
        resident_after > resident_before ? resident_after - resident_before : 0;
    return double(bytes) / double(tasks);
}

Sleeping start_sleepers(edo::Runtime& runtime, std::size_t tasks) {
    // One sleeper first: the timer, the queues, and the allocator's arenas are then in place.
    runtime.block_on(join(runtime.spawn(spawn_sleepers(1))));

    Sleeping sleeping;
    sleeping.resident_before = resident_bytes();
    const auto start = std::chrono::steady_clock::now();
    runtime.block_on(join(runtime.spawn(spawn_sleepers(tasks))));
    sleeping.elapsed = std::chrono::steady_clock::now() - start;
    sleeping.resident_after = resident_bytes();
    return sleeping;
}

}  // namespace bench
