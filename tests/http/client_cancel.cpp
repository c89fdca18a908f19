// SPDX-License-Identifier: MIT
// A request that is dropped at any point leaves nothing behind, and its connection is not used
// again.
#include "client_test.hpp"
#include "support/cancel_driver.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/runtime/sleep.hpp>
#include <edo/runtime/stream/sources.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>

using namespace edo;
using namespace edo::test;
using namespace std::chrono_literals;
using http::Client;

BOOST_AUTO_TEST_SUITE(client_cancel)

namespace {

/// Serves with pauses, so that there is a suspension at each step.
FakeServers::Serve slow_echo() {
    return [](Peer peer) {
        return [](Peer server) -> Task<void> {
            for (;;) {
                const std::string request = co_await server.request();
                if (request.empty()) {
                    co_return;
                }
                co_await server.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n");
                co_await sleep(1ms);
                co_await server.send("\r\n3\r\none\r\n");
                co_await sleep(1ms);
                co_await server.send("3\r\ntwo\r\n");
                co_await sleep(1ms);
                co_await server.send("0\r\n\r\n");
            }
        }(std::move(peer));
    };
}

class Requesting : public CancelScenario {
public:
    Task<void> check(bool completed) override {
        BOOST_TEST(client_.idle_connections() == (completed ? 1U : 0U));
        if (completed) {
            BOOST_TEST(got_ == "200 onetwo");
        }
        // Whatever happened, the next request gets its own answer.
        const std::string next = co_await outcome(client_.get("http://a/"));
        BOOST_TEST(next == "200 onetwo");
    }

protected:
    std::shared_ptr<FakeServers> servers_ = std::make_shared<FakeServers>(slow_echo(), 64);
    Client client_ = client_of(servers_).idle_timeout(std::nullopt).build();
    std::string got_;
};

class Getting : public Requesting {
    Task<void> subject() override { got_ = co_await outcome(client_.get("http://a/")); }
};

class Posting : public Requesting {
    Task<void> subject() override {
        auto request = client_.post("http://a/");
        request.body(std::string(20'000, 'x'));
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

    std::shared_ptr<FakeServers> servers_ = std::make_shared<FakeServers>(slow_echo(), 64);
    Client client_ = client_of(servers_).idle_timeout(std::nullopt).build();
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
    drive_it<Getting>(4);
}

BOOST_AUTO_TEST_CASE(a_post_may_be_dropped_anywhere) {
    drive_it<Posting>(5);
}

BOOST_AUTO_TEST_CASE(a_post_of_a_stream_may_be_dropped_anywhere) {
    drive_it<PostingAStream>(5);
}

BOOST_AUTO_TEST_CASE(chunk_may_be_dropped_anywhere_and_called_again) {
    drive_it<Reading>(4);
}

BOOST_AUTO_TEST_SUITE_END()
