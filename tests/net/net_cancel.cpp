// SPDX-License-Identifier: MIT
// Each operation, dropped at each point at which it can be, loses nothing and leaves the socket
// usable.

#include "fake_system.hpp"
#include "net_test.hpp"
#include "support/cancel_driver.hpp"
#include <edo/net/lookup_host.hpp>
#include <edo/net/tcp_socket.hpp>
#include <edo/net/udp_socket.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>

using namespace edo;
using namespace edo::test;
using net::SocketAddr;
using net::TcpListener;
using net::TcpStream;
using net::UdpSocket;

BOOST_AUTO_TEST_SUITE(net_cancel)

namespace {

template <class Scenario>
void drive_on_every_runtime(std::size_t suspensions) {
    on_every_runtime([suspensions]() -> Task<void> {
        const Driven driven = co_await drive<Scenario>();
        BOOST_TEST(driven.suspensions >= suspensions);
    });
}

/// An operation that reads "hello", which the peer sends while it waits.
class ReadingScenario : public CancelScenario {
public:
    void suspended(std::size_t /*n*/) override { send(); }
    Task<void> check(bool completed) override {
        send();
        if (completed) {
            BOOST_TEST(got_ == "hello");
        } else {
            // Nothing was taken out of the socket.
            const std::string rest = co_await read_exactly(pair_.stream, 5);
            BOOST_TEST(rest == "hello");
        }
    }

protected:
    void send() {
        if (!sent_) {
            pair_.send("hello");
            sent_ = true;
        }
    }

    RawPair pair_;
    std::string got_;
    bool sent_ = false;
};

class Reading : public ReadingScenario {
    Task<void> subject() override { got_ = co_await read_text(pair_.stream); }
};

class ReadingVectored : public ReadingScenario {
    Task<void> subject() override {
        std::string buffer(100, '\0');
        const std::array<std::span<std::byte>, 2> buffers = {room(buffer).first(2),
                                                             room(buffer).subspan(2)};
        const auto n = co_await pair_.stream.read_vectored(buffers);
        got_ = buffer.substr(0, must(n));
    }
};

class Peeking : public ReadingScenario {
    Task<void> subject() override {
        std::string buffer(100, '\0');
        must(co_await pair_.stream.peek(room(buffer)));
        got_ = co_await read_text(pair_.stream);
    }
};

class WaitingReadable : public ReadingScenario {
    Task<void> subject() override {
        must(co_await pair_.stream.readable());
        got_ = co_await read_text(pair_.stream);
    }
};

class ReadingExact : public ReadingScenario {
    Task<void> subject() override { got_ = co_await read_exactly(pair_.stream, 5); }
};

/// An operation that writes one byte to a socket whose buffer is full.
class WritingScenario : public CancelScenario {
public:
    WritingScenario() : filled_(fill(pair_.stream)) {}

    void suspended(std::size_t /*n*/) override { drain(); }
    Task<void> check(bool completed) override {
        drain();
        must(co_await pair_.stream.write_all("end"));
        const std::string got = pair_.receive(completed ? 4 : 3);
        BOOST_TEST(got == (completed ? "xend" : "end"));
    }

protected:
    void drain() {
        if (!drained_) {
            pair_.drain(filled_);
            drained_ = true;
        }
    }

    RawPair pair_;
    std::size_t filled_;
    bool drained_ = false;
};

class Writing : public WritingScenario {
    Task<void> subject() override { must(co_await pair_.stream.write("x")); }
};

class WritingAll : public WritingScenario {
    Task<void> subject() override { must(co_await pair_.stream.write_all("x")); }
};

class WritingVectored : public WritingScenario {
    Task<void> subject() override {
        const std::array<std::span<const std::byte>, 2> parts = {bytes(""), bytes("x")};
        must(co_await pair_.stream.write_vectored(parts));
    }
};

class WaitingWritable : public WritingScenario {
    Task<void> subject() override {
        must(co_await pair_.stream.writable());
        must(co_await pair_.stream.write("x"));
    }
};

class Accepting : public CancelScenario {
public:
    Accepting() {
        auto socket = must(net::TcpSocket::new_v4());
        must(socket.bind(SocketAddr(net::IpAddr::localhost_v4(), 0)));
        address_ = must(socket.local_addr());
        listener_ = must(std::move(socket).listen());
    }

    Task<void> subject() override {
        auto accepted = co_await listener_.accept();
        from_ = must(std::move(accepted)).second;
    }
    Task<void> peer() override {
        client_ = must(co_await TcpStream::connect(address_));
        connected_.store(true, std::memory_order_release);
    }
    Task<void> check(bool completed) override {
        while (!connected_.load(std::memory_order_acquire)) {
            co_await yield_now();
        }
        if (!completed) {
            from_ = must(co_await listener_.accept()).second;
        }
        BOOST_TEST((from_ == must(client_.local_addr())));
    }

private:
    TcpListener listener_;
    SocketAddr address_;
    SocketAddr from_;
    TcpStream client_;
    std::atomic<bool> connected_{false};  // publishes `client_` to the other task
};

class Connecting : public CancelScenario {
public:
    Connecting() {
        auto socket = must(net::TcpSocket::new_v4());
        must(socket.bind(SocketAddr(net::IpAddr::localhost_v4(), 0)));
        address_ = must(socket.local_addr());
        listener_ = must(std::move(socket).listen());
    }

