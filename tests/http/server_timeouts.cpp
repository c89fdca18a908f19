// SPDX-License-Identifier: MIT
// Clients that stall, and the end of a server, on a clock that stands still.
#include "paused_connection.hpp"
#include "support/on_paused_clock.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <string_view>

using namespace edo::test;
using namespace std::chrono_literals;

using Connection = edo::test::PausedConnection;

BOOST_AUTO_TEST_SUITE(server_timeouts)

BOOST_AUTO_TEST_CASE(a_head_that_does_not_end_is_answered_with_408_after_30_seconds) {
    on_paused_clock([]() -> edo::Task<void> {
        Connection connection;
        co_await connection.send("GET / HT");
        const std::string answer = co_await read_everything(connection.stream);
        BOOST_TEST(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"));
        BOOST_TEST(count(answer, "Connection: close\r\n") == 1U);
        BOOST_TEST(connection.seconds() == 30);
        co_await connection.task;
    });
}

BOOST_AUTO_TEST_CASE(bytes_that_drip_do_not_prolong_a_head) {
    on_paused_clock([]() -> edo::Task<void> {
        Connection connection;
        const std::string head = get("/hello");
        for (std::size_t i = 0; i < 6; ++i) {
            co_await connection.send(head.substr(i, 1));
            co_await edo::sleep(5s - 1ms);
        }
        const std::string answer = co_await read_everything(connection.stream);
        BOOST_TEST(answer.starts_with("HTTP/1.1 408 "));
        BOOST_TEST(connection.seconds() == 30);
        co_await connection.task;
    });
}

BOOST_AUTO_TEST_CASE(a_connection_without_a_request_is_closed_silently) {
    on_paused_clock([]() -> edo::Task<void> {
        Connection connection;
        const std::string answer = co_await read_everything(connection.stream);
        BOOST_TEST(answer == "");
        BOOST_TEST(connection.seconds() == 30);
        co_await connection.task;
    });
}

BOOST_AUTO_TEST_CASE(an_idle_connection_is_kept_for_75_seconds) {
    on_paused_clock([]() -> edo::Task<void> {
        Connection connection;
        co_await edo::sleep(20s);
        co_await connection.send(get("/hello"));
        std::string answer = co_await read_up_to(connection.stream, "hello");
        BOOST_TEST(answer == kHello);
        co_await edo::sleep(70s);
        co_await connection.send(get("/hello"));
        answer = co_await read_up_to(connection.stream, "hello");
        BOOST_TEST(answer == kHello);
        BOOST_TEST(connection.seconds() == 90);
        answer = co_await read_everything(connection.stream);
        BOOST_TEST(answer == "");
        BOOST_TEST(connection.seconds() == 165);
        co_await connection.task;
    });
}

BOOST_AUTO_TEST_CASE(a_later_head_has_30_seconds_of_its_own) {
    on_paused_clock([]() -> edo::Task<void> {
        Connection connection;
        co_await connection.send(get("/hello"));
        std::string answer = co_await read_up_to(connection.stream, "hello");
        co_await edo::sleep(60s);
        co_await connection.send("G");
        co_await edo::sleep(29s);
        co_await connection.send("E");
        answer = co_await read_everything(connection.stream);
        BOOST_TEST(answer.starts_with("HTTP/1.1 408 "));
        BOOST_TEST(connection.seconds() == 90);
        co_await connection.task;
    });
}

BOOST_AUTO_TEST_CASE(a_body_of_which_nothing_comes_is_answered_with_408) {
    on_paused_clock([]() -> edo::Task<void> {
        Connection connection;
        co_await connection.send("POST /collect HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
        co_await connection.send("b");
        const std::string answer = co_await read_everything(connection.stream);
        BOOST_TEST(answer.starts_with("HTTP/1.1 408 "));
        BOOST_TEST(connection.seconds() == 30);
        co_await connection.task;
    });
}

BOOST_AUTO_TEST_CASE(a_body_that_is_dropped_has_the_same_time) {
    on_paused_clock([]() -> edo::Task<void> {
        Connection connection;
        co_await connection.send("POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
        const std::string answer = co_await read_everything(connection.stream);
        BOOST_TEST(answer == kHello);  // and nothing behind it
        BOOST_TEST(connection.seconds() == 30);
        co_await connection.task;
    });
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_loses_the_connection) {
    on_paused_clock([]() -> edo::Task<void> {
        Connection connection;
        co_await connection.send(get("/hello"));
        const std::string first = co_await read_up_to(connection.stream, "hello");
        co_await connection.send(get("/large"));
        co_await connection.task;
        BOOST_TEST(connection.seconds() == 30);
        const std::string some = co_await read_everything(connection.stream);
        BOOST_TEST(some.size() == 16U * 1024U);  // what the pipe holds, no more
    });
}

BOOST_AUTO_TEST_CASE(a_handler_has_all_the_time_it_wants) {
    on_paused_clock([]() -> edo::Task<void> {
        Connection connection;
        co_await connection.send(get("/slow"));
        const std::string answer = co_await read_up_to(connection.stream, "slow");
        BOOST_TEST(answer.ends_with("slow"));
        BOOST_TEST(connection.seconds() == 3600);
        connection.task.abort();
        static_cast<void>(co_await connection.task);
    });
}

BOOST_AUTO_TEST_CASE(limits_may_be_switched_off) {
    on_paused_clock([]() -> edo::Task<void> {
        edo::http::ServerOptions options = plain_options();
        options.header_timeout = options.idle_timeout = edo::Duration::max();
        options.body_timeout = options.write_timeout = edo::Duration::max();
        Connection connection{edo::http::Serving(routes(), options)};
        co_await edo::sleep(1000h);
        co_await connection.send("GET /hello HTTP/1.1\r\n");
        co_await edo::sleep(1000h);
        co_await connection.send("Host: a\r\n\r\n");
        const std::string answer = co_await read_up_to(connection.stream, "hello");
        BOOST_TEST(answer == kHello);
        connection.task.abort();
        static_cast<void>(co_await connection.task);
    });
}

BOOST_AUTO_TEST_CASE(short_limits_are_kept_as_well) {
    on_paused_clock([]() -> edo::Task<void> {
        edo::http::ServerOptions options = plain_options();
        options.header_timeout = 1500ms;
        options.idle_timeout = 100s;
        options.body_timeout = options.write_timeout = edo::Duration::max();
        Connection connection{edo::http::Serving(routes(), options)};
        co_await connection.send(get("/hello"));
        std::string answer = co_await read_up_to(connection.stream, "hello");
        co_await edo::sleep(90s);
        const edo::Instant start = edo::now();
        co_await connection.send("GET");
        answer = co_await read_everything(connection.stream);
        BOOST_TEST(answer.starts_with("HTTP/1.1 408 "));
        BOOST_TEST(((edo::now() - start) <= 1501ms && (edo::now() - start) >= 1500ms));
        co_await connection.task;
    });
}

BOOST_AUTO_TEST_CASE(a_stop_closes_an_idle_connection_at_once) {
    on_paused_clock([]() -> edo::Task<void> {
        Connection connection;
        co_await connection.send(get("/hello"));
        std::string answer = co_await read_up_to(connection.stream, "hello");
        connection.serving.stop().cancel();
        answer = co_await read_everything(connection.stream);
        BOOST_TEST(answer == "");
        BOOST_TEST(connection.seconds() == 0);
        co_await connection.task;
    });
}

BOOST_AUTO_TEST_CASE(a_stop_lets_a_request_finish_and_says_that_the_connection_closes) {
    on_paused_clock([]() -> edo::Task<void> {
        Connection connection;
        co_await connection.send(get("/nap") + get("/hello"));
        co_await edo::sleep(5ms);
        connection.serving.stop().cancel();
        const std::string answer = co_await read_everything(connection.stream);
        BOOST_TEST(answer == kHelloAndClose);
        co_await connection.task;
    });
}

BOOST_AUTO_TEST_CASE(a_kill_drops_a_request) {
    on_paused_clock([]() -> edo::Task<void> {
        Connection connection;
        co_await connection.send(get("/slow"));
        co_await edo::sleep(1s);
        connection.serving.stop().cancel();
        co_await edo::sleep(1s);
        BOOST_TEST(!connection.task.is_finished());
        connection.serving.kill().cancel();
        co_await connection.task;
        BOOST_TEST(connection.seconds() == 2);
    });
}

BOOST_AUTO_TEST_SUITE_END()
