// SPDX-License-Identifier: MIT
// What is sent, and how answers are read.
#include "client_test.hpp"
#include "support/flavors.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/runtime/sleep.hpp>
#include <edo/runtime/stream/sources.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>

using namespace edo;
using namespace edo::test;
using namespace std::chrono_literals;
using http::Client;
using http::ClientErrorKind;

BOOST_AUTO_TEST_SUITE(client_request)

namespace {

/// Sends a request to a server that answers with what it was sent.
Task<std::string> sent_by(
    std::function<http::RequestBuilder(const Client&)> make,
    http::ClientBuilder (*build)(std::shared_ptr<http::Connector>) = &client_of) {
    auto servers = std::make_shared<FakeServers>([](Peer peer) -> Task<void> {
        const std::string request = co_await peer.request();
        co_await peer.send(ok(request));
    });
    const Client client = build(servers).build();
    auto response = co_await make(client).send();
    BOOST_REQUIRE(response.has_value());
    auto body = co_await response->text();
    BOOST_REQUIRE(body.has_value());
    co_return *body;
}

void check_sent(std::function<http::RequestBuilder(const Client&)> make, std::string expected) {
    for_each_flavor([&](Runtime& runtime) {
        const std::string sent = runtime.block_on(sent_by(make));
        BOOST_TEST(sent == expected);
    });
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_get_is_sent_with_host_and_defaults) {
    check_sent([](const Client& client) { return client.get("http://a:81/b?c=d#e"); },
               "GET /b?c=d HTTP/1.1\r\nHost: a:81\r\nAccept: */*\r\nUser-Agent: edo\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(headers_and_queries_and_credentials_are_added) {
    check_sent(
        [](const Client& client) {
            return client.get("http://a/")
                .query({{"q", "a b"}})
                .header("X-One", "1")
                .header("Accept", "text/html")
                .bearer_auth("token");
        },
        "GET /?q=a+b HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nUser-Agent: edo\r\nX-One: 1\r\n"
        "Authorization: Bearer token\r\n\r\n");
    check_sent([](const Client& client) { return client.get("http://Aladdin:open%20sesame@a/"); },
               "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nUser-Agent: edo\r\n"
               "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(bodies_in_memory_have_a_length) {
    check_sent([](const Client& client) { return client.post("http://a/").text("hello"); },
               "POST / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nUser-Agent: edo\r\n"
               "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello");
    check_sent([](const Client& client) { return client.post("http://a/"); },
               "POST / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nUser-Agent: edo\r\n"
               "Content-Length: 0\r\n\r\n");
    check_sent(
        [](const Client& client) {
            return client.put("http://a/")
                .header("Content-Length", "99")
                .form({{"a", "1"}, {"b", "x y"}});
        },
        "PUT / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nUser-Agent: edo\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\na=1&b=x+y");
}

BOOST_AUTO_TEST_CASE(a_stream_is_sent_in_chunks) {
    check_sent(
        [](const Client& client) {
            std::vector<std::string> pieces = {"hello, ", "", "world"};
            return client.post("http://a/")
                .body(http::Body::from_stream(stream::iter(std::move(pieces))));
        },
        "POST / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nUser-Agent: edo\r\n"
        "Transfer-Encoding: chunked\r\n\r\n7\r\nhello, \r\n5\r\nworld\r\n0\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(a_large_body_passes_a_small_pipe) {
    const std::string large(300'000, 'x');
    for_each_flavor([&](Runtime& runtime) {
        const std::string sent = runtime.block_on(sent_by(
            [&large](const Client& client) { return client.post("http://a/").body(large); }));
        BOOST_TEST(sent.ends_with("\r\n\r\n" + large));
    });
}

BOOST_AUTO_TEST_CASE(bad_urls_and_headers_are_reported) {
    on_paused_clock([]() -> Task<void> {
        const Client client;
        auto response = co_await client.get("http://user:secret@exa mple/?a").send();
        BOOST_REQUIRE(!response.has_value());
        BOOST_TEST(int(response.error().kind()) == int(ClientErrorKind::Request));
        BOOST_TEST(response.error().message() ==
                   "cannot make a request for http://exa mple/?a: the host of the URI is neither a "
                   "name nor an address");
        BOOST_CHECK_THROW(client.get("http://a/").header("A", "b\r\nC: d"), UsageError);
        BOOST_CHECK_THROW(client.get("http://a/").bearer_auth("x\n"), UsageError);
        BOOST_CHECK_THROW(client.get("http://a/").basic_auth("a:b", "c"), UsageError);
        auto request = client.get("http:");
        static_cast<void>(co_await request.send());
        BOOST_CHECK_THROW(static_cast<void>(request.send()), UsageError);
    });
}

BOOST_AUTO_TEST_CASE(answers_are_read_however_they_are_framed) {
    struct Case {
        std::string answer;
        std::string expected;
    };
    const std::vector<Case> cases = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "200 hello"},
        {"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", "404 no"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: "
         "chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\n\r\n",
         "200 hello!"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n", "200 "},
        {"HTTP/1.1 200 OK\r\n\r\nuntil the end", "200 until the end"},
        {"HTTP/1.0 200 OK\r\n\r\nold", "200 old"},
        {"HTTP/1.1 204 No Content\r\n\r\n", "204 "},
        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", "304 "},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
         "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
         "200 ok"},
        {"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n", "999 "},
    };
    for (const Case& the : cases) {
        BOOST_TEST_CONTEXT(the.answer) {
            // In pieces of any size it means the same.
            for (const std::size_t buffer : {1UL, 2UL, 7UL, 4096UL}) {
                on_paused_clock([&the, buffer]() -> Task<void> {
                    const Client client =
                        client_of(std::make_shared<FakeServers>(answer(the.answer), buffer))
                            .build();
                    const std::string got = co_await outcome(client.get("http://a/"));
                    BOOST_TEST(got == the.expected);
                });
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(an_answer_to_head_has_no_body) {
    on_paused_clock([]() -> Task<void> {
        const Client client = client_of(std::make_shared<FakeServers>(answer(
                                            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 2)))
                                  .build();
        for (int i = 0; i < 2; ++i) {
            auto response = co_await client.head("http://a/").send();
            BOOST_REQUIRE(response.has_value());
            BOOST_TEST(response->headers().get("content-length").value() == "5");
            const auto body = co_await response->bytes();
            BOOST_TEST(body.value() == "");
        }
        BOOST_TEST(client.idle_connections() == 1U);
    });
}

BOOST_AUTO_TEST_CASE(the_body_comes_in_pieces_and_then_the_trailers) {
    on_paused_clock([]() -> Task<void> {
        auto servers = std::make_shared<FakeServers>([](Peer peer) -> Task<void> {
            static_cast<void>(co_await peer.request());
            co_await peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (const char* piece : {"1\r\na\r\n", "2\r\nbc\r\n", "0\r\nSum: 3\r\n\r\n"}) {
                co_await sleep(1s);
                co_await peer.send(piece);
            }
        });
        const Client client = client_of(servers).build();
        auto response = co_await client.get("http://a/").send();
        BOOST_REQUIRE(response.has_value());
        BOOST_TEST(!response->content_length());
        auto piece = co_await response->chunk();
        BOOST_TEST(piece.value().value() == "a");
        piece = co_await response->chunk();
        BOOST_TEST(piece.value().value() == "bc");
        piece = co_await response->chunk();
        BOOST_TEST(!piece.value());
        BOOST_REQUIRE(response->trailers() != nullptr);
        BOOST_TEST(response->trailers()->get("sum").value() == "3");
        piece = co_await response->chunk();
        BOOST_TEST(!piece.value());
    });
}

BOOST_AUTO_TEST_CASE(the_body_is_a_stream) {
    on_paused_clock([]() -> Task<void> {
        const Client client = client_of(std::make_shared<FakeServers>(answer(ok("hello")))).build();
        auto response = co_await client.get("http://a/").send();
        auto pieces = std::move(*response).into_stream();
        std::string all;
        while (auto piece = co_await pieces.next()) {
            all += piece->value();
        }
        BOOST_TEST(all == "hello");
    });
}

BOOST_AUTO_TEST_CASE(limits_of_size_hold) {
    on_paused_clock([]() -> Task<void> {
        for (const std::string& text : {ok("hello"), std::string("HTTP/1.1 200 OK\r\n\r\nhello")}) {
            const Client client = client_of(std::make_shared<FakeServers>(answer(text))).build();
            auto response = co_await client.get("http://a/").send();
            auto body = co_await response->bytes(4);
            BOOST_REQUIRE(!body.has_value());
            BOOST_TEST(body.error() == make_error_code(http::Errc::BodyTooLarge));
            BOOST_TEST(body.error().is_body());
        }
    });
}

BOOST_AUTO_TEST_CASE(text_is_utf8_and_bytes_are_anything) {
    on_paused_clock([]() -> Task<void> {
        const Client client = client_of(std::make_shared<FakeServers>(answer(ok("b\xfc"
                                                                                "cher"),
                                                                             2)))
                                  .build();
        auto response = co_await client.get("http://a/").send();
        auto text = co_await response->text();
        BOOST_REQUIRE(!text.has_value());
        BOOST_TEST(text.error().is_decode());
        response = co_await client.get("http://a/").send();
        auto bytes = co_await response->bytes();
        BOOST_TEST(bytes.value().size() == 6U);
    });
}

BOOST_AUTO_TEST_CASE(error_for_status_makes_an_error_of_a_status) {
    on_paused_clock([]() -> Task<void> {
        const Client client = client_of(std::make_shared<FakeServers>(answer(
                                            "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")))
                                  .build();
        auto response = co_await client.get("http://u:p@a/x").send();
        const auto checked = std::move(*response).error_for_status();
        BOOST_REQUIRE(!checked.has_value());
        BOOST_TEST(checked.error().is_status());
        BOOST_TEST(int(checked.error().status().value()) == 503);
        BOOST_TEST(checked.error().message() ==
                   "error status from http://a/x: 503 Service Unavailable");
    });
}

// ---- limits of time ----

BOOST_AUTO_TEST_CASE(a_server_that_says_nothing_is_given_up) {
    on_paused_clock([]() -> Task<void> {
        auto servers = std::make_shared<FakeServers>([](Peer peer) -> Task<void> {
            static_cast<void>(co_await peer.request());
            co_await sleep(1h);
        });
        const Client client = client_of(servers).build();
        Instant start = now();
        auto response = co_await client.get("http://a/").send();
        BOOST_TEST(response.error().is_timeout());
        BOOST_TEST(response.error() == make_error_code(http::Errc::HeaderTimeout));
        BOOST_TEST((now() - start) / 1s == 30);
        start = now();
        response = co_await client.get("http://a/").timeout(7s).send();
        BOOST_TEST(response.error() == make_error_code(http::Errc::Timeout));
        BOOST_TEST((now() - start) / 1s == 7);
    });
}

BOOST_AUTO_TEST_CASE(each_read_begins_a_new_limit_and_the_total_one_goes_on) {
    on_paused_clock([]() -> Task<void> {
        auto servers = std::make_shared<FakeServers>([](Peer peer) -> Task<void> {
            static_cast<void>(co_await peer.request());
            co_await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
            for (int i = 0; i < 4; ++i) {
                co_await sleep(20s);
                co_await peer.send("x");
            }
            co_await sleep(1h);
        });
        const Client client = client_of(servers).build();
        Instant start = now();
        std::string result = co_await outcome(client.get("http://a/"));
        BOOST_TEST(result.find("cannot read the answer of http://a/") == 0U);
        BOOST_TEST((now() - start) / 1s == 110);
        start = now();
        result = co_await outcome(client.get("http://a/").timeout(50s));
        BOOST_TEST((now() - start) / 1s == 50);
    });
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_read_is_given_up) {
    on_paused_clock([]() -> Task<void> {
        auto servers =
            std::make_shared<FakeServers>([](Peer) -> Task<void> { co_await sleep(1h); }, 100);
        const Client client = client_of(servers).build();
        const Instant start = now();
        for (const std::size_t size : {1000UL, 100'000UL}) {
            auto response = co_await client.post("http://a/").body(std::string(size, 'x')).send();
            BOOST_REQUIRE(!response.has_value());
            BOOST_TEST(response.error().is_timeout());
        }
        BOOST_TEST((now() - start) / 1s >= 60);
        BOOST_TEST((now() - start) / 1s <= 90);
    });
}

// ---- Expect: 100-continue ----

BOOST_AUTO_TEST_CASE(the_body_waits_until_the_server_wants_it) {
    on_paused_clock([]() -> Task<void> {
        bool was_early = true;
        auto servers = std::make_shared<FakeServers>([&was_early](Peer peer) -> Task<void> {
            const std::string head = co_await peer.head();
            BOOST_TEST(head.find("Expect: 100-continue\r\n") != std::string::npos);
            co_await sleep(500ms);
            was_early = false;
            co_await peer.send("HTTP/1.1 100 Continue\r\n\r\n");
            const std::string body = co_await peer.some();
            co_await peer.send(ok(body));
        });
        const Client client = client_of(servers).build();
        const std::string got =
            co_await outcome(client.post("http://a/").text("hello").expect_continue());
        BOOST_TEST(got == "200 hello");
        BOOST_TEST(!was_early);
        BOOST_TEST(client.idle_connections() == 1U);
    });
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_know_expect_gets_the_body_after_a_second) {
    on_paused_clock([]() -> Task<void> {
        auto servers = std::make_shared<FakeServers>([](Peer peer) -> Task<void> {
            const std::string request = co_await peer.request();
            co_await peer.send(ok(request.substr(request.size() - 5)));
        });
        const Client client = client_of(servers).build();
        const Instant start = now();
        const std::string got =
            co_await outcome(client.post("http://a/").text("hello").expect_continue());
        BOOST_TEST(got == "200 hello");
        BOOST_TEST((now() - start) / 1ms == 1000);
    });
}

BOOST_AUTO_TEST_CASE(a_body_that_is_refused_is_not_sent) {
    on_paused_clock([]() -> Task<void> {
        std::string rest = "?";
        auto servers = std::make_shared<FakeServers>([&rest](Peer peer) -> Task<void> {
            static_cast<void>(co_await peer.head());
            co_await peer.send("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
            rest = co_await peer.some();
        });
        const Client client = client_of(servers).build();
        const std::string got =
            co_await outcome(client.post("http://a/").text("hello").expect_continue());
        BOOST_TEST(got == "417 ");
        co_await sleep(1s);
        BOOST_TEST(rest == "");
        BOOST_TEST(client.idle_connections() == 0U);
    });
}

// ---- upgrades ----

BOOST_AUTO_TEST_CASE(a_connection_that_was_upgraded_is_handed_over) {
    on_paused_clock([]() -> Task<void> {
        auto servers = std::make_shared<FakeServers>([](Peer peer) -> Task<void> {
            static_cast<void>(co_await peer.request());
            co_await peer.send("HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nfirst");
            const std::string said = co_await peer.some();
            co_await peer.send(said);
        });
        const Client client = client_of(servers).build();
        auto response = co_await client.get("http://a/")
                            .header("Upgrade", "x")
                            .header("Connection", "upgrade")
                            .send();
        BOOST_REQUIRE(response.has_value());
        BOOST_TEST(int(response->status()) == 101);
        http::AnyIo io = std::move(*response).into_io();
        std::array<std::byte, 16> buffer;
        auto count = co_await io.read(buffer);
        BOOST_TEST(count.value() == 5U);
        count = co_await io.write("second");
        count = co_await io.read(buffer);
        BOOST_TEST(count.value() == 6U);
        auto unasked = co_await client.get("http://a/").send();
        BOOST_TEST(unasked.error() == make_error_code(http::Errc::ProtocolError));
    });
}

BOOST_AUTO_TEST_SUITE_END()
