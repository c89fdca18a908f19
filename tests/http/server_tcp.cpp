// SPDX-License-Identifier: MIT
// The server on TCP, on every kind of runtime and reactor.
#include "running_server.hpp"
#include "support/child_case.hpp"
#include "support/event.hpp"
#include "support/threads.hpp"
#include <edo/net/http/server/input.hpp>
#include <edo/net/http/server/socket_read.hpp>
#include <edo/net/unix_stream.hpp>
#include <edo/runtime/signal/signal.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <utility>
#include <vector>

using namespace edo::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(server_tcp)

BOOST_AUTO_TEST_CASE(many_clients_are_served_at_the_same_time) {
    for_each_flavor_and_reactor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Running server(co_await bind());
            std::vector<edo::JoinHandle<std::string>> clients;
            for (int i = 0; i < 50; ++i) {
                clients.push_back(edo::spawn(server.exchange(
                    get("/hello") + get("/nap") + post("/echo", std::string(70'000, 'b')))));
            }
            for (auto& client : clients) {
                const std::string answer = (co_await client).value();
                BOOST_TEST(answer.size() == 2 * kHello.size() + 70'000U + 42U);
                BOOST_TEST(answer.starts_with(kHello + kHello));
            }
            co_await server.stop();
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_server_of_one_thread_that_waits_for_ctrl_c_has_one_thread) {
    if (!is_child()) {
        const ChildEnd end = run_case_in_child(
            "server_tcp/a_server_of_one_thread_that_waits_for_ctrl_c_has_one_thread", "EDO_LOG",
            "info");
        BOOST_TEST(end.exit_code == 0, end.output);
        return;
    }
    const NoNewThread guard;
    edo::Runtime runtime = edo::Builder::current_thread().build();
    runtime.block_on([]() -> edo::Task<void> {
        Running server(co_await bind());
        auto interrupt = edo::signal::Signal::create(SIGINT).value();
        auto interrupted =
            edo::spawn([&interrupt]() -> edo::Task<void> { co_await interrupt.recv(); });
        const std::string answer = co_await server.exchange(get("/hello"));
        BOOST_TEST(answer == kHello);
        ::raise(SIGINT);
        static_cast<void>(co_await interrupted);
        co_await server.stop();
    }());
}

BOOST_AUTO_TEST_CASE(the_service_sees_who_asks) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Running server(co_await bind(),
                           edo::http::make_service(
                               [](edo::http::Request request) -> edo::Task<edo::http::Response> {
                                   co_return edo::http::Response::text(
                                       request.peer ? request.peer->to_string() : "nobody");
                               }));
            edo::net::TcpStream stream = co_await server.connect();
            const std::string own = stream.local_addr().value().to_string();
            static_cast<void>(co_await stream.write_all(get("/")));
            static_cast<void>(co_await stream.shutdown());
            const std::string answer = co_await read_everything(stream);
            BOOST_TEST(answer.ends_with("\r\n\r\n" + own));
            co_await server.stop();
        }());
    });
}

BOOST_AUTO_TEST_CASE(pipelined_answers_do_not_wait_for_a_slow_one) {
    for_each_flavor_and_reactor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Running server(co_await bind());
            edo::net::TcpStream stream = co_await server.connect();
            static_cast<void>(
                co_await stream.write_all(get("/hello") + get("/hello") + get("/slow")));
            std::string answers = co_await read_up_to(stream, "hello");
            while (answers.size() < 2 * kHello.size()) {
                answers += co_await read_up_to(stream, "hello");
            }
            BOOST_TEST(answers == kHello + kHello);
            co_await server.stop(0s);
        }());
    });
}

BOOST_AUTO_TEST_CASE(large_answers_wait_for_the_client) {
    for_each_flavor_and_reactor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Running server(co_await bind());
            edo::net::TcpStream stream = co_await server.connect();
            std::string requests;
            for (int i = 0; i < 20; ++i) {
                requests += get("/large") + get("/stream");
            }
            static_cast<void>(co_await stream.write_all(requests));
            static_cast<void>(co_await stream.shutdown());
            const std::string all = co_await read_everything(stream);
            BOOST_TEST(count(all, "HTTP/1.1 200 OK") == 40U);
            BOOST_TEST(all.size() > 20'000'000U);
            co_await server.stop();
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_refused_request_is_answered_although_the_client_goes_on_sending) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Running server(co_await bind());
            for (int i = 0; i < 20; ++i) {
                edo::net::TcpStream stream = co_await server.connect();
                static_cast<void>(co_await stream.write_all(
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n" +
                    std::string(300'000, 'b')));
                const std::string answer = co_await read_everything(stream);
                BOOST_TEST(answer.starts_with("HTTP/1.1 413 "));
            }
            co_await server.stop();
        }());
    });
}

