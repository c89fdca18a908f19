// SPDX-License-Identifier: MIT
// The server with TLS, and with both versions of HTTP on one port.
#include "h2_support.hpp"
#include "server_support.hpp"
#include "support/certificates.hpp"
#include "support/event.hpp"
#include <edo/net/tls/acceptor.hpp>
#include <edo/net/tls/connector.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace edo::test;
using namespace std::chrono_literals;
namespace http = edo::http;

namespace {

using edo::Task;
using edo::net::TcpStream;
using edo::tls::TlsAcceptor;
using Encrypted = edo::tls::TlsStream<TcpStream>;

/// Two certificates, and an authority for clients; made once for all tests.
struct Keys {
    TestAuthority authority;
    CertificateFiles first = authority.issue("first", "DNS:localhost");
    CertificateFiles second = authority.issue("second", "DNS:localhost");
    CertificateFiles client = authority.issue("ada", "");
};

const Keys& keys() {
    static const Keys made;
    return made;
}

void must(const edo::tls::ConfigResult<void>& done) {
    BOOST_REQUIRE(done.has_value());
}

edo::tls::ServerConfig server_config() {
    return edo::tls::ServerConfig::from_files(keys().first.cert, keys().first.key).value();
}

/// @param alpn The protocols to offer, with a space between them.
edo::tls::ClientConfig client_config(const std::string& alpn = std::string()) {
    std::istringstream names(alpn);
    edo::tls::ClientConfig config;
    config.set_alpn(std::vector<std::string>(std::istream_iterator<std::string>(names), {}));
    config.set_system_roots(false).set_resumption(false);
    must(config.add_trusted(keys().authority.ca_file()));
    return config;
}

/// /tls tells what a request knows of its connection.
std::shared_ptr<http::Service> service() {
    return http::make_service([inner = routes()](http::Request request) -> Task<http::Response> {
        if (request.path() != "/tls") {
            co_return co_await inner->call(std::move(request));
        }
        std::string text = request.scheme + ' ';
        if (request.tls == nullptr) {
            text += "plain";
        } else {
            const auto& certificate = request.tls->peer_certificate;
            text += request.tls->server_name.value_or("?") + ' ' + request.tls->alpn.value_or("?") +
                    ' ' + (certificate ? certificate->subject() : "?");
        }
        co_return http::Response::text(text);
    });
}

/// A body without end, in pieces that are sent one after the other.
class Endless final : public http::BodySource {
public:
    Task<edo::Result<std::optional<std::string>>> next() override {
        co_return std::optional<std::string>(std::string(4000, 'e'));
    }
};

class Running {
public:
    Running(http::Server server, std::optional<TlsAcceptor> acceptor,
            std::shared_ptr<http::Service> answers = service())
        : address(server.local_addr().value()),
          handle(server.handle()),
          task(edo::spawn(serve(std::move(server), std::move(acceptor), std::move(answers)))) {}

    Task<void> stop(edo::Duration grace = 10s) {
        handle.shutdown(grace);
        const auto served = co_await task;
        BOOST_TEST(served.has_value());
    }
    [[nodiscard]] Task<TcpStream> connect() const {
        auto stream = co_await TcpStream::connect(address);
        co_return std::move(stream).value();
    }
    [[nodiscard]] Task<edo::Result<Encrypted>> try_connect(edo::tls::ClientConfig config) const {
        TcpStream stream = co_await connect();
        const edo::tls::TlsConnector connector(config);
        co_return co_await connector.connect("localhost", std::move(stream));
    }
    [[nodiscard]] Task<Encrypted> connect(edo::tls::ClientConfig config) const {
        auto stream = co_await try_connect(std::move(config));
        co_return std::move(stream).value();
    }
    /// Sends the bytes in plain text, and reads to the end.
    [[nodiscard]] Task<std::string> exchange(std::string bytes) const {
        TcpStream stream = co_await connect();
        static_cast<void>(co_await stream.write_all(bytes));
        co_return co_await read_everything(stream);
    }
    Task<void> wait_for_connections(std::size_t count) const {
        while (handle.connections() != count) {
            co_await edo::sleep(1ms);
        }
    }

