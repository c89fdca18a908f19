// SPDX-License-Identifier: MIT
// io_uring with many connections, and with more bytes than it has room for.

#include "uring_test.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace edo;
using namespace edo::test;
using net::TcpStream;

BOOST_AUTO_TEST_SUITE(uring_load)

namespace {

/// Sends back what comes, in pieces of at most that many bytes.
Task<void> send_back(TcpStream stream, std::size_t most) {
    for (;;) {
        const std::string part = co_await read_text(stream, most);
        if (part.empty()) {
            co_return;
        }
        must(co_await stream.write_all(part));
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_peer_feels_that_nobody_reads, *needs_io_uring()) {
    with_io_uring([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        must(pair.client.set_send_buffer_size(64 * 1024));
        must(pair.server.set_recv_buffer_size(64 * 1024));
        co_await start_receiving(pair.server);
        const std::string sent = letters(4 << 20, 3);
        std::size_t position = 0;
        for (int idle = 0; idle < 5;) {
            const auto n = pair.client.try_write(std::string_view(sent).substr(position));
            if (n) {
                position += *n;
                idle = 0;
            } else {
                ++idle;
                co_await sleep(2ms);
            }
        }
        if (position >= sent.size()) {
            throw std::logic_error("all was received ahead");
        }
        const auto rest = [&](TcpStream& to) -> Task<void> {
            must(co_await to.write_all(std::string_view(sent).substr(position)));
            must(co_await to.shutdown());
        };
        auto [got, nothing] = co_await join(read_to_end(pair.server), rest(pair.client));
        expect_same(got, sent);
    });
}

BOOST_AUTO_TEST_CASE(streams_work_when_buffers_have_run_out, *needs_io_uring()) {
    with_io_uring([]() -> Task<void> {
        std::vector<std::unique_ptr<RawPair>> pairs;
        std::vector<std::string> sent;
        for (unsigned i = 0; i < 80; ++i) {
            pairs.push_back(std::make_unique<RawPair>());
            co_await select(biased, read_text(pairs.back()->stream), yield_now());
            sent.push_back(letters(40'000, i));
        }
        for (std::size_t sender = 0; sender < pairs.size(); ++sender) {
            pairs[sender]->send(sent[sender]);
            co_await yield_now();
        }
        co_await sleep(5ms);
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            const std::string got = co_await read_exactly(pairs[i]->stream, sent[i].size());
            expect_same(got, sent[i]);
        }
        // The buffers are back.
        for (const auto& pair : pairs) {
            co_await select(biased, read_text(pair->stream), yield_now());
            pair->send("again");
        }
        for (const auto& pair : pairs) {
            const std::string got = co_await read_exactly(pair->stream, 5);
            expect_same(got, "again");
        }
    });
}

BOOST_AUTO_TEST_CASE(sockets_may_be_read_by_block_on_beside_the_worker, *needs_io_uring()) {
    const LeakGuard guard;
    Runtime runtime = uring_on_a_worker().build();
    runtime.block_on([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        auto echo = spawn(send_back(std::move(pair.server), 4096));
        for (int i = 0; i < 2000; ++i) {
            const std::string sent = std::to_string(i);
            must(co_await pair.client.write_all(sent));
            const std::string got = co_await read_exactly(pair.client, sent.size());
            BOOST_REQUIRE(got == sent);
        }
        must(co_await pair.client.shutdown());
        must(co_await echo);
    });
}

BOOST_AUTO_TEST_CASE(many_connections_talk_at_once, *needs_io_uring()) {
    with_io_uring([]() -> Task<void> {
        Listening listening = co_await listen_on_loopback();
        constexpr unsigned kConnections = 150;
        auto server = spawn(
            [](net::TcpListener listener) -> Task<void> {
                std::vector<JoinHandle<void>> all;
                for (unsigned i = 0; i < kConnections; ++i) {
                    auto [stream, peer] = must(co_await listener.accept());
                    all.push_back(spawn(send_back(std::move(stream), 1000)));
                }
                for (auto& each : all) {
                    must(co_await each);
                }
            },
            std::move(listening.listener));
        std::vector<JoinHandle<void>> clients;
        for (unsigned i = 0; i < kConnections; ++i) {
            clients.push_back(spawn(
                [](net::SocketAddr address, unsigned seed) -> Task<void> {
                    TcpStream stream = must(co_await TcpStream::connect(address));
                    std::minstd_rand random(seed + 1);
                    for (unsigned round = 0; round < 20; ++round) {
                        const std::string sent = letters(1 + random() % 6000, round);
                        must(co_await stream.write_all(sent));
                        const std::string got = co_await read_exactly(stream, sent.size());
                        expect_same(got, sent);
                    }
                },
                listening.address, i));
        }
        for (auto& each : clients) {
            must(co_await each);
        }
        must(co_await server);
    });
}

BOOST_AUTO_TEST_SUITE_END()
