// SPDX-License-Identifier: MIT
// WebSockets from the request for them on: over TCP with the server, and with answers of all kinds.
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/net/http/server/server.hpp>
#include <edo/net/http/ws/connect.hpp>
#include <edo/net/http/ws/handshake.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>
#include <utility>

using edo::Result;
using edo::Task;
using edo::net::TcpStream;
namespace http = edo::http;
namespace ws = edo::http::ws;

namespace {

/// Sends every text back.
Task<void> echo(ws::WebSocket<> socket) {
    for (;;) {
        auto message = co_await socket.recv();
        if (!message || !*message) {
            co_return;
        }
        if ((*message)->is_text()) {
            static_cast<void>(co_await socket.send(std::move(**message)));
        }
    }
}

Task<http::Response> answer(http::Request request) {
    co_return ws::accept(request, echo);
}

BOOST_AUTO_TEST_SUITE(websocket_connect)

BOOST_AUTO_TEST_CASE(a_client_and_the_server_talk_over_tcp) {
    edo::test::for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            auto server = (co_await http::Server::bind("127.0.0.1:0")).value();
            const std::string address = server.local_addr().value().to_string();
            const auto handle = server.handle();
            const auto service = http::make_service(answer);
            auto serving =
                edo::spawn([](http::Server running,
                              std::shared_ptr<http::Service> with) -> Task<Result<void>> {
                    co_return co_await running.serve(with);
                }(std::move(server), service));

            auto stream = (co_await TcpStream::connect(address)).value();
            auto socket = (co_await ws::connect(std::move(stream), address, "/echo?x=1")).value();
            for (const std::size_t size : {0U, 5U, 70'000U}) {
                auto sent =
                    co_await edo::join(socket.send_text(std::string(size, 'x')), socket.recv());
                BOOST_TEST((*std::get<1>(sent))->data() == std::string(size, 'x'));
            }
            static_cast<void>(co_await socket.close());
            const auto end = co_await socket.recv();
            BOOST_TEST(end.has_value());
            BOOST_TEST(!end->has_value());
            handle.shutdown();
            const auto served = co_await serving;
            BOOST_TEST((*served).has_value());
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_host_or_target_that_breaks_the_request_is_misuse) {
    for (const char* const wrong : {"", "a b", "a\r\nX: y", "\x7f"}) {
        BOOST_CHECK_THROW(static_cast<void>(ws::detail::upgrade_request(wrong, "/", "k")),
                          edo::UsageError);
        BOOST_CHECK_THROW(static_cast<void>(ws::detail::upgrade_request("host", wrong, "k")),
                          edo::UsageError);
    }
    BOOST_TEST(ws::detail::new_key() != ws::detail::new_key());
    BOOST_TEST(ws::detail::new_key().size() == 24U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
