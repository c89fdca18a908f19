// SPDX-License-Identifier: MIT
#include "net_test.hpp"
#include "support/cancel_driver.hpp"
#include <edo/net/datagram_batch.hpp>
#include <edo/net/udp_socket.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <sys/socket.h>
#include <unistd.h>

using namespace edo;
using namespace edo::test;
using net::Datagram;
using net::DatagramBatch;
using net::SocketAddr;
using net::UdpSocket;

BOOST_AUTO_TEST_SUITE(datagram_batch)

namespace {

Task<UdpSocket> bound(const char* address = "127.0.0.1:0") {
    co_return must(co_await UdpSocket::bind(address));
}

using Texts = std::vector<std::string>;

void append_texts(const DatagramBatch& batch, Texts& all) {
    const std::size_t before = all.size();
    for (const Datagram datagram : batch) {
        all.emplace_back(datagram.text());
    }
    BOOST_TEST(all.size() - before == batch.size());
}

Texts texts(const DatagramBatch& batch) {
    Texts all;
    append_texts(batch, all);
    return all;
}

template <class... Text>
Texts list_of(Text... texts) {
    Texts all;
    (all.emplace_back(texts), ...);
    return all;
}

/// Receives until there are `count` datagrams.
Task<void> receive(const UdpSocket& socket, DatagramBatch& batch, std::size_t count, Texts& all) {
    while (all.size() < count) {
        const auto received = co_await socket.recv_many(batch);
        BOOST_TEST(must(received) == batch.size());
        append_texts(batch, all);
    }
}

/// `count` datagrams of `size` bytes that differ, and one that is shorter.
Texts numbered(std::size_t count, std::size_t size) {
    Texts all;
    for (std::size_t i = 0; i < count; ++i) {
        std::string text = std::to_string(i);
        text.resize(size, '.');
        all.push_back(std::move(text));
    }
    all.emplace_back("end");
    return all;
}

/// More than 64 datagrams, and more than 64 KiB: several runs.
std::vector<Texts> several_runs() {
    return {numbered(150, 20), numbered(5, 20'000), numbered(90, 1200)};
}

void push_all(DatagramBatch& batch, const Texts& all, SocketAddr target) {
    for (const std::string& text : all) {
        must(batch.push(text, target));
    }
}

/// A datagram socket whose buffer can be full, which that of UDP over loopback never is.
class Crowded {
public:
    Crowded() {
        std::array<int, 2> both{};
        BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM, 0, both.data()) == 0);
        socket = must(UdpSocket::from_fd(both[0]));
        must(socket.set_send_buffer_size(1));  // the least there is
        peer_ = both[1];
    }
    ~Crowded() { ::close(peer_); }
    Crowded(const Crowded&) = delete;
    Crowded& operator=(const Crowded&) = delete;

    UdpSocket socket;

    /// All that has arrived.
    Texts take() const {
        Texts all;
        std::array<char, 100> buffer{};
        for (;;) {
            const ssize_t size = ::recv(peer_, buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (size < 0) {
                return all;
            }
            all.emplace_back(buffer.data(), static_cast<std::size_t>(size));
        }
    }

private:
    int peer_ = -1;
};

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

BOOST_AUTO_TEST_CASE(runs_of_one_size_arrive_as_the_datagrams_they_are) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket receiver = co_await bound();
        const UdpSocket sender = co_await bound("0.0.0.0:0");
        must(receiver.set_recv_buffer_size(1 << 20));
        for (const bool segmentation : {true, false}) {
            for (const Texts& all : several_runs()) {
                DatagramBatch batch(151, 20'000);
                batch.set_segmentation(segmentation);
                push_all(batch, all, must(receiver.local_addr()));
                const auto sent = co_await sender.send_many(batch);
                BOOST_TEST(must(sent) == all.size());
                DatagramBatch answers(32, 20'000);
                Texts got;
                co_await receive(receiver, answers, all.size(), got);
                BOOST_TEST((got == all));
            }
        }
    });
}

BOOST_AUTO_TEST_CASE(what_the_system_has_joined_is_taken_apart) {
    on_every_runtime([]() -> Task<void> {
        for (const char* const any_port : {"127.0.0.1:0", "[::1]:0"}) {
            const UdpSocket receiver = co_await bound(any_port);
            const UdpSocket sender = co_await bound(any_port);
            BOOST_TEST(!must(receiver.gro()));
            const auto changed = receiver.set_gro(true);
            if (!changed) {
                BOOST_TEST((changed.error() == std::errc::no_protocol_option));
                co_return;
            }
            BOOST_TEST(must(receiver.gro()));
            must(sender.set_gro(true));
            must(receiver.set_recv_buffer_size(1 << 20));
            const Texts all = numbered(50, 1000);
            DatagramBatch batch(51, 1000);
            push_all(batch, all, must(receiver.local_addr()));
            must(co_await sender.send_many(batch));
            DatagramBatch joined(2, DatagramBatch::kLargestDatagram);
            BOOST_TEST(must(receiver.try_recv_many(joined)) == all.size());  // one message of two
            BOOST_TEST((texts(joined) == all));
            for (const Datagram datagram : joined) {
                BOOST_TEST((datagram.peer() == must(sender.local_addr())));
                BOOST_TEST(!datagram.truncated());
            }
            // A part of it goes back.
            joined.keep(3, 45);
            must(co_await receiver.send_many(joined));
            DatagramBatch answers(1, DatagramBatch::kLargestDatagram);
            Texts got;
            co_await receive(sender, answers, 45, got);
            BOOST_TEST((got == Texts(all.begin() + 3, all.begin() + 48)));
            // Into a place that is too short.
            batch.rewind();
            must(co_await sender.send_many(batch));
            DatagramBatch narrow(1, 2500);
            BOOST_TEST(must(receiver.try_recv_many(narrow)) == 3u);
            auto each = narrow.begin();
            BOOST_TEST(!(*each).truncated());
            BOOST_TEST(!(*++each).truncated());
            BOOST_TEST((*++each).truncated());
            BOOST_TEST((*each).bytes().size() == 500u);
        }
    });
}

BOOST_AUTO_TEST_CASE(datagrams_of_any_sizes_for_several_peers_keep_their_borders_and_order) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket sender = co_await bound();
        const UdpSocket plain = co_await bound();
        const UdpSocket joining = co_await bound();
        static_cast<void>(joining.set_gro(true));
        static_cast<void>(sender.set_gro(true));
        const unsigned seed = std::random_device()();
        BOOST_TEST_MESSAGE("seed " << seed);
        std::minstd_rand random(seed);
        constexpr std::array<std::size_t, 5> kSizes = {0, 1, 5, 10, 10};
        std::size_t size = 10;
        for (int round = 0; round < 30; ++round) {
            DatagramBatch batch(60, 10);
            Texts for_plain;
            Texts for_joining;
            for (int i = 0; i < 60; ++i) {
                size = random() % 3 == 0 ? kSizes[random() % kSizes.size()] : size;
                const std::string text(size, static_cast<char>('a' + random() % 26));
                const bool to_plain = random() % 6 == 0;
                (to_plain ? for_plain : for_joining).push_back(text);
                must(batch.push(text, must((to_plain ? plain : joining).local_addr())));
            }
            must(co_await sender.send_many(batch));
            DatagramBatch answers(60, DatagramBatch::kLargestDatagram);
            Texts got;
            co_await receive(plain, answers, for_plain.size(), got);
            BOOST_TEST((got == for_plain));
            BOOST_TEST(must(joining.try_recv_many(answers)) == for_joining.size());
            BOOST_TEST((texts(answers) == for_joining));
            must(co_await joining.send_many(answers));
            got.clear();
            co_await receive(sender, answers, for_joining.size(), got);
            BOOST_TEST((got == for_joining));
        }
    });
}

