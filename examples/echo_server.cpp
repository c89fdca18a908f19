// SPDX-License-Identifier: MIT
// A TCP server that sends every byte back to whoever sent it: one task a connection.
//
//     echo_server                         then, in another terminal:
//     nc 127.0.0.1 7878                   type something, Ctrl-D ends
//     echo_client
//
//     echo_server --delay 1000            waits 1 s after each message; open several connections
//                                         and see that none waits for another
//
// Ctrl-C ends the server, and with it all of its connections.

#include "common/arguments.hpp"
#include "common/printable.hpp"
#include "common/run.hpp"
#include <edo/edo.hpp>
#include <edo/net/for_each_connection.hpp>

#include <array>
#include <chrono>
#include <iostream>
#include <span>
#include <string>
#include <syncstream>
#include <system_error>
#include <utility>

namespace {

using edo::Result;
using edo::Task;
using edo::net::SocketAddr;
using edo::net::TcpListener;
using edo::net::TcpStream;

constexpr const char* kUsage =
    R"(usage: echo_server [--host HOST] [--port PORT] [--delay MS] [--workers N]

Listens for TCP connections and sends back every byte that arrives.

    --host HOST      the address to listen on (default 127.0.0.1)
    --port PORT      the port to listen on; 0 takes a free one (default 7878)
    --delay MS       wait that many milliseconds after each message (default 0)
    --workers N      the number of worker threads (default: one a processor)
)";

struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 7878;
    std::chrono::milliseconds delay{0};
    unsigned workers = 0;
};

/// Sends back what arrives, until the client has no more to send. The connection is closed then.
Task<Result<void>> echo(TcpStream stream, SocketAddr client, std::chrono::milliseconds delay) {
    std::array<std::byte, 4096> buffer;
    for (;;) {
        const std::size_t count = co_await edo::propagate(stream.read(buffer));
        if (count == 0) {
            co_return Result<void>();
        }
        const auto message = std::span(buffer).first(count);
        std::osyncstream(std::cout) << "Received " << count << " bytes from " << client << ": "
                                    << example::printable(message) << std::endl;
        co_await edo::propagate(stream.write_all(message));

        // Only this task sleeps. The thread that runs it turns to the other connections.
        co_await edo::sleep(delay);
    }
}

Task<void> handle(TcpStream stream, SocketAddr client, std::chrono::milliseconds delay) {
    std::osyncstream(std::cout) << "Handling connection from: " << client << std::endl;
    const Result<void> ended = co_await echo(std::move(stream), client, delay);
    if (!ended) {
        example::complain(client.to_string() + ": " + ended.error().message());
    }
    std::osyncstream(std::cout) << "Client " << client << " disconnected." << std::endl;
}

Task<int> serve(Options options) {
    auto listener = co_await TcpListener::bind(example::endpoint(options.host, options.port));
    if (!listener) {
        example::complain(listener.error().message());
        co_return 1;
    }
    std::osyncstream(std::cout) << "TCP Echo Server listening on " << listener->local_addr().value()
                                << std::endl;
    const auto serve_client = [delay = options.delay](TcpStream stream, SocketAddr client) {
        return handle(std::move(stream), client, delay);
    };
    const std::error_code error = co_await edo::net::for_each_connection(*listener, serve_client);
    example::complain("cannot accept: " + error.message());
    co_return 1;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    example::parse_arguments(argc, argv, kUsage,
                             {{"--host", &options.host},
                              {"--port", &options.port},
                              {"--delay", &options.delay},
                              {"--workers", &options.workers}});

    return example::run(serve(options), options.workers);
}
