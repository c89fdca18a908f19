// SPDX-License-Identifier: MIT
// A request of HTTP/2 that is dropped at any point leaves nothing behind, and its connection goes
// on.
#include "h2_client_test.hpp"
#include "support/cancel_driver.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/runtime/stream/sources.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <optional>

using namespace edo;
using namespace edo::test;
using namespace std::chrono_literals;
using http::Client;

BOOST_AUTO_TEST_SUITE(h2_client_cancel)

namespace {

/// "one" and "two", with pauses.
class SlowPieces final : public http::BodySource {
    Task<Result<std::optional<std::string>>> next() override {
        co_await sleep(1ms);
        std::optional<std::string> piece;
        if (made_ < 2) {
            piece = made_ == 0 ? "one" : "two";
            ++made_;
        }
        co_return piece;
    }
    int made_ = 0;
};

/// Serves with pauses, so that there is a suspension at each step.
Task<http::Response> slow_echo(http::Request request) {
    static_cast<void>(co_await request.body.collect());
    co_await sleep(1ms);
    co_return http::Response(http::Status::Ok, http::Body(std::make_unique<SlowPieces>()));
}

std::shared_ptr<H2Servers> slow_servers() {
    auto servers = h2_service(&slow_echo, 64);
    servers->delay = 1ms;
    return servers;
}

class Requesting : public CancelScenario {
public:
    Task<void> check(bool completed) override {
        if (completed) {
            BOOST_TEST(got_ == "200 onetwo");
        }
        // Whatever happened, the next request gets its own answer, on the same connection, unless
        // that was not made yet.
        const std::size_t before = servers_->connections();
        const std::string next = co_await outcome(client_.get("http://a/"));
        BOOST_TEST(next == "200 onetwo");
        BOOST_TEST(servers_->connections() == std::max<std::size_t>(before, 1));
        BOOST_TEST(client_.idle_connections() == 1U);
    }

protected:
    std::shared_ptr<H2Servers> servers_ = slow_servers();
    Client client_ = h2_client_of(servers_).idle_timeout(std::nullopt).build();
    std::string got_;
};

class Getting : public Requesting {
    Task<void> subject() override { got_ = co_await outcome(client_.get("http://a/")); }
};

class Posting : public Requesting {
    Task<void> subject() override {
        auto request = client_.post("http://a/");
        request.body(std::string(100'000, 'x'));
        got_ = co_await outcome(std::move(request));
    }
};

class PostingAStream : public Requesting {
    Task<void> subject() override {
        std::vector<std::string> pieces(3, std::string(100, 'x'));
        auto request = client_.post("http://a/");
        request.body(http::Body::from_stream(stream::iter(std::move(pieces)))).expect_continue();
        got_ = co_await outcome(std::move(request));
    }
};

/// Each `chunk` that is dropped is called again: nothing is lost.
class Reading : public CancelScenario {
    Task<void> subject() override {
        if (!response_) {
            auto response = co_await client_.get("http://a/").send();
            response_.emplace(std::move(*response));
        }
        for (;;) {
            auto piece = co_await response_->chunk();
            if (!piece || !*piece) {
                break;
            }
            got_ += **piece;
        }
    }
    Task<void> check(bool /*completed*/) override {
        if (response_) {
            const auto rest = co_await response_->bytes();
            BOOST_TEST(got_ + rest.value() == "onetwo");
        }
        response_.reset();
    }

    std::shared_ptr<H2Servers> servers_ = slow_servers();
    Client client_ = h2_client_of(servers_).idle_timeout(std::nullopt).build();
    std::optional<http::ClientResponse> response_;
    std::string got_;
};

template <class Scenario>
void drive_it(std::size_t suspensions) {
    on_paused_clock([suspensions]() -> Task<void> {
        const Driven driven = co_await drive<Scenario>();
        BOOST_TEST(driven.suspensions >= suspensions);
    });
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_get_may_be_dropped_anywhere) {
    drive_it<Getting>(3);
}

BOOST_AUTO_TEST_CASE(a_post_may_be_dropped_anywhere) {
    drive_it<Posting>(4);
}

BOOST_AUTO_TEST_CASE(a_post_of_a_stream_may_be_dropped_anywhere) {
    drive_it<PostingAStream>(4);
}

BOOST_AUTO_TEST_CASE(chunk_may_be_dropped_anywhere_and_called_again) {
    drive_it<Reading>(3);
}

BOOST_AUTO_TEST_SUITE_END()
