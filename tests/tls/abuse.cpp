// SPDX-License-Identifier: MIT
// Peers that misbehave, and many peers at once.
#include "support/flavors.hpp"
#include "support/on_paused_clock.hpp"
#include "tls/fixture.hpp"
#include <edo/runtime/io/write.hpp>
#include <edo/runtime/join_set.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

using edo::Result;
using edo::Task;
using edo::test::CutStream;
using edo::test::for_each_flavor;
using edo::test::on_paused_clock;
using edo::test::pattern;
using edo::test::read_all;
using edo::test::read_text;
using edo::test::shake_hands;
using edo::test::TlsFixture;
using edo::tls::Errc;
using edo::tls::TlsAcceptor;
using edo::tls::TlsConnector;
using edo::tls::TlsStream;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

/// What the server says to a client that sends `text` instead of a handshake.
std::error_code answer_to(const TlsFixture& fixture, const std::string& text) {
    std::error_code error;
    on_paused_clock([&]() -> Task<void> {
        auto ends = edo::io::duplex(64 * 1024);
        static_cast<void>(co_await ends.first.write(text));
        auto stream = co_await TlsAcceptor(fixture.server()).accept(std::move(ends.second));
        BOOST_TEST(!stream.has_value());
        error = stream ? std::error_code() : stream.error();
    });
    return error;
}

std::string record(char type, std::size_t length, std::string_view content) {
    std::string bytes{type, 3, 3, char(length >> 8), char(length)};
    return bytes.append(content);
}

