// SPDX-License-Identifier: MIT
// The client with edo's own server of HTTP/2.
#include "h2_client_test.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/runtime/coop.hpp>
#include <edo/runtime/join_set.hpp>
#include <edo/runtime/stream/sources.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>

using namespace edo;
using namespace edo::test;
using namespace std::chrono_literals;
using http::Body;
using http::BodySource;
using http::Client;
using http::Request;
using http::Response;
using http::Status;

BOOST_AUTO_TEST_SUITE(h2_client)

namespace {

/// So many pieces of 10,000 bytes, and a trailer.
class Pieces final : public BodySource {
public:
    explicit Pieces(std::size_t count, std::atomic<std::size_t>* made = nullptr)
        : left_(count), made_(made) {
        trailers_.append("x-end", "reached");
    }
    Task<Result<std::optional<std::string>>> next() override {
        co_await yield_now();
        if (left_ == 0) {
            co_return std::optional<std::string>();
        }
        --left_;
        if (made_ != nullptr) {
            made_->fetch_add(10'000);
        }
        co_return std::optional<std::string>(std::string(10'000, 'p'));
    }
    [[nodiscard]] const http::Headers* trailers() const override { return &trailers_; }

private:
    std::size_t left_;
    std::atomic<std::size_t>* made_;
    http::Headers trailers_;
};

Task<Response> echo(Request request) {
    const auto body = co_await request.body.collect(std::size_t{10} << 20);
    std::string text(to_string(request.method));
    text += ' ' + request.scheme + "://" + request.authority + request.target + ' ' +
            std::to_string(body.value().size());
    for (const http::Header header : request.headers) {
        text += '\n';
        text += header.name;
        text += ": ";
        text += header.value;
    }
    Response response = Response::text(text);
    if (request.target == "/pieces") {
        response = Response(Status::Ok, Body(std::make_unique<Pieces>(300)));
    }
    co_return response;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_request_has_the_form_of_http2) {
    on_paused_clock([]() -> Task<void> {
        const auto servers = h2_service(&echo);
        const Client client = h2_client_of(servers).build();
        auto request = client.post("http://a:81/path?q");
        request.header("Connection", "X-Hop, close")
            .header("X-Hop", "1")
            .header("TE", "deflate")
            .header("Keep-Alive", "300")
            .header("Cookie", "a=b")
            .body("four");
        auto response = (co_await request.send()).value();
        BOOST_TEST((response.version() == http::Version::Http2));
        const std::string body = (co_await response.text()).value();
        BOOST_TEST(body ==
                   "POST http://a:81/path?q 4\naccept: */*\nuser-agent: edo\n"
                   "content-length: 4\ncookie: a=b");
        BOOST_TEST(client.idle_connections() == 1U);
    });
}

BOOST_AUTO_TEST_CASE(many_requests_share_one_connection) {
    for_each_flavor([](Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            const auto servers = h2_service(&echo);
            const Client client = h2_client_of(servers).build();
            JoinSet<std::string> asking;
            for (int i = 0; i < 90; ++i) {
                asking.spawn(outcome(client.get("http://a/" + std::to_string(i))));
            }
            std::size_t good = 0;
            while (auto text = co_await asking.join_next()) {
                good += text->value().starts_with("200 GET http://a/") ? 1 : 0;
            }
            BOOST_TEST(good == 90U);
            BOOST_TEST(servers->connections() == 1U);
            BOOST_TEST(client.idle_connections() == 1U);
        }());
    });
}

BOOST_AUTO_TEST_CASE(bodies_stream_both_ways) {
    for_each_flavor([](Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            const auto servers = h2_service(&echo);
            const Client client = h2_client_of(servers).build();
            // In memory, as a stream, and of known length.
            auto text = client.post("http://a/");
            text.body(std::string(2'000'000, 'x'));
            const std::string got = co_await outcome(std::move(text));
            BOOST_TEST(got.starts_with("200 POST http://a/ 2000000\n"));
            auto stream = client.post("http://a/");
            stream.body(Body(std::make_unique<Pieces>(200)));
            const std::string more = co_await outcome(std::move(stream));
            BOOST_TEST(more.starts_with("200 POST http://a/ 2000000\n"));

            auto response = (co_await client.get("http://a/pieces").send()).value();
            std::size_t size = 0;
            for (;;) {
                const auto piece = (co_await response.chunk()).value();
                if (!piece) {
                    break;
                }
                size += piece->size();
            }
            BOOST_TEST(size == 3'000'000U);
            BOOST_REQUIRE(response.trailers() != nullptr);
            BOOST_TEST(response.trailers()->get("x-end").value() == "reached");
            BOOST_TEST(servers->connections() == 1U);
        }());
    });
}

