// SPDX-License-Identifier: MIT
#include "io/scripted.hpp"
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/io/buf_reader.hpp>

#include <boost/test/unit_test.hpp>

#include <array>

using edo::io::BufReader;
using edo::test::CancelScenario;
using edo::test::drive;
using edo::test::for_each_flavor;
using edo::test::ScriptedReader;
using edo::test::text_of;

namespace {

using Lines = std::vector<std::string>;

static_assert(edo::io::AsyncRead<BufReader<ScriptedReader>>);
static_assert(edo::io::AsyncRead<BufReader<ScriptedReader&>>);

/// All lines that are left. A failure of the reader ends the test.
template <class R>
edo::Task<Lines> rest_of(BufReader<R>& reader) {
    Lines lines;
    for (;;) {
        const auto line = co_await reader.read_line();
        BOOST_REQUIRE(line.has_value());
        if (!*line) {
            co_return lines;
        }
        lines.push_back(**line);
    }
}

edo::Task<void> split_lines(std::string text, Lines expected) {
    for (const std::size_t piece : {1U, 2U, 3U, 1000U}) {
        for (const std::size_t capacity : {1U, 4U, 8192U}) {
            BOOST_TEST_INFO_SCOPE("pieces of " << piece << ", capacity " << capacity);
            BufReader reader(ScriptedReader(text, piece), capacity);
            const Lines lines = co_await rest_of(reader);
            BOOST_TEST(lines == expected, boost::test_tools::per_element());
            const auto after_the_end = co_await reader.read_line();
            BOOST_TEST(!after_the_end.value());
        }
    }
}

/// g++ 12 cannot do with a list in braces inside an awaited expression.
template <class... Line>
Lines lines_of(Line... lines) {
    return Lines{lines...};
}

edo::Task<void> split_all() {
    co_await split_lines("", Lines());
    co_await split_lines("\n", Lines(1));
    co_await split_lines("one\ntwo\n", lines_of("one", "two"));
    co_await split_lines("one\r\ntwo\r\n", lines_of("one", "two"));
    co_await split_lines("no newline at the end", lines_of("no newline at the end"));
    co_await split_lines("a\n\n\r\nb\r", lines_of("a", "", "", "b\r"));
    co_await split_lines("\r\r\n", lines_of("\r"));
    co_await split_lines("Grüße\n世界\n", lines_of("Grüße", "世界"));
}

edo::Task<void> limit_lines() {
    BufReader reader(ScriptedReader("12345\r\n123456\n12345", 3));
    const auto fits = co_await reader.read_line(5);
    BOOST_TEST(fits.value().value() == "12345");
    const auto too_long = co_await reader.read_line(5);
    BOOST_TEST((too_long.error() == edo::Errc::LimitExceeded));
    const auto again = co_await reader.read_line(5);
    BOOST_TEST((again.error() == edo::Errc::LimitExceeded));
    const auto with_more_room = co_await reader.read_line(6);
    BOOST_TEST(with_more_room.value().value() == "123456");
    const auto last_too_long = co_await reader.read_line(4);
    BOOST_TEST((last_too_long.error() == edo::Errc::LimitExceeded));
    const auto last = co_await reader.read_line(SIZE_MAX);
    BOOST_TEST(last.value().value() == "12345");
}

edo::Task<void> stop_reading_at_the_limit() {
    const std::string endless(1'000'000, 'x');
    BufReader reader(ScriptedReader(endless, 100), 100);
    const auto line = co_await reader.read_line(1000);
    BOOST_TEST((line.error() == edo::Errc::LimitExceeded));
    BOOST_TEST(reader.buffer().size() <= 1200U);

    BufReader by_default(ScriptedReader(endless, 5000));
    const auto refused = co_await by_default.read_line();
    BOOST_TEST((refused.error() == edo::Errc::LimitExceeded));
    BOOST_TEST(by_default.buffer().size() <= edo::io::kDefaultLineLimit + 8192);
}

edo::Task<void> read_what_is_not_text() {
    BufReader reader(
        ScriptedReader("good\nb\xFF"
                       "d\r\ngood again\n",
                       4));
    const Lines first(1, (co_await reader.read_line()).value().value());
    BOOST_TEST(first.front() == "good");
    const auto invalid = co_await reader.read_line();
    BOOST_TEST((invalid.error() == edo::Errc::InvalidData));
    const auto raw = co_await reader.read_until(std::byte('\n'));
    BOOST_TEST(text_of(raw.value()) ==
               "b\xFF"
               "d\r\n");
    const auto next = co_await reader.read_line();
    BOOST_TEST(next.value().value() == "good again");
}

edo::Task<void> read_until_a_delimiter() {
    BufReader reader(ScriptedReader("a;bc;;d", 2));
    for (const char* const expected : {"a;", "bc;", ";", "d", ""}) {
        const auto bytes = co_await reader.read_until(std::byte(';'));
        BOOST_TEST(text_of(bytes.value()) == expected);
    }

    BufReader mixed(ScriptedReader("key=value\nrest", 20));
    const auto key = co_await mixed.read_until(std::byte('='));
    BOOST_TEST(text_of(key.value()) == "key=");
    const auto no_more = co_await mixed.read_until(std::byte('='), 3);
    BOOST_TEST((no_more.error() == edo::Errc::LimitExceeded));
    const auto value = co_await mixed.read_line();
    BOOST_TEST(value.value().value() == "value");

    BufReader exact(ScriptedReader("123;1234;", 2));
    const auto fits = co_await exact.read_until(std::byte(';'), 3);
    BOOST_TEST(text_of(fits.value()) == "123;");
    const auto too_long = co_await exact.read_until(std::byte(';'), 3);
    BOOST_TEST((too_long.error() == edo::Errc::LimitExceeded));
}

edo::Task<void> read_through_the_buffer() {
    BufReader reader(ScriptedReader("0123456789abcdef", 6), 8);
    std::array<std::byte, 4> four;
    const auto some = co_await reader.read(four);
    BOOST_TEST(some.value() == 4U);
    BOOST_TEST(text_of(four) == "0123");
    BOOST_TEST(text_of(reader.buffer()) == "45");

    const auto held = co_await reader.fill_buf();
    BOOST_TEST(text_of(held.value()) == "45");
    BOOST_TEST(reader.inner().reads() == 1U);
    reader.consume(1);
    const auto rest = co_await reader.read(four);
    BOOST_TEST(rest.value() == 1U);

    const auto nothing = co_await reader.read(std::span<std::byte>());
    BOOST_TEST(nothing.value() == 0U);
    BOOST_TEST(reader.inner().reads() == 1U);

    std::array<std::byte, 8> as_large_as_the_buffer;
    const auto direct = co_await reader.read(as_large_as_the_buffer);
    BOOST_TEST(direct.value() == 6U);
    BOOST_TEST(reader.buffer().empty());

    const auto exact = co_await reader.read_exact(four);
    BOOST_TEST(exact.has_value());
    BOOST_TEST(text_of(four) == "cdef");
    const auto end = co_await reader.fill_buf();
    BOOST_TEST(end.value().empty());
    reader.consume(100);  // never more than there is
    const auto still_the_end = co_await reader.read(four);
    BOOST_TEST(still_the_end.value() == 0U);
}

edo::Task<void> own_or_borrow() {
    ScriptedReader stream("one\ntwo\n", 4);
    {
        BufReader borrowed(stream);
        const auto line = co_await borrowed.read_line();
        BOOST_TEST(line.value().value() == "one");
    }
    BufReader owner(std::move(stream));
    BufReader moved(std::move(owner));
    static_assert(std::is_same_v<decltype(moved), BufReader<ScriptedReader>>);
    const auto line = co_await moved.read_line();
    BOOST_TEST(line.value().value() == "two");
    ScriptedReader back = std::move(moved).into_inner();
    BOOST_TEST(back.left() == 0U);
}

edo::Task<void> keep_what_came_before_an_error() {
    ScriptedReader stream("whole\npart", 3);
    stream.fail_at_end(std::errc::connection_reset);
    BufReader reader(stream);
    const auto line = co_await reader.read_line();
    BOOST_TEST(line.value().value() == "whole");
    const auto error = co_await reader.read_line();
    BOOST_TEST((error.error() == std::errc::connection_reset));
    BOOST_TEST(text_of(reader.buffer()) == "part");
}

edo::Task<void> use_lines() {
    BufReader reader(ScriptedReader("a\r\nb\nlonger", 2));
    auto lines = reader.lines(5);
    const auto a = co_await lines.next_line();
    BOOST_TEST(a.value().value() == "a");
    const auto b = co_await lines.next_line();
    BOOST_TEST(b.value().value() == "b");
    const auto longer = co_await lines.next_line();
    BOOST_TEST((longer.error() == edo::Errc::LimitExceeded));
}

/// Many lines through a small buffer, so that it is moved and grows and shrinks.
edo::Task<void> read_many_lines() {
    std::string text;
    Lines expected;
    for (std::size_t i = 0; i < 300; ++i) {
        expected.emplace_back(i * 7 % 97, char('a' + i % 26));
        text += expected.back() + (i % 3 == 0 ? "\r\n" : "\n");
    }
    for (const std::size_t piece : {1U, 13U, 64U, 100000U}) {
        BufReader reader(ScriptedReader(text, piece), 32);
        const Lines lines = co_await rest_of(reader);
        BOOST_TEST(lines == expected, boost::test_tools::per_element());
    }
}

/// Cancelled anywhere, no byte is lost: the lines before and after are all lines.
class ReadingLines : public CancelScenario {
public:
    edo::Task<void> subject() override {
        for (;;) {
            auto line = co_await lines_.next_line();
            if (!line.value()) {
                co_return;
            }
            seen_.push_back(std::move(*line.value()));
        }
    }
    edo::Task<void> check(bool completed) override {
        const Lines rest = co_await rest_of(reader_);
        BOOST_TEST((!completed || rest.empty()));
        seen_.insert(seen_.end(), rest.begin(), rest.end());
        BOOST_TEST(seen_ == (Lines{"first", "second", "", "last"}),
                   boost::test_tools::per_element());
    }

private:
    BufReader<ScriptedReader> reader_{ScriptedReader("first\r\nsecond\n\nlast", 2), 4};
    edo::io::Lines<ScriptedReader> lines_ = reader_.lines();
    Lines seen_;
};

/// The same with plain reads.
class ReadingBytes : public CancelScenario {
public:
    edo::Task<void> subject() override {
        for (;;) {
            std::array<std::byte, 3> three;
            const auto count = co_await reader_.read(three);
            if (count.value() == 0) {
                co_return;
            }
            seen_ += text_of(std::span(three).first(*count));
        }
    }
    edo::Task<void> check(bool /*completed*/) override {
        const auto rest = co_await reader_.read_until(std::byte('$'));
        BOOST_TEST(seen_ + text_of(rest.value()) == "0123456789");
    }

private:
    BufReader<ScriptedReader> reader_{ScriptedReader("0123456789", 5), 4};
    std::string seen_;
};

BOOST_AUTO_TEST_SUITE(buf_reader)

BOOST_AUTO_TEST_CASE(lines_are_split_whatever_the_pieces_they_arrive_in) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(split_all()); });
}

