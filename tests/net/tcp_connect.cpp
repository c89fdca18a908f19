// SPDX-License-Identifier: MIT
// Connecting; options and descriptors.
#include "net_test.hpp"
#include <edo/net/tcp_socket.hpp>
#include <edo/net/tcp_stream.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace edo;
using namespace edo::test;
using net::TcpListener;
using net::TcpStream;

namespace {

/// A listener whose queue is full, so that a further connection hangs for a second at least.
class FullListener {
public:
    static Task<FullListener> make() {
        FullListener full;
        auto socket = must(net::TcpSocket::new_v4());
        must(socket.bind(net::SocketAddr(net::IpAddr::localhost_v4(), 0)));
        full.address = must(socket.local_addr());
        full.listener = must(std::move(socket).listen(0));
        for (;;) {
            auto first = co_await select(biased, TcpStream::connect(full.address), sleep(20ms));
            if (first.is<1>()) {
                co_return full;
            }
            full.waiting.push_back(must(std::move(first).get<0>()));
        }
    }

    TcpListener listener;
    net::SocketAddr address;
    std::vector<TcpStream> waiting;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(tcp_connect)

BOOST_AUTO_TEST_CASE(both_ends_know_their_addresses) {
    on_every_runtime([]() -> Task<void> {
        Listening listening = co_await listen_on_loopback();
        auto [connected, accepted] = co_await join(
            TcpStream::connect(listening.address.to_string()), listening.listener.accept());
        TcpStream client = must(std::move(connected));
        auto [server, from] = must(std::move(accepted));
        BOOST_TEST((must(client.peer_addr()) == listening.address));
        BOOST_TEST((must(server.local_addr()) == listening.address));
        BOOST_TEST((must(client.local_addr()) == from));
        BOOST_TEST((must(server.peer_addr()) == from));
    });
}

BOOST_AUTO_TEST_CASE(connections_over_ipv6_work_like_others) {
    on_every_runtime([]() -> Task<void> {
        auto listener = must(co_await TcpListener::bind("[::1]:0"));
        const auto address = must(listener.local_addr());
        BOOST_TEST(address.is_v6());
        auto [connected, accepted] = co_await join(TcpStream::connect(address), listener.accept());
        TcpStream client = must(std::move(connected));
        auto [server, from] = must(std::move(accepted));
        BOOST_TEST((must(client.peer_addr()) == address));
        BOOST_TEST((from == must(client.local_addr())));
        must(co_await client.write_all("six"));
        const std::string got = co_await read_text(server);
        BOOST_TEST(got == "six");
        must(client.set_ttl(33));
        BOOST_TEST(must(client.ttl()) == 33u);
    });
}

BOOST_AUTO_TEST_CASE(a_refused_connection_says_so_and_names_the_address) {
    on_every_runtime([]() -> Task<void> {
        auto unused_port = must(net::TcpSocket::new_v4());  // bound, but nobody listens
        must(unused_port.bind(net::SocketAddr(net::IpAddr::localhost_v4(), 0)));
        const auto address = must(unused_port.local_addr());
        for (int i = 0; i < 3; ++i) {
            const auto refused = co_await TcpStream::connect(address);
            BOOST_REQUIRE(!refused.has_value());
            BOOST_TEST((refused.error() == std::errc::connection_refused));
            BOOST_TEST(refused.error().message() ==
                       "cannot connect to " + address.to_string() + ": Connection refused");
        }
    });
}

BOOST_AUTO_TEST_CASE(addresses_without_a_way_are_errors_at_once) {
    on_every_runtime([]() -> Task<void> {
        // A broadcast address needs a permission that a stream socket cannot have.
        const auto broadcast = co_await TcpStream::connect("255.255.255.255:9");
        BOOST_REQUIRE(!broadcast.has_value());
        BOOST_TEST((broadcast.error() == std::errc::network_unreachable ||
                    broadcast.error() == std::errc::permission_denied));
        const auto bad = co_await TcpStream::connect("127.0.0.1:65536");
        BOOST_REQUIRE(!bad.has_value());
        BOOST_TEST((bad.error() == std::errc::invalid_argument));
        const auto missing = co_await TcpStream::connect("missing.test:80");
        BOOST_REQUIRE(!missing.has_value());
        BOOST_TEST(missing.error().message().starts_with("cannot look up missing.test:80: "));
    });
}

BOOST_AUTO_TEST_CASE(all_addresses_of_a_name_are_tried) {
    on_every_runtime([]() -> Task<void> {
        // two.test is 127.0.0.2, where nobody listens, and 127.0.0.1.
        Listening listening = co_await listen_on_loopback();
        const std::string name = "two.test:" + std::to_string(listening.address.port());
        {
            auto [connected, accepted] =
                co_await join(TcpStream::connect(name), listening.listener.accept());
            const TcpStream client = must(std::move(connected));
            BOOST_TEST((must(client.peer_addr()) == listening.address));
            must(std::move(accepted));
        }
        const int port = std::move(listening.listener).into_fd();
        ::close(port);
        const auto refused = co_await TcpStream::connect(name);
        BOOST_REQUIRE(!refused.has_value());
        BOOST_TEST((refused.error() == std::errc::connection_refused));
        BOOST_TEST(refused.error().address() == listening.address.to_string());
    });
}

BOOST_AUTO_TEST_CASE(address_errors_turn_into_plain_error_codes) {
    on_every_runtime([]() -> Task<void> {
        const auto outer = co_await []() -> Task<Result<TcpStream>> {
            co_return co_await propagate(co_await TcpStream::connect("nonsense"));
        }();
        BOOST_REQUIRE(!outer.has_value());
        BOOST_TEST((outer.error() == std::errc::invalid_argument));
        Result<TcpStream> plain = co_await TcpStream::connect("nonsense");
        BOOST_TEST((plain.error() == std::errc::invalid_argument));
    });
}

BOOST_AUTO_TEST_CASE(a_connect_that_hangs_can_be_dropped) {
    on_every_runtime([]() -> Task<void> {
        FullListener full = co_await FullListener::make();
        const Resources before = Resources::now();
        const auto none = co_await timeout(1ms, TcpStream::connect(full.address));
        BOOST_REQUIRE(!none.has_value());
        BOOST_TEST((none.error() == std::errc::timed_out));
        BOOST_TEST(Resources::now().descriptors == before.descriptors);
    });
}

BOOST_AUTO_TEST_CASE(a_paused_clock_waits_for_a_connect) {
    for (const ReactorKind reactor : {ReactorKind::Epoll, ReactorKind::Asio}) {
        const LeakGuard guard;
        Runtime runtime = Builder::current_thread().reactor(reactor).build();
        runtime.block_on([]() -> Task<void> {
            FullListener full = co_await FullListener::make();
            edo::pause();
            const Instant start = now();
            const auto accept_all = [](FullListener& to) -> Task<void> {
                co_await yield_now();  // the connect hangs by now
                for (std::size_t i = 0; i < to.waiting.size(); ++i) {
                    must(co_await to.listener.accept());
                }
            };
            auto [first, unused] = co_await join(
                select(TcpStream::connect(full.address), sleep(1h)), accept_all(full));
            BOOST_TEST(first.is<0>());
            BOOST_TEST((now() == start));
        });
    }
}

BOOST_AUTO_TEST_CASE(options_are_set_and_read_back) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        TcpStream& stream = pair.client;
        BOOST_TEST(must(stream.nodelay()) == false);
        must(stream.set_nodelay(true));
        BOOST_TEST(must(stream.nodelay()) == true);