BOOST_AUTO_TEST_CASE(clients_that_abort_do_no_harm) {
    for_each_flavor_and_reactor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Running server(co_await bind());
            for (int i = 0; i < 100; ++i) {
                edo::net::TcpStream stream = co_await server.connect();
                static_cast<void>(stream.set_linger(0s));
                switch (i % 5) {
                    case 1:
                        static_cast<void>(co_await stream.write_all("GET / HT"));
                        break;
                    case 2:
                        static_cast<void>(co_await stream.write_all(get("/large")));
                        break;
                    case 3:
                        static_cast<void>(co_await stream.write_all(get("/slow")));
                        break;
                    case 4:
                        static_cast<void>(co_await stream.write_all(
                            "POST /collect HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"));
                        break;
                    default:
                        break;
                }
                co_await edo::yield_now();
            }
            const std::string answer = co_await server.exchange(get("/hello"));
            BOOST_TEST(answer == kHello);
            co_await server.stop(0s);
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_stop_finishes_what_is_in_flight) {
    for_each_flavor_and_reactor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto asked = std::make_shared<Event>();
            auto service = edo::http::make_service(
                [inner = routes(),
                 asked](edo::http::Request request) -> edo::Task<edo::http::Response> {
                    if (request.path() == "/nap") {
                        asked->set();
                    }
                    co_return co_await inner->call(std::move(request));
                });
            Running server(co_await bind(), std::move(service));
            edo::net::TcpStream idle = co_await server.connect();
            static_cast<void>(co_await idle.write_all(get("/hello")));
            std::string answer = co_await read_up_to(idle, "hello");
            edo::net::TcpStream busy = co_await server.connect();
            static_cast<void>(co_await busy.write_all(get("/nap")));
            co_await *asked;
            co_await server.stop();
            BOOST_TEST(server.handle.connections() == 0U);
            answer = co_await read_everything(idle);
            BOOST_TEST(answer == "");
            answer = co_await read_everything(busy);
            // It may have been answered before the server was told to stop.
            BOOST_TEST((answer == kHelloAndClose || answer == kHello));
            const auto refused = co_await edo::net::TcpStream::connect(server.address);
            BOOST_TEST(!refused.has_value());
        }());
    });
}

BOOST_AUTO_TEST_CASE(what_takes_longer_than_the_grace_is_dropped) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Running server(co_await bind());
            edo::net::TcpStream stream = co_await server.connect();
            static_cast<void>(co_await stream.write_all(get("/hello") + get("/slow")));
            std::string answer = co_await read_up_to(stream, "hello");
            server.handle.shutdown(1h);
            co_await edo::yield_now();
            BOOST_TEST(!server.task.is_finished());
            const edo::Instant start = edo::now();
            co_await server.stop(20ms);
            BOOST_TEST((edo::now() - start < 5s));
            answer = co_await read_everything(stream);
            BOOST_TEST(answer == "");
        }());
    });
}

BOOST_AUTO_TEST_CASE(dropping_a_server_drops_its_connections) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Running server(co_await bind());
            edo::net::TcpStream stream = co_await server.connect();
            static_cast<void>(co_await stream.write_all(get("/slow")));
            while (server.handle.connections() == 0) {
                co_await edo::yield_now();
            }
            server.task.abort();
            static_cast<void>(co_await server.task);
            const std::string answer = co_await read_everything(stream);
            BOOST_TEST(answer == "");
            while (server.handle.connections() > 0) {
                co_await edo::yield_now();
            }
        }());
    });
}

BOOST_AUTO_TEST_CASE(no_more_connections_are_served_than_allowed) {  // F-04
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::http::ServerOptions options = plain_options();
            options.max_connections = 3;
            std::atomic<int> open{0};
            std::atomic<int> most{0};
            Running server(
                co_await bind(options),
                edo::http::make_service([&](edo::http::Request) -> edo::Task<edo::http::Response> {
                    const int now_open = ++open;
                    int seen = most.load();
                    while (seen < now_open && !most.compare_exchange_weak(seen, now_open)) {
                    }
                    co_await edo::sleep(1ms);
                    --open;
                    co_return edo::http::Response::text("hello");
                }));
            std::vector<edo::JoinHandle<std::string>> clients;
            for (int i = 0; i < 30; ++i) {
                clients.push_back(edo::spawn(server.exchange(get("/"))));
            }
            for (auto& client : clients) {
                const std::string answer = (co_await client).value();
                BOOST_TEST(answer == kHello);
            }
            BOOST_TEST(most.load() <= 3);
            co_await server.stop();
        }());
    });
}

