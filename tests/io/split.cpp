// SPDX-License-Identifier: MIT
#include "io/scripted.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/io/buf_stream.hpp>
#include <edo/runtime/io/duplex.hpp>
#include <edo/runtime/io/split.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <memory>
#include <string>
#include <utility>

using edo::io::DuplexStream;
using edo::test::for_each_flavor;
using edo::test::PlainWriter;
using edo::test::ScriptedReader;
using edo::test::ScriptedWriter;
using edo::test::text_of;

namespace {

using Half = edo::io::WriteHalf<edo::io::BufStream<DuplexStream>>;
static_assert(edo::io::AsyncReadWrite<DuplexStream>);
static_assert(edo::io::AsyncRead<edo::io::ReadHalf<DuplexStream>>);
static_assert(edo::io::AsyncWrite<edo::io::WriteHalf<DuplexStream>>);
static_assert(!edo::detail::HasFlush<edo::io::WriteHalf<DuplexStream>>);
static_assert(edo::detail::HasShutdown<edo::io::WriteHalf<DuplexStream>>);
static_assert(edo::detail::HasFlush<Half>);
static_assert(edo::io::AsyncBufRead<edo::io::ReadHalf<edo::io::BufStream<DuplexStream>>>);
static_assert(edo::io::AsyncReadWrite<edo::io::Join<ScriptedReader&, ScriptedWriter>>);
static_assert(edo::detail::HasFlush<edo::io::Join<ScriptedReader&, ScriptedWriter>>);
static_assert(!edo::detail::HasFlush<edo::io::Join<ScriptedReader&, PlainWriter>>);

edo::Task<void> send(edo::io::WriteHalf<DuplexStream> writer, std::string text) {
    static_cast<void>(co_await edo::io::write_all(writer, text));
    static_cast<void>(co_await writer.shutdown());
}

edo::Task<std::string> receive(edo::io::ReadHalf<DuplexStream> reader) {
    auto text = co_await edo::io::read_to_string(reader);
    co_return text.value();
}

/// Each end is read by one task and written by another one.
edo::Task<void> four_tasks() {
    auto ends = edo::io::duplex(16);
    auto left = edo::io::split(std::move(ends.first));
    auto right = edo::io::split(std::move(ends.second));
    const std::string up(5000, 'u');
    const std::string down(7000, 'd');
    auto sending_up = edo::spawn(send(std::move(left.second), up));
    auto sending_down = edo::spawn(send(std::move(right.second), down));
    auto receiving_up = edo::spawn(receive(std::move(right.first)));
    auto receiving_down = edo::spawn(receive(std::move(left.first)));
    const auto got_up = co_await receiving_up;
    BOOST_TEST((got_up.value() == up));
    const auto got_down = co_await receiving_down;
    BOOST_TEST((got_down.value() == down));
    static_cast<void>(co_await sending_up);
    static_cast<void>(co_await sending_down);
}

edo::Task<void> put_together_again() {
    auto ends = edo::io::duplex(16);
    auto left = edo::io::split(std::move(ends.first));
    auto right = edo::io::split(std::move(ends.second));
    BOOST_TEST(left.first.is_pair_of(left.second));
    BOOST_TEST(!left.first.is_pair_of(right.second));
    BOOST_CHECK_THROW(
        static_cast<void>(edo::io::unsplit(std::move(left.first), std::move(right.second))),
        edo::UsageError);

    auto fresh = edo::io::duplex(16);
    auto halves = edo::io::split(std::move(fresh.first));
    DuplexStream whole = edo::io::unsplit(std::move(halves.first), std::move(halves.second));
    static_cast<void>(co_await whole.write("whole"));
    std::array<std::byte, 16> buffer;
    const auto count = co_await fresh.second.read(buffer);
    BOOST_TEST(text_of(std::span(buffer).first(count.value())) == "whole");
}

/// The stream lives until both halves are gone.
edo::Task<void> drop_halves() {
    auto ends = edo::io::duplex(16);
    std::array<std::byte, 16> buffer;
    {
        auto halves = edo::io::split(std::move(ends.first));
        {
            const auto dropped = std::move(halves.second);
        }
        const auto waited = co_await edo::timeout(edo::Duration(1), ends.second.read(buffer));
        BOOST_TEST(!waited.has_value());
    }
    const auto count = co_await ends.second.read(buffer);
    BOOST_TEST(count.value() == 0U);
}

edo::Task<void> join_two() {
    ScriptedReader reader("in", 10);
    auto joined = edo::io::join(reader, ScriptedWriter(10));
    const auto in = co_await edo::io::read_to_string(joined);
    BOOST_TEST(in.value() == "in");
    const auto out = co_await edo::io::write_all(joined, std::string_view("out"));
    BOOST_TEST(out.has_value());
    static_cast<void>(co_await joined.flush());
    static_cast<void>(co_await joined.shutdown());
    BOOST_TEST(joined.reader().left() == 0U);
    BOOST_TEST(joined.writer().flushed == "out");
    BOOST_TEST(joined.writer().is_shut_down);
    const auto parts = std::move(joined).into_inner();
    BOOST_TEST(parts.second.written == "out");
}

BOOST_AUTO_TEST_SUITE(split)

BOOST_AUTO_TEST_CASE(halves_can_be_used_by_two_tasks) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(four_tasks()); });
}

BOOST_AUTO_TEST_CASE(halves_can_be_put_together_again) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(put_together_again()); });
}

BOOST_AUTO_TEST_CASE(the_stream_lives_until_both_halves_are_gone) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(drop_halves()); });
}

BOOST_AUTO_TEST_CASE(join_makes_one_stream_of_a_reader_and_a_writer) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(join_two()); });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
