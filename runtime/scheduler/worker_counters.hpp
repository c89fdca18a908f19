// SPDX-License-Identifier: MIT
// What `RuntimeMetrics` tells of a worker. Written where the worker is not in a hurry: what can be
// derived from other figures has no counter of its own.
#pragma once

#include "edo/runtime/histogram.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>

namespace edo::detail {

/// A counter that one thread at a time writes, and any reads. Relaxed: it orders nothing.
class Counter {
public:
    void add(std::uint64_t count = 1) noexcept {
        value_.store(get() + count, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t get() const noexcept {
        return value_.load(std::memory_order_relaxed);
    }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// Counts durations; written by one thread at a time.
class Histogram {
public:
    explicit Histogram(const HistogramConfiguration& configuration)
        : configuration_(configuration), buckets_(new Counter[configuration.num_buckets()]) {}

    void record(std::chrono::nanoseconds duration) noexcept {
        buckets_[configuration_.bucket_of(duration)].add();
    }
    [[nodiscard]] std::uint64_t count(std::size_t bucket) const noexcept {
        return buckets_[bucket].get();
    }

private:
    const HistogramConfiguration configuration_;
    const std::unique_ptr<Counter[]> buckets_;
};

/// Written by the thread that drives the worker.
struct WorkerCounters {
    WorkerCounters() = default;

    std::atomic<std::thread::id> thread{};
    Counter parks;
    Counter unparks;
    Counter noops;             // parks that ended for nothing
    Counter idle_rounds;       // rounds of the loop in which nothing was run
    Counter steal_operations;  // that yielded something
    Counter stolen;            // tasks, from others
    Counter injected;          // tasks taken out of the injection queue
    Counter overflowed;        // tasks that went from the ring into the injection queue
    Counter overflows;
    Counter forced_yields;
    Counter ready_events;
    Counter busy;                               // nanoseconds
    std::atomic<std::uint64_t> lost_tasks{0};   // that were stolen from it; by the thieves
    std::uint64_t round_of_last_park = 0;       // the owner's alone
    std::optional<Histogram> poll_times;        // made before the worker runs
    std::optional<Histogram> schedule_latency;  // the same
};

}  // namespace edo::detail
