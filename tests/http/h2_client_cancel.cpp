// SPDX-License-Identifier: MIT
// A request of HTTP/2 that is dropped at any point leaves nothing behind, and its connection goes
// on.
#include "client_cancel.hpp"
#include "h2_client_test.hpp"

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

class Connected : public CancelScenario {
protected:
    std::shared_ptr<H2Servers> servers_ = slow_servers();
    Client client_ = h2_client_of(servers_).idle_timeout(std::nullopt).build();
};

class Requesting : public Connected {
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
    static constexpr std::size_t kLarge = 100'000;
    std::string got_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_get_may_be_dropped_anywhere) {
    drive_it<Getting<Requesting>>(3);
}

BOOST_AUTO_TEST_CASE(a_post_may_be_dropped_anywhere) {
    drive_it<Posting<Requesting>>(4);
}

BOOST_AUTO_TEST_CASE(a_post_of_a_stream_may_be_dropped_anywhere) {
    drive_it<PostingAStream<Requesting>>(4);
}

BOOST_AUTO_TEST_CASE(chunk_may_be_dropped_anywhere_and_called_again) {
    drive_it<Reading<Connected>>(3);
}

BOOST_AUTO_TEST_SUITE_END()
