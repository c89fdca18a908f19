// SPDX-License-Identifier: MIT
#include "net/net_test.hpp"
#include "support/cancel_driver.hpp"
#include "support/temporary_directory.hpp"
#include <edo/net/unix_datagram.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <unistd.h>
#include <vector>

using namespace edo;
using namespace edo::test;
using net::UnixAddr;
using net::UnixDatagram;
using net::UnixReceived;

BOOST_AUTO_TEST_SUITE(unix_datagram)

namespace {

struct Datagram {
    Datagram(std::string content, UnixReceived received_info)
        : text(std::move(content)), info(std::move(received_info)) {}
    std::string text;
    UnixReceived info;
};

Task<Datagram> receive(const UnixDatagram& socket, std::size_t most = 100) {
    std::string buffer(most, '\0');
    auto received = must(co_await socket.recv_from(room(buffer)));
    buffer.resize(received.size);
    co_return Datagram(std::move(buffer), std::move(received));
}

/// Sends until there is no room; returns how many.
std::size_t fill_queue(const UnixDatagram& socket) {
    std::size_t sent = 0;
    while (socket.try_send(bytes("fill"))) {
        ++sent;
    }
    return sent;
}

}  // namespace

BOOST_AUTO_TEST_CASE(datagrams_go_from_path_to_path_and_tell_who_sent_them) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const auto server = must(UnixDatagram::bind(directory.file("server")));
        const auto client = must(UnixDatagram::bind(directory.file("client")));
        const auto sent = co_await client.send_to("hello", directory.file("server"));
        BOOST_TEST(must(sent) == 5u);
        const Datagram got = co_await receive(server);
        BOOST_TEST(got.text == "hello");
        BOOST_TEST(!got.info.truncated);
        BOOST_TEST((got.info.from.path() == directory.file("client")));
        static_cast<void>(must(co_await server.send_to("answer", got.info.from)));
        const Datagram answer = co_await receive(client);
        BOOST_TEST(answer.text == "answer");
        BOOST_TEST((must(client.local_addr()).path() == directory.file("client")));
    });
}

BOOST_AUTO_TEST_CASE(an_unbound_socket_sends_and_is_unnamed) {
    on_every_runtime([]() -> Task<void> {
        const UnixAddr name =
            must(UnixAddr::from_abstract_name("edo-datagram-" + std::to_string(::getpid())));
        const auto server = must(UnixDatagram::bind(name));
        const auto client = must(UnixDatagram::unbound());
        static_cast<void>(must(co_await client.send_to("x", name)));
        const Datagram got = co_await receive(server);
        BOOST_TEST(got.info.from.is_unnamed());
        const auto not_connected = co_await client.send("x");
        BOOST_TEST((not_connected.error() == std::errc::not_connected));
    });
}

BOOST_AUTO_TEST_CASE(a_connected_socket_sends_to_its_peer) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const auto server = must(UnixDatagram::bind(directory.file("server")));
        const auto client = must(UnixDatagram::unbound());
        must(client.connect(directory.file("server")));
        BOOST_TEST((must(client.peer_addr()).path() == directory.file("server")));
        static_cast<void>(must(co_await client.send("one")));
        BOOST_TEST(must(client.try_send(bytes("two"))) == 3u);
        const Datagram one = co_await receive(server);
        const Datagram two = co_await receive(server);
        BOOST_TEST(one.text == "one");
        BOOST_TEST(two.text == "two");
    });
}

BOOST_AUTO_TEST_CASE(pairs_keep_the_bounds_of_datagrams_and_tell_what_was_cut) {
    on_every_runtime([]() -> Task<void> {
        const auto [near, far] = must(UnixDatagram::pair());
        static_cast<void>(must(co_await near.send("")));
        static_cast<void>(must(co_await near.send("long datagram")));
        static_cast<void>(must(co_await near.send("end")));
        const Datagram empty = co_await receive(far);
        BOOST_TEST(empty.text.empty());
        const Datagram cut = co_await receive(far, 4);
        BOOST_TEST(cut.text == "long");
        BOOST_TEST(cut.info.truncated);
        const Datagram end = co_await receive(far);
        BOOST_TEST(end.text == "end");
        std::string buffer(4, '\0');
        const auto nothing = far.try_recv(room(buffer));
        BOOST_TEST((nothing.error() == std::errc::operation_would_block));
    });
}