    edo::net::SocketAddr address;
    http::ServerHandle handle;
    edo::JoinHandle<edo::Result<void>> task;

private:
    static Task<edo::Result<void>> serve(http::Server server, std::optional<TlsAcceptor> acceptor,
                                         std::shared_ptr<http::Service> answers) {
        if (!acceptor) {
            co_return co_await server.serve(std::move(answers));
        }
        co_return co_await server.serve(std::move(answers), std::move(*acceptor));
    }
};

Task<http::Server> bind(http::ServerOptions options = plain_options()) {
    auto server = co_await http::Server::bind("127.0.0.1:0", options);
    co_return std::move(server).value();
}

std::string get_of_http2(std::string path) {
    std::string head("\x82\x87\x04", 3);
    head += char(path.size());
    return preface() + frame(FrameType::Headers, kEndHeaders | kEndStream, 1,
                             head + path + std::string("\x41\x01") + "a");
}

/// The body of the answer to `GET path` by HTTP/2.
template <class S>
Task<std::string> ask_http2(S& stream, std::string path) {
    static_cast<void>(co_await edo::io::write_all(stream, get_of_http2(std::move(path))));
    Seen seen = co_await look(stream, [](const Seen& s) { return !s.ended.empty(); });
    co_return seen.bodies[1];
}

/// The body of the answer to `GET path` by HTTP/1.
template <class S>
Task<std::string> ask_http1(S& stream, std::string path) {
    static_cast<void>(co_await edo::io::write_all(stream, get(path, "Connection: close\r\n")));
    const std::string answer = co_await read_everything(stream);
    const std::size_t end = answer.find("\r\n\r\n");
    co_return end == std::string::npos ? "no answer: " + answer : answer.substr(end + 4);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(https_server)

BOOST_AUTO_TEST_CASE(clients_choose_the_version_of_http) {
    for_each_flavor_and_reactor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            Running server(co_await bind(), TlsAcceptor(server_config()));
            Encrypted both = co_await server.connect(client_config("http/1.1 h2"));
            BOOST_TEST(both.alpn().value() == "h2");
            std::string answer = co_await ask_http2(both, "/tls");
            BOOST_TEST(answer == "https localhost h2 ?");
            Encrypted older = co_await server.connect(client_config("http/1.1"));
            answer = co_await ask_http1(older, "/tls");
            BOOST_TEST(answer == "https localhost http/1.1 ?");
            Encrypted silent = co_await server.connect(client_config());
            answer = co_await ask_http1(silent, "/tls");
            BOOST_TEST(answer == "https localhost ? ?");
            const auto stranger = co_await server.try_connect(client_config("gopher"));
            BOOST_TEST(!stranger.has_value());
            co_await server.stop();
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_list_of_protocols_in_the_configuration_and_the_option_hold) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            auto config = server_config();
            config.set_alpn({"http/1.1"});
            Running listed(co_await bind(), TlsAcceptor(config));
            Encrypted stream = co_await listed.connect(client_config("h2 http/1.1"));
            BOOST_TEST(stream.alpn().value() == "http/1.1");
            co_await listed.stop();

            http::ServerOptions options = plain_options();
            options.http2 = false;
            Running without(co_await bind(options), TlsAcceptor(server_config()));
            Encrypted other = co_await without.connect(client_config("h2 http/1.1"));
            BOOST_TEST(other.alpn().value() == "http/1.1");
            co_await without.stop();
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_plain_port_serves_both_versions) {
    for_each_flavor_and_reactor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            Running server(co_await bind(), std::nullopt);
            TcpStream newer = co_await server.connect();
            std::string answer = co_await ask_http2(newer, "/tls");
            BOOST_TEST(answer == "https plain");  // what the client says
            TcpStream older = co_await server.connect();
            answer = co_await ask_http1(older, "/tls");
            BOOST_TEST(answer == "http plain");
            co_await server.stop();

            http::ServerOptions options = plain_options();
            options.http2 = false;
            Running without(co_await bind(options), std::nullopt);
            answer = co_await without.exchange(get_of_http2("/tls"));
            BOOST_TEST(answer.starts_with("HTTP/1.1 505 "), answer);
            co_await without.stop();
        }());
    });
}

