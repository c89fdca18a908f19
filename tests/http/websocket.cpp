// SPDX-License-Identifier: MIT
#include "support/flavors.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/edo.hpp>
#include <edo/net/http/ws/websocket.hpp>
#include <edo/runtime/io/duplex.hpp>
#include <edo/runtime/io/read.hpp>
#include <edo/runtime/io/write.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

using edo::Result;
using edo::Task;
using edo::http::ws::Message;
using edo::http::ws::Options;
using edo::http::ws::Role;
using edo::io::DuplexStream;
using edo::test::on_paused_clock;
using namespace std::chrono_literals;
namespace ws = edo::http::ws;
namespace close_code = edo::http::ws::close_code;
using WebSocket = ws::WebSocket<DuplexStream>;

namespace {

/// Both sides of a connection.
struct Pair {
    explicit Pair(std::size_t capacity = 1 << 16) : Pair(edo::io::duplex(capacity)) {}

    WebSocket server;
    WebSocket client;

private:
    explicit Pair(std::pair<DuplexStream, DuplexStream> ends)
        : server(std::move(ends.first), Role::Server),
          client(std::move(ends.second), Role::Client) {}
};

/// Receives until there is nothing more, and sends text and binary messages back.
Task<Result<int>> echo(WebSocket& socket) {
    int count = 0;
    for (;;) {
        auto message = co_await edo::propagate(co_await socket.recv());
        if (!message) {
            co_return count;
        }
        if (message->is_text() || message->is_binary()) {
            ++count;
            co_await edo::propagate(co_await socket.send(std::move(*message)));
        }
    }
}

Task<std::string> received_text(WebSocket& socket) {
    auto message = co_await socket.recv();
    if (!message) {
        co_return "!" + message.error().message();
    }
    if (!*message) {
        co_return "(end)";
    }
    co_return (*message)->data();
}

Task<void> write(DuplexStream& stream, std::string_view bytes) {
    static_cast<void>(co_await edo::io::write_all(stream, std::as_bytes(std::span(bytes))));
}

/// What has been written into the other end, and is not read yet.
Task<std::string> take(DuplexStream& stream, std::size_t size) {
    std::string bytes(size, '\0');
    static_cast<void>(
        co_await edo::io::read_exact(stream, std::as_writable_bytes(std::span(bytes))));
    co_return bytes;
}

BOOST_AUTO_TEST_SUITE(websocket)

BOOST_AUTO_TEST_CASE(messages_go_both_ways_and_closing_is_answered) {
    edo::test::for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            Pair pair(64);
            auto serving = edo::spawn([](WebSocket server) -> Task<Result<int>> {
                auto count = co_await echo(server);
                // Boost.Test's checks belong to one thread at a time: those below.
                if (server.close_message()->code() != 4000 ||
                    server.close_message()->data() != "done") {
                    co_return -1;
                }
                co_return count;
            }(std::move(pair.server)));
            WebSocket& client = pair.client;
            for (const std::size_t size : {0U, 1U, 125U, 126U, 1000U, 70'000U}) {
                auto sent = co_await edo::join(client.send_text(std::string(size, 'x')),
                                               received_text(client));
                BOOST_TEST(std::get<0>(sent).has_value());
                BOOST_TEST(std::get<1>(sent) == std::string(size, 'x'));
            }
            const auto closed = co_await client.close(4000, "done");
            BOOST_TEST(closed.has_value());
            const std::string end = co_await received_text(client);
            BOOST_TEST(end == "(end)");
            BOOST_TEST(client.close_message()->code() == 4000);
            const auto late = co_await client.send_text("late");
            BOOST_TEST((late.error() == ws::Errc::Closed));
            const auto served = co_await serving;
            BOOST_TEST(**served == 6);
        }());
    });
}

BOOST_AUTO_TEST_CASE(pings_are_answered_with_their_data_and_shown) {
    on_paused_clock([]() -> Task<void> {
        Pair pair;
        static_cast<void>(co_await pair.client.ping("a"));
        static_cast<void>(co_await pair.client.ping("b"));
        auto first = co_await pair.server.recv();
        BOOST_TEST(((*first)->kind() == Message::Kind::Ping));
        BOOST_TEST((*first)->data() == "a");
        static_cast<void>(co_await pair.server.recv());
        for (const char* const expected : {"a", "b"}) {
            auto pong = co_await pair.client.recv();
            BOOST_TEST(((*pong)->kind() == Message::Kind::Pong));
            BOOST_TEST((*pong)->data() == expected);
        }
    });
}

