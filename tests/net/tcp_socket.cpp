// SPDX-License-Identifier: MIT
#include "net_test.hpp"
#include <edo/net/tcp_socket.hpp>

#include <boost/test/unit_test.hpp>

using namespace edo;
using namespace edo::test;
using net::IpAddr;
using net::SocketAddr;
using net::TcpSocket;

BOOST_AUTO_TEST_SUITE(tcp_socket)

BOOST_AUTO_TEST_CASE(options_are_set_before_listening_and_inherited_by_connections) {
    on_every_runtime([]() -> Task<void> {
        TcpSocket socket = must(TcpSocket::new_v4());
        BOOST_TEST(must(socket.reuseaddr()) == false);
        BOOST_TEST(must(socket.reuseport()) == false);
        BOOST_TEST(must(socket.keepalive()) == false);
        must(socket.set_reuseaddr(true));
        must(socket.set_reuseport(true));
        must(socket.set_nodelay(true));
        must(socket.set_keepalive(net::Keepalive().idle(60s)));
        must(socket.set_linger(std::nullopt));
        must(socket.set_send_buffer_size(20000));
        must(socket.set_recv_buffer_size(30000));
        BOOST_TEST(must(socket.reuseaddr()) == true);
        BOOST_TEST(must(socket.reuseport()) == true);
        BOOST_TEST(must(socket.nodelay()) == true);
        BOOST_TEST(must(socket.keepalive()) == true);
        BOOST_TEST(must(socket.send_buffer_size()) >= 20000u);
        BOOST_TEST(must(socket.recv_buffer_size()) >= 30000u);
        must(socket.bind(SocketAddr(IpAddr::localhost_v4(), 0)));
        auto listener = must(std::move(socket).listen(5));
        BOOST_CHECK_THROW(static_cast<void>(socket.local_addr()), UsageError);
        auto [connected, accepted] =
            co_await join(net::TcpStream::connect(must(listener.local_addr())), listener.accept());
        BOOST_TEST(connected.has_value());
        BOOST_TEST(must(must(std::move(accepted)).first.nodelay()) == true);
    });
}

BOOST_AUTO_TEST_CASE(a_socket_connects_from_the_address_it_was_given) {
    on_every_runtime([]() -> Task<void> {
        Listening listening = co_await listen_on_loopback();
        TcpSocket socket = must(TcpSocket::new_v4());
        must(socket.bind(SocketAddr(IpAddr::v4(127, 0, 0, 9), 0)));
        auto [connected, accepted] = co_await join(std::move(socket).connect(listening.address),
                                                   listening.listener.accept());
        const auto client = must(std::move(connected));
        BOOST_TEST(must(client.local_addr()).ip().to_string() == "127.0.0.9");
        BOOST_TEST((must(std::move(accepted)).second == must(client.local_addr())));
        BOOST_CHECK_THROW(static_cast<void>(socket.nodelay()), UsageError);
    });
}

BOOST_AUTO_TEST_CASE(two_listeners_share_a_port_only_if_both_ask_for_it) {
    on_every_runtime([]() -> Task<void> {
        TcpSocket first = must(TcpSocket::new_v4());
        must(first.set_reuseport(true));
        must(first.bind(SocketAddr(IpAddr::localhost_v4(), 0)));
        const auto address = must(first.local_addr());
        const auto listener = must(std::move(first).listen());
        TcpSocket second = must(TcpSocket::new_v4());
        must(second.set_reuseport(true));
        must(second.bind(address));
        const auto sharing = std::move(second).listen();
        BOOST_TEST(sharing.has_value());
        TcpSocket third = must(TcpSocket::new_v4());
        const auto refused = third.bind(address);
        BOOST_REQUIRE(!refused.has_value());
        BOOST_TEST((refused.error() == std::errc::address_in_use));
        BOOST_TEST(refused.error().message() ==
                   "cannot bind " + address.to_string() + ": Address already in use");
        co_return;
    });
}

BOOST_AUTO_TEST_CASE(a_socket_of_one_family_does_not_take_addresses_of_the_other) {
    on_every_runtime([]() -> Task<void> {
        TcpSocket v6 = must(TcpSocket::new_v6());
        must(v6.bind(SocketAddr(IpAddr::localhost_v6(), 0)));
        BOOST_TEST(must(v6.local_addr()).is_v6());
        TcpSocket v4 = must(TcpSocket::new_v4());
        BOOST_TEST(!v4.bind(SocketAddr(IpAddr::localhost_v6(), 0)).has_value());
        const auto refused = co_await std::move(v4).connect(SocketAddr(IpAddr::localhost_v6(), 1));
        BOOST_TEST(!refused.has_value());
    });
}

BOOST_AUTO_TEST_SUITE_END()
