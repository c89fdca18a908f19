// SPDX-License-Identifier: MIT
#include "sleeping.hpp"

#include "countdown.hpp"
#include "join.hpp"
#include <edo/edo.hpp>
#include <edo/net/unix_datagram.hpp>

#include <array>
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

/// Waits for a datagram that nobody sends, in a socket of its own.
Task<void> receive_long() {
    auto socket = edo::net::UnixDatagram::unbound();
    polled.count();
    std::array<std::byte, 1> buffer;
    const auto received = co_await socket.value().recv(buffer);
    throw std::logic_error(received ? "a datagram came" : received.error().message());
}

Task<void> spawn_sleepers(std::size_t count, WaitFor what) {
    polled.start(count);
    for (std::size_t i = 0; i < count; ++i) {
        edo::spawn(what == WaitFor::Time ? sleep_long() : receive_long());
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

Sleeping start_sleepers(edo::Runtime& runtime, std::size_t tasks, WaitFor what) {
    // One sleeper first: the timer, the queues, and the allocator's arenas are then in place.
    runtime.block_on(join(runtime.spawn(spawn_sleepers(1, what))));

    Sleeping sleeping;
    sleeping.resident_before = resident_bytes();
    const auto start = std::chrono::steady_clock::now();
    runtime.block_on(join(runtime.spawn(spawn_sleepers(tasks, what))));
    sleeping.elapsed = std::chrono::steady_clock::now() - start;
    sleeping.resident_after = resident_bytes();
    return sleeping;
}

}  // namespace bench
