// SPDX-License-Identifier: MIT
#include "codec/frames.hpp"
#include "shapes.hpp"
#include <edo/net/json/json_lines.hpp>
#include <edo/runtime/io/duplex.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using edo::json::JsonLines;
using edo::json::Limits;
using edo::test::expect_frames;
using edo::test::frames_of;
using edo::test::on_paused_clock;
using edo::test::Reading;

namespace edo::test {

/// How the frames of test helpers show an item.
std::string frame_text(const json::JsonLines<Reading>::Item& item) {
    return item ? json::to_text(*item) : "!" + item.error().message();
}

}  // namespace edo::test

namespace {

static_assert(edo::codec::Decoder<JsonLines<Reading>>);
static_assert(edo::codec::Encoder<JsonLines<Reading>, Reading>);

JsonLines<Reading> lines() {
    return JsonLines<Reading>();
}
JsonLines<Reading> short_lines() {
    return JsonLines<Reading>(Limits(30));
}

const std::string kOne = R"({"name":"a","temperature_c":1.0})";
const std::string kTwo = R"({"name":"b","temperature_c":2.5})";

BOOST_AUTO_TEST_SUITE(json_lines)

BOOST_AUTO_TEST_CASE(values_are_the_same_however_they_arrive) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await expect_frames(lines, "", frames_of());
        co_await expect_frames(lines, kOne + "\n" + kTwo + "\r\n", frames_of(kOne, kTwo));
        co_await expect_frames(lines, "\n  \r\n" + kOne + "\n\n" + kTwo, frames_of(kOne, kTwo));
        co_await expect_frames(lines, "\n \n\t", frames_of());
    });
}

BOOST_AUTO_TEST_CASE(a_malformed_line_is_an_error_of_that_line_only) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await expect_frames(
            lines, kOne + "\n\n{\"name\":1}\n" + kTwo + "\n" + kOne + kTwo + "\n" + kOne,
            frames_of(kOne, "!name: expected text, got a number (line 3, column 10)", kTwo,
                      "!something follows the value (line 5, column 33)", kOne));
        co_await expect_frames(lines, kOne + "\n{\"na",
                               frames_of(kOne, "!the text ends too early (line 2, column 5)"));
    });
}

BOOST_AUTO_TEST_CASE(a_line_that_is_too_long_is_stepped_over) {
    on_paused_clock([]() -> edo::Task<void> {
        const std::string small = R"({"name":"","temperature_c":1})";
        const std::string shown = R"({"name":"","temperature_c":1.0})";
        const std::string error = "!the line is longer than 30 bytes (line 2, column 1)";
        co_await expect_frames(short_lines, small + "\n" + std::string(500, '[') + "\n" + small,
                               frames_of(shown, error, shown));
        co_await expect_frames(short_lines, small + "\n" + std::string(500, '['),
                               frames_of(shown, error));
    });
}

BOOST_AUTO_TEST_CASE(values_are_written_on_a_line_each) {
    on_paused_clock([]() -> edo::Task<void> {
        auto [client, server] = edo::io::duplex(16);
        edo::codec::Framed sending(client, lines());
        edo::codec::Framed receiving(server, lines());
        Reading reading;
        reading.name = "two\nlines";
        auto both = co_await edo::join(sending.send(reading), receiving.next());
        BOOST_TEST(std::get<0>(both).has_value());
        BOOST_TEST((**std::get<1>(both))->name == "two\nlines");
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
