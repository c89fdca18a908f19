// SPDX-License-Identifier: MIT
// A TCP server that prints the lines which its clients send: one task a connection, and a buffered
// reader in each that cuts the stream of bytes into lines.
//
//     line_server                         then, in another terminal:
//     stdin_client                        type lines; `exit` ends
//     nc -N 127.0.0.1 7878 < some_file

#include "common/arguments.hpp"
#include "common/printable.hpp"
#include "common/run.hpp"
#include <edo/edo.hpp>
#include <edo/net/for_each_connection.hpp>

#include <iostream>
#include <optional>
#include <string>
#include <syncstream>
#include <system_error>
#include <utility>

namespace {

using edo::Result;
using edo::Task;
using edo::net::ReadHalf;
using edo::net::Shutdown;
using edo::net::SocketAddr;
using edo::net::TcpListener;
using edo::net::TcpStream;

constexpr const char* kUsage =
    R"(usage: line_server [--host HOST] [--port PORT]

Listens for TCP connections and prints the lines that arrive.

    --host HOST      the address to listen on (default 127.0.0.1)
    --port PORT      the port to listen on; 0 takes a free one (default 7878)

A line is UTF-8 text of at most 8192 bytes. Whoever sends something else is disconnected.
)";

/// A client must not be able to fill the memory with a line that never ends.
constexpr std::size_t kLongestLine = 8192;

struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 7878;
};

Task<Result<void>> print_lines(ReadHalf stream) {
    edo::io::BufReader reader(stream);
    auto lines = reader.lines(kLongestLine);
    for (;;) {
        const std::optional<std::string> line = co_await edo::propagate(co_await lines.next_line());
        if (!line) {
            co_return Result<void>();
        }
        std::osyncstream(std::cout) << example::printable(*line) << std::endl;
    }
}

std::string explain(const std::error_code& error) {
    if (error == edo::Errc::LimitExceeded) {
        return "a line is longer than " + std::to_string(kLongestLine) + " bytes";
    }
    if (error == edo::Errc::InvalidData) {
        return "a line is not UTF-8 text";
    }
    return error.message();
}

/// Serves one connection. What goes wrong with it is of no concern to the others.
Task<void> handle(TcpStream stream, SocketAddr client) {
    const Result<void> ended = co_await print_lines(stream.split().first);
    if (!ended) {
        example::complain(client.to_string() + ": " + explain(ended.error()));
        static_cast<void>(co_await stream.shutdown(Shutdown::Both));
    }
}

Task<int> serve(Options options) {
    auto listener = co_await TcpListener::bind(example::endpoint(options.host, options.port));
    if (!listener) {
        example::complain(listener.error().message());
        co_return 1;
    }
    std::osyncstream(std::cout) << "Line Server listening on " << listener->local_addr().value()
                                << std::endl;
    const std::error_code error = co_await edo::net::for_each_connection(*listener, handle);
    example::complain("cannot accept: " + error.message());
    co_return 1;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    example::parse_arguments(argc, argv, kUsage,
                             {{"--host", &options.host}, {"--port", &options.port}});

    return example::run(serve(options));
}
