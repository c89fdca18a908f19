// SPDX-License-Identifier: MIT
#include "http/h2_support.hpp"
#include "support/flavors.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/net/http/error.hpp>
#include <edo/runtime/stream/sources.hpp>
#include <edo/runtime/sync/notify.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <optional>

using edo::Result;
using edo::Task;
using edo::http::Body;
using edo::http::make_service;
using edo::http::Method;
using edo::http::Request;
using edo::http::Response;
using edo::http::ServerOptions;
using edo::http::Service;
using edo::http::Serving;
using edo::http::Status;
using edo::http::h2::serve_connection;
using edo::io::DuplexStream;
using edo::test::for_each_flavor;
using edo::test::frame;
using edo::test::FrameType;
using edo::test::get_head;
using edo::test::kAck;
using edo::test::kEndHeaders;
using edo::test::kEndStream;
using edo::test::look;
using edo::test::look_to_the_end;
using edo::test::number;
using edo::test::on_paused_clock;
using edo::test::post_head;
using edo::test::preface;
using edo::test::repeated;
using edo::test::request;
using edo::test::Seen;
using namespace std::chrono_literals;

namespace {

/// GET: "hello". POST: what was sent, as soon as it comes.
Task<Response> answer(Request request) {
    if (request.method == Method::Post) {
        co_return Response(Status::Ok, std::move(request.body));
    }
    if (request.target == "/throw") {
        throw std::runtime_error("no");
    }
    co_return Response::text("hello");
}

class NeverAnswers final : public Service {
public:
    Task<Response> call(Request request) override {
        ++calls;
        kept = std::move(request);
        const Leaving leaving(*this);
        co_await never.notified();
        co_return Response();
    }
    int calls = 0;
    int left = 0;
    std::optional<Request> kept;
    edo::sync::Notify never;

private:
    struct Leaving {
        explicit Leaving(NeverAnswers& s) noexcept : service(s) {}
        ~Leaving() { ++service.left; }
        NeverAnswers& service;
    };
};

/// What the server says to a client that sends `text`, until it closes the connection.
Seen talk(const std::string& text, ServerOptions options = ServerOptions()) {
    Seen seen;
    on_paused_clock([&]() -> Task<void> {
        auto ends = edo::io::duplex(64 * 1024);
        auto server = edo::spawn(
            serve_connection(std::move(ends.second), Serving(make_service(&answer), options)));
        auto both =
            co_await edo::join(edo::io::write_all(ends.first, text), look_to_the_end(ends.first));
        seen = std::get<1>(both);
        static_cast<void>(co_await server);
    });
    return seen;
}

constexpr std::uint32_t kProtocolError = 1;
constexpr std::uint32_t kFlowControlError = 3;

}  // namespace

BOOST_AUTO_TEST_SUITE(h2_server)

BOOST_AUTO_TEST_CASE(a_request_gets_its_answer) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            auto ends = edo::io::duplex(64 * 1024);
            auto server = edo::spawn(
                serve_connection(std::move(ends.second), Serving(make_service(&answer))));
            static_cast<void>(co_await edo::io::write_all(
                ends.first, preface() + request(1, get_head()) + request(3, get_head())));
            const Seen seen =
                co_await look(ends.first, [](const Seen& s) { return s.ended.size() == 2; });
            BOOST_TEST(seen.bodies.at(1) == "hello");
            BOOST_TEST(seen.bodies.at(3) == "hello");
            static_cast<void>(co_await ends.first.shutdown());
            static_cast<void>(co_await server);
        });
    });
}

BOOST_AUTO_TEST_CASE(what_was_read_before_counts) {
    on_paused_clock([]() -> Task<void> {
        auto ends = edo::io::duplex(64 * 1024);
        auto server =
            edo::spawn(serve_connection(std::move(ends.second), Serving(make_service(&answer)),
                                        preface() + request(1, get_head())));
        const Seen seen = co_await look(ends.first, [](const Seen& s) { return !s.ended.empty(); });
        BOOST_TEST(seen.bodies.at(1) == "hello");
        static_cast<void>(co_await ends.first.shutdown());
        static_cast<void>(co_await server);
    });
}

BOOST_AUTO_TEST_CASE(bodies_stream_both_ways) {
    on_paused_clock([]() -> Task<void> {
        auto ends = edo::io::duplex(64 * 1024);
        auto server =
            edo::spawn(serve_connection(std::move(ends.second), Serving(make_service(&answer))));
        static_cast<void>(co_await edo::io::write_all(
            ends.first,
            preface() + request(1, post_head(), false) + frame(FrameType::Data, 0, 1, "first ")));
        Seen seen = co_await look(ends.first, [](const Seen& s) { return !s.bodies.empty(); });
        BOOST_TEST(seen.bodies.at(1) == "first ");  // before the request is complete
        static_cast<void>(
            co_await edo::io::write_all(ends.first, frame(FrameType::Data, kEndStream, 1, "last")));
        seen = co_await look(ends.first, [](const Seen& s) { return !s.ended.empty(); });
        BOOST_TEST(seen.bodies.at(1) == "last");
        static_cast<void>(co_await ends.first.shutdown());
        static_cast<void>(co_await server);
    });
}

