// SPDX-License-Identifier: MIT
// Which connections are used again, and what becomes of those that the server has closed.
#include "client_test.hpp"
#include "support/flavors.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/runtime/join.hpp>
#include <edo/runtime/sleep.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>

using namespace edo;
using namespace edo::test;
using namespace std::chrono_literals;
using http::Client;

BOOST_AUTO_TEST_SUITE(client_pool)

namespace {

/// Serves the first connection for one request, then closes it as servers do with idle ones.
FakeServers::Serve one_then_closed(int& requests) {
    return [&requests](Peer peer) {
        return [](Peer server, int& count) -> Task<void> {
            const std::size_t most = server.index() == 0 ? 1 : 100;
            for (std::size_t i = 0; i < most; ++i) {
                const std::string request = co_await server.request();
                if (request.empty()) {
                    break;
                }
                ++count;
                co_await server.send(ok("hello"));
            }
        }(std::move(peer), requests);
    };
}

}  // namespace

BOOST_AUTO_TEST_CASE(one_connection_serves_many_requests) {
    for_each_flavor([](Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            auto servers = std::make_shared<FakeServers>(answer(ok("hello"), 1000));
            const Client client = client_of(servers).build();
            const Client copy = client;
            for (int i = 0; i < 20; ++i) {
                auto request = i % 2 == 0 ? client.get("http://a/") : copy.post("http://A/x");
                const std::string got = co_await outcome(std::move(request));
                BOOST_TEST(got == "200 hello");
            }
            BOOST_TEST(servers->connections() == 1U);
            BOOST_TEST(client.idle_connections() == 1U);
        }());
    });
}

