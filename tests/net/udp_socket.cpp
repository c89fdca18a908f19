// SPDX-License-Identifier: MIT
#include "fake_system.hpp"
#include "net_test.hpp"
#include <edo/net/udp_socket.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <memory>
#include <set>
#include <sys/socket.h>
#include <unistd.h>

using namespace edo;
using namespace edo::test;
using net::IpAddr;
using net::SocketAddr;
using net::UdpSocket;

BOOST_AUTO_TEST_SUITE(udp_socket)

namespace {

Task<UdpSocket> bound() {
    co_return must(co_await UdpSocket::bind("127.0.0.1:0"));
}

struct Datagram {
    std::string text;
    SocketAddr from;
    bool truncated = false;
};

Task<Datagram> receive(const UdpSocket& socket, std::size_t size = 2000) {
    std::string buffer(size, '\0');
    const auto result = co_await socket.recv_from(room(buffer));
    const auto [bytes_received, from, truncated] = must(result);
    Datagram datagram;
    datagram.text = buffer.substr(0, bytes_received);
    datagram.from = from;
    datagram.truncated = truncated;
    co_return datagram;
}

}  // namespace

BOOST_AUTO_TEST_CASE(datagrams_arrive_whole_and_with_their_sender) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket one = co_await bound();
        const UdpSocket other = co_await bound();
        const auto target = must(other.local_addr());
        BOOST_TEST(target.port() != 0);
        const auto sent = co_await one.send_to("first", target);
        BOOST_TEST(must(sent) == 5u);
        must(co_await one.send_to(bytes("second one"), target));
        const Datagram first = co_await receive(other);
        BOOST_TEST(first.text == "first");
        BOOST_TEST((first.from == must(one.local_addr())));
        BOOST_TEST(!first.truncated);
        const Datagram second = co_await receive(other);
        BOOST_TEST(second.text == "second one");
        must(co_await other.send_to("back", second.from));
        const Datagram back = co_await receive(one);
        BOOST_TEST(back.text == "back");
    });
}

BOOST_AUTO_TEST_CASE(a_receive_waits_for_a_datagram) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket socket = co_await bound();
        auto [got, unused] = co_await join(receive(socket), [](const UdpSocket& to) -> Task<void> {
            co_await yield_now();
            must(co_await to.send_to("late", must(to.local_addr())));
        }(socket));
        BOOST_TEST(got.text == "late");
    });
}

BOOST_AUTO_TEST_CASE(an_empty_datagram_is_one) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket socket = co_await bound();
        const auto self = must(socket.local_addr());
        const auto sent = co_await socket.send_to("", self);
        BOOST_TEST(must(sent) == 0u);
        must(co_await socket.send_to("next", self));
        const Datagram empty = co_await receive(socket);
        BOOST_TEST(empty.text.empty());
        BOOST_TEST((empty.from == self));
        const Datagram next = co_await receive(socket);
        BOOST_TEST(next.text == "next");
    });
}

BOOST_AUTO_TEST_CASE(a_datagram_that_is_too_long_is_cut_and_says_so) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket socket = co_await bound();
        const auto self = must(socket.local_addr());
        must(co_await socket.send_to("0123456789", self));
        must(co_await socket.send_to("abc", self));
        const Datagram cut = co_await receive(socket, 4);
        BOOST_TEST(cut.text == "0123");
        BOOST_TEST(cut.truncated);
        const Datagram whole = co_await receive(socket, 3);
        BOOST_TEST(whole.text == "abc");
        BOOST_TEST(!whole.truncated);
        const std::string too_long(70000, 'x');
        const auto refused = co_await socket.send_to(too_long, self);
        BOOST_REQUIRE(!refused.has_value());
        BOOST_TEST((refused.error() == std::errc::message_size));
    });
}

BOOST_AUTO_TEST_CASE(peek_leaves_the_datagram_in_the_socket) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket socket = co_await bound();
        must(co_await socket.send_to("peeked", must(socket.local_addr())));
        std::string buffer(3, '\0');
        for (int i = 0; i < 2; ++i) {
            const auto seen = must(co_await socket.peek_from(room(buffer)));
            BOOST_TEST(buffer == "pee");
            BOOST_TEST(seen.truncated);
            BOOST_TEST((seen.from == must(socket.local_addr())));
        }
        const Datagram got = co_await receive(socket);
        BOOST_TEST(got.text == "peeked");
    });
}

