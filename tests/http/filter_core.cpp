// SPDX-License-Identifier: MIT
#include "filter_requests.hpp"
#include "support/cancel_driver.hpp"
#include <edo/net/http/filter/body.hpp>
#include <edo/net/http/filter/boxed.hpp>
#include <edo/net/http/filter/extract.hpp>
#include <edo/net/http/filter/method.hpp>
#include <edo/net/http/filter/path.hpp>
#include <edo/net/http/filter/query.hpp>
#include <edo/net/http/filter/service.hpp>
#include <edo/net/http/filter/testing.hpp>

#include <boost/describe/class.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <stdexcept>

namespace {

using namespace edo::http::filter;
using edo::Result;
using edo::Task;
using edo::http::Body;
using edo::http::Method;
using edo::http::Request;
using edo::http::Response;
using edo::http::Status;
using edo::test::ask;
using edo::test::in_pieces;
using edo::test::status_of;

Request get_of(std::string target) {
    return edo::test::get(std::move(target));
}
Request post_of(std::string target, Body body = Body()) {
    return edo::test::post(std::move(target), std::move(body));
}

auto says(std::string text) {
    return map([text = std::move(text)] { return text; });
}

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

Task<std::string> slowly(std::string text) {
    co_await edo::yield_now();
    co_return text;
}

struct TooOld {
    int year;
    [[nodiscard]] Status status() const { return Status::Gone; }
    [[nodiscard]] std::string message() const { return "nothing before " + std::to_string(year); }
};

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

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(filter_method)

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

BOOST_AUTO_TEST_SUITE(filter_steps)

BOOST_AUTO_TEST_CASE(values_are_concatenated_in_their_order) {
    const auto all = (param<int>() & header<int>("n") & param<std::string>() & cookie("c")) |
                     map([](int a, int b, std::string c, std::string d) {
                         return std::to_string(a) + std::to_string(b) + c + d;
                     });
    BOOST_TEST(
        ask(all, get_of("/1/x").with_header("n", "2").with_header("Cookie", "b=0; c=y")).text ==
        "12xy");
}

BOOST_AUTO_TEST_CASE(filters_without_coroutines_stay_plain) {
    const auto plain = ((path("a") & get()) | map([] { return 1; })) or param<int>();
    static_assert(!decltype(plain)::kAsync);
    const auto waiting = plain | then([](int) -> Task<int> { co_return 1; });
    static_assert(decltype(waiting)::kAsync);
}

BOOST_AUTO_TEST_CASE(a_rejection_before_a_coroutine_makes_none) {
    edo::http::Request request = get_of("/other");
    Input input(request);
    const auto waiting = (path("a") & body::text()) | then(slowly);
    auto pending = waiting.start(input);
    BOOST_TEST(pending.is_ready());
}

BOOST_AUTO_TEST_CASE(then_keeps_the_values_that_its_coroutine_refers_to) {
    const auto f = param<std::string>() | then([](const std::string& text) -> Task<std::string> {
                       co_await edo::yield_now();
                       co_return text + "!";
                   });
    BOOST_TEST(ask(f, get_of("/a-text-that-is-longer-than-a-small-string")).text ==
               "a-text-that-is-longer-than-a-small-string!");
    const auto after = (body::text() & param<std::string>()) |
                       then([](const std::string& a, const std::string& b) -> Task<std::string> {
                           co_await edo::yield_now();
                           co_return a + b;
                       });
    BOOST_TEST(ask(after, post_of("/y", in_pieces({"p", "q"}))).text == "pqy");
}

BOOST_AUTO_TEST_CASE(and_then_rejects_with_its_error) {
    const auto f = param<int>() | and_then([](int n) -> Result<std::string, TooOld> {
                       return n < 10 ? Result<std::string, TooOld>(edo::failure(TooOld{10}))
                                     : std::to_string(n);
                   });
    BOOST_TEST(ask(f, get_of("/12")).text == "12");
    BOOST_TEST(status_of(f, get_of("/3")) == 410);
    BOOST_TEST(ask(f, get_of("/3")).text == "nothing before 10");
    const auto code = param<int>() | and_then([](int) -> Result<void> {
                          return edo::failure(std::errc::permission_denied);
                      });
    BOOST_TEST(status_of(code, get_of("/3")) == 500);
}

BOOST_AUTO_TEST_CASE(recover_sees_the_value_of_the_rejection) {
    const auto f = param<int>() | and_then([](int n) -> Result<std::string, TooOld> {
                       return n < 10 ? Result<std::string, TooOld>(edo::failure(TooOld{n})) : "new";
                   }) |
                   recover([](Rejection rejection) -> Result<std::string, Rejection> {
                       if (const auto* old = rejection.find<TooOld>()) {
                           return "old " + std::to_string(old->year);
                       }
                       return edo::failure(std::move(rejection));
                   });
    BOOST_TEST(ask(f, get_of("/3")).text == "old 3");
    BOOST_TEST(ask(f, get_of("/30")).text == "new");
    BOOST_TEST(status_of(f, get_of("/x")) == 404);
}

BOOST_AUTO_TEST_CASE(recover_may_wait) {
    const auto late = (path("a") & body::text()) | then(slowly) |
                      recover([](Rejection rejection) -> Task<Response> {
                          co_await edo::yield_now();
                          co_return std::move(rejection).into_response().with_header("x", "y");
                      });
    BOOST_TEST(ask(late, get_of("/b")).header("x") == "y");
    BOOST_TEST(ask(late, post_of("/a", in_pieces({"\xff"}))).header("x") == "y");
    BOOST_TEST(ask(late, post_of("/a", in_pieces({"ok"}))).text == "ok");
}

BOOST_AUTO_TEST_CASE(an_exception_is_500_for_its_request) {
    const auto f =
        (path("plain") | map([]() -> std::string { throw std::runtime_error("secret"); })) or
        (path("later") | then([]() -> Task<std::string> {
             co_await edo::yield_now();
             throw 3;
         })) or
        (path("good") | says("good"));
    BOOST_TEST(status_of(f, get_of("/plain")) == 500);
    BOOST_TEST(ask(f, get_of("/plain")).text == "Internal Server Error");
    BOOST_TEST(status_of(f, get_of("/later")) == 500);
    BOOST_TEST(status_of(f, get_of("/good")) == 200);
}

BOOST_AUTO_TEST_CASE(handlers_return_what_is_a_reply) {
    const auto answer = [](auto value) {
        return ask(any() | map([value] { return value; }), get_of("/"));
    };
    BOOST_TEST(answer("text").text == "text");
    BOOST_TEST(answer("text").header("Content-Type") == "text/plain; charset=utf-8");
    BOOST_TEST(answer(std::string("text")).text == "text");
    BOOST_TEST(int(answer(Status::Accepted).status) == 202);
    BOOST_TEST(int(answer(std::optional<std::string>()).status) == 404);
    BOOST_TEST(answer(std::optional<std::string>("x")).text == "x");
    BOOST_TEST(int(answer(std::pair(Status::Created, "made")).status) == 201);
    BOOST_TEST(answer(std::pair(Status::Created, "made")).text == "made");
    BOOST_TEST(int(answer(Result<std::string>(edo::failure(std::errc::io_error))).status) == 500);
    BOOST_TEST(answer(Result<std::string>(edo::failure(std::errc::io_error))).text ==
               "Internal Server Error");
    BOOST_TEST(answer(Result<std::string, Status>(edo::failure(Status::Gone))).text == "");
    BOOST_TEST(answer(std::variant<Status, std::string>("v")).text == "v");
    const auto redirect = ask(any() | map([] { return reply::redirect("/x"); }), get_of("/"));
    BOOST_TEST(redirect.header("Location") == "/x");
    BOOST_TEST(int(redirect.status) == 303);
}

BOOST_AUTO_TEST_CASE(a_boxed_filter_is_the_same_filter) {
    const BoxedFilter<int> number = boxed(path("n") & param<int>());
    const auto twice = number | map([](int n) { return std::to_string(2 * n); });
    BOOST_TEST(ask(twice, get_of("/n/4")).text == "8");
    BOOST_TEST(status_of(twice, get_of("/n/x")) == 404);
    std::vector<BoxedFilter<std::string>> list;
    list.emplace_back(path("a") | says("a"));
    list.push_back(path("b") | says("b") | boxed());
    BOOST_TEST(ask(list[0] or list[1], get_of("/b")).text == "b");
}

BOOST_AUTO_TEST_CASE(provide_hands_out_copies) {
    const auto shared = std::make_shared<std::atomic<int>>(0);
    const auto f = provide(shared) | map([](std::shared_ptr<std::atomic<int>> count) {
                       return std::to_string(count->fetch_add(1));
                   });
    BOOST_TEST(ask(f, get_of("/")).text == "0");
    BOOST_TEST(ask(f, get_of("/")).text == "1");
}

BOOST_AUTO_TEST_CASE(after_the_request_is_taken_no_alternative_is_tried) {
    const auto f = (request() | and_then([](Request) -> Result<std::string, Rejection> {
                        return edo::failure(Rejection(Status::Conflict));
                    })) or
                   (any() | says("second"));
    BOOST_TEST(status_of(f, get_of("/")) == 409);
    const auto whole = request() | then([](Request all) -> Task<std::string> {
                           auto text = co_await all.body.collect();
                           co_return all.target + *text;
                       });
    BOOST_TEST(ask(whole, post_of("/x", in_pieces({"a", "b"}))).text == "/xab");
}

BOOST_AUTO_TEST_CASE(one_service_serves_many_tasks_at_once) {
    const auto f = (path("n" / param<int>() / end()) & body::text()) |
                   then([](int n, std::string text) -> Task<std::string> {
                       co_await edo::yield_now();
                       co_return text + std::to_string(n);
                   });
    edo::test::for_each_flavor([&](edo::Runtime& runtime) {
        const auto shared = service(f);
        runtime.block_on([&]() -> Task<void> {
            std::vector<edo::JoinHandle<edo::test::Answer>> handles;
            for (int i = 0; i < 50; ++i) {
                handles.push_back(edo::spawn(edo::test::read_answer(
                    shared->call(post_of("/n/" + std::to_string(i), in_pieces({"t", "u"}))))));
            }
            for (int i = 0; i < 50; ++i) {
                const auto answer = co_await handles[std::size_t(i)];
                BOOST_TEST(answer.value().text == "tu" + std::to_string(i));
            }
        });
    });
}

BOOST_AUTO_TEST_CASE(a_request_may_be_dropped_at_every_suspension) {
    const auto refuse = [](std::string) -> Task<Result<std::string, Rejection>> {
        co_await edo::yield_now();
        co_return edo::failure(Rejection(Status::Conflict, "busy"));
    };
    const auto f = ((path("a") & body::text()) | and_then(refuse)) or
                   ((path("a") & header("x")) | then(slowly)) |
                       recover([](Rejection rejection) -> Task<Response> {
                           co_await edo::yield_now();
                           co_return std::move(rejection).into_response();
                       });
    const auto shared = service(f);
    edo::Runtime runtime = edo::Builder::current_thread().build();
    runtime.block_on(edo::test::drive([&]() -> Task<void> {
        Request request = post_of("/a", in_pieces({"one", "two"}));
        request.with_header("x", "y");
        co_await edo::test::read_answer(shared->call(std::move(request)));
    }));
}

BOOST_AUTO_TEST_SUITE_END()

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

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(filter_body)

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
