// SPDX-License-Identifier: MIT
// The example in the documentation of histograms.
#include <edo/edo.hpp>
#include <edo/runtime/metrics.hpp>

#include <chrono>
#include <cstddef>
#include <iostream>
#include <utility>

using namespace std::chrono_literals;

namespace {

edo::Task<void> works() {
    for (int i = 0; i < 100; ++i) {
        co_await edo::yield_now();
    }
}

edo::Task<void> until_done(edo::JoinHandle<void> task) {
    static_cast<void>(co_await task);
}

//! [histogram]
void show_how_long_turns_take() {
    edo::LogHistogram durations;
    durations.min_value(1us).max_value(1s).max_error(0.5);
    edo::Runtime runtime =
        edo::Builder::multi_thread(2)
            .metrics_poll_time_histogram(edo::HistogramConfiguration::log(durations))
            .build();
    auto task = runtime.spawn(works());
    runtime.block_on(until_done(std::move(task)));

    const edo::RuntimeMetrics metrics = runtime.handle().metrics();
    for (std::size_t bucket = 0; bucket < metrics.poll_time_histogram_num_buckets(); ++bucket) {
        const auto from = metrics.poll_time_histogram_bucket_range(bucket).start;
        std::size_t turns = 0;
        for (std::size_t worker = 0; worker < metrics.num_workers(); ++worker) {
            turns += metrics.poll_time_histogram_bucket_count(worker, bucket);
        }
        if (turns > 0) {
            std::cout << "from " << from.count() << " ns on: " << turns << " turns\n";
        }
    }
}
//! [histogram]

}  // namespace

int main() {
    show_how_long_turns_take();
}
