// SPDX-License-Identifier: MIT
// The parser of request heads: what it takes, what it refuses (RFC 9112), and that it does not
// matter in which pieces the bytes come.
#include <edo/net/http/error.hpp>
#include <edo/net/http/h1/request_parser.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace edo::http;
using namespace std::string_literals;

namespace {

/// What came of a head, in words that can be compared.
std::string outcome_of(h1::RequestParser& parser, std::string_view bytes,
                       const edo::Result<bool>& is_whole) {
    if (!is_whole) {
        return "error: " + is_whole.error().message();
    }
    if (!*is_whole) {
        return "more";
    }
    const Request request = parser.take(bytes);
    std::string text(to_string(request.method));
    text += ' ' + request.target + (request.version == Version::Http10 ? " 1.0" : " 1.1");
    for (const Header header : request.headers) {
        text.append("|").append(header.name).append("=").append(header.value);
    }
    const h1::Framing framing = parser.framing();
    text += framing.kind() == h1::Framing::Kind::Chunked
                ? "|chunked"
                : "|" + std::to_string(framing.length()) + " bytes";
    text += parser.keeps_alive() ? "|keep" : "|close";
    text += parser.expects_continue() ? "|continue" : "";
    return text + '|' + std::to_string(parser.size());
}

std::string parse_at_once(const std::string& bytes, const h1::Limits& limits = h1::Limits()) {
    h1::RequestParser parser(limits);
    const auto is_whole = parser.parse(bytes);
    return outcome_of(parser, bytes, is_whole);
}

/// Gives the bytes in pieces, each time at another place in memory.
std::string parse_in_pieces(const std::string& bytes, const std::vector<std::size_t>& cuts) {
    h1::RequestParser parser;
    for (const std::size_t cut : cuts) {
        const std::string part = bytes.substr(0, cut);
        const auto is_whole = parser.parse(part);
        if (!is_whole || *is_whole) {
            return outcome_of(parser, part, is_whole);
        }
    }
    const std::string all = bytes;
    const auto is_whole = parser.parse(all);
    return outcome_of(parser, all, is_whole);
}

void check_error(const std::string& bytes, Errc error) {
    BOOST_TEST_CONTEXT("bytes: " << bytes.substr(0, 200)) {
        BOOST_TEST(parse_at_once(bytes) == "error: " + std::error_code(error).message());
    }
}

std::string with(const std::string& headers) {
    return "GET / HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n";
}

struct Wrong {
    std::string bytes;
    Errc error;
};

void check_all(const std::vector<Wrong>& table) {
    for (const Wrong& wrong : table) {
        check_error(wrong.bytes, wrong.error);
    }
}

const std::vector<std::string> kRight = {
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "\r\n\r\nGET /x?y=%zz HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n",
    "POST /a%20b HTTP/1.1\r\nhOST:a:80\r\nContent-Length: 12\r\nX: \t y z\t "
    "\r\nE:\r\n\r\n012345678901",
    "PUT / HTTP/1.1\r\nHost: [::1]:8080\r\nTransfer-Encoding: CHUNKED\r\nExpect: "
    "100-Continue\r\n\r\n5",
    "GET / HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.0\r\nConnection: foo, Keep-Alive\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nConnection: CLOSE\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "CONNECT a.b:443 HTTP/1.1\r\nHost: a.b:443\r\n\r\n",
    "GET http://a:80/b?c HTTP/1.1\r\nHost: other\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX: \xc3\xa4\xff\r\n\r\n",
    "DELETE / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
};

}  // namespace

BOOST_AUTO_TEST_SUITE(h1_request_parser)

BOOST_AUTO_TEST_CASE(a_head_is_taken_apart) {
    const std::vector<std::string> expected = {
        "GET / 1.1|Host=a|0 bytes|keep|27",
        "GET /x?y=%zz 1.1|Host=a|0 bytes|keep|38",
        "POST /a%20b 1.1|hOST=a:80|Content-Length=12|X=y z|E=|12 bytes|keep|71",
        "PUT / 1.1|Host=[::1]:8080|Transfer-Encoding=CHUNKED|Expect=100-Continue|chunked|keep|"
        "continue|86",
        "GET / 1.0|0 bytes|close|18",
        "GET / 1.0|Connection=foo, Keep-Alive|0 bytes|keep|47",
        "GET / 1.1|Host=a|Connection=Upgrade|Connection=CLOSE|0 bytes|close|67",
        "OPTIONS * 1.1|Host=a|0 bytes|keep|31",
        "CONNECT a.b:443 1.1|Host=a.b:443|0 bytes|keep|43",
        "GET http://a:80/b?c 1.1|Host=other|0 bytes|keep|45",
        "GET / 1.1|Host=a|X=\xc3\xa4\xff|0 bytes|keep|35",
        "DELETE / 1.1|Host=a|Content-Length=0|0 bytes|keep|49",
    };
    for (std::size_t i = 0; i < kRight.size(); ++i) {
        BOOST_TEST(parse_at_once(kRight[i]) == expected[i]);
    }
}

