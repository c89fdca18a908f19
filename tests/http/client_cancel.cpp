// SPDX-License-Identifier: MIT
// A request that is dropped at any point leaves nothing behind, and its connection is not used
// again.
#include "client_cancel.hpp"

#include <edo/runtime/sleep.hpp>

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

class Connected : public CancelScenario {
protected:
    std::shared_ptr<FakeServers> servers_ = std::make_shared<FakeServers>(slow_echo(), 64);
    Client client_ = client_of(servers_).idle_timeout(std::nullopt).build();
};

class Requesting : public Connected {
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
    static constexpr std::size_t kLarge = 20'000;
    std::string got_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_get_may_be_dropped_anywhere) {
    drive_it<Getting<Requesting>>(4);
}

BOOST_AUTO_TEST_CASE(a_post_may_be_dropped_anywhere) {
    drive_it<Posting<Requesting>>(5);
}

BOOST_AUTO_TEST_CASE(a_post_of_a_stream_may_be_dropped_anywhere) {
    drive_it<PostingAStream<Requesting>>(5);
}

BOOST_AUTO_TEST_CASE(chunk_may_be_dropped_anywhere_and_called_again) {
    drive_it<Reading<Connected>>(4);
}

BOOST_AUTO_TEST_SUITE_END()
