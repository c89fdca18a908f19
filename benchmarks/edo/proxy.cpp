// SPDX-License-Identifier: MIT
// The twin of tokio_proxy: a TCP proxy, see ../peers/README.md.

#include "server.hpp"
#include <edo/edo.hpp>
#include <edo/net/tcp_listener.hpp>
#include <edo/runtime/io/copy_bidirectional.hpp>

#include <string>

namespace {

using edo::Result;
using edo::Task;
using edo::net::IpAddr;
using edo::net::SocketAddr;
using edo::net::TcpListener;
using edo::net::TcpStream;

Task<Result<void>> relay(TcpStream client, std::uint16_t to) {
    TcpStream upstream = co_await edo::propagate(
        co_await TcpStream::connect(SocketAddr(IpAddr::localhost_v4(), to)));
    co_await edo::propagate(client.set_nodelay(true));
    co_await edo::propagate(upstream.set_nodelay(true));
    co_await edo::propagate(co_await edo::io::copy_bidirectional(client, upstream));
    co_return {};
}

Task<Result<void>> serve(bench::Options options) {
    const std::string address = "127.0.0.1:" + std::to_string(options.port);
    TcpListener listener = co_await edo::propagate(co_await TcpListener::bind(address));
    const auto local = co_await edo::propagate(listener.local_addr());
    bench::announce(local.port());
    for (;;) {
        auto [client, peer] = co_await edo::propagate(co_await listener.accept());
        // A connection that breaks is the load generator's to report.
        edo::spawn(relay(std::move(client), options.to));
    }
}

}  // namespace

int main(int argc, char** argv) {
    return bench::server_main(
        argc, argv, "--to PORT [--port P] [--flavor current_thread|multi] [--workers N]", serve);
}
