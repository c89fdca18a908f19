// SPDX-License-Identifier: MIT
// The examples in the documentation of TcpListener.
#include <edo/edo.hpp>

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

}  // namespace snippets
