// SPDX-License-Identifier: MIT
// A TCP client that sends what is typed, line by line, and notices at any time that the server has
// gone: reading the keyboard blocks neither the task nor the program.
//
//     line_server                         then, in another terminal:
//     stdin_client                        type lines; `exit` or Ctrl-D ends
//     stdin_client < some_file
//
// What the server answers is not shown: `echo_client --stdin` does that.

#include "common/arguments.hpp"
#include "common/run.hpp"
#include <edo/edo.hpp>

#include <array>
#include <chrono>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using edo::Result;
using edo::Task;
using edo::net::ReadHalf;
using edo::net::TcpStream;
using edo::net::WriteHalf;
using namespace std::chrono_literals;

constexpr const char* kUsage =
    R"(usage: stdin_client [--host HOST] [--port PORT]

Connects to a TCP server and sends it the lines of standard input. The line 'exit', or the end of
the input, ends the connection.

    --host HOST      the server (default 127.0.0.1)
    --port PORT      its port (default 7878)
)";

constexpr std::size_t kLongestLine = 1 << 20;

struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 7878;
};

bool is_exit(std::span<const std::byte> line) {
    const std::string_view text(reinterpret_cast<const char*>(line.data()), line.size());
    return text == "exit" || text == "exit\n" || text == "exit\r\n";
}

/// Sends lines until `exit` or the end of the input, then ends the stream towards the server.
Task<int> send_lines(WriteHalf stream, std::string server) {
    edo::io::BufReader input(edo::io::stdin());
    for (;;) {
        const auto line = co_await input.read_until(std::byte('\n'), kLongestLine);
        if (!line) {
            example::complain("cannot read standard input: " + line.error().message());
            co_return 1;
        }
        if (line->empty() || is_exit(*line)) {
            break;
        }
        const Result<void> written = co_await stream.write_all(*line);
        if (!written) {
            example::complain("cannot write to " + server + ": " + written.error().message());
            co_return 1;
        }
    }
    static_cast<void>(co_await stream.shutdown());
    co_return 0;
}

/// Waits until the server ends the connection.
Task<void> until_closed(ReadHalf stream) {
    std::array<std::byte, 4096> buffer;
    for (;;) {
        const Result<std::size_t> count = co_await stream.read(buffer);
        if (!count || *count == 0) {
            co_return;
        }
    }
}

Task<int> talk(Options options) {
    const std::string server = example::endpoint(options.host, options.port);
    auto stream = co_await TcpStream::connect(server);
    if (!stream) {
        example::complain(stream.error().message());
        co_return 1;
    }
    std::cout << "Connected to " << server << std::endl;

    // Two branches of this task, each with its half of the connection: one of them will be first.
    auto [reader, writer] = stream->split();
    Task<void> closed = until_closed(reader);
    auto first = co_await edo::select(send_lines(writer, server), closed);
    const int* const exit_code = first.get_if<0>();
    if (exit_code == nullptr) {
        example::complain(server + " has closed the connection");
        co_return 1;
    }
    if (*exit_code == 0) {
        // Who closes a connection with unread answers resets it, and the server may lose the last
        // lines. So give it the time to read them and to close its end.
        static_cast<void>(co_await edo::timeout(1s, closed));
    }
    co_return *exit_code;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    example::parse_arguments(argc, argv, kUsage,
                             {{"--host", &options.host}, {"--port", &options.port}});

    return example::run(talk(options));
}
