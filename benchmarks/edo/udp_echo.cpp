// SPDX-License-Identifier: MIT
// The twin of tokio_udp_echo: a UDP echo server, see ../peers/README.md.

#include "server.hpp"
#include <edo/edo.hpp>
#include <edo/net/datagram_batch.hpp>
#include <edo/net/udp_socket.hpp>

#include <string>
#include <vector>

namespace {

using edo::Result;
using edo::Task;
using edo::net::DatagramBatch;
using edo::net::UdpSocket;

constexpr std::size_t kSystemBuffer = 1 << 20;

/// Receives and sends one datagram at a time.
Task<Result<void>> echo(const UdpSocket& socket, std::size_t buffer_size) {
    std::vector<std::byte> buffer(buffer_size);
    for (;;) {
        const auto received = co_await edo::propagate(co_await socket.recv_from(buffer));
        const auto bytes = std::span(buffer).first(received.size);
        co_await edo::propagate(co_await socket.send_to(bytes, received.from));
    }
}

/// Receives and sends what is there with a system call each.
Task<Result<void>> echo_batches(const UdpSocket& socket, std::size_t count,
                                std::size_t buffer_size) {
    DatagramBatch batch(count, buffer_size);
    for (;;) {
        co_await edo::propagate(co_await socket.recv_many(batch));
        co_await edo::propagate(co_await socket.send_many(batch));  // each to whom it came from
    }
}

Task<Result<void>> serve(bench::Options options) {
    const std::string address = "127.0.0.1:" + std::to_string(options.port);
    const UdpSocket socket = co_await edo::propagate(co_await UdpSocket::bind(address));
    co_await edo::propagate(socket.set_recv_buffer_size(kSystemBuffer));
    const auto local = co_await edo::propagate(socket.local_addr());
    bench::announce(local.port());
    if (options.gro > 0) {
        co_await edo::propagate(socket.set_gro(true));
        options.buffer = DatagramBatch::kLargestDatagram;
    }
    if (options.batch > 0) {
        co_return co_await echo_batches(socket, options.batch, options.buffer);
    }
    co_return co_await echo(socket, options.buffer);
}

}  // namespace

int main(int argc, char** argv) {
    return bench::server_main(
        argc, argv,
        "[--port P] [--flavor current_thread|multi] [--workers N] [--buffer BYTES] [--batch N]"
        " [--gro 1]",
        serve);
}
