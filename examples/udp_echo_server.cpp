// SPDX-License-Identifier: MIT
// A UDP server that sends each datagram back to whoever sent it.
//
//     udp_echo_server                     then, in another terminal:
//     udp_echo_client
//     socat - UDP:127.0.0.1:8080          type something; Ctrl-C ends
//
// There are no connections, so one task and one socket serve everybody.

#include "common/arguments.hpp"
#include "common/printable.hpp"
#include "common/run.hpp"
#include <edo/edo.hpp>

#include <iostream>
#include <span>
#include <string>
#include <vector>

namespace {

using edo::Task;
using edo::net::UdpSocket;

constexpr const char* kUsage =
    R"(usage: udp_echo_server [--host HOST] [--port PORT]

Sends every UDP datagram that arrives back to its sender.

    --host HOST      the address to listen on (default 127.0.0.1)
    --port PORT      the port to listen on; 0 takes a free one (default 8080)
)";

/// No datagram is longer, so that none is ever cut.
constexpr std::size_t kLongestDatagram = 65535;

struct Options {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8080;
};

Task<int> serve(Options options) {
    auto socket = co_await UdpSocket::bind(example::endpoint(options.host, options.port));
    if (!socket) {
        example::complain(socket.error().message());
        co_return 1;
    }
    std::cout << "UDP Echo Server listening on " << socket->local_addr().value() << std::endl;

    std::vector<std::byte> buffer(kLongestDatagram);
    for (;;) {
        const auto received = co_await socket->recv_from(buffer);
        if (!received) {
            // One datagram, or one sender, is at fault; the socket is not.
            example::complain("cannot receive: " + received.error().message());
            continue;
        }
        const auto datagram = std::span(buffer).first(received->size);
        std::cout << "Received '" << example::printable(datagram) << "' from " << received->from
                  << std::endl;

        const auto sent = co_await socket->send_to(datagram, received->from);
        if (!sent) {
            example::complain("cannot send to " + received->from.to_string() + ": " +
                              sent.error().message());
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    example::parse_arguments(argc, argv, kUsage,
                             {{"--host", &options.host}, {"--port", &options.port}});

    return example::run(serve(options));
}
