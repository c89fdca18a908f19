// SPDX-License-Identifier: MIT
// https: certificates of the client, ends without goodbye, connections that the server has closed,
// and tunnels.
#include "client_test.hpp"
#include "nginx.hpp"
#include "support/certificates.hpp"
#include "support/leak_guard.hpp"
#include <edo/net/http/h2/serve_connection.hpp>
#include <edo/net/http/service.hpp>
#include <edo/net/tls/acceptor.hpp>
#include <edo/runtime/io/copy_bidirectional.hpp>
#include <edo/runtime/io/write.hpp>
#include <edo/runtime/join_set.hpp>
#include <edo/runtime/runtime.hpp>
#include <edo/runtime/spawn.hpp>
#include <edo/runtime/timeout.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>

using namespace edo;
using namespace edo::test;
using namespace std::chrono_literals;
using http::Client;

BOOST_AUTO_TEST_SUITE(client_tls)

namespace {

using TlsTcp = tls::TlsStream<net::TcpStream>;
using Serve = std::function<Task<void>(TlsTcp)>;
using Ask = std::function<Task<void>(std::string url, const TestAuthority& authority)>;

tls::ClientConfig trusting(const TestAuthority& authority) {
    tls::ClientConfig config;
    BOOST_REQUIRE(config.add_trusted(authority.ca_file()).has_value());
    return config;
}

Task<std::string> read_head(TlsTcp& stream) {
    std::string head;
    std::array<std::byte, 4096> buffer;
    while (head.find("\r\n\r\n") == std::string::npos) {
        const auto count = co_await stream.read(buffer);
        if (!count || *count == 0) {
            co_return std::string();
        }
        head.append(reinterpret_cast<const char*>(buffer.data()), *count);
    }
    co_return head;
}

/// Accepts connections, and gives those whose handshake was good to `serve`.
Task<void> accept_all(net::TcpListener& listener, tls::TlsAcceptor acceptor, const Serve& serve) {
    JoinSet<void> serving;
    for (;;) {
        auto accepted = co_await listener.accept();
        if (!accepted) {
            continue;
        }
        serving.spawn(
            [](tls::TlsAcceptor with, net::TcpStream plain, const Serve& then) -> Task<void> {
                auto stream = co_await with.accept(std::move(plain));
                if (stream) {
                    co_await then(std::move(*stream));
                }
            }(acceptor, std::move(accepted->first), serve));
    }
}

/// Calls `ask` with a server that does `serve` with each connection.
void with_server(bool wants_certificate, const Serve& serve, const Ask& ask) {
    const TestAuthority authority;
    const CertificateFiles files = authority.issue("server", "DNS:localhost,IP:127.0.0.1");
    auto config = tls::ServerConfig::from_files(files.cert, files.key).value();
    if (wants_certificate) {
        BOOST_REQUIRE(config.require_client_certificate(authority.ca_file()).has_value());
    }
    const LeakGuard guard;
    Runtime runtime = Builder::multi_thread(2).build();
    runtime.block_on([&]() -> Task<void> {
        auto listener = (co_await net::TcpListener::bind("127.0.0.1:0")).value();
        const std::string url =
            "https://localhost:" + std::to_string(listener.local_addr().value().port()) + "/";
        auto server = spawn(accept_all(listener, tls::TlsAcceptor(config), serve));
        co_await ask(url, authority);
        server.abort();
        static_cast<void>(co_await server);
    });
}

Task<void> name_client(TlsTcp stream) {
    const std::string head = co_await read_head(stream);
    const auto certificate = stream.peer_certificate();
    const std::string name = certificate ? certificate->subject() : "nobody";
    static_cast<void>(co_await io::write_all(stream, ok(name, "Connection: close\r\n")));
    static_cast<void>(co_await stream.shutdown());
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_client_shows_its_certificate) {
    with_server(true, &name_client,
                [](std::string url, const TestAuthority& authority) -> Task<void> {
                    const CertificateFiles files = authority.issue("somebody", "");
                    auto identity = tls::Identity::from_files(files.cert, files.key);
                    BOOST_REQUIRE(identity.has_value());
                    // In whichever order.
                    const Client client =
                        Client::builder().identity(*identity).tls(trusting(authority)).build();
                    const std::string got = co_await outcome(client.get(url));
                    BOOST_TEST(got == "200 CN=somebody");

                    const Client nobody = Client::builder().tls(trusting(authority)).build();
                    auto refused = co_await nobody.get(url).send();
                    BOOST_REQUIRE(!refused.has_value());
                    BOOST_TEST_MESSAGE(refused.error().message());

                    const TestAuthority other("another authority");
                    const CertificateFiles theirs = other.issue("stranger", "");
                    const Client stranger =
                        Client::builder()
                            .tls(trusting(authority))
                            .identity(tls::Identity::from_files(theirs.cert, theirs.key).value())
                            .build();
                    refused = co_await stranger.get(url).send();
                    BOOST_REQUIRE(!refused.has_value());
                    BOOST_TEST_MESSAGE(refused.error().message());

                    // The server goes on.
                    const std::string again = co_await outcome(client.get(url));
                    BOOST_TEST(again == "200 CN=somebody");
                });
}

BOOST_AUTO_TEST_CASE(an_identity_is_checked_when_it_is_made) {
    const TestAuthority authority;
    const CertificateFiles one = authority.issue("one", "");
    const CertificateFiles two = authority.issue("two", "");
    BOOST_TEST(!tls::Identity::from_files(one.cert, two.key).has_value());
    BOOST_TEST(!tls::Identity::from_files(one.cert, "/nowhere").has_value());
    BOOST_TEST(!tls::Identity::from_pem("text", "text").has_value());
    BOOST_TEST(tls::Identity::from_pem(one.cert_text(), one.key_text()).has_value());
}

BOOST_AUTO_TEST_CASE(s_server_verifies_the_client_and_chooses_the_protocol) {
    const TestAuthority authority;
    const CertificateFiles files = authority.issue("server", "DNS:localhost,IP:127.0.0.1");
    const CertificateFiles mine = authority.issue("somebody", "");
    const LeakGuard guard;
    Runtime runtime = Builder::multi_thread(2).build();
    runtime.block_on([&]() -> Task<void> {
        for (const std::string options : {"-tls1_3", "-tls1_2", "-alpn http/1.1"}) {
            const std::uint16_t port = co_await free_port();
            const std::string number = std::to_string(port);
            Servers servers;
            process::Command command("sh");
            command.args({"-c", "exec openssl s_server -accept 127.0.0.1:" + number + " -cert " +
                                    files.cert + " -key " + files.key + " -CAfile " +
                                    authority.ca_file() + " -Verify 2 -verify_return_error -www " +
                                    options + " >/dev/null 2>&1 </dev/null"});
            servers.start(std::move(command));
            const bool is_there = co_await is_listening(port);
            BOOST_REQUIRE(is_there);
            const std::string url = "https://localhost:" + number + "/";
            const Client client =
                Client::builder()
                    .tls(trusting(authority))
                    .identity(tls::Identity::from_files(mine.cert, mine.key).value())
                    .build();
            const std::string got = co_await outcome(client.get(url));
            BOOST_TEST((got.starts_with("200 ") && got.find("somebody") != std::string::npos), got);
            const Client nobody = Client::builder().tls(trusting(authority)).build();
            const std::string refused = co_await outcome(nobody.get(url));
            BOOST_TEST(!refused.starts_with("200 "));
            co_await servers.stop();
        }
        // A server that speaks something else only.
        const std::uint16_t port = co_await free_port();
        const std::string number = std::to_string(port);
        Servers servers;
        process::Command command("sh");
        command.args({"-c", "exec openssl s_server -accept 127.0.0.1:" + number + " -cert " +
                                files.cert + " -key " + files.key +
                                " -www -alpn other >/dev/null 2>&1 </dev/null"});
        servers.start(std::move(command));
        const bool is_there = co_await is_listening(port);
        BOOST_REQUIRE(is_there);
        const Client client = Client::builder().tls(trusting(authority)).build();
        auto refused = co_await client.get("https://localhost:" + number + "/").send();
        BOOST_REQUIRE(!refused.has_value());
        BOOST_TEST(refused.error().is_connect());
        BOOST_TEST_MESSAGE(refused.error().message());
        co_await servers.stop();
    });
}

BOOST_AUTO_TEST_CASE(an_end_without_goodbye_is_not_the_end_of_a_body) {
    with_server(
        false,
        [](TlsTcp stream) -> Task<void> {
            const std::string head = co_await read_head(stream);
            static_cast<void>(co_await io::write_all(
                stream, std::string_view("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it")));
            if (head.starts_with("GET /good")) {
                static_cast<void>(co_await stream.shutdown());
            }
        },
        [](std::string url, const TestAuthority& authority) -> Task<void> {
            const Client client = Client::builder().tls(trusting(authority)).build();
            const std::string good = co_await outcome(client.get(url + "good"));
            BOOST_TEST(good == "200 all of it");
            const std::string cut = co_await outcome(client.get(url + "cut"));
            BOOST_TEST(cut.starts_with("cannot read the answer of "), cut);
        });
}

BOOST_AUTO_TEST_CASE(a_post_on_a_stale_connection_is_not_sent_twice) {
    std::atomic<int> posts{0};
    with_server(
        false,
        [&posts](TlsTcp connection) -> Task<void> {
            return [](TlsTcp stream, std::atomic<int>& count) -> Task<void> {
                static_cast<void>(co_await read_head(stream));
                static_cast<void>(co_await io::write_all(stream, ok("first")));
                // Closes when the next one has come, or, for the first connection, before.
                const auto next = co_await timeout(200ms, read_head(stream));
                count += next && next->starts_with("POST") ? 1 : 0;
            }(std::move(connection), posts);
        },
        [&posts](std::string url, const TestAuthority& authority) -> Task<void> {
            const Client client = Client::builder().tls(trusting(authority)).build();
            std::string got = co_await outcome(client.get(url));
            BOOST_TEST(got == "200 first");
            got = co_await outcome(client.post(url).body("x"));
            BOOST_TEST(got.starts_with("no answer from "));
            BOOST_TEST(posts.load() == 1);
            // One that is closed already is not used at all.
            got = co_await outcome(client.get(url));
            BOOST_TEST(got == "200 first");
            co_await sleep(500ms);
            got = co_await outcome(client.post(url).body("x"));
            BOOST_TEST(got == "200 first");
        });
}

BOOST_AUTO_TEST_CASE(https_through_the_tunnel_of_a_proxy) {
    const TestAuthority authority;
    const CertificateFiles files = authority.issue("server", "DNS:localhost,DNS:target.test");
    const LeakGuard guard;
    Runtime runtime = Builder::multi_thread(2).build();
    runtime.block_on([&]() -> Task<void> {
        for (const bool is_http2 : {false, true}) {
            auto config = tls::ServerConfig::from_files(files.cert, files.key).value();
            config.set_alpn({is_http2 ? "h2" : "http/1.1"});
            auto listener = (co_await net::TcpListener::bind("127.0.0.1:0")).value();
            const Serve serve = [](TlsTcp stream) -> Task<void> {
                if (stream.alpn() == "h2") {
                    const http::Serving serving(
                        http::make_service([](http::Request request) -> Task<http::Response> {
                            co_return http::Response::text("h2 " + request.authority);
                        }));
                    co_await http::h2::serve_connection(std::move(stream), serving);
                    co_return;
                }
                for (;;) {
                    const std::string head = co_await read_head(stream);
                    if (head.empty()) {
                        co_return;
                    }
                    const bool leaks = head.find("Proxy-") != std::string::npos;
                    const std::string answer = ok(leaks ? "leak" : "h1");
                    static_cast<void>(co_await io::write_all(stream, answer));
                }
            };
            auto server = spawn(accept_all(listener, tls::TlsAcceptor(config), serve));

            // Leads wherever it is asked to the listener.
            auto proxy = (co_await net::TcpListener::bind("127.0.0.1:0")).value();
            std::vector<std::string> asked;
            auto tunnels = spawn([](net::TcpListener& on, std::string to,
                                    std::vector<std::string>& heads) -> Task<void> {
                JoinSet<void> open;
                for (;;) {
                    auto accepted = co_await on.accept();
                    std::array<std::byte, 4096> buffer;
                    const auto count = co_await accepted->first.read(buffer);
                    heads.emplace_back(reinterpret_cast<const char*>(buffer.data()), count.value());
                    open.spawn([](net::TcpStream from, std::string target) -> Task<void> {
                        auto onward = (co_await net::TcpStream::connect(target)).value();
                        static_cast<void>(co_await io::write_all(
                            from, std::string_view("HTTP/1.1 200 Open\r\n\r\n")));
                        static_cast<void>(co_await io::copy_bidirectional(from, onward));
                    }(std::move(accepted->first), to));
                }
            }(proxy, listener.local_addr().value().to_string(), asked));

            {
                http::Proxies proxies;
                proxies.all(http::Uri::parse("http://u:p@127.0.0.1:" +
                                             std::to_string(proxy.local_addr().value().port()))
                                .value());
                const Client client =
                    Client::builder().tls(trusting(authority)).proxies(proxies).build();
                for (int i = 0; i < 3; ++i) {
                    const std::string got =
                        co_await outcome(client.get("https://target.test/secret"));
                    BOOST_TEST(got == (is_http2 ? "200 h2 target.test" : "200 h1"));
                }
            }
            tunnels.abort();
            server.abort();
            static_cast<void>(co_await tunnels);
            static_cast<void>(co_await server);
            BOOST_REQUIRE(asked.size() == 1U);
            BOOST_TEST(asked[0].starts_with("CONNECT target.test:443 HTTP/1.1\r\n"));
            BOOST_TEST(asked[0].find("secret") == std::string::npos);
            BOOST_TEST(asked[0].find("Proxy-Authorization: Basic dTpw\r\n") != std::string::npos);
        }
    });
}

BOOST_AUTO_TEST_SUITE_END()
