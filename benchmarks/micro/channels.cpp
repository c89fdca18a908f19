// SPDX-License-Identifier: MIT
// What it costs to send a value to another task.

#include "options.hpp"
#include "scenarios.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/broadcast.hpp>
#include <edo/runtime/sync/mpsc.hpp>
#include <edo/runtime/sync/oneshot.hpp>
#include <edo/runtime/sync/watch.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace bench {

namespace {

namespace sync = edo::sync;
using edo::Task;

constexpr std::size_t kOperations = 10'000;  // of one iteration, roughly
constexpr std::size_t kProducers = 5;

// ---- oneshot -----------------------------------------------------------------------------------

/// Channel, send, receive, in one task.
Task<std::size_t> oneshot_alone(std::size_t iterations) {
    std::size_t received = 0;
    for (std::size_t i = 0; i < iterations; ++i) {
        auto [sender, receiver] = sync::oneshot::channel<std::size_t>();
        benchmark::DoNotOptimize(std::move(sender).send(1));
        const auto value = co_await receiver;
        received += value.value();
    }
    co_return received;
}

Task<void> answer(sync::oneshot::Sender<std::size_t> sender) {
    benchmark::DoNotOptimize(std::move(sender).send(1));
    co_return;
}

/// The value comes from another task, which is spawned for it.
Task<std::size_t> oneshot_spawned(std::size_t iterations) {
    std::size_t received = 0;
    for (std::size_t i = 0; i < iterations; ++i) {
        auto [sender, receiver] = sync::oneshot::channel<std::size_t>();
        edo::spawn(answer(std::move(sender))).detach();
        const auto value = co_await receiver;
        received += value.value();
    }
    co_return received;
}

// ---- mpsc --------------------------------------------------------------------------------------

template <class Receiver>
Task<std::size_t> receive_all(Receiver receiver) {
    std::size_t received = 0;
    while (const auto value = co_await receiver.recv()) {
        received += *value;
    }
    co_return received;
}

Task<void> send_bounded(sync::mpsc::Sender<std::size_t> sender, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        const auto sent = co_await sender.send(std::size_t{1});
        benchmark::DoNotOptimize(sent.has_value());
    }
}

Task<void> send_unbounded(sync::mpsc::UnboundedSender<std::size_t> sender, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        benchmark::DoNotOptimize(sender.send(1).has_value());
    }
    co_return;
}

/// Sent and received by turns in one task: nobody ever waits.
Task<std::size_t> mpsc_alone(std::size_t iterations) {
    auto [sender, receiver] = sync::mpsc::channel<std::size_t>(100);
    std::size_t received = 0;
    for (std::size_t i = 0; i < iterations; ++i) {
        benchmark::DoNotOptimize(sender.try_send(1).has_value());
        received += receiver.try_recv().value();
    }
    co_return received;
}

Task<std::size_t> unbounded_alone(std::size_t iterations) {
    auto [sender, receiver] = sync::mpsc::unbounded_channel<std::size_t>();
    std::size_t received = 0;
    for (std::size_t i = 0; i < iterations; ++i) {
        benchmark::DoNotOptimize(sender.send(1).has_value());
        received += receiver.try_recv().value();
    }
    co_return received;
}

template <std::size_t Capacity, std::size_t Senders>
Task<std::size_t> mpsc_from_tasks(std::size_t iterations) {
    auto [sender, receiver] = sync::mpsc::channel<std::size_t>(Capacity);
    for (std::size_t i = 0; i < Senders; ++i) {
        edo::spawn(send_bounded(sender, iterations / Senders)).detach();
    }
    {
        const auto last = std::move(sender);
    }
    co_return co_await receive_all(std::move(receiver));
}

Task<std::size_t> unbounded_from_tasks(std::size_t iterations) {
    auto [sender, receiver] = sync::mpsc::unbounded_channel<std::size_t>();
    for (std::size_t i = 0; i < kProducers; ++i) {
        edo::spawn(send_unbounded(sender, iterations / kProducers)).detach();
    }
    {
        const auto last = std::move(sender);
    }
    co_return co_await receive_all(std::move(receiver));
}

