// SPDX-License-Identifier: MIT
#include "datagrams.hpp"
#include "net_test.hpp"
#include <edo/net/datagram_batch.hpp>
#include <edo/net/udp_socket.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <sys/socket.h>

using namespace edo;
using namespace edo::test;
using net::Datagram;
using net::DatagramBatch;
using net::SocketAddr;
using net::UdpSocket;

namespace {

void push_all(DatagramBatch& batch, const Texts& all, SocketAddr target) {
    for (const std::string& text : all) {
        must(batch.push(text, target));
    }
}

Task<void> send_back_what_came(const char* any_port) {
    const UdpSocket server = co_await bound(any_port);
    const UdpSocket one = co_await bound(any_port);
    const UdpSocket other = co_await bound(any_port);
    const auto target = must(server.local_addr());
    must(co_await one.send_to("from one", target));
    must(co_await other.send_to("from the other", target));
    must(co_await one.send_to("", target));
    must(co_await one.send_to("last", target));

    DatagramBatch batch(8, 100);
    Texts got;
    co_await receive(server, batch, 4, got);
    BOOST_TEST((got == list_of("from one", "from the other", "", "last")));
    auto datagram = batch.begin();
    BOOST_TEST(((*datagram).peer() == must(one.local_addr())));
    BOOST_TEST(((*++datagram).peer() == must(other.local_addr())));
    BOOST_TEST(!(*datagram).truncated());
    (*datagram).bytes().front() = std::byte('F');

    const auto sent = co_await server.send_many(batch);
    BOOST_TEST(must(sent) == 4u);
    BOOST_TEST(batch.empty());
    DatagramBatch answers(8, 100);
    Texts to_one;
    co_await receive(one, answers, 3, to_one);
    BOOST_TEST((to_one == list_of("from one", "", "last")));
    Texts to_other;
    co_await receive(other, answers, 1, to_other);
    BOOST_TEST((to_other == list_of("From the other")));
    BOOST_TEST(((*answers.begin()).peer() == target));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(datagram_batch)

BOOST_AUTO_TEST_CASE(what_was_received_goes_back_to_whom_it_came_from) {
    on_every_runtime([]() -> Task<void> {
        co_await send_back_what_came("127.0.0.1:0");
        co_await send_back_what_came("[::1]:0");
    });
}

BOOST_AUTO_TEST_CASE(a_receive_waits_for_the_first_datagram) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket socket = co_await bound();
        DatagramBatch batch(8, 100);
        must(batch.push("old"));
        Texts got;
        co_await join(receive(socket, batch, 1, got),
                      [](const UdpSocket& to, DatagramBatch& late) -> Task<void> {
                          BOOST_TEST(late.empty());  // as soon as the receive has begun
                          co_await yield_now();
                          must(co_await to.send_to("late", must(to.local_addr())));
                      }(socket, batch));
        BOOST_TEST((got == list_of("late")));
        BOOST_TEST((socket.try_recv_many(batch).error() == std::errc::operation_would_block));
        BOOST_TEST(batch.empty());
    });
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_into_the_batch_stays_in_the_socket) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket socket = co_await bound();
        const auto self = must(socket.local_addr());
        for (const char* const text : {"a", "b", "c", "d", "e"}) {
            must(co_await socket.send_to(text, self));
        }
        DatagramBatch batch(2, 100);
        BOOST_TEST(must(socket.try_recv_many(batch)) == 2u);
        BOOST_TEST((texts(batch) == list_of("a", "b")));
        Texts rest;
        co_await receive(socket, batch, 3, rest);
        BOOST_TEST((rest == list_of("c", "d", "e")));
    });
}

BOOST_AUTO_TEST_CASE(a_datagram_that_is_too_long_for_its_place_is_cut_and_says_so) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket socket = co_await bound();
        const auto self = must(socket.local_addr());
        must(co_await socket.send_to("0123456789", self));
        must(co_await socket.send_to("abcd", self));
        DatagramBatch batch(2, 4);
        Texts got;
        co_await receive(socket, batch, 2, got);
        BOOST_TEST((got == list_of("0123", "abcd")));
        BOOST_TEST((*batch.begin()).truncated());
        BOOST_TEST(!(*++batch.begin()).truncated());
    });
}

BOOST_AUTO_TEST_CASE(a_batch_refuses_what_has_no_room) {
    BOOST_CHECK_THROW(DatagramBatch(0, 100), UsageError);
    BOOST_CHECK_THROW(DatagramBatch(1, 0), UsageError);
    BOOST_CHECK_THROW(DatagramBatch(std::size_t{1} << 40, std::size_t{1} << 24), std::bad_alloc);
    DatagramBatch batch(2, 4);
    const SocketAddr target(net::IpAddr::localhost_v4(), 9);
    BOOST_TEST((batch.push("12345", target).error() == std::errc::message_size));
    must(batch.push("1234", target));
    must(batch.push("4321", target));
    const auto full = batch.push("1", target);
    BOOST_REQUIRE(!full.has_value());
    BOOST_TEST((full.error() == std::errc::no_buffer_space));
    BOOST_TEST((texts(batch) == list_of("1234", "4321")));
    batch.clear();
    BOOST_TEST(batch.empty());
    must(batch.push("12"));
    must(batch.push("1", target));
    BOOST_TEST(((*batch.begin()).peer() == SocketAddr()));
    BOOST_TEST(((*++batch.begin()).peer() == target));
    const DatagramBatch other = std::move(batch);
    BOOST_TEST(other.size() == 2u);
    BOOST_CHECK_THROW(batch.clear(), UsageError);  // NOLINT: it was moved from
}