BOOST_AUTO_TEST_CASE(the_window_is_given_back_when_the_service_takes_the_bytes) {
    on_paused_clock([]() -> Task<void> {
        auto service = std::make_shared<NeverAnswers>();
        auto ends = edo::io::duplex(256 * 1024);
        auto server = edo::spawn(serve_connection(std::move(ends.second), Serving(service)));
        // The window is ours from the moment the client has agreed to it.
        std::string text =
            preface() + frame(FrameType::Settings, kAck, 0, {}) + request(1, post_head(), false);
        for (int i = 0; i < 4; ++i) {
            text += frame(FrameType::Data, 0, 1, std::string(16384, 'x'));
        }
        static_cast<void>(co_await edo::io::write_all(ends.first, text));
        co_await edo::sleep(1s);
        Seen seen = co_await look(ends.first, [](const Seen& s) { return s.bytes > 0; });
        BOOST_TEST(seen.frames[FrameType::WindowUpdate] <= 1);  // that of the connection
        BOOST_REQUIRE(service->kept.has_value());
        auto piece = co_await service->kept->body.next();
        BOOST_TEST((*piece)->size() == 65536U);
        seen = co_await look(
            ends.first, [](const Seen& s) { return s.frames.contains(FrameType::WindowUpdate); });
        BOOST_TEST(seen.frames[FrameType::WindowUpdate] >= 1);
        // What is beyond the window ends the connection.
        static_cast<void>(co_await edo::io::write_all(
            ends.first, repeated(frame(FrameType::Data, 0, 1, std::string(16384, 'x')), 5)));
        seen = co_await look_to_the_end(ends.first);
        BOOST_TEST((seen.go_away == kFlowControlError || seen.resets[1] == kFlowControlError));
        service->kept.reset();
        static_cast<void>(co_await ends.first.shutdown());
        static_cast<void>(co_await server);
        BOOST_TEST(service->left == 1);
    });
}

BOOST_AUTO_TEST_CASE(a_reset_aborts_the_service) {
    on_paused_clock([]() -> Task<void> {
        auto service = std::make_shared<NeverAnswers>();
        auto ends = edo::io::duplex(64 * 1024);
        auto server = edo::spawn(serve_connection(std::move(ends.second), Serving(service)));
        static_cast<void>(
            co_await edo::io::write_all(ends.first, preface() + request(1, post_head(), false)));
        co_await edo::sleep(1s);
        BOOST_TEST(service->calls == 1);
        BOOST_TEST(service->left == 0);
        static_cast<void>(
            co_await edo::io::write_all(ends.first, frame(FrameType::Reset, 0, 1, number(8))));
        co_await edo::sleep(1s);
        BOOST_TEST(service->left == 1);
        const auto rest = co_await service->kept->body.next();
        BOOST_REQUIRE(!rest.has_value());
        BOOST_TEST((rest.error() == edo::http::Errc::StreamReset));
        service->kept.reset();
        static_cast<void>(co_await ends.first.shutdown());
        static_cast<void>(co_await server);
    });
}

BOOST_AUTO_TEST_CASE(a_stop_lets_requests_end_and_takes_no_more) {
    on_paused_clock([]() -> Task<void> {
        auto gate = std::make_shared<edo::sync::Notify>();
        auto service = make_service([gate](Request /*request*/) -> Task<Response> {
            return [](std::shared_ptr<edo::sync::Notify> open) -> Task<Response> {
                co_await open->notified();
                co_return Response::text("late");
            }(gate);
        });
        const Serving serving(service);
        auto ends = edo::io::duplex(64 * 1024);
        auto server = edo::spawn(serve_connection(std::move(ends.second), serving));
        static_cast<void>(
            co_await edo::io::write_all(ends.first, preface() + request(1, get_head())));
        co_await edo::sleep(1s);
        serving.stop().cancel();
        co_await edo::sleep(1s);
        gate->notify_one();
        const Seen seen = co_await look_to_the_end(ends.first);
        BOOST_TEST(seen.go_away == 0U);
        BOOST_TEST(seen.bodies.at(1) == "late");
        static_cast<void>(co_await server);
    });
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_closed_in_time) {
    on_paused_clock([]() -> Task<void> {
        auto ends = edo::io::duplex(64 * 1024);
        const auto start = edo::now();
        auto server =
            edo::spawn(serve_connection(std::move(ends.second), Serving(make_service(&answer))));
        static_cast<void>(co_await edo::io::write_all(ends.first, preface()));
        const Seen seen = co_await look_to_the_end(ends.first);
        BOOST_TEST(seen.go_away == 0U);
        BOOST_TEST((edo::now() - start == 75s));
        static_cast<void>(co_await server);
    });
}

