// SPDX-License-Identifier: MIT
// A connection may be dropped wherever it is.
#include "server_support.hpp"
#include "support/cancel_driver.hpp"
#include "support/event.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

using namespace edo::test;

namespace {

/// A server's connection, over a pipe that is smaller than most messages.
class Conversation final : public CancelScenario {
public:
    Conversation(std::string bytes, std::size_t least) : bytes_(std::move(bytes)), least_(least) {
        auto ends = edo::io::duplex(50);
        client_.emplace(std::move(ends.first));
        server_.emplace(std::move(ends.second));
    }

    edo::Task<void> subject() override {
        return edo::http::serve_connection(std::move(*server_),
                                           edo::http::Serving(routes(), plain_options()));
    }
    edo::Task<void> peer() override {
        auto [reader, writer] = std::move(*client_).into_split();
        auto send = [this](edo::io::SimplexWriter parameter) -> edo::Task<void> {
            auto own = std::move(parameter);
            static_cast<void>(co_await edo::io::write_all(own, bytes_));
        };
        auto sending = send(std::move(writer));
        auto reading = read_everything(reader);
        auto all = co_await edo::join(std::move(sending), std::move(reading));
        got_ = std::get<1>(all).size();
        over_.set();
    }
    edo::Task<void> check(bool completed) override {
        if (completed) {
            co_await over_;
            BOOST_TEST(got_ >= least_);
        }
    }

private:
    std::string bytes_;
    std::size_t least_;
    std::size_t got_ = 0;  // published by `over_`
    Event over_;
    std::optional<edo::io::DuplexStream> client_;
    std::optional<edo::io::DuplexStream> server_;
};

/// Everything that a connection waits for, at each of the places where it does.
void check(const std::string& bytes, std::size_t least) {
    std::size_t most = 0;  // with several threads the peer is often faster
    for_each_flavor([&](edo::Runtime& runtime) {
        const Driven driven = runtime.block_on(check_clean(edo::testing::cancel_everywhere(
            [&] { return std::make_unique<Conversation>(bytes, least); })));
        most = std::max(most, driven.suspensions);
    });
    BOOST_TEST(most > 3U);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_cancel)

BOOST_AUTO_TEST_CASE(a_connection_may_be_dropped_at_every_suspension) {
    check(get("/nap") + get("/hello"), 2 * kHello.size());
}

BOOST_AUTO_TEST_CASE(so_may_one_whose_bodies_are_streamed) {
    check(post("/echo", std::string(200, 'b')) + get("/stream"), 300);
}

BOOST_AUTO_TEST_CASE(so_may_one_that_drops_a_body_or_lingers) {
    check(post("/ignore", std::string(200, 'b')) + get("/ HTTP/9.9"), 200);
}

BOOST_AUTO_TEST_CASE(so_may_one_that_was_upgraded) {
    check(get("/upgrade", "Connection: upgrade\r\nUpgrade: echo\r\n") + std::string(200, 'b'), 250);
}

BOOST_AUTO_TEST_SUITE_END()
