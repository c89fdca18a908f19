// SPDX-License-Identifier: MIT
// The twin of tokio_echo: a TCP echo server, see ../peers/README.md.

#include "options.hpp"
#include <edo/edo.hpp>
#include <edo/net/tcp_listener.hpp>
#include <edo/runtime/signal/signal.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace {

using edo::Result;
using edo::Task;
using edo::net::TcpListener;
using edo::net::TcpStream;
using edo::signal::Signal;

Task<Result<void>> echo(TcpStream stream, std::size_t buffer_size) {
    co_await edo::propagate(stream.set_nodelay(true));
    std::vector<std::byte> buffer(buffer_size);
    for (;;) {
        const auto count = co_await edo::propagate(co_await stream.read(buffer));
        if (count == 0) {
            co_return {};
        }
        co_await edo::propagate(co_await stream.write_all(std::span(buffer).first(count)));
    }
}

Task<Result<void>> serve(TcpListener listener, std::size_t buffer_size) {
    for (;;) {
        auto [stream, peer] = co_await edo::propagate(co_await listener.accept());
        // A connection that breaks is the load generator's to report.
        edo::spawn(echo(std::move(stream), buffer_size));
    }
}

Task<Result<void>> serve_until_signal(bench::Options options) {
    Signal terminate = co_await edo::propagate(Signal::create(SIGTERM));
    Signal interrupt = co_await edo::propagate(Signal::create(SIGINT));
    const std::string address = "127.0.0.1:" + std::to_string(options.port);
    TcpListener listener = co_await edo::propagate(co_await TcpListener::bind(address));
    const auto local = co_await edo::propagate(listener.local_addr());
    std::printf("listening on 127.0.0.1:%d\n", local.port());
    std::fflush(stdout);
    // Spawned, so that on several workers one of them accepts, not this thread.
    auto server = edo::spawn(serve(std::move(listener), options.buffer));
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

int main(int argc, char** argv) {
    const auto options = bench::parse_options(argc, argv);
    if (!options || !options->names.empty()) {
        std::fprintf(stderr,
                     "usage: edo_echo_bench [--port P] [--flavor current_thread|multi]"
                     " [--workers N] [--buffer BYTES] [--io epoll|asio|io_uring]\n");
        return 2;
    }
    raise_descriptor_limit();
    try {
        edo::Runtime runtime = options->build_runtime();
        const auto ended = runtime.block_on(serve_until_signal(*options));
        if (!ended) {
            std::fprintf(stderr, "edo_echo_bench: %s\n", ended.error().message().c_str());
            return 1;
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "edo_echo_bench: %s\n", error.what());
        return 1;
    }
}
