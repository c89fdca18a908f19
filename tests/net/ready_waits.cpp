// SPDX-License-Identifier: MIT
// Readiness of sockets and pipes, and calls of one's own on their descriptors.
#include "net_test.hpp"
#include "support/cancel_driver.hpp"
#include <edo/net/async_fd.hpp>
#include <edo/net/pipe.hpp>
#include <edo/net/ready_waits.hpp>
#include <edo/net/udp_socket.hpp>
#include <edo/net/unix_datagram.hpp>
#include <edo/net/unix_stream.hpp>
#include <edo/runtime/io/owned_fd.hpp>

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>

using namespace edo;
using namespace edo::test;
using net::Interest;
using net::Ready;

BOOST_AUTO_TEST_SUITE(ready_waits)

namespace {

template <class Wait>
Task<bool> is_pending(Wait wait) {
    auto first = co_await select(biased, std::move(wait), sleep(5ms));
    co_return first.template is<1>();
}

Result<std::string> receive(int descriptor) {
    std::string buffer(100, '\0');
    const ssize_t n = ::recv(descriptor, buffer.data(), buffer.size(), 0);
    if (n < 0) {
        return failure(std::error_code(errno, std::generic_category()));
    }
    buffer.resize(std::size_t(n));
    return buffer;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_stream_tells_what_it_is_ready_for) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        const Ready at_first = must(co_await pair.client.ready(Interest::Both));
        BOOST_TEST((at_first == Ready::Writable));
        const bool nothing = co_await is_pending(pair.client.ready(Interest::Readable));
        BOOST_TEST(nothing);
        must(co_await pair.server.write_all("x"));
        const Ready readable = must(co_await pair.client.ready(Interest::Readable));
        BOOST_TEST((readable == Ready::Readable));
        const Ready both = must(co_await pair.client.ready(Interest::Both));
        BOOST_TEST((both == (Ready::Readable | Ready::Writable)));
        must(co_await pair.server.shutdown());
        const std::string got = co_await read_text(pair.client);
        BOOST_TEST(got == "x");
        Ready closed = must(co_await pair.client.ready(Interest::Both));
        while (!closed.is_read_closed()) {  // the end may come a little later than the bytes
            co_await yield_now();
            closed = must(co_await pair.client.ready(Interest::Both));
        }
        BOOST_TEST(!closed.is_write_closed());
    });
}

// A wait for urgent data must not use up what is known of other data.
BOOST_AUTO_TEST_CASE(urgent_data_of_a_stream_can_be_waited_for) {
    on_every_runtime([]() -> Task<void> {
        RawPair pair;
        pair.send("plain");
        const bool none = co_await is_pending(pair.stream.ready(Interest::Priority));
        BOOST_TEST(none);
        const std::string plain = co_await read_exactly(pair.stream, 5);
        BOOST_TEST(plain == "plain");
        BOOST_REQUIRE(::send(pair.peer(), "!", 1, MSG_OOB) == 1);
        const Ready urgent = must(co_await pair.stream.ready(Interest::Priority));
        BOOST_TEST(urgent.is_priority());
        const auto mark =
            co_await pair.stream.async_io(Interest::Priority, [](int descriptor) -> Result<char> {
                char byte = 0;
                if (::recv(descriptor, &byte, 1, MSG_OOB) != 1) {
                    return failure(std::errc::operation_would_block);
                }
                return byte;
            });
        BOOST_TEST(must(mark) == '!');
    });
}

namespace {

Task<void> priority_ready(const net::AsyncFd<int>& fd) {
    const auto guard = must(co_await fd.ready(Interest::Priority));
    BOOST_TEST(guard.ready().is_priority());
    BOOST_TEST(!guard.ready().is_error());
}

}  // namespace

BOOST_AUTO_TEST_CASE(urgent_data_is_waited_for_beside_other_data) {
    on_every_runtime([]() -> Task<void> {
        RawPair pair;
        const int near = std::move(pair.stream).into_fd();
        const io::OwnedFd owner(near);
        const auto fd = must(net::AsyncFd<int>::create(near));
        const bool none = co_await is_pending(priority_ready(fd));
        BOOST_TEST(none);
        pair.send("plain");
        static_cast<void>(must(co_await fd.readable()));
        const bool still = co_await is_pending(priority_ready(fd));
        BOOST_TEST(still);  // and the wait has not used up the other data:
        static_cast<void>(must(co_await fd.readable()));
        BOOST_REQUIRE(::send(pair.peer(), "!", 1, MSG_OOB) == 1);
        co_await priority_ready(fd);
        const auto either = must(co_await fd.ready(Interest::Readable | Interest::Priority));
        BOOST_TEST(either.ready().is_priority());
        BOOST_TEST(either.ready().is_readable());
        char urgent = 0;
        BOOST_REQUIRE(::recv(near, &urgent, 1, MSG_OOB) == 1);
        BOOST_TEST(urgent == '!');
        auto seen = must(co_await fd.ready(Interest::Priority | Interest::Writable));
        BOOST_TEST(seen.ready().is_writable());
        const auto every =
            must(co_await fd.ready(Interest::Both | Interest::Priority | Interest::Error));
        BOOST_TEST(every.ready().is_readable());
    });
}

