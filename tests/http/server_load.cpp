// SPDX-License-Identifier: MIT
// Many clients at once on TCP: slow ones, ones that come and go, and a server that is told to stop
// in the middle of it.
#include "running_server.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <sys/resource.h>
#include <utility>
#include <vector>

using namespace edo::test;
using namespace std::chrono_literals;

namespace {

/// Both ends of many connections are in this process.
void allow_many_descriptors() {
    rlimit limit{};
    static_cast<void>(::getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = std::max<rlim_t>(limit.rlim_cur, std::min<rlim_t>(limit.rlim_max, 4096));
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

/// Sends the beginning of a head, then a byte now and then, until the server ends the connection.
edo::Task<std::string> drip(const Running& server) {
    edo::net::TcpStream stream = co_await server.connect();
    auto [reader, writer] = stream.split();
    auto drops = [](auto& to) -> edo::Task<void> {
        static_cast<void>(co_await to.write_all("GET /hello HTTP/1.1\r\nX: "));
        for (;;) {
            co_await edo::sleep(20ms);
            const auto sent = co_await to.write_all("y");
            if (!sent) {
                co_await edo::sleep(1h);  // what has been answered is still read
            }
        }
    };
    auto first = co_await edo::select(read_everything(reader), drops(writer));
    co_return std::move(first.get<0>());
}

/// Asks on one connection until it is closed. Yields how many answers there were, and those that
/// were none, or not whole.
edo::Task<std::pair<std::size_t, std::string>> ask_until_closed(const Running& server) {
    edo::net::TcpStream stream = co_await server.connect();
    std::size_t answers = 0;
    std::string wrong;
    for (;;) {
        const auto sent = co_await stream.write_all(get("/nap"));
        if (!sent) {
            break;
        }
        std::string answer;
        while (!answer.ends_with("hello")) {
            const std::string more = co_await read_up_to(stream, "hello");
            if (more.empty()) {
                break;
            }
            answer += more;
        }
        if (answer.empty()) {
            break;
        }
        if (answer != kHello && answer != kHelloAndClose) {
            wrong += answer;
        }
        ++answers;
        if (answer == kHelloAndClose) {
            break;
        }
    }
    co_return std::pair(answers, wrong);
}

BOOST_AUTO_TEST_SUITE(server_load)

BOOST_AUTO_TEST_CASE(
    five_hundred_slow_clients_lose_their_connections_and_others_are_served) {
    allow_many_descriptors();
    for (const RuntimeKind& kind : flavors()) {
        BOOST_TEST_CONTEXT("runtime: " << kind.name) {
            const LeakGuard guard;
            edo::Runtime runtime = edo::Builder(kind.builder).build();
            runtime.block_on([]() -> edo::Task<void> {
                edo::http::ServerOptions options = plain_options();
                options.header_timeout = 400ms;
                Running server(co_await bind(options));
                std::vector<edo::JoinHandle<std::string>> slow;
                for (int i = 0; i < 500; ++i) {
                    slow.push_back(edo::spawn(drip(server)));
                }
                std::size_t served = 0;
                bool has_slow = true;
                while (has_slow) {
                    const std::string answer = co_await server.exchange(get("/hello"));
                    BOOST_TEST(answer == kHello);
                    ++served;
                    has_slow = !slow.back().is_finished();
                    co_await edo::sleep(10ms);
                }
                for (auto& client : slow) {
                    const std::string answer = (co_await client).value();
                    // Where a byte crosses the end of the connection, the answer may be lost.
                    BOOST_TEST((answer.empty() || answer.starts_with("HTTP/1.1 408 ")));
                }
                BOOST_TEST(served > 5U);
                while (server.handle.connections() > 0) {
                    co_await edo::sleep(1ms);
                }
                co_await server.stop();
            }());
        }
    }
}

BOOST_AUTO_TEST_CASE(connections_that_end_before_their_first_byte_leave_nothing) {
    for_each_flavor_and_reactor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Running server(co_await bind());
            for (int i = 0; i < 1000; ++i) {
                edo::net::TcpStream stream = co_await server.connect();
                if (i % 2 == 0) {
                    static_cast<void>(stream.set_linger(0s));  // a reset instead of an end
                }
            }
            const std::string answer = co_await server.exchange(get("/hello"));
            BOOST_TEST(answer == kHello);
            while (server.handle.connections() > 0) {
                co_await edo::yield_now();
            }
            co_await server.stop();
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_stop_under_load_finishes_every_answer_that_has_begun) {
    for_each_flavor_and_reactor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Running server(co_await bind());
            std::vector<edo::JoinHandle<std::pair<std::size_t, std::string>>> clients;
            for (int i = 0; i < 200; ++i) {
                clients.push_back(edo::spawn(ask_until_closed(server)));
            }
            while (server.handle.connections() < 200) {
                co_await edo::sleep(1ms);
            }
            co_await edo::sleep(30ms);
            const edo::Instant start = edo::now();
            co_await server.stop(10s);
            BOOST_TEST((edo::now() - start < 5s));  // not the grace: a nap is 10 ms
            BOOST_TEST(server.handle.connections() == 0U);
            std::size_t answers = 0;
            for (auto& client : clients) {
                const auto [count, wrong] = (co_await client).value();
                BOOST_TEST(wrong == "");
                answers += count;
            }
            BOOST_TEST(answers >= 200U);
            const auto refused = co_await edo::net::TcpStream::connect(server.address);
            BOOST_TEST(!refused.has_value());
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_second_stop_under_load_drops_what_is_left) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Running server(co_await bind());
            std::vector<edo::net::TcpStream> clients;
            for (int i = 0; i < 200; ++i) {
                clients.push_back(co_await server.connect());
                static_cast<void>(co_await clients.back().write_all(get("/hello") + get("/slow")));
            }
            for (edo::net::TcpStream& client : clients) {
                const std::string answer = co_await read_up_to(client, "hello");
                BOOST_TEST(answer == kHello);
            }
            server.handle.shutdown(1h);
            co_await edo::yield_now();
            BOOST_TEST(!server.task.is_finished());
            const edo::Instant start = edo::now();
            co_await server.stop(0s);
            BOOST_TEST((edo::now() - start < 5s));
            for (edo::net::TcpStream& client : clients) {
                const std::string rest = co_await read_everything(client);
                BOOST_TEST(rest == "");
            }
        }());
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
