// SPDX-License-Identifier: MIT
// Over real sockets: connections that cannot be made, that the server has closed, and TLS.
#include "client_test.hpp"
#include "support/certificates.hpp"
#include "support/flavors.hpp"
#include <edo/net/http/client/connect_any.hpp>
#include <edo/net/tcp_listener.hpp>
#include <edo/net/tcp_socket.hpp>
#include <edo/net/tls/acceptor.hpp>
#include <edo/runtime/sleep.hpp>
#include <edo/runtime/spawn.hpp>
#include <edo/runtime/timeout.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <sys/socket.h>

using namespace edo;
using namespace edo::test;
using namespace std::chrono_literals;
using http::Client;
using http::ClientErrorKind;

BOOST_AUTO_TEST_SUITE(client_tcp)

namespace {

net::SocketAddr any_port() {
    return net::SocketAddr(net::IpAddr::localhost_v4(), 0);
}

std::string url_of(const net::TcpListener& listener, std::string_view scheme = "http") {
    return std::string(scheme) +
           "://127.0.0.1:" + std::to_string(listener.local_addr().value().port()) + "/";
}

template <class S>
Task<std::string> read_head(S& stream) {
    std::string head;
    std::array<std::byte, 1024> buffer;
    while (head.find("\r\n\r\n") == std::string::npos) {
        const auto count = co_await stream.read(buffer);
        if (!count || *count == 0) {
            co_return std::string();
        }
        head.append(reinterpret_cast<const char*>(buffer.data()), *count);
    }
    co_return head;
}

template <class S>
Task<void> send(S& stream, std::string text) {
    std::span<const std::byte> rest = std::as_bytes(std::span(text));
    while (!rest.empty()) {
        const auto count = co_await stream.write(rest);
        if (!count) {
            co_return;
        }
        rest = rest.subspan(*count);
    }
}

/// Answers one request on each of two connections, and closes the first at once.
Task<void> serve_twice(net::TcpListener& listener) {
    for (int i = 0; i < 2; ++i) {
        auto accepted = co_await listener.accept();
        auto& stream = accepted->first;
        static_cast<void>(co_await read_head(stream));
        co_await send(stream, ok("hello"));
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_refused_connection_is_an_error_at_once) {
    for_each_flavor([](Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            std::string url;
            {
                auto listener = co_await net::TcpListener::bind(any_port());
                url = url_of(*listener);
            }
            const Client client;
            auto response = co_await client.get(url).send();
            BOOST_REQUIRE(!response.has_value());
            BOOST_TEST(response.error().is_connect());
            BOOST_TEST((response.error() == std::errc::connection_refused));
            BOOST_TEST(response.error().message().find("cannot connect to " + url) == 0U);
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_not_made_in_time_is_given_up) {
    class Never final : public http::Connector {
        Task<Result<http::Connected>> connect(const http::Uri&, const http::Uri*) override {
            co_await sleep(24h);
            co_return failure(std::errc::io_error);
        }
    };
    Runtime runtime = Builder::current_thread().start_paused().build();
    runtime.block_on([]() -> Task<void> {
        const Client client = client_of(std::make_shared<Never>()).build();
        const Instant start = now();
        auto response = co_await client.get("http://a/").send();
        BOOST_REQUIRE(!response.has_value());
        BOOST_TEST(response.error().is_connect());
        BOOST_TEST(response.error().is_timeout());
        BOOST_TEST((now() - start) / 1s == 10);
    }());
}

BOOST_AUTO_TEST_CASE(a_full_backlog_is_given_up_in_time) {
    Runtime runtime = Builder::current_thread().build();
    runtime.block_on([]() -> Task<void> {
        // Nobody accepts; the system answers no further connection once the backlog is full.
        auto socket = net::TcpSocket::new_v4();
        BOOST_REQUIRE(socket->bind(any_port()).has_value());
        auto listener = std::move(*socket).listen(0);
        const net::SocketAddr address = listener->local_addr().value();
        std::vector<net::TcpStream> held;
        for (int i = 0; i < 16; ++i) {
            auto stream = co_await timeout(100ms, net::TcpStream::connect(address));
            if (!stream) {
                break;
            }
            held.push_back(std::move(**stream));
        }
        const Client client = Client::builder().connect_timeout(200ms).build();
        const auto start = std::chrono::steady_clock::now();
        auto response = co_await client.get(url_of(*listener)).send();
        const auto took = std::chrono::steady_clock::now() - start;
        BOOST_REQUIRE(!response.has_value());
        BOOST_TEST(response.error().is_connect());
        BOOST_TEST(response.error().is_timeout());
        BOOST_TEST((took >= 200ms));
    }());
}

BOOST_AUTO_TEST_CASE(families_of_addresses_take_turns) {
    const auto addr = [](const char* text) { return net::SocketAddr::parse(text).value(); };
    const std::vector<net::SocketAddr> given = {addr("[::1]:1"), addr("[::2]:1"), addr("[::3]:1"),
                                                addr("1.1.1.1:1"), addr("2.2.2.2:1")};
    const std::vector<net::SocketAddr> expected = {
        addr("[::1]:1"), addr("1.1.1.1:1"), addr("[::2]:1"), addr("2.2.2.2:1"), addr("[::3]:1")};
    BOOST_TEST((http::detail::interleaved(given) == expected));
    BOOST_TEST(http::detail::interleaved({}).empty());
    const std::vector<net::SocketAddr> rest = {addr("1.1.1.1:1"), addr("[::1]:1"), addr("[::2]:1")};
    BOOST_TEST((http::detail::interleaved(rest) == rest));
}

BOOST_AUTO_TEST_CASE(of_several_addresses_the_first_that_answers_is_taken) {
    for_each_flavor([](Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            auto listener = co_await net::TcpListener::bind(any_port());
            const net::SocketAddr good = listener->local_addr().value();
            net::SocketAddr refused;
            {
                auto closed = co_await net::TcpListener::bind(any_port());
                refused = closed->local_addr().value();
            }
            // Refused addresses cost no delay.
            std::vector<net::SocketAddr> addresses(100, refused);
            addresses.push_back(good);
            auto stream = co_await http::detail::connect_any(addresses);
            BOOST_REQUIRE(stream.has_value());
            BOOST_TEST((stream->peer_addr().value() == good));
            // An address of documentation does not answer, or there is no way there.
            const auto start = std::chrono::steady_clock::now();
            addresses = {net::SocketAddr::parse("192.0.2.1:80").value(), good};
            stream = co_await http::detail::connect_any(addresses);
            BOOST_REQUIRE(stream.has_value());
            BOOST_TEST((std::chrono::steady_clock::now() - start < 5s));
            // The error is that of the last one.
            addresses = {refused, refused};
            auto failed = co_await http::detail::connect_any(addresses);
            BOOST_TEST((failed.error() == std::errc::connection_refused));
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_name_that_does_not_exist_is_an_error_of_the_connection) {
    Runtime runtime = Builder::current_thread().build();
    runtime.block_on([]() -> Task<void> {
        const Client client;
        auto response = co_await client.get("http://name.invalid/").send();
        BOOST_REQUIRE(!response.has_value());
        BOOST_TEST(response.error().is_connect());
    }());
}

BOOST_AUTO_TEST_CASE(a_dropped_connect_leaves_no_descriptor) {
    for_each_flavor([](Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            const Client client = Client::builder().connect_timeout(std::nullopt).build();
            // An address of documentation: nobody answers, or there is no way there.
            auto response = co_await timeout(20ms, client.get("http://192.0.2.1/").send());
            BOOST_TEST((!response || !*response));
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_server_that_has_closed_an_idle_connection_is_noticed_even_by_post) {
    for_each_flavor([](Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            auto listener = co_await net::TcpListener::bind(any_port());
            auto server = spawn(serve_twice(*listener));
            const Client client;
            const std::string url = url_of(*listener);
            auto response = co_await client.get(url).send();
            BOOST_TEST(response->remote_addr()->to_string() + "/" == url.substr(7));
            const auto body = co_await response->text();
            BOOST_TEST(body.value() == "hello");
            // The end of the connection arrives some time after the answer.
            co_await sleep(50ms);
            const std::string got = co_await outcome(client.post(url).body("data"));
            BOOST_TEST(got == "200 hello");
            static_cast<void>(co_await server);
        }());
    });
}

BOOST_AUTO_TEST_CASE(https_is_verified_and_encrypted) {
    const TestAuthority authority;
    const CertificateFiles files = authority.issue("server", "DNS:localhost,IP:127.0.0.1");
    for_each_flavor([&](Runtime& runtime) {
        runtime.block_on([](const TestAuthority& the_authority,
                            const CertificateFiles& the_files) -> Task<void> {
            auto config = tls::ServerConfig::from_files(the_files.cert, the_files.key);
            BOOST_REQUIRE(config.has_value());
            const tls::TlsAcceptor acceptor(*config);
            auto listener = co_await net::TcpListener::bind(any_port());
            auto server = spawn([](net::TcpListener& on, tls::TlsAcceptor with) -> Task<void> {
                for (int i = 0; i < 2; ++i) {
                    auto accepted = co_await on.accept();
                    auto stream = co_await with.accept(std::move(accepted->first));
                    if (!stream) {
                        continue;  // the client did not trust us
                    }
                    for (int requests = 0; requests < 2; ++requests) {
                        const std::string head = co_await read_head(*stream);
                        co_await send(*stream, ok(head.substr(0, 14)));
                    }
                }
            }(*listener, acceptor));
            const std::string url = url_of(*listener, "https");

            const Client strangers;  // trusts the authorities of the system only
            auto refused = co_await strangers.get(url).send();
            BOOST_REQUIRE(!refused.has_value());
            BOOST_TEST(refused.error().is_connect());
            BOOST_TEST_MESSAGE(refused.error().message());

            tls::ClientConfig trusting;
            BOOST_REQUIRE(trusting.add_trusted(the_authority.ca_file()).has_value());
            const Client client = Client::builder().tls(trusting).build();
            for (int i = 0; i < 2; ++i) {
                const std::string got = co_await outcome(client.get(url));
                BOOST_TEST(got == "200 GET / HTTP/1.1");
            }
            static_cast<void>(co_await server);
        }(authority, files));
    });
}

BOOST_AUTO_TEST_CASE(https_goes_through_the_tunnel_of_a_proxy) {
    Runtime runtime = Builder::current_thread().build();
    runtime.block_on([]() -> Task<void> {
        auto listener = co_await net::TcpListener::bind(any_port());
        std::string seen;
        auto server = spawn([](net::TcpListener& on, std::string& head) -> Task<void> {
            auto accepted = co_await on.accept();
            head = co_await read_head(accepted->first);
            co_await send(accepted->first, "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n");
        }(*listener, seen));
        std::string proxy_url = url_of(*listener);
        proxy_url.insert(7, "u:p@");
        http::Proxies proxies;
        proxies.all(http::Uri::parse(proxy_url).value());
        const Client client = Client::builder().proxies(proxies).build();
        auto response = co_await client.get("https://example.org/secret").send();
        BOOST_TEST(response.error() == make_error_code(http::Errc::ProxyRefused));
        BOOST_TEST(response.error().is_connect());
        static_cast<void>(co_await server);
        BOOST_TEST(seen ==
                   "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n"
                   "Proxy-Authorization: Basic dTpw\r\n\r\n");
    }());
}

BOOST_AUTO_TEST_SUITE_END()