BOOST_AUTO_TEST_CASE(where_the_system_refuses_to_cut_each_datagram_is_sent_alone) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket receiver = co_await bound();
        must(receiver.set_recv_buffer_size(1 << 20));
        // Without checksums there is no segmentation.
        const int descriptor = ::socket(AF_INET, SOCK_DGRAM, 0);
        const int on = 1;
        BOOST_REQUIRE(::setsockopt(descriptor, SOL_SOCKET, SO_NO_CHECK, &on, sizeof on) == 0);
        const UdpSocket sender = must(UdpSocket::from_fd(descriptor));
        Texts all = numbered(100, 1000);
        all.emplace_back("behind");
        DatagramBatch batch(200, 1000);
        push_all(batch, all, must(receiver.local_addr()));
        const auto sent = co_await sender.send_many(batch);
        BOOST_TEST(must(sent) == all.size());
        DatagramBatch answers(32, 1000);
        Texts got;
        co_await receive(receiver, answers, all.size(), got);
        BOOST_TEST((got == all));
    });
}

BOOST_AUTO_TEST_CASE(a_send_goes_on_when_there_is_room_again) {
    on_every_runtime([]() -> Task<void> {
        const Crowded crowded;
        const Texts all = numbered(200, 10);
        DatagramBatch batch(201, 10);
        for (const std::string& text : all) {
            must(batch.push(text));
        }
        const std::size_t first = must(crowded.socket.try_send_many(batch));
        BOOST_TEST(first > 0u);
        BOOST_TEST(first + batch.size() == all.size());
        BOOST_REQUIRE(batch.size() > 0u);
        BOOST_TEST(
            (crowded.socket.try_send_many(batch).error() == std::errc::operation_would_block));
        Texts got;
        auto take = [](const Crowded& from, DatagramBatch& sending, Texts& to) -> Task<void> {
            while (to.size() < 201) {
                for (std::string& text : from.take()) {
                    to.push_back(std::move(text));
                }
                BOOST_TEST(to.size() + sending.size() <= 201u);
                co_await yield_now();
            }
        };
        auto send = [](const Crowded& to, DatagramBatch& sending) -> Task<std::size_t> {
            const auto sent = co_await to.socket.send_many(sending);
            co_return must(sent);
        };
        auto [rest, unused] = co_await join(send(crowded, batch), take(crowded, batch, got));
        BOOST_TEST(rest == all.size() - first);
        BOOST_TEST((got == all));
    });
}

