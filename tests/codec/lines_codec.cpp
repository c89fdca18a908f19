// SPDX-License-Identifier: MIT
#include "codec/frames.hpp"
#include <edo/runtime/codec/any_delimiter_codec.hpp>
#include <edo/runtime/codec/lines_codec.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using edo::codec::AnyDelimiterCodec;
using edo::codec::Buffer;
using edo::codec::LinesCodec;
using edo::test::all_frames;
using edo::test::expect_frames;
using edo::test::frames_of;
using edo::test::kInvalid;
using edo::test::kTooLong;
using edo::test::on_paused_clock;
using edo::test::ScriptedReader;

namespace {

static_assert(edo::codec::Decoder<LinesCodec>);
static_assert(edo::codec::Encoder<LinesCodec, std::string>);
static_assert(edo::codec::Encoder<LinesCodec, const char*>);
static_assert(edo::codec::Decoder<AnyDelimiterCodec>);
static_assert(edo::codec::Encoder<AnyDelimiterCodec, std::vector<std::byte>>);

LinesCodec lines() {
    return LinesCodec();
}
LinesCodec short_lines() {
    return LinesCodec(4);
}
AnyDelimiterCodec fields() {
    return AnyDelimiterCodec(",;\n", ",");
}
AnyDelimiterCodec short_fields() {
    return AnyDelimiterCodec(",;\n", ",", 4);
}

BOOST_AUTO_TEST_SUITE(lines_codec)

BOOST_AUTO_TEST_CASE(lines_are_the_same_however_they_arrive) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await expect_frames(lines, "", frames_of());
        co_await expect_frames(lines, "line 1\nline 2\r\nline 3\n\r\n\rend",
                               frames_of("line 1", "line 2", "line 3", "", "\rend"));
        co_await expect_frames(lines, "\n\n\r\n", frames_of("", "", ""));
        co_await expect_frames(lines, "no end", frames_of("no end"));
        co_await expect_frames(lines, "a\rb\nc\r\r\n", frames_of("a\rb", "c\r"));
        co_await expect_frames(lines, "a\nb\r", frames_of("a", "b"));
        co_await expect_frames(lines, "a\n\r", frames_of("a"));
        co_await expect_frames(lines,
                               "gr\xc3\xbc\xc3\x9f"
                               "e\n",
                               frames_of("gr\xc3\xbc\xc3\x9f"
                                         "e"));
    });
}

BOOST_AUTO_TEST_CASE(a_line_that_is_too_long_is_reported_once_and_stepped_over) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await expect_frames(short_lines, "1234\n12345\n1234\r\n12345\r\n1\n",
                               frames_of("1234", kTooLong, "1234", kTooLong, "1"));
        co_await expect_frames(short_lines, "a very long line indeed\nok\n",
                               frames_of(kTooLong, "ok"));
        co_await expect_frames(short_lines, "a very long line\nand another one\nok",
                               frames_of(kTooLong, kTooLong, "ok"));
        co_await expect_frames(short_lines, "ok\nendlessly long", frames_of("ok", kTooLong));
        co_await expect_frames(short_lines, "12345", frames_of(kTooLong));
        co_await expect_frames(short_lines, "1234\r", frames_of("1234"));
        co_await expect_frames(short_lines, "123456\n\n\n", frames_of(kTooLong, "", ""));
    });
}

BOOST_AUTO_TEST_CASE(a_line_that_is_not_text_is_stepped_over) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await expect_frames(lines, "ok\n\xff\xfe\nfine\n", frames_of("ok", kInvalid, "fine"));
        co_await expect_frames(lines, "\xff\nlast", frames_of(kInvalid, "last"));
        co_await expect_frames(lines, "ok\n\xff", frames_of("ok", kInvalid));
        co_await expect_frames(lines, "\xff", frames_of(kInvalid));
        co_await expect_frames(lines, "ok\xc3", frames_of(kInvalid));
    });
}

BOOST_AUTO_TEST_CASE(long_lines_cross_the_size_of_the_buffer) {
    on_paused_clock([]() -> edo::Task<void> {
        const std::string x(30'000, 'x');
        const std::string y(9'000, 'y');
        for (const std::size_t piece : {7U, 1000U, 8192U, 100'000U}) {
            edo::codec::FramedRead framed(ScriptedReader(x + "\n" + y + "\r\nz", piece), lines());
            const auto frames = co_await all_frames(framed);
            BOOST_REQUIRE(frames.size() == 3U);
            BOOST_TEST((frames[0] == x));
            BOOST_TEST((frames[1] == y));
            BOOST_TEST(frames[2] == "z");
        }
    });
}

BOOST_AUTO_TEST_CASE(a_line_that_is_thrown_away_does_not_fill_the_memory) {
    LinesCodec codec(10);
    Buffer buffer;
    std::size_t errors = 0;
    for (int i = 0; i < 1000; ++i) {
        buffer.append(std::string(100, 'x'));
        const auto line = codec.decode(buffer);
        errors += line.has_value() ? 0U : 1U;
        BOOST_TEST(buffer.size() <= 11U);
    }
    BOOST_TEST(errors == 1U);
}

BOOST_AUTO_TEST_CASE(lines_are_encoded_with_their_end) {
    LinesCodec codec;
    BOOST_TEST(codec.max_length() == edo::io::kDefaultLineLimit);
    Buffer buffer;
    BOOST_TEST(codec.encode("line 1", buffer).has_value());
    BOOST_TEST(codec.encode("", buffer).has_value());
    BOOST_TEST(buffer.text() == "line 1\n\n");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(any_delimiter_codec)

BOOST_AUTO_TEST_CASE(fields_are_the_same_however_they_arrive) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await expect_frames(fields, "", frames_of());
        co_await expect_frames(fields, "chunk 1,chunk 2;chunk 3\n,;end",
                               frames_of("chunk 1", "chunk 2", "chunk 3", "", "", "end"));
        co_await expect_frames(fields, "a,", frames_of("a"));
        co_await expect_frames(fields, "\xff,\xfe", frames_of("\xff", "\xfe"));
    });
}

BOOST_AUTO_TEST_CASE(a_field_that_is_too_long_is_reported_once_and_stepped_over) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await expect_frames(short_fields, "1234,12345;1\n1234567",
                               frames_of("1234", kTooLong, "1", kTooLong));
        co_await expect_frames(short_fields, "very long;also very long,ok,",
                               frames_of(kTooLong, kTooLong, "ok"));
        co_await expect_frames(short_fields, "12345", frames_of(kTooLong));
    });
}

BOOST_AUTO_TEST_CASE(one_delimiter_will_do) {
    on_paused_clock([]() -> edo::Task<void> {
        const auto words = [] { return AnyDelimiterCodec(" ", " "); };
        co_await expect_frames(words, "to be  or not", frames_of("to", "be", "", "or", "not"));
    });
    BOOST_CHECK_THROW(AnyDelimiterCodec("", ","), edo::UsageError);
}

BOOST_AUTO_TEST_CASE(fields_are_encoded_with_the_separator) {
    AnyDelimiterCodec codec(",;", "--");
    Buffer buffer;
    BOOST_TEST(codec.encode("chunk 1", buffer).has_value());
    BOOST_TEST(codec.encode(edo::test::bytes_of("chunk 2"), buffer).has_value());
    BOOST_TEST(buffer.text() == "chunk 1--chunk 2--");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
