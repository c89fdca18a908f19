// SPDX-License-Identifier: MIT
#include "server.hpp"

#include <edo/edo.hpp>
#include <edo/runtime/signal/signal.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <sys/resource.h>

namespace bench {

namespace {

using edo::Result;
using edo::Task;
using edo::signal::Signal;

Task<Result<void>> serve_until_signal(Options options, Serve serve) {
    Signal terminate = co_await edo::propagate(Signal::create(SIGTERM));
    Signal interrupt = co_await edo::propagate(Signal::create(SIGINT));
    // Spawned, so that on several workers one of them accepts, not this thread.
    auto server = edo::spawn(serve(options));
    auto ended = co_await edo::select(terminate.recv(), interrupt.recv(), server);
    if (auto* const result = ended.get_if<2>()) {
        if (!*result) {
            result->error().rethrow();
        }
        co_return **result;
    }
    co_return {};
}

void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

}  // namespace

void announce(std::uint16_t port) {
    std::printf("listening on 127.0.0.1:%d\n", port);
    std::fflush(stdout);
}

int server_main(int argc, char** argv, const char* usage, Serve serve) {
    const auto options = parse_options(argc, argv);
    if (!options || !options->names.empty()) {
        std::fprintf(stderr, "usage: %s %s\n", argv[0], usage);
        return 2;
    }
    raise_descriptor_limit();
    try {
        edo::Runtime runtime = options->build_runtime();
        const auto ended = runtime.block_on(serve_until_signal(*options, serve));
        if (!ended) {
            std::fprintf(stderr, "%s: %s\n", argv[0], ended.error().message().c_str());
            return 1;
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
        return 1;
    }
    return 0;
}

}  // namespace bench
