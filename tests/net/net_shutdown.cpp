// SPDX-License-Identifier: MIT
// The end of a runtime with operations under way, and sockets that live longer than it.

#include "net_test.hpp"
#include <edo/net/udp_socket.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <optional>
#include <sys/socket.h>

using namespace edo;
using namespace edo::test;
using net::TcpListener;
using net::TcpStream;
using net::UdpSocket;

BOOST_AUTO_TEST_SUITE(net_shutdown)

BOOST_AUTO_TEST_CASE(a_runtime_ends_with_operations_of_all_kinds_under_way) {
    for_each_flavor_and_reactor([](Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            Pair pair = co_await connected_pair();
            fill(pair.client);
            auto [reader, writer] = std::move(pair.client).into_split();
            spawn([](net::OwnedReadHalf half) -> Task<void> { co_await read_to_end(half); },
                  std::move(reader))
                .detach();
            spawn(
                [](net::OwnedWriteHalf half) -> Task<void> { must(co_await half.write_all("x")); },
                std::move(writer))
                .detach();
            spawn(
                [](TcpStream stream) -> Task<void> {
                    must(co_await stream.read_exact(room(*std::make_unique<std::string>(1, 'x'))));
                    co_await sleep(1h);
                },
                std::move(pair.server))
                .detach();
            Listening listening = co_await listen_on_loopback();
            spawn([](TcpListener listener) -> Task<void> { must(co_await listener.accept()); },
                  std::move(listening.listener))
                .detach();
            spawn([]() -> Task<void> {
                const auto socket = must(co_await UdpSocket::bind("127.0.0.1:0"));
                std::array<std::byte, 10> buffer{};
                must(co_await socket.recv_from(buffer));
            }).detach();
            for (int i = 0; i < 10; ++i) {
                co_await yield_now();  // most of them wait by now
            }
        });
    });
}

BOOST_AUTO_TEST_CASE(what_waits_in_a_runtime_that_ends_sees_its_peers_go) {
    for_each_flavor_and_reactor([](Runtime& runtime) {
        RawPair pair;
        runtime
            .spawn([](TcpStream stream) -> Task<void> { co_await read_to_end(stream); },
                   std::move(pair.stream))
            .detach();
        pair.send("x");
        runtime.shutdown_timeout(10s);
        // The task is gone, and its socket with it.
        std::array<char, 10> buffer{};
        BOOST_TEST(::recv(pair.peer(), buffer.data(), buffer.size(), 0) <= 0);
    });
}

BOOST_AUTO_TEST_CASE(a_socket_that_outlives_its_runtime_fails_with_an_error) {
    for_each_flavor_and_reactor([](Runtime& second) {
        for (const RuntimeKind& kind : flavors_and_reactors()) {
            RawPair pair;
            std::optional<TcpListener> listener;
            std::optional<UdpSocket> datagrams;
            {
                Runtime first = kind.builder.build();
                first.block_on([&]() -> Task<void> {
                    // All of them have waited once: the first runtime is their home.
                    auto [got, sent] =
                        co_await join(read_text(pair.stream), [](const RawPair& to) -> Task<void> {
                            co_await yield_now();
                            to.send("x");
                        }(pair));
                    BOOST_TEST(got == "x");
                    Listening listening = co_await listen_on_loopback();
                    auto none = co_await select(biased, listening.listener.accept(), yield_now());
                    BOOST_TEST(none.is<1>());
                    listener = std::move(listening.listener);
                    datagrams = must(co_await UdpSocket::bind("127.0.0.1:0"));
                    auto empty = co_await select(biased, datagrams->readable(), yield_now());
                    BOOST_TEST(empty.is<1>());
                });
            }
            second.block_on([&]() -> Task<void> {
                std::array<std::byte, 10> buffer{};
                // What need not wait still works.
                pair.send("y");
                const auto there = co_await pair.stream.read(buffer);
                BOOST_TEST(must(there) == 1u);
                const auto written = co_await pair.stream.write("z");
                BOOST_TEST(must(written) == 1u);

                const auto read = co_await pair.stream.read(buffer);
                BOOST_REQUIRE(!read.has_value());
                BOOST_TEST((read.error() == Errc::RuntimeShutdown));
                BOOST_TEST((read.error() == std::errc::operation_canceled));
                const auto readable = co_await pair.stream.readable();
                BOOST_TEST((readable.error() == Errc::RuntimeShutdown));
                fill(pair.stream);
                const auto full = co_await pair.stream.write_all("x");
                BOOST_REQUIRE(!full.has_value());
                BOOST_TEST((full.error() == Errc::RuntimeShutdown));
                const auto accepted = co_await listener->accept();
                BOOST_REQUIRE(!accepted.has_value());
                BOOST_TEST((accepted.error() == Errc::RuntimeShutdown));
                const auto received = co_await datagrams->recv_from(buffer);
                BOOST_REQUIRE(!received.has_value());
                BOOST_TEST((received.error() == Errc::RuntimeShutdown));

                // The descriptor itself is as good as before.
                TcpStream again = must(TcpStream::from_fd(std::move(pair.stream).into_fd()));
                pair.send("again");
                const std::string got = co_await read_text(again);
                BOOST_TEST(got == "again");
                const auto none = co_await select(biased, read_text(again), yield_now());
                BOOST_TEST(none.is<1>());
            });
        }
    });
}

BOOST_AUTO_TEST_CASE(a_socket_can_be_used_in_another_runtime_while_its_own_lives) {
    for_each_flavor_and_reactor([](Runtime& second) {
        Runtime first = Builder::multi_thread(1).build();
        Pair pair = first.block_on(connected_pair());
        const auto got = second.block_on([&pair]() -> Task<std::string> {
            auto [text, sent] = co_await join(read_text(pair.server), pair.client.write("across"));
            co_return text;
        });
        BOOST_TEST(got == "across");
    });
}

// Ends at random moments, with peers that go on.
BOOST_AUTO_TEST_CASE(runtimes_end_in_the_middle_of_traffic) {
    for_each_flavor_and_reactor([](Builder builder) {
        for (int round = 0; round < 20; ++round) {
            std::atomic<int> messages{0};
            Runtime runtime = builder.build();
            runtime.block_on([&]() -> Task<void> {
                std::vector<JoinHandle<void>> tasks;
                for (int i = 0; i < 4; ++i) {
                    Pair pair = co_await connected_pair();
                    for (TcpStream* const end : {&pair.client, &pair.server}) {
                        spawn(
                            [](TcpStream stream, std::atomic<int>* count) -> Task<void> {
                                std::array<std::byte, 64> buffer{};
                                auto written = co_await stream.write("go");
                                while (written) {
                                    const auto n = co_await stream.read(buffer);
                                    if (!n || *n == 0) {
                                        co_return;
                                    }
                                    count->fetch_add(1);
                                    written = co_await stream.write(std::span(buffer).first(*n));
                                }
                            },
                            std::move(*end), &messages)
                            .detach();
                    }
                }
                while (messages.load() < round * 10) {
                    co_await yield_now();
                }
            });
        }
    });
}

BOOST_AUTO_TEST_SUITE_END()
