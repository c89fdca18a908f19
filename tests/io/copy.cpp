// SPDX-License-Identifier: MIT
#include "io/scripted.hpp"
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/io/buf_writer.hpp>
#include <edo/runtime/io/copy.hpp>

#include <boost/test/unit_test.hpp>

using edo::test::drive;
using edo::test::Event;
using edo::test::for_each_flavor;
using edo::test::PlainWriter;
using edo::test::ScriptedReader;
using edo::test::ScriptedWriter;
using edo::test::text_of;

namespace {

/// Has a few bytes at once, and the rest only when the test says so.
class TwoPartReader {
public:
    explicit TwoPartReader(Event& second) : second_(second) {}

    edo::Task<edo::Result<std::size_t>> read(std::span<std::byte> to) {
        ++reads_;
        if (reads_ > 2) {
            co_return std::size_t{0};
        }
        if (reads_ == 2) {
            co_await second_;
        }
        to[0] = std::byte(reads_ == 1 ? 'a' : 'b');
        co_return std::size_t{1};
    }

private:
    Event& second_;
    int reads_ = 0;
};

/// Sets an event when it is flushed with something in it.
class WatchedWriter {
public:
    explicit WatchedWriter(Event& flushed) : flushed_(flushed) {}

    edo::Task<edo::Result<std::size_t>> write(std::span<const std::byte> bytes) {
        written += text_of(bytes);
        co_return bytes.size();
    }
    edo::Task<edo::Result<void>> flush() {
        if (!written.empty()) {
            flushed_.set();
        }
        co_return edo::Result<void>();
    }

    std::string written;

private:
    Event& flushed_;
};

class FailingFlush : public PlainWriter {
public:
    edo::Task<edo::Result<void>> flush() { co_return edo::failure(std::errc::io_error); }
};

edo::Task<void> copy_all() {
    const std::string text(20000, 'x');
    for (const std::size_t piece : {100U, 5000U, 100000U}) {
        ScriptedReader reader(text, piece);
        ScriptedWriter writer(3000);
        const auto copied = co_await edo::io::copy(reader, writer);
        BOOST_TEST(copied.value() == 20000U);
        BOOST_TEST((writer.written == text));
        BOOST_TEST((writer.flushed == text));
        BOOST_TEST(!writer.is_shut_down);
    }
    ScriptedReader reader(text, 5000);
    PlainWriter plain;
    const auto copied = co_await edo::io::copy(reader, plain);
    BOOST_TEST(copied.value() == 20000U);
    BOOST_TEST((plain.written == text));
}

edo::Task<void> copy_with_errors() {
    ScriptedReader reset("abc", 2);
    reset.fail_at_end(std::errc::connection_reset);
    ScriptedWriter writer(10);
    const auto read_error = co_await edo::io::copy(reset, writer);
    BOOST_TEST((read_error.error() == std::errc::connection_reset));
    BOOST_TEST(writer.written == "abc");

    ScriptedReader reader("abc", 2);
    ScriptedWriter broken(10);
    broken.fail_after(2, std::errc::broken_pipe);
    const auto write_error = co_await edo::io::copy(reader, broken);
    BOOST_TEST((write_error.error() == std::errc::broken_pipe));

    ScriptedReader other("abc", 2);
    FailingFlush unflushable;
    const auto flush_error = co_await edo::io::copy(other, unflushable);
    BOOST_TEST((flush_error.error() == std::errc::io_error));
}

/// The second part arrives only after the first one has been flushed.
edo::Task<void> copy_a_dialogue() {
    Event flushed;
    TwoPartReader reader(flushed);
    WatchedWriter writer(flushed);
    edo::io::BufWriter buffered(writer);
    const auto copied = co_await edo::io::copy(reader, buffered);
    BOOST_TEST(copied.value() == 2U);
    BOOST_TEST(writer.written == "ab");
}

BOOST_AUTO_TEST_SUITE(copy)

BOOST_AUTO_TEST_CASE(everything_is_copied_and_flushed) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(copy_all()); });
}

BOOST_AUTO_TEST_CASE(errors_of_either_side_end_the_copy) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(copy_with_errors()); });
}

BOOST_AUTO_TEST_CASE(the_writer_is_flushed_while_the_reader_waits) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(copy_a_dialogue()); });
}

BOOST_AUTO_TEST_CASE(a_copy_can_be_cancelled_at_each_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive([]() -> edo::Task<void> {
            ScriptedReader reader("0123456789", 4);
            ScriptedWriter writer(3);
            edo::io::BufWriter buffered(writer, 5);
            const auto copied = co_await edo::io::copy(reader, buffered);
            BOOST_TEST(copied.value() == 10U);
            BOOST_TEST(writer.flushed == "0123456789");
        }));
        BOOST_TEST(driven.suspensions > 5U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
