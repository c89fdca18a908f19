// SPDX-License-Identifier: MIT
// The client's HTTP/2 over sockets: edo's own server with TLS, nginx, nghttpd, and Python's h2.
#include "client_test.hpp"
#include "nginx.hpp"
#include "support/certificates.hpp"
#include "support/flavors.hpp"
#include <edo/net/http/h2/serve_connection.hpp>
#include <edo/net/http/service.hpp>
#include <edo/net/tls/acceptor.hpp>
#include <edo/runtime/io/write.hpp>
#include <edo/runtime/join_set.hpp>
#include <edo/runtime/spawn.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>

using namespace edo;
using namespace edo::test;
using namespace std::chrono_literals;
using http::Client;

BOOST_AUTO_TEST_SUITE(h2_client_peers)

namespace {

tls::ClientConfig trusting(const TestAuthority& authority) {
    tls::ClientConfig config;
    BOOST_REQUIRE(config.add_trusted(authority.ca_file()).has_value());
    return config;
}

Task<http::Response> echo(http::Request request) {
    const auto body = co_await request.body.collect(std::size_t{10} << 20);
    co_return http::Response::text(std::string(to_string(request.method)) + ' ' + request.scheme +
                                   ' ' + request.target + ' ' +
                                   std::to_string(body.value().size()));
}

/// Serves HTTP/2 to whoever has chosen it, and says "HTTP/1.1" to others.
Task<void> serve_one(tls::TlsAcceptor acceptor, http::Serving serving, net::TcpStream connection) {
    auto stream = co_await acceptor.accept(std::move(connection));
    if (!stream) {
        co_return;
    }
    if (stream->alpn() == "h2") {
        co_await http::h2::serve_connection(std::move(*stream), std::move(serving));
        co_return;
    }
    std::array<std::byte, 4096> buffer;
    static_cast<void>(co_await stream->read(buffer));
    static_cast<void>(co_await io::write_all(
        *stream, std::string_view("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nHTTP/1.1")));
    static_cast<void>(co_await stream->shutdown());
}

Task<void> serve(tls::TlsAcceptor acceptor, net::TcpListener listener, std::size_t& connections) {
    const http::Serving serving(http::make_service(&echo));
    JoinSet<void> serving_all;
    for (;;) {
        auto accepted = co_await listener.accept();
        if (accepted) {
            ++connections;
            serving_all.spawn(serve_one(acceptor, serving, std::move(accepted->first)));
        }
    }
}

/// Asks often and at the same time; how many answers begin like that.
Task<std::size_t> ask_often(const Client& client, std::string url, int times,
                            std::string beginning) {
    JoinSet<std::string> asking;
    for (int i = 0; i < times; ++i) {
        asking.spawn(outcome(client.get(url)));
    }
    std::size_t good = 0;
    while (auto text = co_await asking.join_next()) {
        good += text->value().starts_with(beginning) ? 1 : 0;
    }
    co_return good;
}

constexpr std::string_view kPythonServer = R"(
import socket, sys, h2.connection, h2.config, h2.events
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
def serve(sock):
    conn = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    conn.initiate_connection()
    sock.sendall(conn.data_to_send())
    bodies = {}
    while data := sock.recv(65536):
        for event in conn.receive_data(data):
            if isinstance(event, h2.events.DataReceived):
                conn.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                bodies[event.stream_id] = bodies.get(event.stream_id, 0) + len(event.data)
            if isinstance(event, h2.events.StreamEnded):
                text = b"got %d" % bodies.get(event.stream_id, 0)
                conn.ping(b"12345678")
                conn.send_headers(event.stream_id, [(":status", "103"), ("link", "<x>")])
                conn.send_headers(event.stream_id, [(":status", "200"), ("content-length", str(len(text)))])
                conn.send_data(event.stream_id, text)
                conn.send_headers(event.stream_id, [("x-end", "reached")], end_stream=True)
        sock.sendall(conn.data_to_send())
while True:
    with listener.accept()[0] as sock:
        try:
            serve(sock)
        except ConnectionError:  # who only wanted to know whether somebody listens
            pass
)";

}  // namespace

