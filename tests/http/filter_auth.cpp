// SPDX-License-Identifier: MIT
#include "filter_requests.hpp"
#include <edo/net/http/filter/auth.hpp>
#include <edo/net/http/filter/path.hpp>

#include <boost/test/unit_test.hpp>

namespace {

using namespace edo::http::filter;
using edo::Task;
using edo::http::Request;
using edo::test::ask;
using edo::test::status_of;

Request with_authorization(std::string_view value) {
    return edo::test::get_of("/").with_header("Authorization", value);
}

constexpr const char* kAda = "Basic YWRhOnM6ZWNyZXQ=";  // ada:s:ecret

}  // namespace

BOOST_AUTO_TEST_SUITE(filter_auth)

BOOST_AUTO_TEST_CASE(basic_lets_the_right_user_in) {
    const auto f = auth::basic("my \"site\"", "ada", "s:ecret") | map([] { return "in"; });
    BOOST_TEST(ask(f, with_authorization(kAda)).text == "in");
    BOOST_TEST(ask(f, with_authorization("bAsIc  YWRhOnM6ZWNyZXQ=")).text == "in");
    const auto out = ask(f, edo::test::get_of("/"));
    BOOST_TEST(int(out.status) == 401);
    BOOST_TEST(out.header("WWW-Authenticate") ==
               "Basic realm=\"my \\\"site\\\"\", charset=\"UTF-8\"");
    BOOST_TEST(status_of(f, with_authorization("Basic YWRhOnM6ZWNyZXo=")) == 401);  // another one
    BOOST_TEST(status_of(f, with_authorization("Basic YmRhOnM6ZWNyZXQ=")) == 401);  // bda
    BOOST_TEST(status_of(f, with_authorization("Basic YWRhOg==")) == 401);          // ada:
    BOOST_TEST(status_of(f, with_authorization("Basic YWRh")) == 400);              // no colon
    BOOST_TEST(status_of(f, with_authorization("Basic !!!")) == 400);
    BOOST_TEST(status_of(f, with_authorization("Basic")) == 401);
    BOOST_TEST(status_of(f, with_authorization("Bearer x")) == 401);
    BOOST_TEST(status_of(f, with_authorization(kAda).with_header("Authorization", kAda)) == 400);
    BOOST_CHECK_THROW(static_cast<void>(auth::credentials("a\r\nb")), edo::UsageError);
}

BOOST_AUTO_TEST_CASE(a_check_says_who_it_is) {
    const auto f =
        auth::basic("x",
                    [](auth::Credentials sent) -> std::optional<int> {
                        if (sent.user == "ada" && auth::equal(sent.password, "s:ecret")) {
                            return 7;
                        }
                        return std::nullopt;
                    }) |
        map([](int id) { return std::to_string(id); });
    BOOST_TEST(ask(f, with_authorization(kAda)).text == "7");
    BOOST_TEST(ask(f, with_authorization("Basic Og==")).header("WWW-Authenticate") != "(none)");
}

BOOST_AUTO_TEST_CASE(a_bearer_has_the_token) {
    const auto f = auth::bearer("api", std::string("t0ken")) | map([] { return "in"; });
    BOOST_TEST(ask(f, with_authorization("Bearer t0ken")).text == "in");
    BOOST_TEST(ask(f, with_authorization("Bearer t0keN")).header("WWW-Authenticate") ==
               "Bearer realm=\"api\", error=\"invalid_token\"");
    BOOST_TEST(ask(f, edo::test::get_of("/")).header("WWW-Authenticate") == "Bearer realm=\"api\"");
    BOOST_TEST(status_of(f, with_authorization("Bearer ")) == 401);
    const auto later = auth::bearer("api",
                                    [](std::string token) -> Task<std::optional<std::string>> {
                                        co_await edo::yield_now();
                                        if (token == "good") {
                                            co_return std::optional<std::string>("ada");
                                        }
                                        co_return std::optional<std::string>();
                                    }) |
                       map([](std::string user) { return user; });
    BOOST_TEST(ask(later, with_authorization("Bearer good")).text == "ada");
    BOOST_TEST(status_of(later, with_authorization("Bearer bad")) == 401);
}

BOOST_AUTO_TEST_CASE(equal_compares_all_of_both) {
    BOOST_TEST(auth::equal("", ""));
    BOOST_TEST(auth::equal("abc", "abc"));
    BOOST_TEST(!auth::equal("abc", "abd"));
    BOOST_TEST(!auth::equal("abc", "ab"));
    BOOST_TEST(!auth::equal("ab", "abc"));
    BOOST_TEST(!auth::equal("", "a"));
}

BOOST_AUTO_TEST_SUITE_END()
