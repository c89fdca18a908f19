// SPDX-License-Identifier: MIT
// Alternatives: which of them answers, and which of their rejections counts.
#include "filter_requests.hpp"
#include <edo/net/http/filter/extract.hpp>
#include <edo/net/http/filter/method.hpp>
#include <edo/net/http/filter/path.hpp>
#include <edo/net/http/filter/testing.hpp>

#include <boost/test/unit_test.hpp>

using namespace edo::http::filter;
using edo::Result;
using edo::Task;
using edo::http::Body;
using edo::http::Method;
using edo::http::Request;
using edo::http::Response;
using edo::http::Status;
using edo::test::ask;
using edo::test::get_of;
using edo::test::post_of;
using edo::test::says;
using edo::test::slowly;
using edo::test::status_of;

BOOST_AUTO_TEST_SUITE(filter_or)

BOOST_AUTO_TEST_CASE(the_first_that_does_not_reject_answers) {
    const auto all = (path("a") | says("1")) or (path("b") | says("2")) or (path("a") | says("3"));
    BOOST_TEST(ask(all, get_of("/a")).text == "1");
    BOOST_TEST(ask(all, get_of("/b")).text == "2");
    BOOST_TEST(status_of(all, get_of("/c")) == 404);
}

BOOST_AUTO_TEST_CASE(what_an_alternative_took_of_the_path_is_given_back) {
    const auto all = (path("a/b" / end()) | says("ab")) or (path("a/b/c" / end()) | says("abc")) or
                     ((path("a") & (path("x") or path("b")) & path("d" / end())) | says("abd"));
    BOOST_TEST(ask(all, get_of("/a/b/c")).text == "abc");
    BOOST_TEST(ask(all, get_of("/a/b/d")).text == "abd");
    BOOST_TEST(ask(all, get_of("/a/b")).text == "ab");
}

BOOST_AUTO_TEST_CASE(the_rejection_that_says_most_wins) {
    const auto all = ((path("a") & header("x-needed")) | map([](std::string s) { return s; })) or
                     ((path("a") & post()) | says("post")) or (path("b") | says("b"));
    BOOST_TEST(status_of(all, get_of("/a")) == 400);
    BOOST_TEST(ask(all, get_of("/a")).text == "missing header \"x-needed\"");
    BOOST_TEST(ask(all, get_of("/a")).header("Allow") == "(none)");

    Rejection best;
    best.merge(Rejection::method_not_allowed(Method::Get));
    BOOST_TEST(int(best.status()) == 405);
    best.merge(Rejection::not_found());
    BOOST_TEST(int(best.status()) == 405);
    best.merge(Rejection::bad_request("first"));
    best.merge(Rejection::bad_request("second"));
    BOOST_TEST(best.message() == "first");
    best.merge(Rejection(Status::UnsupportedMediaType));
    BOOST_TEST(int(best.status()) == 415);
}

BOOST_AUTO_TEST_CASE(a_404_of_a_handler_does_not_give_way_to_405) {
    const auto f = ((path("users" / param<int>()) & get()) |
                    and_then([](int id) -> Result<std::string, Rejection> {
                        if (id > 9) {
                            return edo::failure(Rejection::not_found());
                        }
                        return "user";
                    })) or
                   ((path("users" / param<int>()) & put()) | map([](int) { return "changed"; }));
    BOOST_TEST(status_of(f, get_of("/users/3")) == 200);
    BOOST_TEST(status_of(f, get_of("/users/10")) == 404);
    BOOST_TEST(status_of(f, post_of("/users/3")) == 405);
    BOOST_TEST(status_of(f, get_of("/others/10")) == 404);
    // A 404 that `recover` passes on still gives way.
    const auto passes_on = (path("a") | says("a")) |
                           recover([](Rejection rejection) -> Result<std::string, Rejection> {
                               return edo::failure(std::move(rejection));
                           });
    BOOST_TEST(status_of(passes_on or f, post_of("/users/3")) == 405);
}

BOOST_AUTO_TEST_CASE(alternatives_of_different_replies_become_one) {
    const auto all = (path("text") | says("text")) or
                     (path("status") | map([] { return Status::Created; })) or
                     (path("nothing") | map([] {})) or
                     (path("later") | then([]() -> Task<std::string> { return slowly("late"); }));
    static_assert(std::same_as<decltype(all)::Extract, List<Response>>);
    BOOST_TEST(ask(all, get_of("/text")).text == "text");
    BOOST_TEST(status_of(all, get_of("/status")) == 201);
    BOOST_TEST(status_of(all, get_of("/nothing")) == 200);
    BOOST_TEST(ask(all, get_of("/later")).text == "late");
}

BOOST_AUTO_TEST_CASE(alternatives_that_extract_different_values_become_a_variant) {
    const auto either = param<int>() or param<std::string>();
    static_assert(std::same_as<decltype(either)::Extract, List<std::variant<int, std::string>>>);
    const auto shown = either | map([](std::variant<int, std::string> value) {
                           return value.index() == 0 ? "number" : "text";
                       });
    BOOST_TEST(ask(shown, get_of("/1")).text == "number");
    BOOST_TEST(ask(shown, get_of("/x")).text == "text");
    const auto unified = (param<int>() or path("many") | map([] { return 1000L; })) |
                         unify<long>() | map([](long n) { return std::to_string(n); });
    BOOST_TEST(ask(unified, get_of("/12")).text == "12");
    BOOST_TEST(ask(unified, get_of("/many")).text == "1000");
    const auto same = header<int>("a") or header<int>("b");
    static_assert(std::same_as<decltype(same)::Extract, List<int>>);
}

BOOST_AUTO_TEST_CASE(an_alternative_may_reject_after_it_has_waited) {
    const auto refuse = [](std::string) -> Task<Result<std::string, Rejection>> {
        co_await edo::yield_now();
        co_return edo::failure(Rejection(Status::Conflict, "busy"));
    };
    const auto all = (param<std::string>() | and_then(refuse)) or (path("b") | says("second")) or
                     (param<std::string>() | and_then(refuse)) or (path("c") | says("fourth"));
    BOOST_TEST(ask(all, get_of("/b")).text == "second");
    BOOST_TEST(ask(all, get_of("/c")).text == "fourth");
    BOOST_TEST(ask(all, get_of("/d")).text == "busy");
    BOOST_TEST(status_of(all, get_of("/d")) == 409);
}

BOOST_AUTO_TEST_SUITE_END()
