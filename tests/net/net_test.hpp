// SPDX-License-Identifier: MIT
// What the tests of sockets share.
#pragma once

#include "support/flavors.hpp"
#include "support/leak_guard.hpp"
#include <edo/edo.hpp>
#include <edo/net/tcp_listener.hpp>
#include <edo/net/tcp_stream.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace edo::test {

using namespace std::chrono_literals;

/// Runs the coroutine that `body` makes on every flavour with every reactor.
///
/// Checks belong into that coroutine, which the test's own thread runs: Boost.Test is not
/// thread-safe. What it spawns returns what it has seen.
template <class Body>
void on_every_runtime(Body body) {
    for_each_flavor_and_reactor([&body](Runtime& runtime) { runtime.block_on(body); });
}

/// The value of a result; an error fails the test.
template <class T, class E>
T must(Result<T, E> result) {
    if (!result) {
        throw std::runtime_error("unexpected error: " + result.error().message());
    }
    if constexpr (!std::is_void_v<T>) {
        return std::move(*result);
    }
}

[[nodiscard]] inline std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}
[[nodiscard]] inline std::span<std::byte> room(std::string& text) {
    return std::as_writable_bytes(std::span(text.data(), text.size()));
}
[[nodiscard]] inline std::string text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A connection over loopback, both ends in this program.
struct Pair {
    Pair(net::TcpStream connecting, net::TcpStream accepted)
        : client(std::move(connecting)), server(std::move(accepted)) {}

    net::TcpStream client;
    net::TcpStream server;
};
[[nodiscard]] Task<Pair> connected_pair();

/// A listener on a free port of 127.0.0.1, and its address.
struct Listening {
    Listening(net::TcpListener socket, net::SocketAddr where)
        : listener(std::move(socket)), address(where) {}

    net::TcpListener listener;
    net::SocketAddr address;
};
[[nodiscard]] Task<Listening> listen_on_loopback();

/// Reads up to `most` bytes with one read.
template <class Stream>
Task<std::string> read_text(Stream& stream, std::size_t most = 4096) {
    std::string buffer(most, '\0');
    const auto n = co_await stream.read(room(buffer));
    buffer.resize(must(n));
    co_return buffer;
}

/// Reads to the end of the stream.
template <class Stream>
Task<std::string> read_to_end(Stream& stream) {
    std::string all;
    for (;;) {
        const std::string part = co_await read_text(stream);
        if (part.empty()) {
            co_return all;
        }
        all += part;
    }
}

/// Reads exactly `size` bytes.
template <class Stream>
Task<std::string> read_exactly(Stream& stream, std::size_t size) {
    std::string buffer(size, '\0');
    must(co_await stream.read_exact(room(buffer)));
    co_return buffer;
}

/// Writes until the socket takes no more; returns how many bytes.
template <class Stream>
std::size_t fill(Stream& stream) {
    const std::string block(64 * 1024, 'f');
    std::size_t written = 0;
    for (;;) {
        const auto n = stream.try_write(block);
        if (!n) {
            BOOST_TEST((n.error() == std::errc::operation_would_block));
            return written;
        }
        written += *n;
    }
}

/// A connection whose one end is a plain, blocking socket of the test, made without a runtime.
class RawPair {
public:
    RawPair();
    ~RawPair();
    RawPair(const RawPair&) = delete;
    RawPair& operator=(const RawPair&) = delete;

    net::TcpStream stream;

    [[nodiscard]] int peer() const noexcept { return peer_; }
    void send(std::string_view text) const;
    /// Reads exactly `size` bytes.
    [[nodiscard]] std::string receive(std::size_t size) const;
    /// Reads and drops exactly `size` bytes.
    void drain(std::size_t size) const;
    /// Ends the stream.
    void finish() const;
    /// Aborts the connection: the other end gets a reset.
    void reset();

private:
    struct Descriptors {
        int accepted;
        int connected;
    };
    static Descriptors connect();
    explicit RawPair(Descriptors both);

    int peer_;
};

}  // namespace edo::test