        BOOST_TEST(!must(stream.linger()).has_value());
        must(stream.set_linger(7s));
        BOOST_TEST((must(stream.linger()) == 7s));
        must(stream.set_linger(std::nullopt));
        BOOST_TEST(!must(stream.linger()).has_value());

        BOOST_TEST(must(stream.keepalive()) == false);
        must(stream.set_keepalive(net::Keepalive().idle(30s).interval(5s).count(3)));
        BOOST_TEST(must(stream.keepalive()) == true);
        must(stream.set_keepalive(false));
        BOOST_TEST(must(stream.keepalive()) == false);
        BOOST_TEST(!stream.set_keepalive(net::Keepalive().idle(0s)).has_value());
        BOOST_TEST(must(stream.keepalive()) == false);

        must(stream.set_send_buffer_size(32 * 1024));
        must(stream.set_recv_buffer_size(64 * 1024));
        BOOST_TEST(must(stream.send_buffer_size()) >= 32u * 1024);
        BOOST_TEST(must(stream.recv_buffer_size()) >= 64u * 1024);

        must(stream.set_ttl(42));
        BOOST_TEST(must(stream.ttl()) == 42u);
        BOOST_TEST(!stream.set_ttl(1000).has_value());
    });
}

BOOST_AUTO_TEST_CASE(closing_with_zero_linger_aborts_the_connection) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        must(pair.client.set_linger(0s));
        {
            const TcpStream closed = std::move(pair.client);
        }
        std::string buffer(1, '\0');
        const auto read = co_await pair.server.read(room(buffer));
        BOOST_REQUIRE(!read.has_value());
        BOOST_TEST((read.error() == std::errc::connection_reset));
    });
}

BOOST_AUTO_TEST_CASE(descriptors_can_be_taken_and_given) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        must(co_await pair.client.write_all("a"));
        const std::string before = co_await read_text(pair.server);
        BOOST_TEST(before == "a");
        const int descriptor = std::move(pair.server).into_fd();
        BOOST_TEST((::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
        BOOST_TEST((::fcntl(descriptor, F_GETFL) & O_NONBLOCK) != 0);
        TcpStream again = must(TcpStream::from_fd(descriptor));
        auto [got, written] = co_await join(read_text(again), pair.client.write("b"));
        BOOST_TEST(got == "b");
        BOOST_CHECK_THROW(static_cast<void>(pair.server.read({})), UsageError);
    });
}

BOOST_AUTO_TEST_CASE(what_is_no_stream_socket_is_not_taken_and_closed) {
    const LeakGuard guard;
    int ends[2] = {};
    BOOST_REQUIRE(::pipe(ends) == 0);
    const auto pipe = TcpStream::from_fd(ends[0]);
    BOOST_REQUIRE(!pipe.has_value());
    BOOST_TEST((pipe.error() == std::errc::not_a_socket));
    ::close(ends[1]);
    const auto datagram = TcpStream::from_fd(::socket(AF_INET, SOCK_DGRAM, 0));
    BOOST_REQUIRE(!datagram.has_value());
    BOOST_TEST((datagram.error() == std::errc::invalid_argument));
    const auto stream = TcpListener::from_fd(::socket(AF_INET, SOCK_STREAM, 0));
    BOOST_REQUIRE(!stream.has_value());
    BOOST_TEST((stream.error() == std::errc::invalid_argument));
    const auto closed = TcpStream::from_fd(ends[1]);
    BOOST_REQUIRE(!closed.has_value());
    BOOST_TEST((closed.error() == std::errc::bad_file_descriptor));
}

BOOST_AUTO_TEST_CASE(acknowledgements_can_be_sent_at_once) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        must(pair.client.set_quickack(false));
        BOOST_TEST(must(pair.client.quickack()) == false);
        must(pair.client.set_quickack(true));
        BOOST_TEST(must(pair.client.quickack()) == true);
    });
}

BOOST_AUTO_TEST_SUITE_END()
