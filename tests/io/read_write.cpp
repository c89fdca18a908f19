// SPDX-License-Identifier: MIT
#include "io/scripted.hpp"
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/io/read.hpp>
#include <edo/runtime/io/write.hpp>

#include <boost/test/unit_test.hpp>

#include <array>

using edo::test::drive;
using edo::test::for_each_flavor;
using edo::test::ScriptedReader;
using edo::test::ScriptedWriter;
using edo::test::text_of;

namespace {

edo::Task<void> read_exactly() {
    ScriptedReader reader("hello, world", 5);
    std::array<std::byte, 7> first;
    const edo::Result<void> read = co_await edo::io::read_exact(reader, first);
    BOOST_TEST(read.has_value());
    BOOST_TEST(text_of(first) == "hello, ");
    BOOST_TEST(reader.left() == 5U);

    const edo::Result<void> nothing = co_await edo::io::read_exact(reader, std::span<std::byte>());
    BOOST_TEST(nothing.has_value());
    BOOST_TEST(reader.left() == 5U);

    std::array<std::byte, 6> too_much;
    const edo::Result<void> cut_off = co_await edo::io::read_exact(reader, too_much);
    BOOST_REQUIRE(!cut_off);
    BOOST_TEST((cut_off.error() == edo::Errc::UnexpectedEof));
}

edo::Task<void> read_to_the_end() {
    for (const std::size_t piece : {1U, 7U, 100000U}) {
        const std::string text(5000, 'x');
        ScriptedReader reader(text, piece);
        const auto bytes = co_await edo::io::read_to_end(reader);
        BOOST_REQUIRE(bytes.has_value());
        BOOST_TEST(text_of(*bytes) == text);
    }
    ScriptedReader empty("");
    const auto none = co_await edo::io::read_to_end(empty);
    BOOST_REQUIRE(none.has_value());
    BOOST_TEST(none->empty());
}

edo::Task<void> read_with_limits() {
    const std::string text(3000, 'x');
    ScriptedReader fits(text, 999);
    const auto all = co_await edo::io::read_to_end(fits, 3000);
    BOOST_REQUIRE(all.has_value());
    BOOST_TEST(all->size() == 3000U);

    ScriptedReader too_long(text, 999);
    const auto refused = co_await edo::io::read_to_end(too_long, 2999);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error() == edo::Errc::LimitExceeded));
    BOOST_TEST(too_long.left() == 0U);

    ScriptedReader endless(std::string(100000, 'x'), 100000);
    const auto stopped = co_await edo::io::read_to_string(endless, 10);
    BOOST_REQUIRE(!stopped);
    BOOST_TEST(endless.left() >= 100000U - 11);  // reads no more than it needs to know

    ScriptedReader unlimited(text, 999);
    const auto unbounded = co_await edo::io::read_to_string(unlimited, SIZE_MAX);
    BOOST_TEST(unbounded.value() == text);

    ScriptedReader zero("");
    const auto nothing = co_await edo::io::read_to_string(zero, 0);
    BOOST_TEST(nothing.value().empty());
}

edo::Task<void> read_text() {
    ScriptedReader reader("Grüße", 1);
    const auto text = co_await edo::io::read_to_string(reader);
    BOOST_TEST(text.value() == "Grüße");

    ScriptedReader bytes(
        "Gr\xFC\xDF"
        "e",
        1);
    const auto invalid = co_await edo::io::read_to_string(bytes);
    BOOST_REQUIRE(!invalid);
    BOOST_TEST((invalid.error() == edo::Errc::InvalidData));
}

edo::Task<void> pass_errors_on() {
    ScriptedReader reader("abc", 2);
    reader.fail_at_end(std::errc::connection_reset);
    std::array<std::byte, 4> four;
    const auto exact = co_await edo::io::read_exact(reader, four);
    BOOST_TEST((exact.error() == std::errc::connection_reset));
    const auto end = co_await edo::io::read_to_end(reader);
    BOOST_TEST((end.error() == std::errc::connection_reset));
    const auto text = co_await edo::io::read_to_string(reader);
    BOOST_TEST((text.error() == std::errc::connection_reset));

    ScriptedWriter writer(2);
    writer.fail_after(5, std::errc::broken_pipe);
    const auto written = co_await edo::io::write_all(writer, "0123456789");
    BOOST_TEST((written.error() == std::errc::broken_pipe));
    BOOST_TEST(writer.written == "01234");
}

edo::Task<void> write_everything() {
    ScriptedWriter writer(3);
    const auto text = co_await edo::io::write_all(writer, "0123456789");
    BOOST_TEST(text.has_value());
    const auto bytes = co_await edo::io::write_all(writer, edo::test::bytes_of("abc"));
    BOOST_TEST(bytes.has_value());
    const auto nothing = co_await edo::io::write_all(writer, "");
    BOOST_TEST(nothing.has_value());
    BOOST_TEST(writer.written == "0123456789abc");
    BOOST_TEST(writer.sizes.size() == 5U);

    ScriptedWriter full(3);
    full.stop_after(4);
    const auto stuck = co_await edo::io::write_all(full, "0123456789");
    BOOST_TEST((stuck.error() == edo::Errc::WriteZero));
}

BOOST_AUTO_TEST_SUITE(read_write)

BOOST_AUTO_TEST_CASE(read_exact_fills_the_buffer_or_reports_an_unexpected_end) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(read_exactly()); });
}

BOOST_AUTO_TEST_CASE(read_to_end_reads_pieces_of_any_size) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(read_to_the_end()); });
}

BOOST_AUTO_TEST_CASE(a_stream_longer_than_the_limit_is_refused) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(read_with_limits()); });
}

BOOST_AUTO_TEST_CASE(read_to_string_accepts_only_utf8) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(read_text()); });
}

BOOST_AUTO_TEST_CASE(errors_of_the_stream_are_passed_on) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(pass_errors_on()); });
}

BOOST_AUTO_TEST_CASE(write_all_writes_all_or_reports_a_writer_that_accepts_nothing) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(write_everything()); });
}

BOOST_AUTO_TEST_CASE(each_function_can_be_cancelled_at_each_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive([]() -> edo::Task<void> {
            ScriptedReader reader("0123456789", 4);
            ScriptedWriter writer(4);
            std::array<std::byte, 4> four;
            static_cast<void>(co_await edo::io::read_exact(reader, four));
            const auto rest = co_await edo::io::read_to_string(reader);
            static_cast<void>(co_await edo::io::write_all(writer, rest.value()));
        }));
        BOOST_TEST(driven.suspensions == 1U + 3U + 2U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
