// SPDX-License-Identifier: MIT
#include "client_test.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/runtime/sleep.hpp>
#include <edo/runtime/stream/sources.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <map>

using namespace edo;
using namespace edo::test;
using namespace std::chrono_literals;
using http::Client;

BOOST_AUTO_TEST_SUITE(client_redirect)

namespace {

/// Servers with pages: "http://a/x" to an answer. Other pages answer with the request.
class Site {
public:
    std::map<std::string, std::string> pages;
    std::vector<std::string> requests;

    FakeServers::Serve serve() {
        return [this](Peer peer) { return talk(*this, std::move(peer)); };
    }

private:
    static Task<void> talk(Site& site, Peer peer) {
        for (;;) {
            const std::string request = co_await peer.request();
            if (request.empty()) {
                break;
            }
            site.requests.push_back(request);
            const std::size_t begin = request.find(' ') + 1;
            const std::string path = request.substr(begin, request.find(' ', begin) - begin);
            const auto page = site.pages.find(peer.origin() + path);
            std::string reply = page == site.pages.end() ? ok(request) : page->second;
            co_await peer.send(std::move(reply));
        }
    }
};

std::string first_line(const std::string& request) {
    return request.substr(0, request.find("\r\n"));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_redirect_is_followed_and_the_url_tells_where_to) {
    on_paused_clock([]() -> Task<void> {
        Site site;
        site.pages["http://a/1"] = redirect_to("2?x=y");
        site.pages["http://a/2?x=y"] = redirect_to("//b:81/3#new", 301);
        auto servers = std::make_shared<FakeServers>(site.serve());
        const Client client = client_of(servers).build();
        auto response = co_await client.get("http://a/1#old").send();
        BOOST_REQUIRE(response.has_value());
        BOOST_TEST(response->url().text() == "http://b:81/3#new");
        const auto body = co_await response->text();
        BOOST_TEST(first_line(body.value()) == "GET /3 HTTP/1.1");
        BOOST_TEST(site.requests.size() == 3U);
        BOOST_TEST(servers->connections() == 2U);  // the first one served two requests
        response = co_await client.get("http://a/2?x=y#old").send();
        BOOST_TEST(response->url().fragment().value() == "new");
    });
}

BOOST_AUTO_TEST_CASE(methods_change_as_browsers_do_it) {
    struct Case {
        int status;
        http::Method method;
        std::string next;
        bool keeps_body;
    };
    using http::Method;
    const std::vector<Case> cases = {
        {301, Method::Post, "GET", false},     {302, Method::Post, "GET", false},
        {303, Method::Post, "GET", false},     {307, Method::Post, "POST", true},
        {308, Method::Post, "POST", true},     {301, Method::Put, "PUT", true},
        {302, Method::Delete, "DELETE", true}, {303, Method::Put, "GET", false},
        {303, Method::Head, "HEAD", false},    {302, Method::Head, "HEAD", true},
        {307, Method::Get, "GET", true},
    };
    for (const Case& the : cases) {
        BOOST_TEST_CONTEXT(the.status << ' ' << to_string(the.method)) {
            on_paused_clock([&the]() -> Task<void> {
                Site site;
                site.pages["http://a/"] = redirect_to("/next", the.status);
                if (the.method == http::Method::Head) {
                    site.pages["http://a/next"] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
                }
                const Client client =
                    client_of(std::make_shared<FakeServers>(site.serve())).build();
                const std::string got =
                    co_await outcome(client.request(the.method, "http://a/").text("data"));
                BOOST_TEST(got.substr(0, 3) == "200");
                BOOST_REQUIRE(site.requests.size() == 2U);
                BOOST_TEST(first_line(site.requests[1]) == the.next + " /next HTTP/1.1");
                BOOST_TEST(site.requests[1].ends_with("data") == the.keeps_body);
                BOOST_TEST((site.requests[1].find("Content-Type") != std::string::npos) ==
                           the.keeps_body);
            });
        }
    }
}

BOOST_AUTO_TEST_CASE(a_stream_is_not_sent_twice) {
    on_paused_clock([]() -> Task<void> {
        Site site;
        site.pages["http://a/"] = redirect_to("/next", 307);
        const Client client = client_of(std::make_shared<FakeServers>(site.serve())).build();
        auto request = client.post("http://a/");
        request.body(http::Body::from_stream(stream::once(std::string("data"))));
        auto response = co_await request.send();
        BOOST_REQUIRE(response.has_value());
        BOOST_TEST(int(response->status()) == 307);
        BOOST_TEST(site.requests.size() == 1U);
    });
}

BOOST_AUTO_TEST_CASE(secrets_stay_with_their_origin) {
    on_paused_clock([]() -> Task<void> {
        const std::vector<std::string> targets = {"http://b/x", "http://a:81/x"};
        for (const std::string& target : targets) {
            Site site;
            site.pages["http://a/"] = redirect_to("/same");
            site.pages["http://a/same"] = redirect_to(target);
            const Client client = client_of(std::make_shared<FakeServers>(site.serve())).build();
            const std::string got = co_await outcome(
                client.get("http://u:p@a/").header("Cookie", "secret").header("X-Kept", "1"));
            BOOST_REQUIRE(site.requests.size() == 3U);
            BOOST_TEST(site.requests[1].find("Authorization: ") != std::string::npos);
            BOOST_TEST(site.requests[1].find("Cookie: secret") != std::string::npos);
            BOOST_TEST(site.requests[2].find("Authorization") == std::string::npos);
            BOOST_TEST(site.requests[2].find("secret") == std::string::npos);
            BOOST_TEST(site.requests[2].find("X-Kept: 1") != std::string::npos);
        }
    });
}

BOOST_AUTO_TEST_CASE(secrets_do_not_leave_https) {
    on_paused_clock([]() -> Task<void> {
        Site site;
        site.pages["https://a/"] = redirect_to("http://a/plain");
        const Client client = client_of(std::make_shared<FakeServers>(site.serve())).build();
        const std::string got = co_await outcome(client.get("https://a/").bearer_auth("secret"));
        BOOST_REQUIRE(site.requests.size() == 2U);
        BOOST_TEST(site.requests[0].find("secret") != std::string::npos);
        BOOST_TEST(site.requests[1].find("secret") == std::string::npos);
    });
}

BOOST_AUTO_TEST_CASE(ten_redirects_are_followed_and_not_eleven) {
    on_paused_clock([]() -> Task<void> {
        Site site;
        for (int i = 0; i < 100; ++i) {
            site.pages["http://h" + std::to_string(i) + "/"] =
                redirect_to("http://h" + std::to_string(i + 1) + "/");
        }
        const Client client = client_of(std::make_shared<FakeServers>(site.serve())).build();
        auto response = co_await client.get("http://h90/").send();
        BOOST_REQUIRE(response.has_value());
        BOOST_TEST(response->url().text() == "http://h100/");

        site.requests.clear();
        response = co_await client.get("http://h0/").bearer_auth("secret").send();
        BOOST_REQUIRE(!response.has_value());
        BOOST_TEST(response.error().is_redirect());
        BOOST_TEST(response.error() == make_error_code(http::Errc::TooManyRedirects));
        BOOST_TEST(response.error().url() == "http://h10/");
        BOOST_TEST(site.requests.size() == 11U);
        for (std::size_t i = 1; i < site.requests.size(); ++i) {
            BOOST_TEST(site.requests[i].find("secret") == std::string::npos);
        }
    });
}

BOOST_AUTO_TEST_CASE(a_circle_is_seen_at_once) {
    on_paused_clock([]() -> Task<void> {
        Site site;
        site.pages["http://a/1"] = redirect_to("/2");
        site.pages["http://a/2"] = redirect_to("/1");
        const Client client = client_of(std::make_shared<FakeServers>(site.serve())).build();
        auto response = co_await client.get("http://a/1").send();
        BOOST_TEST(response.error() == make_error_code(http::Errc::TooManyRedirects));
        BOOST_TEST(site.requests.size() == 2U);
    });
}

BOOST_AUTO_TEST_CASE(with_cookies_a_circle_ends_at_the_limit) {
    on_paused_clock([]() -> Task<void> {
        Site site;
        site.pages["http://a/1"] = redirect_to("/2");
        site.pages["http://a/2"] =
            "HTTP/1.1 302 X\r\nSet-Cookie: round=1\r\nLocation: /1\r\nContent-Length: 0\r\n\r\n";
        const Client client =
            client_of(std::make_shared<FakeServers>(site.serve())).cookies().build();
        auto response = co_await client.get("http://a/1").send();
        BOOST_TEST(response.error() == make_error_code(http::Errc::TooManyRedirects));
        BOOST_TEST(site.requests.size() == 11U);
    });
}

BOOST_AUTO_TEST_CASE(a_hundred_redirects_across_hosts_carry_no_secret) {
    on_paused_clock([]() -> Task<void> {
        Site site;
        for (int i = 0; i < 100; ++i) {
            // Every tenth host leads to another page of its own.
            const std::string here = "http://h" + std::to_string(i) + "/";
            const std::string next = "http://h" + std::to_string(i + 1) + "/";
            site.pages[here] = redirect_to(i % 10 == 0 ? here + "more" : next);
            site.pages[here + "more"] = redirect_to(next);
        }
        const Client client =
            client_of(std::make_shared<FakeServers>(site.serve())).max_redirects(200).build();
        auto response = co_await client.get("http://h0/")
                            .bearer_auth("secret")
                            .header("Cookie", "secret")
                            .send();
        BOOST_REQUIRE(response.has_value());
        BOOST_TEST(response->url().text() == "http://h100/");
        BOOST_REQUIRE(site.requests.size() == 111U);
        for (std::size_t i = 0; i < site.requests.size(); ++i) {
            // The first two are of the host that the secret is for.
            BOOST_TEST((site.requests[i].find("secret") != std::string::npos) == (i < 2), i);
        }
    });
}

BOOST_AUTO_TEST_CASE(where_a_redirect_must_not_lead_it_is_an_error) {
    on_paused_clock([]() -> Task<void> {
        for (const char* target : {"ftp://b/", "file:///etc/passwd", "http://", "http://a b/"}) {
            Site site;
            site.pages["http://a/"] = redirect_to(target);
            const Client client = client_of(std::make_shared<FakeServers>(site.serve())).build();
            auto response = co_await client.get("http://a/").send();
            BOOST_REQUIRE(!response.has_value());
            BOOST_TEST(response.error().is_redirect());
            BOOST_TEST(response.error() == make_error_code(http::Errc::BadRedirect));
        }
    });
}

BOOST_AUTO_TEST_CASE(what_a_server_forgot_to_encode_is_encoded) {
    on_paused_clock([]() -> Task<void> {
        Site site;
        site.pages["http://a/"] = redirect_to(
            "/b\xc3\xbc"
            "cher/two words?q=<x>");
        const Client client = client_of(std::make_shared<FakeServers>(site.serve())).build();
        auto response = co_await client.get("http://a/").send();
        BOOST_REQUIRE(response.has_value());
        BOOST_TEST(response->url().target() == "/b%C3%BCcher/two%20words?q=%3Cx%3E");
    });
}

BOOST_AUTO_TEST_CASE(without_redirects_the_answer_itself_comes) {
    on_paused_clock([]() -> Task<void> {
        Site site;
        site.pages["http://a/"] = redirect_to("/next");
        site.pages["http://a/none"] = "HTTP/1.1 302 X\r\nContent-Length: 0\r\n\r\n";
        site.pages["http://a/300"] = "HTTP/1.1 300 X\r\nLocation: /\r\nContent-Length: 0\r\n\r\n";
        auto servers = std::make_shared<FakeServers>(site.serve());
        const Client none = client_of(servers).max_redirects(0).build();
        std::string got = co_await outcome(none.get("http://a/"));
        BOOST_TEST(got == "302 ");
        const Client client = client_of(servers).build();
        got = co_await outcome(client.get("http://a/none"));
        BOOST_TEST(got == "302 ");
        got = co_await outcome(client.get("http://a/300"));
        BOOST_TEST(got == "300 ");
    });
}

BOOST_AUTO_TEST_CASE(the_total_limit_covers_all_redirects) {
    on_paused_clock([]() -> Task<void> {
        auto servers = std::make_shared<FakeServers>([](Peer peer) -> Task<void> {
            static_cast<void>(co_await peer.request());
            co_await sleep(10s);
            co_await peer.send(redirect_to("/" + std::to_string(peer.index())) + "");
        });
        const Client client = client_of(servers).max_redirects(100).build();
        const Instant start = now();
        auto response = co_await client.get("http://a/start").timeout(35s).send();
        BOOST_TEST(response.error() == make_error_code(http::Errc::Timeout));
        BOOST_TEST((now() - start) / 1s == 35);
    });
}

BOOST_AUTO_TEST_CASE(cookies_travel_along_redirects) {
    on_paused_clock([]() -> Task<void> {
        Site site;
        site.pages["http://a/login"] =
            "HTTP/1.1 302 X\r\nSet-Cookie: id=1\r\nSet-Cookie: b=2; Path=/deep\r\n"
            "Location: /home\r\nContent-Length: 0\r\n\r\n";
        site.pages["http://a/away"] = redirect_to("http://b/");
        const Client client =
            client_of(std::make_shared<FakeServers>(site.serve())).cookies().build();
        std::string got = co_await outcome(client.get("http://a/login"));
        BOOST_TEST(got.find("\r\nCookie: id=1\r\n") != std::string::npos);
        got = co_await outcome(client.get("http://a/away"));
        BOOST_TEST(got.find("Cookie") == std::string::npos);
        got = co_await outcome(client.get("http://a/deep/x"));
        BOOST_TEST(got.find("\r\nCookie: b=2; id=1\r\n") != std::string::npos);
        got = co_await outcome(client.get("http://a/").header("Cookie", "own=1"));
        BOOST_TEST(got.find("\r\nCookie: own=1\r\n") != std::string::npos);
    });
}

BOOST_AUTO_TEST_SUITE_END()