namespace {

class ReceivingMany : public CancelScenario {
public:
    Task<void> subject() override { must(co_await socket_.recv_many(batch_)); }
    void suspended(std::size_t /*n*/) override { send(); }
    Task<void> check(bool completed) override {
        send();
        if (!completed) {
            BOOST_TEST(batch_.empty());
            must(co_await socket_.recv_many(batch_));
        }
        BOOST_TEST((texts(batch_) == list_of("x", "y")));
    }

private:
    ReceivingMany(int descriptor, int peer)
        : socket_(must(UdpSocket::from_fd(descriptor))), peer_(peer) {}
    explicit ReceivingMany(std::array<int, 2> both) : ReceivingMany(both[0], both[1]) {}
    static std::array<int, 2> pair() {
        std::array<int, 2> both{};
        BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM, 0, both.data()) == 0);
        return both;
    }

public:
    ReceivingMany() : ReceivingMany(pair()) {}
    ~ReceivingMany() override { ::close(peer_); }
    ReceivingMany(const ReceivingMany&) = delete;
    ReceivingMany& operator=(const ReceivingMany&) = delete;

private:
    void send() {
        if (!sent_) {
            BOOST_TEST(::send(peer_, "x", 1, 0) == 1);
            BOOST_TEST(::send(peer_, "y", 1, 0) == 1);
            sent_ = true;
        }
    }

    UdpSocket socket_;
    DatagramBatch batch_{4, 10};
    int peer_;
    bool sent_ = false;
};

/// Whether it was dropped or not: what was in the batch arrives, each datagram once.
class SendingMany : public CancelScenario {
public:
    SendingMany() : all_(numbered(40, 10)) {
        for (const std::string& text : all_) {
            must(batch_.push(text));
        }
    }
    Task<void> subject() override { must(co_await crowded_.socket.send_many(batch_)); }
    void suspended(std::size_t /*n*/) override { take(); }
    Task<void> check(bool completed) override {
        BOOST_TEST(batch_.empty() == completed);
        take();
        while (!batch_.empty()) {
            must(crowded_.socket.try_send_many(batch_));
            take();
        }
        BOOST_TEST((got_ == all_));
        co_return;
    }

private:
    void take() {
        for (std::string& text : crowded_.take()) {
            got_.push_back(std::move(text));
        }
    }

    Crowded crowded_;
    Texts all_;
    Texts got_;
    DatagramBatch batch_{41, 10};
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_receive_of_many_that_is_dropped_has_taken_none) {
    on_every_runtime([]() -> Task<void> {
        const Driven driven = co_await drive<ReceivingMany>();
        BOOST_TEST(driven.suspensions >= 1u);
    });
}

BOOST_AUTO_TEST_CASE(a_send_of_many_that_is_dropped_leaves_the_rest_in_the_batch) {
    on_every_runtime([]() -> Task<void> {
        const Driven driven = co_await drive<SendingMany>();
        BOOST_TEST(driven.suspensions >= 2u);
    });
}

BOOST_AUTO_TEST_CASE(a_socket_that_always_has_something_starves_nobody) {
    on_every_runtime([]() -> Task<void> {
        const UdpSocket socket = co_await bound();
        const auto self = must(socket.local_addr());
        bool stop = false;
        auto loop = [](const UdpSocket& to, SocketAddr address, bool& end) -> Task<void> {
            DatagramBatch batch(4, 10);
            while (!end) {
                must(batch.push("again", address));
                must(co_await to.send_many(batch));
                must(co_await to.recv_many(batch));
                batch.clear();
            }
        };
        auto other = [](bool& end) -> Task<void> {
            co_await yield_now();
            end = true;
        };
        co_await join(loop(socket, self, stop), other(stop));
    });
}

BOOST_AUTO_TEST_SUITE_END()
