// SPDX-License-Identifier: MIT
// The examples in the documentation of TcpListener.
#include <edo/edo.hpp>
#include <edo/net/listener.hpp>
#include <edo/runtime/stream/limit.hpp>

#include <array>
#include <cstddef>
#include <iostream>
#include <span>
#include <string>
#include <utility>

namespace snippets {

//! [echo_server]
edo::Task<void> serve(edo::net::TcpStream stream) {
    std::array<std::byte, 4096> buffer;
    for (;;) {
        const auto n = co_await stream.read(buffer);
        if (!n || *n == 0) {
            co_return;
        }
        const auto written = co_await stream.write_all(std::span(buffer).first(*n));
        if (!written) {
            co_return;
        }
    }
}

edo::Task<edo::Result<void>> echo_server(edo::net::TcpListener listener) {
    for (;;) {
        auto [stream, peer] = co_await edo::propagate(co_await listener.accept());
        std::cout << "connection from " << peer << '\n';
        edo::spawn(serve(std::move(stream))).detach();
    }
}
//! [echo_server]

//! [bind]
edo::Task<int> async_main(std::string address) {
    auto listener = co_await edo::net::TcpListener::bind(address);
    if (!listener) {
        // For example: cannot listen on 127.0.0.1:80: Permission denied
        std::cerr << listener.error().message() << '\n';
        co_return 1;
    }
    std::cout << "listening on " << listener->local_addr().value() << '\n';
    const auto ended = co_await echo_server(std::move(*listener));
    std::cerr << ended.error().message() << '\n';
    co_return 1;
}
//! [bind]

//! [listener]
template <edo::net::Listener L, class Serve>
edo::Task<edo::Result<void>> serve_all(L listener, Serve serve_one) {
    for (;;) {  // over TCP, over a Unix socket, ...
        auto accepted = co_await edo::propagate(co_await listener.accept());
        edo::spawn(serve_one(std::move(accepted.first))).detach();
    }
}
//! [listener]

//! [incoming]
edo::Task<std::size_t> greet_ten(edo::net::TcpListener& listener) {
    auto connections = edo::net::incoming(listener) | edo::stream::take(10);
    std::size_t greeted = 0;
    while (auto connection = co_await connections.next()) {
        if (*connection) {
            const auto written = co_await (*connection)->write_all("hello\n");
            greeted += written ? 1 : 0;
        }
    }
    co_return greeted;
}
//! [incoming]

edo::Task<edo::Result<void>> echo_all(edo::net::TcpListener listener) {
    return serve_all(std::move(listener), serve);
}

}  // namespace snippets