BOOST_AUTO_TEST_CASE(both_sides_may_close_at_once) {
    on_paused_clock([]() -> Task<void> {
        Pair pair;
        static_cast<void>(co_await pair.client.close());
        static_cast<void>(co_await pair.server.close(close_code::kGoingAway));
        const auto twice = co_await pair.server.close();
        BOOST_TEST(twice.has_value());
        auto ends = co_await edo::join(received_text(pair.client), received_text(pair.server));
        BOOST_TEST(std::get<0>(ends) == "(end)");
        BOOST_TEST(std::get<1>(ends) == "(end)");
        BOOST_TEST(pair.client.close_message()->code() == close_code::kGoingAway);
        BOOST_TEST(pair.server.close_message()->code() == close_code::kNormal);
        const std::string again = co_await received_text(pair.server);
        BOOST_TEST(again == "(end)");
    });
}

BOOST_AUTO_TEST_CASE(what_arrives_before_the_answer_to_close_is_not_lost) {
    on_paused_clock([]() -> Task<void> {
        Pair pair;
        static_cast<void>(co_await pair.server.send_text("one"));
        static_cast<void>(co_await pair.client.close());
        static_cast<void>(co_await pair.server.send_text("two"));
        const std::string end = co_await received_text(pair.server);
        BOOST_TEST(end == "(end)");
        std::string all;
        for (int i = 0; i < 3; ++i) {
            all += co_await received_text(pair.client);
        }
        BOOST_TEST(all == "onetwo(end)");
    });
}

/// What a server says and writes when a client sends these bytes.
Task<void> expect_refusal(std::string bytes, ws::Errc error, std::uint16_t code) {
    auto [near, far] = edo::io::duplex(1 << 16);
    WebSocket server(std::move(near), Role::Server, Options().max_message_size(100));
    co_await write(far, bytes);
    const std::string said = co_await received_text(server);
    BOOST_TEST(said == "!" + make_error_code(error).message());
    const std::string written = co_await take(far, 4);
    BOOST_TEST(written == std::string("\x88\x02") + char(code >> 8) + char(code & 255));
    const std::string end = co_await received_text(server);
    BOOST_TEST(end == "(end)");
    std::array<std::byte, 1> rest;
    const auto count = co_await far.read(rest);
    BOOST_TEST(*count == 0U);  // the server has ended the stream, too
}

BOOST_AUTO_TEST_CASE(a_peer_that_breaks_the_rules_is_told_so) {
    on_paused_clock([]() -> Task<void> {
        co_await expect_refusal("\x81\x01x", ws::Errc::Protocol, close_code::kProtocolError);
        co_await expect_refusal(std::string("\x81\x81\0\0\0\0\xff", 7), ws::Errc::NotText,
                                close_code::kNotText);
        co_await expect_refusal("\x81\xfe\x01\x01mask", ws::Errc::MessageTooLarge,
                                close_code::kTooLarge);
        co_await expect_refusal(std::string("\x88\x82\0\0\0\0\x03\xee", 8), ws::Errc::Protocol,
                                close_code::kProtocolError);
    });
}

BOOST_AUTO_TEST_CASE(a_peer_that_breaks_the_rules_and_does_not_read_is_not_waited_for_long) {
    on_paused_clock([]() -> Task<void> {
        for (const auto limit : {Options().refusal_timeout(), edo::Duration(2s)}) {
            auto [near, far] = edo::io::duplex(3);  // less than a close message
            WebSocket server(std::move(near), Role::Server, Options().refusal_timeout(limit));
            co_await write(far, "\x81\x01x");
            const edo::Instant start = edo::now();
            // The time runs on when those who wait give up and come again.
            const auto early = co_await edo::timeout(limit / 2, server.recv());
            BOOST_TEST(!early.has_value());
            const std::string said = co_await received_text(server);
            BOOST_TEST(said == "!" + make_error_code(ws::Errc::Protocol).message());
            BOOST_TEST((edo::now() - start >= limit));
            BOOST_TEST((edo::now() - start < limit + 100ms));
            const std::string end = co_await received_text(server);
            BOOST_TEST(end == "(end)");
        }
        BOOST_TEST((Options().refusal_timeout() == 10s));
    });
}

BOOST_AUTO_TEST_CASE(a_peer_that_reads_slowly_is_told_all_the_same) {
    on_paused_clock([]() -> Task<void> {
        auto [near, far] = edo::io::duplex(3);
        WebSocket server(std::move(near), Role::Server);
        co_await write(far, "\x81\x01x");
        auto all = co_await edo::join(received_text(server),
                                      [](DuplexStream& stream) -> Task<std::string> {
                                          co_await edo::sleep(9s);
                                          co_return co_await take(stream, 4);
                                      }(far));
        BOOST_TEST(std::get<0>(all) == "!" + make_error_code(ws::Errc::Protocol).message());
        BOOST_TEST(std::get<1>(all) == "\x88\x02\x03\xea");
    });
}

