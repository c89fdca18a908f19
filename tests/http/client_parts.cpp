// SPDX-License-Identifier: MIT
// What a client is made of, on its own: cookies, proxies, forms with files.
#include "client_test.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/net/http/base64.hpp>
#include <edo/net/http/client/cookie_date.hpp>
#include <edo/runtime/stream/sources.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdlib>

using namespace edo;
using namespace edo::test;
using namespace std::chrono_literals;
using http::CookieJar;
using http::Proxies;
using http::Uri;

BOOST_AUTO_TEST_SUITE(client_parts)

namespace {

Uri url(std::string_view text) {
    auto uri = Uri::parse(text);
    BOOST_TEST_INFO(text);
    BOOST_REQUIRE(uri.has_value());
    return *uri;
}

}  // namespace

BOOST_AUTO_TEST_CASE(base64_has_the_values_of_the_rfc) {
    using http::detail::to_base64;
    BOOST_TEST(to_base64("") == "");
    BOOST_TEST(to_base64("f") == "Zg==");
    BOOST_TEST(to_base64("fo") == "Zm8=");
    BOOST_TEST(to_base64("foo") == "Zm9v");
    BOOST_TEST(to_base64("foob") == "Zm9vYg==");
    BOOST_TEST(to_base64("fooba") == "Zm9vYmE=");
    BOOST_TEST(to_base64("foobar") == "Zm9vYmFy");
    BOOST_TEST(to_base64("\xff\xfe\xfd") == "//79");
}

BOOST_AUTO_TEST_CASE(dates_of_cookies_come_in_many_forms) {
    const std::chrono::sys_seconds expected{784111777s};
    for (const char* text :
         {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
          "Sun Nov  6 08:49:37 1994", "6 nov 1994 8:49:37", "1994 november 06 08:49:37"}) {
        const auto date = http::detail::parse_cookie_date(text);
        BOOST_TEST_INFO(text);
        BOOST_TEST((date == expected));
    }
    for (const char* text : {"", "tomorrow", "Sun, 06 Nov 1994", "06 Nov 1994 24:00:00",
                             "06 Nov 1994 08:60:00", "31 Feb 2020 00:00:00", "06 Nov 1600 08:49:37",
                             "06 Foo 1994 08:49:37", "99 Nov 1994 08:49:37", "06 Nov 1994 08:49"}) {
        BOOST_TEST_INFO(text);
        BOOST_TEST(!http::detail::parse_cookie_date(text).has_value());
    }
}

