// SPDX-License-Identifier: MIT
// Against other implementations: the program `openssl`, curl, and Python's ssl module.
#include "support/flavors.hpp"
#include "tls/fixture.hpp"
#include <edo/runtime/io/write.hpp>
#include <edo/runtime/process/command.hpp>

#include <array>
#include <chrono>
#include <csignal>

using edo::Result;
using edo::Task;
using edo::process::Command;
using edo::process::Output;
using edo::test::for_each_flavor;
using edo::test::pattern;
using edo::test::read_all;
using edo::test::read_text;
using edo::test::TlsFixture;
using edo::tls::ServerConfig;
using edo::tls::TlsAcceptor;
using edo::tls::TlsConnector;
using edo::tls::TlsStream;
using namespace std::chrono_literals;

namespace {

/// Sends each line back; after "GET ..." and an empty line, says who is asking and ends.
Task<Result<void>> answer(TlsStream<edo::net::TcpStream> stream) {
    std::string text;
    std::array<std::byte, 4096> buffer;
    for (;;) {
        const std::size_t count = co_await edo::propagate(co_await stream.read(buffer));
        if (count == 0) {
            co_return co_await stream.shutdown();
        }
        text += edo::test::text_of(std::span(buffer).first(count));
        if (!text.starts_with("GET ")) {
            co_await edo::propagate(co_await edo::io::write_all(stream, "echo " + text));
            text.clear();
        } else if (text.find("\r\n\r\n") != std::string::npos) {
            const auto certificate = stream.peer_certificate();
            const std::string body = "alpn=" + stream.alpn().value_or("none") +
                                     " sni=" + stream.server_name().value_or("none") +
                                     " client=" + (certificate ? certificate->subject() : "none") +
                                     " resumed=" + (stream.is_resumed() ? "yes" : "no") + "\n";
            const std::string head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " +
                                     std::to_string(body.size()) + "\r\n\r\n";
            co_await edo::propagate(co_await edo::io::write_all(stream, head + body));
            co_return co_await stream.shutdown();
        }
    }
}

Task<void> serve_one(TlsAcceptor acceptor, edo::net::TcpStream connection) {
    auto stream = co_await acceptor.accept(std::move(connection));
    if (stream) {
        static_cast<void>(co_await answer(std::move(*stream)));
    }
}

Task<void> serve(TlsAcceptor acceptor, edo::net::TcpListener listener) {
    for (;;) {
        auto accepted = co_await listener.accept();
        if (accepted) {
            edo::spawn(serve_one(acceptor, std::move(accepted->first))).detach();
        }
    }
}

/// Runs `script` in a shell, where $PORT is the port of a server with this configuration and $CA
/// the authority; yields all that it has printed.
Task<std::string> ask(const TlsFixture& fixture, ServerConfig config, std::string script) {
    auto listener = (co_await edo::net::TcpListener::bind("127.0.0.1:0")).value();
    const auto port = listener.local_addr().value().port();
    auto server = edo::spawn(serve(TlsAcceptor(config), std::move(listener)));
    Command command("sh");
    command.args({"-c", "exec 2>&1\n" + script});
    command.env("PORT", std::to_string(port)).env("CA", fixture.authority().ca_file());
    command.env("DIR", fixture.authority().directory().path());
    const auto output = co_await command.output();
    server.abort();
    static_cast<void>(co_await server);
    co_return output.value().out;
}

void check_peer(const TlsFixture& fixture, const ServerConfig& config, const std::string& script,
                const std::string& expected) {
    const edo::test::LeakGuard guard;
    edo::Runtime runtime = edo::Builder::multi_thread(2).build();
    const std::string printed = runtime.block_on(ask(fixture, config, script));
    BOOST_TEST((printed.find(expected) != std::string::npos), script << "\nprinted\n"
                                                                     << printed << "\nand not\n"
                                                                     << expected);
}

/// A port that nobody listens to.
Task<std::uint16_t> free_port() {
    auto listener = (co_await edo::net::TcpListener::bind("127.0.0.1:0")).value();
    co_return listener.local_addr().value().port();
}

/// Connects as soon as somebody listens.
Task<edo::net::TcpStream> connect_to(std::uint16_t port) {
    for (;;) {
        auto stream = co_await edo::net::TcpStream::connect("127.0.0.1:" + std::to_string(port));
        if (stream) {
            co_return std::move(*stream);
        }
        co_await edo::sleep(10ms);
    }
}

/// `openssl s_server` with these options, and with `input` as its standard input.
edo::process::Child start_server(const TlsFixture& fixture, std::uint16_t port,
                                 const std::string& options, const std::string& input = "cat") {
    Command command("sh");
    command.args({"-c", input + " | exec openssl s_server -accept 127.0.0.1:" +
                            std::to_string(port) + " -cert " + fixture.local().cert + " -key " +
                            fixture.local().key + ' ' + options + " >/dev/null 2>&1"});
    command.stdin(edo::process::Stdio::piped()).process_group(0).kill_on_drop(true);
    return std::move(command.spawn().value());
}

Task<void> stop(edo::process::Child child) {
    ::kill(-child.id().value(), SIGTERM);
    static_cast<void>(co_await child.wait());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tls_peers)

BOOST_AUTO_TEST_CASE(curl_gets_an_answer_with_every_version) {
    const TlsFixture fixture;
    ServerConfig config = fixture.server();
    config.set_alpn({"http/1.1"});
    const std::string curl = "curl -s --cacert $CA https://localhost:$PORT/ ";
    check_peer(fixture, config, curl, "alpn=http/1.1 sni=localhost client=none");
    check_peer(fixture, config, curl + "--tlsv1.3", "alpn=http/1.1");
    check_peer(fixture, config, curl + "--tls-max 1.2", "alpn=http/1.1");
    check_peer(fixture, config, "curl -s --cacert $CA https://127.0.0.1:$PORT/", "sni=none");
    check_peer(fixture, config, curl + "--tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 || echo refused",
               "refused");
    check_peer(fixture, config, "curl -sS https://localhost:$PORT/ || echo refused", "refused");
    check_peer(fixture, config, "curl -s http://localhost:$PORT/ || echo refused", "refused");
}

BOOST_AUTO_TEST_CASE(curl_shows_its_certificate) {
    const TlsFixture fixture;
    static_cast<void>(fixture.authority().issue("alice", "DNS:alice"));
    ServerConfig config = fixture.server();
    BOOST_REQUIRE(config.require_client_certificate(fixture.authority().ca_file()).has_value());
    const std::string curl = "curl -s --cacert $CA https://localhost:$PORT/ ";
    check_peer(fixture, config, curl + "--cert $DIR/alice.pem --key $DIR/alice_key.pem",
               "client=CN=alice");
    check_peer(fixture, config, curl + "|| echo refused", "refused");
}

BOOST_AUTO_TEST_CASE(s_client_and_its_versions) {
    const TlsFixture fixture;
    ServerConfig config = fixture.server();
    config.set_alpn({"h2", "http/1.1"});
    const std::string ask =
        "echo hello | timeout 20 openssl s_client -connect 127.0.0.1:$PORT "
        "-CAfile $CA -verify_return_error -servername localhost -ign_eof -nocommands ";
    const std::string get =
        "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | timeout 20 openssl s_client "
        "-connect 127.0.0.1:$PORT -CAfile $CA -servername localhost "
        "-ign_eof -nocommands ";
    check_peer(fixture, config, get + "-alpn http/1.1", "ALPN protocol: http/1.1");
    check_peer(fixture, config, get + "-alpn foo", "no application protocol");
    check_peer(fixture, config, get + "-tls1_2", "sni=localhost");
    check_peer(fixture, config, get + "-tls1_3", "sni=localhost");
    check_peer(fixture, config, get + "-tls1_3", "Verify return code: 0 (ok)");
    check_peer(fixture, config, get + "-tls1_1 -cipher DEFAULT@SECLEVEL=0", "protocol version");
}

BOOST_AUTO_TEST_CASE(weak_ciphers_are_refused_and_others_are_served) {  // T-06
    const TlsFixture fixture;
    const std::string get =
        "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | timeout 20 openssl s_client "
        "-connect 127.0.0.1:$PORT -CAfile $CA -ign_eof -nocommands -tls1_2 -cipher ";
    for (const std::string weak :
         {"ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "AES128-SHA", "AES256-GCM-SHA384",
          "eNULL:@SECLEVEL=0", "aNULL:@SECLEVEL=0"}) {
        check_peer(fixture, fixture.server(), get + weak, "handshake failure");
    }
    for (const std::string good : {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
                                   "ECDHE-ECDSA-CHACHA20-POLY1305"}) {
        check_peer(fixture, fixture.server(), get + good, "client=none");
    }
}

BOOST_AUTO_TEST_CASE(s_client_resumes_its_session) {
    const TlsFixture fixture;
    const std::string get =
        "(printf 'GET / HTTP/1.0\\r\\n\\r\\n'; sleep 0.2) | timeout 20 openssl s_client "
        "-connect 127.0.0.1:$PORT -CAfile $CA -ign_eof -nocommands ";
    for (const std::string version : {"-tls1_2 ", "-tls1_3 "}) {
        check_peer(fixture, fixture.server(),
                   get + version + "-sess_out $DIR/session >/dev/null; " + get + version +
                       "-sess_in $DIR/session",
                   "resumed=yes");
    }
}

BOOST_AUTO_TEST_CASE(s_client_updates_its_keys) {
    const TlsFixture fixture;
    check_peer(fixture, fixture.server(),
               "(printf 'one\\n'; sleep 0.2; printf 'K\\n'; sleep 0.2; printf 'two\\n'; sleep 0.2; "
               "printf 'k\\n'; sleep 0.2; printf 'three\\n'; sleep 0.3; printf 'Q\\n') | "
               "timeout 20 openssl s_client -connect 127.0.0.1:$PORT -CAfile $CA -tls1_3",
               "echo three");
}

BOOST_AUTO_TEST_CASE(s_client_updates_keys_in_both_directions_while_data_flows) {
    const TlsFixture fixture;
    check_peer(fixture, fixture.server(),
               "n=$( (for i in 1 2 3 4 5 6 7 8; do head -c 200000 /dev/zero | tr '\\0' x; "
               "sleep 0.03; printf 'K\n'; sleep 0.03; done; sleep 0.5; printf 'Q\n') | "
               "timeout 20 openssl s_client -connect 127.0.0.1:$PORT -CAfile $CA -tls1_3 | "
               "tr -cd x | wc -c); test $n -ge 1600000 && echo whole",
               "whole");
}

BOOST_AUTO_TEST_CASE(s_client_may_not_renegotiate) {
    const TlsFixture fixture;
    check_peer(fixture, fixture.server(),
               "(printf 'one\n'; sleep 0.2; printf 'R\n'; sleep 0.3; printf 'two\n'; sleep 0.2; "
               "printf 'Q\n') | timeout 20 openssl s_client -connect 127.0.0.1:$PORT "
               "-CAfile $CA -tls1_2; echo",
               "no renegotiation");
    // The server goes on, also for this connection if the client does.
    check_peer(fixture, fixture.server(),
               "printf 'R\n' | timeout 20 openssl s_client -connect 127.0.0.1:$PORT -CAfile $CA "
               "-tls1_2 >/dev/null 2>&1; curl -s --cacert $CA https://localhost:$PORT/",
               "client=none");
}

BOOST_AUTO_TEST_CASE(pythons_ssl_module_gets_an_end_and_not_a_cut) {
    const TlsFixture fixture;
    check_peer(fixture, fixture.server(), R"(timeout 20 /usr/bin/python3 -c '
import os, socket, ssl
context = ssl.create_default_context(cafile=os.environ["CA"])
plain = socket.create_connection(("127.0.0.1", int(os.environ["PORT"])))
stream = context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False)
stream.sendall(b"x" * 300000)
got = b""
while got.count(b"x") < 300000:
    got += stream.recv(65536)
stream.sendall(b"GET / HTTP/1.0\r\n\r\n")
while piece := stream.recv(65536):
    got += piece
print("ended", stream.version(), stream.unwrap() is not None)
')",
               "ended TLSv1.3 True");
}