BOOST_AUTO_TEST_CASE(it_does_not_matter_where_the_bytes_are_cut) {
    std::vector<std::string> messages = kRight;
    messages.push_back("GET / HTTP/1.1\r\nHost: a\r\n b: c\r\n\r\n");
    messages.push_back("GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n");
    messages.push_back(
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n");
    messages.push_back("BREW / HTTP/1.1\r\nHost: a\r\n\r\n");
    for (const std::string& bytes : messages) {
        const std::string expected = parse_at_once(bytes);
        std::vector<std::size_t> every;
        for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
            BOOST_TEST_CONTEXT("cut at " << cut << ": " << bytes) {
                BOOST_TEST(parse_in_pieces(bytes, {cut}) == expected);
                BOOST_TEST(parse_in_pieces(bytes, {cut / 2, cut}) == expected);
            }
            every.push_back(cut);
        }
        BOOST_TEST(parse_in_pieces(bytes, every) == expected);
    }
}

BOOST_AUTO_TEST_CASE(a_head_that_is_not_complete_needs_more) {
    const std::string bytes = kRight[2];
    const std::size_t head = bytes.find("\r\n\r\n") + 4;
    for (std::size_t size = 0; size < head; ++size) {
        BOOST_TEST(parse_at_once(bytes.substr(0, size)) == "more");
    }
}

BOOST_AUTO_TEST_CASE(reset_begins_with_the_next_request) {
    h1::RequestParser parser;
    std::string bytes = kRight[2] + kRight[0];
    BOOST_TEST(parser.parse(bytes).value());
    bytes.erase(0, parser.size() + 12);
    parser.reset();
    BOOST_TEST(!parser.has_begun());
    const auto is_whole = parser.parse(bytes);
    BOOST_TEST(outcome_of(parser, bytes, is_whole) == "GET / 1.1|Host=a|0 bytes|keep|27");
}

BOOST_AUTO_TEST_CASE(lengths_that_can_be_understood_in_two_ways_are_refused) {  // H-01
    std::vector<Wrong> table;
    for (const char* const value :
         {"+5", "-1", "0x5", "5 5", "", "5, 5", "5,6", "05", "00", "18446744073709551616",
          "99999999999999999999", "100000000000000000000", "5.", "5;", "\xd9\xa5", "1e3", "_5"}) {
        table.push_back({with("Content-Length: "s + value + "\r\n"), Errc::BadContentLength});
    }
    table.push_back({with("Content-Length: 5\r\nContent-Length: 6\r\n"), Errc::BadContentLength});
    table.push_back({with("Content-Length: 5\r\ncontent-length: 5\r\n"), Errc::BadContentLength});
    table.push_back(
        {with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), Errc::BadTransferEncoding});
    table.push_back(
        {with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), Errc::BadTransferEncoding});
    table.push_back({with("Content-Length: 5\0\r\n"s), Errc::BadHeader});
    check_all(table);
}

