// SPDX-License-Identifier: MIT
// What is taken out of headers, queries, and bodies.
#include "filter_requests.hpp"
#include <edo/net/http/filter/body.hpp>
#include <edo/net/http/filter/extract.hpp>
#include <edo/net/http/filter/query.hpp>
#include <edo/net/http/filter/testing.hpp>

#include <boost/describe/class.hpp>
#include <boost/test/unit_test.hpp>

using namespace edo::http::filter;
using edo::Result;
using edo::Task;
using edo::http::Body;
using edo::http::Request;
using edo::test::ask;
using edo::test::get_of;
using edo::test::in_pieces;
using edo::test::post_of;
using edo::test::says;
using edo::test::status_of;

namespace {
struct Page {
    int number = 0;
    std::optional<std::string> sort;
    std::vector<int> ids;
};
BOOST_DESCRIBE_STRUCT(Page, (), (number, sort, ids))

std::string show(const Page& page) {
    std::string text = std::to_string(page.number) + " " + page.sort.value_or("-");
    for (const int id : page.ids) {
        text += " " + std::to_string(id);
    }
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(filter_extract)

BOOST_AUTO_TEST_CASE(headers_are_typed) {
    const auto f = header<unsigned>("x-count") | map([](unsigned n) { return std::to_string(n); });
    BOOST_TEST(ask(f, get_of("/").with_header("X-Count", "12")).text == "12");
    BOOST_TEST(ask(f, get_of("/")).text == "missing header \"x-count\"");
    BOOST_TEST(ask(f, get_of("/").with_header("X-Count", "-1")).text ==
               "invalid header \"x-count\"");
    BOOST_TEST(status_of(f, get_of("/").with_header("X-Count", "1x")) == 400);
    const auto maybe = header<std::optional<int>>("n") |
                       map([](std::optional<int> n) { return n ? std::to_string(*n) : "none"; });
    BOOST_TEST(ask(maybe, get_of("/")).text == "none");
    BOOST_TEST(ask(maybe, get_of("/").with_header("n", "5")).text == "5");
    BOOST_TEST(status_of(maybe, get_of("/").with_header("n", "x")) == 400);
    const auto exact = header_exact("x", "y") | says("ok");
    BOOST_TEST(status_of(exact, get_of("/").with_header("x", "y")) == 200);
    BOOST_TEST(status_of(exact, get_of("/").with_header("x", "z")) == 400);
    BOOST_CHECK_THROW(static_cast<void>(header("bad name")), edo::UsageError);
}

BOOST_AUTO_TEST_CASE(cookies_are_found_in_all_headers) {
    const auto f = cookie("id") | map([](std::string id) { return id; });
    BOOST_TEST(ask(f, get_of("/").with_header("Cookie", "a=1; id=\"7\"")).text == "7");
    BOOST_TEST(
        ask(f, get_of("/").with_header("Cookie", "a=1").with_header("Cookie", "id=8")).text == "8");
    BOOST_TEST(ask(f, get_of("/").with_header("Cookie", "xid=1; idx=2; id")).text ==
               "missing cookie \"id\"");
    const auto maybe = cookie<std::optional<std::string>>("id") |
                       map([](std::optional<std::string> id) { return id.value_or("none"); });
    BOOST_TEST(ask(maybe, get_of("/")).text == "none");
}

BOOST_AUTO_TEST_CASE(a_query_becomes_a_struct) {
    const auto f = query<Page>() | map([](Page page) { return show(page); });
    BOOST_TEST(ask(f, get_of("/?number=3&sort=a+b%26c&ids=1&ids=2&other=x")).text == "3 a b&c 1 2");
    BOOST_TEST(ask(f, get_of("/?number=3")).text == "3 -");
    BOOST_TEST(ask(f, get_of("/")).text == "missing \"number\"");
    BOOST_TEST(ask(f, get_of("/?number=x")).text == "invalid value of \"number\"");
    BOOST_TEST(ask(f, get_of("/?number=1&ids=x")).text == "invalid value of \"ids\"");
    BOOST_TEST(status_of(f, get_of("/?number=%")) == 400);
    const auto all = query() | map([](Fields fields) {
                         std::string text;
                         for (const auto& [name, value] : fields) {
                             text += name + "=" + value + ";";
                         }
                         return text;
                     });
    BOOST_TEST(ask(all, get_of("/?a=1&&b&a=%20")).text == "a=1;b=;a= ;");
}

BOOST_AUTO_TEST_CASE(host_compares_without_case_and_port) {
    const auto f = host("example.org") | says("ok");
    BOOST_TEST(status_of(f, get_of("/").with_header("Host", "Example.ORG:8080")) == 200);
    BOOST_TEST(status_of(f, get_of("/").with_header("Host", "example.com")) == 404);
    BOOST_TEST(status_of(f, get_of("/")) == 404);
}

BOOST_AUTO_TEST_CASE(the_peer_may_be_known) {
    const auto f = remote_addr() | map([](std::optional<edo::net::SocketAddr> peer) {
                       return peer ? peer->to_string() : "unknown";
                   });
    BOOST_TEST(ask(f, get_of("/")).text == "unknown");
    Request request = get_of("/");
    request.peer = edo::net::SocketAddr::parse("127.0.0.1:80").value();
    BOOST_TEST(ask(f, std::move(request)).text == "127.0.0.1:80");
}

BOOST_AUTO_TEST_CASE(text_comes_from_memory_or_in_pieces) {
    const auto f = body::text() | map([](std::string text) { return "[" + text + "]"; });
    BOOST_TEST(ask(f, post_of("/", "hello")).text == "[hello]");
    BOOST_TEST(ask(f, post_of("/", in_pieces({"he", "llo"}))).text == "[hello]");
    BOOST_TEST(ask(f, post_of("/")).text == "[]");
    BOOST_TEST(ask(f, post_of("/", "\xc3\x28")).text == "the body is not UTF-8");
    const auto bytes = body::bytes() | map([](std::string text) { return text; });
    BOOST_TEST(ask(bytes, post_of("/", "\xc3\x28")).text == "\xc3\x28");
}

BOOST_AUTO_TEST_CASE(a_body_beyond_the_limit_is_413) {
    const auto f =
        (body::content_length_limit(5) & body::text()) | map([](std::string s) { return s; });
    BOOST_TEST(ask(f, post_of("/", "12345")).text == "12345");
    BOOST_TEST(ask(f, post_of("/", "123456")).text ==
               "the body is longer than the limit of 5 bytes");
    BOOST_TEST(status_of(f, post_of("/", in_pieces({"123", "45"}))) == 200);
    BOOST_TEST(status_of(f, post_of("/", in_pieces({"123", "456"}))) == 413);
    const auto by_default =
        body::text() | map([](std::string s) { return std::to_string(s.size()); });
    BOOST_TEST(status_of(by_default, post_of("/", std::string(2 * 1024 * 1024, 'x'))) == 200);
    BOOST_TEST(status_of(by_default, post_of("/", std::string(2 * 1024 * 1024 + 1, 'x'))) == 413);
    // The limit of one alternative is not that of the next.
    const auto two =
        ((body::content_length_limit(1) & body::text()) | map([](std::string s) { return s; })) or
        (body::text() | map([](std::string s) { return s; }));
    BOOST_TEST(ask(two, post_of("/", "123")).text == "123");
}

BOOST_AUTO_TEST_CASE(a_form_becomes_a_struct) {
    const auto f = body::form<Page>() | map([](Page page) { return show(page); });
    const auto form = [](std::string_view type) {
        return post_of("/", in_pieces({"number=1", "2&sort=x"})).with_header("Content-Type", type);
    };
    BOOST_TEST(ask(f, form("application/x-www-form-urlencoded; charset=UTF-8")).text == "12 x");
    BOOST_TEST(status_of(f, form("text/plain")) == 415);
    BOOST_TEST(ask(f, form("text/plain")).text ==
               "the body must be application/x-www-form-urlencoded");
    BOOST_TEST(status_of(f, post_of("/", "number=y")) == 400);
}

BOOST_AUTO_TEST_CASE(a_body_that_one_alternative_has_parsed_is_there_for_the_next) {
    const auto f = ((body::form<Page>()) | map([](Page page) { return show(page); })) or
                   (body::text() | map([](std::string text) { return "text " + text; }));
    BOOST_TEST(ask(f, post_of("/", in_pieces({"no", "form"}))).text == "text noform");
}

BOOST_AUTO_TEST_CASE(a_body_is_not_given_away_twice) {
    const auto f =
        (body::text() & body::text()) | map([](std::string a, std::string b) { return a + b; });
    BOOST_TEST(status_of(f, post_of("/", "x")) == 500);
    BOOST_TEST(status_of(f, post_of("/", in_pieces({"x"}))) == 500);
}

BOOST_AUTO_TEST_CASE(a_streamed_body_is_read_as_it_is_asked_for) {
    const auto f = body::stream() | then([](Body stream) -> Task<Result<std::string>> {
                       std::string text;
                       for (;;) {
                           auto piece = co_await edo::propagate(co_await stream.next());
                           if (!piece) {
                               co_return text;
                           }
                           text += "<" + *piece + ">";
                       }
                   });
    BOOST_TEST(ask(f, post_of("/", in_pieces({"a", "b"}))).text == "<a><b>");
}

BOOST_AUTO_TEST_SUITE_END()
