// SPDX-License-Identifier: MIT
// Between readers, writers, streams of pieces, and code that blocks: StreamReader, ReaderStream,
// SinkWriter, InspectReader, InspectWriter, SyncIoBridge.
#include "io/scripted.hpp"
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/codec/bytes_codec.hpp>
#include <edo/runtime/codec/framed.hpp>
#include <edo/runtime/io/buf_reader.hpp>
#include <edo/runtime/io/duplex.hpp>
#include <edo/runtime/io/inspect.hpp>
#include <edo/runtime/io/reader_stream.hpp>
#include <edo/runtime/io/sink_writer.hpp>
#include <edo/runtime/io/stream_reader.hpp>
#include <edo/runtime/io/sync_io_bridge.hpp>
#include <edo/runtime/stream/consume.hpp>
#include <edo/runtime/stream/sources.hpp>
#include <edo/runtime/sync/mpsc.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using edo::Result;
using edo::Task;
using edo::io::InspectReader;
using edo::io::InspectWriter;
using edo::io::ReaderStream;
using edo::io::SinkWriter;
using edo::io::StreamReader;
using edo::io::SyncIoBridge;
using edo::test::bytes_of;
using edo::test::CancelScenario;
using edo::test::drive;
using edo::test::for_each_flavor;
using edo::test::PlainWriter;
using edo::test::ScriptedReader;
using edo::test::ScriptedWriter;
using edo::test::text_of;

namespace {

using Bytes = std::vector<std::byte>;
using Texts = std::vector<std::string>;

static_assert(edo::io::AsyncBufRead<StreamReader<edo::stream::Iter<Texts>>>);
static_assert(edo::stream::Stream<ReaderStream<ScriptedReader>>);
static_assert(edo::io::AsyncWrite<SinkWriter<edo::sync::mpsc::Sender<Bytes>>>);
static_assert(
    edo::io::AsyncRead<InspectReader<ScriptedReader, void (*)(std::span<const std::byte>)>>);

Bytes bytes(std::string_view text) {
    const auto view = bytes_of(text);
    return {view.begin(), view.end()};
}

/// Yields pieces, an error, and pieces again, and suspends before each.
class Pieces {
public:
    using Item = Result<Bytes>;

    explicit Pieces(Texts texts) : texts_(std::move(texts)) {}

    Task<std::optional<Item>> next() {
        co_await edo::yield_now();
        if (at_ == texts_.size()) {
            ++calls_at_end;
            co_return std::nullopt;
        }
        const std::string& text = texts_[at_++];
        if (text == "error") {
            co_return Item(edo::failure(std::errc::io_error));
        }
        co_return Item(bytes(text));
    }

