// SPDX-License-Identifier: MIT
// Clients that are slow, silent, greedy or gone: what they cost is bounded, they lose their
// connection in time, and others are served meanwhile as if they were alone.
#include "h2_support.hpp"
#include "server_support.hpp"
#include "support/on_paused_clock.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace edo::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kPipe = std::size_t{16} * 1024;

/// A client's end of a connection in memory, and the task that serves the other one.
class Client {
public:
    explicit Client(const edo::http::Serving& serving) : Client(serving, edo::io::duplex(kPipe)) {}

    [[nodiscard]] auto age() const {
        return std::chrono::duration_cast<std::chrono::seconds>(edo::now() - start_).count();
    }

    edo::io::DuplexStream stream;
    edo::JoinHandle<void> served;

private:
    Client(const edo::http::Serving& serving,
           std::pair<edo::io::DuplexStream, edo::io::DuplexStream> ends)
        : stream(std::move(ends.first)),
          served(edo::spawn(edo::http::serve_connection(std::move(ends.second), serving))) {}

    edo::Instant start_ = edo::now();
};

edo::http::Serving serving() {
    return edo::http::Serving(routes(), plain_options());
}

/// Sends a byte every five seconds until the server has had enough. Yields the answer, and after
/// how many seconds it was complete.
edo::Task<std::pair<std::string, long>> drip(edo::http::Serving by, std::string bytes) {
    Client client(by);
    for (const char byte : bytes) {
        const auto sent = co_await edo::io::write_all(client.stream, std::string_view(&byte, 1));
        if (!sent || client.served.is_finished()) {
            break;
        }
        static_cast<void>(co_await edo::timeout(5s, client.served));
    }
    std::string answer = co_await read_everything(client.stream);
    const long age = client.age();
    if (!client.served.is_finished()) {
        co_await client.served;
    }
    co_return std::pair(std::move(answer), age);
}

/// Yields pieces for ever, and counts them.
class Endless final : public edo::http::BodySource {
public:
    static constexpr std::size_t kPiece = std::size_t{16} * 1024;
    explicit Endless(std::size_t& bytes) : bytes_(&bytes) {}
    edo::Task<edo::Result<std::optional<std::string>>> next() override {
        *bytes_ += kPiece;
        co_return std::optional<std::string>(std::string(kPiece, 'x'));
    }

private:
    std::size_t* bytes_;
};

std::shared_ptr<edo::http::Service> endless(std::size_t& bytes) {
    return edo::http::make_service([&bytes](edo::http::Request) -> edo::Task<edo::http::Response> {
        co_return edo::http::Response(edo::http::Status::Ok,
                                      edo::http::Body(std::make_unique<Endless>(bytes)));
    });
}

BOOST_AUTO_TEST_SUITE(server_abuse)

BOOST_AUTO_TEST_CASE(five_hundred_slow_heads_do_not_slow_others_down) {
    on_paused_clock([]() -> edo::Task<void> {
        const edo::http::Serving by = serving();
        std::vector<edo::JoinHandle<std::pair<std::string, long>>> slow;
        for (int i = 0; i < 500; ++i) {
            slow.push_back(edo::spawn(drip(by, get("/hello"))));
        }
        Client other(by);
        for (int second = 0; second < 40; ++second) {
            co_await edo::sleep(1s);
            const edo::Instant asked = edo::now();
            const auto sent = co_await edo::io::write_all(other.stream, get("/hello"));
            BOOST_TEST(sent.has_value());
            const std::string answer = co_await read_up_to(other.stream, "hello");
            BOOST_TEST(answer == kHello);
            BOOST_TEST((edo::now() == asked));  // nothing had to be waited for
        }
        for (auto& client : slow) {
            const auto [answer, age] = (co_await client).value();
            BOOST_TEST(answer.starts_with("HTTP/1.1 408 "));
            BOOST_TEST(age >= 30);
            BOOST_TEST(age <= 35);  // when the client looks again
        }
        other.served.abort();
        static_cast<void>(co_await other.served);
    });
}

