// SPDX-License-Identifier: MIT
// Bodies of requests that come compressed.
#include "filter_requests.hpp"
#include "gzipped.hpp"
#include "server_support.hpp"
#include <edo/net/http/filter.hpp>

#include <boost/describe/class.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>

namespace {

using namespace edo::http::filter;
using edo::http::Body;
using edo::http::Request;
using edo::test::Answer;
using edo::test::ask;
using edo::test::gzipped;
using edo::test::in_pieces;
using edo::test::post_of;
using edo::test::status_of;

struct Data {
    unsigned number = 0;
};
BOOST_DESCRIBE_STRUCT(Data, (), (number))

Request encoded(Body body, std::string_view coding = "gzip") {
    return post_of("/", std::move(body)).with_header("Content-Encoding", coding);
}

Body bytewise(const std::string& text) {
    std::vector<std::string> pieces;
    for (const char byte : text) {
        pieces.emplace_back(1, byte);
    }
    return in_pieces(std::move(pieces));
}

auto number() {
    return body::json<Data>() | map([](Data data) { return std::to_string(data.number); });
}
auto length() {
    return body::bytes() | map([](std::string text) { return std::to_string(text.size()); });
}

const std::string kNumber = R"({"number":5})";

}  // namespace

BOOST_AUTO_TEST_SUITE(filter_gunzip)

BOOST_AUTO_TEST_CASE(what_is_compressed_is_decompressed) {
    const auto f = body::gunzip() & number();
    BOOST_TEST(ask(f, encoded(gzipped(kNumber))).text == "5");
    BOOST_TEST(ask(f, encoded(gzipped(kNumber), "X-GZIP")).text == "5");
    BOOST_TEST(ask(f, encoded(gzipped(kNumber), "identity, gzip")).text == "5");
    BOOST_TEST(ask(f, encoded(bytewise(gzipped(kNumber)))).text == "5");
    BOOST_TEST(ask(f, post_of("/", kNumber)).text == "5");  // not compressed, and does not say so
    BOOST_TEST(ask(f, encoded(kNumber, "identity")).text == "5");
    const auto headers_of = (body::gunzip() & headers()) | map([](edo::http::Headers all) {
                                return std::string(all.get("Content-Length").value_or("none")) +
                                       std::string(all.get("Content-Encoding").value_or(" none"));
                            });
    const auto answer =
        ask(headers_of, encoded(gzipped(kNumber)).with_header("Content-Length", "32"));
    BOOST_TEST(answer.text == "none none");
}

BOOST_AUTO_TEST_CASE(without_the_filter_what_is_compressed_is_415) {
    for (const char* const coding : {"gzip", "br", "gzip, gzip", "GZIP"}) {
        const Answer answer = ask(number(), encoded(gzipped(kNumber), coding));
        BOOST_TEST(int(answer.status) == 415);
        BOOST_TEST(answer.header("Accept-Encoding") == "identity");
    }
    BOOST_TEST(ask(number(), encoded(kNumber, "identity")).text == "5");
    BOOST_TEST(ask(number(), encoded(kNumber, "")).text == "5");
    const auto text = body::text() | map([](std::string all) { return all; });
    BOOST_TEST(status_of(text, encoded("x")) == 415);
    const auto form = body::form() | map([](Fields) { return ""; });
    BOOST_TEST(status_of(form, encoded("x=y")) == 415);
    // Who wants bytes gets what was sent.
    const std::string packed = gzipped(kNumber);
    BOOST_TEST(ask(length(), encoded(packed)).text == std::to_string(packed.size()));
}

BOOST_AUTO_TEST_CASE(other_codings_are_415) {
    const auto f = body::gunzip() & length();
    for (const char* const coding : {"br", "deflate", "gzip, br", "gzip, gzip", "gzipx"}) {
        const Answer answer = ask(f, encoded("x", coding));
        BOOST_TEST(int(answer.status) == 415);
        BOOST_TEST(answer.header("Accept-Encoding") == "gzip");
    }
}

