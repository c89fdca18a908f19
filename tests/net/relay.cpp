// SPDX-License-Identifier: MIT
// copy and copy_bidirectional between sockets, which go through a pipe after a while.
#include "net_test.hpp"
#include "support/cancel_driver.hpp"
#include <edo/net/unix_stream.hpp>
#include <edo/runtime/io/copy_bidirectional.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <sys/socket.h>

using namespace edo;
using namespace edo::test;
using net::TcpStream;
using net::UnixStream;

BOOST_AUTO_TEST_SUITE(relay)

namespace {

class Renamed : public TcpStream {};
static_assert(edo::detail::PlainSocket<TcpStream>);
static_assert(edo::detail::PlainSocket<UnixStream>);
static_assert(!edo::detail::PlainSocket<Renamed>);  // it might read differently

/// Two ends of a connection, of either kind.
template <class Stream>
struct Ends {
    Ends(Stream one, Stream other) : near(std::move(one)), far(std::move(other)) {}
    Stream near;
    Stream far;
};

template <class Stream>
Task<Ends<Stream>> connected() {
    if constexpr (std::same_as<Stream, UnixStream>) {
        auto [one, other] = must(UnixStream::pair());
        co_return Ends<Stream>(std::move(one), std::move(other));
    } else {
        Pair pair = co_await connected_pair();
        co_return Ends<Stream>(std::move(pair.client), std::move(pair.server));
    }
}

/// Text that is different everywhere.
std::string numbers(std::size_t size) {
    std::string text;
    text.reserve(size + 20);
    for (std::size_t i = 0; text.size() < size; i += 7) {
        text += std::to_string(i) + ' ';
    }
    text.resize(size);
    return text;
}

std::size_t pipes() {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        const auto target = std::filesystem::read_symlink(entry.path(), gone);
        count += target.native().starts_with("pipe:") ? 1 : 0;
    }
    return count;
}

/// client <-> (front, relay, back) <-> server. The server answers with twice what it was sent,
/// which it knows when the client has ended its side.
template <class Front, class Back>
Task<void> relay_a_dialogue(std::size_t size) {
    auto front = co_await connected<Front>();
    auto back = co_await connected<Back>();
    auto client = [](Front& stream, std::size_t bytes) -> Task<void> {
        const std::string text = numbers(bytes);
        must(co_await stream.write_all(text));
        must(co_await stream.shutdown());
        const std::string answer = co_await read_to_end(stream);
        BOOST_TEST((answer == text + text));
    };
    auto server = [](Back& stream) -> Task<void> {
        const std::string request = co_await read_to_end(stream);
        must(co_await stream.write_all(request + request));
        must(co_await stream.shutdown());
    };
    auto relay = [](Front& left, Back& right, std::size_t bytes) -> Task<void> {
        const auto copied = must(co_await io::copy_bidirectional(left, right));
        BOOST_TEST(copied.a_to_b == bytes);
        BOOST_TEST(copied.b_to_a == 2 * bytes);
    };
    co_await join(client(front.near, size), relay(front.far, back.near, size), server(back.far));
}

