// SPDX-License-Identifier: MIT
#include "codec/frames.hpp"
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include <edo/runtime/codec/bytes_codec.hpp>
#include <edo/runtime/codec/framed.hpp>
#include <edo/runtime/codec/length_delimited_codec.hpp>
#include <edo/runtime/codec/lines_codec.hpp>
#include <edo/runtime/io/duplex.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using edo::codec::Buffer;
using edo::codec::BytesCodec;
using edo::codec::Framed;
using edo::codec::FramedRead;
using edo::codec::FramedWrite;
using edo::codec::LengthDelimitedCodec;
using edo::codec::LinesCodec;
using edo::io::DuplexStream;
using edo::test::all_frames;
using edo::test::CancelScenario;
using edo::test::drive;
using edo::test::for_each_flavor;
using edo::test::Frames;
using edo::test::frames_of;
using edo::test::kInvalid;
using edo::test::kUnexpectedEnd;
using edo::test::on_paused_clock;
using edo::test::PlainWriter;
using edo::test::ScriptedReader;
using edo::test::ScriptedWriter;
using edo::test::text_of;

namespace {

/// Digits: each is a frame. Anything else is refused, and stepped over or not.
class DigitCodec {
public:
    using Item = std::string;
    explicit DigitCodec(bool steps_over) noexcept : steps_over_(steps_over) {}

    edo::Result<std::optional<Item>> decode(Buffer& buffer) {
        if (buffer.empty()) {
            return std::nullopt;
        }
        const char first = buffer.text()[0];
        if (first < '0' || first > '9') {
            buffer.consume(steps_over_ ? 1 : 0);
            return edo::failure(make_error_code(edo::Errc::InvalidData));
        }
        buffer.consume(1);
        return std::optional<Item>(std::string(1, first));
    }
    edo::Result<void> encode(const std::string& digit, Buffer& buffer) {
        if (digit.size() != 1) {
            return edo::failure(make_error_code(edo::Errc::InvalidData));
        }
        buffer.append(digit);
        return {};
    }

private:
    bool steps_over_;
};

/// Pairs of bytes. At the end it has three things more to say.
class TalkativeCodec {
public:
    using Item = std::string;
    TalkativeCodec() = default;

