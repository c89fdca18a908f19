// SPDX-License-Identifier: MIT
#include "net/net_test.hpp"
#include "support/cancel_driver.hpp"
#include <edo/net/pipe.hpp>
#include <edo/net/unix_datagram.hpp>
#include <edo/net/unix_stream.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

using namespace edo;
using namespace edo::test;
using io::OwnedFd;
using net::ReceivedWithFds;
using net::UnixDatagram;
using net::UnixStream;

BOOST_AUTO_TEST_SUITE(descriptor_passing)

namespace {

/// A counter of the kernel with this value, by which it is recognised.
OwnedFd counter(unsigned value) {
    OwnedFd descriptor(::eventfd(value, EFD_NONBLOCK));
    BOOST_REQUIRE(descriptor.valid());
    return descriptor;
}

std::uint64_t value_of(const OwnedFd& descriptor) {
    std::uint64_t value = 0;
    BOOST_REQUIRE(::read(descriptor.descriptor(), &value, sizeof value) == sizeof value);
    return value;
}

struct Counters {
    explicit Counters(unsigned count) {
        for (unsigned i = 1; i <= count; ++i) {
            owned.push_back(counter(i));
            raw.push_back(owned.back().descriptor());
        }
    }
    std::vector<OwnedFd> owned;
    std::vector<int> raw;
};

Task<ReceivedWithFds> receive(UnixStream& stream, std::size_t max_fds) {
    std::string buffer(16, '\0');
    co_return must(co_await stream.recv_with_fds(room(buffer), max_fds));
}

}  // namespace

