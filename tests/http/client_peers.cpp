// SPDX-License-Identifier: MIT
// nginx as an upstream of the client and as a front of the server, and Python's http.server.
#include "client_test.hpp"
#include "nginx.hpp"
#include "support/leak_guard.hpp"
#include <edo/net/http/server/server.hpp>
#include <edo/net/http/service.hpp>
#include <edo/runtime/join_set.hpp>
#include <edo/runtime/runtime.hpp>
#include <edo/runtime/spawn.hpp>
#include <edo/runtime/stream/sources.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <mutex>
#include <set>

using namespace edo;
using namespace edo::test;
using namespace std::chrono_literals;
using http::Client;

BOOST_AUTO_TEST_SUITE(client_peers)

namespace {

/// Calls `body` with a base URL of nginx with these directives in its `server { }`.
template <class Body>
Task<void> with_nginx(std::string before, std::string inside, Body body) {
    const TemporaryDirectory directory;
    std::ofstream(directory.file("large")) << std::string(3'000'000, 'l');
    std::ofstream(directory.file("page.html")) << std::string(100'000, 'h');
    const std::uint16_t port = co_await free_port();
    Servers servers;
    servers.start(nginx(directory, before + "server { listen 127.0.0.1:" + std::to_string(port) +
                                       ";\nroot " + directory.path() + ";\n" + inside + "}\n"));
    const bool is_there = co_await is_listening(port);
    BOOST_REQUIRE(is_there);
    co_await body("http://127.0.0.1:" + std::to_string(port));
    co_await servers.stop();
}

/// What the server of a test has seen.
class Log {
public:
    void add(const http::Request& request) {
        const std::lock_guard guard(mutex_);
        ++requests_;
        peers_.insert(request.peer ? request.peer->to_string() : "");
    }
    [[nodiscard]] std::size_t requests() const {
        const std::lock_guard guard(mutex_);
        return requests_;
    }
    [[nodiscard]] std::size_t connections() const {
        const std::lock_guard guard(mutex_);
        return peers_.size();
    }

private:
    mutable std::mutex mutex_;
    std::size_t requests_ = 0;
    std::set<std::string> peers_;
};

Task<http::Response> answer(http::Request request) {
    if (request.target == "/large") {
        co_return http::Response(http::Status::Ok, std::string(3'000'000, 'L'));
    }
    if (request.target == "/stream") {
        std::vector<std::string> pieces(100, std::string(1000, 's'));
        co_return http::Response(http::Status::Ok,
                                 http::Body::from_stream(stream::iter(std::move(pieces))));
    }
    const auto body = co_await request.body.collect(std::size_t{10} << 20);
    co_return http::Response::text(std::string(to_string(request.method)) + ' ' + request.target +
                                   ' ' + std::to_string(body ? body->size() : 0));
}

}  // namespace

BOOST_AUTO_TEST_CASE(nginx_as_an_upstream) {
    if (!has_program("/usr/sbin/nginx")) {
        return;
    }
    const LeakGuard guard;
    Runtime runtime = Builder::multi_thread(2).build();
    runtime.block_on(with_nginx(
        "gzip on;\ngzip_min_length 1;\nclient_max_body_size 5m;\n",
        "keepalive_requests 10;\nkeepalive_timeout 1s;\n"
        "location /ok { return 200 $request_method; }\n"
        "location /to { return 307 /ok; }\n"
        "location /end { return 444; }\n",
        [](std::string base) -> Task<void> {
            const Client client;
            // A connection serves ten requests, then it is closed.
            for (int i = 0; i < 45; ++i) {
                auto request = client.get(base + "/ok");
                if (i % 3 == 0) {
                    request = client.post(base + "/ok");
                    request.body("data");
                }
                const std::string got = co_await outcome(std::move(request));
                BOOST_TEST(got == (i % 3 == 0 ? "200 POST" : "200 GET"));
            }
            auto page = (co_await client.get(base + "/page.html").send()).value();
            BOOST_TEST(!page.headers().contains("Content-Encoding"));
            BOOST_TEST(!page.content_length().has_value());  // it came compressed
            const auto html = co_await page.text();
            BOOST_TEST((html.value() == std::string(100'000, 'h')));
            const auto large = co_await outcome(client.get(base + "/large"));
            BOOST_TEST(large.size() == 3'000'004U);
            auto part = client.get(base + "/large");
            part.header("Range", "bytes=0-9");
            const std::string ten = co_await outcome(std::move(part));
            BOOST_TEST(ten == "206 llllllllll");
            const std::string moved = co_await outcome(client.post(base + "/to").body("data"));
            BOOST_TEST(moved == "200 POST");
            const std::string none = co_await outcome(client.get(base + "/none"));
            BOOST_TEST(none.starts_with("404 "));
            const std::string refused =
                co_await outcome(client.post(base + "/none").body(std::string(6'000'000, 'x')));
            BOOST_TEST(refused.starts_with("413 "));
            const std::string ended = co_await outcome(client.get(base + "/end"));
            BOOST_TEST(ended.starts_with("no answer from "));
            // Its idle connections are closed after a second.
            const std::string before = co_await outcome(client.get(base + "/ok"));
            BOOST_TEST(before == "200 GET");
            co_await sleep(1500ms);
            const std::string after = co_await outcome(client.post(base + "/ok").body("data"));
            BOOST_TEST(after == "200 POST");
        }));
}

BOOST_AUTO_TEST_CASE(nginx_as_a_front) {
    if (!has_program("/usr/sbin/nginx")) {
        return;
    }
    const LeakGuard guard;
    Runtime runtime = Builder::multi_thread(2).build();
    runtime.block_on([]() -> Task<void> {
        Log log;
        http::ServerOptions options;
        options.body_limit = std::size_t{10} << 20;
        http::Server server((co_await net::TcpListener::bind("127.0.0.1:0")).value(), options);
        const std::string upstream = server.local_addr().value().to_string();
        const http::ServerHandle handle = server.handle();
        auto serving = spawn([](http::Server from, Log& to) -> Task<void> {
            static_cast<void>(co_await from.serve(http::make_service([&to](http::Request request) {
                to.add(request);
                return answer(std::move(request));
            })));
        }(std::move(server), log));
        co_await with_nginx(
            "client_max_body_size 10m;\nupstream edo { server " + upstream + "; keepalive 4; }\n",
            "location / { proxy_pass http://edo; proxy_http_version 1.1;\n"
            "proxy_set_header Connection \"\"; proxy_request_buffering off; }\n",
            [&log](std::string base) -> Task<void> {
                const Client client;
                for (int i = 0; i < 100; ++i) {
                    const std::string got = co_await outcome(client.get(base + "/a?b"));
                    BOOST_TEST(got == "200 GET /a?b 0");
                }
                BOOST_TEST(log.requests() == 100U);
                BOOST_TEST(log.connections() == 1U);  // nginx keeps it
                const std::string posted =
                    co_await outcome(client.post(base + "/").body(std::string(2'000'000, 'x')));
                BOOST_TEST(posted == "200 POST / 2000000");
                std::vector<std::string> pieces(100, std::string(1000, 'c'));
                auto chunked = client.put(base + "/");
                chunked.body(http::Body::from_stream(stream::iter(std::move(pieces))));
                const std::string put = co_await outcome(std::move(chunked));
                BOOST_TEST(put == "200 PUT / 100000");
                const std::string large = co_await outcome(client.get(base + "/large"));
                BOOST_TEST((large == "200 " + std::string(3'000'000, 'L')));
                const std::string streamed = co_await outcome(client.get(base + "/stream"));
                BOOST_TEST((streamed == "200 " + std::string(100'000, 's')));
                auto head = (co_await client.head(base + "/large").send()).value();
                BOOST_TEST(head.headers().get("Content-Length").value_or("") == "3000000");

                JoinSet<std::string> asking;
                for (int i = 0; i < 60; ++i) {
                    asking.spawn(outcome(client.get(base + "/many")));
                }
                std::size_t good = 0;
                while (auto text = co_await asking.join_next()) {
                    good += text->value() == "200 GET /many 0" ? 1 : 0;
                }
                BOOST_TEST(good == 60U);
            });
        handle.shutdown(1s);
        static_cast<void>(co_await serving);
    });
}

BOOST_AUTO_TEST_CASE(pythons_http_server) {
    if (!has_program("/usr/bin/python3")) {
        return;
    }
    const TemporaryDirectory directory;
    std::ofstream(directory.file("large")) << std::string(3'000'000, 'l');
    const LeakGuard guard;
    Runtime runtime = Builder::multi_thread(2).build();
    runtime.block_on([&]() -> Task<void> {
        for (const std::string version : {"HTTP/1.0", "HTTP/1.1"}) {
            const std::uint16_t port = co_await free_port();
            Servers servers;
            process::Command command("/usr/bin/python3");
            command.args({"-m", "http.server", "--bind", "127.0.0.1", "--directory",
                          directory.path(), "--protocol", version, std::to_string(port)});
            command.stdout(process::Stdio::null()).stderr(process::Stdio::null());
            servers.start(std::move(command));
            const bool is_there = co_await is_listening(port);
            BOOST_REQUIRE(is_there);
            {
                const Client client;
                const std::string base = "http://127.0.0.1:" + std::to_string(port);
                for (int i = 0; i < 5; ++i) {
                    const std::string large = co_await outcome(client.get(base + "/large"));
                    BOOST_TEST(large.size() == 3'000'004U);
                }
                BOOST_TEST(client.idle_connections() == (version == "HTTP/1.1" ? 1U : 0U));
                const std::string none = co_await outcome(client.get(base + "/none"));
                BOOST_TEST(none.starts_with("404 "));
                const std::string post = co_await outcome(client.post(base + "/").body("data"));
                BOOST_TEST(post.starts_with("501 "));
            }
            co_await servers.stop();
        }
    });
}

BOOST_AUTO_TEST_SUITE_END()
