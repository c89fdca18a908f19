// SPDX-License-Identifier: MIT
// The examples in the documentation of the HTTP server.
#include <edo/edo.hpp>
#include <edo/net/http/server/server.hpp>
#include <edo/net/tls/acceptor.hpp>
#include <edo/net/tls/connection_info.hpp>
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

namespace snippets {

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

//! [https]
edo::Task<int> run_https_server(std::string chain_file, std::string key_file) {
    const auto config = edo::tls::ServerConfig::from_files(chain_file, key_file);
    if (!config) {
        std::cerr << config.error().message() << '\n';  // which file, and what is wrong with it
        co_return 1;
    }
    auto server = co_await http::Server::bind("127.0.0.1:8443");
    if (!server) {
        std::cerr << server.error().message() << '\n';
        co_return 1;
    }
    const edo::tls::TlsAcceptor acceptor(*config);  // keep a copy for acceptor.reload(...)
    const auto served = co_await server->serve(http::make_service(answer), acceptor);
    co_return served ? 0 : 1;
}
//! [https]

//! [https_request]
edo::Task<http::Response> who_am_i(http::Request request) {
    if (request.tls == nullptr) {
        co_return http::Response::text("This is not encrypted.\n")
            .with_status(http::Status::UpgradeRequired);
    }
    if (!request.tls->peer_certificate) {
        co_return http::Response::text("Who are you?\n").with_status(http::Status::Forbidden);
    }
    co_return http::Response::text(request.tls->peer_certificate->subject() + '\n');
}
//! [https_request]

//! [serve_any_version]
edo::Task<void> serve_socket(edo::net::UnixStream stream, http::Serving serving) {
    co_await http::serve_any_version(std::move(stream), std::move(serving));
}
//! [serve_any_version]

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

}  // namespace snippets

int main(int argc, char** argv) {
    edo::Runtime runtime;
    if (argc == 3) {
        return runtime.block_on(snippets::run_https_server(argv[1], argv[2]));
    }
    const auto served = runtime.block_on(snippets::run_server());
    const auto answered = runtime.block_on(snippets::serve_in_memory());
    return served && answered ? 0 : 1;
}
