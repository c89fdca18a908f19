// SPDX-License-Identifier: MIT
// Runs of datagrams that the system joins and cuts, sends that wait, and waits that are dropped.
#include "datagrams.hpp"
#include "net_test.hpp"
#include "support/cancel_driver.hpp"
#include <edo/net/datagram_batch.hpp>
#include <edo/net/udp_socket.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <random>
#include <sys/socket.h>
#include <unistd.h>

using namespace edo;
using namespace edo::test;
using net::Datagram;
using net::DatagramBatch;
using net::SocketAddr;
using net::UdpSocket;

namespace {

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

BOOST_AUTO_TEST_SUITE(datagram_runs)

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