    int calls_at_end = 0;

private:
    Texts texts_;
    std::size_t at_ = 0;
};

Task<void> read_pieces() {
    Pieces pieces({"hello", "", " ", "world"});
    StreamReader reader(pieces);
    std::array<std::byte, 3> three;
    const auto nothing = co_await reader.read(std::span<std::byte>());
    BOOST_TEST(nothing.value() == 0U);
    const auto some = co_await reader.read(three);
    BOOST_TEST(text_of(std::span(three).first(some.value())) == "hel");
    const auto seen = co_await reader.fill_buf();
    BOOST_TEST(text_of(seen.value()) == "lo");
    reader.consume(1);
    reader.consume(100);  // at most what there is
    const auto rest = co_await edo::io::read_to_string(reader);
    BOOST_TEST(rest.value() == " world");
    const auto end = co_await reader.read(three);
    BOOST_TEST(end.value() == 0U);
    BOOST_TEST(pieces.calls_at_end == 1);  // a stream need not stand more
}

Task<void> read_other_pieces() {
    // Of text, and without a Result.
    StreamReader texts(edo::stream::iter(Texts{"one\n", "two", "\nthree"}));
    edo::io::BufReader lines(std::move(texts));
    const auto one = co_await lines.read_line();
    BOOST_TEST((one.value() == "one"));
    const auto two = co_await lines.read_line();
    BOOST_TEST((two.value() == "two"));

    StreamReader failing(Pieces({"ok", "error", "again"}));
    std::array<std::byte, 10> buffer;
    const auto ok = co_await failing.read(buffer);
    BOOST_TEST(ok.value() == 2U);
    const auto error = co_await failing.read(buffer);
    BOOST_TEST((error.error() == std::errc::io_error));
    const auto again = co_await failing.read(buffer);
    BOOST_TEST(again.value() == 5U);

    StreamReader half(Pieces({"begun"}));
    static_cast<void>(co_await half.read(std::span(buffer).first(2)));
    auto [stream, left] = std::move(half).into_inner_with_chunk();
    BOOST_TEST(text_of(left) == "gun");
    const auto over = co_await stream.next();
    BOOST_TEST(!over.has_value());
}

Task<void> stream_of_a_reader() {
    ScriptedReader source("hello world", 4);
    ReaderStream pieces(source, 3);
    std::vector<std::string> got;
    for (;;) {
        const auto piece = co_await pieces.next();
        if (!piece) {
            break;
        }
        got.push_back(text_of(piece->value()));
    }
    BOOST_TEST(got == (std::vector<std::string>{"hel", "lo ", "wor", "ld"}),
               boost::test_tools::per_element());
    const std::size_t reads = source.reads();
    const auto after = co_await pieces.next();
    BOOST_TEST(!after.has_value());
    BOOST_TEST(source.reads() == reads);

    ScriptedReader broken("x");
    broken.fail_at_end(std::errc::io_error);
    ReaderStream failing(std::move(broken));
    const auto x = co_await failing.next();
    BOOST_TEST(text_of(x->value()) == "x");
    const auto error = co_await failing.next();
    BOOST_TEST((error->error() == std::errc::io_error));
    const auto end = co_await failing.next();
    BOOST_TEST(!end.has_value());

    // There and back.
    ReaderStream through(ScriptedReader("there and back", 5));
    StreamReader back(std::move(through));
    const auto text = co_await edo::io::read_to_string(back);
    BOOST_TEST(text.value() == "there and back");
}

Task<std::string> collect_text(edo::sync::mpsc::Receiver<Bytes> receiver) {
    std::string all;
    for (;;) {
        const auto piece = co_await receiver.recv();
        if (!piece) {
            co_return all;
        }
        all += text_of(*piece) + '|';
    }
}

Task<int> write_both(SinkWriter<edo::sync::mpsc::Sender<Bytes>> given) {
    auto writer =
        std::move(given);  // dropped at the end, unlike a parameter: that ends the channel
    const auto one = co_await edo::io::write_all(writer, std::string_view("one"));
    BOOST_TEST(one.has_value());
    const auto nothing = co_await writer.write(std::span<const std::byte>());
    BOOST_TEST(nothing.value() == 0U);
    const auto two = co_await edo::io::write_all(writer, std::string_view("two"));
    BOOST_TEST(two.has_value());
    co_return 0;
}

Task<void> write_to_channels() {
    auto [sender, receiver] = edo::sync::mpsc::channel<Bytes>(1);
    auto [text, written] = co_await edo::join(collect_text(std::move(receiver)),
                                              write_both(SinkWriter(std::move(sender))));
    BOOST_TEST(text == "one|two|");
    BOOST_TEST(written == 0);

    auto [unbounded, other] = edo::sync::mpsc::unbounded_channel<Bytes>();
    SinkWriter writer(std::move(unbounded));
    const auto sent = co_await writer.write(bytes_of("x"));
    BOOST_TEST(sent.value() == 1U);
    {
        const auto dropped = std::move(other);
    }
    const auto closed = co_await writer.write(bytes_of("y"));
    BOOST_TEST((closed.error() == std::errc::broken_pipe));
    const auto back = std::move(writer).into_inner();
    BOOST_TEST(back.is_closed());
}

Task<void> write_frames() {
    ScriptedWriter below(2);
    edo::codec::FramedWrite frames(below, edo::codec::BytesCodec());
    SinkWriter writer(frames);
    const auto accepted = co_await writer.write(bytes_of("hello"));
    BOOST_TEST(accepted.value() == 5U);
    BOOST_TEST(below.written == "");
    const auto flushed = co_await writer.flush();
    BOOST_TEST(flushed.has_value());
    BOOST_TEST(below.flushed == "hello");
    const auto over = co_await writer.shutdown();
    BOOST_TEST(over.has_value());
    BOOST_TEST(below.is_shut_down);
    BOOST_TEST(&writer.inner() == &frames);
}

Task<void> look_at_what_passes() {
    std::string read;
    std::string written;
    const auto append_to = [](std::string& text) {
        return [&text](std::span<const std::byte> passed) {
            BOOST_TEST(!passed.empty());
            text += text_of(passed);
        };
    };
    InspectReader reader(ScriptedReader("hello world", 3), append_to(read));
    ScriptedWriter below(2);
    below.fail_after(8, std::errc::no_space_on_device);
    InspectWriter writer(below, append_to(written));
    const auto copied = co_await edo::io::copy(reader, writer);
    BOOST_TEST((copied.error() == std::errc::no_space_on_device));
    BOOST_TEST(read == "hello wor");
    BOOST_TEST(written == "hello wo");  // what was accepted, and not more
    BOOST_TEST(written == below.written);
    const auto flushed = co_await writer.flush();
    BOOST_TEST(flushed.has_value());
    const auto over = co_await writer.shutdown();
    BOOST_TEST(over.has_value());
    BOOST_TEST(reader.inner().left() == 2U);
    BOOST_TEST(&writer.inner() == &below);
    BOOST_TEST(std::move(reader).into_inner().left() == 2U);
}

// ---- code that blocks --------------------------------------------------------------------------

std::string talk(SyncIoBridge<edo::io::DuplexStream> bridge) {
    std::string got(5, '\0');
    static_cast<void>(bridge.read_exact(std::as_writable_bytes(std::span(got))));
    static_cast<void>(bridge.write_all("and " + got));
    static_cast<void>(bridge.flush());
    static_cast<void>(bridge.shutdown());
    return got + bridge.read_to_string().value();
}

Task<int> talk_to_it(edo::io::DuplexStream stream) {
    const auto hello = co_await edo::io::write_all(stream, std::string_view("hello"));
    BOOST_TEST(hello.has_value());
    const auto answer = co_await edo::io::read_to_string(stream);
    BOOST_TEST(answer.value() == "and hello");
    const auto rest = co_await edo::io::write_all(stream, std::string_view(", the rest"));
    BOOST_TEST(rest.has_value());
    const auto over = co_await stream.shutdown();
    BOOST_TEST(over.has_value());
    co_return 0;
}

Task<void> bridge_a_stream() {
    auto [near, far] = edo::io::duplex(4);
    auto blocking = edo::spawn_blocking(
        [bridge = SyncIoBridge(std::move(near))]() mutable { return talk(std::move(bridge)); });
    auto [text, talked] = co_await edo::join(std::move(blocking), talk_to_it(std::move(far)));
    BOOST_TEST(text.value() == "hello, the rest");
    BOOST_TEST(talked == 0);
}

Task<void> bridge_lines_and_sleeps() {
    // In the function itself, by reference, and with a stream that needs the clock.
    class Slow {
    public:
        Slow() = default;
        Task<Result<std::size_t>> read(std::span<std::byte> to) {
            co_await edo::sleep(std::chrono::milliseconds(1));
            if (left_ == 0) {
                co_return std::size_t{0};
            }
            --left_;
            to[0] = left_ == 2 ? std::byte('\n') : std::byte('x');
            co_return std::size_t{1};
        }

    private:
        int left_ = 5;
    };
    auto lines = edo::spawn_blocking([] {
        edo::io::BufReader<Slow> reader{Slow()};
        SyncIoBridge bridge(reader);
        std::vector<std::string> all;
        while (const auto line = bridge.read_line().value()) {
            all.push_back(*line);
        }
        return all;
    });
    const auto all = co_await lines;
    BOOST_TEST(all.value() == (std::vector<std::string>{"xx", "xx"}),
               boost::test_tools::per_element());
    PlainWriter plain;
    SyncIoBridge bridge(plain);
    BOOST_CHECK_THROW(static_cast<void>(bridge.write_all("x")), edo::UsageError);  // by a worker
    BOOST_TEST(bridge.flush().has_value());                                        // has none
    BOOST_TEST(&bridge.inner() == &plain);
}

/// What was cancelled is gone on with, through all of them.
class ReadingThrough : public CancelScenario {
public:
    ReadingThrough() = default;
    Task<void> subject() override {
        for (;;) {
            std::array<std::byte, 2> two;
            const auto count = co_await reader_.read(two);
            if (count.value() == 0) {
                co_return;
            }
            got_ += text_of(std::span(two).first(*count));
        }
    }
    Task<void> check(bool /*completed*/) override {
        const auto rest = co_await edo::io::read_to_string(reader_);
        BOOST_TEST(got_ + rest.value() == "hello world");
        BOOST_TEST(passed_ == "hello world");
    }

private:
    class Append {
    public:
        explicit Append(std::string& text) : text_(&text) {}
        void operator()(std::span<const std::byte> passed) const { *text_ += text_of(passed); }

