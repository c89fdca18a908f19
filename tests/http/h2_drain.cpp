// SPDX-License-Identifier: MIT
// Answers that are complete before their request is: the rest of the body is taken and dropped,
// within limits, so that a client which sends first and reads then gets to see the answer.
#include "http/h2_support.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/net/http/error.hpp>
#include <edo/runtime/timeout.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

using namespace edo::test;
using namespace std::chrono_literals;
namespace http = edo::http;

namespace {

using edo::Task;
using edo::http::Request;
using edo::http::Response;
using edo::http::ServerOptions;

constexpr std::uint32_t kNoError = 0;
constexpr std::size_t kPiece = 16'384;
constexpr int kPiecesOfWindow = 4;
constexpr int kPiecesOfLimit = 16;  // 256 KB

/// POST: refused without a look at the body, or behind all of it. GET: "hello".
class Refusing final : public http::Service {
public:
    Task<Response> call(Request request) override {
        if (request.method != http::Method::Post) {
            co_return Response::text("hello");
        }
        if (request.path() == "/collect") {
            const auto text = co_await request.body.collect();
            co_return Response::text(text ? "all" : text.error().message());
        }
        if (request.path() == "/keep") {
            kept = std::move(request.body);
        }
        co_return Response::text("no");
    }
    std::optional<http::Body> kept;
};

std::string post(std::uint32_t stream, std::string_view path = "/") {
    std::string head("\x83\x86\x04", 3);
    head += char(path.size());
    return request(stream, head + std::string(path) + std::string("\x41\x01", 2) + "a", false);
}

std::string data(int pieces, bool ends = false) {
    std::string bytes = repeated(frame(FrameType::Data, 0, 1, std::string(kPiece, 'x')), pieces);
    return ends ? bytes + frame(FrameType::Data, kEndStream, 1, {}) : bytes;
}

/// A connection, from the client's side. Its windows are known to the client from the start.
class Client {
public:
    explicit Client(ServerOptions options = ServerOptions())
        : serving_(service, std::move(options)),
          ends_(edo::io::duplex(1024 * 1024)),
          served_(edo::spawn(http::h2::serve_connection(std::move(ends_.second), serving_))) {}

    Task<void> send(std::string text) {
        static_cast<void>(co_await edo::io::write_all(ends_.first, text));
    }
    Task<void> begin(std::string text) {
        return send(preface() + frame(FrameType::Settings, kAck, 0, {}) + text);
    }
    /// What has come since, when the server has nothing more to say.
    Task<Seen> seen() {
        auto in_time = co_await edo::timeout(100ms, look_on());
        static_cast<void>(in_time);
        co_return seen_;
    }
    Task<void> look_on() {
        const auto buffer = std::make_unique<std::byte[]>(kPiece);
        while (!seen_.closed) {
            const auto count = co_await ends_.first.read(std::span(buffer.get(), kPiece));
            seen_.closed = !count || *count == 0;
            bytes_.append(reinterpret_cast<const char*>(buffer.get()), count.value_or(0));
            look_at(bytes_, seen_);
        }
    }
    /// Another request is still answered.
    Task<void> greet() {
        co_await send(request(3, get_head()));
        const Seen all = co_await seen();
        BOOST_TEST(all.bodies.at(3) == "hello");
        BOOST_TEST(all.go_away == ~0U);
    }
    Task<void> end() {
        static_cast<void>(co_await ends_.first.shutdown());
        static_cast<void>(co_await std::move(served_));
    }
    void stop() { serving_.stop().cancel(); }
    edo::JoinHandle<void>& served() noexcept { return served_; }

