// SPDX-License-Identifier: MIT
#include "support/flavors.hpp"
#include "support/on_paused_clock.hpp"
#include "tls/fixture.hpp"

#include <chrono>
#include <fstream>

using edo::Task;
using edo::io::DuplexStream;
using edo::test::CertificateFiles;
using edo::test::for_each_flavor;
using edo::test::on_paused_clock;
using edo::test::read_text;
using edo::test::shake_hands;
using edo::test::TestAuthority;
using edo::test::TlsFixture;
using edo::tls::ClientConfig;
using edo::tls::Errc;
using edo::tls::ServerConfig;
using edo::tls::TlsAcceptor;
using edo::tls::TlsConnector;
using edo::tls::Version;
using namespace std::chrono_literals;

namespace {

/// What the client says of a server with this certificate.
std::error_code client_error(const TlsFixture& fixture, const CertificateFiles& files,
                             std::string host) {
    std::error_code error;
    on_paused_clock([&]() -> Task<void> {
        auto both = co_await shake_hands(TlsConnector(fixture.client()), host,
                                         TlsAcceptor(TlsFixture::server_with(files)));
        BOOST_TEST(!both.client.has_value());
        BOOST_TEST(!both.server.has_value());
        error = both.client ? std::error_code() : both.client.error();
    });
    return error;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tls_handshake)

BOOST_AUTO_TEST_CASE(two_sides_agree_and_know_each_other) {
    const TlsFixture fixture;
    for_each_flavor([&](edo::Runtime& runtime) {
        runtime.block_on([&]() -> Task<void> {
            auto both = co_await shake_hands(TlsConnector(fixture.client()), "localhost",
                                             TlsAcceptor(fixture.server()));
            BOOST_REQUIRE(both.client.has_value());
            BOOST_REQUIRE(both.server.has_value());
            BOOST_TEST((both.client->version() == Version::Tls13));
            BOOST_TEST((both.server->version() == Version::Tls13));
            BOOST_TEST(both.client->cipher() == both.server->cipher());
            BOOST_TEST(both.server->server_name().value() == "localhost");
            BOOST_TEST(!both.client->alpn().has_value());
            BOOST_TEST(!both.client->is_resumed());
            const auto certificate = both.client->peer_certificate();
            BOOST_REQUIRE(certificate.has_value());
            BOOST_TEST(certificate->subject() == "CN=server");
            BOOST_TEST(certificate->issuer() == "CN=edo test authority");
            BOOST_TEST(!certificate->der().empty());
            BOOST_TEST(!both.server->peer_certificate().has_value());
        });
    });
}

BOOST_AUTO_TEST_CASE(addresses_in_a_certificate_are_checked_like_names) {
    const TlsFixture fixture;
    on_paused_clock([&]() -> Task<void> {
        for (const std::string host : {"127.0.0.1", "::1", "[::1]", "LOCALHOST", "localhost."}) {
            auto both = co_await shake_hands(TlsConnector(fixture.client()), host,
                                             TlsAcceptor(fixture.server()));
            BOOST_TEST(both.client.has_value(), host);
        }
        auto both = co_await shake_hands(TlsConnector(fixture.client()), "127.0.0.2",
                                         TlsAcceptor(fixture.server()));
        BOOST_REQUIRE(!both.client.has_value());
        BOOST_TEST((both.client.error() == Errc::WrongHost));
    });
}

BOOST_AUTO_TEST_CASE(bad_certificates_are_refused_with_a_clear_error) {
    const TlsFixture fixture;
    const TestAuthority& ours = fixture.authority();
    const TestAuthority stranger("a stranger");

    const std::error_code expired =
        client_error(fixture, ours.issue("expired", "DNS:localhost", -1), "localhost");
    BOOST_TEST((expired == Errc::CertificateExpired), expired.message());
    BOOST_TEST(expired.message() == "the peer's certificate has expired");

    const std::error_code wrong = client_error(fixture, fixture.local(), "example.org");
    BOOST_TEST((wrong == Errc::WrongHost), wrong.message());

    const std::error_code unknown =
        client_error(fixture, stranger.issue("unknown", "DNS:localhost"), "localhost");
    BOOST_TEST((unknown == Errc::UnknownIssuer), unknown.message());

    const std::error_code self =
        client_error(fixture, ours.self_signed("self", "DNS:localhost"), "localhost");
    BOOST_TEST((self == Errc::SelfSigned), self.message());

    // The common name has not been a host name for long.
    const std::error_code common = client_error(fixture, ours.issue("localhost", ""), "localhost");
    BOOST_TEST((common == Errc::WrongHost), common.message());

    std::string chain;
    const CertificateFiles leaf = ours.issue_by_intermediate("leaf", "DNS:localhost", &chain);
    const std::error_code incomplete = client_error(fixture, leaf, "localhost");
    BOOST_TEST((incomplete == Errc::UnknownIssuer), incomplete.message());
    on_paused_clock([&]() -> Task<void> {
        const CertificateFiles complete{chain, leaf.key};
        auto both = co_await shake_hands(TlsConnector(fixture.client()), "localhost",
                                         TlsAcceptor(TlsFixture::server_with(complete)));
        BOOST_TEST(both.client.has_value());
    });
}

BOOST_AUTO_TEST_CASE(the_system_does_not_trust_our_authority) {
    const TlsFixture fixture;
    on_paused_clock([&]() -> Task<void> {
        auto both =
            co_await shake_hands(TlsConnector(), "localhost", TlsAcceptor(fixture.server()));
        BOOST_REQUIRE(!both.client.has_value());
        BOOST_TEST((both.client.error() == Errc::UnknownIssuer), both.client.error().message());
        BOOST_REQUIRE(!both.server.has_value());
        BOOST_TEST(both.server.error().message() ==
                   "the peer refused the connection: tlsv1 alert unknown ca");
    });
}

BOOST_AUTO_TEST_CASE(verification_can_be_skipped_on_purpose) {
    const TlsFixture fixture;
    ClientConfig config;
    config.dangerously_skip_verification();
    on_paused_clock([&]() -> Task<void> {
        auto both =
            co_await shake_hands(TlsConnector(config), "other", TlsAcceptor(fixture.server()));
        BOOST_TEST(both.client.has_value());
    });
}

BOOST_AUTO_TEST_CASE(a_host_that_no_certificate_can_name_is_an_error) {
    const TlsFixture fixture;
    on_paused_clock([&]() -> Task<void> {
        for (const std::string& host :
             {std::string(), std::string("a\0b", 3), std::string(300, 'a')}) {
            auto ends = edo::io::duplex(16);
            auto stream =
                co_await TlsConnector(fixture.client()).connect(host, std::move(ends.first));
            BOOST_REQUIRE(!stream.has_value());
            BOOST_TEST((stream.error() == Errc::InvalidHost));
        }
    });
}

BOOST_AUTO_TEST_CASE(the_server_chooses_the_application_protocol) {
    const TlsFixture fixture;
    ServerConfig server = fixture.server();
    server.set_alpn({"h2", "http/1.1"});
    ClientConfig client = fixture.client();
    client.set_alpn({"http/1.1", "h2"});
    on_paused_clock([&]() -> Task<void> {
        auto both = co_await shake_hands(TlsConnector(client), "localhost", TlsAcceptor(server));
        BOOST_REQUIRE(both.client.has_value());
        BOOST_TEST(both.client->alpn().value() == "h2");
        BOOST_TEST(both.server->alpn().value() == "h2");
        // A client without a list is let in.
        both =
            co_await shake_hands(TlsConnector(fixture.client()), "localhost", TlsAcceptor(server));
        BOOST_REQUIRE(both.client.has_value());
        BOOST_TEST(!both.client->alpn().has_value());
    });
}

BOOST_AUTO_TEST_CASE(protocols_with_nothing_in_common_are_refused) {
    const TlsFixture fixture;
    ServerConfig server = fixture.server();
    server.set_alpn({"h2"});
    ClientConfig client = fixture.client();
    client.set_alpn({"http/1.1"});
    on_paused_clock([&]() -> Task<void> {
        auto both = co_await shake_hands(TlsConnector(client), "localhost", TlsAcceptor(server));
        BOOST_REQUIRE(!both.client.has_value());
        BOOST_TEST((both.client.error() == Errc::NoCommonProtocol));
        BOOST_TEST((both.server.error() == Errc::NoCommonProtocol));
    });
}

BOOST_AUTO_TEST_CASE(a_server_may_require_certificates_of_its_clients) {
    const TlsFixture fixture;
    const TestAuthority stranger("a stranger");
    ServerConfig server = fixture.server();
    BOOST_REQUIRE(server.require_client_certificate(fixture.authority().ca_file()).has_value());
    ClientConfig known = fixture.client();
    const CertificateFiles alice = fixture.authority().issue("alice", "DNS:alice");
    BOOST_REQUIRE(known.set_certificate(alice.cert, alice.key).has_value());
    ClientConfig unknown = fixture.client();
    const CertificateFiles mallory = stranger.issue("mallory", "DNS:mallory");
    BOOST_REQUIRE(unknown.set_certificate(mallory.cert, mallory.key).has_value());

    on_paused_clock([&]() -> Task<void> {
        const TlsAcceptor acceptor(server);
        auto both = co_await shake_hands(TlsConnector(known), "localhost", acceptor);
        BOOST_REQUIRE(both.server.has_value());
        BOOST_TEST(both.server->peer_certificate()->subject() == "CN=alice");

        both = co_await shake_hands(TlsConnector(fixture.client()), "localhost", acceptor);
        BOOST_REQUIRE(!both.server.has_value());
        BOOST_TEST((both.server.error() == Errc::NoCertificate));
        // In TLS 1.3 the client learns it with its first read.
        BOOST_REQUIRE(both.client.has_value());
        const auto got = co_await read_text(*both.client, 1);
        BOOST_REQUIRE(!got.has_value());
        BOOST_TEST(got.error().message() ==
                   "the peer refused the connection: tlsv13 alert certificate required");

        both = co_await shake_hands(TlsConnector(unknown), "localhost", acceptor);
        BOOST_REQUIRE(!both.server.has_value());
        BOOST_TEST((both.server.error() == Errc::UnknownIssuer));

        server.set_client_certificate_optional();
        both =
            co_await shake_hands(TlsConnector(fixture.client()), "localhost", TlsAcceptor(server));
        BOOST_REQUIRE(both.server.has_value());
        BOOST_TEST(!both.server->peer_certificate().has_value());
        both = co_await shake_hands(TlsConnector(unknown), "localhost", TlsAcceptor(server));
        BOOST_TEST(!both.server.has_value());
    });
}

BOOST_AUTO_TEST_CASE(a_second_connection_resumes_the_session) {
    const TlsFixture fixture;
    on_paused_clock([&]() -> Task<void> {
        const TlsConnector connector(fixture.client());
        const TlsAcceptor acceptor(fixture.server());
        for (int round = 0; round < 3; ++round) {
            auto both = co_await shake_hands(connector, "localhost", acceptor);
            BOOST_REQUIRE(both.client.has_value());
            BOOST_REQUIRE(both.server.has_value());
            BOOST_TEST(both.client->is_resumed() == (round != 0));
            BOOST_TEST(both.server->is_resumed() == (round != 0));
            // Tickets come behind the handshake: a read takes them in.
            static_cast<void>(co_await both.server->write("x"));
            static_cast<void>(co_await read_text(*both.client, 1));
        }
        // Not for another host, whose certificate was not verified yet.
        auto other = co_await shake_hands(connector, "127.0.0.1", acceptor);
        BOOST_REQUIRE(other.client.has_value());
        BOOST_TEST(!other.client->is_resumed());
    });
}

BOOST_AUTO_TEST_CASE(resumption_can_be_switched_off_on_either_side) {
    const TlsFixture fixture;
    for (const bool at_server : {false, true}) {
        ServerConfig server = fixture.server();
        ClientConfig client = fixture.client();
        server.set_resumption(!at_server);
        client.set_resumption(at_server);
        on_paused_clock([&]() -> Task<void> {
            const TlsConnector connector(client);
            const TlsAcceptor acceptor(server);
            for (int round = 0; round < 2; ++round) {
                auto both = co_await shake_hands(connector, "localhost", acceptor);
                BOOST_REQUIRE(both.client.has_value());
                BOOST_TEST(!both.client->is_resumed());
                static_cast<void>(co_await both.server->write("x"));
                static_cast<void>(co_await read_text(*both.client, 1));
            }
        });
    }
}

BOOST_AUTO_TEST_CASE(reload_serves_old_connections_and_shows_new_ones_the_new_certificate) {
    const TlsFixture fixture;
    const CertificateFiles renewed = fixture.authority().issue("renewed", "DNS:localhost");
    on_paused_clock([&]() -> Task<void> {
        const TlsConnector connector(fixture.client());
        TlsAcceptor acceptor(fixture.server());
        const TlsAcceptor copy = acceptor;
        auto old = co_await shake_hands(connector, "localhost", acceptor);
        acceptor.reload(TlsFixture::server_with(renewed));
        auto fresh = co_await shake_hands(connector, "localhost", copy);
        BOOST_REQUIRE(fresh.client.has_value());
        BOOST_TEST(fresh.client->peer_certificate()->subject() == "CN=renewed");
        BOOST_TEST(old.client->peer_certificate()->subject() == "CN=server");
        static_cast<void>(co_await old.client->write("still here"));
        const auto text = co_await read_text(*old.server, 10);
        BOOST_TEST(text.value() == "still here");
    });
}

BOOST_AUTO_TEST_CASE(only_tls_1_3_if_it_is_said_so) {
    const TlsFixture fixture;
    ClientConfig client = fixture.client();
    client.set_min_version(Version::Tls13);
    ServerConfig server = fixture.server();
    server.set_min_version(Version::Tls13);
    on_paused_clock([&]() -> Task<void> {
        auto both = co_await shake_hands(TlsConnector(client), "localhost", TlsAcceptor(server));
        BOOST_REQUIRE(both.client.has_value());
        BOOST_TEST((both.client->version() == Version::Tls13));
    });
}

BOOST_AUTO_TEST_CASE(a_silent_peer_ends_the_handshake_after_ten_seconds) {
    const TlsFixture fixture;
    on_paused_clock([&]() -> Task<void> {
        auto ends = edo::io::duplex(4096);
        const auto start = edo::now();
        auto server = co_await TlsAcceptor(fixture.server()).accept(std::move(ends.first));
        BOOST_REQUIRE(!server.has_value());
        BOOST_TEST((server.error() == Errc::HandshakeTimeout));
        BOOST_TEST((server.error() == std::errc::timed_out));
        BOOST_TEST((edo::now() - start == 10s));

        ends = edo::io::duplex(4096);
        ClientConfig config = fixture.client();
        config.set_handshake_timeout(2s);
        auto client = co_await TlsConnector(config).connect("localhost", std::move(ends.first));
        BOOST_REQUIRE(!client.has_value());
        BOOST_TEST((client.error() == Errc::HandshakeTimeout));
        BOOST_TEST((edo::now() - start == 12s));
    });
}

BOOST_AUTO_TEST_CASE(settings_that_cannot_be_used_say_what_is_wrong) {
    const TlsFixture fixture;
    const CertificateFiles& good = fixture.local();
    const CertificateFiles other = fixture.authority().issue("other", "DNS:other");

    const auto missing = ServerConfig::from_files("/nowhere/cert.pem", good.key);
    BOOST_REQUIRE(!missing.has_value());
    BOOST_TEST(missing.error().message() ==
               "cannot read /nowhere/cert.pem: No such file or directory");
    BOOST_TEST((missing.error() == std::errc::no_such_file_or_directory));

    const auto mixed = ServerConfig::from_files(good.cert, other.key);
    BOOST_REQUIRE(!mixed.has_value());
    BOOST_TEST(mixed.error().message().find("the private key does not belong to the certificate") !=
               std::string::npos);
    BOOST_TEST(mixed.error().message().find(good.cert) != std::string::npos);

    const auto empty = ServerConfig::from_pem("", good.key_text());
    BOOST_REQUIRE(!empty.has_value());
    const auto no_key = ServerConfig::from_pem(good.cert_text(), "nonsense");
    BOOST_REQUIRE(!no_key.has_value());
    BOOST_TEST(no_key.error().message().find("no private key") != std::string::npos);

    ClientConfig client;
    BOOST_TEST(!client.add_trusted_pem("nonsense").has_value());
    BOOST_TEST(!client
                    .add_trusted_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END "
                                     "CERTIFICATE-----\n")
                    .has_value());
    BOOST_CHECK_THROW(client.set_alpn({""}), edo::UsageError);
    BOOST_CHECK_THROW(client.set_alpn({std::string(256, 'a')}), edo::UsageError);
    ServerConfig server = fixture.server();
    BOOST_CHECK_THROW(server.set_client_certificate_optional(), edo::UsageError);
}

BOOST_AUTO_TEST_CASE(an_encrypted_key_is_an_error_and_no_question_at_the_terminal) {
    const TlsFixture fixture;
    const std::string locked = fixture.authority().directory().file("locked.pem");
    const std::string command =
        "openssl pkey -in " + fixture.local().key + " -aes128 -passout pass:secret -out " + locked;
    BOOST_REQUIRE(std::system(command.c_str()) == 0);
    const auto config = ServerConfig::from_files(fixture.local().cert, locked);
    BOOST_REQUIRE(!config.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
