// SPDX-License-Identifier: MIT
// Bodies out of their frames, and into them.
#include <edo/net/http/error.hpp>
#include <edo/net/http/h1/body_decoder.hpp>
#include <edo/net/http/h1/encoder.hpp>
#include <edo/net/http/h1/request_parser.hpp>
#include <edo/net/http/h1/response_parser.hpp>
#include <edo/runtime/errors.hpp>

#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace edo::http;
using namespace std::string_literals;

namespace {

/// Decodes all pieces, one after the other, as a connection would: `data|rest of the input`.
std::string decode(h1::BodyDecoder& decoder, const std::vector<std::string>& pieces,
                   bool then_end = false) {
    std::string data;
    std::string rest;
    for (const std::string& piece : pieces) {
        rest += piece;
        while (!decoder.is_done() && !rest.empty()) {
            const std::string input = rest;
            const auto step = decoder.decode(input);
            if (!step) {
                return "error: " + step.error().message();
            }
            data.append(step->data);
            rest.erase(0, step->consumed);
            BOOST_TEST_REQUIRE((step->consumed > 0 || decoder.is_done()));
        }
    }
    if (then_end) {
        const auto ended = decoder.end_of_input();
        if (!ended) {
            return "error: " + ended.error().message();
        }
    }
    std::string text = data + '|' + rest + (decoder.is_done() ? "|done" : "|more");
    if (const Headers* const trailers = decoder.trailers()) {
        for (const Header trailer : *trailers) {
            text.append("|").append(trailer.name).append("=").append(trailer.value);
        }
    }
    return text;
}

std::string decode_chunked(const std::vector<std::string>& pieces, bool then_end = false) {
    h1::BodyDecoder decoder(h1::Framing::chunked());
    return decode(decoder, pieces, then_end);
}

std::string text_of(Errc error) {
    return "error: " + std::error_code(error).message();
}

const std::vector<std::string> kChunked = {
    "5\r\nhello\r\n0\r\n\r\nGET",
    "1\r\na\r\nA\r\n0123456789\r\n00\r\n\r\n",
    "3;a=b;c=\"d;e\"\r\nabc\r\n0;x\r\n\r\n",
    "3 \t;a\r\nabc\r\n0\r\n\r\n",
    "0\r\n\r\n",
    "3\r\n\r\n\n\r\n0\r\nX-A: 1\r\nX-B:\r\n\r\nrest",
};

}  // namespace

BOOST_AUTO_TEST_SUITE(h1_body)

BOOST_AUTO_TEST_CASE(chunks_are_put_together) {
    const std::vector<std::string> expected = {"hello|GET|done", "a0123456789||done",
                                               "abc||done",      "abc||done",
                                               "||done",         "\r\n\n|rest|done|X-A=1|X-B="};
    for (std::size_t i = 0; i < kChunked.size(); ++i) {
        BOOST_TEST(decode_chunked({kChunked[i]}) == expected[i]);
    }
}

BOOST_AUTO_TEST_CASE(it_does_not_matter_where_the_bytes_are_cut) {
    for (const std::string& bytes : kChunked) {
        const std::string expected = decode_chunked({bytes});
        std::vector<std::string> single;
        for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
            BOOST_TEST_CONTEXT("cut at " << cut << ": " << bytes) {
                BOOST_TEST(decode_chunked({bytes.substr(0, cut), bytes.substr(cut)}) == expected);
            }
            single.push_back(bytes.substr(cut, 1));
        }
        BOOST_TEST(decode_chunked(single) == expected);
    }
}

BOOST_AUTO_TEST_CASE(chunks_that_are_none_are_refused) {  // H-03
    for (const std::string& bytes : {"-1\r\n"s,
                                     "0x5\r\n"s,
                                     "12345678901234567\r\n"s,
                                     "FFFFFFFFFFFFFFFF\r\n"s,
                                     "0000000000000005\r\n"s,
                                     "\r\n"s,
                                     " 5\r\n"s,
                                     "5 \r\n"s,
                                     "5\t\r\n"s,
                                     "+5\r\n"s,
                                     "g\r\n"s,
                                     "5\n"s,
                                     "5;a\nb\r\n"s,
                                     "5;a\rb\r\n"s,
                                     "5;\0\r\n"s,
                                     "5\rhello"s,
                                     "5\r\nhello0\r\n"s,
                                     "5\r\nhello\n0\r\n"s,
                                     "5\r\nhello!\r\n0\r\n\r\n"s,
                                     "5\r\nhello\r\r\n"s,
                                     "1\r\na\r\n\r\n"s,
                                     "5_0\r\n"s,
                                     ";a\r\n"s}) {
        BOOST_TEST_CONTEXT("bytes: " << bytes) {
            BOOST_TEST(decode_chunked({bytes}) == text_of(Errc::BadChunk));
        }
    }
}