BOOST_AUTO_TEST_CASE(a_stream_that_just_ends_is_an_error) {
    on_paused_clock([]() -> Task<void> {
        auto [near, far] = edo::io::duplex(100);
        WebSocket server(std::move(near), Role::Server, Options(), "\x81\x85");
        {
            const DuplexStream dropped = std::move(far);
        }
        const std::string said = co_await received_text(server);
        BOOST_TEST(said == "!" + make_error_code(edo::Errc::UnexpectedEof).message());
        const std::string end = co_await received_text(server);
        BOOST_TEST(end == "(end)");
    });
}

BOOST_AUTO_TEST_CASE(what_was_read_before_comes_first) {
    on_paused_clock([]() -> Task<void> {
        auto [near, far] = edo::io::duplex(100);
        WebSocket client(std::move(near), Role::Client, Options(), "\x81\x02hi\x81\x01");
        co_await write(far, "!");
        const std::string first = co_await received_text(client);
        const std::string second = co_await received_text(client);
        BOOST_TEST(first + second == "hi!");
    });
}

BOOST_AUTO_TEST_CASE(a_peer_that_does_not_read_stops_the_sender) {
    on_paused_clock([]() -> Task<void> {
        Pair pair(100);
        const auto sent = co_await edo::timeout(1s, pair.server.send_text(std::string(1000, 'x')));
        BOOST_TEST(!sent.has_value());
        // What was cut off goes on with the next message, and is whole.
        auto done = co_await edo::join(pair.server.send_text("next"), received_text(pair.client));
        BOOST_TEST(std::get<1>(done) == std::string(1000, 'x'));
        const std::string next = co_await received_text(pair.client);
        BOOST_TEST(next == "next");
    });
}

BOOST_AUTO_TEST_CASE(both_sides_may_ping_and_fill_the_stream_at_once) {
    on_paused_clock([]() -> Task<void> {
        Pair pair(16);
        const auto talk = [](WebSocket& socket) -> Task<void> {
            static_cast<void>(co_await socket.ping("0123456789"));
            const auto sent = co_await socket.send_text(std::string(1000, 'x'));
            BOOST_TEST(sent.has_value());
        };
        const auto hear = [](WebSocket& socket) -> Task<std::string> {
            std::string kinds;
            while (kinds.size() < 3) {
                auto message = co_await socket.recv();
                BOOST_REQUIRE((message && *message));
                kinds += std::to_string(int((*message)->kind()));
            }
            co_return kinds;
        };
        const auto all = co_await edo::timeout(
            60s,
            edo::join(hear(pair.server), hear(pair.client), talk(pair.server), talk(pair.client)));
        BOOST_REQUIRE(all.has_value());
        // A ping, a text and a pong: each ping is answered.
        BOOST_TEST(std::get<0>(*all).find('3') != std::string::npos);
        BOOST_TEST(std::get<1>(*all).find('3') != std::string::npos);
    });
}

BOOST_AUTO_TEST_CASE(many_tasks_may_send_while_one_receives) {
    edo::test::for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            Pair pair(1000);
            const auto shared = std::make_shared<WebSocket>(std::move(pair.client));
            edo::JoinSet<bool> senders;  // whether all went well: the checks stay in this task
            for (int i = 0; i < 4; ++i) {
                senders.spawn([](std::shared_ptr<WebSocket> socket, int number) -> Task<bool> {
                    for (int j = 0; j < 50; ++j) {
                        const auto sent = co_await socket->send_text(
                            std::string(std::size_t(50 * number), char('a' + number)));
                        if (!sent) {
                            co_return false;
                        }
                        static_cast<void>(co_await socket->ping());
                    }
                    co_return true;
                }(shared, i));
            }
            auto receiving = edo::spawn([](std::shared_ptr<WebSocket> socket) -> Task<int> {
                int pongs = 0;
                for (;;) {
                    auto message = co_await socket->recv();
                    if (!message) {
                        co_return -1;
                    }
                    if (!*message) {
                        co_return pongs;
                    }
                    ++pongs;
                }
            }(shared));
            for (int texts = 0; texts < 200;) {
                auto message = co_await pair.server.recv();
                BOOST_REQUIRE(message.has_value());
                if ((*message)->is_text()) {
                    ++texts;
                    const std::string& text = (*message)->data();
                    BOOST_TEST(text.find_first_not_of(text.substr(0, 1)) == std::string::npos);
                }
            }
            while (const auto ended = co_await senders.join_next()) {
                BOOST_TEST((*ended && **ended));
            }
            static_cast<void>(co_await pair.server.close());
            static_cast<void>(co_await echo(pair.server));
            const auto pongs = co_await receiving;
            BOOST_TEST(*pongs > 0);
        }());
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