BOOST_AUTO_TEST_CASE(the_preface_is_recognised_however_it_is_cut) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            const std::string bytes = get_of_http2("/hello");
            for (std::size_t cut = 0; cut <= http::h2::kPreface.size() + 1; ++cut) {
                auto [client, stream] = edo::io::duplex(64 * 1024);
                auto served = edo::spawn(http::serve_any_version(
                    std::move(stream), http::Serving(routes(), plain_options())));
                static_cast<void>(co_await edo::io::write_all(client, bytes.substr(0, cut)));
                for (int i = 0; i < 5; ++i) {
                    co_await edo::yield_now();
                }
                static_cast<void>(co_await edo::io::write_all(client, bytes.substr(cut)));
                Seen seen = co_await look(client, [](const Seen& s) { return !s.ended.empty(); });
                BOOST_TEST(seen.bodies[1] == "hello");
                static_cast<void>(co_await client.shutdown());
                static_cast<void>(co_await served);
            }
            // Like a preface, and then not.
            for (const char* const text :
                 {"PRI / HTTP/1.1\r\nHost: a\r\n\r\n", "PUT", "PRI * HTTP/2.0\r\n\r\nXY"}) {
                auto [client, stream] = edo::io::duplex(64 * 1024);
                auto served = edo::spawn(http::serve_any_version(
                    std::move(stream), http::Serving(routes(), plain_options())));
                static_cast<void>(co_await edo::io::write_all(client, text));
                static_cast<void>(co_await client.shutdown());
                const std::string answer = co_await read_everything(client);
                const bool is_refused = answer.starts_with("HTTP/1.1 5");
                BOOST_TEST((is_refused || answer.empty()), answer);
                static_cast<void>(co_await served);
            }
        }());
    });
}

BOOST_AUTO_TEST_CASE(tls_on_a_plain_port_is_refused_in_words) {  // T-01
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            Running server(co_await bind(), std::nullopt);
            const auto failed = co_await server.try_connect(client_config());
            BOOST_REQUIRE(!failed.has_value());
            BOOST_TEST((failed.error() == edo::tls::Errc::NotTls), failed.error().message());
            const std::string hello =
                std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
            const std::string answer = co_await server.exchange(hello + "\r\n\r\n");
            BOOST_TEST(answer.starts_with("HTTP/1.1 400 "), answer);
            co_await server.stop();
        }());
    });
}

BOOST_AUTO_TEST_CASE(what_is_no_tls_ends_its_own_connection_only) {  // T-01
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            Running server(co_await bind(), TlsAcceptor(server_config()));
            Encrypted kept = co_await server.connect(client_config());
            for (const std::string& bytes :
                 {get("/hello"), std::string(1000, '\0'), std::string(100'000, '\xff'), preface(),
                  std::string("\x16\x03\x01\xff\xff", 5) + std::string(70'000, 'x')}) {
                const std::string answer = co_await server.exchange(bytes);
                BOOST_TEST(answer.size() < 100U);  // an alert at most
                BOOST_TEST(answer.find("HTTP") == std::string::npos);
            }
            const std::string answer = co_await ask_http1(kept, "/hello");
            BOOST_TEST(answer == "hello");
            co_await server.stop();
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_silent_client_is_let_go_in_time) {  // T-02
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            auto config = server_config();
            config.set_handshake_timeout(30ms);
            Running server(co_await bind(), TlsAcceptor(config));
            TcpStream silent = co_await server.connect();
            const std::string answer = co_await read_everything(silent);
            BOOST_TEST(answer == "");
            co_await server.wait_for_connections(0);
            co_await server.stop();
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_client_that_reads_nothing_of_a_stream_is_let_go_in_time) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            http::ServerOptions options = plain_options();
            options.write_timeout = 50ms;
            auto endless = http::make_service([](http::Request) -> Task<http::Response> {
                http::Response response;
                response.body = http::Body(std::make_unique<Endless>());
                co_return response;
            });
            Running server(co_await bind(options), TlsAcceptor(server_config()), endless);
            Encrypted stream = co_await server.connect(client_config());
            static_cast<void>(co_await edo::io::write_all(stream, get("/")));
            co_await server.wait_for_connections(1);
            co_await server.wait_for_connections(0);
            co_await server.stop();
        }());
    });
}

