// SPDX-License-Identifier: MIT
// The heads that are written.
#include <edo/net/http/error.hpp>
#include <edo/net/http/h1/encoder.hpp>
#include <edo/net/http/h1/request_parser.hpp>
#include <edo/net/http/h1/response_parser.hpp>
#include <edo/runtime/errors.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

using namespace edo::http;

namespace {

class UnknownSize final : public BodySource {
public:
    edo::Task<edo::Result<std::optional<std::string>>> next() override {
        co_return std::optional<std::string>();
    }
};

Response streamed() {
    Response response;
    response.body = Body(std::make_unique<UnknownSize>());
    return response;
}

struct Encoded {
    std::string text;
    h1::Framing framing;
    bool keep_alive;
};

Encoded encode(const Response& response, h1::AnswerTo to = h1::AnswerTo()) {
    std::string text;
    const h1::Framing framing = h1::append_response_head(text, response, to);
    return {text, framing, to.keep_alive};
}

h1::AnswerTo to(Method method, Version version = Version::Http11, bool keep_alive = true) {
    h1::AnswerTo to;
    to.method = method;
    to.version = version;
    to.keep_alive = keep_alive;
    return to;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(h1_encoder)

BOOST_AUTO_TEST_CASE(an_answer_says_how_long_it_is) {
    h1::AnswerTo answer;
    answer.date = "D";
    const Encoded text = encode(Response::text("hello"), answer);
    BOOST_TEST(text.text ==
               "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nDate: D\r\n"
               "Content-Length: 5\r\n\r\n");
    BOOST_TEST((text.framing == h1::Framing::of_length(5)));
    BOOST_TEST(text.keep_alive);

    const Encoded empty = encode(Response(Status::NotFound));
    BOOST_TEST(empty.text == "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    const Encoded chunked = encode(streamed());
    BOOST_TEST(chunked.text == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    BOOST_TEST((chunked.framing == h1::Framing::chunked()));
    BOOST_TEST(encode(Response(Status(299))).text == "HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(the_framing_is_not_the_applications_business) {
    const Encoded encoded = encode(Response::text("hello")
                                       .with_header("content-length", "77")
                                       .with_header("Transfer-Encoding", "gzip")
                                       .with_header("Date", "mine"));
    BOOST_TEST(encoded.text ==
               "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nDate: mine\r\n"
               "Content-Length: 5\r\n\r\n");
    // Where it is not known otherwise, it is believed.
    const Encoded told = encode(streamed().with_header("Content-Length", "77"));
    BOOST_TEST(told.text == "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n");
    BOOST_TEST((told.framing == h1::Framing::of_length(77)));
}

BOOST_AUTO_TEST_CASE(some_answers_have_no_body) {  // H-09
    const Encoded head = encode(Response(Status::Ok, "hello"), to(Method::Head));
    BOOST_TEST(head.text == "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    BOOST_TEST(head.framing.is_empty());
    const Encoded told = encode(Response().with_header("Content-Length", "77"), to(Method::Head));
    BOOST_TEST(told.text == "HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n");
    BOOST_TEST(told.framing.is_empty());
    const Encoded streamed_head = encode(streamed(), to(Method::Head));
    BOOST_TEST(streamed_head.text == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    BOOST_TEST(streamed_head.framing.is_empty());

    const Encoded no_content = encode(Response(Status::NoContent, "hello"));
    BOOST_TEST(no_content.text == "HTTP/1.1 204 No Content\r\n\r\n");
    BOOST_TEST(no_content.framing.is_empty());
    const Encoded not_modified = encode(Response(Status::NotModified, "hello"));
    BOOST_TEST(not_modified.text == "HTTP/1.1 304 Not Modified\r\n\r\n");
    const Encoded tunnel = encode(Response(), to(Method::Connect));
    BOOST_TEST(tunnel.text == "HTTP/1.1 200 OK\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(the_connection_is_kept_or_closed_aloud) {
    BOOST_TEST(encode(Response(), to(Method::Get, Version::Http11, false)).text ==
               "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    BOOST_TEST(encode(Response(), to(Method::Get, Version::Http10)).text ==
               "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
    const Encoded old = encode(streamed(), to(Method::Get, Version::Http10));
    BOOST_TEST(old.text == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    BOOST_TEST(!old.keep_alive);
    BOOST_TEST((old.framing == h1::Framing::until_close()));
    const Encoded asked = encode(Response().with_header("Connection", "x, Close"));
    BOOST_TEST(asked.text ==
               "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n");
    BOOST_TEST(!asked.keep_alive);
}

BOOST_AUTO_TEST_CASE(a_status_has_three_digits) {
    for (const int status : {0, 99, 1000}) {
        BOOST_CHECK_THROW(encode(Response(Status(status))), edo::UsageError);
    }
}

BOOST_AUTO_TEST_CASE(a_large_head_is_read_as_it_was_written) {
    Response response(Status::Created, "x");
    for (int i = 0; i < 90; ++i) {
        response.headers.append("X-" + std::to_string(i), std::string(std::size_t(i) * 7, 'v'));
    }
    const Encoded encoded = encode(response);
    h1::ResponseParser parser;
    BOOST_TEST(parser.parse(encoded.text).value());
    BOOST_TEST(parser.size() == encoded.text.size());
    const Response read = parser.take(encoded.text);
    BOOST_TEST(read.headers.size() == 91U);
    BOOST_TEST(*read.headers.get("x-89") == std::string(89 * 7, 'v'));
}

BOOST_AUTO_TEST_CASE(requests_are_written) {
    std::string text;
    Request get(Method::Get, "/a?b");
    get.authority = "host:80";
    BOOST_TEST(h1::append_request_head(text, get).is_empty());
    BOOST_TEST(text == "GET /a?b HTTP/1.1\r\nHost: host:80\r\n\r\n");

    text.clear();
    Request post(Method::Post, "/", "hello");
    post.headers.append("A", "b");
    post.headers.append("host", "h");
    post.headers.append("Content-Length", "99");
    BOOST_TEST((h1::append_request_head(text, post, false) == h1::Framing::of_length(5)));
    BOOST_TEST(text ==
               "POST / HTTP/1.1\r\nHost: h\r\nA: b\r\nContent-Length: 5\r\n"
               "Connection: close\r\n\r\n");

    text.clear();
    Request empty(Method::Put, "/");
    empty.authority = "h";
    static_cast<void>(h1::append_request_head(text, empty));
    BOOST_TEST(text == "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");

    text.clear();
    empty.body = Body(std::make_unique<UnknownSize>());
    BOOST_TEST((h1::append_request_head(text, empty) == h1::Framing::chunked()));
    BOOST_TEST(text == "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(a_target_cannot_forge_a_request) {
    std::string text;
    for (const char* const target : {"", "/ HTTP/1.1\r\nA: b", "/a b", "/\n", "/#", "/\xc3\xa4"}) {
        BOOST_CHECK_THROW(
            static_cast<void>(h1::append_request_head(text, Request(Method::Get, target))),
            edo::UsageError);
    }
    Request request;
    request.authority = "a\r\nB: c";
    BOOST_CHECK_THROW(static_cast<void>(h1::append_request_head(text, request)), edo::UsageError);
    BOOST_TEST(text.empty());
}

BOOST_AUTO_TEST_CASE(dates_look_as_rfc_9110_has_them) {
    BOOST_TEST(h1::http_date(784'111'777) == "Sun, 06 Nov 1994 08:49:37 GMT");
    BOOST_TEST(h1::http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
    BOOST_TEST(h1::http_date(1'709'164'800) == "Thu, 29 Feb 2024 00:00:00 GMT");
}

BOOST_AUTO_TEST_SUITE_END()