    edo::Result<std::optional<Item>> decode(Buffer& buffer) {
        if (buffer.size() < 2) {
            return std::nullopt;
        }
        std::string pair(buffer.text().substr(0, 2));
        buffer.consume(2);
        return std::optional<Item>(std::move(pair));
    }
    edo::Result<std::optional<Item>> decode_eof(Buffer& buffer) {
        if (buffer.size() >= 2) {
            return decode(buffer);
        }
        if (said_ == 3) {
            return std::nullopt;
        }
        return std::optional<Item>(std::to_string(++said_));
    }

private:
    int said_ = 0;
};

/// Has only what a decoder must have.
class PairCodec {
public:
    using Item = std::string;
    PairCodec() = default;
    edo::Result<std::optional<Item>> decode(Buffer& buffer) {
        return TalkativeCodec().decode(buffer);
    }
};

static_assert(edo::codec::Decoder<DigitCodec>);
static_assert(edo::codec::Encoder<DigitCodec, std::string>);
static_assert(!edo::codec::Encoder<PairCodec, std::string>);

edo::Task<void> read_frames() {
    FramedRead digits(ScriptedReader("123", 2), DigitCodec(true));
    const Frames frames = co_await all_frames(digits);
    BOOST_TEST(frames == frames_of("1", "2", "3"), boost::test_tools::per_element());
    const auto after = co_await digits.next();
    BOOST_TEST(!after.has_value());

    ScriptedReader borrowed("45");
    FramedRead by_reference(borrowed, DigitCodec(true));
    const Frames more = co_await all_frames(by_reference);
    BOOST_TEST(more == frames_of("4", "5"), boost::test_tools::per_element());
    BOOST_TEST(borrowed.left() == 0U);
}

edo::Task<void> read_to_the_very_end() {
    for (const std::string text : {"", "a", "ab", "abc", "abcd"}) {
        for (const std::size_t piece : {1U, 2U, 10U}) {
            FramedRead framed(ScriptedReader(text, piece), TalkativeCodec());
            const Frames frames = co_await all_frames(framed);
            BOOST_TEST(frames.size() == text.size() / 2 + 3);
            BOOST_TEST(frames.back() == "3");
            const auto after = co_await framed.next();
            BOOST_TEST(!after.has_value());
        }
    }
    FramedRead pairs(ScriptedReader("abc"), PairCodec());
    const Frames frames = co_await all_frames(pairs);
    BOOST_TEST(frames == frames_of("ab", kUnexpectedEnd), boost::test_tools::per_element());
    FramedRead whole_pairs(ScriptedReader("abcd"), PairCodec());
    const Frames whole = co_await all_frames(whole_pairs);
    BOOST_TEST(whole == frames_of("ab", "cd"), boost::test_tools::per_element());
}

edo::Task<void> read_with_errors() {
    // What follows what is refused is there without waiting for more bytes.
    FramedRead digits(ScriptedReader("1x2", 10), DigitCodec(true));
    const Frames frames = co_await all_frames(digits);
    BOOST_TEST(frames == frames_of("1", kInvalid, "2"), boost::test_tools::per_element());

    // A decoder that does not step over it says so again and again, and no loop is endless.
    FramedRead stuck(ScriptedReader("x1", 10), DigitCodec(false));
    for (int i = 0; i < 3; ++i) {
        auto error = co_await stuck.next();
        BOOST_TEST((error.value().error() == edo::Errc::InvalidData));
        const auto end = co_await stuck.next();
        BOOST_TEST(!end.has_value());
    }

    ScriptedReader reset("12");
    reset.fail_at_end(std::errc::connection_reset);
    FramedRead broken(std::move(reset), DigitCodec(true));
    static_cast<void>(co_await broken.next());
    static_cast<void>(co_await broken.next());
    auto error = co_await broken.next();
    BOOST_TEST((error.value().error() == std::errc::connection_reset));
    const auto end = co_await broken.next();
    BOOST_TEST(!end.has_value());
}

/// A stream may go on after its end, as a terminal does after Ctrl-D.
class Resuming {
public:
    Resuming() = default;
    edo::Task<edo::Result<std::size_t>> read(std::span<std::byte> to) {
        ++reads_;
        if (reads_ % 2 == 0) {
            co_return std::size_t{0};
        }
        to[0] = std::byte('0' + reads_);
        co_return std::size_t{1};
    }

private:
    int reads_ = 0;
};

edo::Task<void> read_beyond_the_end() {
    FramedRead digits(Resuming(), DigitCodec(true));
    for (const std::string expected : {"1", "3", "5"}) {
        auto digit = co_await digits.next();
        BOOST_TEST(digit.value().value() == expected);
        const auto end = co_await digits.next();
        BOOST_TEST(!end.has_value());
    }
}

edo::Task<void> write_frames() {
    ScriptedWriter writer(2);
    FramedWrite lines(writer, LinesCodec());
    const auto sent = co_await lines.send(std::string("hello"));
    BOOST_TEST(sent.has_value());
    BOOST_TEST(writer.flushed == "hello\n");
    static_cast<void>(co_await lines.feed("one"));
    static_cast<void>(co_await lines.feed("two"));
    BOOST_TEST(writer.written == "hello\n");
    BOOST_TEST(lines.write_buffer().text() == "one\ntwo\n");
    const auto flushed = co_await lines.flush();
    BOOST_TEST(flushed.has_value());
    BOOST_TEST(writer.flushed == "hello\none\ntwo\n");
    static_cast<void>(lines.start_send("three"));
    const auto shut_down = co_await lines.shutdown();
    BOOST_TEST(shut_down.has_value());
    BOOST_TEST(writer.written == "hello\none\ntwo\nthree\n");
    BOOST_TEST(writer.is_shut_down);

    FramedWrite plain(PlainWriter{}, LinesCodec());  // with neither flush nor shutdown
    static_cast<void>(co_await plain.send("x"));
    static_cast<void>(co_await plain.shutdown());
    BOOST_TEST(plain.inner().written == "x\n");
}

edo::Task<void> write_with_back_pressure() {
    ScriptedWriter writer(100);
    FramedWrite lines(writer, LinesCodec());
    BOOST_TEST(lines.backpressure_boundary() == 8192U);
    lines.set_backpressure_boundary(10);
    static_cast<void>(co_await lines.feed("12345678"));
    BOOST_TEST(writer.written.empty());
    static_cast<void>(co_await lines.feed("x"));  // 9 bytes were not enough
    BOOST_TEST(writer.written.empty());
    static_cast<void>(co_await lines.feed("y"));  // 11 are
    BOOST_TEST(writer.written == "12345678\nx\n");
    BOOST_TEST(lines.write_buffer().text() == "y\n");
}

edo::Task<void> write_with_errors() {
    ScriptedWriter writer(1);
    FramedWrite digits(writer, DigitCodec(true));
    const auto refused = co_await digits.send(std::string("12"));
    BOOST_TEST((refused.error() == edo::Errc::InvalidData));
    BOOST_TEST(digits.write_buffer().empty());
    static_cast<void>(co_await digits.send(std::string("1")));
    BOOST_TEST(writer.written == "1");

    ScriptedWriter full(1);
    full.stop_after(2);
    FramedWrite stopped(full, LinesCodec());
    const auto zero = co_await stopped.send("abc");
    BOOST_TEST((zero.error() == edo::Errc::WriteZero));
    BOOST_TEST(stopped.write_buffer().text() == "c\n");

    ScriptedWriter broken(1);
    broken.fail_after(0, std::errc::broken_pipe);
    FramedWrite failing(broken, LinesCodec());
    const auto error = co_await failing.send("abc");
    BOOST_TEST((error.error() == std::errc::broken_pipe));
}

edo::Task<void> talk_both_ways() {
    auto ends = edo::io::duplex(8);
    auto server = [](DuplexStream stream) -> edo::Task<std::size_t> {
        Framed lines(std::move(stream), LinesCodec());
        std::size_t count = 0;
        while (auto line = co_await lines.next()) {
            static_cast<void>(co_await lines.send("you said " + line->value()));
            ++count;
        }
        co_return count;
    };
    edo::JoinHandle<std::size_t> serving = edo::spawn(server(std::move(ends.second)));
    {
        Framed lines(ends.first, LinesCodec());
        for (const std::string word : {"hello", "", "a rather long line"}) {
            static_cast<void>(co_await lines.send(word));
            auto answer = co_await lines.next();
            BOOST_TEST(answer.value().value() == "you said " + word);
        }
        static_cast<void>(co_await lines.shutdown());
        const auto end = co_await lines.next();
        BOOST_TEST(!end.has_value());
    }
    const auto count = co_await serving;
    BOOST_TEST(count.value() == 3U);
}

/// A handshake in lines, then frames with their length in front, all of it sent at once.
edo::Task<void> change_the_codec() {
    auto ends = edo::io::duplex(64);
    const std::string text = std::string("upgrade\n") + std::string("\0\0\0\2hi", 6);
    static_cast<void>(co_await ends.first.write(text));
    Framed lines(std::move(ends.second), LinesCodec());
    auto line = co_await lines.next();
    BOOST_TEST(line.value().value() == "upgrade");
    static_cast<void>(lines.start_send("ok"));
    Framed frames = std::move(lines).with_codec(LengthDelimitedCodec());
    auto frame = co_await frames.next();
    BOOST_TEST(text_of(frame.value().value()) == "hi");
    static_cast<void>(co_await frames.send(std::string("yo")));

    auto parts = std::move(frames).into_parts();
    BOOST_TEST(parts.read_buffer.empty());
    BOOST_TEST(parts.write_buffer.empty());
    Framed again(std::move(parts));
    static_cast<void>(co_await again.shutdown());
    const auto heard = co_await edo::io::read_to_string(ends.first);
    BOOST_TEST(heard.value() == std::string("ok\n\0\0\0\2yo", 9));
}

/// One codec made of the other, on either side alone.
edo::Task<void> map_the_codecs() {
    FramedRead lines(ScriptedReader("first\nsecond", 100), LinesCodec(100));
    auto first = co_await lines.next();
    BOOST_TEST(first.value().value() == "first");
    FramedRead bytes = std::move(lines).map_decoder([](LinesCodec before) {
        BOOST_TEST(before.max_length() == 100U);
        return BytesCodec();
    });
    auto second = co_await bytes.next();  // it was in the buffer
    BOOST_TEST(text_of(second.value().value()) == "second");

    ScriptedWriter below(100);
    FramedWrite writing(below, LinesCodec());
    writing.set_backpressure_boundary(77);
    static_cast<void>(writing.start_send("line"));
    FramedWrite frames =
        std::move(writing).map_encoder([](LinesCodec) { return LengthDelimitedCodec(); });
    BOOST_TEST(frames.backpressure_boundary() == 77U);
    static_cast<void>(co_await frames.send(std::string("yo")));
    BOOST_TEST(below.flushed == std::string("line\n\0\0\0\2yo", 11));

    auto ends = edo::io::duplex(64);
    static_cast<void>(co_await ends.first.write("x\nrest"));
    Framed both(std::move(ends.second), LinesCodec());
    auto x = co_await both.next();
    BOOST_TEST(x.value().value() == "x");
    Framed mapped = std::move(both).map_codec([](LinesCodec) { return BytesCodec(); });
    auto rest = co_await mapped.next();
    BOOST_TEST(text_of(rest.value().value()) == "rest");
}

edo::Task<void> begin_with_what_was_read() {
    Buffer read;
    read.append("12");
    FramedRead digits(ScriptedReader(""), DigitCodec(true), std::move(read));
    auto first = co_await digits.next();
    BOOST_TEST(first.value().value() == "1");
    auto parts = std::move(digits).into_parts();
    BOOST_TEST(parts.read_buffer.text() == "2");

    Buffer written;
    written.append("earlier\n");
    FramedWrite lines(ScriptedWriter(), LinesCodec(), std::move(written));
    static_cast<void>(co_await lines.send("later"));
    BOOST_TEST(lines.inner().written == "earlier\nlater\n");
    static_cast<void>(lines.start_send("last"));
    auto rest = std::move(lines).into_parts();
    BOOST_TEST(rest.write_buffer.text() == "last\n");
}

/// Reads lines byte by byte, is cancelled anywhere, and goes on.
class Reading : public CancelScenario {
public:
    edo::Task<void> subject() override {
        while (auto line = co_await lines_.next()) {
            got_.push_back(line->value());
        }
    }
    edo::Task<void> check(bool /*completed*/) override {
        co_await subject();
        BOOST_TEST(got_ == frames_of("one", "two", "three"), boost::test_tools::per_element());
    }

private:
    FramedRead<ScriptedReader, LinesCodec> lines_{ScriptedReader("one\ntwo\nthree"), LinesCodec()};
    Frames got_;
};

/// Feeds lines, without losing one that was accepted, whenever it is cancelled.
class Writing : public CancelScenario {
public:
    edo::Task<void> subject() override {
        while (next_ < 3) {
            const auto ready = co_await lines_.ready();
            BOOST_TEST(ready.has_value());
            static_cast<void>(lines_.start_send(std::to_string(next_++)));
        }
        static_cast<void>(co_await lines_.flush());
    }
    edo::Task<void> check(bool /*completed*/) override {
        co_await subject();
        BOOST_TEST(lines_.inner().flushed == "0\n1\n2\n");
    }

private:
    FramedWrite<ScriptedWriter, LinesCodec> lines_ = make();
    int next_ = 0;

