// SPDX-License-Identifier: MIT
// The examples in the documentation of the HTTP server.
#include <edo/edo.hpp>
#include <edo/net/http/server/server.hpp>
#include <edo/runtime/io/duplex.hpp>
#include <edo/runtime/io/write.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>

using namespace std::chrono_literals;
namespace http = edo::http;

namespace {

edo::Task<http::Response> answer(http::Request request) {
    co_return http::Response::text("Hello, " + std::string(request.path()) + '\n');
}

//! [server]
edo::Task<edo::Result<void>> run_server() {
    http::ServerOptions options;
    options.body_limit = 100'000;
    options.max_connections = 10'000;
    auto server = co_await edo::propagate(co_await http::Server::bind("127.0.0.1:0", options));
    std::cout << "listening\n";

    const http::ServerHandle handle = server.handle();
    edo::spawn([handle]() -> edo::Task<void> {
        co_await edo::sleep(20ms);  // or: co_await edo::signal::ctrl_c()
        handle.shutdown(5s);        // requests in flight have so long to finish
    }).detach();
    co_await edo::propagate(co_await server.serve(http::make_service(answer)));
    co_return edo::Result<void>();
}
//! [server]

//! [serve_connection]
edo::Task<edo::Result<void>> serve_in_memory() {
    auto [client, stream] = edo::io::duplex(4096);
    auto serving = edo::spawn(
        http::serve_connection(std::move(stream), http::Serving(http::make_service(answer))));
    co_await edo::propagate(co_await edo::io::write_all(
        client, "GET /you HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"));
    std::array<std::byte, 4096> buffer;
    const std::size_t count = co_await edo::propagate(co_await client.read(buffer));
    std::cout << std::string_view(reinterpret_cast<const char*>(buffer.data()), count);
    co_await serving;
    co_return edo::Result<void>();
}
//! [serve_connection]

}  // namespace

int main() {
    edo::Runtime runtime;
    const auto served = runtime.block_on(run_server());
    const auto answered = runtime.block_on(serve_in_memory());
    return served && answered ? 0 : 1;
}
