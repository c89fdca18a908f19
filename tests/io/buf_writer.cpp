// SPDX-License-Identifier: MIT
#include "io/scripted.hpp"
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/io/buf_writer.hpp>

#include <boost/test/unit_test.hpp>

using edo::io::BufWriter;
using edo::test::bytes_of;
using edo::test::CancelScenario;
using edo::test::drive;
using edo::test::for_each_flavor;
using edo::test::PlainWriter;
using edo::test::ScriptedWriter;
using edo::test::text_of;

namespace {

static_assert(edo::io::AsyncWrite<BufWriter<ScriptedWriter>>);
static_assert(edo::io::AsyncWrite<BufWriter<ScriptedWriter&>>);
static_assert(edo::detail::HasFlush<BufWriter<PlainWriter>>);
static_assert(edo::detail::HasShutdown<BufWriter<ScriptedWriter>>);
static_assert(!edo::detail::HasShutdown<BufWriter<PlainWriter>>);

edo::Task<void> gather_small_writes() {
    ScriptedWriter stream(100);
    BufWriter writer(stream, 8);
    for (const char* const text : {"abc", "def", "gh"}) {
        const auto count = co_await writer.write(bytes_of(text));
        BOOST_TEST(count.value() == std::string_view(text).size());
    }
    BOOST_TEST(stream.written == "");
    BOOST_TEST(text_of(writer.buffer()) == "abcdefgh");

    const auto count = co_await writer.write(bytes_of("i"));
    BOOST_TEST(count.value() == 1U);
    BOOST_TEST(stream.written == "abcdefgh");
    BOOST_TEST(stream.sizes.size() == 1U);
    BOOST_TEST(text_of(writer.buffer()) == "i");

    const auto flushed = co_await writer.flush();
    BOOST_TEST(flushed.has_value());
    BOOST_TEST(stream.flushed == "abcdefghi");
    BOOST_TEST(writer.buffer().empty());
}

edo::Task<void> let_large_writes_pass() {
    ScriptedWriter stream(100);
    BufWriter writer(stream, 8);
    static_cast<void>(co_await writer.write(bytes_of("abc")));
    const auto large = co_await writer.write(bytes_of("0123456789"));
    BOOST_TEST(large.value() == 10U);
    BOOST_TEST(stream.written == "abc0123456789");
    BOOST_TEST(writer.buffer().empty());
    const auto none = co_await writer.write(std::span<const std::byte>());
    BOOST_TEST(none.value() == 0U);
}

edo::Task<void> end_the_stream() {
    ScriptedWriter stream(3);
    BufWriter writer(stream);
    const auto written = co_await writer.write_all("the end");
    BOOST_TEST(written.has_value());
    const auto ended = co_await writer.shutdown();
    BOOST_TEST(ended.has_value());
    BOOST_TEST(stream.written == "the end");
    BOOST_TEST(stream.is_shut_down);
}

edo::Task<void> report_errors() {
    ScriptedWriter broken(4);
    broken.fail_after(6, std::errc::broken_pipe);
    BufWriter writer(broken, 10);
    const auto accepted = co_await writer.write_all("01234567");
    BOOST_TEST(accepted.has_value());
    const auto refused = co_await writer.write(bytes_of("abcd"));
    BOOST_TEST((refused.error() == std::errc::broken_pipe));
    BOOST_TEST(text_of(writer.buffer()) == "67");  // not the new bytes
    const auto flushed = co_await writer.flush();
    BOOST_TEST((flushed.error() == std::errc::broken_pipe));

    ScriptedWriter full(4);
    full.stop_after(0);
    BufWriter stuck(full, 10);
    static_cast<void>(co_await stuck.write_all("a"));
    const auto zero = co_await stuck.flush();
    BOOST_TEST((zero.error() == edo::Errc::WriteZero));
}

edo::Task<void> own_a_writer() {
    BufWriter writer{PlainWriter()};
    static_cast<void>(co_await writer.write_all("abc"));
    BufWriter moved(std::move(writer));
    static_cast<void>(co_await moved.flush());
    BOOST_TEST(moved.inner().written == "abc");
    static_cast<void>(co_await moved.write_all("lost"));
    const PlainWriter back = std::move(moved).into_inner();
    BOOST_TEST(back.written == "abc");
}

/// A flush that is cancelled anywhere can be repeated, and nothing is lost or doubled.
class Flushing : public CancelScenario {
public:
    edo::Task<void> subject() override {
        static_cast<void>(co_await writer_.write(bytes_of("0123456")));
        static_cast<void>(co_await writer_.flush());
    }
    edo::Task<void> check(bool completed) override {
        static_cast<void>(co_await writer_.flush());
        const ScriptedWriter& stream = writer_.inner();
        BOOST_TEST(stream.written == "0123456");
        BOOST_TEST(stream.flushed == "0123456");
        BOOST_TEST((!completed || stream.sizes.size() == 4));
    }

private:
    BufWriter<ScriptedWriter> writer_{ScriptedWriter(2)};
};

/// A write that is cancelled has accepted all or nothing.
class Writing : public CancelScenario {
public:
    edo::Task<void> subject() override {
        for (; accepted_ < 5; ++accepted_) {
            static_cast<void>(co_await writer_.write(bytes_of("abc")));
        }
    }
    edo::Task<void> check(bool /*completed*/) override {
        static_cast<void>(co_await writer_.flush());
        std::string expected;
        for (int i = 0; i < accepted_; ++i) {
            expected += "abc";
        }
        BOOST_TEST(writer_.inner().written == expected);
    }

private:
    BufWriter<ScriptedWriter> writer_{ScriptedWriter(2), 4};
    int accepted_ = 0;
};

BOOST_AUTO_TEST_SUITE(buf_writer)

BOOST_AUTO_TEST_CASE(small_writes_are_gathered) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(gather_small_writes()); });
}

BOOST_AUTO_TEST_CASE(writes_as_large_as_the_buffer_go_around_it) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(let_large_writes_pass()); });
}

BOOST_AUTO_TEST_CASE(shutdown_flushes_first) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(end_the_stream()); });
}

BOOST_AUTO_TEST_CASE(a_write_that_fails_has_accepted_nothing) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(report_errors()); });
}

BOOST_AUTO_TEST_CASE(a_writer_can_be_moved_and_given_back) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(own_a_writer()); });
}

BOOST_AUTO_TEST_CASE(a_cancelled_flush_can_be_repeated) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive<Flushing>());
        BOOST_TEST(driven.suspensions == 5U);
    });
}

BOOST_AUTO_TEST_CASE(a_cancelled_write_has_accepted_nothing) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive<Writing>());
        BOOST_TEST(driven.suspensions >= 6U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