/// Has `stream` send so much to `peer` that the relay between them goes through a pipe.
template <class Stream, class Peer>
Task<void> warm_up(Stream& stream, Peer& peer) {
    const std::string text = numbers(600'000);
    auto write = [](Stream& to, const std::string& all) -> Task<void> {
        must(co_await to.write_all(all));
    };
    auto read = [](Peer& from, const std::string& all) -> Task<void> {
        const std::string got = co_await read_exactly(from, all.size());
        BOOST_TEST((got == all));
    };
    co_await join(write(stream, text), read(peer, text));
}

Task<Result<io::CopiedBothWays>> relay_between(TcpStream& a, TcpStream& b) {
    co_return co_await io::copy_bidirectional(a, b);
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_byte_and_both_ends_arrive) {
    on_every_runtime([]() -> Task<void> {
        for (const std::size_t size : {0, 10, 8192, 70'000, 262'144, 1'500'000}) {
            co_await relay_a_dialogue<TcpStream, TcpStream>(size);
        }
        co_await relay_a_dialogue<TcpStream, UnixStream>(1'000'000);
        co_await relay_a_dialogue<UnixStream, TcpStream>(1'000'000);
        co_await relay_a_dialogue<UnixStream, UnixStream>(1'000'000);
    });
}

BOOST_AUTO_TEST_CASE(a_copy_one_way_leaves_the_other_stream_open) {
    on_every_runtime([]() -> Task<void> {
        Pair front = co_await connected_pair();
        auto back = co_await connected<UnixStream>();
        auto say = [](TcpStream& stream) -> Task<void> {
            must(co_await stream.write_all(numbers(1'000'000)));
            must(co_await stream.shutdown());
        };
        auto pass_on = [](TcpStream& from, UnixStream& to) -> Task<void> {
            const auto copied = co_await io::copy(from, to);
            BOOST_TEST(must(copied) == 1'000'000u);
            must(co_await to.write_all("more"));
            must(co_await to.shutdown());
        };
        auto hear = [](UnixStream& stream) -> Task<void> {
            const std::string all = co_await read_to_end(stream);
            BOOST_TEST((all == numbers(1'000'000) + "more"));
        };
        co_await join(say(front.client), pass_on(front.server, back.near), hear(back.far));
    });
}

BOOST_AUTO_TEST_CASE(only_a_direction_that_has_copied_much_has_a_pipe) {
    on_every_runtime([]() -> Task<void> {
        Pair front = co_await connected_pair();
        Pair back = co_await connected_pair();
        const std::size_t before = pipes();
        auto talk = [](TcpStream& client, TcpStream& server, std::size_t none) -> Task<void> {
            must(co_await client.write_all("hello"));
            const std::string hello = co_await read_exactly(server, 5);
            BOOST_TEST(hello == "hello");
            BOOST_TEST(pipes() == none);
            co_await warm_up(client, server);
            BOOST_TEST(pipes() == none + 2);
            // Short messages go the same way, both ways, and none waits for more.
            for (int i = 0; i < 100; ++i) {
                must(co_await client.write_all("ping"));
                const std::string ping = co_await read_exactly(server, 4);
                must(co_await server.write_all("pong"));
                const std::string pong = co_await read_exactly(client, 4);
                BOOST_TEST(ping + pong == "pingpong");
            }
            BOOST_TEST(pipes() == none + 2);
            co_await warm_up(server, client);
            BOOST_TEST(pipes() == none + 4);
        };
        const auto ended = co_await select(biased, relay_between(front.server, back.client),
                                           talk(front.client, back.server, before));
        BOOST_TEST(ended.is<1>());
        BOOST_TEST(pipes() == before);
    });
}

BOOST_AUTO_TEST_CASE(without_descriptors_it_goes_on_with_a_buffer) {
    on_every_runtime([]() -> Task<void> {
        Pair front = co_await connected_pair();
        Pair back = co_await connected_pair();
        // Wakes the relay once, so that its sockets are registered.
        auto talk = [](TcpStream& client, TcpStream& server, std::size_t none) -> Task<void> {
            must(co_await client.write_all("hello"));
            const std::string hello = co_await read_exactly(server, 5);
            rlimit limit{};
            BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
            rlimit lower = limit;
            lower.rlim_cur = 3;  // all of them are taken
            BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &lower) == 0);
            co_await warm_up(client, server);
            co_await warm_up(server, client);
            BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
            BOOST_TEST(pipes() == none);
        };
        const std::size_t before = pipes();
        const auto ended = co_await select(biased, relay_between(front.server, back.client),
                                           talk(front.client, back.server, before));
        BOOST_TEST(ended.is<1>());
    });
}