    private:
        std::string* text_;
    };
    using Inspected = InspectReader<ScriptedReader, Append>;

    std::string passed_;
    std::string got_;
    StreamReader<ReaderStream<Inspected>> reader_{
        ReaderStream<Inspected>(Inspected(ScriptedReader("hello world", 3), Append(passed_)), 4)};
};

/// A cancelled write has written nothing.
class WritingThrough : public CancelScenario {
public:
    WritingThrough() = default;
    Task<void> subject() override {
        for (const char* const text : {"a", "b", "c", "d"}) {
            const auto sent = co_await writer_.write(bytes_of(text));
            BOOST_TEST(sent.value() == 1U);
            sent_ += text;
            sent_ += '|';
        }
    }
    void suspended(std::size_t /*n*/) override {
        if (auto piece = channel_.second.try_recv()) {
            received_ += text_of(*piece) + '|';
        }
    }
    Task<void> check(bool /*completed*/) override {
        while (auto piece = channel_.second.try_recv()) {
            received_ += text_of(*piece) + '|';
        }
        BOOST_TEST(received_ == sent_);
        co_return;
    }

private:
    std::pair<edo::sync::mpsc::Sender<Bytes>, edo::sync::mpsc::Receiver<Bytes>> channel_ =
        edo::sync::mpsc::channel<Bytes>(1);
    SinkWriter<edo::sync::mpsc::Sender<Bytes>&> writer_{channel_.first};
    std::string sent_;
    std::string received_;
};

BOOST_AUTO_TEST_SUITE(bridges)

BOOST_AUTO_TEST_CASE(pieces_of_bytes_are_read_one_after_the_other) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(read_pieces()); });
}