    Task<void> subject() override { stream_ = must(co_await TcpStream::connect(address_)); }
    Task<void> check(bool completed) override {
        BOOST_TEST(stream_.has_value() == completed);
        co_return;
    }

private:
    TcpListener listener_;
    SocketAddr address_;
    std::optional<TcpStream> stream_;
};

class Receiving : public CancelScenario {
public:
    Receiving() : socket_(udp()), sender_(udp()) {}

    Task<void> subject() override { got_ = co_await receive(); }
    void suspended(std::size_t /*n*/) override { send(); }
    Task<void> check(bool completed) override {
        send();
        if (!completed) {
            got_ = co_await receive();
        }
        BOOST_TEST(got_ == "datagram");
    }

private:
    static UdpSocket udp() {
        const int descriptor = ::socket(AF_INET, SOCK_DGRAM, 0);
        sockaddr_in local{};
        local.sin_family = AF_INET;
        local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        BOOST_REQUIRE(::bind(descriptor, reinterpret_cast<const sockaddr*>(&local), sizeof local) ==
                      0);
        return must(UdpSocket::from_fd(descriptor));
    }
    void send() {
        if (!sent_) {
            must(sender_.try_send_to(bytes("datagram"), must(socket_.local_addr())));
            sent_ = true;
        }
    }
    Task<std::string> receive() {
        std::string buffer(100, '\0');
        const auto got = co_await socket_.recv_from(room(buffer));
        co_return buffer.substr(0, must(got).size);
    }

    UdpSocket socket_;
    UdpSocket sender_;
    std::string got_;
    bool sent_ = false;
};

class LookingUp : public CancelScenario {
public:
    Task<void> subject() override { found_ = must(co_await net::lookup_host("a.slow.test:1")); }
    void suspended(std::size_t n) override {
        slow_.wait_until_hanging(n);
        slow_.release(1);
    }
    Task<void> check(bool completed) override {
        BOOST_TEST(found_.size() == (completed ? 1u : 0u));
        co_return;
    }

private:
    SlowLookUps slow_;
    std::vector<SocketAddr> found_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(read) {
    drive_on_every_runtime<Reading>(1);
}

BOOST_AUTO_TEST_CASE(read_vectored) {
    drive_on_every_runtime<ReadingVectored>(1);
}

BOOST_AUTO_TEST_CASE(read_exact_before_the_first_byte) {
    drive_on_every_runtime<ReadingExact>(1);
}

BOOST_AUTO_TEST_CASE(peek) {
    drive_on_every_runtime<Peeking>(1);
}

BOOST_AUTO_TEST_CASE(readable) {
    drive_on_every_runtime<WaitingReadable>(1);
}

BOOST_AUTO_TEST_CASE(write) {
    drive_on_every_runtime<Writing>(1);
}

BOOST_AUTO_TEST_CASE(write_all_before_the_first_byte) {
    drive_on_every_runtime<WritingAll>(1);
}

BOOST_AUTO_TEST_CASE(write_vectored) {
    drive_on_every_runtime<WritingVectored>(1);
}

BOOST_AUTO_TEST_CASE(writable) {
    drive_on_every_runtime<WaitingWritable>(1);
}

BOOST_AUTO_TEST_CASE(accept) {
    drive_on_every_runtime<Accepting>(0);
}

BOOST_AUTO_TEST_CASE(connect) {
    drive_on_every_runtime<Connecting>(0);
}

BOOST_AUTO_TEST_CASE(recv_from) {
    drive_on_every_runtime<Receiving>(1);
}

BOOST_AUTO_TEST_CASE(lookup_host) {
    drive_on_every_runtime<LookingUp>(1);
}

// The reader is dropped again and again while bytes arrive: none is lost, none comes twice.
BOOST_AUTO_TEST_CASE(reads_dropped_by_select_lose_no_byte) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        constexpr int kNumbers = 2000;
        auto writing = spawn(
            [](TcpStream stream) -> Task<void> {
                for (int i = 0; i < kNumbers; ++i) {
                    must(co_await stream.write_all(std::to_string(i) + ' '));
                    co_await yield_now();
                }
            },
            std::move(pair.client));
        std::string expected;
        for (int i = 0; i < kNumbers; ++i) {
            expected += std::to_string(i) + ' ';
        }
        std::string all;
        bool ended = false;
        while (!ended) {
            std::string buffer(64, '\0');
            auto first = co_await select(pair.server.read(room(buffer)), yield_now());
            if (auto* const n = first.get_if<0>()) {
                all += buffer.substr(0, must(*n));
                ended = must(*n) == 0;
            }
        }
        BOOST_TEST((all == expected));
        const auto written = co_await writing;
        BOOST_TEST(written.has_value());
    });
}

BOOST_AUTO_TEST_SUITE_END()
