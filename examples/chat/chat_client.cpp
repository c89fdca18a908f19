// SPDX-License-Identifier: MIT
// Takes part in a chat: sends the lines of standard input, and prints what the others say.
//
//     chat_server                         then, in other terminals:
//     chat_client --name alice
//     chat_client --name bob              `exit` or Ctrl-D ends
//
// Two tasks: one receives, the other one sends. Only the second one writes; what the first one has
// to answer goes through a channel.

#include "common/arguments.hpp"
#include "common/printable.hpp"
#include "common/run.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/codec/framed.hpp>
#include <edo/runtime/codec/lines_codec.hpp>
#include <edo/runtime/sync/mpsc.hpp>

#include <chrono>
#include <iostream>
#include <optional>
#include <string>
#include <syncstream>
#include <utility>

namespace {

using edo::Result;
using edo::Task;
using edo::net::OwnedReadHalf;
using edo::net::OwnedWriteHalf;
using edo::net::TcpStream;
using edo::sync::mpsc::Receiver;
using edo::sync::mpsc::Sender;
using namespace std::chrono_literals;

constexpr const char* kUsage =
    R"(usage: chat_client [--host HOST] [--port PORT] [--name NAME] [--heartbeat MS]

Sends the lines of standard input to a chat, and prints what the others say.
The line 'exit', or the end of the input, ends it.

    --host HOST      the server (default 127.0.0.1)
    --port PORT      its port (default 7979)
    --name NAME      who you are (default: the first line that you type)
    --heartbeat MS   how often the server is asked whether it is still there; after two times
                     without an answer it is not; 0 never asks (default 30000)
)";

constexpr std::size_t kLongestLine = 4096;

struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 7979;
    std::string name;
    std::chrono::milliseconds heartbeat{30'000};
};

/// Prints what comes, until the end: why it ended.
Task<std::string> receive(OwnedReadHalf stream, Sender<std::string> answers,
                          std::chrono::milliseconds longest_silence) {
    edo::codec::FramedRead lines(std::move(stream), edo::codec::LinesCodec(kLongestLine));
    for (;;) {
        auto line = co_await edo::timeout(longest_silence, lines.next());
        if (!line) {
            co_return "does not answer";
        }
        if (!*line) {
            co_return "has closed the connection";
        }
        if (!**line) {
            co_return (*line)->error().message();
        }
        const std::string& text = ***line;
        if (text == "PING") {
            static_cast<void>(co_await answers.send("PONG"));
        } else if (text != "PONG") {
            std::osyncstream(std::cout) << example::printable(text) << std::endl;
        }
    }
}

/// Sends what is typed and what the other task answers, until the input ends: the exit code.
Task<int> send(OwnedWriteHalf stream, Receiver<std::string> answers, Options options) {
    edo::codec::FramedWrite lines(std::move(stream), edo::codec::LinesCodec());
    edo::io::BufReader input(edo::io::stdin());
    auto typed = input.lines(kLongestLine);
    edo::Interval heartbeat = edo::interval(options.heartbeat);
    co_await heartbeat.tick();  // the first one comes at once
    std::optional<std::string> next;
    if (!options.name.empty()) {
        next = options.name;
    }
    for (;;) {
        if (next) {
            const Result<void> sent = co_await lines.send(std::move(*next));
            next.reset();
            if (!sent) {
                example::complain("cannot send: " + sent.error().message());
                co_return 1;
            }
        }
        auto first = co_await edo::select(typed.next_line(), answers.recv(), heartbeat.tick());
        if (first.is<2>()) {
            next = "PING";
        } else if (first.is<1>()) {
            next = std::move(first.get<1>());
        } else if (!first.get<0>()) {
            example::complain("cannot read standard input: " + first.get<0>().error().message());
            co_return 1;
        } else {
            next = std::move(*first.get<0>());
            if (!next || *next == "exit") {
                co_return 0;  // which drops the half: the server sees the end
            }
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
    auto [reader, writer] = std::move(*stream).into_split();
    auto [answers, to_send] = edo::sync::mpsc::channel<std::string>(16);
    edo::JoinHandle<std::string> receiving =
        edo::spawn(receive(std::move(reader), std::move(answers), 2 * options.heartbeat));
    edo::JoinHandle<int> sending = edo::spawn(send(std::move(writer), std::move(to_send), options));

    auto first = co_await edo::select(receiving, sending);
    if (first.is<0>()) {
        example::complain(server + " " + std::move(first).get<0>().value_or("has failed"));
        co_return 1;
    }
    // What the server has still to say comes before it closes its side, too.
    static_cast<void>(co_await edo::timeout(1s, receiving));
    co_return first.get<1>().value_or(1);
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    example::parse_arguments(argc, argv, kUsage,
                             {{"--host", &options.host},
                              {"--port", &options.port},
                              {"--name", &options.name},
                              {"--heartbeat", &options.heartbeat}});
    if (options.heartbeat == 0ms) {
        options.heartbeat = std::chrono::hours(24 * 365);
    }

    return example::run(talk(options));
}
