// SPDX-License-Identifier: MIT
#include "filter_requests.hpp"
#include "support/cancel_driver.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/net/http/filter/body.hpp>
#include <edo/net/http/filter/cors.hpp>
#include <edo/net/http/filter/gzip.hpp>
#include <edo/net/http/filter/log.hpp>
#include <edo/net/http/filter/method.hpp>
#include <edo/net/http/filter/path.hpp>
#include <edo/net/http/filter/sse.hpp>
#include <edo/runtime/stream/sources.hpp>

#include <boost/test/unit_test.hpp>

#include <zlib.h>

namespace {

using namespace edo::http::filter;
using namespace std::chrono_literals;
using edo::Task;
using edo::http::Body;
using edo::http::Method;
using edo::http::Request;
using edo::http::Response;
using edo::http::Status;
using edo::test::Answer;
using edo::test::ask;
using edo::test::get_of;
using edo::test::in_pieces;
using edo::test::status_of;
Request accepting(std::string_view encodings) {
    return get_of("/").with_header("Accept-Encoding", encodings);
}

/// What a gzip stream holds; "broken" if it is none, or not at its end.
std::string gunzip(const std::string& bytes) {
    z_stream stream{};
    BOOST_REQUIRE(::inflateInit2(&stream, 15 + 16) == Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = uInt(bytes.size());
    std::string text;
    int result = Z_OK;
    while (result == Z_OK) {
        std::array<char, 4096> room;
        stream.next_out = reinterpret_cast<Bytef*>(room.data());
        stream.avail_out = uInt(room.size());
        result = ::inflate(&stream, Z_NO_FLUSH);
        text.append(room.data(), room.size() - stream.avail_out);
        if (result == Z_BUF_ERROR ||
            (result == Z_OK && stream.avail_in == 0 && stream.avail_out != 0)) {
            break;
        }
    }
    ::inflateEnd(&stream);
    return result == Z_STREAM_END ? text : "broken";
}

auto answers(std::string text, std::string type = "text/plain") {
    return any() | map([text = std::move(text), type = std::move(type)] {
               Response response{Status::Ok, text};
               response.headers.set("Content-Type", type);
               return response;
           });
}

std::string long_text() {
    std::string text;
    for (int i = 0; i < 50'000; ++i) {
        text += std::to_string(i) + ' ';
    }
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(filter_gzip)

BOOST_AUTO_TEST_CASE(text_is_compressed_for_who_asks) {
    const std::string text(5000, 'x');
    const auto f = answers(text) | with(gzip());
    const auto plain = ask(f, get_of("/"));
    BOOST_TEST(plain.text == text);
    BOOST_TEST(plain.header("Content-Encoding") == "(none)");
    BOOST_TEST(plain.header("Vary") == "Accept-Encoding");
    const auto small = ask(f, accepting("br, gzip"));
    BOOST_TEST(small.header("Content-Encoding") == "gzip");
    BOOST_TEST(small.header("Vary") == "Accept-Encoding");
    BOOST_TEST(small.text.size() < 200);
    BOOST_TEST(gunzip(small.text) == text);
}

BOOST_AUTO_TEST_CASE(a_long_text_and_a_stream_are_compressed_piece_by_piece) {
    const std::string text = long_text();
    BOOST_TEST(gunzip(ask(answers(text) | with(gzip()), accepting("gzip")).text) == text);
    const auto stream = any() | map([] {
                            Response response(Status::Ok, in_pieces({"one ", "two ", "three"}));
                            response.headers.set("Content-Type", "text/plain");
                            return response;
                        });
    BOOST_TEST(gunzip(ask(stream | with(gzip()), accepting("gzip")).text) == "one two three");
}

BOOST_AUTO_TEST_CASE(each_piece_of_a_stream_goes_out_at_once) {
    const edo::test::LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    runtime.block_on([]() -> Task<void> {
        const auto f = any() | map([] {
                           Response response(Status::Ok, in_pieces({"one ", "two"}));
                           response.headers.set("Content-Type", "text/event-stream");
                           return response;
                       }) |
                       with(gzip());
        auto response = co_await testing::reply(f, accepting("gzip"));
        z_stream stream{};
        BOOST_REQUIRE(::inflateInit2(&stream, 15 + 16) == Z_OK);
        auto piece = co_await response.body.next();
        BOOST_TEST(piece.value().has_value());
        std::array<char, 100> room{};
        stream.next_in = reinterpret_cast<Bytef*>((*piece)->data());
        stream.avail_in = uInt((*piece)->size());
        stream.next_out = reinterpret_cast<Bytef*>(room.data());
        stream.avail_out = uInt(room.size());
        ::inflate(&stream, Z_SYNC_FLUSH);
        BOOST_TEST(std::string(room.data(), room.size() - stream.avail_out) == "one ");
        ::inflateEnd(&stream);
    });
}

BOOST_AUTO_TEST_CASE(weights_decide) {
    const auto f = answers(std::string(5000, 'x')) | with(gzip());
    const auto encoding = [&](std::string_view accepted) {
        return ask(f, accepting(accepted)).header("Content-Encoding");
    };
    for (const char* yes :
         {"gzip", "GZIP", "x-gzip", "*", "gzip;q=0.5", "gzip ; q=0.001", "deflate, *;q=0.1",
          "gzip;q=1.000, identity;q=0.5", "identity;q=0, gzip;q=0.2"}) {
        BOOST_TEST_CONTEXT(yes) {
            BOOST_TEST(encoding(yes) == "gzip");
        }
    }
    for (const char* no : {"", "identity", "br", "gzip;q=0", "gzip;q=0.000", "*;q=0", "*, gzip;q=0",
                           "gzip;q=0.4, identity;q=0.5", "gzip;q=x", "gzipped"}) {
        BOOST_TEST_CONTEXT(no) {
            BOOST_TEST(encoding(no) == "(none)");
        }
    }
}

BOOST_AUTO_TEST_CASE(what_does_not_gain_stays) {
    const std::string text(5000, 'x');
    const auto encoding = [&](Response (*make)(std::string), Status status = Status::Ok) {
        const auto f = any() |
                       map([make, text, status] { return make(text).with_status(status); }) |
                       with(gzip());
        return ask(f, accepting("gzip")).header("Content-Encoding");
    };
    const auto text_of = +[](std::string body) { return Response::text(std::move(body)); };
    BOOST_TEST(encoding(text_of) == "gzip");
    BOOST_TEST(encoding(text_of, Status::NotFound) == "gzip");
    BOOST_TEST(encoding(text_of, Status::PartialContent) == "(none)");
    BOOST_TEST(encoding(+[](std::string body) {
                   return Response::text(std::move(body)).with_header("Content-Type", "image/png");
               }) == "(none)");
    BOOST_TEST(
        encoding(+[](std::string body) {
            return Response::text(std::move(body)).with_header("Cache-Control", "no-transform");
        }) == "(none)");
    BOOST_TEST(encoding(+[](std::string body) {
                   return Response::text(std::move(body)).with_header("Content-Encoding", "br");
               }) == "br");
    BOOST_TEST(encoding(+[](std::string) { return Response::text("short"); }) == "(none)");
    const auto tagged =
        answers(text) |
        map([](Response response) { return std::move(response).with_header("ETag", "\"a\""); }) |
        with(gzip().min_size(10).level(9));
    BOOST_TEST(ask(tagged, accepting("gzip")).header("ETag") == "W/\"a\"");
    BOOST_TEST(ask(tagged, get_of("/")).header("ETag") == "\"a\"");
    for (const char* type : {"application/json", "image/svg+xml", "Text/HTML; charset=x"}) {
        BOOST_TEST(
            ask(answers(text, type) | with(gzip()), accepting("gzip")).header("Content-Encoding") ==
            "gzip");
    }
    BOOST_CHECK_THROW(static_cast<void>(gzip().level(0)), edo::UsageError);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(filter_cors)

BOOST_AUTO_TEST_CASE(an_allowed_origin_may_read_the_answer) {
    const auto f =
        (path("a") | map([] { return "a"; })) |
        with(cors().allow_origin("https://one.org").allow_credentials().expose_headers({"X-A"}));
    const auto one = ask(f, get_of("/a").with_header("Origin", "https://one.org"));
    BOOST_TEST(one.text == "a");
    BOOST_TEST(one.header("Access-Control-Allow-Origin") == "https://one.org");
    BOOST_TEST(one.header("Access-Control-Allow-Credentials") == "true");
    BOOST_TEST(one.header("Access-Control-Expose-Headers") == "X-A");
    BOOST_TEST(one.header("Vary") == "Origin");
    const auto two = ask(f, get_of("/a").with_header("Origin", "https://two.org"));
    BOOST_TEST(two.text == "a");
    BOOST_TEST(two.header("Access-Control-Allow-Origin") == "(none)");
    BOOST_TEST(two.header("Vary") == "Origin");
    const auto rejected = ask(f, get_of("/b").with_header("Origin", "https://one.org"));
    BOOST_TEST(int(rejected.status) == 404);
    BOOST_TEST(rejected.header("Access-Control-Allow-Origin") == "https://one.org");
    const auto anyone = (any() | map([] { return "a"; })) | with(cors().allow_any_origin());
    BOOST_TEST(ask(anyone, get_of("/").with_header("Origin", "https://x.org"))
                   .header("Access-Control-Allow-Origin") == "*");
    BOOST_TEST(ask(anyone, get_of("/")).header("Access-Control-Allow-Origin") == "(none)");
}

BOOST_AUTO_TEST_CASE(the_question_beforehand_is_answered) {
    const auto f =
        ((path("a") & put()) | map([] { return "a"; })) | with(cors()
                                                                   .allow_origin("https://one.org")
                                                                   .allow_methods({Method::Put})
                                                                   .allow_headers({"Content-Type"})
                                                                   .max_age(60s));
    const auto question = [&](std::string_view method, std::string_view headers) {
        Request request(Method::Options, "/a");
        request.with_header("Origin", "https://one.org")
            .with_header("Access-Control-Request-Method", method)
            .with_header("Access-Control-Request-Headers", headers);
        return ask(f, std::move(request));
    };
    const auto yes = question("PUT", "content-type");
    BOOST_TEST(int(yes.status) == 204);
    BOOST_TEST(yes.header("Access-Control-Allow-Origin") == "https://one.org");
    BOOST_TEST(yes.header("Access-Control-Allow-Methods") == "GET, HEAD, POST, PUT");
    BOOST_TEST(yes.header("Access-Control-Allow-Headers") == "Content-Type");
    BOOST_TEST(yes.header("Access-Control-Max-Age") == "60");
    BOOST_TEST(int(question("DELETE", "").status) == 403);
    BOOST_TEST(int(question("PUT", "x-other").status) == 403);
    BOOST_TEST(question("PUT", "x-other").header("Access-Control-Allow-Origin") == "(none)");
    BOOST_TEST(status_of(f, Request(Method::Options, "/a")) == 405);  // no question of a browser
}

BOOST_AUTO_TEST_CASE(all_origins_with_credentials_is_misuse) {
    BOOST_CHECK_THROW(
        static_cast<void>(any() | with(cors().allow_any_origin().allow_credentials())),
        edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(cors().allow_origin("one.org")), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(cors().allow_origin("https://one.org/")), edo::UsageError);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(filter_log)

BOOST_AUTO_TEST_CASE(each_request_is_an_entry) {
    const auto lines = std::make_shared<std::vector<std::string>>();
    const auto f =
        ((path("a") | map([] { return "abc"; })) or
         ((path("later") & body::text()) | map([](std::string s) { return s; }))) |
        with(log([lines](const LogEntry& entry) { lines->push_back(to_string(entry)); }));
    ask(f, get_of("/a?secret=1").with_header("User-Agent", "x\ty"));
    ask(f, get_of("/b"));
    ask(f, edo::test::post_of("/later", in_pieces({"1", "23456"})));
    BOOST_REQUIRE(lines->size() == 3u);
    BOOST_TEST((*lines)[0].starts_with("- \"GET /a\" 200 3 "));
    BOOST_TEST((*lines)[0].ends_with("ms \"x?y\""));
    BOOST_TEST((*lines)[1].starts_with("- \"GET /b\" 404 9 "));
    BOOST_TEST((*lines)[2].starts_with("- \"POST /later\" 200 6 "));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(filter_sse)

BOOST_AUTO_TEST_CASE(an_event_is_lines) {
    BOOST_TEST(sse::Event("one\ntwo\r\nthree\rfour").into_text() ==
               "data: one\ndata: two\ndata: three\ndata: four\n\n");
    BOOST_TEST(sse::Event().event("tick").id("7").retry(5s).comment("c").data("").into_text() ==
               "event: tick\nid: 7\nretry: 5000\n: c\ndata: \n\n");
    BOOST_CHECK_THROW(static_cast<void>(sse::Event().event("a\ndata: b")), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(sse::Event().id("a\rb")), edo::UsageError);
}

BOOST_AUTO_TEST_CASE(a_stream_becomes_an_answer) {
    const auto f = any() | map([] {
                       std::vector<sse::Event> events;
                       events.emplace_back("1");
                       events.emplace_back("2");
                       return sse::reply(edo::stream::iter(std::move(events)));
                   });
    const auto answer = ask(f, get_of("/"));
    BOOST_TEST(answer.text == "data: 1\n\ndata: 2\n\n");
    BOOST_TEST(answer.header("Content-Type") == "text/event-stream");
    BOOST_TEST(answer.header("Cache-Control") == "no-cache");
}

BOOST_AUTO_TEST_CASE(silence_is_broken_by_comments) {
    edo::test::on_paused_clock([]() -> Task<void> {
        auto [sender, receiver] = edo::sync::mpsc::channel<sse::Event>(4);
        Response response = sse::reply(edo::stream::from_channel(std::move(receiver)), 10s);
        const auto start = edo::now();
        auto piece = co_await response.body.next();
        BOOST_TEST(piece.value().value() == ":\n\n");
        BOOST_TEST(bool(edo::now() - start == 10s));
        static_cast<void>(co_await sender.send(sse::Event("x")));
        piece = co_await response.body.next();
        BOOST_TEST(piece.value().value() == "data: x\n\n");
        BOOST_TEST(bool(edo::now() - start == 10s));
        {
            auto gone = std::move(sender);
        }
        piece = co_await response.body.next();
        BOOST_TEST(!piece.value().has_value());
    });
}

BOOST_AUTO_TEST_SUITE_END()
