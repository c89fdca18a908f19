// SPDX-License-Identifier: MIT
// Bytes that two programs could understand in two ways, or that no client sends: each is refused
// with its status, the connection is closed, what is smuggled behind them is never answered, and
// others are served as before. The rows are those of RFC 9112 that attackers use.
#include "server_support.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace edo::test;
using namespace std::string_literals;

namespace {

struct Row {
    std::string bytes;
    std::string status = "400";
};

edo::Task<void> refuse_all(std::vector<Row> rows) {
    const std::string smuggled = get("/hello") + get("/hello");
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT("bytes: " << row.bytes.substr(0, 200)) {
            const std::string answer = co_await exchange(row.bytes + smuggled);
            BOOST_TEST(answer.substr(0, 9) == "HTTP/1.1 ");
            BOOST_TEST(answer.substr(9, 3) == row.status);
            BOOST_TEST(count(answer, "HTTP/1.1 ") == 1U);
            BOOST_TEST(count(answer, "Connection: close\r\n") == 1U);
            const std::string other = co_await exchange(get("/hello"));
            BOOST_TEST(other == kHello);
        }
    }
}

/// On the kinds of runtime, each row on its own connection.
void check(const std::vector<Row>& rows) {
    for_each_flavor([&](edo::Runtime& runtime) { runtime.block_on(refuse_all(rows)); });
}

Row head(const std::string& headers, const std::string& body = "") {
    return {"POST /collect HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n" + body};
}

Row chunks(const std::string& bytes) {
    return head("Transfer-Encoding: chunked\r\n", bytes);
}

Row line(const std::string& text, const std::string& status = "400") {
    return {text + "\r\nHost: a\r\n\r\n", status};
}

BOOST_AUTO_TEST_SUITE(server_refusals)

BOOST_AUTO_TEST_CASE(lengths_that_can_be_understood_in_two_ways) {  // H-01
    std::vector<Row> rows;
    for (const char* const value :
         {"5, 5", "5,6", "+5", "-1", "0x5", "5 5", "", "18446744073709551616",
          "18446744073709551621", "05", "00000000000000000005", "5\t5", "5.0", "5e0", "_5"}) {
        rows.push_back(head("Content-Length: "s + value + "\r\n", "hello"));
    }
    rows.push_back(head("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"));
    rows.push_back(head("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"));
    rows.push_back(head("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"));
    rows.push_back(head("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"));
    rows.push_back(head("Content-Length : 5\r\n", "hello"));
    rows.push_back(head("Content\0-Length: 5\r\n"s, "hello"));
    check(rows);
}

BOOST_AUTO_TEST_CASE(transfer_codings_that_hide_a_body) {  // H-02
    std::vector<Row> rows;
    for (const char* const value :
         {"chunked, identity", "identity", "xchunked", "chunkedx", "", "chunked,", ",chunked",
          "chunked, chunked", "chunked;q=0.5", "\"chunked\"", "chunked chunked",
          "\x0b"
          "chunked"}) {
        rows.push_back(head("Transfer-Encoding: "s + value + "\r\n", "0\r\n\r\n"));
    }
    rows.push_back(head("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"));
    rows.push_back(head("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked, x\r\n"));
    rows.push_back(head("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"));
    rows.push_back(head("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n"));
    rows.push_back(head("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"));
    rows.push_back({"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"});
    Row unknown = head("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n");
    unknown.status = "501";
    rows.push_back(unknown);
    check(rows);
}

