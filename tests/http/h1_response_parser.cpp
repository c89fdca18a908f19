// SPDX-License-Identifier: MIT
// The parser of the heads of answers.
#include <edo/net/http/error.hpp>
#include <edo/net/http/h1/response_parser.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using namespace edo::http;

namespace {

std::string name_of(h1::Framing framing) {
    switch (framing.kind()) {
        case h1::Framing::Kind::None:
            return "none";
        case h1::Framing::Kind::Length:
            return std::to_string(framing.length());
        case h1::Framing::Kind::Chunked:
            return "chunked";
        case h1::Framing::Kind::UntilClose:
            return "close";
    }
    return {};
}

std::string outcome_of(h1::ResponseParser& parser, std::string_view bytes,
                       const edo::Result<bool>& is_whole, Method method) {
    if (!is_whole) {
        return "error: " + is_whole.error().message();
    }
    if (!*is_whole) {
        return "more";
    }
    const Response response = parser.take(bytes);
    std::string text = std::to_string(int(response.status));
    for (const Header header : response.headers) {
        text.append("|").append(header.name).append("=").append(header.value);
    }
    text += "|" + name_of(parser.framing(method));
    text += parser.keeps_alive() ? "|keep" : "|close";
    return text + '|' + std::to_string(parser.size());
}

std::string parse_at_once(const std::string& bytes, Method method = Method::Get) {
    h1::ResponseParser parser;
    const auto is_whole = parser.parse(bytes);
    return outcome_of(parser, bytes, is_whole, method);
}

std::string parse_cut_at(const std::string& bytes, std::size_t cut) {
    h1::ResponseParser parser;
    {
        const std::string part = bytes.substr(0, cut);
        const auto is_whole = parser.parse(part);
        if (!is_whole || *is_whole) {
            return outcome_of(parser, part, is_whole, Method::Get);
        }
    }
    const auto is_whole = parser.parse(bytes);
    return outcome_of(parser, bytes, is_whole, Method::Get);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(h1_response_parser)

BOOST_AUTO_TEST_CASE(a_head_is_taken_apart) {
    BOOST_TEST(parse_at_once("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") ==
               "200|Content-Length=5|5|keep|38");
    BOOST_TEST(parse_at_once("HTTP/1.1 200\r\n\r\n") == "200|close|keep|16");
    BOOST_TEST(parse_at_once("HTTP/1.1 404 \r\nTransfer-Encoding: chunked\r\n\r\n") ==
               "404|Transfer-Encoding=chunked|chunked|keep|45");
    BOOST_TEST(parse_at_once("HTTP/1.0 200 Very good \xc3\xa4\r\nHost: !!\r\n\r\n") ==
               "200|Host=!!|close|close|39");
    BOOST_TEST(parse_at_once("HTTP/1.1 999 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n") ==
               "999|Connection=close|Content-Length=0|0|close|56");
}

BOOST_AUTO_TEST_CASE(some_answers_never_have_a_body) {
    const std::string head = " X\r\nContent-Length: 5\r\n\r\n";
    BOOST_TEST(parse_at_once("HTTP/1.1 200" + head, Method::Head).find("|none|") !=
               std::string::npos);
    BOOST_TEST(parse_at_once("HTTP/1.1 200" + head, Method::Connect).find("|none|") !=
               std::string::npos);
    BOOST_TEST(parse_at_once("HTTP/1.1 407" + head, Method::Connect).find("|5|") !=
               std::string::npos);
    for (const char* const status : {"100", "101", "103", "204", "304"}) {
        BOOST_TEST(parse_at_once("HTTP/1.1 " + (status + head)).find("|none|") !=
                   std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(heads_that_are_none_are_refused) {
    struct Wrong {
        std::string bytes;
        Errc error;
    };
    const std::vector<Wrong> table = {
        {"garbage", Errc::BadStatusLine},
        {"\r\n", Errc::BadStatusLine},
        {"HTTP/1.1  200 OK\r\n\r\n", Errc::BadStatusLine},
        {"HTTP/1.1 20 OK\r\n\r\n", Errc::BadStatusLine},
        {"HTTP/1.1 2000\r\n\r\n", Errc::BadStatusLine},
        {"HTTP/1.1 099 X\r\n\r\n", Errc::BadStatusLine},
        {"HTTP/1.1 200 a\x01\r\n\r\n", Errc::BadStatusLine},
        {"HTTP/1.1 200 OK\n\r\n", Errc::BadStatusLine},
        {"HTTP/1.1\r\n\r\n", Errc::BadStatusLine},
        {"HTTP/2.0 200 OK\r\n\r\n", Errc::UnsupportedVersion},
        {"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", Errc::BadHeader},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
         Errc::BadContentLength},
        {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", Errc::BadContentLength},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
         Errc::BadTransferEncoding},
        {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Errc::BadTransferEncoding},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", Errc::UnknownTransferEncoding},
        {"HTTP/1.1 200 " + std::string(9000, 'a'), Errc::BadStatusLine},
        {"HTTP/1.1 200 OK\r\nA: " + std::string(70'000, 'a'), Errc::HeadersTooLarge},
    };
    for (const Wrong& wrong : table) {
        BOOST_TEST_CONTEXT("bytes: " << wrong.bytes.substr(0, 100)) {
            BOOST_TEST(parse_at_once(wrong.bytes) ==
                       "error: " + std::error_code(wrong.error).message());
        }
    }
}

BOOST_AUTO_TEST_CASE(it_does_not_matter_where_the_bytes_are_cut) {
    for (const std::string& bytes :
         {std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX:  y \r\n\r\nhello"),
          std::string("HTTP/1.0 301\r\nLocation: /\r\n\r\n"),
          std::string("HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n"),
          std::string("HTTP/x.1 200 OK\r\n")}) {
        const std::string expected = parse_at_once(bytes);
        for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
            BOOST_TEST_CONTEXT("cut at " << cut << ": " << bytes) {
                BOOST_TEST(parse_cut_at(bytes, cut) == expected);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(after_an_informational_answer_the_real_one_follows) {
    std::string bytes =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";
    h1::ResponseParser parser;
    BOOST_TEST(parser.parse(bytes).value());
    BOOST_TEST(is_informational(parser.status()));
    bytes.erase(0, parser.size());
    parser.reset();
    BOOST_TEST(parser.parse(bytes).value());
    BOOST_TEST((parser.status() == Status::Created));
}

BOOST_AUTO_TEST_SUITE_END()
