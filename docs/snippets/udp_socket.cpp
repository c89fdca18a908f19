// SPDX-License-Identifier: MIT
// The examples in the documentation of UdpSocket.
#include <edo/edo.hpp>

#include <array>
#include <cstddef>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace {

//! [echo]
edo::Task<void> echo(edo::net::UdpSocket socket) {
    std::array<std::byte, 2048> buffer;
    for (;;) {
        const auto received = co_await socket.recv_from(buffer);
        if (!received) {
            if (received.error() == edo::Errc::RuntimeShutdown) {
                co_return;
            }
            continue;  // late news of an earlier datagram
        }
        const auto [size, from, truncated] = *received;
        if (truncated) {
            std::cerr << "a datagram of " << from << " is longer than the buffer\n";
        }
        const auto sent = co_await socket.send_to(std::span(buffer).first(size), from);
        if (!sent) {
            std::cerr << "no answer to " << from << ": " << sent.error().message() << '\n';
        }
    }
}
//! [echo]

//! [shared]
edo::Task<edo::Result<void>> ask_twice(edo::net::SocketAddr server) {
    const auto socket = std::make_shared<const edo::net::UdpSocket>(
        co_await edo::propagate(co_await edo::net::UdpSocket::bind("127.0.0.1:0")));
    auto sending = edo::spawn(
        [](std::shared_ptr<const edo::net::UdpSocket> shared,
           edo::net::SocketAddr target) -> edo::Task<void> {
            for (const char* const text : {"one", "two"}) {
                const auto sent = co_await shared->send_to(text, target);
                if (!sent) {
                    co_return;
                }
            }
        },
        socket, server);
    std::array<std::byte, 2048> buffer;
    for (int i = 0; i < 2; ++i) {
        const auto received = co_await edo::propagate(co_await socket->recv_from(buffer));
        std::cout << received.size << " bytes from " << received.from << '\n';
    }
    const auto ended = co_await sending;
    if (!ended) {
        ended.error().rethrow();
    }
    co_return edo::Result<void>();
}
//! [shared]

edo::Task<int> use_all() {
    auto server = (co_await edo::net::UdpSocket::bind("127.0.0.1:0")).value();
    const auto address = server.local_addr().value();
    edo::spawn(echo(std::move(server))).detach();
    const auto asked = co_await ask_twice(address);
    co_return asked ? 0 : 1;
}

}  // namespace

int main() {
    return edo::run(use_all());
}
