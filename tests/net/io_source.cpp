// SPDX-License-Identifier: MIT
// Sources seen from inside: events that no test could bring about from outside at will.
#include "net_test.hpp"
#include <edo/runtime/reactor/io_op.hpp>
#include <edo/runtime/reactor/io_source.hpp>

#include <boost/test/unit_test.hpp>

using namespace edo;
using namespace edo::test;
using detail::Direction;
using detail::Readiness;

BOOST_AUTO_TEST_SUITE(io_source)

namespace {

Readiness read_lasting() {
    Readiness readiness;
    readiness.read_lasting = true;
    return readiness;
}

/// Waits for ever, whatever events come.
class ForEver : public detail::IoOp {
public:
    ForEver(detail::IoSource& source, Direction direction) noexcept
        : IoOp(source, direction, &ForEver::attempt) {}
    void await_resume() const noexcept {}

private:
    static bool attempt(IoOp& /*op*/, std::uint32_t /*generation*/) noexcept { return false; }
};

Task<void> wait_in(detail::IoSource& source, Direction direction) {
    co_await ForEver(source, direction);
}

}  // namespace

// Another worker may have fetched the event from the kernel before the previous owner of the source
// closed its descriptor.
BOOST_AUTO_TEST_CASE(a_late_event_of_the_previous_descriptor_does_not_keep_the_next_one_busy) {
    on_every_runtime([]() -> Task<void> {
        RawPair pair;
        pair.stream.io_source().deliver(read_lasting());
        const auto none = co_await select(biased, read_text(pair.stream), sleep(1ms));
        BOOST_TEST(none.is<1>());
        pair.stream.io_source().deliver(read_lasting());
        pair.send("x");
        const std::string got = co_await read_text(pair.stream);
        BOOST_TEST(got == "x");
        const auto nothing = co_await select(biased, read_text(pair.stream), sleep(1ms));
        BOOST_TEST(nothing.is<1>());
    });
}

BOOST_AUTO_TEST_CASE(a_call_that_blocked_refutes_only_what_was_said_before_it) {
    const LeakGuard guard;
    RawPair pair;
    detail::IoSource& source = pair.stream.io_source();
    const std::uint32_t before = source.generation(Direction::Read);
    source.deliver(read_lasting());
    source.set_blocked(Direction::Read, before);
    BOOST_TEST(source.is_lasting(Direction::Read));
    BOOST_TEST(source.may_be_ready(Direction::Read));
    // A transfer that was short says nothing about the end of the stream.
    source.set_drained(Direction::Read, source.generation(Direction::Read));
    BOOST_TEST(source.may_be_ready(Direction::Read));
    source.set_blocked(Direction::Read, source.generation(Direction::Read));
    BOOST_TEST(!source.is_lasting(Direction::Read));
    BOOST_TEST(!source.may_be_ready(Direction::Read));
    BOOST_TEST(source.may_be_ready(Direction::Write));
}

// Events are counted; a count that comes around must not make an old one look new.
BOOST_AUTO_TEST_CASE(what_was_seen_long_ago_does_not_use_up_what_has_come_since) {
    const LeakGuard guard;
    RawPair pair;
    detail::IoSource& source = pair.stream.io_source();
    Readiness readable;
    readable.readable = true;
    const std::uint32_t old = source.generation(Direction::Read);
    std::uint32_t events = 0;
    for (const std::uint32_t count : {1u << 8, 1u << 16, 1u << 20}) {
        for (; events < count; ++events) {
            source.deliver(readable);
        }
        source.set_drained(Direction::Read, old);
        BOOST_TEST(source.may_be_ready(Direction::Read));
    }
}

BOOST_AUTO_TEST_CASE(events_of_one_direction_leave_the_others_alone) {
    const LeakGuard guard;
    RawPair pair;
    detail::IoSource& source = pair.stream.io_source();
    for (const Direction each : {Direction::Read, Direction::Write, Direction::Except}) {
        BOOST_TEST(source.may_be_ready(each));  // nothing is known yet
        source.set_blocked(each, source.generation(each));
        BOOST_TEST(!source.may_be_ready(each));
    }
    Readiness urgent;
    urgent.except = true;
    source.deliver(urgent);
    BOOST_TEST(source.may_be_ready(Direction::Except));
    BOOST_TEST(!source.may_be_ready(Direction::Read));
    BOOST_TEST(!source.may_be_ready(Direction::Write));
    source.deliver(read_lasting());
    BOOST_TEST(source.may_be_ready(Direction::Read));
    BOOST_TEST(!source.may_be_ready(Direction::Write));
}

// The waits of all directions are in one list.
BOOST_AUTO_TEST_CASE(an_event_wakes_only_those_who_wait_in_its_direction) {
    on_every_runtime([]() -> Task<void> {
        RawPair pair;
        detail::IoSource& source = pair.stream.io_source();
        auto first = spawn(read_text(pair.stream));
        auto except = spawn(wait_in(source, Direction::Except));
        while (!source.has_waiter(Direction::Read) || !source.has_waiter(Direction::Except)) {
            co_await sleep(1ms);
        }
        Readiness writable;
        writable.writable = true;
        source.deliver(writable);
        BOOST_TEST(source.has_waiter(Direction::Read));
        BOOST_TEST(source.has_waiter(Direction::Except));
        pair.send("x");
        const auto got = co_await first;
        BOOST_TEST(got.value() == "x");
        BOOST_TEST(source.has_waiter(Direction::Except));
        except.abort();
        static_cast<void>(co_await except);
        BOOST_TEST(!source.has_waiter(Direction::Except));
    });
}

BOOST_AUTO_TEST_SUITE_END()
