// SPDX-License-Identifier: MIT
// Numbers, and write_all_buf.
#include "io/scripted.hpp"
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/io/numbers.hpp>
#include <edo/runtime/io/write_all_buf.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <limits>
#include <span>
#include <string>

using edo::test::bytes_of;
using edo::test::CancelScenario;
using edo::test::drive;
using edo::test::for_each_flavor;
using edo::test::ScriptedReader;
using edo::test::ScriptedWriter;

namespace {

namespace io = edo::io;

static_assert(io::Number<std::int8_t>);
static_assert(io::Number<double>);
static_assert(!io::Number<bool>);
static_assert(!io::Number<char>);

template <class T, std::endian Order>
edo::Task<void> there_and_back(T value) {
    ScriptedWriter writer(1);
    const auto written = co_await io::write_number<T, Order>(writer, value);
    BOOST_TEST(written.has_value());
    BOOST_TEST(writer.written.size() == sizeof(T));
    ScriptedReader reader(writer.written);
    const auto read = co_await io::read_number<T, Order>(reader);
    BOOST_TEST((read.value() == value));
}

template <class T>
edo::Task<void> both_orders(T value) {
    co_await there_and_back<T, std::endian::big>(value);
    co_await there_and_back<T, std::endian::little>(value);
}

template <class T>
edo::Task<void> extremes() {
    co_await both_orders<T>(std::numeric_limits<T>::min());
    co_await both_orders<T>(std::numeric_limits<T>::max());
    co_await both_orders<T>(T(-1));
    co_await both_orders<T>(T(0));
    co_await both_orders<T>(T(0x5a));
}

edo::Task<void> write_known_bytes() {
    ScriptedWriter writer(3);
    static_cast<void>(co_await io::write_u8(writer, 0x01));
    static_cast<void>(co_await io::write_u16(writer, 0x0203));
    static_cast<void>(co_await io::write_u32(writer, 0x04050607));
    static_cast<void>(co_await io::write_u64(writer, 0x08090a0b0c0d0e0f));
    static_cast<void>(co_await io::write_u16_le(writer, 0x1110));
    static_cast<void>(co_await io::write_u32_le(writer, 0x15141312));
    static_cast<void>(co_await io::write_u64_le(writer, 0x1d1c1b1a19181716));
    static_cast<void>(co_await io::write_number<std::int16_t>(writer, -2));
    std::string expected;
    for (char byte = 1; byte <= 0x1d; ++byte) {
        expected.push_back(byte);
    }
    expected += "\xff\xfe";
    BOOST_TEST(writer.written == expected);

    ScriptedReader reader(expected, 2);
    const auto u8 = co_await io::read_u8(reader);
    BOOST_TEST(u8.value() == 0x01U);
    const auto u16 = co_await io::read_u16(reader);
    BOOST_TEST(u16.value() == 0x0203U);
    const auto u32 = co_await io::read_u32(reader);
    BOOST_TEST(u32.value() == 0x04050607U);
    const auto u64 = co_await io::read_u64(reader);
    BOOST_TEST(u64.value() == 0x08090a0b0c0d0e0fU);
    const auto u16_le = co_await io::read_u16_le(reader);
    BOOST_TEST(u16_le.value() == 0x1110U);
    const auto u32_le = co_await io::read_u32_le(reader);
    BOOST_TEST(u32_le.value() == 0x15141312U);
    const auto u64_le = co_await io::read_u64_le(reader);
    BOOST_TEST(u64_le.value() == 0x1d1c1b1a19181716U);
    const auto i16 = co_await io::read_number<std::int16_t>(reader);
    BOOST_TEST(i16.value() == -2);
    const auto end = co_await io::read_u8(reader);
    BOOST_TEST((end.error() == edo::Errc::UnexpectedEof));
}

edo::Task<void> read_half_a_number() {
    ScriptedReader reader("ab");
    const auto number = co_await io::read_u32(reader);
    BOOST_TEST((number.error() == edo::Errc::UnexpectedEof));
    ScriptedWriter writer;
    writer.stop_after(2);
    const auto written = co_await io::write_u32(writer, 1);
    BOOST_TEST((written.error() == edo::Errc::WriteZero));
}

/// Writes, is cancelled anywhere, and goes on.
class Writing : public CancelScenario {
public:
    edo::Task<void> subject() override {
        const auto written = co_await io::write_all_buf(writer_, rest_);
        BOOST_TEST(written.has_value());
    }
    edo::Task<void> check(bool completed) override {
        BOOST_TEST(rest_.empty() == completed);
        BOOST_TEST(writer_.written.size() + rest_.size() == 10U);
        static_cast<void>(co_await io::write_all_buf(writer_, rest_));
        BOOST_TEST(writer_.written == "0123456789");
    }

private:
    std::span<const std::byte> rest_ = bytes_of("0123456789");
    ScriptedWriter writer_{3};
};

edo::Task<void> fail_and_go_on() {
    std::span<const std::byte> rest = bytes_of("0123456789");
    ScriptedWriter broken(3);
    broken.fail_after(6, std::errc::no_space_on_device);
    const auto failed = co_await io::write_all_buf(broken, rest);
    BOOST_TEST((failed.error() == std::errc::no_space_on_device));
    ScriptedWriter other(3);
    other.stop_after(2);
    const auto stopped = co_await io::write_all_buf(other, rest);
    BOOST_TEST((stopped.error() == edo::Errc::WriteZero));
    BOOST_TEST(rest.size() == 2U);
    BOOST_TEST(broken.written + other.written == "01234567");
}

BOOST_AUTO_TEST_SUITE(numbers)

BOOST_AUTO_TEST_CASE(numbers_have_the_bytes_that_protocols_expect) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(write_known_bytes()); });
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_again) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            co_await extremes<std::uint8_t>();
            co_await extremes<std::int8_t>();
            co_await extremes<std::uint16_t>();
            co_await extremes<std::int16_t>();
            co_await extremes<std::uint32_t>();
            co_await extremes<std::int32_t>();
            co_await extremes<std::uint64_t>();
            co_await extremes<std::int64_t>();
            co_await extremes<float>();
            co_await extremes<double>();
        });
    });
}

BOOST_AUTO_TEST_CASE(half_a_number_is_an_error) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(read_half_a_number()); });
}

BOOST_AUTO_TEST_CASE(write_all_buf_can_be_gone_on_with_after_a_cancellation) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive<Writing>());
        BOOST_TEST(driven.suspensions == 4U);
    });
}

BOOST_AUTO_TEST_CASE(write_all_buf_can_be_gone_on_with_after_an_error) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(fail_and_go_on()); });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