BOOST_AUTO_TEST_CASE(who_does_not_read_holds_up_only_itself) {
    on_paused_clock([]() -> Task<void> {
        std::atomic<std::size_t> made{0};
        const auto servers = h2_service([&made](Request request) -> Task<Response> {
            return [](std::string target, std::atomic<std::size_t>& count) -> Task<Response> {
                if (target == "/endless") {
                    co_return Response(Status::Ok,
                                       Body(std::make_unique<Pieces>(1'000'000, &count)));
                }
                co_return Response::text("here");
            }(request.target, made);
        });
        const Client client = h2_client_of(servers).http2_window(100'000).build();
        std::vector<http::ClientResponse> unread;
        for (int i = 0; i < 20; ++i) {
            unread.push_back((co_await client.get("http://a/endless").send()).value());
        }
        co_await sleep(1s);  // until nothing moves any more
        // The window, and what the server prepares.
        BOOST_TEST(made.load() < 20U * (100'000U + 80'000U));
        BOOST_TEST(made.load() >= 20U * 100'000U);
        const std::string other = co_await outcome(client.get("http://a/other"));
        BOOST_TEST(other == "200 here");
        // Reading makes room for more.
        const std::size_t before = made.load();
        for (std::size_t taken = 0; taken < 1'000'000;) {
            const auto piece = (co_await unread[3].chunk()).value();
            BOOST_TEST(piece->size() <= 100'000U);
            taken += piece->size();
        }
        BOOST_TEST(made.load() >= before + 800'000U);
        BOOST_TEST(servers->connections() == 1U);
    });
}

BOOST_AUTO_TEST_CASE(a_dropped_request_or_answer_ends_only_itself) {
    for_each_flavor([](Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            std::atomic<int> gone{0};
            Event waiting;
            const auto servers = h2_service([&gone, &waiting](Request request) -> Task<Response> {
                return [](std::string target, std::atomic<int>& count,
                          Event& event) -> Task<Response> {
                    if (target == "/never") {
                        const CountsDestruction counts(count);
                        event.set();
                        co_await sleep(1h);
                    }
                    if (target == "/long") {
                        co_return Response(Status::Ok, Body(std::make_unique<Pieces>(1'000'000)));
                    }
                    co_return Response::text("here");
                }(request.target, gone, waiting);
            });
            const Client client = h2_client_of(servers).build();
            {
                const AbortOnDrop<std::string> asking(spawn(outcome(client.get("http://a/never"))));
                co_await waiting;
            }
            while (gone.load() == 0) {
                co_await yield_now();
            }
            {
                auto response = (co_await client.get("http://a/long").send()).value();
                static_cast<void>(co_await response.chunk());
            }
            const std::string other = co_await outcome(client.get("http://a/other"));
            BOOST_TEST(other == "200 here");
            BOOST_TEST(servers->connections() == 1U);
        }());
    });
}

BOOST_AUTO_TEST_CASE(an_answer_to_head_has_no_body) {
    on_paused_clock([]() -> Task<void> {
        const auto servers = h2_service(&echo);
        const Client client = h2_client_of(servers).build();
        auto response = (co_await client.head("http://a/").send()).value();
        BOOST_TEST(response.headers().contains("content-length"));
        const std::string body = (co_await response.bytes()).value();
        BOOST_TEST(body.empty());
        BOOST_TEST(client.idle_connections() == 1U);
    });
}

BOOST_AUTO_TEST_CASE(a_connection_that_nobody_uses_is_closed_in_time) {
    on_paused_clock([]() -> Task<void> {
        std::atomic<int> ended{0};
        const http::Serving serving(http::make_service(&echo));
        const auto servers = std::make_shared<H2Servers>(
            [&ended, serving](io::DuplexStream stream, std::size_t) -> Task<void> {
                return [](io::DuplexStream s, http::Serving with,
                          std::atomic<int>& count) -> Task<void> {
                    co_await http::h2::serve_connection(std::move(s), std::move(with));
                    ++count;
                }(std::move(stream), serving, ended);
            });
        const Client client = h2_client_of(servers).idle_timeout(10s).build();
        static_cast<void>(co_await outcome(client.get("http://a/")));
        co_await sleep(9s);
        BOOST_TEST(client.idle_connections() == 1U);
        static_cast<void>(co_await outcome(client.get("http://a/")));
        co_await sleep(9s);
        BOOST_TEST(client.idle_connections() == 1U);
        BOOST_TEST(ended.load() == 0);
        co_await sleep(3s);
        BOOST_TEST(client.idle_connections() == 0U);
        BOOST_TEST(ended.load() == 1);
        BOOST_TEST(servers->connections() == 1U);
    });
}

BOOST_AUTO_TEST_CASE(the_first_of_many_connects_and_the_others_wait_for_it) {
    on_paused_clock([]() -> Task<void> {
        const auto servers = h2_service(&echo);
        servers->delay = 1s;
        const Client client = h2_client_of(servers).build();
        const Instant start = now();
        JoinSet<std::string> asking;
        for (int i = 0; i < 50; ++i) {
            asking.spawn(outcome(client.get("http://a/")));
        }
        while (auto text = co_await asking.join_next()) {
            BOOST_TEST(text->value().starts_with("200 GET"));
        }
        BOOST_TEST(servers->connections() == 1U);
        BOOST_TEST((now() - start < 2s));
        // Whoever connects may give up: the next one does it.
        servers->delay = 5s;
        auto first = client.get("http://b/");
        first.timeout(1s);
        asking.spawn(outcome(std::move(first)));
        asking.spawn(outcome(client.get("http://b/")));
        const std::string late = (co_await asking.join_next())->value();
        BOOST_TEST(late.starts_with("cannot connect to http://b/: "));
        const std::string good = (co_await asking.join_next())->value();
        BOOST_TEST(good.starts_with("200 GET"));
    });
}

BOOST_AUTO_TEST_CASE(without_idle_connections_nothing_is_shared) {
    on_paused_clock([]() -> Task<void> {
        const auto servers = h2_service(&echo);
        const Client client = h2_client_of(servers).max_idle_per_host(0).build();
        static_cast<void>(co_await outcome(client.get("http://a/")));
        static_cast<void>(co_await outcome(client.get("http://a/")));
        BOOST_TEST(servers->connections() == 2U);
    });
}

BOOST_AUTO_TEST_CASE(a_runtime_that_ends_takes_its_connections_along) {
    const LeakGuard guard;
    std::optional<Client> client;
    {
        Runtime runtime = Builder::multi_thread(2).build();
        runtime.block_on([](std::optional<Client>& made) -> Task<void> {
            made.emplace(h2_client_of(h2_service(&echo)).build());
            static_cast<void>(co_await outcome(made->get("http://a/")));
            spawn(outcome(made->get("http://a/pieces"))).detach();
        }(client));
    }
    // What is left of the connection is known to be of no use.
    BOOST_TEST(client->idle_connections() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
