// SPDX-License-Identifier: MIT
// An operation on a WebSocket may be dropped wherever it waits: what others do next on the same
// WebSocket shows that no message was lost, doubled or torn.
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include <edo/edo.hpp>
#include <edo/net/http/ws/websocket.hpp>
#include <edo/runtime/io/duplex.hpp>
#include <edo/runtime/io/read.hpp>
#include <edo/runtime/io/write.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

using edo::Result;
using edo::Task;
using edo::http::ws::Message;
using edo::http::ws::Role;
using edo::io::DuplexStream;
namespace ws = edo::http::ws;
namespace close_code = edo::http::ws::close_code;
using WebSocket = ws::WebSocket<DuplexStream>;

namespace {

constexpr std::size_t kPipe = 7;  // each message takes several turns to pass
const std::string kPing = "0123456789";
const std::string kFromClient(40, 'x');
const std::string kFromServer(30, 'y');
constexpr std::uint16_t kCode = 4000;
const std::string kReason = "longer than the pipe";

/// What one side has received.
struct Seen {
    Seen() = default;

    std::string texts;
    int pings = 0;
    int pongs = 0;

    void note(const Message& message) {
        switch (message.kind()) {
            case Message::Kind::Ping:
                BOOST_TEST(message.data() == kPing);
                ++pings;
                break;
            case Message::Kind::Pong:
                BOOST_TEST(message.data() == kPing);
                ++pongs;
                break;
            default:
                BOOST_TEST(message.is_text());
                texts += message.data();
        }
    }
};

/// Receives one message; yields whether there was one.
Task<bool> receive(WebSocket& socket, Seen& seen) {
    const auto message = co_await socket.recv();
    BOOST_TEST(message.has_value());
    if (!message || !*message) {
        co_return false;
    }
    seen.note(**message);
    co_return true;
}

Task<void> receive_all(WebSocket& socket, Seen& seen) {
    for (bool more = true; more;) {
        more = co_await receive(socket, seen);
    }
}

/// A server, some operation of which is cancelled, and a client in another task, which sends and
/// receives at the same time, until the WebSocket is closed.
class Conversation : public edo::test::CancelScenario {
public:
    Task<void> peer() final {
        co_await edo::join(talk(), receive_all(client_, at_client_));
        over_.set();
    }

protected:
    Conversation() : Conversation(edo::io::duplex(kPipe)) {}

    virtual Task<void> talk() {
        BOOST_TEST((co_await client_.ping(kPing)).has_value());
        has_sent_ = (co_await client_.send_text(kFromClient)).has_value();
    }
    /// Receives what there still is; everything must have arrived on both sides then.
    Task<void> expect_all() {
        co_await receive_all(server_, at_server_);
        co_await over_;
        // Not sent if the client has heard of the end before.
        BOOST_TEST(at_server_.texts == (has_sent_ ? kFromClient : ""));
        BOOST_TEST(at_client_.texts == (server_sends_ ? kFromServer : ""));
        BOOST_TEST(server_.close_message().has_value());
        BOOST_TEST(client_.close_message().has_value());
    }

