// SPDX-License-Identifier: MIT
// Two tasks that sleep for 5 and for 3 seconds, joined: they take 5 seconds together, not 8.
//
//     futures_demo                  both at once
//     futures_demo --sequential     one after the other
//
// `join` runs its branches inside one task, so no more than one thread is at work at any time. Time
// is saved all the same: a task that sleeps occupies nobody.

#include "common/arguments.hpp"
#include "common/run.hpp"
#include <edo/edo.hpp>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>

namespace {

using edo::Task;
using namespace std::chrono_literals;

using Seconds = std::chrono::duration<double>;

constexpr const char* kUsage =
    R"(usage: futures_demo [--sequential] [--scale FACTOR]

Runs two tasks that sleep for 5 s and for 3 s, and measures how long that takes.

    --sequential      run the second after the first, instead of both at once
    --scale FACTOR    make the sleeps that much longer, or shorter (default 1)
)";

struct Options {
    bool sequential = false;
    double scale = 1;
};

Task<void> work(std::string name, Seconds time) {
    std::cout << "Started " << name << std::endl;
    co_await edo::sleep(std::chrono::duration_cast<edo::Duration>(time));
    std::cout << "Finished " << name << std::endl;
}

Task<int> demo(Options options) {
    const edo::Instant start = edo::now();

    // Calling a coroutine runs nothing yet: these two wait until they are awaited.
    Task<void> task1 = work("task1", 5s * options.scale);
    Task<void> task2 = work("task2", 3s * options.scale);

    if (options.sequential) {
        co_await std::move(task1);
        co_await std::move(task2);
    } else {
        co_await edo::join(std::move(task1), std::move(task2));
    }

    const Seconds elapsed = edo::now() - start;
    std::fprintf(stderr, "%s: %.2f s\n",
                 options.sequential ? "one after the other" : "both at once", elapsed.count());
    co_return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    example::parse_arguments(argc, argv, kUsage,
                             {{"--sequential", &options.sequential}, {"--scale", &options.scale}});

    return example::run(demo(options));
}
