// SPDX-License-Identifier: MIT
// WebSockets from the request for them on: over TCP with the server, and with answers of all kinds.
#include "support/flavors.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/edo.hpp>
#include <edo/net/http/server/server.hpp>
#include <edo/net/http/ws/connect.hpp>
#include <edo/net/http/ws/handshake.hpp>
#include <edo/runtime/io/duplex.hpp>
#include <edo/runtime/io/write.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using edo::Result;
using edo::Task;
using edo::io::DuplexStream;
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

/// Reads the head of a request, and answers with a text in which KEY stands for the right key.
Task<std::string> answer_with(DuplexStream stream, std::string text) {
    std::string head;
    std::array<std::byte, 1> byte;
    while (!head.ends_with("\r\n\r\n")) {
        static_cast<void>(co_await stream.read(byte));
        head += char(byte[0]);
    }
    const std::size_t key = head.find("Sec-WebSocket-Key: ") + 19;
    const std::size_t at = text.find("KEY");
    if (at != std::string::npos) {
        text.replace(at, 3, ws::accept_key(head.substr(key, 24)));
    }
    static_cast<void>(co_await edo::io::write_all(stream, std::as_bytes(std::span(text))));
    static_cast<void>(co_await stream.shutdown());
    co_return head;
}

/// What a client says to an answer: the first text that follows it, or an error.
Task<std::string> outcome(std::string text) {
    auto [near, far] = edo::io::duplex(4096);
    auto both = co_await edo::join(ws::connect(std::move(near), "host"),
                                   answer_with(std::move(far), std::move(text)));
    auto& socket = std::get<0>(both);
    if (!socket) {
        co_return "!" + socket.error().message();
    }
    auto message = co_await socket->recv();
    co_return message && *message ? (*message)->data() : "(none)";
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

BOOST_AUTO_TEST_CASE(only_a_proper_answer_is_accepted) {
    edo::test::on_paused_clock([]() -> Task<void> {
        const std::string proper =
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\n"
            "Connection: upgrade\r\nSec-WebSocket-Accept: KEY\r\n";
        const std::string refused = "!" + make_error_code(ws::Errc::NotAccepted).message();
        const std::string said = co_await outcome(proper + "\r\n\x81\x02hi");
        BOOST_TEST(said == "hi");
        const std::string start = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n";
        std::vector<std::string> refusals;
        refusals.emplace_back("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
        refusals.push_back(start + "Upgrade: websocket\r\n");
        refusals.push_back(start + "Upgrade: websocket\r\nSec-WebSocket-Accept: wrong\r\n");
        refusals.push_back(start + "Upgrade: h2c\r\nSec-WebSocket-Accept: KEY\r\n");
        refusals.push_back(proper + "Sec-WebSocket-Extensions: permessage-deflate\r\n");
        refusals.push_back(proper + "Sec-WebSocket-Protocol: chat\r\n");
        for (const std::string& wrong : refusals) {
            const std::string answered = co_await outcome(wrong + "\r\n");
            BOOST_TEST(answered == refused, wrong);
        }
        const std::string cut = co_await outcome(proper);
        BOOST_TEST(cut == "!" + make_error_code(edo::Errc::UnexpectedEof).message());
        const std::string garbage = co_await outcome("garbage\r\n\r\n");
        BOOST_TEST(garbage.starts_with("!"));
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