BOOST_AUTO_TEST_CASE(descriptors_travel_with_the_bytes_in_their_order) {
    on_every_runtime([]() -> Task<void> {
        auto [near, far] = must(UnixStream::pair());
        const Counters counters(3);
        const auto sent = co_await near.send_with_fds(bytes("three"), counters.raw);
        BOOST_TEST(must(sent) == 5u);
        const ReceivedWithFds received = co_await receive(far, 8);
        BOOST_TEST(received.size == 5u);
        BOOST_TEST(!received.fds_lost);
        BOOST_REQUIRE(received.fds.size() == 3u);
        for (unsigned i = 0; i < 3; ++i) {
            BOOST_TEST(value_of(received.fds[i]) == i + 1);
            BOOST_TEST((::fcntl(received.fds[i].descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
        }
    });
}

BOOST_AUTO_TEST_CASE(bytes_without_descriptors_and_the_end_come_as_usual) {
    on_every_runtime([]() -> Task<void> {
        auto [near, far] = must(UnixStream::pair());
        must(co_await near.write_all("plain"));
        const ReceivedWithFds plain = co_await receive(far, 8);
        BOOST_TEST(plain.size == 5u);
        BOOST_TEST(plain.fds.empty());
        const auto sent = co_await near.send_with_fds(bytes("none"), std::span<const int>());
        BOOST_TEST(must(sent) == 4u);
        static_cast<void>(co_await receive(far, 8));
        near = UnixStream();
        const ReceivedWithFds end = co_await receive(far, 8);
        BOOST_TEST(end.size == 0u);
        BOOST_TEST(end.fds.empty());
    });
}

BOOST_AUTO_TEST_CASE(more_descriptors_than_asked_for_are_reported_and_none_leaks) {
    on_every_runtime([]() -> Task<void> {
        auto [near, far] = must(UnixStream::pair());
        const Counters counters(4);
        for (const std::size_t most : {0u, 1u, 2u, 3u}) {
            static_cast<void>(must(co_await near.send_with_fds(bytes("x"), counters.raw)));
            const std::size_t before = Resources::now().descriptors;
            const ReceivedWithFds received = co_await receive(far, most);
            BOOST_TEST(received.fds.size() == most);
            BOOST_TEST(received.fds_lost);
            BOOST_TEST(Resources::now().descriptors == before + most);
        }
        // A plain read drops them all.
        static_cast<void>(must(co_await near.send_with_fds(bytes("x"), counters.raw)));
        const std::size_t before = Resources::now().descriptors;
        const std::string text = co_await read_text(far);
        BOOST_TEST(text == "x");
        BOOST_TEST(Resources::now().descriptors == before);
    });
}

BOOST_AUTO_TEST_CASE(the_greatest_number_of_descriptors_fits_and_one_more_is_refused) {
    on_every_runtime([]() -> Task<void> {
        auto [near, far] = must(UnixStream::pair());
        const OwnedFd one = counter(1);
        std::vector<int> many(net::kMaxFdsInMessage, one.descriptor());
        static_cast<void>(must(co_await near.send_with_fds(bytes("x"), many)));
        {
            const ReceivedWithFds all = co_await receive(far, 1000);
            BOOST_TEST(all.fds.size() == net::kMaxFdsInMessage);
            BOOST_TEST(!all.fds_lost);
        }
        many.push_back(one.descriptor());
        const auto too_many = co_await near.send_with_fds(bytes("x"), many);
        BOOST_TEST((too_many.error() == std::errc::invalid_argument));
        const std::array<int, 1> fds = {one.descriptor()};
        const auto no_bytes = co_await near.send_with_fds(bytes(""), fds);
        BOOST_TEST((no_bytes.error() == std::errc::invalid_argument));
        const std::array<int, 1> bad = {9999};
        const auto not_open = co_await near.send_with_fds(bytes("x"), bad);
        BOOST_TEST((not_open.error() == std::errc::bad_file_descriptor));
    });
}

BOOST_AUTO_TEST_CASE(a_process_without_free_descriptors_is_told_and_keeps_those_that_fit) {
    on_every_runtime([]() -> Task<void> {
        auto [near, far] = must(UnixStream::pair());
        const Counters counters(4);
        static_cast<void>(must(co_await near.send_with_fds(bytes("x"), counters.raw)));
        must(co_await far.readable());  // registered before the limit falls
        rlimit before{};
        BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
        const int next = ::dup(0);
        ::close(next);
        rlimit low = before;
        low.rlim_cur = rlim_t(next) + 2;
        BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
        std::string buffer(16, '\0');
        const auto received = co_await far.recv_with_fds(room(buffer), 8);
        BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
        BOOST_REQUIRE(received.has_value());
        BOOST_TEST(received->size == 1u);
        BOOST_TEST(received->fds.size() == 2u);
        BOOST_TEST(received->fds_lost);
    });
}

BOOST_AUTO_TEST_CASE(datagrams_carry_descriptors_too) {
    on_every_runtime([]() -> Task<void> {
        const auto [near, far] = must(UnixDatagram::pair());
        const Counters counters(2);
        const auto sent = co_await near.send_with_fds(bytes("datagram"), counters.raw);
        BOOST_TEST(must(sent) == 8u);
        std::string buffer(4, '\0');
        const auto received = co_await far.recv_with_fds(room(buffer), 2);
        BOOST_REQUIRE(received.has_value());
        BOOST_TEST(buffer == "data");
        BOOST_TEST(received->truncated);
        BOOST_REQUIRE(received->fds.size() == 2u);
        BOOST_TEST(value_of(received->fds[1]) == 2u);
    });
}

BOOST_AUTO_TEST_CASE(a_received_pipe_can_be_used) {
    on_every_runtime([]() -> Task<void> {
        auto [near, far] = must(UnixStream::pair());
        auto [sender, receiver] = must(net::pipe::pipe());
        {
            const OwnedFd fd = std::move(receiver).into_fd();
            const std::array<int, 1> fds = {fd.descriptor()};
            static_cast<void>(must(co_await near.send_with_fds(bytes("p"), fds)));
        }
        ReceivedWithFds received = co_await receive(far, 1);
        BOOST_REQUIRE(received.fds.size() == 1u);
        auto passed = must(net::pipe::Receiver::from_fd(std::move(received.fds[0])));
        must(co_await sender.write_all("through"));
        const std::string text = co_await read_text(passed);
        BOOST_TEST(text == "through");
    });
}

namespace {

class ReceivingFds : public CancelScenario {
public:
    ReceivingFds() {
        auto both = must(UnixStream::pair());
        near_ = std::move(both.first);
        far_ = std::move(both.second);
    }
    Task<void> subject() override { received_ = co_await receive(near_, 4); }
    Task<void> peer() override {
        static_cast<void>(must(co_await far_.send_with_fds(bytes("x"), counters_.raw)));
    }
    Task<void> check(bool completed) override {
        if (!completed) {
            received_ = co_await receive(near_, 4);
        }
        BOOST_TEST(received_.fds.size() == 2u);
    }

private:
    UnixStream near_;
    UnixStream far_;
    Counters counters_{2};
    ReceivedWithFds received_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_receive_can_be_cancelled_at_every_suspension_and_loses_nothing) {
    on_every_runtime([]() -> Task<void> {
        const Driven driven = co_await drive<ReceivingFds>();
        BOOST_TEST(driven.runs >= 1u);  // with several workers the peer may be first
    });
}

BOOST_AUTO_TEST_SUITE_END()
