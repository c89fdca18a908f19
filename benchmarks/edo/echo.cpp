// SPDX-License-Identifier: MIT
// The twin of tokio_echo: a TCP echo server, see ../peers/README.md.

#include "server.hpp"
#include <edo/edo.hpp>
#include <edo/net/tcp_listener.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace {

using edo::Result;
using edo::Task;
using edo::net::TcpListener;
using edo::net::TcpStream;

Task<Result<void>> echo(TcpStream stream, std::vector<std::byte> buffer) {
    if (const auto set = stream.set_nodelay(true); !set) {
        co_return edo::failure(set.error());
    }
    for (;;) {
        const auto count = co_await edo::propagate(stream.read(buffer));
        if (count == 0) {
            co_return {};
        }
        co_await edo::propagate(stream.write_all(std::span(buffer).first(count)));
    }
}

/// Keeps a worker busy, and lets others run after each `period`.
Task<void> compute(std::chrono::milliseconds period) {
    for (;;) {
        const auto end = std::chrono::steady_clock::now() + period;
        while (std::chrono::steady_clock::now() < end) {
        }
        co_await edo::yield_now();
    }
}

Task<Result<void>> serve(bench::Options options) {
    const std::string address = "127.0.0.1:" + std::to_string(options.port);
    TcpListener listener = co_await edo::propagate(co_await TcpListener::bind(address));
    const auto local = co_await edo::propagate(listener.local_addr());
    bench::announce(local.port());
    if (options.compute > 0) {
        edo::spawn(compute(std::chrono::milliseconds(options.compute)));
    }
    for (;;) {
        auto [stream, peer] = co_await edo::propagate(co_await listener.accept());
        // A connection that breaks is the load generator's to report.
        edo::spawn(echo(std::move(stream), std::vector<std::byte>(options.buffer)));
    }
}

}  // namespace

int main(int argc, char** argv) {
    return bench::server_main(argc, argv,
                              "[--port P] [--flavor current_thread|multi] [--workers N]"
                              " [--buffer BYTES] [--compute MS] [--io epoll|asio|io_uring]",
                              serve);
}