BOOST_AUTO_TEST_CASE(extensions_are_limited_all_together) {
    const std::string chunk = "1;" + std::string(1000, 'x') + "\r\na\r\n";
    std::string many;
    for (int i = 0; i < 16; ++i) {
        many += chunk;
    }
    BOOST_TEST(decode_chunked({many + "0\r\n\r\n"}) == std::string(16, 'a') + "||done");
    BOOST_TEST(decode_chunked({many + chunk}) == text_of(Errc::BadChunk));
    BOOST_TEST(decode_chunked({"1" + std::string(17'000, ' ')}) == text_of(Errc::BadChunk));
}

BOOST_AUTO_TEST_CASE(trailers_say_nothing_that_belongs_into_the_head) {
    for (const char* const trailer :
         {"Content-Length: 5", "Transfer-Encoding: chunked", "host: a", "Connection: close"}) {
        BOOST_TEST(decode_chunked({"0\r\n"s + trailer + "\r\n\r\n"}) == text_of(Errc::BadHeader));
    }
    for (const char* const trailer : {"a : b", " a: b", "a", "a: \x01"}) {
        BOOST_TEST(decode_chunked({"0\r\n"s + trailer + "\r\n\r\n"}) == text_of(Errc::BadHeader));
    }
}

BOOST_AUTO_TEST_CASE(a_flood_of_trailers_is_cut_off) {
    std::string many = "0\r\n";
    for (int i = 0; i < 200; ++i) {
        many += "a: b\r\n";
    }
    BOOST_TEST(decode_chunked({many}) == text_of(Errc::HeadersTooLarge));
    BOOST_TEST(decode_chunked({"0\r\na: " + std::string(10'000, 'b')}) ==
               text_of(Errc::HeadersTooLarge));
    std::vector<std::string> pieces = {"0\r\na: "};
    for (int i = 0; i < 10'000; ++i) {
        pieces.emplace_back("b");
    }
    BOOST_TEST(decode_chunked(pieces) == text_of(Errc::HeadersTooLarge));
}

BOOST_AUTO_TEST_CASE(a_connection_that_ends_too_early_is_an_error) {
    const std::string bytes = "5\r\nhello\r\n0\r\nA: b\r\n\r\n";
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        BOOST_TEST(decode_chunked({bytes.substr(0, size)}, true) == text_of(Errc::Truncated));
    }
    BOOST_TEST(decode_chunked({bytes}, true) == "hello||done|A=b");

    h1::BodyDecoder five(h1::Framing::of_length(5));
    BOOST_TEST(decode(five, {"hell"}, true) == text_of(Errc::Truncated));
}

BOOST_AUTO_TEST_CASE(a_length_takes_as_many_bytes_and_no_more) {
    h1::BodyDecoder five(h1::Framing::of_length(5));
    BOOST_TEST(five.left() == 5U);
    BOOST_TEST(decode(five, {"he", "", "llo, rest"}) == "hello|, rest|done");
    h1::BodyDecoder none(h1::Framing::of_length(0));
    BOOST_TEST(none.is_done());
    h1::BodyDecoder no_body;
    BOOST_TEST(decode(no_body, {"rest"}) == "|rest|done");
    h1::BodyDecoder until_close(h1::Framing::until_close());
    BOOST_TEST(decode(until_close, {"a", "b"}) == "ab||more");
    BOOST_TEST(until_close.end_of_input().has_value());
    BOOST_TEST(until_close.is_done());
}

BOOST_AUTO_TEST_CASE(chunks_are_written_as_they_are_read) {
    std::string bytes;
    h1::append_chunk(bytes, "hello");
    h1::append_chunk(bytes, "");
    h1::append_chunk(bytes, std::string(300, 'x'));
    Headers trailers;
    trailers.append("A", "b");
    h1::append_last_chunk(bytes, &trailers);
    BOOST_TEST(bytes.starts_with("5\r\nhello\r\n12c\r\nxxx"));
    BOOST_TEST(decode_chunked({bytes}) == "hello" + std::string(300, 'x') + "||done|A=b");
    bytes.clear();
    h1::append_last_chunk(bytes);
    BOOST_TEST(bytes == "0\r\n\r\n");
}

BOOST_AUTO_TEST_SUITE_END()
