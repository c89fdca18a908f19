// SPDX-License-Identifier: MIT
// read_buf, write_buf, write_all_vectored, BufReader::split, and the sizes of copies.
#include "io/scripted.hpp"
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/net/unix_stream.hpp>
#include <edo/runtime/io/buf_reader.hpp>
#include <edo/runtime/io/copy_bidirectional.hpp>
#include <edo/runtime/io/duplex.hpp>
#include <edo/runtime/io/read_buf.hpp>
#include <edo/runtime/io/split.hpp>
#include <edo/runtime/io/write_all_buf.hpp>
#include <edo/runtime/io/write_all_vectored.hpp>
#include <edo/runtime/stream/consume.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

using edo::Task;
using edo::io::BufReader;
using edo::test::bytes_of;
using edo::test::CancelScenario;
using edo::test::drive;
using edo::test::for_each_flavor;
using edo::test::PlainWriter;
using edo::test::ScriptedReader;
using edo::test::ScriptedWriter;
using edo::test::text_of;

namespace {

using Part = std::span<const std::byte>;

Task<void> append_what_is_read() {
    ScriptedReader reader("hello world", 4);
    std::string text = "> ";
    const auto some = co_await edo::io::read_buf(reader, text);
    BOOST_TEST(some.value() == 4U);
    BOOST_TEST(text == "> hell");
    const auto one = co_await edo::io::read_buf(reader, text, 1);
    BOOST_TEST(one.value() == 1U);
    BOOST_TEST(text == "> hello");
    std::vector<std::byte> bytes;
    for (;;) {
        const auto more = co_await edo::io::read_buf(reader, bytes);
        if (more.value() == 0) {
            break;
        }
    }
    BOOST_TEST(text_of(bytes) == " world");
    ScriptedReader broken("");
    broken.fail_at_end(std::errc::io_error);
    const auto error = co_await edo::io::read_buf(broken, text);
    BOOST_TEST((error.error() == std::errc::io_error));
    BOOST_TEST(text == "> hello");
}

Task<void> write_some() {
    ScriptedWriter writer(3);
    std::span<const std::byte> rest = bytes_of("hello");
    const auto first = co_await edo::io::write_buf(writer, rest);
    BOOST_TEST(first.value() == 3U);
    BOOST_TEST(text_of(rest) == "lo");
    const auto second = co_await edo::io::write_buf(writer, rest);
    BOOST_TEST(second.value() == 2U);
    BOOST_TEST(rest.empty());
    BOOST_TEST(writer.written == "hello");
}

/// Takes several buffers in one call, but not many bytes.
class VectoredWriter {
public:
    VectoredWriter() = default;
    Task<edo::Result<std::size_t>> write(std::span<const std::byte>) {
        BOOST_ERROR("it can take several");
        co_return std::size_t{0};
    }
    Task<edo::Result<std::size_t>> write_vectored(std::span<const Part> buffers) {
        co_await edo::yield_now();
        std::string all;
        for (const Part& part : buffers) {
            all += text_of(part);
        }
        all.resize(std::min<std::size_t>(all.size(), 5));
        written += all;
        ++calls;
        co_return all.size();
    }
    std::string written;
    int calls = 0;
};

Task<void> write_several() {
    const auto make = [] {
        return std::array<Part, 5>{bytes_of(""), bytes_of("hello "), bytes_of(""),
                                   bytes_of("wide world"), bytes_of("!")};
    };
    auto parts = make();
    std::span<Part> rest(parts);
    VectoredWriter vectored;
    const auto done = co_await edo::io::write_all_vectored(vectored, rest);
    BOOST_TEST(done.has_value());
    BOOST_TEST(vectored.written == "hello wide world!");
    BOOST_TEST(vectored.calls == 4);
    BOOST_TEST(rest.empty());

    auto again = make();
    std::span<Part> left(again);
    ScriptedWriter one_by_one(4);
    one_by_one.fail_after(9, std::errc::io_error);
    const auto failed = co_await edo::io::write_all_vectored(one_by_one, left);
    BOOST_TEST((failed.error() == std::errc::io_error));
    BOOST_TEST(one_by_one.written == "hello wid");
    BOOST_TEST(left.size() == 2U);
    BOOST_TEST(text_of(left[0]) == "e world");

    ScriptedWriter full(4);
    full.stop_after(0);
    const auto zero = co_await edo::io::write_all_vectored(full, left);
    BOOST_TEST((zero.error() == edo::Errc::WriteZero));
    std::span<Part> none;
    const auto nothing = co_await edo::io::write_all_vectored(full, none);
    BOOST_TEST(nothing.has_value());

    // A socket does it in one call.
    auto [near, far] = edo::net::UnixStream::pair().value();
    auto last = make();
    std::span<Part> all(last);
    const auto sent = co_await edo::io::write_all_vectored(near, all);
    BOOST_TEST(sent.has_value());
    std::string got(17, '\0');
    const auto read = co_await far.read_exact(std::as_writable_bytes(std::span(got)));
    BOOST_TEST(read.has_value());
    BOOST_TEST(got == "hello wide world!");
}

Task<void> split_segments() {
    BufReader reader(ScriptedReader("a,bc,,\xff,last", 2), 4);
    auto segments = reader.split(std::byte(','), 5);
    std::string all;
    for (;;) {
        const auto segment = co_await segments.next_segment();
        if (!segment.value()) {
            break;
        }
        all += text_of(**segment) + '|';
    }
    BOOST_TEST(all == "a|bc||\xff|last|");
    BufReader with_end(ScriptedReader("a;", 2));
    auto ended = with_end.split(std::byte(';'));
    const auto a = co_await ended.next_segment();
    BOOST_TEST(text_of(**a) == "a");
    const auto end = co_await ended.next_segment();
    BOOST_TEST(!end.value().has_value());

    BufReader longer(ScriptedReader("ab;abcdef;", 2));
    auto limited = longer.split(std::byte(';'), 3);
    static_cast<void>(co_await limited.next_segment());
    const auto too_long = co_await limited.next_segment();
    BOOST_TEST((too_long.error() == edo::Errc::LimitExceeded));
}

Task<void> lines_are_streams() {
    static_assert(edo::stream::Stream<edo::io::Lines<ScriptedReader>>);
    static_assert(edo::stream::Stream<edo::io::Split<ScriptedReader>>);
    BufReader reader(ScriptedReader("one\ntwo\nthree", 2));
    const auto lines = co_await (reader.lines() | edo::stream::try_collect());
    BOOST_TEST(lines.value() == (std::vector<std::string>{"one", "two", "three"}),
               boost::test_tools::per_element());

    BufReader text(
        ScriptedReader("good\nb\xff"
                       "d\nrest",
                       2));
    auto some = text.lines();
    const auto good = co_await some.next();
    BOOST_TEST(good->value() == "good");
    const auto bad = co_await some.next();
    BOOST_TEST((bad->error() == edo::Errc::InvalidData));
    const auto over = co_await some.next();  // and not the same error for ever
    BOOST_TEST(!over.has_value());

    BufReader words(ScriptedReader("a b c", 2));
    auto pieces = words.split(std::byte(' '));
    std::string all;
    for (;;) {
        const auto piece = co_await pieces.next();
        if (!piece) {
            break;
        }
        all += text_of(piece->value());
    }
    BOOST_TEST(all == "abc");
    const auto end = co_await pieces.next();
    BOOST_TEST(!end.has_value());
}

/// Counts how large the reads are.
class Measured {
public:
    explicit Measured(edo::io::DuplexStream stream) : stream_(std::move(stream)) {}
    auto read(std::span<std::byte> to) {
        largest = std::max(largest, to.size());
        return stream_.read(to);
    }
    auto write(std::span<const std::byte> bytes) { return stream_.write(bytes); }
    auto shutdown() { return stream_.shutdown(); }
    std::size_t largest = 0;

private:
    edo::io::DuplexStream stream_;
};

Task<void> copy_with_sizes() {
    auto [client, a] = edo::io::duplex(1000);
    auto [server, b] = edo::io::duplex(1000);
    static_cast<void>(co_await edo::io::write_all(client, std::string_view("to the server")));
    static_cast<void>(co_await client.shutdown());
    static_cast<void>(co_await edo::io::write_all(server, std::string_view("to the client")));
    static_cast<void>(co_await server.shutdown());
    Measured left(std::move(a));
    Measured right(std::move(b));
    const auto copied = co_await edo::io::copy_bidirectional_with_sizes(left, right, 5, 100);
    BOOST_TEST(copied->a_to_b == 13U);
    BOOST_TEST(copied->b_to_a == 13U);
    BOOST_TEST(left.largest == 5U);
    BOOST_TEST(right.largest == 100U);
    const auto at_server = co_await edo::io::read_to_string(server);
    BOOST_TEST(at_server.value() == "to the server");

    ScriptedReader reader("some text", 100);
    PlainWriter writer;
    const auto one_at_a_time = co_await edo::io::copy(reader, writer, 0);
    BOOST_TEST(one_at_a_time.value() == 9U);
    BOOST_TEST(reader.reads() == 10U);
}

class Appending : public CancelScenario {
public:
    Appending() = default;
    Task<void> subject() override {
        for (;;) {
            const auto count = co_await edo::io::read_buf(reader_, text_);
            if (count.value() == 0) {
                co_return;
            }
        }
    }
    Task<void> check(bool /*completed*/) override {
        BOOST_TEST(text_.size() + reader_.left() == 10U);  // no room is left behind
        const auto rest = co_await edo::io::read_to_string(reader_);
        BOOST_TEST(text_ + rest.value() == "0123456789");
    }

private:
    ScriptedReader reader_{"0123456789", 3};
    std::string text_;
};

class WritingSeveral : public CancelScenario {
public:
    WritingSeveral() = default;
    Task<void> subject() override {
        static_cast<void>(co_await edo::io::write_all_vectored(writer_, rest_));
    }
    Task<void> check(bool /*completed*/) override {
        static_cast<void>(co_await edo::io::write_all_vectored(writer_, rest_));
        BOOST_TEST(writer_.written == "hello wide world");
    }

private:
    VectoredWriter writer_;
    std::array<Part, 3> parts_{bytes_of("hello "), bytes_of("wide "), bytes_of("world")};
    std::span<Part> rest_{parts_};
};

BOOST_AUTO_TEST_SUITE(buffers)

BOOST_AUTO_TEST_CASE(what_is_read_is_appended) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(append_what_is_read()); });
}

BOOST_AUTO_TEST_CASE(what_is_written_is_taken_off) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(write_some()); });
}

BOOST_AUTO_TEST_CASE(several_buffers_are_written_one_after_the_other) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(write_several()); });
}

BOOST_AUTO_TEST_CASE(segments_come_without_their_delimiter) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(split_segments()); });
}

BOOST_AUTO_TEST_CASE(lines_and_segments_are_streams_that_end_with_an_error) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(lines_are_streams()); });
}

BOOST_AUTO_TEST_CASE(copies_have_the_size_that_was_asked_for) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(copy_with_sizes()); });
}

BOOST_AUTO_TEST_CASE(they_can_be_gone_on_with_after_a_cancellation) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto appending = runtime.block_on(drive<Appending>());
        BOOST_TEST(appending.suspensions >= 4U);
        const auto writing = runtime.block_on(drive<WritingSeveral>());
        BOOST_TEST(writing.suspensions >= 4U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