BOOST_AUTO_TEST_CASE(a_line_longer_than_the_limit_is_refused_and_stays) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(limit_lines()); });
}

BOOST_AUTO_TEST_CASE(an_endless_line_does_not_fill_the_memory) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(stop_reading_at_the_limit()); });
}

BOOST_AUTO_TEST_CASE(a_line_that_is_not_utf8_is_refused_and_can_be_read_raw) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(read_what_is_not_text()); });
}

BOOST_AUTO_TEST_CASE(read_until_yields_the_bytes_with_their_delimiter) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(read_until_a_delimiter()); });
}

BOOST_AUTO_TEST_CASE(reads_go_through_the_buffer_or_around_it) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(read_through_the_buffer()); });
}

BOOST_AUTO_TEST_CASE(the_reader_is_owned_or_borrowed) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(own_or_borrow()); });
}

BOOST_AUTO_TEST_CASE(what_came_before_an_error_stays_in_the_buffer) {
    for_each_flavor(
        [](edo::Runtime& runtime) { runtime.block_on(keep_what_came_before_an_error()); });
}

BOOST_AUTO_TEST_CASE(lines_have_the_limit_they_were_made_with) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(use_lines()); });
}

BOOST_AUTO_TEST_CASE(many_lines_go_through_a_small_buffer) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(read_many_lines()); });
}

BOOST_AUTO_TEST_CASE(no_line_is_lost_when_reading_is_cancelled) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive<ReadingLines>());
        BOOST_TEST(driven.suspensions > 10U);
    });
}

BOOST_AUTO_TEST_CASE(no_byte_is_lost_when_reading_is_cancelled) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive<ReadingBytes>());
        BOOST_TEST(driven.suspensions >= 3U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
