// SPDX-License-Identifier: MIT
// HTTP/2 with other implementations: curl, nghttp, h2load, and Python's h2.
#include "support/certificates.hpp"
#include "support/leak_guard.hpp"
#include <edo/edo.hpp>
#include <edo/net/http/h2/serve_connection.hpp>
#include <edo/net/tls/acceptor.hpp>
#include <edo/runtime/process/command.hpp>

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>

using edo::Result;
using edo::Task;
using edo::http::Body;
using edo::http::BodySource;
using edo::http::Headers;
using edo::http::Method;
using edo::http::Request;
using edo::http::Response;
using edo::http::Serving;
using edo::http::Status;
using edo::net::TcpListener;
using edo::net::TcpStream;

namespace {

/// A body of so many pieces, and a trailer.
class Pieces final : public BodySource {
public:
    explicit Pieces(std::size_t count) : left_(count) { trailers_.append("x-end", "reached"); }
    Task<Result<std::optional<std::string>>> next() override {
        co_await edo::yield_now();
        if (left_ == 0) {
            co_return std::optional<std::string>();
        }
        --left_;
        co_return std::optional<std::string>(std::string(10'000, 'p'));
    }
    [[nodiscard]] const Headers* trailers() const override { return &trailers_; }

private:
    std::size_t left_;
    Headers trailers_;
};

Task<Response> answer(Request request) {
    if (request.target == "/pieces") {
        co_return Response(Status::Ok, Body(std::make_unique<Pieces>(100)));
    }
    if (request.method == Method::Post) {
        const auto body = co_await request.body.collect(10'000'000);
        co_return Response::text("got " + std::to_string(body.value().size()) + "\n");
    }
    co_return Response::text("path " + request.target + " host " + request.authority + "\n");
}

Task<void> serve_one(std::optional<edo::tls::TlsAcceptor> acceptor, Serving serving,
                     TcpStream connection) {
    if (!acceptor) {
        co_await edo::http::h2::serve_connection(std::move(connection), std::move(serving));
        co_return;
    }
    auto stream = co_await acceptor->accept(std::move(connection));
    if (stream) {
        co_await edo::http::h2::serve_connection(std::move(*stream), std::move(serving));
    }
}

Task<void> serve(std::optional<edo::tls::TlsAcceptor> acceptor, TcpListener listener) {
    edo::http::ServerOptions options;
    options.body_limit = 10'000'000;
    const Serving serving(edo::http::make_service(&answer), options);
    for (;;) {
        auto accepted = co_await listener.accept();
        if (accepted) {
            edo::spawn(serve_one(acceptor, serving, std::move(accepted->first))).detach();
        }
    }
}

/// Runs a script with $PORT; yields what it has printed.
Task<std::string> ask(std::optional<edo::tls::TlsAcceptor> acceptor, std::string script,
                      std::string directory) {
    auto listener = (co_await TcpListener::bind("127.0.0.1:0")).value();
    const auto port = listener.local_addr().value().port();
    auto server = edo::spawn(serve(acceptor, std::move(listener)));
    edo::process::Command command("sh");
    command.args({"-c", "exec 2>&1\n" + script});
    command.env("PORT", std::to_string(port)).env("DIR", directory);
    const auto output = co_await command.output();
    server.abort();
    static_cast<void>(co_await server);
    co_return output.value().out;
}

void check_peer(std::optional<edo::tls::TlsAcceptor> acceptor, const std::string& directory,
                const std::string& script, const std::string& expected) {
    const edo::test::LeakGuard guard;
    edo::Runtime runtime = edo::Builder::multi_thread(2).build();
    const std::string printed = runtime.block_on(ask(std::move(acceptor), script, directory));
    BOOST_TEST((printed.find(expected) != std::string::npos), script << "\nprinted\n"
                                                                     << printed << "\nand not\n"
                                                                     << expected);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(h2_peers)

BOOST_AUTO_TEST_CASE(curl_with_prior_knowledge) {
    const std::string curl = "curl -s --http2-prior-knowledge -w '%{http_version} %{http_code}' ";
    check_peer({}, "", curl + "http://localhost:$PORT/a?b", "path /a?b host localhost:");
    check_peer({}, "", curl + "http://localhost:$PORT/a?b", "2 200");
    check_peer({}, "",
               "head -c 5000000 /dev/zero | " + curl + "--data-binary @- http://localhost:$PORT/",
               "got 5000000\n2 200");
    check_peer({}, "", curl + "http://localhost:$PORT/pieces -o /dev/null -w '%{size_download}'",
               "1000000");
    check_peer({}, "", curl + "-I http://localhost:$PORT/", "content-length: ");
}

BOOST_AUTO_TEST_CASE(curl_over_tls) {
    const edo::test::TestAuthority authority;
    const auto files = authority.issue("server", "DNS:localhost");
    auto config = edo::tls::ServerConfig::from_files(files.cert, files.key).value();
    config.set_alpn({"h2"});
    const edo::tls::TlsAcceptor acceptor(config);
    check_peer(
        acceptor, authority.directory().path(),
        "curl -s --http2 --cacert $DIR/ca.pem -w '%{http_version}' https://localhost:$PORT/x",
        "path /x host localhost:");
    check_peer(acceptor, authority.directory().path(),
               "head -c 5000000 /dev/zero | curl -s --cacert $DIR/ca.pem --data-binary @- "
               "https://localhost:$PORT/",
               "got 5000000");
    check_peer(acceptor, authority.directory().path(),
               "curl -s --cacert $DIR/ca.pem -o /dev/null -w '%{size_download}' "
               "https://localhost:$PORT/pieces",
               "1000000");
}

BOOST_AUTO_TEST_CASE(nghttp_and_h2load) {
    check_peer({}, "", "timeout 20 nghttp -v http://localhost:$PORT/pieces | grep -a x-end",
               "x-end: reached");
    check_peer({}, "", "timeout 30 h2load -n 2000 -c 4 -m 20 http://localhost:$PORT/",
               "2000 succeeded, 0 failed");
}

BOOST_AUTO_TEST_CASE(pythons_h2) {
    check_peer({}, "", R"(timeout 20 /usr/bin/python3 -c '
import os, socket, h2.connection, h2.config, h2.events
sock = socket.create_connection(("127.0.0.1", int(os.environ["PORT"])))
conn = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
conn.initiate_connection()
head = [(":method", "POST"), (":path", "/"), (":scheme", "http"), (":authority", "a"), ("cookie", "a=1"), ("cookie", "b=2")]
conn.send_headers(1, head)
conn.send_data(1, b"x" * 1000)
conn.send_headers(1, [("x-trailer", "1")], end_stream=True)
conn.ping(b"12345678")
sock.sendall(conn.data_to_send())
got, ponged = b"", False
while True:
    for event in conn.receive_data(sock.recv(65536)):
        if isinstance(event, h2.events.DataReceived):
            got += event.data
        if isinstance(event, h2.events.PingAckReceived):
            ponged = True
        if isinstance(event, h2.events.StreamEnded):
            print(got.decode(), ponged)
            raise SystemExit
')",
               "got 1000\n True");
}

BOOST_AUTO_TEST_SUITE_END()