BOOST_AUTO_TEST_CASE(a_part_can_be_kept_and_what_was_sent_brought_back) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket socket = co_await bound();
        const auto self = must(socket.local_addr());
        // A run of equal size, and others.
        const Texts all = list_of("aa", "bb", "cc", "dd", "e", "", "ff", "gg");
        for (std::size_t first = 0; first <= all.size() + 1; ++first) {
            for (std::size_t count = 0; count <= all.size() + 1; ++count) {
                DatagramBatch batch(8, 10);
                push_all(batch, all, self);
                batch.keep(first, count);
                const auto begin = all.begin() + std::ptrdiff_t(std::min(first, all.size()));
                const Texts kept(begin, begin + std::min(all.end() - begin, std::ptrdiff_t(count)));
                BOOST_TEST((texts(batch) == kept));
                for (int i = 0; i < 2; ++i) {
                    const auto sent = co_await socket.send_many(batch);
                    BOOST_TEST(must(sent) == kept.size());
                    BOOST_TEST(batch.empty());
                    DatagramBatch answers(8, 10);
                    Texts got;
                    co_await receive(socket, answers, kept.size(), got);
                    BOOST_TEST((got == kept));
                    batch.rewind();
                    BOOST_TEST((texts(batch) == kept));
                }
            }
        }
    });
}

BOOST_AUTO_TEST_CASE(a_connected_socket_needs_no_targets) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket socket = co_await bound();
        const UdpSocket peer = co_await bound();
        DatagramBatch batch(4, 10);
        must(batch.push("one"));
        must(batch.push("with", must(peer.local_addr())));
        must(batch.push("two"));
        // Only what has a target is sent.
        const auto refused = co_await socket.send_many(batch);
        BOOST_REQUIRE(!refused.has_value());
        BOOST_TEST((refused.error() == std::errc::destination_address_required));
        BOOST_TEST(batch.empty());
        DatagramBatch answers(4, 10);
        Texts got;
        co_await receive(peer, answers, 1, got);
        BOOST_TEST((got == list_of("with")));

        must(co_await socket.connect(must(peer.local_addr())));
        batch.rewind();
        must(co_await socket.send_many(batch));
        got.clear();
        co_await receive(peer, answers, 3, got);
        BOOST_TEST((got == list_of("one", "with", "two")));
        // Answers to what was received: they come from the peer.
        must(co_await peer.send_many(answers));
        got.clear();
        co_await receive(socket, batch, 3, got);
        BOOST_TEST((got == list_of("one", "with", "two")));
        must(co_await socket.send_many(batch));
        got.clear();
        co_await receive(peer, answers, 3, got);
        BOOST_TEST(got.size() == 3u);
    });
}

BOOST_AUTO_TEST_CASE(a_datagram_that_cannot_be_sent_holds_up_no_other) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket socket = co_await bound();
        const auto self = must(socket.local_addr());
        DatagramBatch batch(5, 70'000);
        must(batch.push("before", self));
        must(batch.push(std::string(66'000, 'x'), self));
        must(batch.push("between", self));
        must(batch.push("to nowhere", SocketAddr(self.ip(), 0)));
        must(batch.push("behind", self));
        const auto sent = co_await socket.send_many(batch);
        BOOST_REQUIRE(!sent.has_value());
        BOOST_TEST((sent.error() == std::errc::message_size));  // the first one
        BOOST_TEST(batch.empty());
        DatagramBatch answers(4, 100);
        Texts got;
        co_await receive(socket, answers, 3, got);
        BOOST_TEST((got == list_of("before", "between", "behind")));
        batch.rewind();
        BOOST_TEST((socket.try_send_many(batch).error() == std::errc::message_size));
        BOOST_TEST(must(socket.try_recv_many(answers)) == 3u);
        // What was sent makes room.
        for (int i = 0; i < 5; ++i) {
            must(batch.push("next", self));
        }
        BOOST_TEST(must(socket.try_send_many(batch)) == 5u);
        DatagramBatch many(100, 10);
        BOOST_TEST(must(socket.try_recv_many(many)) == 5u);
        // Nothing is nothing.
        BOOST_TEST(must(socket.try_send_many(batch)) == 0u);
        const auto nothing = co_await socket.send_many(batch);
        BOOST_TEST(must(nothing) == 0u);
    });
}

BOOST_AUTO_TEST_CASE(a_peer_that_is_gone_is_reported_once_and_costs_no_datagram) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket socket = co_await bound();
        SocketAddr nobody;
        {
            const UdpSocket gone = co_await bound();
            nobody = must(gone.local_addr());
        }
        must(co_await socket.connect(nobody));
        DatagramBatch batch(8, 100);
        must(batch.push("anyone?"));
        const auto asked = co_await socket.send_many(batch);
        BOOST_TEST(must(asked) == 1u);
        auto refused = co_await socket.recv_many(batch);
        BOOST_REQUIRE(!refused.has_value());
        BOOST_TEST((refused.error() == std::errc::connection_refused));
        BOOST_TEST(batch.empty());

        must(batch.push("anyone?"));
        must(co_await socket.send_many(batch));
        const UdpSocket late = must(co_await UdpSocket::bind(nobody));
        must(batch.push("one"));
        must(batch.push("two"));
        must(batch.push("three"));
        refused = co_await socket.send_many(batch);
        BOOST_REQUIRE(!refused.has_value());
        BOOST_TEST((refused.error() == std::errc::connection_refused));
        Texts got;
        co_await receive(late, batch, 3, got);
        BOOST_TEST((got == list_of("one", "two", "three")));
        const auto none = co_await select(biased, socket.recv_many(batch), sleep(1ms));
        BOOST_TEST(none.is<1>());
    });
}

BOOST_AUTO_TEST_SUITE_END()