BOOST_AUTO_TEST_CASE(damaged_and_cut_bodies_are_400) {
    const auto f = body::gunzip() & length();
    const std::string packed = gzipped(std::string(10'000, 'x') + "tail");
    std::string damaged = packed;
    damaged[packed.size() / 2] ^= 0x55;
    BOOST_TEST(status_of(f, encoded("no gzip at all")) == 400);
    BOOST_TEST(status_of(f, encoded(damaged)) == 400);
    BOOST_TEST(status_of(f, encoded(packed + "rest")) == 400);
    for (std::size_t size = 1; size < packed.size(); ++size) {
        BOOST_TEST(status_of(f, encoded(packed.substr(0, size))) == 400, size);
    }
    BOOST_TEST(ask(f, encoded(packed)).text == "10004");
}

BOOST_AUTO_TEST_CASE(a_bomb_is_413) {
    const std::string bomb = gzipped(std::string(50'000'000, '\0'));
    BOOST_TEST(bomb.size() < 100'000U);
    BOOST_TEST(status_of(body::gunzip() & length(), encoded(bomb)) == 413);
    BOOST_TEST(status_of(body::content_length_limit(100'000) & body::gunzip(1 << 30) & length(),
                         encoded(bomb)) == 413);
    // Who reads it piece by piece has the filter's own limit.
    std::size_t got = 0;
    const auto count = (body::gunzip(1'000'000) & body::stream()) |
                       and_then([&got](Body stream) -> edo::Task<edo::Result<std::string>> {
                           for (;;) {
                               auto piece = co_await edo::propagate(co_await stream.next());
                               if (!piece) {
                                   co_return "all of it";
                               }
                               got += piece->size();
                           }
                       });
    BOOST_TEST(status_of(count, encoded(bomb)) == 413);
    BOOST_TEST(got <= 1'000'000U);
    BOOST_TEST(got > 900'000U);
}

BOOST_AUTO_TEST_CASE(a_body_that_another_alternative_has_read_is_decompressed_as_well) {
    const auto reads_first =
        (body::bytes() | and_then([](std::string) -> edo::Result<std::string, Rejection> {
             return edo::failure(Rejection::bad_request("not me"));
         })) or
        (body::gunzip() & number());
    // `bytes` has taken it, so nobody else can have it.
    BOOST_TEST(status_of(reads_first, encoded(bytewise(gzipped(kNumber)))) == 500);
    const auto looks_first =
        (body::json<std::string>() | map([](std::string all) { return all; })) or
        ((body::gunzip() & body::json<std::string>()) | map([](std::string all) { return all; })) or
        number();
    BOOST_TEST(ask(looks_first, encoded(bytewise(gzipped(kNumber)))).text == "5");
}

BOOST_AUTO_TEST_CASE(a_server_takes_compressed_bodies_and_goes_on_behind_bombs) {
    const auto sized = body::gunzip() & length();
    const std::string packed = gzipped(kNumber);
    const std::string bomb = gzipped(std::string(50'000'000, '\0'));
    const auto post = [](const std::string& text) {
        return "POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: " +
               std::to_string(text.size()) + "\r\n\r\n" + text;
    };
    edo::test::for_each_flavor([&](edo::Runtime& runtime) {
        const std::string answers = runtime.block_on([&]() -> edo::Task<std::string> {
            auto ends = edo::io::duplex(16 * 1024);
            auto served = edo::spawn(edo::http::serve_connection(
                std::move(ends.second),
                edo::http::Serving(service(sized), edo::test::plain_options())));
            const std::string requests = post(packed) + post(bomb) + post(packed) + post("no gzip");
            auto send = [](edo::io::DuplexStream& stream, std::string text) -> edo::Task<void> {
                static_cast<void>(co_await edo::io::write_all(stream, text));
                static_cast<void>(co_await stream.shutdown());
            };
            auto both = co_await edo::join(send(ends.first, requests),
                                           edo::test::read_everything(ends.first));
            co_await served;
            co_return std::get<1>(both);
        });
        BOOST_TEST(edo::test::count(answers, "HTTP/1.1 200 OK\r\n") == 2U);
        BOOST_TEST(edo::test::count(answers, "HTTP/1.1 413 ") == 1U);
        BOOST_TEST(edo::test::count(answers, "HTTP/1.1 400 ") == 1U);
    });
}

BOOST_AUTO_TEST_SUITE_END()