BOOST_AUTO_TEST_CASE(hosts_ports_and_schemes_do_not_share_connections) {
    on_paused_clock([]() -> Task<void> {
        auto servers = std::make_shared<FakeServers>(answer(ok("hello"), 1000));
        const Client client = client_of(servers).build();
        for (const char* url :
             {"http://a/", "http://b/", "http://a:81/", "https://a/", "http://a/", "http://b/"}) {
            const std::string got = co_await outcome(client.get(url));
            BOOST_TEST(got == "200 hello");
        }
        BOOST_TEST(servers->connections() == 4U);
        BOOST_TEST(client.idle_connections() == 4U);
    });
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_dropped_half_read_closes_its_connection) {
    on_paused_clock([]() -> Task<void> {
        auto servers = std::make_shared<FakeServers>(answer(ok(std::string(100'000, 'x')), 1000));
        const Client client = client_of(servers).build();
        {
            auto response = co_await client.get("http://a/").send();
            const auto piece = co_await response->chunk();
            BOOST_TEST(piece->has_value());
        }
        BOOST_TEST(client.idle_connections() == 0U);
        {
            const auto response = co_await client.get("http://a/").send();
            BOOST_TEST(response.has_value());  // and not read at all
        }
        BOOST_TEST(client.idle_connections() == 0U);
        BOOST_TEST(servers->connections() == 2U);
    });
}

BOOST_AUTO_TEST_CASE(who_says_close_means_it) {
    on_paused_clock([]() -> Task<void> {
        for (const std::string& text :
             {ok("x", "Connection: close\r\n"),
              std::string("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx"),
              std::string("HTTP/1.1 200 OK\r\n\r\nx")}) {
            auto servers = std::make_shared<FakeServers>(answer(text));
            const Client client = client_of(servers).build();
            const std::string got = co_await outcome(client.get("http://a/"));
            BOOST_TEST(got == "200 x");
            BOOST_TEST(client.idle_connections() == 0U);
        }
        auto servers = std::make_shared<FakeServers>(answer(ok("x"), 100));
        const Client client = client_of(servers).build();
        static_cast<void>(co_await outcome(client.get("http://a/").header("Connection", "close")));
        BOOST_TEST(client.idle_connections() == 0U);
    });
}

BOOST_AUTO_TEST_CASE(a_stale_connection_is_replaced_once_where_that_does_no_harm) {
    using http::Method;
    for (const Method method : {Method::Get, Method::Put, Method::Delete, Method::Options}) {
        on_paused_clock([method]() -> Task<void> {
            int requests = 0;
            auto servers = std::make_shared<FakeServers>(one_then_closed(requests));
            const Client client = client_of(servers).build();
            std::string got = co_await outcome(client.get("http://a/"));
            BOOST_TEST(client.idle_connections() == 1U);
            co_await sleep(1s);
            got = co_await outcome(client.request(method, "http://a/").body("data"));
            BOOST_TEST(got == "200 hello");
            BOOST_TEST(requests == 2);
            BOOST_TEST(servers->connections() == 2U);
        });
    }
}

BOOST_AUTO_TEST_CASE(a_post_is_never_sent_twice) {
    on_paused_clock([]() -> Task<void> {
        int requests = 0;
        auto servers = std::make_shared<FakeServers>(one_then_closed(requests));
        const Client client = client_of(servers).build();
        static_cast<void>(co_await outcome(client.get("http://a/")));
        co_await sleep(1s);
        auto response = co_await client.post("http://a/").body("data").send();
        BOOST_REQUIRE(!response.has_value());
        BOOST_TEST(int(response.error().kind()) == int(http::ClientErrorKind::Exchange));
        BOOST_TEST(requests == 1);
        BOOST_TEST(servers->connections() == 1U);
    });
}

BOOST_AUTO_TEST_CASE(a_new_connection_that_fails_is_not_tried_again) {
    on_paused_clock([]() -> Task<void> {
        auto servers = std::make_shared<FakeServers>(
            [](Peer peer) -> Task<void> { static_cast<void>(co_await peer.request()); });
        const Client client = client_of(servers).build();
        auto response = co_await client.get("http://a/").send();
        BOOST_TEST(response.error() == make_error_code(http::Errc::ConnectionClosed));
        BOOST_TEST(servers->connections() == 1U);
    });
}

BOOST_AUTO_TEST_CASE(an_answer_that_has_begun_is_not_asked_for_again) {
    on_paused_clock([]() -> Task<void> {
        auto servers = std::make_shared<FakeServers>([](Peer peer) -> Task<void> {
            static_cast<void>(co_await peer.request());
            co_await peer.send(ok("hello"));
            static_cast<void>(co_await peer.request());
            co_await peer.send("HTTP/1.1 2");
        });
        const Client client = client_of(servers).build();
        static_cast<void>(co_await outcome(client.get("http://a/")));
        auto response = co_await client.get("http://a/").send();
        BOOST_TEST(response.error() == make_error_code(http::Errc::Truncated));
        BOOST_TEST(servers->connections() == 1U);
    });
}

BOOST_AUTO_TEST_CASE(connections_that_nobody_uses_are_closed_in_time) {
    on_paused_clock([]() -> Task<void> {
        int closed = 0;
        auto servers = std::make_shared<FakeServers>([&closed](Peer peer) -> Task<void> {
            for (;;) {
                const std::string request = co_await peer.request();
                if (request.empty()) {
                    ++closed;
                    co_return;
                }
                co_await peer.send(ok("hello"));
            }
        });
        const Client client = client_of(servers).build();
        static_cast<void>(co_await outcome(client.get("http://a/")));
        co_await sleep(60s);
        static_cast<void>(co_await outcome(client.get("http://b/")));
        BOOST_TEST(client.idle_connections() == 2U);
        co_await sleep(31s);
        BOOST_TEST(client.idle_connections() == 1U);
        BOOST_TEST(closed == 1);
        co_await sleep(60s);
        BOOST_TEST(client.idle_connections() == 0U);
        BOOST_TEST(closed == 2);
        static_cast<void>(co_await outcome(client.get("http://c/")));
        co_await sleep(91s);
        BOOST_TEST(client.idle_connections() == 0U);
    });
}

BOOST_AUTO_TEST_CASE(a_host_keeps_no_more_than_its_share) {
    on_paused_clock([]() -> Task<void> {
        auto servers = std::make_shared<FakeServers>([](Peer peer) -> Task<void> {
            static_cast<void>(co_await peer.request());
            co_await sleep(1s);  // so that all are under way at once
            co_await peer.send(ok("hello"));
            static_cast<void>(co_await peer.request());
        });
        const Client two = client_of(servers).max_idle_per_host(2).build();
        co_await join(outcome(two.get("http://a/")), outcome(two.get("http://a/")),
                      outcome(two.get("http://a/")), outcome(two.get("http://b/")));
        BOOST_TEST(two.idle_connections() == 3U);
        const Client none = client_of(servers).max_idle_per_host(0).build();
        static_cast<void>(co_await outcome(none.get("http://a/")));
        BOOST_TEST(none.idle_connections() == 0U);
    });
}

BOOST_AUTO_TEST_CASE(many_tasks_share_a_client) {
    for_each_flavor([](Runtime& runtime) {
        const Client client;  // outlives what it has opened: nothing here
        runtime.block_on([]() -> Task<void> {
            JoinSet<void> tasks;
            for (int i = 0; i < 8; ++i) {
                tasks.spawn([]() -> Task<void> {
                    auto servers = std::make_shared<FakeServers>(answer(ok("hello"), 1000));
                    const Client own = client_of(servers).build();
                    for (int j = 0; j < 20; ++j) {
                        const std::string got = co_await outcome(own.get("http://a/"));
                        if (got != "200 hello") {
                            throw std::runtime_error(got);
                        }
                    }
                });
            }
            while (auto done = co_await tasks.join_next()) {
                BOOST_TEST(done->has_value());
            }
        }());
    });
}

BOOST_AUTO_TEST_SUITE_END()