BOOST_AUTO_TEST_CASE(a_call_of_ones_own_is_made_when_it_may_work) {
    on_every_runtime([]() -> Task<void> {
        RawPair pair;
        int calls = 0;
        const auto counted = [&calls](int descriptor) {
            ++calls;
            return receive(descriptor);
        };
        auto nothing = pair.stream.try_io(Interest::Readable, counted);
        BOOST_TEST((nothing.error() == std::errc::operation_would_block));
        BOOST_TEST(calls == 1);
        pair.send("zero");
        const auto zero = pair.stream.try_io(Interest::Readable, counted);
        BOOST_TEST(must(zero) == "zero");  // though nobody has ever waited, and been told
        pair.send("one");
        must(co_await pair.stream.readable());
        const auto one = pair.stream.try_io(Interest::Readable, counted);
        BOOST_TEST(must(one) == "one");
        nothing = pair.stream.try_io(Interest::Readable, counted);
        BOOST_TEST((nothing.error() == std::errc::operation_would_block));
        BOOST_TEST(calls == 4);
        nothing = pair.stream.try_io(Interest::Readable, counted);
        BOOST_TEST((nothing.error() == std::errc::operation_would_block));
        BOOST_TEST(calls == 4);  // known now, without a call

        auto [two, sent] = co_await join(pair.stream.async_io(Interest::Readable, counted),
                                         [](RawPair& p) -> Task<int> {
                                             for (int i = 0; i < 10; ++i) {
                                                 co_await yield_now();
                                             }
                                             p.send("two");
                                             co_return 0;
                                         }(pair));
        BOOST_TEST(must(two) == "two");
        BOOST_TEST(sent == 0);
        // What such a call has found out, others know too.
        pair.send("three");
        const std::string three = co_await read_text(pair.stream);
        BOOST_TEST(three == "three");
    });
}

BOOST_AUTO_TEST_CASE(halves_pipes_and_datagrams_have_it_too) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        auto [reader, writer] = std::move(pair.client).into_split();
        const Ready writable = must(co_await writer.ready(Interest::Writable));
        BOOST_TEST(writable.is_writable());
        must(co_await pair.server.write_all("x"));
        const Ready readable = must(co_await reader.ready(Interest::Readable));
        BOOST_TEST(readable.is_readable());
        BOOST_TEST(reader.descriptor() == writer.descriptor());

        auto [sender, receiver] = must(net::pipe::pipe());
        const Ready room = must(co_await sender.ready(Interest::Writable));
        BOOST_TEST((room == Ready::Writable));
        must(co_await sender.write_all("p"));
        const auto from_pipe =
            co_await receiver.async_io(Interest::Readable, [](int descriptor) -> Result<char> {
                char byte = 0;
                if (::read(descriptor, &byte, 1) != 1) {
                    return failure(std::error_code(errno, std::generic_category()));
                }
                return byte;
            });
        BOOST_TEST(must(from_pipe) == 'p');
        {
            const auto dropped = std::move(receiver);
        }
        const Ready broken = must(co_await sender.ready(Interest::Error));
        BOOST_TEST(broken.is_error());

        const auto udp = must(co_await net::UdpSocket::bind("127.0.0.1:0"));
        must(co_await udp.send_to("u", must(udp.local_addr())));
        BOOST_TEST(must(co_await udp.async_io(Interest::Readable, receive)) == "u");
        auto [near, far] = must(net::UnixDatagram::pair());
        must(co_await near.send("d"));
        BOOST_TEST(must(co_await far.async_io(Interest::Readable, receive)) == "d");
        auto [one, other] = must(net::UnixStream::pair());
        must(co_await one.write_all("s"));
        BOOST_TEST(must(co_await other.async_io(Interest::Readable, receive)) == "s");
    });
}

// A loop of ready operations must not keep others from running.
BOOST_AUTO_TEST_CASE(calls_of_ones_own_use_up_the_budget) {
    Builder builder = Builder::current_thread();
    Runtime runtime = builder.build();
    runtime.block_on([]() -> Task<void> {
        RawPair pair;
        bool other_ran = false;
        auto other = spawn(
            [](bool* ran) -> Task<void> {
                *ran = true;
                co_return;
            },
            &other_ran);
        int rounds = 0;
        while (!other_ran && rounds < 100000) {
            ++rounds;
            const auto called = co_await pair.stream.async_io(Interest::Writable,
                                                              [](int) { return Result<int>(0); });
            BOOST_REQUIRE(called.has_value());
        }
        BOOST_TEST(other_ran);
        BOOST_TEST(rounds < 1000);
        static_cast<void>(co_await other);
    });
}

BOOST_AUTO_TEST_CASE(an_empty_socket_is_a_misuse) {
    const net::TcpStream empty;
    BOOST_CHECK_THROW(static_cast<void>(empty.ready(Interest::Readable)), UsageError);
    BOOST_CHECK_THROW(static_cast<void>(empty.try_io(Interest::Readable, receive)), UsageError);
    BOOST_CHECK_THROW(static_cast<void>(empty.async_io(Interest::Readable, receive)), UsageError);
    BOOST_CHECK_THROW(static_cast<void>(empty.descriptor()), UsageError);
}

namespace {

class CallOfOnesOwn : public CancelScenario {
public:
    Task<void> subject() override {
        got_ =
            must(co_await pair_.stream.async_io(Interest::Readable | Interest::Priority, receive));
    }
    void suspended(std::size_t /*n*/) override { send(); }
    Task<void> check(bool completed) override {
        send();
        if (!completed) {
            got_ = co_await read_text(pair_.stream);
        }
        BOOST_TEST(got_ == "hello");
    }

private:
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

}  // namespace

BOOST_AUTO_TEST_CASE(a_call_of_ones_own_can_be_cancelled_at_every_suspension) {
    on_every_runtime([]() -> Task<void> {
        const Driven driven = co_await drive<CallOfOnesOwn>();
        BOOST_TEST(driven.suspensions >= 1u);
    });
}

BOOST_AUTO_TEST_SUITE_END()
