// SPDX-License-Identifier: MIT
// H-10: whatever an application puts into a head, no line of it ends where the application wants
// it to. What would forge one is an exception where it is set, and never on the wire.
#include <edo/edo.hpp>
#include <edo/net/http/filter/auth.hpp>
#include <edo/net/http/filter/reply.hpp>
#include <edo/net/http/filter/sse.hpp>
#include <edo/net/http/h1/encoder.hpp>
#include <edo/net/http/uri.hpp>
#include <edo/net/http/ws/connect.hpp>

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace http = edo::http;
using namespace std::string_literals;

namespace {

const std::vector<std::string> kForging{"a\r\nSet-Cookie: b=c",
                                        "a\nb: c",
                                        "a\rb: c",
                                        "a\r\n\r\nHTTP/1.1 200 OK",
                                        "a\0b"s,
                                        "\r\n",
                                        "a\r\n"};

using Put = std::function<void(const std::string&)>;

void check_refused(const std::vector<std::pair<std::string, Put>>& ways) {
    for (const auto& [name, put] : ways) {
        for (const std::string& text : kForging) {
            BOOST_TEST_CONTEXT(name << ": " << text) {
                BOOST_CHECK_THROW(put(text), edo::UsageError);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE(response_splitting)

BOOST_AUTO_TEST_CASE(no_answer_can_be_split) {
    namespace reply = http::filter::reply;
    check_refused({
        {"a value", [](const std::string& s) { http::Headers().append("A", s); }},
        {"a value that replaces", [](const std::string& s) { http::Headers().set("A", s); }},
        {"a name", [](const std::string& s) { http::Headers().append(s, "b"); }},
        {"with_header", [](const std::string& s) { http::Response().with_header("A", s); }},
        {"reply::with_header",
         [](const std::string& s) { static_cast<void>(reply::with_header("x", "A", s)); }},
        {"reply::redirect", [](const std::string& s) { static_cast<void>(reply::redirect(s)); }},
        {"switching_protocols",
         [](const std::string& s) {
             static_cast<void>(http::Response::switching_protocols(
                 s, [](http::AnyIo) -> edo::Task<void> { co_return; }));
         }},
        {"a realm",
         [](const std::string& s) {
             static_cast<void>(http::filter::auth::basic(s, "user", "password"));
         }},
        {"the id of an event",
         [](const std::string& s) { static_cast<void>(http::filter::sse::Event().id(s)); }},
        {"the name of an event",
         [](const std::string& s) { static_cast<void>(http::filter::sse::Event().event(s)); }},
    });
}

BOOST_AUTO_TEST_CASE(no_request_can_be_split) {
    check_refused({
        {"a target",
         [](const std::string& s) {
             std::string out;
             static_cast<void>(
                 http::h1::append_request_head(out, http::Request(http::Method::Get, "/" + s)));
         }},
        {"an authority",
         [](const std::string& s) {
             std::string out;
             http::Request request;
             request.authority = s;
             static_cast<void>(http::h1::append_request_head(out, request));
         }},
        {"the host of a WebSocket",
         [](const std::string& s) {
             static_cast<void>(http::ws::detail::upgrade_request(s, "/", "key"));
         }},
        {"the target of a WebSocket",
         [](const std::string& s) {
             static_cast<void>(http::ws::detail::upgrade_request("a", "/" + s, "key"));
         }},
    });
    for (const std::string& text : kForging) {
        BOOST_TEST(!http::Uri::parse("http://a/" + text).has_value());
        BOOST_TEST(!http::Uri::parse("http://a" + text + "/").has_value());
    }
}

BOOST_AUTO_TEST_CASE(data_of_an_event_cannot_end_it) {
    const std::string text = http::filter::sse::Event().data("a\n\nevent: b\r\rid: c").into_text();
    BOOST_TEST(text == "data: a\ndata: \ndata: event: b\ndata: \ndata: id: c\n\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