    static FramedWrite<ScriptedWriter, LinesCodec> make() {
        FramedWrite lines(ScriptedWriter(1), LinesCodec());
        lines.set_backpressure_boundary(1);
        return lines;
    }
};

BOOST_AUTO_TEST_SUITE(framed)

BOOST_AUTO_TEST_CASE(frames_are_read_to_the_end) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(read_frames()); });
}

BOOST_AUTO_TEST_CASE(a_decoder_is_asked_at_the_end_until_it_has_nothing_to_say) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(read_to_the_very_end()); });
}

BOOST_AUTO_TEST_CASE(after_an_error_comes_one_end) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(read_with_errors()); });
}

BOOST_AUTO_TEST_CASE(a_stream_may_go_on_after_its_end) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(read_beyond_the_end()); });
}

BOOST_AUTO_TEST_CASE(frames_are_written_and_flushed) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(write_frames()); });
}

BOOST_AUTO_TEST_CASE(a_full_buffer_is_written_out_first) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(write_with_back_pressure()); });
}

BOOST_AUTO_TEST_CASE(errors_of_the_encoder_and_of_the_writer_are_reported) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(write_with_errors()); });
}

BOOST_AUTO_TEST_CASE(both_ways_at_once) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(talk_both_ways()); });
}

BOOST_AUTO_TEST_CASE(the_codec_can_be_changed_on_the_way) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(change_the_codec()); });
}