BOOST_AUTO_TEST_CASE(a_body_that_drips_takes_no_memory_and_no_one_elses_time) {
    on_paused_clock([]() -> edo::Task<void> {
        const edo::http::Serving by = serving();
        Client slow(by);
        static_cast<void>(co_await edo::io::write_all(
            slow.stream, "POST /collect HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"));
        Client other(by);
        for (int second = 0; second < 20; ++second) {
            static_cast<void>(co_await edo::io::write_all(slow.stream, "b"));
            co_await edo::sleep(1s);
            static_cast<void>(co_await edo::io::write_all(other.stream, get("/hello")));
            const std::string answer = co_await read_up_to(other.stream, "hello");
            BOOST_TEST(answer == kHello);
        }
        // Bytes that drip prolong nothing.
        const std::string answer = co_await read_everything(slow.stream);
        BOOST_TEST(answer.starts_with("HTTP/1.1 408 "));
        BOOST_TEST(slow.age() == 30);
        co_await slow.served;
        other.served.abort();
        static_cast<void>(co_await other.served);
    });
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_is_given_little) {
    on_paused_clock([]() -> edo::Task<void> {
        std::size_t made = 0;
        Client client(edo::http::Serving(endless(made), plain_options()));
        static_cast<void>(co_await edo::io::write_all(client.stream, get("/")));
        co_await client.served;
        BOOST_TEST(client.age() == 30);
        // What the pipe holds, and the piece that did not fit.
        BOOST_TEST(made <= kPipe + 2 * Endless::kPiece);
    });
}

BOOST_AUTO_TEST_CASE(the_same_over_http_2) {
    on_paused_clock([]() -> edo::Task<void> {
        std::size_t made = 0;
        const edo::http::Serving by(endless(made), plain_options());
        auto [client, server] = edo::io::duplex(kPipe);
        auto served = edo::spawn(edo::http::h2::serve_connection(std::move(server), by));
        std::string requests = preface();
        constexpr std::uint32_t kStreams = 10;
        for (std::uint32_t i = 0; i < kStreams; ++i) {
            requests += frame(FrameType::Headers, kEndStream | kEndHeaders, 2 * i + 1, get_head());
        }
        static_cast<void>(co_await edo::io::write_all(client, requests));
        const edo::Instant start = edo::now();
        co_await served;
        BOOST_TEST(((edo::now() - start) <= 32s));
        BOOST_TEST(made <= kStreams * std::size_t{128} * 1024);
        BOOST_TEST(made > 0U);
    });
}

BOOST_AUTO_TEST_CASE(who_sends_requests_and_reads_no_answers_is_not_heard) {
    on_paused_clock([]() -> edo::Task<void> {
        Client client(serving());
        std::size_t taken = 0;
        const std::string request = get("/hello");
        for (;;) {
            const auto sent = co_await edo::timeout(5s, edo::io::write_all(client.stream, request));
            if (!sent || !*sent) {
                break;
            }
            taken += request.size();
        }
        // Two pipes, a block of input, a batch of answers: far from what could be sent.
        BOOST_TEST(taken < 256U * 1024U);
        co_await client.served;
        BOOST_TEST(client.age() <= 31);
    });
}

