// SPDX-License-Identifier: MIT
// A reactor that attends another one: how a worker learns at once of the events of a stuck one.
#include "support/leak_guard.hpp"
#include <edo/runtime/reactor/io_source.hpp>
#include <edo/runtime/reactor/reactor.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <sys/eventfd.h>
#include <unistd.h>

using namespace std::chrono_literals;
using edo::detail::Direction;
using edo::detail::IoSource;
using edo::detail::make_asio_reactor;
using edo::detail::make_epoll_reactor;
using edo::detail::Reactor;
using edo::test::LeakGuard;

namespace {

BOOST_AUTO_TEST_SUITE(attended_reactor)

/// A descriptor that is registered with a reactor, and becomes readable on demand.
class Registered {
public:
    explicit Registered(Reactor& reactor)
        : reactor_(reactor),
          descriptor_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
          source_(IoSource::borrow(descriptor_)) {
        BOOST_TEST(!reactor_.add(*source_));
        static_cast<void>(reactor_.turn(0ms));  // it is writable from the beginning
    }
    Registered(const Registered&) = delete;
    Registered& operator=(const Registered&) = delete;
    ~Registered() {
        reactor_.remove(*source_);
        static_cast<void>(source_->release());
        ::close(descriptor_);
    }

    void make_readable() const {
        const std::uint64_t one = 1;
        BOOST_TEST(::write(descriptor_, &one, sizeof one) == ssize_t(sizeof one));
    }
    [[nodiscard]] std::uint32_t events() const { return source_->generation(Direction::Read); }

private:
    Reactor& reactor_;
    int descriptor_;
    IoSource* source_;
};

BOOST_AUTO_TEST_CASE(tells_of_its_events_and_keeps_them) {
    const LeakGuard guard;
    const auto helper = make_epoll_reactor();
    const auto stuck = make_epoll_reactor();
    const Registered registered(*stuck);
    BOOST_TEST(helper->attend(*stuck));
    BOOST_TEST(!helper->turn(0ms).attended);
    for (int round = 0; round < 3; ++round) {
        const std::uint32_t before = registered.events();
        registered.make_readable();
        const Reactor::Turned told = helper->turn(10s);
        BOOST_TEST(told.attended);
        BOOST_TEST(told.events == 0U);
        BOOST_TEST(!told.woken);
        BOOST_TEST(registered.events() == before);
        BOOST_TEST(stuck->turn(0ms).events == 1U);
        BOOST_TEST(registered.events() != before);
        BOOST_TEST(!helper->turn(0ms).attended);
    }
    helper->stop_attending(*stuck);
}

BOOST_AUTO_TEST_CASE(tells_of_events_that_came_before) {
    const LeakGuard guard;
    const auto helper = make_epoll_reactor();
    const auto stuck = make_epoll_reactor();
    const Registered registered(*stuck);
    registered.make_readable();
    BOOST_TEST(helper->attend(*stuck));
    BOOST_TEST(helper->turn(0ms).attended);
    // An edge: who does not act is not told again.
    BOOST_TEST(!helper->turn(0ms).attended);
    BOOST_TEST(stuck->turn(0ms).events == 1U);
}

BOOST_AUTO_TEST_CASE(is_silent_when_nobody_attends_it_any_more) {
    const LeakGuard guard;
    const auto helper = make_epoll_reactor();
    const auto stuck = make_epoll_reactor();
    const Registered registered(*stuck);
    BOOST_TEST(helper->attend(*stuck));
    helper->stop_attending(*stuck);
    registered.make_readable();
    BOOST_TEST(!helper->turn(0ms).attended);
    BOOST_TEST(helper->attend(*stuck));
    BOOST_TEST(helper->turn(0ms).attended);
}

BOOST_AUTO_TEST_CASE(may_end_before_the_one_that_attends_it) {
    const LeakGuard guard;
    const auto helper = make_epoll_reactor();
    {
        const auto stuck = make_epoll_reactor();
        BOOST_TEST(helper->attend(*stuck));
        stuck->wake();
    }
    BOOST_TEST(!helper->turn(0ms).attended);
}

BOOST_AUTO_TEST_CASE(cannot_be_attended_in_a_circle) {
    const LeakGuard guard;
    const auto one = make_epoll_reactor();
    const auto other = make_epoll_reactor();
    BOOST_TEST(one->attend(*other));
    BOOST_TEST(!other->attend(*one));
    one->stop_attending(*other);
    BOOST_TEST(other->attend(*one));
}

BOOST_AUTO_TEST_CASE(is_not_possible_with_asio) {
    const LeakGuard guard;
    const auto one = make_asio_reactor();
    const auto other = make_asio_reactor();
    BOOST_TEST(!one->attend(*other));
    one->stop_attending(*other);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