BOOST_AUTO_TEST_CASE(a_connected_socket_has_one_peer) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket socket = co_await bound();
        const UdpSocket peer = co_await bound();
        const UdpSocket stranger = co_await bound();
        const auto self = must(socket.local_addr());
        BOOST_TEST(!socket.peer_addr().has_value());
        const auto no_peer = co_await socket.send("x");
        BOOST_REQUIRE(!no_peer.has_value());
        BOOST_TEST((no_peer.error() == std::errc::destination_address_required));

        must(co_await socket.connect(must(peer.local_addr()).to_string()));
        BOOST_TEST((must(socket.peer_addr()) == must(peer.local_addr())));
        must(co_await stranger.send_to("not heard", self));
        must(co_await peer.send_to("heard", self));
        std::string buffer(20, '\0');
        const auto got = must(co_await socket.recv(room(buffer)));
        BOOST_TEST(buffer.substr(0, got.size) == "heard");
        BOOST_TEST((got.from == must(peer.local_addr())));
        must(co_await socket.send("hello"));
        const Datagram hello = co_await receive(peer);
        BOOST_TEST(hello.text == "hello");

        // Another peer, by address.
        must(co_await socket.connect(must(stranger.local_addr())));
        must(co_await socket.send(bytes("to you")));
        const Datagram to_you = co_await receive(stranger);
        BOOST_TEST(to_you.text == "to you");
    });
}

BOOST_AUTO_TEST_CASE(an_unreachable_peer_is_reported_once_and_the_socket_goes_on) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket socket = co_await bound();
        SocketAddr nobody;
        {
            const UdpSocket gone = co_await bound();
            nobody = must(gone.local_addr());
        }
        must(co_await socket.connect(nobody));
        must(co_await socket.send("anyone?"));
        std::string buffer(20, '\0');
        const auto refused = co_await socket.recv(room(buffer));
        BOOST_REQUIRE(!refused.has_value());
        BOOST_TEST((refused.error() == std::errc::connection_refused));
        const auto none = co_await select(biased, socket.recv(room(buffer)), sleep(1ms));
        BOOST_TEST(none.is<1>());  // once
        // Somebody comes to that address, and is heard.
        const UdpSocket late = must(co_await UdpSocket::bind(nobody));
        must(co_await late.send_to("here now", must(socket.local_addr())));
        const auto got = must(co_await socket.recv(room(buffer)));
        BOOST_TEST(buffer.substr(0, got.size) == "here now");
    });
}

BOOST_AUTO_TEST_CASE(try_operations_never_wait) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket socket = co_await bound();
        const auto self = must(socket.local_addr());
        std::string buffer(20, '\0');
        const auto nothing = socket.try_recv_from(room(buffer));
        BOOST_REQUIRE(!nothing.has_value());
        BOOST_TEST((nothing.error() == std::errc::operation_would_block));
        BOOST_TEST((socket.try_recv(room(buffer)).error() == std::errc::operation_would_block));
        must(co_await socket.writable());
        BOOST_TEST(must(socket.try_send_to(bytes("tried"), self)) == 5u);
        must(co_await socket.readable());
        const auto got = must(socket.try_recv_from(room(buffer)));
        BOOST_TEST(buffer.substr(0, got.size) == "tried");
        BOOST_TEST(
            (socket.try_send(bytes("x")).error() == std::errc::destination_address_required));
        const auto empty = co_await select(biased, socket.readable(), sleep(1ms));
        BOOST_TEST(empty.is<1>());
    });
}

BOOST_AUTO_TEST_CASE(many_tasks_share_one_socket) {
    on_every_runtime([]() -> Task<void> {
        constexpr int kTasks = 8;
        constexpr int kEach = 20;
        const auto server = std::make_shared<const UdpSocket>(co_await bound());
        const auto client = std::make_shared<const UdpSocket>(co_await bound());
        // Each task of the server answers as many datagrams as it gets.
        std::vector<JoinHandle<void>> servers;
        for (int i = 0; i < kTasks; ++i) {
            servers.push_back(spawn(
                [](std::shared_ptr<const UdpSocket> socket) -> Task<void> {
                    for (;;) {
                        const Datagram got = co_await receive(*socket);
                        must(co_await socket->send_to(got.text, got.from));
                    }
                },
                server));
        }
        // Each task of the client sends, and receives any answer.
        std::vector<JoinHandle<std::vector<std::string>>> clients;
        for (int i = 0; i < kTasks; ++i) {
            clients.push_back(spawn(
                [](std::shared_ptr<const UdpSocket> socket, SocketAddr to,
                   int number) -> Task<std::vector<std::string>> {
                    std::vector<std::string> answers;
                    for (int n = 0; n < kEach; ++n) {
                        const std::string text = std::to_string(number * kEach + n);
                        must(co_await socket->send_to(text, to));
                        const Datagram got = co_await receive(*socket);
                        answers.push_back(got.text);
                    }
                    co_return answers;
                },
                client, must(server->local_addr()), i));
        }
        std::set<std::string> all;
        for (auto& task : clients) {
            const auto answers = co_await task;
            all.insert(answers.value().begin(), answers.value().end());
        }
        BOOST_TEST(all.size() == std::size_t(kTasks * kEach));
        for (auto& task : servers) {
            task.abort();
            const auto aborted = co_await task;
            BOOST_TEST(aborted.error().is_cancelled());
        }
    });
}

