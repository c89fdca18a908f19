// SPDX-License-Identifier: MIT
// Clients that send or take a byte now and then, on a clock that stands still: they
// are waited for as long as the limit says, and a second longer for each 240 bytes.
#include "h2_support.hpp"
#include "paused_connection.hpp"
#include "support/on_paused_clock.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

using namespace edo::test;
using namespace std::chrono_literals;
namespace http = edo::http;
using Connection = edo::test::PausedConnection;

namespace {

using edo::Task;

constexpr std::uint32_t kCancel = 8;

std::string post_head_of(std::size_t length, std::string_view path = "/collect") {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
}

/// Sends a piece each second, whether the server takes it or not.
template <class S>
Task<void> drip(S& stream, std::string piece, int times) {
    for (int i = 0; i < times; ++i) {
        static_cast<void>(co_await edo::io::write_all(stream, piece));
        co_await edo::sleep(1s);
    }
}

/// Reads so many bytes each second.
template <class S>
Task<std::size_t> sip(S& stream, std::size_t bytes) {
    std::string buffer(bytes, '\0');
    std::size_t total = 0;
    for (;;) {
        const auto count = co_await stream.read(std::as_writable_bytes(std::span(buffer)));
        if (!count || *count == 0) {
            co_return total;
        }
        total += *count;
        co_await edo::sleep(1s);
    }
}

/// A connection whose client lets the server send `step` bytes each 20 s, ten times.
/// @return How many bytes have come, and whether the answer was given up.
Task<std::pair<std::size_t, bool>> open_window_slowly(std::uint32_t step,
                                                      http::ServerOptions options) {
    auto service = http::make_service([](http::Request) -> Task<http::Response> {
        co_return http::Response::text(std::string(1'000'000, 'l'));
    });
    auto ends = edo::io::duplex(64 * 1024);
    auto served = edo::spawn(
        http::h2::serve_connection(std::move(ends.second), http::Serving(service, options)));
    const std::string settings = std::string("\0\x04\0\0\0\x01", 6);
    static_cast<void>(co_await edo::io::write_all(
        ends.first, std::string(http::h2::kPreface) + frame(FrameType::Settings, 0, 0, settings) +
                        request(1, get_head())));
    const std::string more = frame(FrameType::WindowUpdate, 0, 1, number(step)) +
                             frame(FrameType::WindowUpdate, 0, 0, number(step));
    const auto open = [](edo::io::DuplexStream& to, std::string text) -> Task<void> {
        for (int i = 0; i < 10; ++i) {
            co_await edo::sleep(20s);
            static_cast<void>(co_await edo::io::write_all(to, text));
        }
    };
    auto opening = open(ends.first, more);
    const std::size_t all = 1 + 10 * step;
    const auto enough = [&](const Seen& s) {
        return !s.resets.empty() || (s.bodies.contains(1) && s.bodies.at(1).size() == all);
    };
    auto both = co_await edo::join(look(ends.first, enough), std::move(opening));
    Seen& seen = std::get<0>(both);
    BOOST_TEST(!seen.closed);
    const bool is_given_up = seen.resets.contains(1) && seen.resets.at(1) == kCancel;
    const std::size_t came = seen.bodies[1].size();
    static_cast<void>(co_await ends.first.shutdown());
    static_cast<void>(co_await served);
    co_return std::pair(came, is_given_up);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_slow_peers)

BOOST_AUTO_TEST_CASE(a_body_that_drips_is_answered_with_408) {
    on_paused_clock([]() -> Task<void> {
        Connection connection;
        co_await connection.send(post_head_of(1000));
        auto first = co_await edo::select(read_everything(connection.stream),
                                          drip(connection.stream, "b", 100));
        BOOST_REQUIRE(first.is<0>());
        BOOST_TEST(first.get<0>().starts_with("HTTP/1.1 408 "));
        BOOST_TEST(connection.seconds() <= 32);  // and 2 s for the client to read that
        BOOST_TEST(connection.seconds() >= 30);
        co_await connection.task;
    });
}

BOOST_AUTO_TEST_CASE(a_pause_of_the_service_does_not_delay_the_moment) {
    on_paused_clock([]() -> Task<void> {
        // It waits for bytes in the first 25 s, and then not for 10 s, in which the server looks at
        // a deadline that does not run.
        auto service = http::make_service([](http::Request request) -> Task<http::Response> {
            const edo::Instant start = edo::now();
            for (;;) {
                auto piece = co_await request.body.next();
                if (!piece || !*piece) {
                    co_return http::Response::text("an end");
                }
                if (edo::now() - start == 25s) {
                    co_await edo::sleep(10s);
                }
            }
        });
        Connection connection{http::Serving(std::move(service), plain_options())};
        co_await connection.send(post_head_of(1000));
        auto sent = edo::spawn([&]() -> Task<void> {
            co_await edo::sleep(25s);
            co_await connection.send("b");
        });
        const std::string answer = co_await read_up_to(connection.stream, "\n");
        BOOST_TEST(answer.starts_with("HTTP/1.1 408 "));
        BOOST_TEST(connection.seconds() == 40);
        connection.task.abort();
        static_cast<void>(co_await connection.task);
        co_await sent;
    });
}

BOOST_AUTO_TEST_CASE(a_body_that_drips_into_a_service_that_drops_it_is_cut_as_well) {
    on_paused_clock([]() -> Task<void> {
        Connection connection;
        co_await connection.send(post_head_of(1000, "/ignore"));
        auto first = co_await edo::select(read_everything(connection.stream),
                                          drip(connection.stream, "b", 100));
        BOOST_REQUIRE(first.is<0>());
        BOOST_TEST(first.get<0>() == kHello);
        BOOST_TEST(connection.seconds() == 30);
        co_await connection.task;
    });
}

BOOST_AUTO_TEST_CASE(a_body_that_comes_fast_enough_has_all_the_time_it_needs) {
    on_paused_clock([]() -> Task<void> {
        Connection connection;
        co_await connection.send(post_head_of(300 * 240));
        co_await drip(connection.stream, std::string(240, 'b'), 300);
        const std::string answer =
            co_await read_up_to(connection.stream, std::string(300 * 240, 'b'));
        BOOST_TEST(answer.starts_with("HTTP/1.1 200 "));
        BOOST_TEST(connection.seconds() >= 300);
        connection.task.abort();
        static_cast<void>(co_await connection.task);
    });
}

BOOST_AUTO_TEST_CASE(what_has_come_buys_time) {
    on_paused_clock([]() -> Task<void> {
        Connection connection;
        co_await connection.send(post_head_of(40'000) + std::string(24'000, 'b'));
        auto first = co_await edo::select(read_everything(connection.stream),
                                          drip(connection.stream, "b", 1000));
        BOOST_REQUIRE(first.is<0>());
        BOOST_TEST(first.get<0>().starts_with("HTTP/1.1 408 "));
        BOOST_TEST(connection.seconds() >= 130);
        BOOST_TEST(connection.seconds() <= 132);
        co_await connection.task;
    });
}

BOOST_AUTO_TEST_CASE(the_time_in_which_the_service_does_not_read_is_its_own) {
    on_paused_clock([]() -> Task<void> {
        auto service = http::make_service([](http::Request request) -> Task<http::Response> {
            std::string all;
            for (int i = 0; i < 3; ++i) {
                auto piece = co_await request.body.next();
                all += piece.value().value();
                co_await edo::sleep(100s);
            }
            co_return http::Response::text(all);
        });
        Connection connection{http::Serving(std::move(service), plain_options())};
        co_await connection.send(post_head_of(3) + "a");
        co_await edo::sleep(109s);
        co_await connection.send("b");
        co_await edo::sleep(109s);
        co_await connection.send("c");
        const std::string answer = co_await read_up_to(connection.stream, "abc");
        BOOST_TEST(answer.starts_with("HTTP/1.1 200 "));
        connection.task.abort();
        static_cast<void>(co_await connection.task);
    });
}

BOOST_AUTO_TEST_CASE(without_a_rate_each_byte_has_its_own_time) {
    on_paused_clock([]() -> Task<void> {
        http::ServerOptions options = plain_options();
        options.min_body_rate = 0;
        Connection connection{http::Serving(routes(), options)};
        co_await connection.send(post_head_of(10));
        for (int i = 0; i < 10; ++i) {
            co_await edo::sleep(29s);
            co_await connection.send("b");
        }
        const std::string answer = co_await read_up_to(connection.stream, "bbbbbbbbbb");
        BOOST_TEST(answer.starts_with("HTTP/1.1 200 "));
        connection.task.abort();
        static_cast<void>(co_await connection.task);
    });
}

BOOST_AUTO_TEST_CASE(a_client_that_sips_loses_the_connection) {
    on_paused_clock([]() -> Task<void> {
        Connection connection;
        co_await connection.send(get("/large"));
        auto sipped = edo::spawn(sip(connection.stream, 1));
        co_await connection.task;
        // The pipe has taken 16 KB: they are worth 68 s.
        BOOST_TEST(connection.seconds() >= 98);
        BOOST_TEST(connection.seconds() <= 99);
        sipped.abort();
        static_cast<void>(co_await sipped);
    });
}

BOOST_AUTO_TEST_CASE(a_client_that_takes_enough_gets_everything) {
    on_paused_clock([]() -> Task<void> {
        Connection connection;
        co_await connection.send(get("/large", "Connection: close\r\n"));
        const std::size_t total = co_await sip(connection.stream, 300);
        BOOST_TEST(total > 1'000'000U);
        BOOST_TEST(connection.seconds() > 3000);
        co_await connection.task;
    });
}

BOOST_AUTO_TEST_CASE(a_sip_is_enough_without_a_rate) {
    on_paused_clock([]() -> Task<void> {
        http::ServerOptions options = plain_options();
        options.min_write_rate = 0;
        Connection connection{http::Serving(routes(), options)};
        co_await connection.send(get("/large"));
        auto first = co_await edo::select(sip(connection.stream, 1), edo::sleep(1000s));
        BOOST_TEST(first.is<1>());
        BOOST_TEST(!connection.task.is_finished());
        connection.task.abort();
        static_cast<void>(co_await connection.task);
    });
}

BOOST_AUTO_TEST_CASE(a_body_that_drips_is_answered_with_408_over_http2) {
    on_paused_clock([]() -> Task<void> {
        auto service = http::make_service([](http::Request request) -> Task<http::Response> {
            const auto text = co_await request.body.collect();
            const std::error_code error = text ? std::error_code() : text.error();
            co_return http::Response::text(error.message());
        });
        auto ends = edo::io::duplex(64 * 1024);
        auto served =
            edo::spawn(http::h2::serve_connection(std::move(ends.second), http::Serving(service)));
        const edo::Instant start = edo::now();
        static_cast<void>(
            co_await edo::io::write_all(ends.first, preface() + request(1, post_head(), false)));
        auto first = co_await edo::select(
            look(ends.first, [](const Seen& s) { return s.ended.contains(1); }),
            drip(ends.first, frame(FrameType::Data, 0, 1, "b"), 100));
        BOOST_REQUIRE(first.is<0>());
        const edo::Duration took = edo::now() - start;
        BOOST_TEST((took >= 30s && took < 31s));
        BOOST_TEST(first.get<0>().bodies[1] ==
                   http::make_error_code(http::Errc::BodyTimeout).message());
        static_cast<void>(co_await ends.first.shutdown());
        static_cast<void>(co_await served);
    });
}

BOOST_AUTO_TEST_CASE(a_client_that_opens_its_window_by_a_byte_loses_its_request) {
    on_paused_clock([]() -> Task<void> {
        const auto result = co_await open_window_slowly(1, http::ServerOptions());
        BOOST_TEST(result.second);
        BOOST_TEST(result.first <= 4U);  // in less than 90 s
    });
}

BOOST_AUTO_TEST_CASE(a_client_that_opens_its_window_by_enough_keeps_its_request) {
    on_paused_clock([]() -> Task<void> {
        const auto result = co_await open_window_slowly(8000, http::ServerOptions());
        BOOST_TEST(!result.second);
        BOOST_TEST(result.first == 80'001U);
    });
}

BOOST_AUTO_TEST_CASE(a_byte_is_enough_over_http2_without_a_rate) {
    on_paused_clock([]() -> Task<void> {
        http::ServerOptions options;
        options.min_write_rate = 0;
        const auto result = co_await open_window_slowly(1, options);
        BOOST_TEST(!result.second);
        BOOST_TEST(result.first == 11U);
    });
}

BOOST_AUTO_TEST_CASE(a_client_that_sips_from_the_pipe_loses_the_connection) {
    on_paused_clock([]() -> Task<void> {
        auto service = http::make_service([](http::Request) -> Task<http::Response> {
            co_return http::Response::text(std::string(1'000'000, 'l'));
        });
        auto ends = edo::io::duplex(1024);
        auto served =
            edo::spawn(http::h2::serve_connection(std::move(ends.second), http::Serving(service)));
        const edo::Instant start = edo::now();
        static_cast<void>(
            co_await edo::io::write_all(ends.first, preface() + request(1, get_head())));
        auto sipped = edo::spawn(sip(ends.first, 1));
        static_cast<void>(co_await served);
        const edo::Duration took = edo::now() - start;
        BOOST_TEST((took >= 30s && took <= 45s));
        sipped.abort();
        static_cast<void>(co_await sipped);
    });
}

BOOST_AUTO_TEST_SUITE_END()