BOOST_AUTO_TEST_CASE(limits_hold_before_the_handshake_is_over) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            http::ServerOptions options = plain_options();
            options.max_connections = 1;
            Running server(co_await bind(options), TlsAcceptor(server_config()));
            std::optional<TcpStream> silent = co_await server.connect();
            co_await server.wait_for_connections(1);
            auto later = edo::spawn(server.connect(client_config()));
            co_await edo::sleep(20ms);
            BOOST_TEST(!later.is_finished());
            BOOST_TEST(server.handle.connections() == 1U);
            silent.reset();
            Encrypted stream = (co_await later).value();
            const std::string answer = co_await ask_http1(stream, "/hello");
            BOOST_TEST(answer == "hello");
            co_await server.stop();
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_stop_closes_handshakes_and_finishes_requests) {
    for_each_flavor_and_reactor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            auto asked = std::make_shared<Event>();
            auto napping = http::make_service([asked](http::Request) -> Task<http::Response> {
                asked->set();
                co_await edo::sleep(10ms);
                co_return http::Response::text("hello");
            });
            Running server(co_await bind(), TlsAcceptor(server_config()), std::move(napping));
            TcpStream silent = co_await server.connect();
            Encrypted idle = co_await server.connect(client_config());
            Encrypted idle2 = co_await server.connect(client_config("h2"));
            Encrypted busy = co_await server.connect(client_config("h2"));
            static_cast<void>(co_await edo::io::write_all(busy, get_of_http2("/nap")));
            co_await server.wait_for_connections(4);
            co_await *asked;
            const edo::Instant start = edo::now();
            server.handle.shutdown(1h);
            std::string answer = co_await read_everything(silent);
            BOOST_TEST(answer == "");
            answer = co_await read_everything(idle);
            BOOST_TEST(answer == "");
            Seen seen = co_await look_to_the_end(busy);
            BOOST_TEST(seen.bodies[1] == "hello");
            BOOST_TEST(seen.go_away == 0U);
            seen = co_await look_to_the_end(idle2);
            BOOST_TEST(seen.go_away == 0U);
            co_await server.stop();
            BOOST_TEST((edo::now() - start < 5s));
        }());
    });
}

BOOST_AUTO_TEST_CASE(the_end_of_a_connection_is_said) {  // T-04
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            http::ServerOptions options = plain_options();
            options.idle_timeout = 20ms;
            Running server(co_await bind(options), TlsAcceptor(server_config()));
            for (const char* const last : {"Connection: close\r\n", ""}) {
                Encrypted stream = co_await server.connect(client_config());
                static_cast<void>(co_await edo::io::write_all(stream, get("/hello", last)));
                const auto answer = co_await edo::io::read_to_string(stream);
                BOOST_REQUIRE(answer.has_value());  // an error without the goodbye
                BOOST_TEST(answer->ends_with("hello"));
            }
            co_await server.stop();
        }());
    });
}

BOOST_AUTO_TEST_CASE(the_service_sees_who_the_client_is) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            auto config = server_config();
            must(config.require_client_certificate(keys().authority.ca_file()));
            config.set_client_certificate_optional();
            Running server(co_await bind(), TlsAcceptor(config));
            auto known = client_config();
            must(known.set_certificate(keys().client.cert, keys().client.key));
            Encrypted stream = co_await server.connect(known);
            std::string answer = co_await ask_http1(stream, "/tls");
            BOOST_TEST(answer == "https localhost ? CN=ada");
            Encrypted other = co_await server.connect(client_config());
            answer = co_await ask_http1(other, "/tls");
            BOOST_TEST(answer == "https localhost ? ?");
            co_await server.stop();
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_reload_counts_for_new_connections) {  // T-07
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            TlsAcceptor acceptor(server_config());
            Running server(co_await bind(), acceptor);
            Encrypted before = co_await server.connect(client_config());
            BOOST_TEST(before.peer_certificate()->subject() == "CN=first");
            acceptor.reload(
                edo::tls::ServerConfig::from_files(keys().second.cert, keys().second.key).value());
            Encrypted after = co_await server.connect(client_config("h2"));
            BOOST_TEST(after.peer_certificate()->subject() == "CN=second");
            std::string answer = co_await ask_http1(before, "/hello");
            BOOST_TEST(answer == "hello");
            answer = co_await ask_http2(after, "/hello");
            BOOST_TEST(answer == "hello");
            co_await server.stop();
        }());
    });
}

BOOST_AUTO_TEST_CASE(bodies_of_all_sizes_pass) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            Running server(co_await bind(), TlsAcceptor(server_config()));
            Encrypted stream = co_await server.connect(client_config());
            for (const std::size_t size : {1U, 16'384U, 300'000U}) {
                const std::string body(size, 'b');
                auto both = co_await edo::join(edo::io::write_all(stream, post("/echo", body)),
                                               read_up_to(stream, "\r\n\r\n" + body));
                BOOST_TEST(std::get<1>(both).starts_with("HTTP/1.1 200 "));
            }
            static_cast<void>(co_await edo::io::write_all(
                stream,
                "POST /collect HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                "Expect: 100-continue\r\n\r\n"));
            std::string answer = co_await read_up_to(stream, "\r\n\r\n");
            BOOST_TEST(answer == "HTTP/1.1 100 Continue\r\n\r\n");
            static_cast<void>(co_await edo::io::write_all(stream, "abc" + get("/stream")));
            answer = co_await read_up_to(stream, "0\r\n\r\n");
            BOOST_TEST(answer.find("abc") != std::string::npos);
            co_await server.stop();
        }());
    });
}

BOOST_AUTO_TEST_SUITE_END()
