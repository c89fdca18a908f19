// SPDX-License-Identifier: MIT
// Creates an io_context and its threads, runs an empty coroutine, destroys all; again and again.
// See ../README.md.

#include "options.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <thread>

namespace asio = boost::asio;
using Executor = asio::io_context::executor_type;

static asio::awaitable<void, Executor> nothing() {
    co_return;
}

// The main thread runs the context, too, on `current_thread`; on `multi` only the threads do, and
// it waits for them, as it does in block_on of the other runtimes.
static void run_once(const Options& options) {
    const bool multi = options.flavor == "multi";
    asio::io_context context(multi ? static_cast<int>(options.workers) : 1);
    asio::steady_timer timer(context);  // makes the reactor, which a server has
    auto work = asio::make_work_guard(context);
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; multi && i < options.workers; ++i) {
        threads.emplace_back([&context] { context.run(); });
    }
    asio::co_spawn(context, nothing(), [&work](std::exception_ptr) { work.reset(); });
    if (!multi) {
        context.run();
    }
}

int main(int argc, char** argv) {
    const auto options = parse_options(argc, argv);
    if (!options || !options->names.empty()) {
        std::fprintf(stderr,
                     "usage: asio_startup [--flavor current_thread|multi] [--workers N]"
                     " [--iterations K] [--repeat R]\n");
        return 2;
    }
    for (std::size_t repeat = 0; repeat < options->repeat; ++repeat) {
        const auto start = std::chrono::steady_clock::now();
        for (std::size_t i = 0; i < options->iterations; ++i) {
            run_once(*options);
        }
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
        std::printf(
            "{\"peer\":\"asio\",\"scenario\":\"startup\",\"flavor\":\"%.*s\",\"workers\":%zu,"
            "\"iterations\":%zu,\"repeat\":%zu,\"seconds\":%.9f,\"us_per_runtime\":%.3f}\n",
            int(options->flavor.size()), options->flavor.data(), options->workers,
            options->iterations, repeat, time.count(),
            time.count() * 1e6 / double(options->iterations));
    }
}
