// SPDX-License-Identifier: MIT
// Filters on the path and the method.
#include "filter_requests.hpp"
#include <edo/net/http/filter/extract.hpp>
#include <edo/net/http/filter/method.hpp>
#include <edo/net/http/filter/path.hpp>
#include <edo/net/http/filter/testing.hpp>

#include <boost/test/unit_test.hpp>

using namespace edo::http::filter;
using edo::http::Body;
using edo::http::Method;
using edo::http::Request;
using edo::test::ask;
using edo::test::get_of;
using edo::test::post_of;
using edo::test::says;
using edo::test::status_of;

namespace {
struct Point {
    int x;
    [[nodiscard]] static std::optional<Point> parse(std::string_view text) {
        return text == "here" ? std::optional(Point{7}) : std::nullopt;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(filter_path)

BOOST_AUTO_TEST_CASE(a_literal_matches_a_whole_segment_at_the_front) {
    const auto hello = path("hello") | says("hi");
    BOOST_TEST(ask(hello, get_of("/hello")).text == "hi");
    BOOST_TEST(status_of(hello, get_of("/hello/world")) == 200);
    BOOST_TEST(status_of(hello, get_of("/hello?x=1")) == 200);
    BOOST_TEST(status_of(hello, get_of("/hell%6F")) == 200);
    BOOST_TEST(status_of(hello, get_of("/helloworld")) == 404);
    BOOST_TEST(status_of(hello, get_of("/hell")) == 404);
    BOOST_TEST(status_of(hello, get_of("/Hello")) == 404);
    BOOST_TEST(status_of(hello, get_of("/")) == 404);
    BOOST_TEST(status_of(hello, get_of("//hello")) == 404);
    BOOST_TEST(status_of(hello, get_of("/hello%2fworld")) == 404);
    BOOST_TEST(status_of(hello, get_of("/%")) == 404);
}

BOOST_AUTO_TEST_CASE(end_matches_where_nothing_is_left) {
    const auto exact = path("a/b" / end()) | says("ab");
    BOOST_TEST(status_of(exact, get_of("/a/b")) == 200);
    BOOST_TEST(status_of(exact, get_of("/a/b/")) == 200);
    BOOST_TEST(status_of(exact, get_of("/a/b/c")) == 404);
    BOOST_TEST(status_of(exact, get_of("/a")) == 404);
    BOOST_TEST(status_of(end() | says("root"), get_of("/")) == 200);
    BOOST_TEST(status_of(end() | says("root"), get_of("/x")) == 404);
}

BOOST_AUTO_TEST_CASE(parameters_are_decoded_and_typed) {
    const auto user = path("users" / param<int>() / "posts" / param<std::string>() / end()) |
                      map([](int id, std::string post) { return std::to_string(id) + ":" + post; });
    BOOST_TEST(ask(user, get_of("/users/7/posts/a%20b%2Fc+d")).text == "7:a b/c+d");
    BOOST_TEST(status_of(user, get_of("/users/x/posts/a")) == 404);
    BOOST_TEST(status_of(user, get_of("/users/7x/posts/a")) == 404);
    BOOST_TEST(status_of(user, get_of("/users/99999999999/posts/a")) == 404);
    BOOST_TEST(status_of(user, get_of("/users/7/posts")) == 404);
    BOOST_TEST(status_of(user, get_of("/users/7/posts/")) == 404);
    BOOST_TEST(status_of(user, get_of("/users/7/posts/%zz")) == 400);
    const auto point = param<Point>() | map([](Point p) { return std::to_string(p.x); });
    BOOST_TEST(ask(point, get_of("/here")).text == "7");
    BOOST_TEST(status_of(point, get_of("/there")) == 404);
}

BOOST_AUTO_TEST_CASE(tail_is_the_rest) {
    const auto rest =
        path("files" / tail()) | map([](std::string text) { return "[" + text + "]"; });
    BOOST_TEST(ask(rest, get_of("/files/a/b%20c")).text == "[a/b c]");
    BOOST_TEST(ask(rest, get_of("/files")).text == "[]");
    BOOST_TEST(ask(rest, get_of("/files/")).text == "[]");
}

BOOST_AUTO_TEST_CASE(a_whole_uri_as_target_has_a_path_too) {
    const auto hello = path("hello" / end()) | says("hi");
    BOOST_TEST(status_of(hello, get_of("http://example.org/hello?x")) == 200);
    BOOST_TEST(status_of(hello, get_of("http://example.org")) == 404);
    BOOST_TEST(status_of(hello, Request(Method::Options, "*")) == 404);
}

BOOST_AUTO_TEST_CASE(a_literal_with_a_slash_too_many_is_misuse) {
    BOOST_CHECK_THROW(static_cast<void>(path("/a")), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(path("a/")), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(path("a//b")), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(path("")), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(path("a?b")), edo::UsageError);
}

BOOST_AUTO_TEST_CASE(another_method_is_405_with_allow) {
    const auto data = (path("data") & post()) | says("ok");
    const auto answer = ask(data, get_of("/data"));
    BOOST_TEST(int(answer.status) == 405);
    BOOST_TEST(answer.header("Allow") == "POST");
    BOOST_TEST(status_of(data, get_of("/other")) == 404);
    BOOST_TEST(status_of(data, post_of("/data")) == 200);
}

BOOST_AUTO_TEST_CASE(the_methods_of_all_alternatives_are_allowed) {
    const auto both = ((path("a") & get()) | says("get")) or ((path("a") & put()) | says("put")) or
                      ((path("b") & post()) | says("post"));
    BOOST_TEST(ask(both, Request(Method::Delete, "/a")).header("Allow") == "GET, HEAD, PUT");
    BOOST_TEST(ask(both, Request(Method::Put, "/a")).text == "put");
    BOOST_TEST(status_of(both, Request(Method::Head, "/a")) == 200);
    BOOST_TEST(ask(both, Request(Method::Delete, "/b")).header("Allow") == "POST");
}

BOOST_AUTO_TEST_SUITE_END()
