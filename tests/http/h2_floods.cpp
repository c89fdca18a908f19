// SPDX-License-Identifier: MIT
// Clients that make a server work for nothing, or wait for ever (H-12, A-01, A-03): each loses its
// connection or its request with the right code, and costs the others nothing.
#include "http/h2_support.hpp"
#include "support/on_paused_clock.hpp"

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
using edo::http::h2::serve_connection;

constexpr std::uint32_t kNoError = 0;
constexpr std::uint32_t kProtocolError = 1;
constexpr std::uint32_t kFlowControlError = 3;
constexpr std::uint32_t kCancel = 8;
constexpr std::uint32_t kEnhanceYourCalm = 11;

/// A body without end, that counts what was asked of it.
class Endless final : public http::BodySource {
public:
    explicit Endless(std::size_t& made) noexcept : made_(made) {}
    Task<edo::Result<std::optional<std::string>>> next() override {
        made_ += 1000;
        co_return std::optional<std::string>(std::string(1000, 'e'));
    }

private:
    std::size_t& made_;
};

/// / greets, /large is a text, /endless a source; a POST never ends.
class Counting final : public http::Service {
public:
    Task<Response> call(Request request) override {
        ++calls;
        if (request.method == http::Method::Post) {
            co_await edo::sleep(24h);
        }
        if (request.path() == "/large") {
            co_return Response::text(std::string(1'000'000, 'l'));
        }
        if (request.path() == "/endless") {
            Response response;
            response.body = http::Body(std::make_unique<Endless>(made));
            co_return response;
        }
        co_return Response::text("hello");
    }
    int calls = 0;
    std::size_t made = 0;  // bytes of endless bodies
};

std::string get_path(std::string_view path) {
    std::string head("\x82\x86\x04", 3);
    head += char(path.size());
    return head + std::string(path) + std::string("\x41\x01", 2) + "a";
}

std::string window_update(std::uint32_t stream, std::uint32_t more) {
    return frame(FrameType::WindowUpdate, 0, stream, number(more));
}

Task<void> send_slowly(edo::io::DuplexStream& stream, std::string text, edo::Duration pause) {
    for (const char byte : text) {
        const std::string one(1, byte);
        const auto sent = co_await edo::io::write_all(stream, one);
        if (!sent) {
            co_return;
        }
        co_await edo::sleep(pause);
    }
}

/// Does that to one connection of a server, and looks at another one meanwhile and afterwards.
class Attack {
public:
    explicit Attack(std::string text, edo::Duration pause = {}) {
        on_paused_clock([&]() -> Task<void> { return run(text, pause); });
    }

    Seen seen;
    edo::Duration took{};
    int calls = 0;

private:
    static Task<void> ask(edo::io::DuplexStream& stream, std::uint32_t id) {
        static_cast<void>(co_await edo::io::write_all(stream, request(id, get_head())));
        Seen answer = co_await look(stream, [](const Seen& s) { return !s.ended.empty(); });
        BOOST_TEST(answer.bodies[id] == "hello");
    }