BOOST_AUTO_TEST_CASE(alpn_chooses_the_version) {
    const TestAuthority authority;
    const CertificateFiles files = authority.issue("server", "DNS:localhost,IP:127.0.0.1");
    for_each_flavor([&](Runtime& runtime) {
        runtime.block_on([&]() -> Task<void> {
            auto config = tls::ServerConfig::from_files(files.cert, files.key).value();
            config.set_alpn({"h2", "http/1.1"});
            auto listener = (co_await net::TcpListener::bind("127.0.0.1:0")).value();
            const std::string url =
                "https://127.0.0.1:" + std::to_string(listener.local_addr().value().port()) + "/";
            std::size_t connections = 0;
            auto server = spawn(serve(tls::TlsAcceptor(config), std::move(listener), connections));
            {
                const Client client = Client::builder().tls(trusting(authority)).build();
                const std::size_t good =
                    co_await ask_often(client, url + "x", 50, "200 GET https /x 0");
                BOOST_TEST(good == 50U);
                BOOST_TEST(connections == 1U);
                auto post = client.post(url);
                post.body(std::string(2'000'000, 'x'));
                const std::string got = co_await outcome(std::move(post));
                BOOST_TEST(got == "200 POST https / 2000000");
                BOOST_TEST(connections == 1U);

                // What HTTP/2 cannot do.
                auto upgrade = client.get(url);
                upgrade.header("Connection", "Upgrade").header("Upgrade", "websocket");
                const std::string upgraded = co_await outcome(std::move(upgrade));
                BOOST_TEST(upgraded == "200 HTTP/1.1");
                auto older = client.get(url);
                older.version(http::Version::Http11);
                const std::string old = co_await outcome(std::move(older));
                BOOST_TEST(old == "200 HTTP/1.1");

                const Client plain =
                    Client::builder().tls(trusting(authority)).http1_only().build();
                const std::string one = co_await outcome(plain.get(url));
                BOOST_TEST(one == "200 HTTP/1.1");
                const Client only =
                    Client::builder().tls(trusting(authority)).http2_prior_knowledge().build();
                const std::string two = co_await outcome(only.get(url));
                BOOST_TEST(two == "200 GET https / 0");
            }
            server.abort();
            static_cast<void>(co_await server);
        });
    });
}

BOOST_AUTO_TEST_CASE(nginx_with_tls) {
    if (!has_program("/usr/sbin/nginx")) {
        return;
    }
    const TestAuthority authority;
    const CertificateFiles files = authority.issue("server", "DNS:localhost,IP:127.0.0.1");
    const TemporaryDirectory directory;
    std::ofstream(directory.file("large")) << std::string(3'000'000, 'l');
    const LeakGuard guard;
    Runtime runtime = Builder::multi_thread(2).build();
    runtime.block_on([&]() -> Task<void> {
        const std::uint16_t port = co_await free_port();
        const std::string number = std::to_string(port);
        Servers servers;
        servers.start(nginx(
            directory, "server { listen 127.0.0.1:" + number + " ssl http2;\nssl_certificate " +
                           files.cert + ";\nssl_certificate_key " + files.key + ";\nroot " +
                           directory.path() +
                           ";\nhttp2_max_concurrent_streams 8;\nkeepalive_requests 20;\n"
                           "location /ok { return 200 \"$server_protocol\"; }\n"
                           "location /to { return 302 /ok; }\n}\n"));
        const bool is_there = co_await is_listening(port);
        BOOST_REQUIRE(is_there);
        {
            const Client client = Client::builder().tls(trusting(authority)).build();
            const std::string base = "https://localhost:" + number;
            // The server takes 8 at the same time, and goes away after 20.
            const std::size_t good = co_await ask_often(client, base + "/ok", 100, "200 HTTP/2.0");
            BOOST_TEST(good == 100U);
            for (int i = 0; i < 50; ++i) {
                const std::string got = co_await outcome(client.get(base + "/to"));
                BOOST_TEST(got == "200 HTTP/2.0");
            }
            auto response = (co_await client.get(base + "/large").send()).value();
            const auto body = co_await response.bytes();
            BOOST_TEST(body.value().size() == 3'000'000U);
            const std::string none = co_await outcome(client.get(base + "/none"));
            BOOST_TEST(none.starts_with("404 "));
        }
        co_await servers.stop();
    });
}

