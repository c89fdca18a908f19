// SPDX-License-Identifier: MIT
// The examples in the documentation of DatagramBatch.
#include <edo/edo.hpp>
#include <edo/net/datagram_batch.hpp>

#include <cstddef>
#include <iostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using edo::net::Datagram;
using edo::net::DatagramBatch;
using edo::net::UdpSocket;

//! [echo]
edo::Task<void> echo(UdpSocket socket) {
    // Where the system can, it joins what arrives; that needs large places, see `set_gro`.
    const bool joins = socket.set_gro(true).has_value();
    DatagramBatch batch(32, joins ? DatagramBatch::kLargestDatagram : 2048);
    for (;;) {
        const auto received = co_await socket.recv_many(batch);
        if (!received) {
            if (received.error() == edo::Errc::RuntimeShutdown) {
                co_return;
            }
            continue;  // late news of an earlier datagram
        }
        for (const Datagram datagram : batch) {
            std::cout << datagram.bytes().size() << " bytes from " << datagram.peer() << '\n';
        }
        const auto sent = co_await socket.send_many(batch);  // each goes to whom it came from
        if (!sent) {
            std::cerr << "not all were answered: " << sent.error().message() << '\n';
        }
    }
}
//! [echo]

//! [send]
/// Sends a text in pieces of 1000 bytes.
edo::Task<edo::Result<void>> send_in_pieces(const UdpSocket& socket, std::string_view text,
                                            edo::net::SocketAddr target) {
    DatagramBatch batch(64, 1000);
    while (!text.empty()) {
        const std::string_view piece = text.substr(0, 1000);
        if (batch.push(piece, target)) {
            text.remove_prefix(piece.size());
            continue;
        }
        co_await edo::propagate(co_await socket.send_many(batch));  // it was full
    }
    co_await edo::propagate(co_await socket.send_many(batch));
    co_return edo::Result<void>();
}
//! [send]

edo::Task<edo::Result<void>> use_all() {
    auto server = co_await edo::propagate(co_await UdpSocket::bind("127.0.0.1:0"));
    const auto address = co_await edo::propagate(server.local_addr());
    auto serving = edo::spawn(echo(std::move(server)));
    const auto client = co_await edo::propagate(co_await UdpSocket::bind("127.0.0.1:0"));
    const std::string text(20'500, 'x');
    co_await edo::propagate(co_await send_in_pieces(client, text, address));
    DatagramBatch answers(8, 1000);
    for (std::size_t size = 0; size < text.size();) {
        co_await edo::propagate(co_await client.recv_many(answers));
        for (const Datagram datagram : answers) {
            size += datagram.bytes().size();
        }
    }
    serving.abort();
    co_return edo::Result<void>();
}

}  // namespace

int main() {
    const auto used = edo::run(use_all());
    return used ? 0 : 1;
}
