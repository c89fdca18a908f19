// SPDX-License-Identifier: MIT
// Much data, in pieces of all sizes, both ways at once: every byte arrives, in order.

#include "net_test.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <random>

using namespace edo;
using namespace edo::test;
using net::OwnedReadHalf;
using net::OwnedWriteHalf;

BOOST_AUTO_TEST_SUITE(tcp_transfer)

namespace {

constexpr std::size_t kSize = 4 * 1024 * 1024;

/// Bytes that differ from place to place, so that a lost or swapped one is seen.
class Pattern {
public:
    explicit Pattern(unsigned seed) : random_(seed) {}

    std::byte next() {
        if (left_ == 0) {
            word_ = random_();
            left_ = sizeof word_;
        }
        const auto byte = std::byte(word_ & 0xff);
        word_ >>= 8;
        --left_;
        return byte;
    }

private:
    std::mt19937_64 random_;
    std::uint64_t word_ = 0;
    std::size_t left_ = 0;
};

/// Sizes from 1 byte to more than a socket takes at once, small ones more often.
std::size_t random_size(std::mt19937& random) {
    return std::size_t{1} << (random() % 18) | random() % 64;
}

Task<void> send_pattern(OwnedWriteHalf stream, unsigned seed) {
    Pattern pattern(seed);
    std::mt19937 random(seed);
    std::vector<std::byte> block;
    for (std::size_t sent = 0; sent < kSize;) {
        block.resize(std::min(random_size(random), kSize - sent));
        std::generate(block.begin(), block.end(), [&pattern] { return pattern.next(); });
        const std::span<const std::byte> all(block);
        switch (random() % 3) {
            case 0:
                must(co_await stream.write_all(all));
                break;
            case 1:
                for (auto rest = all; !rest.empty();) {
                    const auto n = co_await stream.write(rest);
                    rest = rest.subspan(must(n));
                }
                break;
            default:
                for (auto rest = all; !rest.empty();) {
                    const std::size_t middle = rest.size() / 2;
                    const std::array<std::span<const std::byte>, 2> parts = {rest.first(middle),
                                                                             rest.subspan(middle)};
                    const auto n = co_await stream.write_vectored(parts);
                    rest = rest.subspan(must(n));
                }
                break;
        }
        sent += block.size();
    }
}

/// Returns how many bytes came before the first wrong one, or the end.
Task<std::size_t> check_pattern(OwnedReadHalf stream, unsigned seed) {
    Pattern pattern(seed);
    std::mt19937 random(~seed);
    std::vector<std::byte> block;
    std::size_t good = 0;
    for (;;) {
        block.resize(random_size(random));
        std::size_t n = 0;
        if (random() % 4 == 0 && good + block.size() <= kSize) {
            must(co_await stream.read_exact(block));
            n = block.size();
        } else if (random() % 4 == 0) {
            const std::size_t middle = block.size() / 2;
            const std::array<std::span<std::byte>, 2> parts = {std::span(block).first(middle),
                                                               std::span(block).subspan(middle)};
            const auto read = co_await stream.read_vectored(parts);
            n = must(read);
        } else {
            const auto read = co_await stream.read(block);
            n = must(read);
        }
        if (n == 0) {
            co_return good;
        }
        for (std::size_t i = 0; i < n; ++i) {
            if (block[i] != pattern.next()) {
                co_return good;
            }
            ++good;
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_byte_arrives_in_order) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        auto [client_reader, client_writer] = std::move(pair.client).into_split();
        auto [server_reader, server_writer] = std::move(pair.server).into_split();
        auto up = spawn(send_pattern(std::move(client_writer), 1));
        auto down = spawn(send_pattern(std::move(server_writer), 2));
        auto at_server = spawn(check_pattern(std::move(server_reader), 1));
        auto at_client = spawn(check_pattern(std::move(client_reader), 2));
        const auto sent_up = co_await up;
        const auto sent_down = co_await down;
        BOOST_TEST(sent_up.has_value());
        BOOST_TEST(sent_down.has_value());
        const auto got_up = co_await at_server;
        const auto got_down = co_await at_client;
        BOOST_TEST(got_up.value() == kSize);
        BOOST_TEST(got_down.value() == kSize);
    });
}

BOOST_AUTO_TEST_CASE(many_connections_echo_at_once) {
    on_every_runtime([]() -> Task<void> {
        constexpr int kConnections = 50;
        constexpr int kMessages = 20;
        Listening listening = co_await listen_on_loopback();
        auto server = spawn(
            [](net::TcpListener listener) -> Task<void> {
                for (;;) {
                    auto accepted = must(co_await listener.accept());
                    spawn(
                        [](net::TcpStream stream) -> Task<void> {
                            std::array<std::byte, 256> buffer{};
                            for (;;) {
                                const auto n = must(co_await stream.read(buffer));
                                if (n == 0) {
                                    co_return;
                                }
                                must(co_await stream.write_all(std::span(buffer).first(n)));
                            }
                        },
                        std::move(accepted.first))
                        .detach();
                }
            },
            std::move(listening.listener));
        std::vector<JoinHandle<int>> clients;
        for (int i = 0; i < kConnections; ++i) {
            clients.push_back(spawn(
                [](net::SocketAddr address, int number) -> Task<int> {
                    auto stream = must(co_await net::TcpStream::connect(address));
                    int good = 0;
                    for (int n = 0; n < kMessages; ++n) {
                        const std::string text = std::to_string(number * kMessages + n);
                        must(co_await stream.write_all(text));
                        const std::string echo = co_await read_exactly(stream, text.size());
                        good += echo == text ? 1 : 0;
                    }
                    co_return good;
                },
                listening.address, i));
        }
        for (auto& client : clients) {
            const auto good = co_await client;
            BOOST_TEST(good.value() == kMessages);
        }
        server.abort();
        const auto ended = co_await server;
        BOOST_TEST(ended.error().is_cancelled());
    });
}

BOOST_AUTO_TEST_SUITE_END()
