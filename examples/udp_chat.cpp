// SPDX-License-Identifier: MIT
// Two people talk over UDP. Each end has one socket, which two tasks share: one sends what is
// typed, the other prints what arrives. They run in parallel on different threads.
//
//     udp_chat --port 9001 --peer 127.0.0.1:9002
//     udp_chat --port 9002 --peer 127.0.0.1:9001        in another terminal; `exit` or Ctrl-D ends
//
//     udp_chat                                          talks to udp_echo_server, from a free port

#include "common/arguments.hpp"
#include "common/printable.hpp"
#include "common/run.hpp"
#include <edo/edo.hpp>

#include <array>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <syncstream>
#include <utility>

namespace {

using edo::Task;
using edo::net::SocketAddr;
using edo::net::UdpSocket;

constexpr const char* kUsage =
    R"(usage: udp_chat [--host HOST] [--port PORT] [--peer HOST:PORT]

Sends the lines of standard input as UDP datagrams to a peer, and prints every datagram that
arrives, with its sender. The line 'exit', or the end of the input, ends the program.

    --host HOST          the address to receive on (default 127.0.0.1)
    --port PORT          the port to receive on; 0 takes a free one (default 0)
    --peer HOST:PORT     whom to send to (default 127.0.0.1:8080)
)";

struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    std::string peer = "127.0.0.1:8080";
};

/// Prints datagrams for as long as the program runs.
Task<void> receive(std::shared_ptr<const UdpSocket> socket) {
    std::array<std::byte, 1024> buffer;
    for (;;) {
        const auto received = co_await socket->recv_from(buffer);
        if (!received) {
            example::complain("cannot receive: " + received.error().message());
            continue;
        }
        const auto datagram = std::span(buffer).first(received->size);
        std::osyncstream out(std::cout);
        out << received->from << ": " << example::printable(datagram);
        if (received->truncated) {
            out << " [truncated: only the first " << buffer.size() << " bytes fit]";
        }
        out << std::endl;
    }
}

/// Sends lines until `exit` or the end of the input.
Task<int> send(std::shared_ptr<const UdpSocket> socket, SocketAddr peer) {
    edo::io::BufReader input(edo::io::stdin());
    auto lines = input.lines();
    for (;;) {
        const auto line = co_await lines.next_line();
        if (!line) {
            example::complain("cannot read standard input: " + line.error().message());
            co_return 1;
        }
        if (!*line || **line == "exit") {
            co_return 0;
        }
        const auto sent = co_await socket->send_to(**line, peer);
        if (!sent) {
            // Too long for a datagram, say: the next line may fare better.
            example::complain("cannot send to " + peer.to_string() + ": " + sent.error().message());
        }
    }
}

Task<int> chat(Options options) {
    const auto peers = co_await edo::net::lookup_host(options.peer);
    if (!peers) {
        example::complain(peers.error().message());
        co_return 1;
    }
    auto bound = co_await UdpSocket::bind(example::endpoint(options.host, options.port));
    if (!bound) {
        example::complain(bound.error().message());
        co_return 1;
    }
    std::cout << "UDP Chat listening on " << bound->local_addr().value() << std::endl;

    const auto socket = std::make_shared<const UdpSocket>(std::move(*bound));
    const auto receiving = edo::spawn(receive(socket));
    auto sending = edo::spawn(send(socket, peers->front()));
    const auto exit_code = co_await sending;
    receiving.abort();
    co_return exit_code.value();
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    example::parse_arguments(
        argc, argv, kUsage,
        {{"--host", &options.host}, {"--port", &options.port}, {"--peer", &options.peer}});

    return example::run(chat(options));
}
