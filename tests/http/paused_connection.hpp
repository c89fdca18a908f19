// SPDX-License-Identifier: MIT
#pragma once

#include "server_support.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <utility>

namespace edo::test {

/// A connection in memory to a server with the default timeouts.
class PausedConnection {
public:
    PausedConnection() : PausedConnection(http::Serving(routes(), plain_options())) {}
    explicit PausedConnection(http::Serving by)
        : PausedConnection(std::move(by), io::duplex(16 * 1024)) {}

    Task<void> send(std::string text) {
        const auto sent = co_await io::write_all(stream, text);
        BOOST_TEST(sent.has_value());
    }
    [[nodiscard]] auto seconds() const {
        return std::chrono::duration_cast<std::chrono::seconds>(now() - start_).count();
    }

    http::Serving serving;
    io::DuplexStream stream;
    JoinHandle<void> task;

private:
    PausedConnection(http::Serving by, std::pair<io::DuplexStream, io::DuplexStream> ends)
        : serving(std::move(by)),
          stream(std::move(ends.first)),
          task(spawn(http::serve_connection(std::move(ends.second), serving))) {}

    Instant start_ = now();
};

}  // namespace edo::test