BOOST_AUTO_TEST_CASE(cookies_go_where_they_belong) {
    struct Case {
        const char* from;
        const char* cookie;
        const char* to;
        const char* header;
    };
    const Case cases[] = {
        {"http://a.example/", "n=v", "http://a.example/x", "n=v"},
        {"http://a.example/", "n=v", "http://b.a.example/", ""},  // its own host only
        {"http://a.example/", "n=v", "http://example/", ""},
        {"http://a.example/", "n=v; Domain=a.example", "http://b.a.example/", "n=v"},
        {"http://b.a.example/", "n=v; Domain=.a.example", "http://a.example/", "n=v"},
        {"http://a.example/", "n=v; domain=A.EXAMPLE", "http://xa.example/", ""},
        {"http://a.example/", "n=v; Domain=b.example", "http://b.example/", ""},
        {"http://a.example/", "n=v; Domain=b.a.example", "http://b.a.example/", ""},
        {"http://a.example/", "n=v; Domain=example", "http://b.example/", ""},
        {"http://1.2.3.4/", "n=v; Domain=2.3.4", "http://1.2.3.4/", ""},
        {"http://localhost/", "n=v; Domain=localhost", "http://localhost/", "n=v"},
        {"http://a.example/x/y", "n=v", "http://a.example/x/z", "n=v"},
        {"http://a.example/x/y", "n=v", "http://a.example/", ""},
        {"http://a.example/x/y", "n=v", "http://a.example/xx", ""},
        {"http://a.example/x", "n=v; Path=/y", "http://a.example/y/z", "n=v"},
        {"http://a.example/x", "n=v; Path=/y", "http://a.example/yz", ""},
        {"http://a.example/x", "n=v; Path=y", "http://a.example/", "n=v"},
        {"https://a.example/", "n=v; Secure", "https://a.example/", "n=v"},
        {"https://a.example/", "n=v; Secure", "http://a.example/", ""},
        {"http://a.example/", "n=v; Secure", "https://a.example/", ""},
        {"http://a.example/", " n = v ; HttpOnly; Foo=bar", "http://a.example/", "n=v"},
        {"http://a.example/", "n=", "http://a.example/", "n="},
        {"http://a.example/", "n=a=b", "http://a.example/", "n=a=b"},
        {"http://a.example/", "n", "http://a.example/", ""},
        {"http://a.example/", "=v", "http://a.example/", ""},
        {"http://a.example/", "", "http://a.example/", ""},
        {"http://a.example/", "n=v\x01", "http://a.example/", ""},
        {"http://a.example/", "n=v; Max-Age=10", "http://a.example/", "n=v"},
        {"http://a.example/", "n=v; Max-Age=0", "http://a.example/", ""},
        {"http://a.example/", "n=v; Max-Age=-5", "http://a.example/", ""},
        {"http://a.example/", "n=v; Max-Age=x", "http://a.example/", "n=v"},
        {"http://a.example/", "n=v; Max-Age=99999999999999999999", "http://a.example/", "n=v"},
        {"http://a.example/", "n=v; Expires=Sun, 06 Nov 1994 08:49:37 GMT", "http://a.example/",
         ""},
        {"http://a.example/", "n=v; Expires=Sun, 06 Nov 1994 08:49:37 GMT; Max-Age=9",
         "http://a.example/", "n=v"},
        {"http://a.example/", "n=v; Expires=never", "http://a.example/", "n=v"},
        {"http://a.example/", "n=v; Expires=Fri, 31 Dec 9999 23:59:59 GMT", "http://a.example/",
         "n=v"},
        {"http://a.example/", "n=v; Expires=Mon, 01 Jan 1601 00:00:00 GMT", "http://a.example/",
         ""},
        {"http://a.example/", "__Secure-n=v", "http://a.example/", ""},
        {"https://a.example/", "__Host-n=v; Secure; Path=/", "https://a.example/", "__Host-n=v"},
        {"https://a.example/", "__Host-n=v; Secure; Path=/; Domain=a.example", "https://a.example/",
         ""},
    };
    for (const Case& the : cases) {
        BOOST_TEST_CONTEXT(the.cookie << " from " << the.from << " to " << the.to) {
            CookieJar jar;
            jar.set(the.cookie, url(the.from));
            BOOST_TEST(jar.header_for(url(the.to)) == the.header);
        }
    }
}

BOOST_AUTO_TEST_CASE(cookies_are_replaced_removed_and_expire) {
    CookieJar jar;
    const Uri site = url("https://a.example/");
    const auto now = CookieJar::Clock::now();
    jar.set("a=1", site, now);
    jar.set("b=1; Max-Age=10", site, now);
    jar.set("a=2", site, now);
    BOOST_TEST(jar.header_for(site, now) == "a=2; b=1");
    BOOST_TEST(jar.header_for(site, now + 9s) == "a=2; b=1");
    BOOST_TEST(jar.header_for(site, now + 10s) == "a=2");
    jar.set("a=; Max-Age=0", site, now);
    BOOST_TEST(jar.header_for(site, now) == "");
    BOOST_TEST(jar.size() == 0U);
    jar.set("s=1; Secure", site);
    BOOST_TEST(!jar.set("s=2", url("http://a.example/")));  // not over what was sent encrypted
    BOOST_TEST(jar.header_for(site) == "s=1");
    jar.clear();
    BOOST_TEST(jar.size() == 0U);
}

BOOST_AUTO_TEST_CASE(a_jar_is_bounded) {
    CookieJar jar;
    BOOST_TEST(!jar.set("n=" + std::string(5000, 'x'), url("http://a.example/")));
    for (int i = 0; i < 1000; ++i) {
        jar.set("n" + std::to_string(i) + "=v", url("http://a.example/"));
    }
    BOOST_TEST(jar.size() == 180U);
    for (int i = 0; i < 4000; ++i) {
        jar.set("n=v", url("http://h" + std::to_string(i) + ".example/"));
    }
    BOOST_TEST(jar.size() == 3000U);
    BOOST_TEST(jar.header_for(url("http://h0.example/")) == "");
    BOOST_TEST(jar.header_for(url("http://h3999.example/")) == "n=v");
}

BOOST_AUTO_TEST_CASE(proxies_are_chosen_by_scheme_and_host) {
    Proxies proxies;
    BOOST_TEST(proxies.find(url("http://a/")) == nullptr);
    proxies.http(url("http://p1:3128")).https(url("http://p2/"));
    proxies.except(" localhost , .example.org,[::1],10.0.0.1");
    BOOST_TEST(proxies.find(url("http://a/"))->text() == "http://p1:3128/");
    BOOST_TEST(proxies.find(url("https://a/"))->text() == "http://p2/");
    for (const char* direct : {"http://localhost:99/", "http://example.org/",
                               "https://x.example.org/", "http://[::1]/", "http://10.0.0.1/"}) {
        BOOST_TEST(proxies.find(url(direct)) == nullptr);
    }
    BOOST_TEST(proxies.find(url("http://notexample.org/")) != nullptr);
    proxies.except("*");
    BOOST_TEST(proxies.find(url("http://a/")) == nullptr);
    BOOST_CHECK_THROW(proxies.http(url("https://p/")), UsageError);
}