BOOST_AUTO_TEST_CASE(s_server_answers_with_every_version) {
    const TlsFixture fixture;
    const edo::test::LeakGuard guard;
    edo::Runtime runtime = edo::Builder::multi_thread(2).build();
    for (const std::string version : {"-tls1_2", "-tls1_3"}) {
        runtime.block_on([&]() -> Task<void> {
            const std::uint16_t port = co_await free_port();
            auto server = start_server(fixture, port, "-rev -alpn one,two " + version);
            edo::tls::ClientConfig config = fixture.client();
            config.set_alpn({"two"});
            auto stream =
                co_await TlsConnector(config).connect("localhost", co_await connect_to(port));
            BOOST_TEST_REQUIRE(stream.has_value(), (stream ? "" : stream.error().message()));
            BOOST_TEST(stream->alpn().value_or("") == "two");
            static_cast<void>(co_await stream->write("hello\n"));
            const auto text = co_await read_text(*stream, 6);
            BOOST_TEST(text.value() == "olleh\n");
            static_cast<void>(co_await stream->shutdown());
            co_await stop(std::move(server));
        });
    }
}

BOOST_AUTO_TEST_CASE(s_server_resumes_our_session) {
    const TlsFixture fixture;
    const edo::test::LeakGuard guard;
    edo::Runtime runtime = edo::Builder::multi_thread(2).build();
    for (const std::string version : {"-tls1_2", "-tls1_3"}) {
        runtime.block_on([&]() -> Task<void> {
            const std::uint16_t port = co_await free_port();
            auto server = start_server(fixture, port, "-rev " + version);
            const TlsConnector connector(fixture.client());
            for (const bool resumed : {false, true, true}) {
                auto stream = co_await connector.connect("localhost", co_await connect_to(port));
                BOOST_REQUIRE(stream.has_value());
                BOOST_TEST(stream->is_resumed() == resumed);
                static_cast<void>(co_await stream->write("hello\n"));
                const auto text = co_await read_text(*stream, 6);
                BOOST_TEST(text.value() == "olleh\n");
                static_cast<void>(co_await stream->shutdown());
            }
            co_await stop(std::move(server));
        });
    }
}

BOOST_AUTO_TEST_CASE(s_server_updates_the_keys_while_we_write) {
    const TlsFixture fixture;
    const edo::test::LeakGuard guard;
    edo::Runtime runtime = edo::Builder::multi_thread(2).build();
    runtime.block_on([&]() -> Task<void> {
        const std::uint16_t port = co_await free_port();
        auto server = start_server(
            fixture, port, "-tls1_3",
            "(for i in 1 2 3 4 5; do sleep 0.1; echo K; sleep 0.1; echo line $i; done; cat)");
        auto stream =
            co_await TlsConnector(fixture.client()).connect("localhost", co_await connect_to(port));
        BOOST_REQUIRE(stream.has_value());
        const std::string text = pattern(3'000'000);
        auto done = co_await edo::join(edo::io::write_all(*stream, text), read_text(*stream, 35));
        BOOST_TEST(std::get<0>(done).has_value());
        BOOST_TEST(std::get<1>(done).value() == "line 1\nline 2\nline 3\nline 4\nline 5\n");
        const auto written = co_await stream->write("after it");
        BOOST_TEST(written.has_value());
        co_await stop(std::move(server));
    });
}

BOOST_AUTO_TEST_SUITE_END()
