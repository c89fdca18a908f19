// SPDX-License-Identifier: MIT
#include "filter_requests.hpp"
#include <edo/net/http/filter.hpp>

#include <boost/describe/class.hpp>
#include <boost/test/unit_test.hpp>

namespace {

using namespace edo::http::filter;
using edo::http::Request;
using edo::test::ask;
using edo::test::in_pieces;
using edo::test::status_of;

struct Data {
    std::uint32_t number = 0;
    bool boolean = false;
};
BOOST_DESCRIBE_STRUCT(Data, (), (number, boolean))

Request json_of(edo::http::Body body, std::string_view type = "application/json") {
    return edo::test::post_of("/data", std::move(body)).with_header("Content-Type", type);
}

constexpr const char* kGood = R"({"number":5,"boolean":true})";

}  // namespace

BOOST_AUTO_TEST_SUITE(filter_json)

BOOST_AUTO_TEST_CASE(a_body_of_json_becomes_a_struct_and_back) {
    const auto f =
        (path("data" / end()) & post() & body::content_length_limit(100) & body::json<Data>()) |
        map([](Data data) {
            ++data.number;
            return reply::json(data);
        });
    const auto answer = ask(f, json_of(kGood));
    BOOST_TEST(answer.text == R"({"number":6,"boolean":true})");
    BOOST_TEST(answer.header("Content-Type") == "application/json");
    BOOST_TEST(status_of(f, json_of(in_pieces({R"({"number":5,"bo)", R"(olean":true})"}))) == 200);
    BOOST_TEST(status_of(f, json_of(kGood, "application/json; charset=utf-8")) == 200);
    BOOST_TEST(status_of(f, json_of(kGood, "application/vnd.x+JSON")) == 200);
    BOOST_TEST(status_of(f, edo::test::post_of("/data", kGood)) == 200);  // says nothing
    BOOST_TEST(status_of(f, json_of(kGood, "text/plain")) == 415);
    BOOST_TEST(status_of(f, json_of(kGood, "application/jsonx")) == 415);
    BOOST_TEST(status_of(f, json_of(kGood, "")) == 415);
    BOOST_TEST(status_of(f, edo::test::get_of("/data")) == 405);
    BOOST_TEST(status_of(f, edo::test::post_of("/other", kGood)) == 404);
    BOOST_TEST(status_of(f, json_of(std::string(101, ' '))) == 413);
    BOOST_TEST(status_of(f, json_of(in_pieces({std::string(60, ' '), std::string(60, ' ')}))) ==
               413);
    for (const char* bad :
         {"", "{", "[]", "null", R"({"number":5})", R"({"number":-1,"boolean":true})",
          R"({"number":4294967296,"boolean":true})", R"({"number":"5","boolean":true})",
          R"({"number":5,"boolean":true} x)", "\xff"}) {
        BOOST_TEST_CONTEXT(bad) {
            BOOST_TEST(status_of(f, json_of(bad)) == 400);
        }
    }
    BOOST_TEST(ask(f, json_of(R"({"number":"5","boolean":true})")).text.find("number") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_handler_of_a_router_may_take_json) {
    const auto router = Router().route("/n/{n}", post([](unsigned n, FromJson<Data> data) {
                                           return std::to_string(n + data.value.number);
                                       }));
    BOOST_TEST(ask(router, edo::test::post_of("/n/3", kGood)).text == "8");
    BOOST_TEST(status_of(router, edo::test::post_of("/n/3", "x")) == 400);
}

BOOST_AUTO_TEST_SUITE_END()
