// SPDX-License-Identifier: MIT
// empty, sink, repeat, chain, take.
#include "io/scripted.hpp"
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/io/buf_reader.hpp>
#include <edo/runtime/io/chain.hpp>
#include <edo/runtime/io/empty.hpp>
#include <edo/runtime/io/take.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <utility>

using edo::io::BufReader;
using edo::test::drive;
using edo::test::for_each_flavor;
using edo::test::ScriptedReader;
using edo::test::ScriptedWriter;
using edo::test::text_of;

namespace {

static_assert(edo::io::AsyncRead<edo::io::Empty>);
static_assert(edo::io::AsyncWrite<edo::io::Empty>);
static_assert(edo::io::AsyncRead<edo::io::Repeat>);
static_assert(!edo::io::AsyncWrite<edo::io::Repeat>);
static_assert(edo::io::AsyncBufRead<BufReader<ScriptedReader>>);
static_assert(!edo::io::AsyncBufRead<ScriptedReader>);
static_assert(edo::io::AsyncBufRead<edo::io::Take<BufReader<ScriptedReader>>>);
static_assert(!edo::io::AsyncBufRead<edo::io::Take<ScriptedReader>>);
static_assert(
    edo::io::AsyncBufRead<edo::io::Chain<BufReader<ScriptedReader>&, BufReader<ScriptedReader>&>>);

/// Claims to have read more than there was room for.
class LyingReader {
public:
    LyingReader() = default;
    edo::Task<edo::Result<std::size_t>> read(std::span<std::byte> to) { co_return to.size() + 5; }
};

template <class R>
edo::Task<void> expect_text(R& reader, std::string text) {
    const auto read = co_await edo::io::read_to_string(reader);
    BOOST_TEST(read.value() == text);
}

edo::Task<void> use_empty_and_sink() {
    edo::io::Empty empty = edo::io::empty();
    co_await expect_text(empty, "");
    edo::io::Empty sink = edo::io::sink();
    const auto written = co_await edo::io::write_all(sink, std::string_view("into the void"));
    BOOST_TEST(written.has_value());
    ScriptedReader reader("some text", 4);
    const auto copied = co_await edo::io::copy(reader, sink);
    BOOST_TEST(copied.value() == 9U);
}

edo::Task<void> use_repeat() {
    edo::io::Repeat repeat = edo::io::repeat(std::byte('z'));
    std::array<std::byte, 5> buffer;
    const auto count = co_await repeat.read(buffer);
    BOOST_TEST(count.value() == 5U);
    BOOST_TEST(text_of(buffer) == "zzzzz");
    auto taken = edo::io::take(repeat, 3);
    co_await expect_text(taken, "zzz");
}

edo::Task<void> endless(bool& end) {
    edo::io::Repeat repeat = edo::io::repeat(std::byte(1));
    edo::io::Empty sink = edo::io::sink();
    std::array<std::byte, 5> buffer;
    while (!end) {
        static_cast<void>(co_await repeat.read(buffer));
        static_cast<void>(co_await sink.write(buffer));
        static_cast<void>(co_await sink.read(buffer));
    }
}

edo::Task<void> end_soon(bool& end) {
    co_await edo::yield_now();
    end = true;
}

edo::Task<void> chain_readers() {
    ScriptedReader first("hello ", 4);
    auto both = edo::io::chain(first, ScriptedReader("world", 2));
    std::array<std::byte, 10> buffer;
    const auto nothing = co_await both.read(std::span<std::byte>());
    BOOST_TEST(nothing.value() == 0U);
    const auto some = co_await both.read(buffer);
    BOOST_TEST(text_of(std::span(buffer).first(some.value())) == "hell");
    const auto again = co_await both.read(std::span<std::byte>());
    BOOST_TEST(again.value() == 0U);  // not taken for the end of the first one
    co_await expect_text(both, "o world");
    BOOST_TEST(first.left() == 0U);
    co_await expect_text(both, "");

    auto three = edo::io::chain(edo::io::chain(ScriptedReader("a"), ScriptedReader("")),
                                ScriptedReader("b"));
    co_await expect_text(three, "ab");

    ScriptedReader broken("x");
    broken.fail_at_end(std::errc::io_error);
    auto failing = edo::io::chain(broken, ScriptedReader("never"));
    const auto error = co_await edo::io::read_to_string(failing);
    BOOST_TEST((error.error() == std::errc::io_error));

    auto parts = std::move(three).into_inner();
    co_await expect_text(parts.second, "");
}

edo::Task<void> chain_buffered() {
    BufReader first(ScriptedReader("one\ntw", 4));
    BufReader second(ScriptedReader("o\nthree", 4));
    auto both = edo::io::chain(first, second);
    std::string got;
    for (;;) {
        const auto bytes = co_await both.fill_buf();
        if (bytes.value().empty()) {
            break;
        }
        got += text_of(bytes->first(1));
        both.consume(1);
    }
    BOOST_TEST(got == "one\ntwo\nthree");
}

edo::Task<void> take_some() {
    ScriptedReader reader("hello world", 4);
    auto hello = edo::io::take(reader, 5);
    BOOST_TEST(hello.limit() == 5U);
    co_await expect_text(hello, "hello");
    BOOST_TEST(hello.limit() == 0U);
    const std::size_t reads = reader.reads();
    co_await expect_text(hello, "");
    BOOST_TEST(reader.reads() == reads);  // at the limit the reader is left alone
    hello.set_limit(100);
    co_await expect_text(hello, " world");
    BOOST_TEST(hello.limit() == 94U);

    auto all = edo::io::take(ScriptedReader("everything", 3), UINT64_MAX);
    co_await expect_text(all, "everything");
    BOOST_TEST(all.limit() == UINT64_MAX - 10);
    auto none = edo::io::take(ScriptedReader("everything"), 0);
    co_await expect_text(none, "");
    co_await expect_text(none.inner(), "everything");
}

edo::Task<void> take_buffered() {
    auto taken = edo::io::take(BufReader(ScriptedReader("hello world", 100)), 7);
    const auto bytes = co_await taken.fill_buf();
    BOOST_TEST(text_of(bytes.value()) == "hello w");
    taken.consume(3);
    BOOST_TEST(taken.limit() == 4U);
    taken.consume(100);
    BOOST_TEST(taken.limit() == 0U);
    const auto end = co_await taken.fill_buf();
    BOOST_TEST(end.value().empty());
    auto rest = std::move(taken).into_inner();
    co_await expect_text(rest, "orld");
}

edo::Task<void> take_from_a_liar() {
    auto taken = edo::io::take(LyingReader(), 8);
    std::array<std::byte, 6> buffer;
    static_cast<void>(co_await taken.read(buffer));
    BOOST_TEST(taken.limit() == 0U);  // and not nearly 2^64
}

BOOST_AUTO_TEST_SUITE(adapters)

BOOST_AUTO_TEST_CASE(empty_is_at_its_end_and_sink_accepts_everything) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(use_empty_and_sink()); });
}

