// SPDX-License-Identifier: MIT
#include "io/scripted.hpp"
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/io/buf_stream.hpp>
#include <edo/runtime/io/duplex.hpp>

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>

using edo::io::BufStream;
using edo::io::DuplexStream;
using edo::test::drive;
using edo::test::for_each_flavor;
using edo::test::ScriptedReader;
using edo::test::ScriptedWriter;
using edo::test::text_of;

namespace {

static_assert(edo::io::AsyncReadWrite<BufStream<DuplexStream>>);
static_assert(edo::io::AsyncBufRead<BufStream<DuplexStream&>>);
static_assert(edo::detail::HasFlush<BufStream<DuplexStream>>);

using Scripted = edo::io::Join<ScriptedReader, ScriptedWriter>;

edo::Task<void> talk() {
    BufStream stream(Scripted(ScriptedReader("one\ntwo;three", 3), ScriptedWriter(4)));
    const auto line = co_await stream.read_line();
    BOOST_TEST(line.value().value() == "one");
    BOOST_TEST(text_of(stream.read_buffer()) == "tw");
    const auto until = co_await stream.read_until(std::byte(';'));
    BOOST_TEST(text_of(until.value()) == "two;");

    const auto written = co_await stream.write_all("hello");
    BOOST_TEST(written.has_value());
    BOOST_TEST(stream.inner().writer().written.empty());
    BOOST_TEST(text_of(stream.write_buffer()) == "hello");
    static_cast<void>(co_await stream.flush());
    BOOST_TEST(stream.inner().writer().flushed == "hello");
    static_cast<void>(co_await stream.write_all("bye"));
    static_cast<void>(co_await stream.shutdown());
    BOOST_TEST(stream.inner().writer().written == "hellobye");
    BOOST_TEST(stream.inner().writer().is_shut_down);

    const auto rest = co_await edo::io::read_to_string(stream);
    BOOST_TEST(rest.value() == "three");
}

edo::Task<void> move_around() {
    auto ends = edo::io::duplex(64);
    BufStream first(std::move(ends.first));
    static_cast<void>(co_await first.write_all("buffered"));
    BufStream second(std::move(first));
    static_cast<void>(co_await second.flush());
    BufStream borrowed(ends.second);
    const auto bytes = co_await borrowed.fill_buf();
    BOOST_TEST(text_of(bytes.value()) == "buffered");
    borrowed.consume(8);
    DuplexStream inner = std::move(second).into_inner();
    static_cast<void>(co_await inner.write("plain\n"));
    const auto line = co_await borrowed.read_line();
    BOOST_TEST(line.value().value() == "plain");
}

BOOST_AUTO_TEST_SUITE(buf_stream)

BOOST_AUTO_TEST_CASE(both_directions_are_buffered) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(talk()); });
}

BOOST_AUTO_TEST_CASE(buffers_move_with_the_stream) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(move_around()); });
}

BOOST_AUTO_TEST_CASE(it_can_be_cancelled_at_each_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive([]() -> edo::Task<void> { co_await talk(); }));
        BOOST_TEST(driven.suspensions > 8U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