BOOST_AUTO_TEST_CASE(nghttpd_with_prior_knowledge) {
    if (!has_program("/usr/bin/nghttpd")) {
        return;
    }
    const TemporaryDirectory directory;
    std::ofstream(directory.file("large")) << std::string(3'000'000, 'l');
    const LeakGuard guard;
    Runtime runtime = Builder::multi_thread(2).build();
    runtime.block_on([&]() -> Task<void> {
        const std::uint16_t port = co_await free_port();
        Servers servers;
        process::Command command("/usr/bin/nghttpd");
        command.args({"--no-tls", "-a", "127.0.0.1", "-d", directory.path(), "--echo-upload",
                      "--trailer=x-end: reached", std::to_string(port)});
        command.stdout(process::Stdio::null()).stderr(process::Stdio::null());
        servers.start(std::move(command));
        const bool is_there = co_await is_listening(port);
        BOOST_REQUIRE(is_there);
        {
            const Client client = Client::builder().http2_prior_knowledge().build();
            const std::string base = "http://127.0.0.1:" + std::to_string(port);
            auto response = (co_await client.get(base + "/large").send()).value();
            const auto body = co_await response.bytes();
            BOOST_TEST(body.value().size() == 3'000'000U);
            BOOST_REQUIRE(response.trailers() != nullptr);
            BOOST_TEST(response.trailers()->get("x-end").value_or("") == "reached");
            auto post = client.post(base + "/echo");
            post.body(std::string(2'000'000, 'e'));
            const std::string echoed = co_await outcome(std::move(post));
            BOOST_TEST((echoed == "200 " + std::string(2'000'000, 'e')));
            const std::size_t good = co_await ask_often(client, base + "/none", 200, "404 ");
            BOOST_TEST(good == 200U);
        }
        co_await servers.stop();
    });
}

BOOST_AUTO_TEST_CASE(pythons_h2) {
    if (!has_program("/usr/bin/python3")) {
        return;
    }
    const LeakGuard guard;
    Runtime runtime = Builder::multi_thread(2).build();
    runtime.block_on([]() -> Task<void> {
        process::Command test("/usr/bin/python3");
        test.args({"-c", "import h2"}).stderr(process::Stdio::null());
        const auto has_h2 = co_await test.status();
        if (!has_h2.value().success()) {
            BOOST_TEST_MESSAGE("skipped: python3-h2 is not installed");
            co_return;
        }
        const std::uint16_t port = co_await free_port();
        Servers servers;
        process::Command command("/usr/bin/python3");
        command.args({"-c", std::string(kPythonServer), std::to_string(port)});
        servers.start(std::move(command));
        const bool is_there = co_await is_listening(port);
        BOOST_REQUIRE(is_there);
        {
            const Client client = Client::builder().http2_prior_knowledge().build();
            const std::string url = "http://127.0.0.1:" + std::to_string(port);
            for (const std::size_t size : {0U, 10U, 300'000U}) {
                auto post = client.post(url);
                post.body(std::string(size, 'x'));
                auto response = (co_await post.send()).value();
                BOOST_TEST(response.content_length().value() == 4 + std::to_string(size).size());
                const auto body = co_await response.text();
                BOOST_TEST(body.value() == "got " + std::to_string(size));
                BOOST_TEST(response.trailers()->get("x-end").value_or("") == "reached");
            }
            const std::size_t good = co_await ask_often(client, url, 90, "200 got 0");
            BOOST_TEST(good == 90U);
        }
        co_await servers.stop();
    });
}

BOOST_AUTO_TEST_SUITE_END()
