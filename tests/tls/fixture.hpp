// SPDX-License-Identifier: MIT
// What the tests of TLS share: certificates, both sides of a handshake, streams that misbehave.
#pragma once

#include "support/certificates.hpp"
#include <edo/edo.hpp>
#include <edo/net/tls/acceptor.hpp>
#include <edo/net/tls/connector.hpp>
#include <edo/runtime/io/duplex.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace edo::test {

/// An authority, a certificate for localhost, and configurations that use both.
class TlsFixture {
public:
    TlsFixture()
        : local_(authority_.issue("server", "DNS:localhost,IP:127.0.0.1,IP:::1")),
          server_(server_with(local_)) {
        client_.set_system_roots(false);
        BOOST_REQUIRE(client_.add_trusted(authority_.ca_file()).has_value());
    }

    [[nodiscard]] static tls::ServerConfig server_with(const CertificateFiles& files) {
        auto config = tls::ServerConfig::from_files(files.cert, files.key);
        BOOST_TEST_REQUIRE(config.has_value(), (config ? "" : config.error().message()));
        return *config;
    }

    [[nodiscard]] const TestAuthority& authority() const noexcept { return authority_; }
    [[nodiscard]] const CertificateFiles& local() const noexcept { return local_; }
    [[nodiscard]] tls::ServerConfig server() const { return server_; }
    [[nodiscard]] tls::ClientConfig client() const { return client_; }

private:
    TestAuthority authority_;
    CertificateFiles local_;
    tls::ServerConfig server_;
    tls::ClientConfig client_;
};

template <class S>
using TlsResult = Result<tls::TlsStream<S>>;

/// Both sides of a handshake that is over.
template <class S>
struct Handshake {
    Handshake(TlsResult<S> client_side, TlsResult<S> server_side)
        : client(std::move(client_side)), server(std::move(server_side)) {}
    TlsResult<S> client;
    TlsResult<S> server;
};

template <class S>
Task<Handshake<S>> shake_hands(tls::TlsConnector connector, std::string host, S client,
                               tls::TlsAcceptor acceptor, S server) {
    auto both = co_await join(connector.connect(std::move(host), std::move(client)),
                              acceptor.accept(std::move(server)));
    co_return Handshake<S>(std::move(std::get<0>(both)), std::move(std::get<1>(both)));
}

/// The same over memory.
inline Task<Handshake<io::DuplexStream>> shake_hands(tls::TlsConnector connector, std::string host,
                                                     tls::TlsAcceptor acceptor) {
    auto ends = io::duplex(64 * 1024);
    return shake_hands(std::move(connector), std::move(host), std::move(ends.first),
                       std::move(acceptor), std::move(ends.second));
}

[[nodiscard]] inline std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Reads to the end, or to an error.
template <class S>
Task<Result<std::string>> read_all(S& stream) {
    std::string all;
    const auto buffer = std::make_unique<std::byte[]>(16 * 1024);
    for (;;) {
        const Result<std::size_t> count = co_await stream.read(std::span(buffer.get(), 16 * 1024));
        if (!count) {
            co_return failure(count.error());
        }
        if (*count == 0) {
            co_return all;
        }
        all += text_of(std::span(buffer.get(), *count));
    }
}

/// Reads exactly so many bytes; fewer at the end.
template <class S>
Task<Result<std::string>> read_text(S& stream, std::size_t size) {
    std::string all(size, '\0');
    std::size_t done = 0;
    while (done < size) {
        const Result<std::size_t> count =
            co_await stream.read(std::as_writable_bytes(std::span(all)).subspan(done));
        if (!count) {
            co_return failure(count.error());
        }
        if (*count == 0) {
            break;
        }
        done += *count;
    }
    all.resize(done);
    co_return all;
}

/// A stream whose reader and writer get one byte at a time.
class TinyStream {
public:
    explicit TinyStream(io::DuplexStream inner) : inner_(std::move(inner)) {}
    [[nodiscard]] auto read(std::span<std::byte> to) { return inner_.read(to.first(1)); }
    [[nodiscard]] auto write(std::span<const std::byte> bytes) {
        return inner_.write(bytes.first(1));
    }
    [[nodiscard]] auto shutdown() { return inner_.shutdown(); }

private:
    io::DuplexStream inner_;
};

/// A stream that ends, for the reader, after so many bytes.
class CutStream {
public:
    CutStream(io::DuplexStream inner, std::size_t limit) : inner_(std::move(inner)), left_(limit) {}
    [[nodiscard]] Task<Result<std::size_t>> read(std::span<std::byte> to) {
        if (left_ == 0) {
            co_return std::size_t{0};
        }
        const Result<std::size_t> count =
            co_await inner_.read(to.first(std::min(to.size(), left_)));
        if (count) {
            left_ -= *count;
            total_ += *count;
        }
        co_return count;
    }
    [[nodiscard]] auto write(std::span<const std::byte> bytes) { return inner_.write(bytes); }
    [[nodiscard]] std::size_t total() const noexcept { return total_; }
    /// From here on so many bytes.
    void limit(std::size_t bytes) noexcept { left_ = bytes; }

private:
    io::DuplexStream inner_;
    std::size_t left_;
    std::size_t total_ = 0;
};

/// A text that differs everywhere.
[[nodiscard]] inline std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    unsigned state = 1;
    for (char& c : text) {
        state = state * 1664525 + 1013904223;
        c = static_cast<char>(state >> 24);
    }
    return text;
}

}  // namespace edo::test