/// A request whose body is read from the connection, however it comes.
const std::string kChunked =
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";

BOOST_AUTO_TEST_CASE(a_body_must_be_read_in_the_task_of_its_connection) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Running server(
                co_await bind(),
                edo::http::make_service(
                    [](edo::http::Request request) -> edo::Task<edo::http::Response> {
                        auto elsewhere = edo::spawn(
                            [](edo::http::Body body) -> edo::Task<std::string> {
                                try {
                                    static_cast<void>(co_await body.collect());
                                } catch (const edo::UsageError&) {
                                    co_return "misuse";
                                }
                                co_return "read";
                            },
                            std::move(request.body));
                        co_return edo::http::Response::text((co_await elsewhere).value());
                    }));
            const std::string answer = co_await server.exchange(kChunked);
            BOOST_TEST(answer.ends_with("misuse"));
            co_await server.stop();
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_body_that_outlives_its_request_is_gone) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto kept = std::make_shared<std::vector<edo::http::Body>>();
            auto service = edo::http::make_service(
                [kept](edo::http::Request request) -> edo::Task<edo::http::Response> {
                    std::string text = "kept";
                    if (!kept->empty()) {
                        const auto piece = co_await kept->front().next();
                        text = piece ? "a piece" : piece.error().message();
                    }
                    kept->push_back(std::move(request.body));
                    co_return edo::http::Response::text(text);
                });
            Running server(co_await bind(), std::move(service));
            const std::string answer = co_await server.exchange(kChunked + kChunked);
            BOOST_TEST(answer.ends_with("the request is over, and its body is gone"));
            co_await server.stop();
            kept->clear();
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_body_that_has_come_with_its_head_is_in_memory) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto service = edo::http::make_service(
                [](edo::http::Request request) -> edo::Task<edo::http::Response> {
                    const bool is_text = request.body.is_text();
                    const std::string text = (co_await request.body.collect()).value();
                    co_return edo::http::Response::text((is_text ? "memory " : "connection ") +
                                                        text);
                });
            Running server(co_await bind(), std::move(service));
            const std::string answer =
                co_await server.exchange(post("/", "one") + post("/", "two") + kChunked);
            BOOST_TEST(count(answer, "memory one") == 1U);
            BOOST_TEST(count(answer, "memory two") == 1U);
            BOOST_TEST(answer.ends_with("connection hello"));
            co_await server.stop();
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_read_that_waits_owns_no_memory) {
    edo::Runtime runtime = edo::Builder::current_thread().build();
    runtime.block_on([]() -> edo::Task<void> {
        auto pair = edo::net::UnixStream::pair().value();
        edo::http::detail::Input input;
        static_cast<void>(co_await pair.first.write_all("hello"));
        const auto count = co_await edo::http::detail::SocketRead(pair.second.io_source(), input);
        BOOST_TEST(count.value() == 5U);
        input.consume(5);
        BOOST_TEST(input.owns_memory());
        // The socket is known to be empty, so that this one makes no attempt before it waits.
        const edo::http::detail::SocketRead next(pair.second.io_source(), input);
        BOOST_TEST(!input.owns_memory());
    }());
}

BOOST_AUTO_TEST_CASE(an_upgrade_keeps_the_connection) {
    for_each_flavor_and_reactor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            Running server(co_await bind());
            edo::net::TcpStream stream = co_await server.connect();
            static_cast<void>(co_await stream.write_all(
                get("/upgrade", "Connection: Upgrade\r\nUpgrade: echo\r\n") + "early"));
            std::string answer = co_await read_up_to(stream, "early");
            BOOST_TEST(answer.starts_with("HTTP/1.1 101 "));
            static_cast<void>(co_await stream.write_all("late"));
            answer = co_await read_up_to(stream, "late");
            BOOST_TEST(answer == "late");
            static_cast<void>(co_await stream.shutdown());
            answer = co_await read_everything(stream);
            BOOST_TEST(answer == "");
            co_await server.stop();
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_server_without_a_service_and_one_that_served_are_misuse) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            edo::http::Server server = co_await bind();
            bool thrown = false;
            try {
                static_cast<void>(co_await server.serve(nullptr));
            } catch (const edo::UsageError&) {
                thrown = true;
            }
            BOOST_TEST(thrown);
            thrown = false;
            try {
                static_cast<void>(co_await server.serve(routes()));
            } catch (const edo::UsageError&) {
                thrown = true;
            }
            BOOST_TEST(thrown);
        }());
    });
}

BOOST_AUTO_TEST_SUITE_END()