BOOST_AUTO_TEST_CASE(broadcasts_need_permission_and_reach_all_of_the_network) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket receiver = must(co_await UdpSocket::bind("0.0.0.0:0"));
        const UdpSocket sender = co_await bound();
        const SocketAddr everybody(IpAddr::v4(127, 255, 255, 255),
                                   must(receiver.local_addr()).port());
        BOOST_TEST(must(sender.broadcast()) == false);
        const auto refused = co_await sender.send_to("x", everybody);
        BOOST_REQUIRE(!refused.has_value());
        BOOST_TEST((refused.error() == std::errc::permission_denied));
        must(sender.set_broadcast(true));
        BOOST_TEST(must(sender.broadcast()) == true);
        must(co_await sender.send_to("to all", everybody));
        const Datagram got = co_await receive(receiver);
        BOOST_TEST(got.text == "to all");
    });
}

BOOST_AUTO_TEST_CASE(multicast_groups_can_be_joined_and_left) {
    on_every_runtime([]() -> Task<void> {
        const IpAddr group = IpAddr::v4(239, 255, 77, 1);
        const UdpSocket receiver = must(co_await UdpSocket::bind("0.0.0.0:0"));
        const UdpSocket sender = co_await bound();
        const SocketAddr members(group, must(receiver.local_addr()).port());
        must(sender.set_multicast_interface_v4(IpAddr::localhost_v4()));
        must(sender.set_multicast_ttl_v4(3));
        BOOST_TEST(must(sender.multicast_ttl_v4()) == 3u);
        BOOST_TEST(must(sender.multicast_loop_v4()) == true);

        must(receiver.join_multicast_v4(group, IpAddr::localhost_v4()));
        must(co_await sender.send_to("members", members));
        const Datagram got = co_await receive(receiver);
        BOOST_TEST(got.text == "members");

        must(receiver.leave_multicast_v4(group, IpAddr::localhost_v4()));
        must(co_await sender.send_to("nobody", members));
        must(co_await sender.send_to("directly",
                                     SocketAddr(IpAddr::localhost_v4(), members.port())));
        const Datagram next = co_await receive(receiver);
        BOOST_TEST(next.text == "directly");

        must(sender.set_multicast_loop_v4(false));
        BOOST_TEST(must(sender.multicast_loop_v4()) == false);
        BOOST_TEST(!receiver.join_multicast_v4(IpAddr::localhost_v4()).has_value());
        BOOST_TEST(!receiver.join_multicast_v4(IpAddr::parse("ff02::1").value()).has_value());
        BOOST_TEST(!receiver.leave_multicast_v4(group, IpAddr::localhost_v4()).has_value());
    });
}

BOOST_AUTO_TEST_CASE(multicast_works_over_ipv6) {
    on_every_runtime([]() -> Task<void> {
        constexpr std::uint32_t kLoopback = 1;
        const IpAddr group = IpAddr::parse("ff01::4242").value();  // does not leave the machine
        const UdpSocket receiver = must(co_await UdpSocket::bind("[::]:0"));
        const UdpSocket sender = must(co_await UdpSocket::bind("[::1]:0"));
        must(sender.set_multicast_interface_v6(kLoopback));
        BOOST_TEST(must(sender.multicast_loop_v6()) == true);
        must(receiver.join_multicast_v6(group, kLoopback));
        const SocketAddr members(group, must(receiver.local_addr()).port());
        const auto sent = co_await sender.send_to("six", members);
        if (sent) {
            const Datagram got = co_await receive(receiver);
            BOOST_TEST(got.text == "six");
        } else {  // many systems have no IPv6 multicast on loopback
            BOOST_TEST((sent.error() == std::errc::network_unreachable));
        }
        must(receiver.leave_multicast_v6(group, kLoopback));
        must(sender.set_multicast_loop_v6(false));
        BOOST_TEST(must(sender.multicast_loop_v6()) == false);
        BOOST_TEST(!receiver.join_multicast_v6(IpAddr::v4(239, 0, 0, 1)).has_value());
    });
}

