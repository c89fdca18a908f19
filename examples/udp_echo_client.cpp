// SPDX-License-Identifier: MIT
// A UDP client that sends one datagram and waits for the answer.
//
//     udp_echo_server                     then, in another terminal:
//     udp_echo_client
//     udp_echo_client --text 'Hello again'
//
// Datagrams get lost: whoever waits for one must know when to stop.

#include "common/arguments.hpp"
#include "common/printable.hpp"
#include "common/run.hpp"
#include <edo/edo.hpp>

#include <chrono>
#include <iostream>
#include <span>
#include <string>
#include <vector>

namespace {

using edo::Task;
using edo::net::IpAddr;
using edo::net::SocketAddr;
using edo::net::UdpSocket;

constexpr const char* kUsage =
    R"(usage: udp_echo_client [--host HOST] [--port PORT] [--text TEXT] [--timeout MS]

Sends a UDP datagram and prints the answer.

    --host HOST      the server (default 127.0.0.1)
    --port PORT      its port (default 8080)
    --text TEXT      what to send (default 'Hello, UDP!')
    --timeout MS     how many milliseconds to wait for the answer (default 5000)
)";

constexpr std::size_t kLongestDatagram = 65535;

struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8080;
    std::string text = "Hello, UDP!";
    std::chrono::milliseconds timeout{5000};
};

Task<int> ask(Options options) {
    const std::string server = example::endpoint(options.host, options.port);
    const auto addresses = co_await edo::net::lookup_host(server);
    if (!addresses) {
        example::complain(addresses.error().message());
        co_return 1;
    }
    const SocketAddr target = addresses->front();

    // A free port on any address of this machine, of the same kind as the server's.
    const IpAddr any = target.is_v4() ? IpAddr::unspecified_v4() : IpAddr::unspecified_v6();
    const auto socket = co_await UdpSocket::bind(SocketAddr(any, 0));
    if (!socket) {
        example::complain(socket.error().message());
        co_return 1;
    }
    // Connected, it receives from nobody else, and learns at once that there is no server.
    const auto connected = co_await socket->connect(target);
    if (!connected) {
        example::complain(connected.error().message());
        co_return 1;
    }

    std::cout << "Sending '" << options.text << "' to " << target << std::endl;
    const auto sent = co_await socket->send(options.text);
    if (!sent) {
        example::complain("cannot send to " + server + ": " + sent.error().message());
        co_return 1;
    }

    std::vector<std::byte> buffer(kLongestDatagram);
    const auto answer = co_await edo::timeout(options.timeout, socket->recv(buffer));
    if (!answer) {
        example::complain("no answer from " + server + " within " +
                          std::to_string(options.timeout.count()) + " ms");
        co_return 1;
    }
    const auto& received = *answer;
    if (!received) {
        example::complain("no answer from " + server + ": " + received.error().message());
        co_return 1;
    }
    std::cout << "Received '" << example::printable(std::span(buffer).first(received->size))
              << "' from " << received->from << std::endl;
    co_return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    example::parse_arguments(argc, argv, kUsage,
                             {{"--host", &options.host},
                              {"--port", &options.port},
                              {"--text", &options.text},
                              {"--timeout", &options.timeout}});

    return example::run(ask(options));
}