    Task<void> run(std::string text, edo::Duration pause) {
        const auto service = std::make_shared<Counting>();
        const http::Serving serving(service);
        auto other = edo::io::duplex(64 * 1024);
        auto served = edo::spawn(serve_connection(std::move(other.second), serving));
        static_cast<void>(co_await edo::io::write_all(other.first, preface()));
        co_await ask(other.first, 1);

        const edo::Instant start = edo::now();
        auto ends = edo::io::duplex(64 * 1024);
        auto attacked = edo::spawn(serve_connection(std::move(ends.second), serving));
        if (pause == edo::Duration::zero()) {
            auto both = co_await edo::join(edo::io::write_all(ends.first, text),
                                           look_to_the_end(ends.first));
            seen = std::get<1>(both);
        } else {
            auto first = co_await edo::select(look_to_the_end(ends.first),
                                              send_slowly(ends.first, text, pause));
            BOOST_REQUIRE(first.is<0>());  // closed before all was sent
            seen = first.get<0>();
        }
        took = edo::now() - start;
        static_cast<void>(co_await attacked);
        calls = service->calls - 1;

        if (took < 75s) {  // else it was idle for too long, too
            co_await ask(other.first, 3);
        }
        static_cast<void>(co_await other.first.shutdown());
        static_cast<void>(co_await served);
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(h2_floods)

BOOST_AUTO_TEST_CASE(requests_that_are_given_up_at_once) {  // CVE-2023-44487
    std::string text = preface();
    for (std::uint32_t i = 0; i < 5000; ++i) {
        text += request(2 * i + 1, post_head(), false);
        text += frame(FrameType::Reset, 0, 2 * i + 1, number(8));
    }
    const Attack attack(text);
    BOOST_TEST(attack.seen.go_away == kEnhanceYourCalm);
    BOOST_TEST(attack.calls < 500);
}

BOOST_AUTO_TEST_CASE(requests_that_the_server_is_made_to_give_up) {  // CVE-2025-8671
    std::string text = preface();
    for (std::uint32_t i = 0; i < 5000; ++i) {
        text += request(2 * i + 1, post_head(), false);
        text += window_update(2 * i + 1, 0x7fffffff);
    }
    const Attack attack(text);
    BOOST_TEST(attack.seen.go_away == kEnhanceYourCalm);
    BOOST_TEST(attack.calls < 500);
}

BOOST_AUTO_TEST_CASE(requests_that_are_answered_and_never_end) {
    std::string open = preface();
    std::string reset = preface();
    for (std::uint32_t i = 0; i < 5000; ++i) {
        const std::string begin = request(2 * i + 1, get_head(), false);
        open += begin;
        reset += begin + frame(FrameType::Reset, 0, 2 * i + 1, number(8));
    }
    const Attack never(open);
    BOOST_TEST((never.seen.go_away == kEnhanceYourCalm || never.seen.go_away == kProtocolError));
    BOOST_TEST(never.calls <= int(http::h2::kMaxStreams));
    BOOST_TEST((never.took < 1s));
    const Attack given_up(reset);
    BOOST_TEST(given_up.seen.go_away == kEnhanceYourCalm);
    BOOST_TEST(given_up.calls < 500);
}

BOOST_AUTO_TEST_CASE(more_requests_at_once_than_are_allowed) {
    std::string requests;
    for (std::uint32_t i = 0; i < 5000; ++i) {
        requests += request(2 * i + 1, post_head(), false);
    }
    // Who has not heard of the limit yet is refused for a while; who has must keep to it.
    const Attack unaware(preface() + requests);
    BOOST_TEST(unaware.seen.go_away == kEnhanceYourCalm);
    BOOST_TEST(unaware.calls <= int(http::h2::kMaxStreams));
    const Attack aware(preface() + frame(FrameType::Settings, kAck, 0, {}) + requests);
    BOOST_TEST(aware.seen.go_away == kProtocolError);
    BOOST_TEST(aware.calls <= int(http::h2::kMaxStreams));
}

BOOST_AUTO_TEST_CASE(a_head_without_end) {  // CVE-2024-27316
    const std::string begin = preface() + frame(FrameType::Headers, 0, 1, get_head());
    const Attack empty(begin + repeated(frame(FrameType::Continuation, 0, 1, {}), 5000));
    BOOST_TEST(empty.seen.go_away == kEnhanceYourCalm);
    const std::string some = repeated(header("x", std::string(100, 'v')), 100);
    const Attack full(begin + repeated(frame(FrameType::Continuation, 0, 1, some), 500));
    BOOST_TEST(full.seen.go_away == kEnhanceYourCalm);
    BOOST_TEST(full.calls == 0);
}

BOOST_AUTO_TEST_CASE(pings_and_settings) {
    Attack pings(preface() + repeated(frame(FrameType::Ping, 0, 0, "12345678"), 5000));
    BOOST_TEST(pings.seen.go_away == kEnhanceYourCalm);
    BOOST_TEST(pings.seen.frames[FrameType::Ping] < 1000);
    Attack settings(preface() + repeated(frame(FrameType::Settings, 0, 0, {}), 5000));
    BOOST_TEST(settings.seen.go_away == kEnhanceYourCalm);
    BOOST_TEST(settings.seen.frames[FrameType::Settings] < 1000);
}

BOOST_AUTO_TEST_CASE(data_that_is_none) {
    const std::string begin = preface() + request(1, post_head(), false);
    const Attack empty(begin + repeated(frame(FrameType::Data, 0, 1, {}), 5000));
    BOOST_TEST(empty.seen.go_away == kEnhanceYourCalm);
    constexpr std::uint8_t kPadded = 8;
    const std::string padding = std::string(1, '\x05') + std::string(5, '\0');
    const Attack padded(begin + repeated(frame(FrameType::Data, kPadded, 1, padding), 5000));
    BOOST_TEST(padded.seen.go_away == kEnhanceYourCalm);
}

BOOST_AUTO_TEST_CASE(a_head_that_grows_when_it_is_decoded) {
    // One header of 4 KB into the table, then thousands of references of one byte to it.
    const std::string bomb = std::string("\x40\x01x\x7f\xa1\x1e", 6) + std::string(4000, 'b');
    const Attack large(preface() + request(1, get_head() + bomb + std::string(10'000, '\xbe')));
    BOOST_TEST(large.seen.go_away == kEnhanceYourCalm);
    BOOST_TEST(large.calls == 0);
    BOOST_TEST(large.seen.bytes < 1000U);
    // A head that is only too large is refused, and the connection goes on.
    const Attack small(preface() + request(1, get_head() + bomb + std::string(50, '\xbe')) +
                       request(3, get_head()) +
                       frame(FrameType::GoAway, 0, 0, number(0) + number(0)));
    BOOST_TEST(small.seen.go_away == ~0U);
    BOOST_TEST(small.seen.ended.contains(1));
    BOOST_TEST(small.seen.bodies.at(3) == "hello");
    BOOST_TEST(small.calls == 1);
}

BOOST_AUTO_TEST_CASE(windows_that_overflow_or_stand_still) {
    const std::string open = preface() + request(1, post_head(), false);
    BOOST_TEST(Attack(open + window_update(0, 0x7fffffff)).seen.go_away == kFlowControlError);
    BOOST_TEST(Attack(open + window_update(0, 0)).seen.go_away == kProtocolError);
    const std::string goodbye = frame(FrameType::GoAway, 0, 0, number(0) + number(0));
    const std::string other = request(3, get_head()) + goodbye;
    const Attack stream(open + window_update(1, 0x7fffffff) + other);
    BOOST_TEST(stream.seen.resets.at(1) == kFlowControlError);
    BOOST_TEST(stream.seen.bodies.at(3) == "hello");
}

BOOST_AUTO_TEST_CASE(a_client_that_takes_nothing_loses_its_request) {
    for (const char* const path : {"/large", "/endless"}) {
        on_paused_clock([&]() -> Task<void> {
            const auto service = std::make_shared<Counting>();
            auto ends = edo::io::duplex(64 * 1024);
            auto served =
                edo::spawn(serve_connection(std::move(ends.second), http::Serving(service)));
            // A window of nothing for each answer.
            const std::string settings = std::string("\0\x04\0\0\0\0", 6);
            static_cast<void>(co_await edo::io::write_all(
                ends.first, std::string(http::h2::kPreface) +
                                frame(FrameType::Settings, 0, 0, settings) +
                                request(1, get_path(path)) + request(3, get_path(path))));
            const edo::Instant start = edo::now();
            const Seen seen =
                co_await look(ends.first, [](const Seen& s) { return s.resets.size() == 2; });
            const edo::Duration took = edo::now() - start;
            BOOST_TEST(seen.resets.at(1) == kCancel);
            BOOST_TEST(seen.resets.at(3) == kCancel);
            BOOST_TEST((took >= 30s && took <= 60s));
            BOOST_TEST(service->made <= 2 * 66'000U);
            static_cast<void>(co_await ends.first.shutdown());
            static_cast<void>(co_await served);
        });
    }
}

BOOST_AUTO_TEST_CASE(a_client_that_reads_nothing_loses_its_connection) {
    on_paused_clock([]() -> Task<void> {
        const auto service = std::make_shared<Counting>();
        auto ends = edo::io::duplex(1024);
        auto served = edo::spawn(serve_connection(std::move(ends.second), http::Serving(service)));
        std::string text = preface();
        for (std::uint32_t i = 0; i < 20; ++i) {
            text += request(2 * i + 1, get_path("/endless"));
        }
        const edo::Instant start = edo::now();
        auto both = co_await edo::join(edo::io::write_all(ends.first, text), std::move(served));
        static_cast<void>(both);
        const edo::Duration took = edo::now() - start;
        BOOST_TEST((took >= 30s && took <= 35s));
        BOOST_TEST(service->made <= 20 * 66'000U + 64'000U);
    });
}

BOOST_AUTO_TEST_CASE(a_head_must_be_complete_in_time) {
    // In pieces that each come before any pause would be too long.
    const std::string head = get_head() + header("a", std::string(100, 'b'));
    const Attack stalled(preface() + request(1, head), 500ms);
    BOOST_TEST(stalled.seen.go_away == kEnhanceYourCalm);
    // Counted from the end of the head of its frame.
    const auto begun = int(preface().size() + 9 - 1) * 500ms;
    BOOST_TEST((stalled.took >= begun + 30s && stalled.took <= begun + 31s));
    BOOST_TEST(stalled.calls == 0);
}

BOOST_AUTO_TEST_CASE(the_beginning_must_come_in_time) {
    const Attack slow(preface(), 2s);
    BOOST_TEST(slow.seen.go_away == kNoError);
    BOOST_TEST((slow.took >= 30s && slow.took <= 31s));
}

BOOST_AUTO_TEST_CASE(pings_do_not_keep_a_connection_open) {
    const Attack pings(preface() + repeated(frame(FrameType::Ping, 0, 0, "12345678"), 25), 200ms);
    BOOST_TEST(pings.seen.go_away == kNoError);
    BOOST_TEST((pings.took >= 75s && pings.took <= 76s));
}

BOOST_AUTO_TEST_SUITE_END()
