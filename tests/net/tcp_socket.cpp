// SPDX-License-Identifier: MIT
#include "net_test.hpp"
#include <edo/net/tcp_socket.hpp>
#include <edo/runtime/io/owned_fd.hpp>

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <optional>
#include <sys/socket.h>

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

BOOST_AUTO_TEST_CASE(a_socket_that_was_made_elsewhere_can_be_taken_over) {
    on_every_runtime([]() -> Task<void> {
        const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
        TcpSocket socket = must(TcpSocket::from_fd(descriptor));
        BOOST_TEST(socket.descriptor() == descriptor);
        BOOST_TEST((::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
        BOOST_TEST((::fcntl(descriptor, F_GETFL) & O_NONBLOCK) != 0);
        Listening listening = co_await listen_on_loopback();
        auto [connected, accepted] = co_await join(std::move(socket).connect(listening.address),
                                                   listening.listener.accept());
        BOOST_TEST(must(std::move(connected)).descriptor() == descriptor);
        BOOST_TEST(accepted.has_value());
        BOOST_CHECK_THROW(static_cast<void>(socket.descriptor()), UsageError);

        const auto refused = TcpSocket::from_fd(::socket(AF_INET, SOCK_DGRAM, 0));
        BOOST_REQUIRE(!refused.has_value());
        BOOST_TEST((refused.error() == std::errc::invalid_argument));
        const io::OwnedFd given(must(TcpSocket::new_v4()).into_fd());
        BOOST_TEST(given.valid());
    });
}

BOOST_AUTO_TEST_CASE(the_treatment_by_routers_can_be_chosen) {
    const LeakGuard guard;
    TcpSocket v4 = must(TcpSocket::new_v4());
    must(v4.set_tos_v4(0xb8));
    BOOST_TEST(must(v4.tos_v4()) == 0xb8u);
    TcpSocket v6 = must(TcpSocket::new_v6());
    must(v6.set_tclass_v6(0x48));
    BOOST_TEST(must(v6.tclass_v6()) == 0x48u);
    must(v4.set_linger(3s));
    BOOST_TEST((must(v4.linger()) == std::optional<std::chrono::seconds>(3s)));
    BOOST_TEST(!must(v4.take_error()));
}

BOOST_AUTO_TEST_CASE(a_socket_can_be_bound_to_a_network_interface) {
    on_every_runtime([]() -> Task<void> {
        TcpSocket socket = must(TcpSocket::new_v4());
        BOOST_TEST(!must(socket.device()).has_value());
        const auto missing = socket.bind_device("edo-none");
        BOOST_TEST((missing.error() == std::errc::no_such_device));
        const auto too_long = socket.bind_device("a-name-that-no-interface-can-have");
        BOOST_TEST((too_long.error() == std::errc::no_such_device));
        must(socket.bind_device("lo"));
        BOOST_TEST((must(socket.device()) == "lo"));
        Listening listening = co_await listen_on_loopback();
        auto [connected, accepted] = co_await join(std::move(socket).connect(listening.address),
                                                   listening.listener.accept());
        BOOST_TEST(connected.has_value());
        BOOST_TEST(accepted.has_value());
    });
}

BOOST_AUTO_TEST_SUITE_END()
