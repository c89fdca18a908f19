// SPDX-License-Identifier: MIT
// A connection may be dropped wherever it is.
#include "server_support.hpp"
#include "support/cancel_driver.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>

using namespace edo::test;

namespace {

/// A client and a server in one task, over a pipe that is smaller than most messages.
edo::Task<void> converse(std::string bytes, std::size_t least) {
    auto [client, server] = edo::io::duplex(50);
    auto [reader, writer] = std::move(client).into_split();
    auto send = [](edo::io::SimplexWriter parameter, std::string text) -> edo::Task<void> {
        auto own = std::move(parameter);
        static_cast<void>(co_await edo::io::write_all(own, text));
    };
    const auto all =
        co_await edo::join(edo::http::serve_connection(
                               std::move(server), edo::http::Serving(routes(), plain_options())),
                           send(std::move(writer), std::move(bytes)), read_everything(reader));
    BOOST_TEST(std::get<2>(all).size() >= least);
}

/// Everything that a connection waits for, at each of the places where it does.
void check(std::string bytes, std::size_t least) {
    for_each_flavor([&](edo::Runtime& runtime) {
        const Driven driven = runtime.block_on(drive([&] { return converse(bytes, least); }));
        BOOST_TEST(driven.suspensions > 3U);
    });
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
