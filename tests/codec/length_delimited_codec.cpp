// SPDX-License-Identifier: MIT
#include "codec/frames.hpp"
#include <edo/runtime/codec/bytes_codec.hpp>
#include <edo/runtime/codec/length_delimited_codec.hpp>

#include <boost/test/unit_test.hpp>

#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

using edo::codec::Buffer;
using edo::codec::LengthDelimitedBuilder;
using edo::codec::LengthDelimitedCodec;
using edo::test::expect_frames;
using edo::test::frames_of;
using edo::test::kUnexpectedEnd;
using edo::test::on_paused_clock;

namespace {

static_assert(edo::codec::Decoder<LengthDelimitedCodec>);
static_assert(edo::codec::Encoder<LengthDelimitedCodec, std::vector<std::byte>>);
static_assert(edo::codec::Encoder<LengthDelimitedCodec, std::string>);

/// Text with zeros in it.
template <std::size_t N>
std::string raw(const char (&text)[N]) {
    return {text, N - 1};
}

/// Makes codecs of one kind.
class Make {
public:
    explicit Make(LengthDelimitedBuilder builder) : builder_(builder) {}
    LengthDelimitedCodec operator()() const { return builder_.build(); }

private:
    LengthDelimitedBuilder builder_;
};

LengthDelimitedBuilder builder() {
    return LengthDelimitedCodec::builder();
}

std::string encoded(LengthDelimitedCodec codec, std::string_view text) {
    Buffer buffer;
    BOOST_TEST(codec.encode(text, buffer).has_value());
    return std::string(buffer.text());
}

std::error_code encode_error(LengthDelimitedCodec codec, std::string_view text) {
    Buffer buffer;
    const auto result = codec.encode(text, buffer);
    BOOST_TEST(buffer.empty());
    return result ? std::error_code() : result.error();
}

BOOST_AUTO_TEST_SUITE(length_delimited_codec)

BOOST_AUTO_TEST_CASE(frames_are_the_same_however_they_arrive) {
    on_paused_clock([]() -> edo::Task<void> {
        const Make make(builder());
        co_await expect_frames(make, "", frames_of());
        co_await expect_frames(make,
                               raw("\0\0\0\x09"
                                   "abcdefghi"),
                               frames_of("abcdefghi"));
        co_await expect_frames(make,
                               raw("\0\0\0\x09"
                                   "abcdefghi"
                                   "\0\0\0\x03"
                                   "123"
                                   "\0\0\0\0"
                                   "\0\0\0\x0b"
                                   "hello world"),
                               frames_of("abcdefghi", "123", "", "hello world"));
    });
}

BOOST_AUTO_TEST_CASE(a_stream_that_ends_within_a_frame_is_an_error) {
    on_paused_clock([]() -> edo::Task<void> {
        const Make make(builder());
        co_await expect_frames(make, raw("\0\0"), frames_of(kUnexpectedEnd));
        co_await expect_frames(make, raw("\0\0\0\x09"), frames_of(kUnexpectedEnd));
        co_await expect_frames(make,
                               raw("\0\0\0\x09"
                                   "ab"),
                               frames_of(kUnexpectedEnd));
        co_await expect_frames(make,
                               raw("\0\0\0\x01"
                                   "a"
                                   "\0\0\0\x09"
                                   "ab"),
                               frames_of("a", kUnexpectedEnd));
    });
}

BOOST_AUTO_TEST_CASE(the_length_field_may_have_any_size_and_order) {
    on_paused_clock([]() -> edo::Task<void> {
        const Make one(builder().length_field_length(1));
        co_await expect_frames(one,
                               "\x03"
                               "abc"
                               "\x01"
                               "d",
                               frames_of("abc", "d"));
        const Make two(builder().length_field_length(2).little_endian());
        co_await expect_frames(two,
                               raw("\x03\0"
                                   "abc"),
                               frames_of("abc"));
        const Make three(builder().length_field_length(3).big_endian());
        co_await expect_frames(three,
                               raw("\0\0\x03"
                                   "abc"),
                               frames_of("abc"));
        const Make eight(builder().length_field_length(8));
        co_await expect_frames(eight,
                               raw("\0\0\0\0\0\0\0\x03"
                                   "abc"),
                               frames_of("abc"));
    });
    for (std::size_t size = 1; size <= 8; ++size) {
        for (const bool little : {false, true}) {
            auto settings = builder().length_field_length(size);
            const auto codec = (little ? settings.little_endian() : settings).build();
            std::string expected(size, '\0');
            expected[little ? 0 : size - 1] = '\x05';
            BOOST_TEST(encoded(codec, "hello") == expected + "hello");
        }
    }
    BOOST_TEST(
        encoded(builder().native_endian().build(), "x") ==
        (std::endian::native == std::endian::little ? raw("\x01\0\0\0x") : raw("\0\0\0\x01x")));
    BOOST_CHECK_THROW(static_cast<void>(builder().length_field_length(0).build()), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(builder().length_field_length(9).build()), edo::UsageError);
}

BOOST_AUTO_TEST_CASE(the_head_may_be_kept_adjusted_and_skipped) {
    on_paused_clock([]() -> edo::Task<void> {
        // The head belongs to the frame.
        const Make kept(builder().length_field_length(2).length_adjustment(2).num_skip(0));
        co_await expect_frames(kept,
                               raw("\0\x0bhello world"
                                   "\0\x01x"),
                               frames_of(raw("\0\x0bhello world"), raw("\0\x01x")));
        // The length counts the head.
        const Make counted(builder().length_field_length(2).length_adjustment(-2));
        co_await expect_frames(counted, raw("\0\x0dhello world"), frames_of("hello world"));
        // Something stands before the length, and something between it and the payload.
        const Make offset(builder().length_field_offset(2).length_field_length(1).num_skip(4));
        co_await expect_frames(offset,
                               "AB\x02"
                               "Chi"
                               "AB\x01"
                               "Cx",
                               frames_of("hi", "x"));
        const Make before(
            builder().length_field_offset(1).length_field_length(2).length_adjustment(-3).num_skip(
                3));
        co_await expect_frames(before,
                               raw("\xca\0\x05hi"
                                   "\xca\0\x03"),
                               frames_of("hi", ""));
    });
}

BOOST_AUTO_TEST_CASE(a_frame_that_is_too_long_is_refused_before_it_arrives) {
    LengthDelimitedCodec codec = builder().max_frame_length(5).build();
    Buffer buffer;
    buffer.append(raw("\0\0\0\x06"));
    const auto refused = codec.decode(buffer);
    BOOST_TEST((refused.error() == edo::Errc::LimitExceeded));
    BOOST_TEST((encode_error(codec, "123456") == edo::Errc::LimitExceeded));
    BOOST_TEST(encoded(codec, "12345") == raw("\0\0\0\x05"
                                              "12345"));
    codec.set_max_frame_length(6);
    BOOST_TEST(codec.max_frame_length() == 6U);
    BOOST_TEST(codec.decode(buffer).has_value());

    LengthDelimitedCodec by_default;
    BOOST_TEST(by_default.max_frame_length() == 8U << 20);
    Buffer huge;
    huge.append(raw("\x7f\xff\xff\xff"));
    BOOST_TEST((by_default.decode(huge).error() == edo::Errc::LimitExceeded));
    Buffer most;
    most.append(raw("\0\x80\0\0"));  // 8 MiB
    BOOST_TEST(by_default.decode(most).has_value());
    Buffer one_more;
    one_more.append(raw("\0\x80\0\x01"));
    LengthDelimitedCodec fresh;
    BOOST_TEST((fresh.decode(one_more).error() == edo::Errc::LimitExceeded));
}

BOOST_AUTO_TEST_CASE(the_limit_is_never_more_than_the_field_can_hold) {
    const auto codec = builder().length_field_length(1).build();
    BOOST_TEST(encoded(codec, std::string(255, 'x')).size() == 256U);
    BOOST_TEST((encode_error(codec, std::string(256, 'x')) == edo::Errc::LimitExceeded));
    // Shorter, but what goes into the field is too large.
    const auto adjusted = builder().length_field_length(1).length_adjustment(-10).build();
    BOOST_TEST(encoded(adjusted, std::string(245, 'x')).size() == 246U);
    BOOST_TEST((encode_error(adjusted, std::string(246, 'x')) == edo::Errc::LimitExceeded));
}

BOOST_AUTO_TEST_CASE(lengths_that_are_impossible_once_adjusted_are_refused) {
    on_paused_clock([]() -> edo::Task<void> {
        const Make negative(builder().length_field_length(1).length_adjustment(-2));
        BOOST_TEST(encoded(negative(), "") == "\x02");
        LengthDelimitedCodec codec = negative();
        Buffer buffer;
        buffer.append("\x01");
        BOOST_TEST((codec.decode(buffer).error() == edo::Errc::InvalidData));
        co_return;
    });
    const auto positive = builder().length_field_length(1).length_adjustment(4).build();
    BOOST_TEST((encode_error(positive, "abc") == edo::Errc::InvalidData));
    BOOST_TEST(encoded(positive, "abcd") == raw("\0abcd"));

    constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
    LengthDelimitedCodec most =
        builder().length_field_length(8).max_frame_length(SIZE_MAX).length_adjustment(kMax).build();
    Buffer buffer;
    buffer.append("\xff\xff\xff\xff\xff\xff\xff\xff");
    BOOST_TEST((most.decode(buffer).error() == edo::Errc::InvalidData));
    LengthDelimitedCodec least = builder().length_adjustment(-kMax - 1).build();
    Buffer other;
    other.append(raw("\0\0\0\x09"));
    BOOST_TEST((least.decode(other).error() == edo::Errc::InvalidData));
    BOOST_TEST((encode_error(least, "x") == edo::Errc::InvalidData));
}

BOOST_AUTO_TEST_CASE(a_frame_that_ends_within_its_own_head_is_refused) {
    const auto decoded = [](const LengthDelimitedBuilder& settings, std::string_view bytes) {
        LengthDelimitedCodec codec = settings.build();
        Buffer buffer;
        buffer.append(bytes);
        auto frame = codec.decode(buffer);
        // An error, or progress: else a peer could make a reader spin.
        BOOST_TEST((!frame || buffer.size() < bytes.size()));
        return frame ? std::error_code() : frame.error();
    };
    const auto kept = builder().length_field_length(2).num_skip(0);
    BOOST_TEST((decoded(kept, raw("\0\0rest")) == edo::Errc::InvalidData));
    BOOST_TEST((decoded(kept, raw("\0\x01rest")) == edo::Errc::InvalidData));
    BOOST_TEST(!decoded(kept, raw("\0\x02rest")));

    auto counted = kept;
    counted.length_adjustment(-4);
    BOOST_TEST((decoded(counted, raw("\0\x04rest")) == edo::Errc::InvalidData));
    BOOST_TEST((decoded(counted, raw("\0\x05rest")) == edo::Errc::InvalidData));
    BOOST_TEST(!decoded(counted, raw("\0\x06rest")));

    // With a part of the head skipped the frame still begins with the rest of it.
    const auto partly =
        builder().length_field_offset(1).length_field_length(2).num_skip(1).length_adjustment(-1);
    BOOST_TEST((decoded(partly, raw("A\0\x02rest")) == edo::Errc::InvalidData));
    BOOST_TEST(!decoded(partly, raw("A\0\x03rest")));
}

BOOST_AUTO_TEST_CASE(what_is_encoded_is_decoded) {
    on_paused_clock([]() -> edo::Task<void> {
        for (const Make& make :
             {Make(builder()), Make(builder().length_field_length(3).little_endian()),
              Make(builder().length_field_length(2).length_adjustment(-2))}) {
            const std::string text =
                encoded(make(), "one") + encoded(make(), "") + encoded(make(), "three");
            co_await expect_frames(make, text, frames_of("one", "", "three"));
        }
    });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(bytes_codec)

BOOST_AUTO_TEST_CASE(what_has_arrived_is_a_frame) {
    on_paused_clock([]() -> edo::Task<void> {
        edo::codec::FramedRead framed(edo::test::ScriptedReader("hello", 3),
                                      edo::codec::BytesCodec());
        const auto frames = co_await edo::test::all_frames(framed);
        BOOST_TEST(frames == frames_of("hel", "lo"), boost::test_tools::per_element());
        edo::codec::BytesCodec codec;
        Buffer buffer;
        BOOST_TEST(codec.encode("ab", buffer).has_value());
        BOOST_TEST(codec.encode(edo::test::bytes_of("cd"), buffer).has_value());
        BOOST_TEST(buffer.text() == "abcd");
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