BOOST_AUTO_TEST_CASE(chunks_that_are_none) {  // H-03
    std::vector<Row> rows;
    for (const std::string& bytes :
         {"-1\r\n"s, "+5\r\nhello\r\n"s, "0x5\r\nhello\r\n"s, "12345678901234567\r\n"s,
          "FFFFFFFFFFFFFFFF\r\n"s, "\r\nhello\r\n"s, " 5\r\nhello\r\n"s, "5 \r\nhello\r\n"s,
          "5\nhello\n0\n\n"s, "5;a\nhello\r\n"s, "5;a\rb\r\nhello\r\n"s, "5;\0\r\nhello\r\n"s,
          "5\r\nhello0\r\n\r\n"s, "5\r\nhello, world\r\n0\r\n\r\n"s, "5\r\nhello\n0\r\n\r\n"s,
          "5\r\nhello\r\n\r\n"s, "5,5\r\nhello\r\n"s, "5_0\r\n"s, "g\r\n"s}) {
        rows.push_back(chunks(bytes));
    }
    for (const char* const trailer : {"Content-Length: 5", "Transfer-Encoding: chunked", "Host: b",
                                      "no colon", "A : b", " folded: b"}) {
        rows.push_back(chunks("0\r\n"s + trailer + "\r\n\r\n"));
    }
    rows.push_back(chunks("1;" + std::string(20'000, 'x') + "\r\na\r\n0\r\n\r\n"));
    std::string flood = "0\r\n";
    for (int i = 0; i < 10'000; ++i) {
        flood += "A: b\r\n";
    }
    Row trailers = chunks(flood + "\r\n");
    trailers.status = "431";
    rows.push_back(trailers);
    check(rows);
}

BOOST_AUTO_TEST_CASE(a_chunk_that_never_ends_is_an_error_to_the_service) {  // H-03
    edo::Runtime runtime = edo::Builder::current_thread().build();
    for (const std::string& bytes :
         {"5\r\nhel"s, "5\r\nhello"s, "5\r\nhello\r\n"s, "5\r\nhello\r\n0"s, "5\r\nhello\r\n0\r\n"s,
          "5\r\nhello\r\n0\r\nA: b\r\n"s}) {
        const std::string answer = runtime.block_on(exchange(chunks(bytes).bytes));
        BOOST_TEST(answer.starts_with("HTTP/1.1 400 "));
        BOOST_TEST(count(answer, "HTTP/1.1 ") == 1U);
    }
}

BOOST_AUTO_TEST_CASE(lines_that_are_no_headers) {  // H-04
    std::vector<Row> rows;
    for (const std::string& text :
         {" folded"s, "\tfolded"s, "A : b"s, ": b"s, "no colon"s, "A\0: b"s, "A: b\0c"s, "A: b\rc"s,
          "A: \x01"s, "A: \x7f"s, "A\x01: b"s, "A\xc3\xa4: b"s, "A b: c"s, "A(: b"s, "A: b\nC: d"s,
          "A: b\r\r"s}) {
        rows.push_back(head(text + "\r\n"));
    }
    rows.push_back({"GET / HTTP/1.1\r\n Host: a\r\n\r\n"});
    rows.push_back({"GET / HTTP/1.1\nHost: a\n\n"});
    rows.push_back({" \r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"});
    rows.push_back({"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"});
    check(rows);
}

BOOST_AUTO_TEST_CASE(request_lines_that_are_none) {  // H-05
    std::vector<Row> rows;
    rows.push_back(line("get / HTTP/1.1", "501"));
    rows.push_back(line(std::string(100, 'A') + " / HTTP/1.1", "501"));
    rows.push_back(line("BREW / HTTP/1.1", "501"));
    rows.push_back(line("G@T / HTTP/1.1"));
    rows.push_back(line("GET /"));
    rows.push_back(line("GET / HTTP"));
    rows.push_back(line("GET / http/1.1"));
    rows.push_back(line("GET / HTTP/1.1 x"));
    rows.push_back(line("GET  / HTTP/1.1"));
    rows.push_back(line("GET\t/\tHTTP/1.1"));
    rows.push_back(line("GET / HTTP/9.9", "505"));
    rows.push_back(line("GET / HTTP/1.2", "505"));
    rows.push_back(line("GET / HTTP/0.9", "505"));
    rows.push_back({"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"});
    rows.push_back(line("GET a:80 HTTP/1.1"));
    rows.push_back(line("CONNECT /a HTTP/1.1"));
    rows.push_back(line("CONNECT a HTTP/1.1"));
    rows.push_back(line("GET * HTTP/1.1"));
    rows.push_back(line("GET ftp://a/ HTTP/1.1"));
    rows.push_back(line("GET http://user@a/ HTTP/1.1"));
    rows.push_back(line("GET /hello#part HTTP/1.1"));
    rows.push_back(line("GET /%zz HTTP/1.1"));
    rows.push_back(line("GET /%4 HTTP/1.1"));
    rows.push_back(line("GET /%00 HTTP/1.1"));
    rows.push_back(line("GET /a\rb HTTP/1.1"));
    rows.push_back(line("GET /\xc3\xa4 HTTP/1.1"));
    rows.push_back(line("GET /" + std::string(65'536, 'a') + " HTTP/1.1", "414"));
    check(rows);
}

BOOST_AUTO_TEST_CASE(forms_of_targets_that_are_right) {  // H-05
    edo::Runtime runtime = edo::Builder::current_thread().build();
    const auto status_of = [&](const std::string& text) {
        return runtime.block_on(exchange(line(text).bytes)).substr(9, 3);
    };
    BOOST_TEST(status_of("GET http://a/hello HTTP/1.1") == "200");
    BOOST_TEST(status_of("GET /hello?a#b HTTP/1.1") == "400");
    BOOST_TEST(status_of("GET /hello?%zz HTTP/1.1") == "200");  // a query is the service's business
    BOOST_TEST(status_of("OPTIONS * HTTP/1.1") == "404");
    BOOST_TEST(status_of("CONNECT a:443 HTTP/1.1") == "200");
}

BOOST_AUTO_TEST_CASE(hosts_that_are_missing_or_none) {  // H-06
    std::vector<Row> rows;
    rows.push_back({"GET / HTTP/1.1\r\n\r\n"});
    rows.push_back({"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"});
    rows.push_back({"GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"});
    for (const char* const value :
         {"", "user@a", "a/b", "a b", "a:b", "a,b@c", "[::1", ":80", "a?b", "a#b", "http://a"}) {
        rows.push_back({"GET / HTTP/1.1\r\nHost: "s + value + "\r\n\r\n"});
    }
    check(rows);
}

BOOST_AUTO_TEST_CASE(floods_of_headers) {  // H-07
    std::vector<Row> rows;
    std::string many;
    for (int i = 0; i < 10'000; ++i) {
        many += "X" + std::to_string(i) + ": y\r\n";
    }
    Row row = head(many);
    row.status = "431";
    rows.push_back(row);
    row.bytes = head("X: " + std::string(100 * 1024, 'y') + "\r\n").bytes;
    rows.push_back(row);
    row.bytes = head("X: " + std::string(1024 * 1024, 'y') + "\r\n").bytes;
    rows.push_back(row);
    row.bytes = head(std::string(100 * 1024, 'X') + ": y\r\n").bytes;
    rows.push_back(row);
    check(rows);
}

BOOST_AUTO_TEST_CASE(bodies_that_are_too_large) {  // H-08
    const std::string large(std::size_t{3} << 20, 'b');
    Row known = head("Content-Length: " + std::to_string(large.size()) + "\r\n");
    known.status = "413";  // before a byte of it has come
    Row in_chunks = chunks("300000\r\n" + large + "\r\n0\r\n\r\n");
    in_chunks.status = "413";
    check({known, in_chunks});
    for (const char* const length : {"999999999999999999", "1000000000000000000",
                                     "9999999999999999999", "18446744073709551615"}) {
        Row huge = head("Content-Length: "s + length + "\r\n");
        huge.status = "413";
        check({huge});
    }
    Row unknown = head("Expect: 200-ok\r\nContent-Length: 5\r\n", "hello");
    unknown.status = "417";
    check({unknown});
}

BOOST_AUTO_TEST_CASE(answers_without_a_body_have_none) {  // H-09
    edo::Runtime runtime = edo::Builder::current_thread().build();
    const auto answer_to = [&](const std::string& bytes) {
        return runtime.block_on(exchange(bytes));
    };
    const std::string head_of_hello = kHello.substr(0, kHello.size() - 5);
    BOOST_TEST(answer_to("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n" + get("/hello")) ==
               head_of_hello + kHello);
    BOOST_TEST(answer_to(get("/empty") + get("/hello")) ==
               "HTTP/1.1 204 No Content\r\n\r\n" + kHello);
    // An upgrade that nobody offers, and the end of a connection as the client wants it.
    BOOST_TEST(answer_to(get("/hello", "Connection: Upgrade\r\nUpgrade: h2c, x\r\n") +
                         get("/hello")) == kHello + kHello);
    BOOST_TEST(answer_to(get("/hello", "Connection: close\r\n") + get("/hello")) == kHelloAndClose);
    BOOST_TEST(answer_to("GET /hello HTTP/1.0\r\n\r\n" + get("/hello")) == kHelloAndClose);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
