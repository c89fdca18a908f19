// SPDX-License-Identifier: MIT
// A TCP client that sends a text and prints what comes back.
//
//     echo_server                         then, in another terminal:
//     echo_client
//     echo_client --text 'Hello again'
//     echo_client --stdin                 type lines; Ctrl-D ends
//
// It sends and receives at the same time. To send all of a long text first, and only then to read,
// would block both sides: the server, which cannot get rid of its echo, stops reading.

#include "common/arguments.hpp"
#include "common/printable.hpp"
#include "common/run.hpp"
#include <edo/edo.hpp>

#include <array>
#include <chrono>
#include <iostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using edo::Result;
using edo::Task;
using edo::net::ReadHalf;
using edo::net::TcpStream;
using edo::net::WriteHalf;
using namespace std::chrono_literals;

constexpr const char* kUsage =
    R"(usage: echo_client [--host HOST] [--port PORT] [--text TEXT | --stdin]

Connects to a TCP echo server, sends a text, and prints what comes back.

    --host HOST      the server (default 127.0.0.1)
    --port PORT      its port (default 7878)
    --text TEXT      what to send (default 'Hello, Rust TCP!')
    --stdin          send the lines of standard input instead, one after the other
)";

constexpr std::size_t kLongestLine = 1 << 20;
constexpr auto kFirstAnswer = 30s;
constexpr auto kNextPiece = 1s;

struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 7878;
    std::string text = "Hello, Rust TCP!";
    bool from_stdin = false;
};

/// Receives `size` bytes, in however many pieces they come. A server that sends something else than
/// an echo may have less to say: then a pause of a second is its end.
Task<Result<std::string>> receive(ReadHalf stream, std::size_t size) {
    std::string answer;
    std::array<std::byte, 4096> buffer;
    while (answer.size() < size) {
        const auto patience = answer.empty() ? kFirstAnswer : kNextPiece;
        auto received = co_await edo::timeout(patience, stream.read(buffer));
        if (!received && !answer.empty()) {
            break;
        }
        const std::size_t count =
            co_await edo::propagate(co_await edo::propagate(std::move(received)));
        if (count == 0) {
            break;
        }
        answer.append(reinterpret_cast<const char*>(buffer.data()), count);
    }
    co_return answer;
}

/// Sends a message while the answer is being received, and yields the answer.
template <class Answer>
Task<Result<Answer>> exchange(WriteHalf stream, std::span<const std::byte> message,
                              Task<Result<Answer>> receiving) {
    auto done = co_await edo::propagate(
        co_await edo::try_join(stream.write_all(message), std::move(receiving)));
    Answer& answer = std::get<1>(done);
    if (answer.empty() && !message.empty()) {
        co_return edo::failure(edo::Errc::UnexpectedEof);
    }
    co_return std::move(answer);
}

int report_failure(const std::string& server, const std::error_code& error) {
    example::complain("no answer from " + server + ": " + error.message());
    return 1;
}

Task<int> send_text(TcpStream stream, std::string server, std::string text) {
    auto [reader, writer] = stream.split();
    std::cout << "Connected! Sending '" << text << "'" << std::endl;
    const auto answer =
        co_await exchange(writer, std::as_bytes(std::span(text)), receive(reader, text.size()));
    if (!answer) {
        co_return report_failure(server, answer.error());
    }
    std::cout << "Received from server: " << example::printable(*answer) << std::endl;
    co_return 0;
}

Task<int> send_input(TcpStream stream, std::string server) {
    edo::io::BufReader input(edo::io::stdin());
    auto [reader, writer] = stream.split();
    edo::io::BufReader answers(reader);
    for (;;) {
        auto line = co_await input.read_until(std::byte('\n'), kLongestLine);
        if (!line) {
            example::complain("cannot read standard input: " + line.error().message());
            co_return 1;
        }
        if (line->empty()) {
            co_return 0;
        }
        if (line->back() != std::byte('\n')) {
            line->push_back(std::byte('\n'));
        }
        const auto answer = co_await exchange(writer, std::span(*line),
                                              answers.read_until(std::byte('\n'), kLongestLine));
        if (!answer) {
            co_return report_failure(server, answer.error());
        }
        std::cout << "read from server:" << example::printable(*answer) << std::endl;
    }
}

Task<int> talk(Options options) {
    const std::string server = example::endpoint(options.host, options.port);
    std::cout << "Attempting to connect to TCP echo server on " << server << ".." << std::endl;
    auto stream = co_await TcpStream::connect(server);
    if (!stream) {
        example::complain(stream.error().message());
        co_return 1;
    }
    if (options.from_stdin) {
        co_return co_await send_input(std::move(*stream), server);
    }
    co_return co_await send_text(std::move(*stream), server, options.text);
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    example::parse_arguments(argc, argv, kUsage,
                             {{"--host", &options.host},
                              {"--port", &options.port},
                              {"--text", &options.text},
                              {"--stdin", &options.from_stdin}});

    return example::run(talk(options));
}