BOOST_AUTO_TEST_CASE(a_service_that_does_not_read_holds_its_client_back) {
    constexpr std::size_t kBody = 4'000'000;
    constexpr std::size_t kWrite = 1000;
    for (const bool in_chunks : {false, true}) {
        on_paused_clock([in_chunks]() -> edo::Task<void> {
            auto service = edo::http::make_service(
                [](edo::http::Request request) -> edo::Task<edo::http::Response> {
                    co_await edo::sleep(60s);
                    auto text = co_await request.body.collect(kBody);
                    co_return edo::http::Response::text(std::to_string(text.value().size()));
                });
            edo::http::ServerOptions options = plain_options();
            options.body_limit = kBody;
            Client client(edo::http::Serving(std::move(service), options));
            std::size_t taken = 0;
            auto send = [](edo::io::DuplexStream& to, bool chunked,
                           std::size_t& sent) -> edo::Task<void> {
                std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n";
                std::string piece(kWrite, 'b');
                std::string end;
                if (chunked) {
                    head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
                    piece = "3e8\r\n" + piece + "\r\n";
                    end = "0\r\n\r\n";
                }
                static_cast<void>(co_await edo::io::write_all(to, head));
                while (sent < kBody) {
                    static_cast<void>(co_await edo::io::write_all(to, piece));
                    sent += kWrite;
                }
                static_cast<void>(co_await edo::io::write_all(to, end));
            };
            auto sending = edo::spawn(send, std::ref(client.stream), in_chunks, std::ref(taken));
            co_await edo::sleep(59s);
            // What the pipe holds, and what was read along with the head.
            BOOST_TEST(taken <= 3 * kPipe);
            BOOST_TEST(taken > 0U);
            const std::string answer = co_await read_up_to(client.stream, std::to_string(kBody));
            BOOST_TEST(answer.starts_with("HTTP/1.1 200 "));
            BOOST_TEST(client.age() == 60);
            co_await sending;
            client.served.abort();
            static_cast<void>(co_await client.served);
        });
    }
}

BOOST_AUTO_TEST_CASE(a_client_that_is_gone_without_a_word_is_given_up) {
    struct Gone {
        std::string sent;
        long seconds;
    };
    const std::vector<Gone> states{
        {"", 30},                                                                  // connected
        {get("/hello"), 75},                                                       // idle
        {"GET / HT", 30},                                                          // in a head
        {"POST /collect HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab", 30},  // in a body
        {"POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab", 30},   // to be dropped
        {get("/large"), 30},                                                       // in an answer
        {"GET  / HTTP/1.1\r\n\r\n", 2}};                                           // refused
    for (const Gone& gone : states) {
        BOOST_TEST_CONTEXT("sent: " << gone.sent) {
            on_paused_clock([&gone]() -> edo::Task<void> {
                Client client(serving());
                static_cast<void>(co_await edo::io::write_all(client.stream, gone.sent));
                co_await client.served;  // the client's end is never closed
                BOOST_TEST(client.age() >= gone.seconds);
                BOOST_TEST(client.age() <= gone.seconds + 2);
            });
        }
    }
}

BOOST_AUTO_TEST_CASE(a_client_that_has_ended_its_side_gets_all_of_its_answers) {
    for_each_flavor([](edo::Runtime& runtime) {
        for (const char* const path : {"/large", "/nap", "/stream"}) {
            const std::string bytes = get("/hello") + get(path);
            const std::string all = runtime.block_on(exchange(bytes));
            BOOST_TEST(all.starts_with(kHello));
            BOOST_TEST(count(all, "HTTP/1.1 200 OK\r\n") == 2U);
            const std::string_view end = path == std::string_view("/large") ? "xxxxx"
                                         : path == std::string_view("/nap") ? "hello"
                                                                            : "0\r\n\r\n";
            BOOST_TEST(all.ends_with(end));
            if (end == "xxxxx") {
                BOOST_TEST(all.size() > 1'000'000U);
            }
        }
    });
}

BOOST_AUTO_TEST_CASE(an_exchange_is_the_same_whichever_byte_is_the_last_of_a_packet) {
    const std::string bytes =
        get("/hello") + post("/collect", "hello") +
        "POST /trailer HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "2\r\nhe\r\n3;x\r\nllo\r\n0\r\nX-Sum: b\r\n\r\n" +
        post("/ignore", "unread") + get("/stream") + "GET / HTTP/1.1\r\nHost: a b\r\n\r\n" +
        get("/hello");
    edo::Runtime runtime = edo::Builder::current_thread().build();
    const std::string expected = runtime.block_on(exchange(bytes));
    BOOST_TEST(count(expected, "HTTP/1.1 200 OK\r\n") == 5U);
    BOOST_TEST(count(expected, "HTTP/1.1 400 Bad Request\r\n") == 1U);
    for (std::size_t piece = 1; piece < bytes.size(); ++piece) {
        BOOST_TEST_CONTEXT("pieces of " << piece) {
            BOOST_TEST(runtime.block_on(exchange(bytes, plain_options(), piece)) == expected);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