/// What none of the two sides may say in plain text, and when all is encrypted.
std::vector<std::pair<std::string, std::string>> bad_records() {
    using namespace std::string_view_literals;
    const std::string much = pattern(20'000);
    return {
        {"a heartbeat that asks for more than it brings", record(24, 3, "\x01\x40\x00"sv)},
        {"data that is not encrypted", record(23, 32, much.substr(0, 32))},
        {"more than a record may have", record(23, 16'641, much.substr(0, 16'641))},
        {"the longest record that can be announced", record(23, 65'535, much)},
        {"a kind of record that is none", record(99, 5, "hello"sv)},
        {"a handshake that is not encrypted", record(22, 4, "\0\0\0\0"sv)},
        {"another version", std::string("\x17\x02\x00\x00\x05hello", 10)},
        {"another protocol", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"s},
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tls_abuse)

BOOST_AUTO_TEST_CASE(what_is_no_tls_is_refused) {
    const TlsFixture fixture;
    BOOST_TEST((answer_to(fixture, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") == Errc::NotTls));
    BOOST_TEST((answer_to(fixture, "SSH-2.0-OpenSSH_9.2\r\n") == Errc::NotTls));
    BOOST_TEST(bool(answer_to(fixture, pattern(20'000))));
    BOOST_TEST(bool(answer_to(fixture, std::string(20'000, '\0'))));
    // A record of a handshake that claims to be larger than any may be.
    BOOST_TEST(bool(answer_to(fixture, std::string("\x16\x03\x01\xff\xff", 5) + pattern(9000))));
    // A record of the right kind with rubbish in it.
    BOOST_TEST(bool(answer_to(fixture, std::string("\x16\x03\x01\x02\x00", 5) + pattern(512))));
    // A client that has nothing but TLS 1.1.
    BOOST_TEST((answer_to(fixture, std::string("\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x02", 11) +
                                       std::string(32, 'r') +
                                       std::string("\x00\x00\x02\x00\x2f\x01\x00", 7)) ==
                Errc::NoCommonVersion));
}

BOOST_AUTO_TEST_CASE(records_that_may_not_be_end_the_connection) {  // T-06
    const TlsFixture fixture;
    for (const auto& [name, bytes] : bad_records()) {
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(bool(answer_to(fixture, bytes)));  // in front of the handshake
            for (const bool at_server : {true, false}) {
                on_paused_clock([&]() -> Task<void> {
                    auto both = co_await shake_hands(TlsConnector(fixture.client()), "localhost",
                                                     TlsAcceptor(fixture.server()));
                    auto& from = at_server ? *both.client : *both.server;
                    auto& to = at_server ? *both.server : *both.client;
                    static_cast<void>(co_await from.write("good"));
                    static_cast<void>(co_await edo::io::write_all(from.get_ref(), bytes));
                    const auto good = co_await read_text(to, 4);
                    BOOST_TEST(good.value() == "good");
                    const auto bad = co_await read_text(to, 1);
                    BOOST_TEST(!bad.has_value());
                    const auto again = co_await read_text(to, 1);
                    BOOST_TEST(!again.has_value());
                });
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_client_refuses_what_is_no_tls) {
    const TlsFixture fixture;
    on_paused_clock([&]() -> Task<void> {
        auto ends = edo::io::duplex(64 * 1024);
        static_cast<void>(co_await ends.first.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
        auto stream =
            co_await TlsConnector(fixture.client()).connect("localhost", std::move(ends.second));
        BOOST_REQUIRE(!stream.has_value());
        BOOST_TEST((stream.error() == Errc::NotTls), stream.error().message());
    });
}

BOOST_AUTO_TEST_CASE(a_handshake_that_is_cut_off_at_any_byte_ends_both_sides) {
    const TlsFixture fixture;
    edo::tls::ServerConfig server = fixture.server();
    server.set_resumption(false);
    edo::tls::ClientConfig client = fixture.client();
    client.set_resumption(false);
    on_paused_clock([&]() -> Task<void> {
        const TlsConnector connector(client);
        const TlsAcceptor acceptor(server);
        // How long the flights are varies by a few bytes, with the signatures.
        for (const bool cut_client : {false, true}) {
            bool complete = false;
            for (std::size_t limit = 0; !complete; ++limit) {
                BOOST_REQUIRE(limit < 5000U);
                auto ends = edo::io::duplex(64 * 1024);
                CutStream client_end(std::move(ends.first), cut_client ? limit : 1'000'000);
                CutStream server_end(std::move(ends.second), cut_client ? 1'000'000 : limit);
                auto both = co_await shake_hands(connector, "localhost", std::move(client_end),
                                                 acceptor, std::move(server_end));
                const auto& cut = cut_client ? both.client : both.server;
                complete = cut.has_value();
                if (!complete) {
                    BOOST_TEST((cut.error() == Errc::ClosedInHandshake), cut.error().message());
                }
            }
        }
    });
}

BOOST_AUTO_TEST_CASE(a_stream_that_is_cut_off_at_any_byte_is_never_taken_for_complete) {
    const TlsFixture fixture;
    on_paused_clock([&]() -> Task<void> {
        const TlsConnector connector(fixture.client());
        const TlsAcceptor acceptor(fixture.server());
        std::size_t handshake = 0;
        for (std::size_t extra = 0;; ++extra) {
            auto ends = edo::io::duplex(64 * 1024);
            auto both = co_await shake_hands(connector, "localhost",
                                             CutStream(std::move(ends.first), 1'000'000), acceptor,
                                             CutStream(std::move(ends.second), 1'000'000));
            BOOST_REQUIRE(both.server.has_value());
            handshake = both.server->get_ref().total();
            both.server->get_ref().limit(extra);
            static_cast<void>(co_await both.client->write("an order of 100 pieces"));
            static_cast<void>(co_await both.client->shutdown());
            const auto text = co_await read_all(*both.server);
            if (text) {
                BOOST_TEST(*text == "an order of 100 pieces");
                BOOST_TEST(extra > 22U + 22U);
                break;
            }
            BOOST_TEST((text.error() == Errc::StreamTruncated));
            BOOST_REQUIRE(extra < 1000U);
        }
        BOOST_TEST(handshake > 300U);
    });
}

namespace {

Task<Result<void>> serve_one(TlsAcceptor acceptor, edo::net::TcpStream connection) {
    auto stream = co_await edo::propagate(co_await acceptor.accept(std::move(connection)));
    std::array<std::byte, 64> buffer;
    const std::size_t count = co_await edo::propagate(co_await stream.read(buffer));
    co_await edo::propagate(
        co_await edo::io::write_all(stream, std::span<const std::byte>(buffer).first(count)));
    co_return co_await stream.shutdown();
}

Task<void> serve(TlsAcceptor acceptor, edo::net::TcpListener listener) {
    for (;;) {
        auto accepted = co_await listener.accept();
        if (accepted) {
            edo::spawn(serve_one(acceptor, std::move(accepted->first))).detach();
        }
    }
}

/// The subject of the certificate that was shown; empty if something went wrong.
Task<std::string> ask(TlsConnector connector, edo::net::SocketAddr address) {
    auto connection = co_await edo::net::TcpStream::connect(address);
    if (!connection) {
        co_return "";
    }
    auto stream = co_await connector.connect("localhost", std::move(*connection));
    if (!stream) {
        co_return "";
    }
    static_cast<void>(co_await stream->write("ping"));
    const auto answer = co_await read_all(*stream);
    static_cast<void>(co_await stream->shutdown());
    co_return answer.value_or("") == "ping" ? stream->peer_certificate()->subject() : "";
}

/// The longest that a tick of a millisecond was late.
Task<void> measure_lateness(edo::Duration& worst) {
    for (;;) {
        const auto start = edo::now();
        co_await edo::sleep(1ms);
        worst = std::max(worst, edo::now() - start - edo::Duration(1ms));
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_burst_of_handshakes_leaves_timers_their_turn) {
    const TlsFixture fixture;
    edo::tls::ClientConfig config = fixture.client();
    config.set_resumption(false);
    for_each_flavor([&](edo::Runtime& runtime) {
        runtime.block_on([&]() -> Task<void> {
            auto listener = (co_await edo::net::TcpListener::bind("127.0.0.1:0")).value();
            const auto address = listener.local_addr().value();
            auto server = edo::spawn(serve(TlsAcceptor(fixture.server()), std::move(listener)));
            edo::Duration worst{};
            auto timer = edo::spawn(measure_lateness(worst));
            edo::JoinSet<std::string> clients;
            const TlsConnector connector(config);
            for (int i = 0; i < 200; ++i) {
                clients.spawn(ask(connector, address));
            }
            const auto start = edo::now();
            std::size_t good = 0;
            for (;;) {
                auto one = co_await clients.join_next();
                if (!one) {
                    break;
                }
                good += one->value() == "CN=server" ? 1 : 0;
            }
            const edo::Duration total = edo::now() - start;
            BOOST_TEST(good == 200U);
            timer.abort();
            static_cast<void>(co_await timer);
            BOOST_TEST_MESSAGE("200 handshakes in " << total / 1ms << " ms, timers late by "
                                                    << worst / 1us << " us");
            // Were all that is ready computed at once, the timer would wait for all of it.
            BOOST_TEST((worst < total / 4 || worst < 100ms));
            server.abort();
            static_cast<void>(co_await server);
        });
    });
}

BOOST_AUTO_TEST_CASE(a_reload_under_load_fails_no_connection) {
    const TlsFixture fixture;
    const auto renewed = fixture.authority().issue("renewed", "DNS:localhost");
    for_each_flavor([&](edo::Runtime& runtime) {
        runtime.block_on([&]() -> Task<void> {
            auto listener = (co_await edo::net::TcpListener::bind("127.0.0.1:0")).value();
            const auto address = listener.local_addr().value();
            TlsAcceptor acceptor(fixture.server());
            auto server = edo::spawn(serve(acceptor, std::move(listener)));
            edo::JoinSet<std::string> clients;
            const TlsConnector connector(fixture.client());
            std::size_t good = 0;
            for (int round = 0; round < 20; ++round) {
                for (int i = 0; i < 5; ++i) {
                    clients.spawn(ask(connector, address));
                }
                acceptor.reload(round % 2 == 0 ? TlsFixture::server_with(renewed)
                                               : fixture.server());
                for (int i = 0; i < 5; ++i) {
                    auto one = co_await clients.join_next();
                    const std::string subject = one->value();
                    good += subject == "CN=server" || subject == "CN=renewed" ? 1 : 0;
                }
            }
            BOOST_TEST(good == 100U);
            server.abort();
            static_cast<void>(co_await server);
        });
    });
}

BOOST_AUTO_TEST_SUITE_END()