BOOST_AUTO_TEST_CASE(a_reset_ends_it_with_an_error_and_no_signal) {
    on_every_runtime([]() -> Task<void> {
        for (const bool warm : {false, true}) {
            Pair front = co_await connected_pair();
            Pair back = co_await connected_pair();
            auto talk = [](TcpStream& client, TcpStream server, bool first) -> Task<void> {
                TcpStream peer = std::move(server);
                if (first) {
                    co_await warm_up(client, peer);
                }
                must(peer.set_linger(std::chrono::seconds(0)));
                peer = TcpStream();
                // Until the relay has noticed, and has closed its end.
                const std::string text(100'000, 'x');
                for (;;) {
                    const auto written = co_await client.write_all(text);
                    if (!written) {
                        co_return;
                    }
                }
            };
            auto relay = [](TcpStream left, TcpStream& right) -> Task<void> {
                TcpStream mine = std::move(left);  // closed at the end
                const auto copied = co_await io::copy_bidirectional(mine, right);
                BOOST_REQUIRE(!copied.has_value());
                BOOST_TEST((copied.error() == std::errc::connection_reset ||
                            copied.error() == std::errc::broken_pipe));
            };
            co_await join(relay(std::move(front.server), back.client),
                          talk(front.client, std::move(back.server), warm));
        }
    });
}

BOOST_AUTO_TEST_CASE(writing_to_a_connection_that_is_shut_down_raises_no_signal) {
    on_every_runtime([]() -> Task<void> {
        Pair front = co_await connected_pair();
        Pair back = co_await connected_pair();
        auto talk = [](TcpStream& client, TcpStream& server, TcpStream& relayed) -> Task<void> {
            co_await warm_up(client, server);
            must(co_await relayed.shutdown());  // what the relay writes to
            must(co_await client.write_all("to nobody"));
            const std::string end = co_await read_to_end(server);
            BOOST_TEST(end.empty());
        };
        auto relay = [](TcpStream& left, TcpStream& right) -> Task<void> {
            const auto copied = co_await io::copy_bidirectional(left, right);
            BOOST_REQUIRE(!copied.has_value());
            BOOST_TEST((copied.error() == std::errc::broken_pipe));
        };
        co_await join(relay(front.server, back.client),
                      talk(front.client, back.server, back.client));
    });
}

BOOST_AUTO_TEST_CASE(a_direction_that_is_stuck_does_not_hold_up_the_other_one) {
    on_every_runtime([]() -> Task<void> {
        Pair front = co_await connected_pair();
        Pair back = co_await connected_pair();
        auto talk = [](TcpStream& client, TcpStream& server) -> Task<void> {
            co_await warm_up(server, client);
            // Nobody reads this: socket, pipe and socket are full in the end.
            std::size_t sent = 0;
            for (int idle = 0; idle < 20; ++idle) {
                const std::size_t more = fill(server);
                sent += more;
                idle = more > 0 ? 0 : idle;
                co_await sleep(1ms);
            }
            for (int i = 0; i < 100; ++i) {
                must(co_await client.write_all("x"));
                const std::string byte = co_await read_exactly(server, 1);
                BOOST_TEST(byte == "x");
            }
            const std::string all = co_await read_exactly(client, sent);
            BOOST_TEST(all.find_first_not_of('f') == std::string::npos);
        };
        const auto ended = co_await select(biased, relay_between(front.server, back.client),
                                           talk(front.client, back.server));
        BOOST_TEST(ended.is<1>());
    });
}

namespace {

/// Some more bytes go in at each suspension, and what has come out is taken.
class Relaying : public CancelScenario {
public:
    Task<void> subject() override {
        const auto copied = must(co_await io::copy_bidirectional(front_.stream, back_.stream));
        BOOST_TEST(copied.a_to_b == sent_);
        BOOST_TEST(copied.b_to_a == 0u);
    }
    void suspended(std::size_t n) override {
        constexpr std::size_t kEach = 40'000;
        constexpr std::size_t kRounds = 12;
        take();
        if (n <= kRounds && sent_ - got_ < 100'000) {
            front_.send(text_.substr(sent_, kEach));
            sent_ += kEach;
        }
        if (n == kRounds) {
            front_.finish();
            back_.finish();
        }
    }
    Task<void> check(bool completed) override {
        take();
        BOOST_TEST((!completed || got_ == sent_));
        co_return;
    }

private:
    void take() {
        std::array<char, 65536> buffer{};
        for (;;) {
            const ssize_t size = ::recv(back_.peer(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (size <= 0) {
                return;
            }
            const auto count = static_cast<std::size_t>(size);
            BOOST_TEST((text_.substr(got_, count) == std::string_view(buffer.data(), count)));
            got_ += count;
        }
    }

    std::string text_ = numbers(1'000'000);
    RawPair front_;
    RawPair back_;
    std::size_t sent_ = 0;
    std::size_t got_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_relay_can_be_dropped_anywhere_and_nothing_comes_out_twice_or_disordered) {
    on_every_runtime([]() -> Task<void> {
        const Driven driven = co_await drive<Relaying>();
        BOOST_TEST(driven.suspensions > 10u);
    });
}

BOOST_AUTO_TEST_SUITE_END()