BOOST_AUTO_TEST_CASE(the_environment_names_proxies) {
    for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                             "no_proxy", "NO_PROXY", "HTTP_PROXY"}) {
        ::unsetenv(name);
    }
    ::setenv("HTTP_PROXY", "http://evil/", 1);
    BOOST_TEST(Proxies::from_environment().value().find(url("http://a/")) == nullptr);
    ::setenv("http_proxy", "u:p@p1:3128", 1);
    ::setenv("ALL_PROXY", "http://p2", 1);
    ::setenv("no_proxy", "b", 1);
    const Proxies proxies = Proxies::from_environment().value();
    BOOST_TEST(proxies.find(url("http://a/"))->text() == "http://p1:3128/");
    BOOST_TEST(proxies.find(url("http://a/"))->password() == "p");
    BOOST_TEST(proxies.find(url("https://a/"))->text() == "http://p2/");
    BOOST_TEST(proxies.find(url("http://b/")) == nullptr);
    ::setenv("https_proxy", "socks5://p3", 1);
    BOOST_TEST(!Proxies::from_environment().has_value());
    for (const char* name : {"http_proxy", "https_proxy", "ALL_PROXY", "no_proxy", "HTTP_PROXY"}) {
        ::unsetenv(name);
    }
}

BOOST_AUTO_TEST_CASE(a_request_through_a_proxy_has_the_whole_url) {
    on_paused_clock([]() -> Task<void> {
        auto servers = std::make_shared<FakeServers>([](Peer peer) -> Task<void> {
            for (;;) {
                const std::string request = co_await peer.request();
                if (request.empty()) {
                    co_return;
                }
                co_await peer.send(ok(request));
            }
        });
        Proxies proxies;
        proxies.http(url("http://u:p@proxy/"));
        const http::Client client = client_of(servers).proxies(proxies).build();
        const std::string got = co_await outcome(client.get("http://a:81/b?c"));
        BOOST_TEST(got.starts_with("200 GET http://a:81/b?c HTTP/1.1\r\nHost: a:81\r\n"));
        BOOST_TEST(got.find("\r\nProxy-Authorization: Basic dTpw\r\n") != std::string::npos);
        static_cast<void>(co_await outcome(client.get("http://b/")));
        BOOST_TEST(servers->connections() == 1U);  // all hosts on one connection
    });
}

BOOST_AUTO_TEST_CASE(a_form_with_files_is_what_browsers_send) {
    on_paused_clock([]() -> Task<void> {
        http::Multipart form;
        form.text("a", "1").file("f\"\r\n", "n.txt", "content", "text/plain");
        const std::string type = form.content_type();
        BOOST_TEST(type.starts_with("multipart/form-data; boundary="));
        const std::string boundary = type.substr(type.find('=') + 1);
        http::Body body = std::move(form).into_body();
        BOOST_TEST(body.is_text());
        const auto text = co_await body.collect();
        BOOST_TEST(text.value() ==
                   "--" + boundary +
                       "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--" + boundary +
                       "\r\nContent-Disposition: form-data; name=\"f%22%0D%0A\"; "
                       "filename=\"n.txt\"\r\nContent-Type: text/plain\r\n\r\ncontent\r\n--" +
                       boundary + "--\r\n");
        BOOST_TEST(http::Multipart().content_type() != http::Multipart().content_type());
        BOOST_CHECK_THROW(http::Multipart().file("a", "b", "c", "x\r\ny"), UsageError);
    });
}

BOOST_AUTO_TEST_CASE(a_file_of_a_form_may_be_a_stream) {
    on_paused_clock([]() -> Task<void> {
        http::Multipart form;
        form.text("a", "1")
            .file("f", "n", http::Body::from_stream(stream::once(std::string("content"))))
            .text("b", "2");
        http::Body body = std::move(form).into_body();
        BOOST_TEST(!body.size());
        const auto text = co_await body.collect();
        BOOST_TEST(text->find("\r\n\r\ncontent\r\n--") != std::string::npos);
        BOOST_TEST(text->find("name=\"b\"\r\n\r\n2\r\n--") != std::string::npos);
    });
}

BOOST_AUTO_TEST_SUITE_END()
