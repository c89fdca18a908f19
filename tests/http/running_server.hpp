// SPDX-License-Identifier: MIT
// A server on TCP, in a task of its own.
#pragma once

#include "server_support.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace edo::test {

/// A server that serves in a task of its own.
class Running {
public:
    explicit Running(http::Server server, std::shared_ptr<http::Service> service = routes())
        : address(server.local_addr().value()),
          handle(server.handle()),
          task(spawn(serve(std::move(server), std::move(service)))) {}

    Task<void> stop(Duration grace = std::chrono::seconds(10)) {
        handle.shutdown(grace);
        const auto served = co_await task;
        BOOST_TEST(served.has_value());
    }
    [[nodiscard]] Task<net::TcpStream> connect() const {
        auto stream = co_await net::TcpStream::connect(address);
        co_return std::move(stream).value();
    }
    /// Sends the bytes, ends the sending side, and reads to the end.
    [[nodiscard]] Task<std::string> exchange(std::string bytes) const {
        net::TcpStream stream = co_await connect();
        static_cast<void>(co_await stream.write_all(bytes));
        static_cast<void>(co_await stream.shutdown());
        co_return co_await read_everything(stream);
    }

    net::SocketAddr address;
    http::ServerHandle handle;
    JoinHandle<Result<void>> task;

private:
    static Task<Result<void>> serve(http::Server server, std::shared_ptr<http::Service> service) {
        co_return co_await server.serve(std::move(service));
    }
};

inline Task<http::Server> bind(http::ServerOptions options = plain_options()) {
    auto server = co_await http::Server::bind("127.0.0.1:0", options);
    co_return std::move(server).value();
}

}  // namespace edo::test