// ---- watch and broadcast -----------------------------------------------------------------------

Task<std::size_t> watch_alone(std::size_t iterations) {
    auto [sender, receiver] = sync::watch::channel(std::size_t{0});
    for (std::size_t i = 1; i <= iterations; ++i) {
        benchmark::DoNotOptimize(sender.send(i).has_value());
        const auto changed = co_await receiver.changed();
        benchmark::DoNotOptimize(changed.has_value());
        benchmark::DoNotOptimize(*receiver.borrow());
    }
    co_return iterations;
}

Task<std::size_t> broadcast_alone(std::size_t iterations) {
    auto [sender, receiver] = sync::broadcast::channel<std::size_t>(16);
    std::size_t received = 0;
    for (std::size_t i = 0; i < iterations; ++i) {
        benchmark::DoNotOptimize(sender.send(1).has_value());
        const auto value = co_await receiver.recv();
        received += value.value();
    }
    co_return received;
}

Task<void> listen(sync::broadcast::Receiver<std::size_t> receiver) {
    for (bool open = true; open;) {
        const auto value = co_await receiver.recv();
        open = value.has_value() || value.error().is_lagged();
    }
}

/// One value to 100 tasks that wait for it, again and again; an operation is one value received.
Task<std::size_t> broadcast_to_tasks(std::size_t iterations) {
    constexpr std::size_t kListeners = 100;
    sync::broadcast::Sender<std::size_t> sender(16);
    std::vector<edo::JoinHandle<void>> listeners;
    for (std::size_t i = 0; i < kListeners; ++i) {
        listeners.push_back(edo::spawn(listen(sender.subscribe())));
    }
    for (std::size_t i = 0; i < iterations / kListeners; ++i) {
        benchmark::DoNotOptimize(sender.send(i).has_value());
        co_await edo::yield_now();
    }
    {
        const auto last = std::move(sender);
    }
    for (edo::JoinHandle<void>& listener : listeners) {
        const auto joined = co_await listener;
        benchmark::DoNotOptimize(joined.has_value());
    }
    co_return iterations;
}

// ---- the driver --------------------------------------------------------------------------------

void run(benchmark::State& state, Scenario scenario, const Options& options) {
    edo::Runtime runtime = options.build_runtime();
    std::size_t operations = 0;
    for ([[maybe_unused]] auto iteration : state) {
        const Measured measured = measure(runtime, scenario, kOperations);
        state.SetIterationTime(std::chrono::duration<double>(measured.elapsed).count());
        operations += measured.operations;
    }
    state.counters["time_per_op"] = benchmark::Counter(
        double(operations), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

bool register_all() {
    const std::vector<Scenario> all{
        {"oneshot_alone", oneshot_alone},
        {"oneshot_spawned", oneshot_spawned},
        {"mpsc_alone", mpsc_alone},
        {"mpsc_from_one_task", mpsc_from_tasks<100, 1>},
        {"mpsc_from_tasks", mpsc_from_tasks<1000, kProducers>},
        {"mpsc_from_tasks_full", mpsc_from_tasks<1, kProducers>},
        {"unbounded_alone", unbounded_alone},
        {"unbounded_from_tasks", unbounded_from_tasks},
        {"watch_alone", watch_alone},
        {"broadcast_alone", broadcast_alone},
        {"broadcast_to_tasks", broadcast_to_tasks},
    };
    for (const Scenario& scenario : all) {
        for (const std::size_t workers : {0U, 1U, 2U}) {
            Options options;
            std::string name(scenario.name);
            if (workers == 0) {
                name += "/current_thread";
            } else {
                options.flavor = "multi";
                options.workers = workers;
                name += "/multi/" + std::to_string(workers);
            }
            benchmark::RegisterBenchmark(name.c_str(), run, scenario, options)
                ->UseManualTime()
                ->Unit(benchmark::kMicrosecond);
        }
    }
    return true;
}

const bool registered = register_all();

}  // namespace

}  // namespace bench