BOOST_AUTO_TEST_CASE(transfer_codings_other_than_chunked_are_refused) {  // H-02
    std::vector<Wrong> table;
    for (const char* const value :
         {"identity", "chunked, identity", "xchunked", "", "chunked,", ", chunked",
          "chunked chunked", "\"chunked\"", "chunked;q=1", "chunked, chunked", "gzip"}) {
        table.push_back({with("Transfer-Encoding: "s + value + "\r\n"), Errc::BadTransferEncoding});
    }
    table.push_back({with("Transfer-Encoding: gzip, chunked\r\n"), Errc::UnknownTransferEncoding});
    table.push_back({with("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"),
                     Errc::UnknownTransferEncoding});
    table.push_back({with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
                     Errc::BadTransferEncoding});
    table.push_back({with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
                     Errc::BadTransferEncoding});
    table.push_back({with("Transfer-Encoding: \x0b"
                          "chunked\r\n"),
                     Errc::BadHeader});
    table.push_back({with("Transfer-Encoding : chunked\r\n"), Errc::BadHeader});
    table.push_back({with("Transfer-Encoding:\r\n chunked\r\n"), Errc::BadHeader});
    table.push_back(
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", Errc::BadTransferEncoding});
    check_all(table);
    // Blanks around a value belong to no value.
    BOOST_TEST(parse_at_once(with("Transfer-Encoding:\t chunked \t\r\n")).find("|chunked|keep") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(lines_that_are_no_headers_are_refused) {  // H-04
    std::vector<Wrong> table;
    for (const std::string& line :
         {" folded"s, "\tfolded"s, "A : b"s, "A\t: b"s, ": b"s, "no colon"s, "A(: b"s, "A\xc3: b"s,
          "A\0: b"s, "A: \0"s, "A: b\rc"s, "A: \x01"s, "A: \x7f"s, "A\r: b"s, "A: b\r"s, "A b: c"s,
          "A: \x1b[0m"s}) {
        table.push_back({with(line + "\r\n"), Errc::BadHeader});
        table.push_back({with("X: y\r\n" + line + "\r\n"), Errc::BadHeader});
    }
    table.push_back({"GET / HTTP/1.1\r\n Host: a\r\n\r\n", Errc::BadHeader});
    table.push_back({"GET / HTTP/1.1\r\nHost: a\n\r\n", Errc::BadHeader});
    table.push_back({"GET / HTTP/1.1\r\nHost: a\r\n\n", Errc::BadHeader});
    table.push_back({"GET / HTTP/1.1\nHost: a\r\n\r\n", Errc::BadRequestLine});
    check_all(table);
}

BOOST_AUTO_TEST_CASE(request_lines_that_are_none_are_refused) {  // H-05
    std::vector<Wrong> table;
    const auto line = [&table](const std::string& text, Errc error) {
        table.push_back({text + "\r\nHost: a\r\n\r\n", error});
    };
    line("get / HTTP/1.1", Errc::UnknownMethod);
    line("BREW / HTTP/1.1", Errc::UnknownMethod);
    line(std::string(9000, 'A') + " / HTTP/1.1", Errc::UnknownMethod);
    line("G@T / HTTP/1.1", Errc::BadRequestLine);
    line("GET\x01 / HTTP/1.1", Errc::BadRequestLine);
    line(" GET / HTTP/1.1", Errc::BadRequestLine);
    line("GET /", Errc::BadRequestLine);
    line("GET", Errc::BadRequestLine);
    line("GET / ", Errc::BadRequestLine);
    line("GET  / HTTP/1.1", Errc::BadRequestLine);
    line("GET /  HTTP/1.1", Errc::BadRequestLine);
    line("GET / HTTP/1.1 ", Errc::BadRequestLine);
    line("GET\t/\tHTTP/1.1", Errc::BadRequestLine);
    line("GET / http/1.1", Errc::BadRequestLine);
    line("GET / HTTP/1", Errc::BadRequestLine);
    line("GET / HTTP/1.10", Errc::BadRequestLine);
    line("GET / HTTPS/1.1", Errc::BadRequestLine);
    line("GET / HTTP/9.9", Errc::UnsupportedVersion);
    line("GET / HTTP/1.2", Errc::UnsupportedVersion);
    line("GET / HTTP/0.9", Errc::UnsupportedVersion);
    line("PRI * HTTP/2.0", Errc::UnsupportedVersion);
    line("GET /a b HTTP/1.1", Errc::BadRequestLine);
    line("GET /#f HTTP/1.1", Errc::BadTarget);
    line("GET /\x01 HTTP/1.1", Errc::BadTarget);
    line("GET /\xc3\xa4 HTTP/1.1", Errc::BadTarget);
    line("GET /\x7f HTTP/1.1", Errc::BadTarget);
    line("GET /\0 HTTP/1.1"s, Errc::BadTarget);
    line("GET /a\rb HTTP/1.1", Errc::BadTarget);
    line("GET /%zz HTTP/1.1", Errc::BadTarget);
    line("GET /%4 HTTP/1.1", Errc::BadTarget);
    line("GET /%00 HTTP/1.1", Errc::BadTarget);
    line("GET * HTTP/1.1", Errc::BadTarget);
    line("GET a HTTP/1.1", Errc::BadTarget);
    line("GET a:80 HTTP/1.1", Errc::BadTarget);
    line("GET ftp://a/ HTTP/1.1", Errc::BadTarget);
    line("GET http:///a HTTP/1.1", Errc::BadTarget);
    line("GET http://u@a/ HTTP/1.1", Errc::BadTarget);
    line("CONNECT / HTTP/1.1", Errc::BadTarget);
    line("CONNECT a HTTP/1.1", Errc::BadTarget);
    line("CONNECT a1 HTTP/1.1", Errc::BadTarget);
    line("CONNECT a: HTTP/1.1", Errc::BadTarget);
    line("GET /" + std::string(64 * 1024, 'a') + " HTTP/1.1", Errc::TargetTooLong);
    check_all(table);
    BOOST_TEST((status_of(Errc::TargetTooLong) == Status::UriTooLong));
    BOOST_TEST((status_of(Errc::UnsupportedVersion) == Status::HttpVersionNotSupported));
    BOOST_TEST((status_of(Errc::BadTarget) == Status::BadRequest));
}

BOOST_AUTO_TEST_CASE(a_request_says_once_and_rightly_for_which_host_it_is) {  // H-06
    std::vector<Wrong> table;
    const auto host = [&table](const std::string& headers) {
        table.push_back({"GET / HTTP/1.1\r\n" + headers + "\r\n", Errc::BadHost});
    };
    host("");
    host("X: y\r\n");
    host("Host: a\r\nHost: a\r\n");
    host("Host: a\r\nhost: b\r\n");
    for (const char* const value : {"", "u@a", "a/b", "a b", "a,b/c", "a:b", "a:80:80", "[::1",
                                    "[]", "::1", "a\\b", "a?b", "a#b", "a\"b", "[::1]80", ":80"}) {
        host("Host: "s + value + "\r\n");
    }
    table.push_back({"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", Errc::BadHost});
    check_all(table);
}

BOOST_AUTO_TEST_CASE(expectations_that_are_not_known_are_refused) {
    check_error(with("Expect: 200-ok\r\n"), Errc::BadExpectation);
    BOOST_TEST((status_of(Errc::BadExpectation) == Status::ExpectationFailed));
}

BOOST_AUTO_TEST_CASE(floods_are_cut_off_at_the_limits) {  // H-07
    std::string many;
    for (int i = 0; i < 10'000; ++i) {
        many += "X" + std::to_string(i) + ": y\r\n";
    }
    check_error(with(many), Errc::HeadersTooLarge);
    check_error(with("X: " + std::string(100 * 1024, 'y') + "\r\n"), Errc::HeadersTooLarge);
    BOOST_TEST((status_of(Errc::HeadersTooLarge) == Status::RequestHeaderFieldsTooLarge));

    // Before the line has ended, too: memory stays bounded.
    h1::RequestParser parser;
    std::string bytes = "GET / HTTP/1.1\r\nX: ";
    BOOST_TEST(!parser.parse(bytes).value());
    bytes.append(64 * 1024, 'y');
    BOOST_TEST((parser.parse(bytes).error() == Errc::HeadersTooLarge));

    h1::RequestParser line_parser;
    BOOST_TEST(
        (line_parser.parse("GET /" + std::string(8 * 1024, 'a')).error() == Errc::TargetTooLong));
}

BOOST_AUTO_TEST_CASE(exactly_at_the_limits_all_is_right) {
    h1::Limits limits;
    limits.start_line = 16;  // "GET / HTTP/1.1\r\n"
    limits.headers = 11;     // "Host: a\r\n\r\n"
    limits.header_count = 1;
    const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    BOOST_TEST(parse_at_once(bytes, limits) == "GET / 1.1|Host=a|0 bytes|keep|27");
    limits.start_line = 15;
    BOOST_TEST(parse_at_once(bytes, limits) ==
               "error: " + std::error_code(Errc::TargetTooLong).message());
    limits.start_line = 16;
    limits.headers = 10;
    BOOST_TEST(parse_at_once(bytes, limits) ==
               "error: " + std::error_code(Errc::HeadersTooLarge).message());
    limits.headers = 11;
    limits.header_count = 0;
    BOOST_TEST(parse_at_once(bytes, limits) ==
               "error: " + std::error_code(Errc::HeadersTooLarge).message());
}

BOOST_AUTO_TEST_CASE(what_is_no_http_is_refused_before_a_line_has_ended) {
    BOOST_TEST((h1::RequestParser().parse("\x16\x03\x01\x02").error() == Errc::BadRequestLine));
    BOOST_TEST((h1::RequestParser().parse("\n").error() == Errc::BadRequestLine));
    BOOST_TEST((h1::RequestParser().parse("\rG").error() == Errc::BadRequestLine));
    std::string lines;
    for (int i = 0; i < 10'000; ++i) {
        lines += "\r\n";
    }
    BOOST_TEST((h1::RequestParser().parse(lines).error() == Errc::BadRequestLine));
}

BOOST_AUTO_TEST_SUITE_END()