    std::shared_ptr<Refusing> service = std::make_shared<Refusing>();

private:
    http::Serving serving_;
    std::pair<edo::io::DuplexStream, edo::io::DuplexStream> ends_;
    edo::JoinHandle<void> served_;
    Seen seen_;
    std::string bytes_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(h2_drain)

BOOST_AUTO_TEST_CASE(a_client_may_send_the_rest_of_a_body_that_is_not_wanted) {
    on_paused_clock([]() -> Task<void> {
        Client client;
        co_await client.begin(post(1) + data(kPiecesOfWindow));
        Seen seen = co_await client.seen();
        BOOST_TEST(seen.bodies.at(1) == "no");
        BOOST_TEST(seen.ended.at(1) == 1);
        BOOST_TEST(!seen.resets.contains(1));
        // The window was given back each time: else this would be an error.
        for (int sent = kPiecesOfWindow; sent < kPiecesOfLimit; sent += kPiecesOfWindow) {
            co_await client.send(data(kPiecesOfWindow));
            seen = co_await client.seen();
        }
        co_await client.send(data(0, true));
        seen = co_await client.seen();
        BOOST_TEST(!seen.resets.contains(1));
        co_await client.greet();
        co_await client.end();
    });
}

BOOST_AUTO_TEST_CASE(more_than_the_limit_is_not_taken) {
    on_paused_clock([]() -> Task<void> {
        Client client;
        co_await client.begin(post(1));
        Seen seen = co_await client.seen();
        BOOST_TEST(seen.bodies.at(1) == "no");
        for (int sent = 0; sent < kPiecesOfLimit; sent += kPiecesOfWindow) {
            BOOST_TEST(!seen.resets.contains(1));
            co_await client.send(data(kPiecesOfWindow));
            seen = co_await client.seen();
        }
        BOOST_TEST(!seen.resets.contains(1));
        co_await client.send(data(1));
        seen = co_await client.seen();
        BOOST_TEST(seen.resets.at(1) == kNoError);
        co_await client.send(data(1, true));  // was under way
        co_await client.greet();
        co_await client.end();
    });
}

BOOST_AUTO_TEST_CASE(without_a_limit_for_it_nothing_is_taken) {
    on_paused_clock([]() -> Task<void> {
        ServerOptions options;
        options.drain_limit = 0;
        Client client(options);
        co_await client.begin(post(1));
        Seen seen = co_await client.seen();
        BOOST_TEST(seen.bodies.at(1) == "no");
        co_await client.send(frame(FrameType::Data, 0, 1, "x"));
        seen = co_await client.seen();
        BOOST_TEST(seen.resets.at(1) == kNoError);
        co_await client.greet();
        co_await client.end();
    });
}

BOOST_AUTO_TEST_CASE(a_rest_that_does_not_come_or_comes_too_slowly_is_given_up) {
    for (const bool slowly : {false, true}) {
        on_paused_clock([&]() -> Task<void> {
            Client client;
            co_await client.begin(post(1));
            const edo::Instant start = edo::now();
            Seen seen = co_await client.seen();
            BOOST_TEST(seen.ended.at(1) == 1);
            while (!seen.resets.contains(1) && edo::now() - start < 10min) {
                if (slowly) {
                    co_await client.send(frame(FrameType::Data, 0, 1, std::string(100, 'x')));
                }
                co_await edo::sleep(1s);
                seen = co_await client.seen();
            }
            const edo::Duration took = edo::now() - start;
            BOOST_TEST(seen.resets.at(1) == kNoError);
            BOOST_TEST((took >= 30s && took <= 62s));
            co_await client.greet();
            co_await client.end();
        });
    }
}

BOOST_AUTO_TEST_CASE(a_slow_client_that_is_fast_enough_has_its_time) {
    on_paused_clock([]() -> Task<void> {
        Client client;
        co_await client.begin(post(1));
        for (int i = 0; i < 150; ++i) {
            co_await client.send(frame(FrameType::Data, 0, 1, std::string(500, 'x')));
            co_await edo::sleep(1s);
        }
        co_await client.send(data(0, true));
        const Seen seen = co_await client.seen();
        BOOST_TEST(!seen.resets.contains(1));
        co_await client.greet();
        co_await client.end();
    });
}

BOOST_AUTO_TEST_CASE(the_window_of_a_body_beyond_its_limit_is_given_back_as_well) {
    on_paused_clock([]() -> Task<void> {
        ServerOptions options;
        options.body_limit = 100;
        Client client(options);
        co_await client.begin(post(1, "/collect") + data(kPiecesOfWindow));
        Seen seen = co_await client.seen();
        BOOST_TEST(seen.bodies.at(1) == "the body is larger than the limit");
        co_await client.send(data(kPiecesOfWindow, true));
        seen = co_await client.seen();
        BOOST_TEST(!seen.resets.contains(1));
        co_await client.greet();
        co_await client.end();
    });
}

BOOST_AUTO_TEST_CASE(a_body_that_was_kept_is_gone_with_the_answer) {
    on_paused_clock([]() -> Task<void> {
        Client client;
        co_await client.begin(post(1, "/keep") + frame(FrameType::Data, 0, 1, "some"));
        static_cast<void>(co_await client.seen());
        co_await client.send(data(0, true));
        static_cast<void>(co_await client.seen());
        const auto piece = co_await client.service->kept->next();
        BOOST_REQUIRE(!piece.has_value());
        BOOST_TEST((piece.error() == http::Errc::BodyGone));
        client.service->kept.reset();
        co_await client.end();
    });
}

BOOST_AUTO_TEST_CASE(a_stop_does_not_wait_for_it) {
    for (const bool before : {false, true}) {
        on_paused_clock([&]() -> Task<void> {
            Client client;
            const std::string asked = before ? post(1) : post(1, "/collect");
            co_await client.begin(asked);
            static_cast<void>(co_await client.seen());
            const edo::Instant start = edo::now();
            client.stop();
            if (!before) {
                co_await client.send(data(0, true));
            }
            auto in_time = co_await edo::timeout(1s, std::move(client.served()));
            BOOST_TEST(in_time.has_value());
            const Seen seen = co_await client.seen();
            BOOST_TEST(seen.closed);
            BOOST_TEST(seen.go_away == kNoError);
            BOOST_TEST(seen.resets.contains(1) == before);
            BOOST_TEST((edo::now() - start < 1s));
        });
    }
}

BOOST_AUTO_TEST_SUITE_END()
