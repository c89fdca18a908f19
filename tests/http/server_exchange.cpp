// SPDX-License-Identifier: MIT
// What the server answers to bytes, over a connection in memory, on every kind of runtime.
#include "server_support.hpp"
#include "support/flavors.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace edo::test;
using namespace std::string_literals;

namespace {

/// Sends the bytes on each kind of runtime; the answer must be `expected`.
void check(const std::string& bytes, const std::string& expected,
           const edo::http::ServerOptions& options = plain_options()) {
    for_each_flavor([&](edo::Runtime& runtime) {
        BOOST_TEST_CONTEXT("bytes: " << bytes.substr(0, 300)) {
            BOOST_TEST(runtime.block_on(exchange(bytes, options)) == expected);
        }
    });
}

/// As `check`, but only the status matters, and that there is one answer only.
void check_refused(const std::string& bytes, const std::string& status) {
    edo::Runtime runtime = edo::Builder::current_thread().build();
    BOOST_TEST_CONTEXT("bytes: " << bytes.substr(0, 300)) {
        const std::string answer = runtime.block_on(exchange(bytes));
        BOOST_TEST(answer.substr(9, 3) == status);
        BOOST_TEST(count(answer, "HTTP/1.1 ") == 1U);
        BOOST_TEST(count(answer, "Connection: close\r\n") == 1U);
    }
}

std::string answer_to(const std::string& bytes) {
    edo::Runtime runtime = edo::Builder::current_thread().build();
    return runtime.block_on(exchange(bytes));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_exchange)

BOOST_AUTO_TEST_CASE(requests_are_answered_one_after_the_other) {
    check(get("/hello"), kHello);
    check(get("/hello") + get("/hello"), kHello + kHello);
    check(get("/hello", "Connection: close\r\n") + get("/hello"), kHelloAndClose);
    check("GET /hello HTTP/1.0\r\n\r\n", kHelloAndClose);
    check("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"s + get("/empty"),
          "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n"
          "Connection: keep-alive\r\n\r\nhelloHTTP/1.1 204 No Content\r\n\r\n");
    check("\r\n" + get("/hello"), kHello);
}

BOOST_AUTO_TEST_CASE(it_does_not_matter_how_the_bytes_are_cut) {
    const std::string bytes =
        get("/hello") + post("/collect", "hello") +
        "POST /collect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "2\r\nhe\r\n3;x\r\nllo\r\n0\r\nA: b\r\n\r\n" +
        post("/ignore", "unread") + post("/echo", "hello");
    const std::string expected =
        kHello + kHello + kHello + kHello + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    check(bytes, expected);
    for_each_flavor([&](edo::Runtime& runtime) {
        for (const std::size_t piece : {1U, 2U, 3U, 7U, 64U}) {
            BOOST_TEST(runtime.block_on(exchange(bytes, plain_options(), piece)) == expected);
        }
    });
}

BOOST_AUTO_TEST_CASE(bodies_come_with_a_length_or_in_chunks) {
    const std::string body(100'000, 'b');
    const std::string head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 100000\r\n\r\n";
    check(post("/collect", body), head + body);
    check(post("/echo", body), "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + body);
    const std::string chunked =
        "POST /collect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n" + body +
        "\r\n0\r\n\r\n";
    check(chunked, head + body);
    check(
        "POST /trailer HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "1\r\na\r\n0\r\nX-Sum: hello\r\n\r\n",
        kHello);
}

BOOST_AUTO_TEST_CASE(answers_are_streamed_in_chunks) {
    check(get("/stream") + get("/hello"),
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none,\r\n4\r\ntwo,\r\n5\r\n"
          "three\r\n0\r\n\r\n" +
              kHello);
    check("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"s + get("/hello"),
          "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\none,two,three");
    const std::string large = answer_to(get("/large"));
    BOOST_TEST(large.size() > 1'000'000U);
    BOOST_TEST(large.ends_with(std::string(1'000'000, 'x')));
}

BOOST_AUTO_TEST_CASE(an_answer_that_breaks_off_is_seen_to_do_so) {
    check(get("/short") + get("/hello"), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc");
    check(get("/long") + get("/hello"), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc");
    check(get("/throw-late") + get("/hello"),
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\npiece\r\n");
}

BOOST_AUTO_TEST_CASE(some_answers_have_no_body) {  // H-09
    check("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n"s + "HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n" +
              "HEAD /large HTTP/1.1\r\nHost: a\r\n\r\n" + get("/empty"),
          "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n\r\n"
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
          "Content-Length: 1000000\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(an_exception_is_answered_with_500) {
    const std::string error =
        "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 22\r\n\r\nInternal Server Error\n";
    check(get("/throw") + get("/hello"), error + kHello);
    check(get("/throw-int") + get("/hello"), error + kHello);
}

BOOST_AUTO_TEST_CASE(a_handler_cannot_forge_headers) {  // H-10
    const std::string answer = answer_to(get("/forge"));
    BOOST_TEST(answer.starts_with("HTTP/1.1 500 "));
    BOOST_TEST(count(answer, "Set-Cookie") == 0U);
}

BOOST_AUTO_TEST_CASE(a_client_that_expects_100_gets_it_when_the_body_is_wanted) {  // H-08
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto [client, server] = edo::io::duplex(16 * 1024);
            auto serving = edo::spawn(edo::http::serve_connection(
                std::move(server), edo::http::Serving(routes(), plain_options())));
            for (const std::string path : {"/collect", "/echo"}) {
                static_cast<void>(co_await edo::io::write_all(
                    client, "POST " + path +
                                " HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                                "Expect: 100-continue\r\n\r\n"));
                std::string answer = co_await read_up_to(client, "\r\n\r\n");
                BOOST_TEST(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\n"));
                static_cast<void>(co_await edo::io::write_all(client, "hello"));
                answer += co_await read_up_to(client, "hello");
                BOOST_TEST(answer.ends_with("Content-Length: 5\r\n\r\nhello"));
            }
            // Not wanted: the client is not asked to send it, and the connection cannot be kept.
            static_cast<void>(co_await edo::io::write_all(
                client,
                "POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                "Expect: 100-continue\r\n\r\n"));
            const std::string answer = co_await read_up_to(client, "hello");
            BOOST_TEST(answer == kHelloAndClose);
            static_cast<void>(co_await client.shutdown());
            co_await serving;
        }());
    });
    // It has not waited.
    const std::string expect = "Expect: 100-continue\r\n";
    check(post("/collect", "hello", expect) + get("/hello"), kHello + kHello);
    check(post("/ignore", "hello", expect) + get("/hello"), kHello + kHello);
    check_refused(post("/collect", "hello", "Expect: cookies\r\n"), "417");
}

BOOST_AUTO_TEST_CASE(bodies_that_are_too_large_are_refused) {  // H-08
    check_refused("POST /collect HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\nabc",
                  "413");
    edo::http::ServerOptions options = plain_options();
    options.body_limit = 10;
    check(
        "POST /collect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nhello\r\n6\r\nhello!\r\n0\r\n\r\n" +
            get("/hello"),
        "HTTP/1.1 413 Content Too Large\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 40\r\nConnection: close\r\n\r\nerror: the body is larger than the limit" +
            ""s,
        options);
}

BOOST_AUTO_TEST_CASE(a_body_that_nobody_reads_is_dropped_up_to_a_limit) {  // H-08
    const std::string fits(200 * 1024, 'b');
    check(post("/ignore", fits) + get("/hello"), kHello + kHello);
    const std::string too_much(300 * 1024, 'b');
    check(post("/ignore", too_much) + get("/hello"), kHelloAndClose);
}

BOOST_AUTO_TEST_CASE(a_body_that_is_cut_off_is_an_error_to_the_handler) {
    const std::string answer =
        answer_to("POST /collect HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
    BOOST_TEST(answer.starts_with("HTTP/1.1 400 "));
    BOOST_TEST(answer.ends_with("error: the connection ended in the middle of a message"));
}

BOOST_AUTO_TEST_CASE(an_upgrade_gets_the_connection_with_what_was_read) {
    check(get("/upgrade", "Connection: Upgrade\r\nUpgrade: echo\r\n") + "some bytes",
          "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
          "some bytes");
    check("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\nsome bytes",
          "HTTP/1.1 200 OK\r\n\r\nsome bytes");
    // Whoever has not asked for it would not understand what follows.
    const std::string answer = answer_to(get("/upgrade"));
    BOOST_TEST(answer.starts_with("HTTP/1.1 500 "));
    // Without support it is passed over.
    check(get("/hello", "Connection: Upgrade\r\nUpgrade: h2c\r\n"), kHello);
}

BOOST_AUTO_TEST_CASE(a_client_may_end_its_side_first) {
    check(get("/nap"), kHello);
}

BOOST_AUTO_TEST_CASE(many_pipelined_requests_are_answered_in_order) {
    std::string bytes;
    std::string expected;
    for (int i = 0; i < 10'000; ++i) {
        bytes += i % 100 == 7 ? get("/empty") : get("/hello");
        expected += i % 100 == 7 ? "HTTP/1.1 204 No Content\r\n\r\n" : kHello;
    }
    for_each_flavor([&](edo::Runtime& runtime) {
        BOOST_TEST((runtime.block_on(exchange(bytes)) == expected));
    });
}

BOOST_AUTO_TEST_CASE(smuggled_requests_are_never_answered) {  // H-01 to H-06
    const std::string smuggled = get("/smuggled");
    const auto refuse = [&](const std::string& headers, const std::string& body) {
        check_refused("POST /collect HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n" + body + smuggled,
                      "400");
    };
    refuse("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n");
    refuse("Content-Length: 5\r\nContent-Length: 6\r\n", "hello");
    refuse("Content-Length: 5, 5\r\n", "hello");
    refuse("Content-Length: +5\r\n", "hello");
    refuse("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n");
    refuse("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n");
    refuse("Transfer-Encoding : chunked\r\n", "0\r\n\r\n");
    refuse("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n");
    refuse("X: y\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n");
    refuse("Host: b\r\n", "");
    // Within the body: what was read until then was a request, and nothing behind it is one.
    for (const std::string& chunks :
         {"5\r\nhello0\r\n\r\n"s, "-1\r\n"s, "0x5\r\nhello\r\n0\r\n\r\n"s, "5\nhello\r\n0\r\n\r\n"s,
          "FFFFFFFFFFFFFFFFF\r\n"s, "5 \r\nhello\r\n0\r\n\r\n"s,
          "0\r\nContent-Length: 5\r\n\r\n"s}) {
        check_refused("POST /collect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
                          chunks + smuggled,
                      "400");
    }
    // Also where nobody reads the body: the answer stands, and the connection ends.
    const std::string ignored = answer_to(
        "POST /ignore HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
        "chunked\r\n\r\n5\r\nhello0\r\n\r\n" +
        smuggled);
    BOOST_TEST(count(ignored, "HTTP/1.1 ") == 1U);
}

BOOST_AUTO_TEST_CASE(each_kind_of_refusal_has_its_status) {
    check_refused("BREW / HTTP/1.1\r\nHost: a\r\n\r\n", "501");
    check_refused("GET / HTTP/9.9\r\nHost: a\r\n\r\n", "505");
    check_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505");
    check_refused("GET /" + std::string(70'000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", "414");
    check_refused(get("/", "X: " + std::string(100'000, 'a') + "\r\n"), "431");
    check_refused("\x16\x03\x01\x02\x01\xfc", "400");
    check_refused("GET /\r\n\r\n", "400");
    check_refused("GET / HTTP/1.1\r\n\r\n", "400");
    check_refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "501");
    std::string flood = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 0; i < 10'000; ++i) {
        flood += "A: b\r\n";
    }
    check_refused(flood + "\r\n", "431");
}

BOOST_AUTO_TEST_CASE(a_connection_that_says_nothing_is_closed_silently) {
    check("", "");
    check("GET / HT", "");
    check("\r\n\r\n", "");
}

BOOST_AUTO_TEST_SUITE_END()