BOOST_AUTO_TEST_CASE(a_service_that_throws_answers_500_and_the_connection_goes_on) {
    on_paused_clock([]() -> Task<void> {
        auto ends = edo::io::duplex(64 * 1024);
        auto server =
            edo::spawn(serve_connection(std::move(ends.second), Serving(make_service(&answer))));
        const std::string path = std::string("\x82\x86\x04\x06", 4) + "/throw" + "\x41\x01" + "a";
        static_cast<void>(co_await edo::io::write_all(
            ends.first, preface() + request(1, path) + request(3, get_head())));
        const Seen seen =
            co_await look(ends.first, [](const Seen& s) { return s.ended.size() == 2; });
        BOOST_TEST(seen.bodies.at(1) == "Internal Server Error\n");
        BOOST_TEST(seen.bodies.at(3) == "hello");
        static_cast<void>(co_await ends.first.shutdown());
        static_cast<void>(co_await server);
    });
}

BOOST_AUTO_TEST_CASE(too_many_headers_are_refused_and_the_connection_goes_on) {
    std::string many = get_head();
    for (int i = 0; i < 200; ++i) {
        many += edo::test::header("x-" + std::to_string(i), "value");
    }
    const Seen seen = talk(preface() + request(1, many) + request(3, get_head()) +
                           frame(FrameType::GoAway, 0, 0, number(0) + number(0)));
    BOOST_TEST(seen.ended.contains(1));
    BOOST_TEST(seen.bodies.at(1) == "the headers are too large, or too many\n");
    BOOST_TEST(seen.bodies.at(3) == "hello");
}

BOOST_AUTO_TEST_CASE(an_unknown_method_is_refused) {
    const std::string head =
        std::string("\x86\x84\x41\x01", 4) + "a" + edo::test::header(":method", "BREW");
    const Seen seen =
        talk(preface() + request(1, head) + frame(FrameType::GoAway, 0, 0, number(0) + number(0)));
    BOOST_TEST(seen.ended.contains(1));
    BOOST_TEST(seen.bodies.at(1) == "the method is not known\n");
}

BOOST_AUTO_TEST_CASE(who_breaks_the_rules_is_told_so) {
    const std::string open = preface();
    BOOST_TEST(talk("GET / HTTP/1.1\r\nHost: a\r\n\r\n").closed);
    // A frame that is larger than agreed on.
    BOOST_TEST(talk(open + frame(FrameType::Data, 0, 1, std::string(20'000, 'x'))).go_away != 0U);
    // A body for a request that was never made.
    BOOST_TEST(talk(open + frame(FrameType::Data, 0, 1, "x")).go_away == kProtocolError);
    // An even number is the server's.
    BOOST_TEST(talk(open + request(2, get_head())).go_away == kProtocolError);
    // Another frame in the middle of a head.
    BOOST_TEST(talk(open + frame(FrameType::Headers, 0, 1, get_head()) +
                    frame(FrameType::Ping, 0, 0, "12345678"))
                   .go_away == kProtocolError);
    // A window that is larger than any.
    BOOST_TEST(talk(open + repeated(frame(FrameType::WindowUpdate, 0, 0, number(0x7fffffff)), 2))
                   .go_away == kFlowControlError);
    // Not HPACK.
    BOOST_TEST(talk(open + request(1, std::string(20, '\xff'))).go_away != 0U);
    // A head without a method: only the request is refused.
    const Seen seen = talk(open + request(1, std::string("\x86\x84", 2)) + request(3, get_head()) +
                           frame(FrameType::GoAway, 0, 0, number(0) + number(0)));
    BOOST_TEST(seen.resets.at(1) == kProtocolError);
    BOOST_TEST(seen.bodies.at(3) == "hello");
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_cut_at_any_byte_ends) {
    const std::string text =
        preface() + request(1, post_head(), false) + frame(FrameType::Data, 0, 1, "some bytes");
    for (std::size_t size = 0; size < text.size(); ++size) {
        on_paused_clock([&]() -> Task<void> {
            auto ends = edo::io::duplex(64 * 1024);
            auto server = edo::spawn(
                serve_connection(std::move(ends.second), Serving(make_service(&answer))));
            static_cast<void>(co_await edo::io::write_all(ends.first, text.substr(0, size)));
            static_cast<void>(co_await ends.first.shutdown());
            const Seen seen = co_await look_to_the_end(ends.first);
            BOOST_TEST(seen.closed);
            static_cast<void>(co_await server);
        });
    }
}

BOOST_AUTO_TEST_CASE(a_body_beyond_the_limit_is_refused) {
    ServerOptions options;
    options.body_limit = 100;
    const Seen seen = talk(
        preface() + request(1, post_head() + edo::test::header("content-length", "101"), false) +
            request(3, get_head()) + frame(FrameType::GoAway, 0, 0, number(0) + number(0)),
        options);
    BOOST_TEST(seen.bodies.at(3) == "hello");
    BOOST_TEST(seen.ended.contains(1));
    BOOST_TEST(seen.bodies.at(1) == "the body is larger than the limit\n");
}

BOOST_AUTO_TEST_SUITE_END()
