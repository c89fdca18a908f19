// SPDX-License-Identifier: MIT
#include "filter_requests.hpp"
#include <edo/net/http/filter/path.hpp>
#include <edo/net/http/filter/router.hpp>

#include <boost/test/unit_test.hpp>

namespace {

using namespace edo::http::filter;
using edo::Task;
using edo::http::Method;
using edo::http::Request;
using edo::http::Response;
using edo::http::Status;
using edo::test::ask;
using edo::test::get_of;
using edo::test::in_pieces;
using edo::test::status_of;

auto says(std::string text) {
    return [text = std::move(text)] { return text; };
}

Task<std::string> show_user(int id, const std::string& post) {
    co_await edo::yield_now();
    co_return std::to_string(id) + ":" + post;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(filter_router)

BOOST_AUTO_TEST_CASE(patterns_capture_parts_of_the_path) {
    const auto router =
        Router()
            .route("/", get(says("root")))
            .route("/users/{id}/posts/{post}", get(&show_user))
            .route("/users/me", get(says("me")))
            .route("/users/{name}", get([](std::string name) { return "user " + name; }))
            .route("/files/{*path}", get([](std::string path) { return "file " + path; }));
    BOOST_TEST(ask(router, get_of("/")).text == "root");
    BOOST_TEST(ask(router, get_of("/users/7/posts/a%20b")).text == "7:a b");
    BOOST_TEST(ask(router, get_of("/users/me")).text == "me");
    BOOST_TEST(ask(router, get_of("/users/m%65")).text == "me");
    BOOST_TEST(ask(router, get_of("/users/you/")).text == "user you");
    BOOST_TEST(ask(router, get_of("/users/%2e%2e")).text == "user ..");
    BOOST_TEST(ask(router, get_of("/files/a/b%20c?x")).text == "file a/b c");
    BOOST_TEST(status_of(router, get_of("/users/x/posts/a")) == 404);
    BOOST_TEST(status_of(router, get_of("/users/%zz")) == 400);
    BOOST_TEST(status_of(router, get_of("/users")) == 404);
    BOOST_TEST(status_of(router, get_of("/users//")) == 404);
    BOOST_TEST(status_of(router, get_of("/files")) == 404);
    BOOST_TEST(status_of(router, get_of("/files/")) == 404);
    BOOST_TEST(status_of(router, get_of("/nothing")) == 404);
}

BOOST_AUTO_TEST_CASE(a_special_way_that_leads_nowhere_is_left_again) {
    const auto router = Router()
                            .route("/a/b/x", get(says("abx")))
                            .route("/a/{p}/y", get([](std::string p) { return p + "y"; }))
                            .route("/{*all}", get([](std::string all) { return "all " + all; }));
    BOOST_TEST(ask(router, get_of("/a/b/x")).text == "abx");
    BOOST_TEST(ask(router, get_of("/a/b/y")).text == "by");
    BOOST_TEST(ask(router, get_of("/a/b/z")).text == "all a/b/z");
}

BOOST_AUTO_TEST_CASE(another_method_is_405_with_all_that_are_there) {
    const auto router = Router()
                            .route("/a", get(says("get")).post(says("post")))
                            .route("/a", del(says("del")))
                            .route("/b/{x}", put([](int) { return "put"; }))
                            .route("/b/c", post(says("c")))
                            .route("/any", post(says("post")).any(says("any")));
    const auto answer = ask(router, Request(Method::Put, "/a"));
    BOOST_TEST(int(answer.status) == 405);
    BOOST_TEST(answer.header("Allow") == "GET, HEAD, POST, DELETE");
    BOOST_TEST(ask(router, Request(Method::Delete, "/a")).text == "del");
    BOOST_TEST(ask(router, Request(Method::Head, "/a")).text == "get");
    BOOST_TEST(ask(router, Request(Method::Delete, "/any")).text == "any");
    BOOST_TEST(ask(router, Request(Method::Post, "/any")).text == "post");
    // A literal without the method does not hide the pattern that has it.
    BOOST_TEST(status_of(router, Request(Method::Put, "/b/c")) == 404);  // "c" is no int
    BOOST_TEST(ask(router, get_of("/b/c")).header("Allow") == "POST, PUT");
}

BOOST_AUTO_TEST_CASE(head_may_have_a_handler_of_its_own) {
    const auto router = Router().route("/a", get(says("get")).on(Method::Head, says("head")));
    BOOST_TEST(ask(router, Request(Method::Head, "/a")).text == "head");
    BOOST_TEST(ask(router, get_of("/a")).text == "get");
}

BOOST_AUTO_TEST_CASE(filters_are_handlers) {
    const auto router =
        Router()
            .route("/sum/{a}/{b}",
                   get((param<int>("a") & param<int>("b") & header<int>("c")) |
                       map([](int a, int b, int c) { return std::to_string(a + b + c); })))
            .route("/echo", post(body::text()))
            .route("/wrong", get(param<int>("nobody") | map([](int) { return ""; })));
    BOOST_TEST(ask(router, get_of("/sum/1/2").with_header("c", "3")).text == "6");
    BOOST_TEST(status_of(router, get_of("/sum/1/2")) == 400);
    BOOST_TEST(status_of(router, get_of("/sum/1/x").with_header("c", "3")) == 404);
    BOOST_TEST(ask(router, edo::test::post_of("/echo", in_pieces({"a", "b"}))).text == "ab");
    BOOST_TEST(status_of(router, get_of("/wrong")) == 500);
}

BOOST_AUTO_TEST_CASE(handlers_take_what_they_ask_for) {
    const auto router =
        Router()
            .route("/q", get([](FromQuery<Fields> query, edo::http::Headers headers) {
                       return std::string(query.value.get("a").value_or("-")) +
                              std::string(headers.get("h").value_or("-"));
                   }))
            .route("/r/{n}", post([](int n, Request request) -> Task<std::string> {
                       auto text = co_await request.body.collect();
                       co_return std::to_string(n) + *text;
                   }))
            .route("/s", post([](edo::http::Body body) -> Task<edo::Result<std::string>> {
                       co_return co_await body.collect();
                   }));
    BOOST_TEST(ask(router, get_of("/q?a=1").with_header("h", "2")).text == "12");
    BOOST_TEST(ask(router, edo::test::post_of("/r/5", in_pieces({"x", "y"}))).text == "5xy");
    BOOST_TEST(ask(router, edo::test::post_of("/s", in_pieces({"x", "y"}))).text == "xy");
}

BOOST_AUTO_TEST_CASE(a_nested_router_keeps_its_routes_and_its_fallback) {
    const auto inner =
        Router()
            .route("/", get(says("inner")))
            .route("/list/{n}", get([](int n) { return std::to_string(n); }))
            .route("/both/{n}",
                   get((param<std::string>("org") & param<int>("n")) |
                       map([](std::string org, int n) { return org + std::to_string(n); })))
            .fallback(says("inner fallback"));
    const auto router =
        Router()
            .nest("/orgs/{org}", inner)
            .route("/orgs/{org}/extra", get([](std::string org) { return "extra " + org; }))
            .nest("/files", (path("readme" / end()) & get()) | map(says("readme")));
    BOOST_TEST(ask(router, get_of("/orgs/x")).text == "inner");
    BOOST_TEST(ask(router, get_of("/orgs/x/list/3")).text == "3");
    BOOST_TEST(ask(router, get_of("/orgs/x/both/3")).text == "x3");
    BOOST_TEST(ask(router, get_of("/orgs/x/extra")).text == "extra x");
    BOOST_TEST(ask(router, get_of("/orgs/x/none")).text == "inner fallback");
    BOOST_TEST(ask(router, get_of("/files/readme")).text == "readme");
    BOOST_TEST(status_of(router, get_of("/files/other")) == 404);
    BOOST_TEST(status_of(router, edo::test::post_of("/files/readme")) == 405);
    BOOST_TEST(status_of(router, get_of("/other")) == 404);
    const auto with_fallback = Router(router).fallback(says("outer"));
    BOOST_TEST(ask(with_fallback, get_of("/other")).text == "outer");
    BOOST_TEST(ask(with_fallback, get_of("/orgs/x/none")).text == "inner fallback");
    BOOST_TEST(status_of(router, get_of("/other")) == 404);  // the copy was changed, not this one
    BOOST_TEST(status_of(with_fallback, edo::test::post_of("/orgs/x")) == 405);
}

BOOST_AUTO_TEST_CASE(a_router_is_a_filter) {
    const auto all = (path("first") | map(says("1"))) or
                     Router().route("/second", get(says("2"))) or
                     (path("v2") & Router().route("/third", get(says("3"))));
    BOOST_TEST(ask(all, get_of("/first")).text == "1");
    BOOST_TEST(ask(all, get_of("/second")).text == "2");
    BOOST_TEST(ask(all, get_of("/v2/third")).text == "3");
    BOOST_TEST(status_of(all, get_of("/third")) == 404);
}

BOOST_AUTO_TEST_CASE(conflicts_are_told_at_construction) {
    const auto text_of = [](auto make) -> std::string {
        try {
            make();
        } catch (const edo::UsageError& error) {
            return error.what();
        }
        return "no error";
    };
    const auto h = says("x");
    BOOST_TEST(text_of([&] {
                   Router().route("/a/{x}", get([](int) {})).route("/a/{y}", get([](int) {}));
               }) == "route \"/a/{y}\": GET is there already, as \"/a/{x}\"");
    BOOST_TEST(text_of([&] { Router().route("/a", get(h).get(h)); }) ==
               "two handlers for GET in one route: keep one of them");
    BOOST_TEST(text_of([&] { Router().route("a", get(h)); }) != "no error");
    BOOST_TEST(text_of([&] { Router().route("/a//b", get(h)); }) != "no error");
    BOOST_TEST(text_of([&] { Router().route("/{*a}/b", get(h)); }) != "no error");
    BOOST_TEST(text_of([&] { Router().route("/a{b}", get(h)); }) != "no error");
    BOOST_TEST(text_of([&] { Router().route("/{}", get(h)); }) != "no error");
    BOOST_TEST(text_of([&] { Router().route("/{", get(h)); }) != "no error");
    BOOST_TEST(text_of([&] { Router().route("/{a}/{a}", get(h)); }) != "no error");
    BOOST_TEST(text_of([&] { Router().route("/{a}/{b}", get([](int) { return ""; })); }) ==
               "route \"/{a}/{b}\": it captures 2 parts of the path, and the handler takes 1");
    BOOST_TEST(text_of([&] { Router().route("/a", MethodRoutes()); }) != "no error");
    const auto one = Router().route("/b", get(h));
    BOOST_TEST(text_of([&] { Router().route("/a/b", get(h)).nest("/a", one); }) ==
               "route \"/a/b\": GET is there already, as \"/a/b\"");
}

BOOST_AUTO_TEST_CASE(many_routes_are_found) {
    Router router;
    for (int i = 0; i < 2000; ++i) {
        router.route("/r" + std::to_string(i) + "/{x}/end",
                     get([i](std::string x) { return std::to_string(i) + x; }));
    }
    BOOST_TEST(ask(router, get_of("/r0/a/end")).text == "0a");
    BOOST_TEST(ask(router, get_of("/r1999/b/end")).text == "1999b");
    BOOST_TEST(status_of(router, get_of("/r2000/b/end")) == 404);
}

BOOST_AUTO_TEST_SUITE_END()
