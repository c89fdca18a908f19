// SPDX-License-Identifier: MIT
// The examples in the documentation of coop, TaskBuilder, TaskLocal, block_in_place and LocalSet.
#include <edo/edo.hpp>
#include <edo/runtime/block_in_place.hpp>
#include <edo/runtime/coop.hpp>
#include <edo/runtime/local_pool.hpp>
#include <edo/runtime/local_set.hpp>
#include <edo/runtime/metrics.hpp>
#include <edo/runtime/task_builder.hpp>
#include <edo/runtime/task_local.hpp>

#include <chrono>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

//! [consume_budget]
edo::Task<long> sum_of_squares(std::vector<long> numbers) {
    long sum = 0;
    for (const long number : numbers) {
        sum += number * number;
        co_await edo::consume_budget();  // every 128th time, other tasks get their turn
    }
    co_return sum;
}
//! [consume_budget]

//! [unconstrained]
edo::Task<long> sum_without_a_pause() {
    std::vector<long> numbers(1000);
    std::iota(numbers.begin(), numbers.end(), 0);
    // Short enough to go through in one turn.
    co_return co_await edo::unconstrained(sum_of_squares(std::move(numbers)));
}
//! [unconstrained]

//! [cooperative]
edo::Task<int> next_random(unsigned& state) {  // never waits, and charges nothing
    state = state * 1664525U + 1013904223U;
    co_return int(state >> 16U);
}

edo::Task<int> wait_for_a_multiple_of(int number) {
    unsigned state = 1;
    for (;;) {
        const int random = co_await edo::cooperative(next_random(state));
        if (random % number == 0) {
            co_return random;
        }
    }
}
//! [cooperative]

edo::Task<void> use_coop() {
    std::cout << co_await sum_without_a_pause() << '\n';
    std::cout << co_await wait_for_a_multiple_of(1000) << '\n';
}

//! [task_builder]
edo::Task<void> read_all(int shard) {
    co_await edo::yield_now();
    std::cout << edo::current_task_name() << " reads shard " << shard << '\n';
    throw std::runtime_error("shard is gone");
}

edo::Task<void> start_reader() {
    auto reading = edo::TaskBuilder().name("reader").spawn(read_all(1));
    const edo::JoinResult<void> result = co_await reading;
    if (!result) {
        std::cout << result.error().message() << '\n';  // task 7 'reader' failed: shard is gone
    }
}
//! [task_builder]

//! [task_local]
inline edo::TaskLocal<std::string> request_id{edo::Inherit::Copy};

void log(const std::string& text) {  // called from anywhere, knows nothing of requests
    std::cout << request_id.try_get().value_or("-") << ": " << text << '\n';
}

edo::Task<void> query_database() {
    co_await edo::yield_now();
    log("query");
}

edo::Task<void> serve_request() {
    log("begin");
    auto query = edo::spawn(query_database());  // sees a copy, since the key says so
    static_cast<void>(co_await query);
    log("end");
}

edo::Task<void> serve_two() {
    co_await edo::join(request_id.scope("r1", serve_request()),
                       request_id.scope("r2", serve_request()));
    log("both are done");  // "-: both are done"
}
//! [task_local]

//! [block_in_place]
edo::Task<std::size_t> count_lines(std::string file_name) {
    std::size_t lines = 0;
    edo::block_in_place([&] {  // uses the task's own variables, where it stands
        std::ifstream file(file_name);
        for (std::string line; std::getline(file, line);) {
            ++lines;
        }
    });
    co_return lines;
}
//! [block_in_place]

//! [local_set]
using Counts = std::map<std::string, int>;  // not thread-safe, and no lock around it

edo::Task<void> count_word(std::shared_ptr<Counts> counts, std::string word) {
    co_await edo::yield_now();
    ++(*counts)[word];
}

edo::Task<void> count_words(std::shared_ptr<Counts> counts) {
    for (const char* const word : {"to", "be", "or", "not", "to", "be"}) {
        edo::spawn_local(count_word(counts, word)).detach();
    }
    co_return;
}

void use_a_local_set(edo::Runtime& runtime) {
    edo::LocalSet set;  // its tasks run on this thread
    const auto counts = std::make_shared<Counts>();
    set.spawn_local(count_words(counts)).detach();
    runtime.block_on([&set]() -> edo::Task<void> {
        co_await set;  // until no task is left in it
    });
    std::cout << (*counts)["be"] << '\n';
}
//! [local_set]

//! [local_runtime]
void use_a_local_runtime() {
    edo::LocalRuntime runtime;
    runtime.block_on([]() -> edo::Task<void> {
        const auto counts = std::make_shared<Counts>();
        static_cast<void>(co_await edo::spawn_local(count_word(counts, "brevity")));
    }());
}
//! [local_runtime]

//! [local_pool]
edo::Task<void> count_on_two_threads() {
    const edo::LocalPoolHandle pool(2);
    const auto count = [](std::string word) -> edo::Task<int> {
        const auto counts = std::make_shared<Counts>();  // never leaves its thread
        static_cast<void>(co_await edo::spawn_local(count_word(counts, std::move(word))));
        co_return int(counts->size());
    };
    auto one = pool.spawn_pinned(count, std::string("soul"));
    auto two = pool.spawn_pinned(count, std::string("wit"));
    const auto first = co_await one;
    const auto second = co_await two;
    std::cout << first.value() + second.value() << " words\n";
}
//! [local_pool]

//! [metrics]
void print_metrics(const edo::Handle& runtime) {
    const edo::RuntimeMetrics metrics = runtime.metrics();
    std::cout << metrics.alive_tasks() << " tasks, " << metrics.global_queue_depth()
              << " in the global queue\n";
    for (std::size_t worker = 0; worker < metrics.num_workers(); ++worker) {
        const auto busy = std::chrono::duration<double>(metrics.worker_busy_duration(worker));
        std::cout << "worker " << worker << ": busy for " << busy.count() << " s, slept "
                  << metrics.worker_park_count(worker) << " times\n";
    }
}
//! [metrics]

edo::Task<void> use_all() {
    co_await use_coop();
    co_await start_reader();
    co_await serve_two();
    auto counting = edo::spawn(count_lines("/proc/self/status"));
    const auto lines = co_await counting;
    std::cout << lines.value() << " lines\n";
    print_metrics(edo::Handle::current());
    co_await count_on_two_threads();
}

}  // namespace

int main() {
    edo::Runtime runtime;
    runtime.block_on(use_all());
    use_a_local_set(runtime);
    use_a_local_runtime();
}
