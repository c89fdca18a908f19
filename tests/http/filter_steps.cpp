// SPDX-License-Identifier: MIT
// Functions and coroutines behind filters, and what they hand on.
#include "filter_requests.hpp"
#include "support/cancel_driver.hpp"
#include <edo/net/http/filter/body.hpp>
#include <edo/net/http/filter/boxed.hpp>
#include <edo/net/http/filter/extract.hpp>
#include <edo/net/http/filter/method.hpp>
#include <edo/net/http/filter/path.hpp>
#include <edo/net/http/filter/service.hpp>
#include <edo/net/http/filter/testing.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <stdexcept>

using namespace edo::http::filter;
using edo::Result;
using edo::Task;
using edo::http::Body;
using edo::http::Request;
using edo::http::Response;
using edo::http::Status;
using edo::test::ask;
using edo::test::get_of;
using edo::test::in_pieces;
using edo::test::post_of;
using edo::test::says;
using edo::test::slowly;
using edo::test::status_of;

namespace {
struct TooOld {
    int year;
    [[nodiscard]] Status status() const { return Status::Gone; }
    [[nodiscard]] std::string message() const { return "nothing before " + std::to_string(year); }
};

}  // namespace

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