BOOST_AUTO_TEST_CASE(binding_fails_with_the_address_in_the_text) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket socket = co_await bound();
        const auto address = must(socket.local_addr());
        const auto taken = co_await UdpSocket::bind(address);
        BOOST_REQUIRE(!taken.has_value());
        BOOST_TEST((taken.error() == std::errc::address_in_use));
        BOOST_TEST(taken.error().message() ==
                   "cannot bind " + address.to_string() + ": Address already in use");
        const auto by_name =
            must(co_await UdpSocket::bind("two.test:" + std::to_string(address.port())));
        BOOST_TEST(must(by_name.local_addr()).ip().to_string() == "127.0.0.2");
        const auto bad = co_await UdpSocket::bind("127.0.0.1");
        BOOST_REQUIRE(!bad.has_value());
        const auto missing = co_await UdpSocket::bind("missing.test:1");
        BOOST_REQUIRE(!missing.has_value());
        const auto no_peer = co_await socket.connect("missing.test:1");
        BOOST_REQUIRE(!no_peer.has_value());
    });
}

BOOST_AUTO_TEST_CASE(options_and_descriptors) {
    on_every_runtime([]() -> Task<void> {
        UdpSocket socket = co_await bound();
        const auto address = must(socket.local_addr());
        must(socket.set_ttl(17));
        BOOST_TEST(must(socket.ttl()) == 17u);
        must(socket.set_send_buffer_size(20000));
        must(socket.set_recv_buffer_size(30000));
        BOOST_TEST(must(socket.send_buffer_size()) >= 20000u);
        BOOST_TEST(must(socket.recv_buffer_size()) >= 30000u);
        BOOST_TEST(!must(socket.take_error()));
        UdpSocket again = must(UdpSocket::from_fd(std::move(socket).into_fd()));
        BOOST_TEST((must(again.local_addr()) == address));
        BOOST_CHECK_THROW(static_cast<void>(socket.local_addr()), UsageError);
        const auto stream = UdpSocket::from_fd(::socket(AF_INET, SOCK_STREAM, 0));
        BOOST_REQUIRE(!stream.has_value());
        BOOST_TEST((stream.error() == std::errc::invalid_argument));
    });
}

BOOST_AUTO_TEST_CASE(the_sender_of_the_next_datagram_can_be_asked) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket socket = co_await bound();
        const UdpSocket one = co_await bound();
        const UdpSocket other = co_await bound();
        const auto target = must(socket.local_addr());
        const auto nobody = socket.try_peek_sender();
        BOOST_TEST((nobody.error() == std::errc::operation_would_block));
        auto [first, sent] = co_await join(socket.peek_sender(),
                                           [](const UdpSocket& from, SocketAddr to) -> Task<int> {
                                               co_await yield_now();
                                               must(co_await from.send_to("from one", to));
                                               co_return 0;
                                           }(one, target));
        BOOST_TEST(sent == 0);
        BOOST_TEST((must(first) == must(one.local_addr())));
        must(co_await other.send_to("", target));
        BOOST_TEST((must(socket.try_peek_sender()) == must(one.local_addr())));
        std::string buffer(4, '\0');
        const auto seen = must(socket.try_peek_from(room(buffer)));
        BOOST_TEST(buffer == "from");
        BOOST_TEST(seen.truncated);
        BOOST_TEST(must(socket.try_peek(room(buffer))).size == 4u);
        BOOST_TEST(must(co_await socket.peek(room(buffer))).size == 4u);
        const Datagram whole = co_await receive(socket);
        BOOST_TEST(whole.text == "from one");
        const auto second = must(co_await socket.peek_sender());  // of an empty datagram
        BOOST_TEST((second == must(other.local_addr())));
    });
}

BOOST_AUTO_TEST_CASE(options_of_routers_and_interfaces) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket v4 = co_await bound();
        must(v4.set_tos_v4(0x20));
        BOOST_TEST(must(v4.tos_v4()) == 0x20u);
        BOOST_TEST(!must(v4.device()).has_value());
        must(v4.bind_device("lo"));
        BOOST_TEST((must(v4.device()) == "lo"));
        const auto missing = v4.bind_device("edo-none");
        BOOST_TEST((missing.error() == std::errc::no_such_device));
        const UdpSocket v6 = must(co_await UdpSocket::bind("[::1]:0"));
        must(v6.set_tclass_v6(0x20));
        BOOST_TEST(must(v6.tclass_v6()) == 0x20u);
    });
}

BOOST_AUTO_TEST_SUITE_END()