BOOST_AUTO_TEST_CASE(repeat_fills_each_buffer) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(use_repeat()); });
}

BOOST_AUTO_TEST_CASE(operations_that_never_wait_let_others_in) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            bool end = false;
            co_await edo::join(endless(end), end_soon(end));
        });
    });
}

BOOST_AUTO_TEST_CASE(a_chain_reads_one_after_the_other) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(chain_readers()); });
}

BOOST_AUTO_TEST_CASE(a_chain_of_buffered_readers_is_buffered) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(chain_buffered()); });
}

BOOST_AUTO_TEST_CASE(take_stops_at_its_limit) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(take_some()); });
}

BOOST_AUTO_TEST_CASE(take_of_a_buffered_reader_is_buffered) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(take_buffered()); });
}

BOOST_AUTO_TEST_CASE(the_limit_of_take_does_not_underflow) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(take_from_a_liar()); });
}

BOOST_AUTO_TEST_CASE(they_can_be_cancelled_at_each_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive([]() -> edo::Task<void> {
            auto both = edo::io::chain(ScriptedReader("hello "), ScriptedReader("world"));
            auto taken = edo::io::take(both, 8);
            co_await expect_text(taken, "hello wo");
        }));
        BOOST_TEST(driven.suspensions >= 8U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