BOOST_AUTO_TEST_CASE(errors_name_the_path) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const auto socket = must(UnixDatagram::unbound());
        const auto missing = co_await socket.send_to("x", directory.file("missing"));
        BOOST_REQUIRE(!missing.has_value());
        BOOST_TEST(missing.error().message() ==
                   "cannot send to " + directory.file("missing") + ": No such file or directory");
        const auto connected = socket.connect(directory.file("missing"));
        BOOST_REQUIRE(!connected.has_value());
        BOOST_TEST(connected.error().message().find("cannot connect to " +
                                                    directory.file("missing")) == 0u);
        const auto too_long = co_await socket.send_to("x", std::string(200, 'x'));
        BOOST_TEST((too_long.error() == std::errc::filename_too_long));
        const auto bound = must(UnixDatagram::bind(directory.file("bound")));
        const auto again = UnixDatagram::bind(directory.file("bound"));
        BOOST_REQUIRE(!again.has_value());
        BOOST_TEST((again.error() == std::errc::address_in_use));
        BOOST_TEST(again.error().message().find("cannot bind " + directory.file("bound")) == 0u);
        const std::string huge(1 << 20, 'h');
        const auto too_large = co_await socket.send_to(huge, directory.file("bound"));
        BOOST_TEST((too_large.error() == std::errc::message_size));
    });
}

BOOST_AUTO_TEST_CASE(a_connected_sender_waits_for_room_in_the_queue_of_its_peer) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const auto server = must(UnixDatagram::bind(directory.file("server")));
        const auto client = must(UnixDatagram::unbound());
        must(client.connect(directory.file("server")));
        const std::size_t filled = fill_queue(client);
        BOOST_TEST(filled > 0u);
        auto sending = [](const UnixDatagram& from) -> Task<Result<std::size_t>> {
            co_return co_await from.send("last");
        }(client);
        const auto early = co_await select(biased, sending, sleep(5ms));
        BOOST_TEST(early.is<1>());
        auto [sent, last] = co_await join(
            std::move(sending), [](const UnixDatagram& to, std::size_t n) -> Task<std::string> {
                std::string text;
                for (std::size_t i = 0; i <= n; ++i) {
                    Datagram got = co_await receive(to);
                    text = got.text;
                }
                co_return text;
            }(server, filled));
        BOOST_TEST(sent.has_value());
        BOOST_TEST(last == "last");
    });
}

// The queue was filled by somebody else: nothing that happens to it makes an event for this socket.
BOOST_AUTO_TEST_CASE(a_sender_without_a_peer_waits_for_room_that_others_have_taken) {
    on_every_runtime([]() -> Task<void> {
        const TemporaryDirectory directory;
        const auto server = must(UnixDatagram::bind(directory.file("server")));
        const auto other = must(UnixDatagram::unbound());
        must(other.connect(directory.file("server")));
        const std::size_t filled = fill_queue(other);
        const auto client = must(UnixDatagram::unbound());
        auto sending = client.send_to("last", directory.file("server"));
        const auto early = co_await select(biased, sending, sleep(5ms));
        BOOST_TEST(early.is<1>());
        std::string text;
        for (std::size_t i = 0; i < filled; ++i) {
            const Datagram got = co_await receive(server);
            text = got.text;
        }
        BOOST_TEST(text == "fill");
        const auto sent = co_await std::move(sending);
        BOOST_TEST(sent.has_value());
        const Datagram last = co_await receive(server);
        BOOST_TEST(last.text == "last");
    });
}

BOOST_AUTO_TEST_CASE(each_datagram_goes_to_one_of_the_tasks_that_receive) {
    on_every_runtime([]() -> Task<void> {
        auto both = must(UnixDatagram::pair());
        const auto near = std::make_shared<const UnixDatagram>(std::move(both.first));
        const auto far = std::make_shared<const UnixDatagram>(std::move(both.second));
        std::vector<JoinHandle<std::string>> receiving;
        for (int i = 0; i < 4; ++i) {
            receiving.push_back(spawn(
                [](std::shared_ptr<const UnixDatagram> socket) -> Task<std::string> {
                    Datagram got = co_await receive(*socket);
                    co_return std::move(got.text);
                },
                far));
        }
        for (int i = 0; i < 4; ++i) {
            static_cast<void>(must(co_await near->send(std::to_string(i))));
        }
        std::string all;
        for (auto& handle : receiving) {
            const auto got = co_await handle;
            all += got.value();
        }
        std::sort(all.begin(), all.end());
        BOOST_TEST(all == "0123");
    });
}

namespace {

class Receiving : public CancelScenario {
public:
    Receiving() : both_(must(UnixDatagram::pair())) {}
    Task<void> subject() override {
        Datagram got = co_await receive(both_.first);
        got_ = std::move(got.text);
    }
    void suspended(std::size_t /*n*/) override { send(); }
    Task<void> check(bool completed) override {
        send();
        if (!completed) {
            Datagram got = co_await receive(both_.first);
            got_ = std::move(got.text);
        }
        BOOST_TEST(got_ == "datagram");
    }

private:
    void send() {
        if (!sent_) {
            BOOST_TEST(must(both_.second.try_send(bytes("datagram"))) == 8u);
            sent_ = true;
        }
    }
    std::pair<UnixDatagram, UnixDatagram> both_;
    std::string got_;
    bool sent_ = false;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_receive_can_be_cancelled_at_every_suspension) {
    on_every_runtime([]() -> Task<void> {
        const Driven driven = co_await drive<Receiving>();
        BOOST_TEST(driven.suspensions >= 1u);
    });
}

BOOST_AUTO_TEST_SUITE_END()