BOOST_AUTO_TEST_CASE(pieces_may_be_text_and_errors_pass_through) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(read_other_pieces()); });
}

BOOST_AUTO_TEST_CASE(a_reader_is_a_stream_of_pieces) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(stream_of_a_reader()); });
}

BOOST_AUTO_TEST_CASE(what_is_written_goes_into_a_channel) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(write_to_channels()); });
}

BOOST_AUTO_TEST_CASE(what_is_written_goes_into_frames) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(write_frames()); });
}

BOOST_AUTO_TEST_CASE(what_passes_is_looked_at) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(look_at_what_passes()); });
}

BOOST_AUTO_TEST_CASE(code_that_blocks_reads_and_writes) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(bridge_a_stream()); });
}

BOOST_AUTO_TEST_CASE(code_that_blocks_may_make_its_own_bridge) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(bridge_lines_and_sleeps()); });
}

BOOST_AUTO_TEST_CASE(a_thread_of_ones_own_bridges_with_a_handle) {
    for_each_flavor([](edo::Runtime& runtime) {
        PlainWriter plain;
        SyncIoBridge bridge(plain, runtime.handle());
        BOOST_TEST(bridge.write_all("from outside").has_value());
        BOOST_TEST(plain.written == "from outside");
        BOOST_CHECK_THROW(SyncIoBridge<PlainWriter&>{plain}, edo::NoRuntimeError);
    });
}

BOOST_AUTO_TEST_CASE(nothing_is_lost_when_they_are_cancelled) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto reading = runtime.block_on(drive<ReadingThrough>());
        BOOST_TEST(reading.suspensions >= 4U);
        const auto writing = runtime.block_on(drive<WritingThrough>());
        BOOST_TEST(writing.suspensions >= 2U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