    WebSocket server_;
    WebSocket client_;
    Seen at_server_;
    Seen at_client_;
    bool server_sends_ = false;
    bool has_sent_ = false;
    edo::test::Event over_;

private:
    explicit Conversation(std::pair<DuplexStream, DuplexStream> ends)
        : server_(std::move(ends.first), Role::Server),
          client_(std::move(ends.second), Role::Client) {}
};

/// Answers a ping, and then sends while it receives.
class Talking final : public Conversation {
public:
    Task<void> subject() override {
        co_await receive(server_, at_server_);
        server_sends_ = true;
        co_await edo::join(send(), receive(server_, at_server_));
    }
    Task<void> check(bool completed) override {
        BOOST_TEST((!completed || !at_server_.texts.empty()));
        const bool has_answered = at_server_.pings == 1;
        co_await edo::join(close(), expect_all());
        BOOST_TEST(at_server_.pings == 1);
        // Not answered once this side has said that it is done.
        BOOST_TEST(at_client_.pongs <= 1);
        BOOST_TEST((!has_answered || at_client_.pongs == 1));
    }

private:
    Task<void> send() { BOOST_TEST((co_await server_.send_text(kFromServer)).has_value()); }
    Task<void> close() { BOOST_TEST((co_await server_.close()).has_value()); }
};

/// Closes, with a message and an answer to a ping still to come.
class Closing final : public Conversation {
public:
    Task<void> subject() override {
        BOOST_TEST((co_await server_.close(kCode, kReason)).has_value());
        co_await receive_all(server_, at_server_);
    }
    Task<void> check(bool /*completed*/) override {
        co_await expect_all();
        BOOST_TEST(at_server_.pings == 1);
        BOOST_TEST(client_.close_message()->code() == kCode);
        BOOST_TEST(client_.close_message()->data() == kReason);
        BOOST_TEST(server_.close_message()->code() == kCode);
        const auto late = co_await server_.send_text("late");
        BOOST_TEST((late.error() == ws::Errc::Closed));
    }
};

/// Is closed by the other side, with something of its own to send.
class BeingClosed final : public Conversation {
public:
    Task<void> subject() override {
        server_sends_ = true;
        co_await edo::join(server_.send_text(kFromServer), receive_all(server_, at_server_));
    }
    Task<void> talk() override {
        BOOST_TEST((co_await client_.ping(kPing)).has_value());
        has_sent_ = (co_await client_.send_text(kFromClient)).has_value();
        BOOST_TEST((co_await client_.close(kCode, kReason)).has_value());
    }
    Task<void> check(bool /*completed*/) override {
        co_await expect_all();
        BOOST_TEST(at_server_.pings == 1);
        BOOST_TEST(at_client_.pongs <= 1);
        BOOST_TEST(server_.close_message()->code() == kCode);
        BOOST_TEST(server_.close_message()->data() == kReason);
        BOOST_TEST(client_.close_message()->code() == kCode);
    }
};

/// Tells a client that it breaks the rules, through a pipe that does not take that at once.
class Refusing final : public edo::test::CancelScenario {
public:
    Refusing() : Refusing(edo::io::duplex(3)) {}

    Task<void> subject() override {
        const auto message = co_await server_.recv();
        said_ = message ? std::error_code() : message.error();
    }
    Task<void> peer() override {
        static_cast<void>(co_await edo::io::write_all(far_, std::string_view("\x81\x01x")));
        std::array<char, 4> told{};
        const auto bytes = std::as_writable_bytes(std::span(told));
        BOOST_TEST((co_await edo::io::read_exact(far_, bytes)).has_value());
        BOOST_TEST(std::string_view(told.data(), told.size()) == "\x88\x02\x03\xea");
        const auto end = co_await far_.read(bytes);
        BOOST_TEST((end && *end == 0U));
        over_.set();
    }
    Task<void> check(bool completed) override {
        if (!completed) {
            co_await subject();
        }
        BOOST_TEST((said_ == ws::Errc::Protocol));
        co_await over_;
        const auto end = co_await server_.recv();
        BOOST_TEST((end && !*end));
    }

private:
    explicit Refusing(std::pair<DuplexStream, DuplexStream> ends)
        : server_(std::move(ends.first), Role::Server), far_(std::move(ends.second)) {}

    WebSocket server_;
    DuplexStream far_;
    std::error_code said_;
    edo::test::Event over_;
};

/// Drives it with one thread, so that each suspension is met in each run.
template <class Scenario>
void cancel_everywhere(std::size_t least) {
    edo::Runtime runtime = edo::Builder::current_thread().build();
    const edo::test::Driven driven = runtime.block_on(edo::test::drive<Scenario>());
    BOOST_TEST(driven.suspensions >= least);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket_cancel)

BOOST_AUTO_TEST_CASE(a_cancelled_operation_loses_and_tears_no_message) {
    cancel_everywhere<Talking>(5);
}

BOOST_AUTO_TEST_CASE(closing_goes_on_after_it_was_cancelled) {
    cancel_everywhere<Closing>(5);
}

BOOST_AUTO_TEST_CASE(so_does_answering_to_it) {
    cancel_everywhere<BeingClosed>(5);
}

BOOST_AUTO_TEST_CASE(an_error_is_told_to_the_peer_and_reported_all_the_same) {
    cancel_everywhere<Refusing>(2);
}

BOOST_AUTO_TEST_SUITE_END()
