// SPDX-License-Identifier: MIT
// Servers that break the rules: each answer ends in an error that says what is wrong, or is taken
// for what it is, and its connection is never used again.
#include "client_test.hpp"
#include "gzipped.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/runtime/sleep.hpp>
#include <edo/runtime/stream/async_generator.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>

using namespace edo;
using namespace edo::test;
using namespace std::chrono_literals;
using http::Client;
using http::ClientErrorKind;

BOOST_AUTO_TEST_SUITE(client_abuse)

namespace {

struct Case {
    Case(const char* case_name, std::string case_answer, http::Errc case_error,
         ClientErrorKind case_kind)
        : name(case_name), answer(std::move(case_answer)), error(case_error), kind(case_kind) {}

    const char* name;
    std::string answer;
    http::Errc error;
    ClientErrorKind kind;
};

const std::string kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

std::vector<Case> bad_answers() {
    constexpr auto kHead = ClientErrorKind::Exchange;
    constexpr auto kBody = ClientErrorKind::Body;
    std::string many_headers = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 10'000; ++i) {
        many_headers += "A: b\r\n";
    }
    return {
        {"nothing", "", http::Errc::ConnectionClosed, kHead},
        {"garbage", "\x16\x03\x01garbage\r\n\r\n", http::Errc::BadStatusLine, kHead},
        {"a line of something else", "220 mail.example.org ESMTP\r\n", http::Errc::BadStatusLine,
         kHead},
        {"no status line", "Content-Length: 0\r\n\r\n", http::Errc::BadStatusLine, kHead},
        {"half a status line", "HTTP/1.1 20", http::Errc::Truncated, kHead},
        {"half a head", "HTTP/1.1 200 OK\r\nContent-Le", http::Errc::Truncated, kHead},
        {"a status without a number", "HTTP/1.1 OK\r\n\r\n", http::Errc::BadStatusLine, kHead},
        {"a status below 100", "HTTP/1.1 099 X\r\n\r\n", http::Errc::BadStatusLine, kHead},
        {"version 2", "HTTP/2.0 200 OK\r\n\r\n", http::Errc::UnsupportedVersion, kHead},
        {"a long status line", "HTTP/1.1 200 " + std::string(20'000, 'x'),
         http::Errc::BadStatusLine, kHead},
        {"a huge header", "HTTP/1.1 200 OK\r\nA: " + std::string(1'000'000, 'x'),
         http::Errc::HeadersTooLarge, kHead},
        {"10000 headers", many_headers, http::Errc::HeadersTooLarge, kHead},
        {"a folded header", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", http::Errc::BadHeader, kHead},
        {"a header with NUL", std::string("HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", 25),
         http::Errc::BadHeader, kHead},
        {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
         http::Errc::BadContentLength, kHead},
        {"a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
         http::Errc::BadContentLength, kHead},
        {"a length and chunks",
         "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
         http::Errc::BadTransferEncoding, kHead},
        {"an unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: br\r\n\r\n",
         http::Errc::UnknownTransferEncoding, kHead},
        {"an upgrade that nobody wanted", "HTTP/1.1 101 X\r\nUpgrade: y\r\n\r\n",
         http::Errc::ProtocolError, kHead},
        {"a length that is too long", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
         http::Errc::Truncated, kBody},
        {"a chunk that is too short", kChunked + "5\r\nabc", http::Errc::Truncated, kBody},
        {"chunks without an end", kChunked + "3\r\nabc\r\n", http::Errc::Truncated, kBody},
        {"a chunk without a size", kChunked + "\r\nabc\r\n", http::Errc::BadChunk, kBody},
        {"a chunk of a negative size", kChunked + "-1\r\n", http::Errc::BadChunk, kBody},
        {"a chunk of an endless size", kChunked + "fffffffffffffffff\r\n", http::Errc::BadChunk,
         kBody},
        {"a chunk that is too long", kChunked + "3\r\nabcd\r\n", http::Errc::BadChunk, kBody},
    };
}

http::ClientBuilder gzip_client(std::string answer_text, std::uint64_t limit) {
    http::ClientBuilder builder;
    builder.connector(std::make_shared<FakeServers>(answer(std::move(answer_text))))
        .gzip(true, limit);
    return builder;
}

stream::AsyncGenerator<std::string> endless_pieces(int& made) {
    for (;;) {
        ++made;
        co_yield std::string(1000, 'x');
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(bad_answers_are_errors_that_say_what_is_wrong) {
    for (const Case& the : bad_answers()) {
        BOOST_TEST_CONTEXT(the.name) {
            for (const std::size_t buffer : {3UL, 4096UL}) {
                on_paused_clock([&the, buffer]() -> Task<void> {
                    const Client client =
                        client_of(std::make_shared<FakeServers>(answer(the.answer), buffer))
                            .build();
                    auto response = co_await client.get("http://a/").send();
                    std::optional<http::ClientError> error;
                    if (!response) {
                        error = response.error();
                    } else {
                        auto body = co_await response->bytes();
                        BOOST_TEST(!body.has_value());
                        if (!body) {
                            error = body.error();
                        }
                    }
                    BOOST_REQUIRE(error.has_value());
                    BOOST_TEST(*error == make_error_code(the.error));
                    BOOST_TEST(int(error->kind()) == int(the.kind));
                    BOOST_TEST(error->url() == "http://a/");
                    BOOST_TEST(client.idle_connections() == 0U);
                });
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(what_follows_an_answer_is_not_taken_for_the_next_one) {
    const std::vector<std::string> answers = {
        ok("hello") + ok("evil"),                                    // more than the length says
        "HTTP/1.1 204 No Content\r\n\r\n" + ok("evil"),              // a body that may not be
        kChunked + "5\r\nhello\r\n0\r\n\r\n" + ok("evil"),           // behind the last chunk
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + ok("evil")  //
    };
    for (const std::string& text : answers) {
        on_paused_clock([&text]() -> Task<void> {
            auto servers = std::make_shared<FakeServers>(answer(text));
            const Client client = client_of(servers).build();
            std::string got = co_await outcome(client.get("http://a/"));
            BOOST_TEST(got.find("evil") == std::string::npos);
            BOOST_TEST(client.idle_connections() == 0U);
            got = co_await outcome(client.get("http://a/"));
            BOOST_TEST(got.find("evil") == std::string::npos);
            BOOST_TEST(servers->connections() == 2U);
        });
    }
}

BOOST_AUTO_TEST_CASE(an_answer_before_the_request_is_done_ends_the_sending) {
    on_paused_clock([]() -> Task<void> {
        auto servers = std::make_shared<FakeServers>([](Peer peer) -> Task<void> {
            static_cast<void>(co_await peer.head());
            co_await peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nmuch");
            co_await sleep(1h);
        });
        const Client client = client_of(servers).build();
        int made = 0;
        auto request = client.post("http://a/");
        request.body(http::Body::from_stream(endless_pieces(made)));
        std::string got = co_await outcome(std::move(request));
        BOOST_TEST(got == "413 much");
        BOOST_TEST(made < 100);
        BOOST_TEST(client.idle_connections() == 0U);
        got = co_await outcome(client.post("http://a/").body(std::string(1'000'000, 'x')));
        BOOST_TEST(got == "413 much");
    });
}

BOOST_AUTO_TEST_CASE(a_server_that_answers_and_hangs_up_is_heard) {
    on_paused_clock([]() -> Task<void> {
        auto servers = std::make_shared<FakeServers>([](Peer peer) -> Task<void> {
            static_cast<void>(co_await peer.head());
            co_await peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nmuch");
        });
        const Client client = client_of(servers).build();
        const std::string got =
            co_await outcome(client.post("http://a/").body(std::string(1'000'000, 'x')));
        BOOST_TEST(got == "413 much");
    });
}

BOOST_AUTO_TEST_CASE(an_early_success_is_kept_until_the_request_is_done) {
    on_paused_clock([]() -> Task<void> {
        auto servers = std::make_shared<FakeServers>([](Peer peer) -> Task<void> {
            const std::string head = co_await peer.head();
            co_await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
            std::size_t left = 100'000;
            while (left > 0) {
                const std::string more = co_await peer.some();
                left -= more.size();
            }
            co_await peer.send("got it");
        });
        const Client client = client_of(servers).build();
        const std::string got =
            co_await outcome(client.post("http://a/").body(std::string(100'000, 'x')));
        BOOST_TEST(got == "200 got it");
        BOOST_TEST(client.idle_connections() == 1U);
    });
}

BOOST_AUTO_TEST_CASE(a_body_of_the_wrong_size_is_not_passed_off_as_whole) {
    class Wrong final : public http::BodySource {
    public:
        explicit Wrong(int pieces) : left_(pieces) {}
        Task<Result<std::optional<std::string>>> next() override {
            std::optional<std::string> piece;
            if (left_-- > 0) {
                piece = "12345";
            }
            co_return piece;
        }
        std::optional<std::uint64_t> size() const override { return 10; }

    private:
        int left_;
    };
    on_paused_clock([]() -> Task<void> {
        auto servers = std::make_shared<FakeServers>(answer(ok("fine")));
        const Client client = client_of(servers).build();
        for (const int pieces : {1, 3}) {
            auto request = client.post("http://a/");
            request.body(http::Body(std::make_unique<Wrong>(pieces)));
            auto response = co_await request.send();
            BOOST_REQUIRE(!response.has_value());
            BOOST_TEST(int(response.error().kind()) == int(ClientErrorKind::Exchange));
        }
        const std::string right = co_await [](Client the_client) -> Task<std::string> {
            auto request = the_client.post("http://a/");
            request.body(http::Body(std::make_unique<Wrong>(2)));
            return outcome(std::move(request));
        }(client);
        BOOST_TEST(right == "200 fine");
    });
}

BOOST_AUTO_TEST_CASE(endless_informational_answers_are_ended_by_the_total_limit) {
    on_paused_clock([]() -> Task<void> {
        auto servers = std::make_shared<FakeServers>([](Peer peer) -> Task<void> {
            static_cast<void>(co_await peer.request());
            for (;;) {
                co_await peer.send("HTTP/1.1 103 Wait\r\n\r\n");
                co_await sleep(1s);
            }
        });
        const Client client = client_of(servers).build();
        auto response = co_await client.get("http://a/").timeout(60s).send();
        BOOST_TEST(response.error() == make_error_code(http::Errc::Timeout));
    });
}

// ---- gzip ----

BOOST_AUTO_TEST_CASE(a_compressed_body_is_decompressed) {
    std::string text;
    for (int i = 0; i < 20'000; ++i) {
        text += std::to_string(i * 7919);
    }
    const std::string packed = gzipped(text);
    on_paused_clock([&]() -> Task<void> {
        const Client client =
            gzip_client(ok(packed, "Content-Encoding: gzip\r\n"), 1 << 20).build();
        auto response = co_await client.get("http://a/").send();
        BOOST_REQUIRE(response.has_value());
        BOOST_TEST(!response->headers().contains("Content-Encoding"));
        BOOST_TEST(!response->headers().contains("Content-Length"));
        const auto body = co_await response->text();
        BOOST_TEST((body.value() == text));
        BOOST_TEST(client.idle_connections() == 1U);
    });
    // Two files, one behind the other, are one.
    on_paused_clock([&]() -> Task<void> {
        const Client client =
            gzip_client(ok(packed + gzipped("end"), "Content-Encoding: x-gzip\r\n"), 1 << 20)
                .build();
        const std::string got = co_await outcome(client.get("http://a/"));
        BOOST_TEST((got == "200 " + text + "end"));
    });
}

BOOST_AUTO_TEST_CASE(a_bomb_is_defused) {
    const std::string packed = gzipped(std::string(50'000'000, '\0'));
    BOOST_TEST(packed.size() < 100'000U);
    on_paused_clock([&]() -> Task<void> {
        const Client client =
            gzip_client(ok(packed, "Content-Encoding: gzip\r\n"), 1 << 20).build();
        auto response = co_await client.get("http://a/").send();
        BOOST_REQUIRE(response.has_value());
        std::size_t got = 0;
        for (;;) {
            auto piece = co_await response->chunk();
            if (!piece) {
                BOOST_TEST(piece.error() == make_error_code(http::Errc::BodyTooLarge));
                break;
            }
            BOOST_REQUIRE(piece->has_value());
            BOOST_TEST((*piece)->size() <= 65'536U);
            got += (*piece)->size();
        }
        BOOST_TEST(got <= std::size_t{1} << 20);
        BOOST_TEST(client.idle_connections() == 0U);
    });
}

BOOST_AUTO_TEST_CASE(damaged_and_cut_compressed_bodies_are_errors) {
    const std::string packed = gzipped(std::string(10'000, 'x') + "tail");
    std::string damaged = packed;
    damaged[packed.size() / 2] ^= 0x55;
    std::string bad_sum = packed;
    bad_sum[packed.size() - 6] ^= 1;
    const std::vector<std::pair<std::string, http::Errc>> cases = {
        {"no gzip at all", http::Errc::BadContentEncoding},
        {damaged, http::Errc::BadContentEncoding},
        {bad_sum, http::Errc::BadContentEncoding},
        {packed + "rest", http::Errc::BadContentEncoding},
        {packed.substr(0, packed.size() - 3), http::Errc::Truncated},
        {packed.substr(0, 5), http::Errc::Truncated},
    };
    for (const auto& [body, error] : cases) {
        on_paused_clock([&, the_error = error]() -> Task<void> {
            const Client client =
                gzip_client(ok(body, "Content-Encoding: gzip\r\n"), 1 << 20).build();
            auto response = co_await client.get("http://a/").send();
            BOOST_REQUIRE(response.has_value());
            const auto text = co_await response->bytes();
            BOOST_REQUIRE(!text.has_value());
            BOOST_TEST(text.error() == make_error_code(the_error));
            BOOST_TEST(text.error().is_decode() == (the_error == http::Errc::BadContentEncoding));
        });
    }
}

BOOST_AUTO_TEST_SUITE_END()