BOOST_AUTO_TEST_CASE(a_codec_can_be_made_of_the_one_before) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(map_the_codecs()); });
}

BOOST_AUTO_TEST_CASE(it_can_begin_with_bytes_that_were_read_before) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(begin_with_what_was_read()); });
}

BOOST_AUTO_TEST_CASE(frames_in_the_buffer_let_others_in) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            bool stopped = false;
            auto reading = [](bool& stop) -> edo::Task<void> {
                Buffer read;
                read.append(std::string(100'000, '7'));
                FramedRead digits(ScriptedReader(""), DigitCodec(true), std::move(read));
                while (!stop) {
                    const auto digit = co_await digits.next();
                    BOOST_REQUIRE(digit.has_value());
                }
            };
            auto stopping = [](bool& stop) -> edo::Task<void> {
                co_await edo::yield_now();
                stop = true;
            };
            co_await edo::join(reading(stopped), stopping(stopped));
        });
    });
}

BOOST_AUTO_TEST_CASE(a_cancelled_read_loses_no_frame) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive<Reading>());
        BOOST_TEST(driven.suspensions > 10U);
    });
}

BOOST_AUTO_TEST_CASE(a_cancelled_write_loses_no_frame_that_was_accepted) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive<Writing>());
        BOOST_TEST(driven.suspensions > 5U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
