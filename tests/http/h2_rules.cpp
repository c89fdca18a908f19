// SPDX-License-Identifier: MIT
// The rules of HTTP/2 and HPACK, one after the other, in the order of RFC 9113 and RFC 7541 (as
// h2spec has them): who breaks one is told so with the code of the RFC, what is only odd is served,
// and nothing of it concerns other connections.
#include "http/h2_support.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/runtime/timeout.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace edo::test;
using namespace std::chrono_literals;
using namespace std::string_literals;
namespace http = edo::http;

namespace {

using edo::Task;

constexpr std::uint32_t kProtocolError = 1;
constexpr std::uint32_t kFlowControlError = 3;
constexpr std::uint32_t kStreamClosed = 5;
constexpr std::uint32_t kFrameSizeError = 6;
constexpr std::uint32_t kCompressionError = 9;

constexpr auto kPriority = FrameType(2);
constexpr auto kPushPromise = FrameType(5);
constexpr auto kUnknown = FrameType(0xee);
constexpr std::uint8_t kPadded = 8;

struct Row {
    std::string name;
    std::string bytes;
    std::uint32_t code = kProtocolError;
};

/// GET: "hello". POST: all that was sent.
Task<http::Response> answer(http::Request request) {
    if (request.method != http::Method::Post) {
        co_return http::Response::text("hello");
    }
    auto text = co_await request.body.collect();
    co_return http::Response::text(text ? *text : "error");
}

Task<void> send(edo::io::DuplexStream& stream, std::string text, std::size_t piece) {
    for (std::size_t at = 0; at < text.size(); at += piece) {
        static_cast<void>(co_await edo::io::write_all(stream, text.substr(at, piece)));
        co_await edo::yield_now();
    }
}

/// Sends the preface and the text, in pieces, and does not end the stream. Looks until `enough`, or
/// the server closes.
template <class Enough>
Seen talk(const std::string& text, Enough enough, std::size_t piece = 100'000) {
    Seen seen;
    on_paused_clock([&]() -> Task<void> {
        const http::Serving serving(http::make_service(&answer));
        auto ends = edo::io::duplex(64 * 1024);
        auto served = edo::spawn(http::h2::serve_connection(std::move(ends.second), serving));
        auto both =
            co_await edo::join(send(ends.first, preface() + text, piece), look(ends.first, enough));
        seen = std::get<1>(both);
        static_cast<void>(co_await ends.first.shutdown());
        auto in_time = co_await edo::timeout(5s, std::move(served));
        BOOST_TEST(in_time.has_value());
    });
    return seen;
}

std::string body_of(const Seen& seen, std::uint32_t stream) {
    const auto found = seen.bodies.find(stream);
    return found == seen.bodies.end() ? "(none)" : found->second;
}

void check_connection_errors(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            const Seen seen = talk(row.bytes, [](const Seen&) { return false; });
            BOOST_TEST(seen.go_away == row.code);
            BOOST_TEST(seen.closed);
        }
    }
}

/// Stream 1 is reset, and stream 3 is answered.
void check_stream_errors(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            const Seen seen = talk(row.bytes + request(3, get_head()), [](const Seen& s) {
                return s.resets.contains(1) && s.ended.contains(3);
            });
            BOOST_REQUIRE(seen.resets.contains(1));
            BOOST_TEST(seen.resets.at(1) == row.code);
            BOOST_TEST(body_of(seen, 3) == "hello");
            BOOST_TEST(seen.go_away == ~0U);
        }
    }
}

std::string setting(std::uint16_t id, std::uint32_t value) {
    return frame(FrameType::Settings, 0, 0, number(id).substr(2) + number(value));
}

/// POST without its end.
std::string open_post(std::string_view more = "") {
    return request(1, post_head() + std::string(more), false);
}

/// GET with these headers behind its own.
std::string get_with(std::string_view more) {
    return request(1, get_head() + std::string(more));
}

/// A value whose bytes are in Huffman's code already.
std::string huffman(std::string_view bytes) {
    return "\0\x01x"s + char(0x80 | bytes.size()) + std::string(bytes);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(h2_rules)

BOOST_AUTO_TEST_CASE(frames_have_their_sizes_and_places) {  // 4, 5.1, 5.5
    check_connection_errors({
        {"data that is larger than agreed on",
         open_post() + frame(FrameType::Data, 0, 1, std::string(16'385, 'x')), kFrameSizeError},
        {"a head that is larger than agreed on",
         frame(FrameType::Headers, 5, 1, get_head() + std::string(16'385, 'x')), kFrameSizeError},
        {"a priority within a head",
         frame(FrameType::Headers, 0, 1, get_head()) + frame(kPriority, 0, 1, "\0\0\0\0\x10"s)},
        {"a head within a head",
         frame(FrameType::Headers, 0, 1, get_head()) + request(3, get_head())},
        {"an unknown frame within a head",
         frame(FrameType::Headers, 0, 1, get_head()) + frame(kUnknown, 0, 0, "x")},
        {"data of no request", frame(FrameType::Data, 0, 1, "x")},
        {"a reset of no request", frame(FrameType::Reset, 0, 1, number(8))},
        {"a window of no request", frame(FrameType::WindowUpdate, 0, 1, number(8))},
        {"the rest of no head", frame(FrameType::Continuation, kEndHeaders, 1, get_head())},
        {"an even number", request(2, get_head())},
        {"data behind the end of a request",
         request(1, get_head()) + frame(FrameType::Data, kEndStream, 1, "x"), kStreamClosed},
        {"data behind a reset",
         open_post() + frame(FrameType::Reset, 0, 1, number(8)) + frame(FrameType::Data, 0, 1, "x"),
         kStreamClosed},
        {"a second head behind the end of a request",
         request(1, get_head()) + request(1, get_head()), kStreamClosed},
    });
}

BOOST_AUTO_TEST_CASE(numbers_of_requests_grow) {  // 5.1.1
    const Seen seen =
        talk(request(5, get_head()) + request(3, get_head()) + request(7, get_head()),
             [](const Seen& s) { return s.ended.contains(5) && s.ended.contains(7); });
    BOOST_TEST(body_of(seen, 5) == "hello");
    BOOST_TEST(!seen.ended.contains(3));
    BOOST_TEST(body_of(seen, 7) == "hello");
}

BOOST_AUTO_TEST_CASE(each_kind_of_frame_has_its_form) {  // 6
    check_connection_errors({
        {"data on the connection", frame(FrameType::Data, kEndStream, 0, "x")},
        {"data with more padding than bytes",
         open_post() + frame(FrameType::Data, kPadded, 1, "\x05xxxx")},
        {"a head on the connection", frame(FrameType::Headers, 5, 0, get_head())},
        {"a head with more padding than bytes",
         frame(FrameType::Headers, 5 | kPadded, 1, "\x50" + get_head())},
        {"a priority of the connection", frame(kPriority, 0, 0, "\0\0\0\0\x10"s)},
        {"a short priority", frame(kPriority, 0, 1, "\0\0\0\0"s), kFrameSizeError},
        {"a reset of the connection", frame(FrameType::Reset, 0, 0, number(8))},
        {"a short reset", open_post() + frame(FrameType::Reset, 0, 1, "\0\0\0"s), kFrameSizeError},
        {"settings of a request", frame(FrameType::Settings, 0, 1, "")},
        {"settings of half a value", frame(FrameType::Settings, 0, 0, "\0\x03\0"s),
         kFrameSizeError},
        {"agreement to settings with more in it",
         frame(FrameType::Settings, kAck, 0, "\0\x03\0\0\0\x01"s), kFrameSizeError},
        {"pushing neither on nor off", setting(2, 2)},
        {"a window that is too large", setting(4, 0x80000000), kFlowControlError},
        {"frames that are too small", setting(5, 16'383)},
        {"frames that are too large", setting(5, 1U << 24)},
        {"a promise of a client", open_post() + frame(kPushPromise, 4, 1, number(2) + get_head())},
        {"a ping of a request", frame(FrameType::Ping, 0, 1, "12345678")},
        {"a short ping", frame(FrameType::Ping, 0, 0, "123456"), kFrameSizeError},
        {"a goodbye of a request", frame(FrameType::GoAway, 0, 1, number(0) + number(0))},
        {"a short goodbye", frame(FrameType::GoAway, 0, 0, number(0)), kFrameSizeError},
        {"a window of no more", frame(FrameType::WindowUpdate, 0, 0, number(0))},
        {"a window of no more for a request",
         open_post() + frame(FrameType::WindowUpdate, 0, 1, number(0))},
        {"a short window", frame(FrameType::WindowUpdate, 0, 0, "\0\0\1"s), kFrameSizeError},
        {"a window without end",
         repeated(frame(FrameType::WindowUpdate, 0, 0, number(0x7fffffff)), 2), kFlowControlError},
        {"the rest of a head on the connection",
         frame(FrameType::Headers, 0, 1, get_head()) +
             frame(FrameType::Continuation, kEndHeaders, 0, "")},
        {"the rest of a head that is complete",
         request(1, get_head(), false) + frame(FrameType::Continuation, kEndHeaders, 1, "")},
        {"the rest of another head", frame(FrameType::Headers, 0, 1, get_head()) +
                                         frame(FrameType::Continuation, kEndHeaders, 3, "")},
    });
    check_stream_errors({
        {"a window without end",
         open_post() + frame(FrameType::WindowUpdate, 0, 1, number(0x7fffffff)), kFlowControlError},
    });
}

BOOST_AUTO_TEST_CASE(requests_have_their_form) {  // 8
    const std::string no_path = "\x82\x86\x41\x01"s + "a";
    std::vector<Row> rows{
        {"no method", request(1, "\x86\x84\x41\x01"s + "a")},
        {"no scheme", request(1, "\x82\x84\x41\x01"s + "a")},
        {"no path", request(1, no_path)},
        {"an empty path", request(1, no_path + header(":path", ""))},
        {"a relative path", request(1, no_path + header(":path", "a"))},
        {"two methods", get_with("\x82")},
        {"two schemes", get_with("\x86")},
        {"two paths", get_with("\x84")},
        {"two hosts", get_with("\x41\x01z"s)},
        {"an unknown field of the protocol", get_with(header(":x", "y"))},
        {"a field of answers", get_with(header(":status", "200"))},
        {"a field of the protocol behind others", request(1, header("x", "y") + get_head())},
        {"lengths that contradict", get_with(header("content-length", "1"))},
        {"two lengths", open_post(header("content-length", "1") + header("content-length", "2"))},
        {"a length that is none", open_post(header("content-length", "+1"))},
        {"less than was said",
         open_post(header("content-length", "2")) + frame(FrameType::Data, kEndStream, 1, "x")},
        {"more than was said", open_post(header("content-length", "2")) +
                                   frame(FrameType::Data, 0, 1, "xx") +
                                   frame(FrameType::Data, kEndStream, 1, "x")},
        {"a second head that is not the end", open_post() + open_post()},
        {"a field of the protocol in trailers", open_post() + request(1, header(":path", "/"))},
    };
    for (const char* const name : {"Upper", "connection", "keep-alive", "proxy-connection",
                                   "transfer-encoding", "upgrade", "te", "a b", "a:", ""}) {
        rows.push_back({"a header of the name "s + name, get_with(header(name, "x"))});
    }
    for (const std::string& value : {"a\r\nb"s, "a\nb"s, "a\rb"s, "a\0b"s}) {
        rows.push_back(
            {"a header of a value that could forge another one", get_with(header("x", value))});
    }
    check_stream_errors(rows);
}

BOOST_AUTO_TEST_CASE(heads_are_compressed_by_the_rules) {  // RFC 7541
    std::vector<Row> rows{
        {"entry 0", get_with("\x80")},
        {"an entry that is not there", get_with("\xff\x10")},
        {"a name that is not there", get_with("\x7f\x10\x01x")},
        {"a number without end", get_with("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f")},
        {"a text that is longer than its head", get_with("\0\x01x\x7e"s)},
        {"half a header", get_with("\0\x01x"s)},
        {"the end of Huffman's code", get_with(huffman("\xff\xff\xff\xff"))},
        {"zeros behind Huffman's code", get_with(huffman("\x18"))},
        {"more ones behind Huffman's code than a byte has", get_with(huffman("\x1f\xff"))},
        {"a table that is larger than agreed on", request(1, "\x3f\xe1\xff\x7f" + get_head())},
        {"a table that is changed behind a header", get_with("\x20")},
    };
    for (Row& row : rows) {
        row.code = kCompressionError;
    }
    check_connection_errors(rows);
}

BOOST_AUTO_TEST_CASE(what_is_only_odd_is_served) {
    const std::vector<Row> rows{
        {"an unknown frame", frame(kUnknown, 0xff, 77, "anything")},
        {"an unknown frame without bytes", frame(kUnknown, 0, 0, "")},
        {"flags without a meaning", frame(FrameType::Ping, 0xfe, 0, "12345678")},
        {"an unknown setting", setting(0xff, 1)},
        {"the same setting twice", setting(4, 1) + setting(4, 100'000)},
        {"an agreement that nobody waits for", frame(FrameType::Settings, kAck, 0, "")},
        {"a priority of a request to come", frame(kPriority, 0, 3, "\0\0\0\0\x10"s)},
        {"a reset with an unknown code", open_post() + frame(FrameType::Reset, 0, 1, number(99))},
        {"an answer to a ping that nobody has sent", frame(FrameType::Ping, kAck, 0, "12345678")},
        {"a number with the bit that means nothing",
         frame(FrameType::Headers, 5, 0x80000001, get_head())},
        {"a head with padding and a priority",
         frame(FrameType::Headers, 5 | kPadded | 0x20, 1,
               "\x03"s + "\0\0\0\0\x10"s + get_head() + "\0\0\0"s)},
        {"trailers behind a body",
         open_post() + frame(FrameType::Data, 0, 1, "x") + request(1, header("x", "y"))},
        {"te: trailers", get_with(header("te", "trailers"))},
        {"an empty head of a table", request(1, "\x20" + get_head())},
        {"data of the largest size",
         open_post() + frame(FrameType::Data, kEndStream, 1, std::string(16'384, 'x'))},
    };
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            const Seen seen = talk(row.bytes + request(3, get_head()),
                                   [](const Seen& s) { return s.ended.contains(3); });
            BOOST_TEST(body_of(seen, 3) == "hello");
            BOOST_TEST(seen.go_away == ~0U);
            BOOST_TEST(!seen.resets.contains(3));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_head_may_come_in_some_frames_and_data_with_padding) {
    const std::string head = post_head() + header("x", "a value of some length");
    std::string bytes = frame(FrameType::Headers, 0, 1, head.substr(0, 1)) +
                        frame(FrameType::Continuation, 0, 1, "");
    for (std::size_t i = 1; i < 6; ++i) {  // there may be eight
        bytes += frame(FrameType::Continuation, 0, 1, head.substr(i, 1));
    }
    bytes += frame(FrameType::Continuation, kEndHeaders, 1, head.substr(6));
    bytes += frame(FrameType::Data, kPadded, 1, "\x04" + "he"s + "\0\0\0\0"s);
    bytes += frame(FrameType::Data, 0, 1, "");
    bytes += frame(FrameType::Data, kPadded | kEndStream, 1, "\0llo"s);
    const Seen seen = talk(bytes, [](const Seen& s) { return s.ended.contains(1); });
    BOOST_TEST(body_of(seen, 1) == "hello");
}

BOOST_AUTO_TEST_CASE(it_does_not_matter_where_the_frames_are_cut) {
    // Without the rest of a head: nghttp2 counts its pieces, as it counts its frames.
    const std::string head = get_head() + header("x", "y");
    const std::string bytes = setting(4, 1000) + open_post(header("content-length", "5")) +
                              frame(FrameType::Data, kPadded, 1, "\x02he\0\0"s) +
                              frame(FrameType::Ping, 0, 0, "12345678") + request(3, head) +
                              request(5, get_head() + header("connection", "close")) +
                              frame(kUnknown, 0, 0, "abc") + frame(FrameType::Data, 0, 1, "llo") +
                              request(1, header("t", "u")) + request(7, post_head(), false) +
                              frame(FrameType::Reset, 0, 7, number(8)) +
                              frame(FrameType::Ping, 0, 0, "87654321");
    const auto all = [](const Seen& seen) {
        const auto pings = seen.frames.find(FrameType::Ping);
        return seen.ended.contains(1) && seen.ended.contains(3) && seen.resets.contains(5) &&
               pings != seen.frames.end() && pings->second == 2;
    };
    const Seen expected = talk(bytes, all);
    BOOST_TEST(body_of(expected, 1) == "hello");
    BOOST_TEST(body_of(expected, 3) == "hello");
    BOOST_TEST(expected.resets.at(5) == kProtocolError);
    BOOST_TEST(expected.go_away == ~0U);
    for (std::size_t piece = 1; piece < bytes.size(); ++piece) {
        BOOST_TEST_CONTEXT("pieces of " << piece) {
            const Seen seen = talk(bytes, all, piece);
            BOOST_TEST((seen.bodies == expected.bodies));
            BOOST_TEST((seen.resets == expected.resets));
            BOOST_TEST((seen.ended == expected.ended));
            BOOST_TEST(seen.go_away == expected.go_away);
        }
    }
}

BOOST_AUTO_TEST_CASE(pings_and_settings_are_answered) {
    const Seen seen = talk(frame(FrameType::Ping, 0, 0, "12345678") +
                               frame(FrameType::Ping, kAck, 0, "87654321") + setting(3, 10) +
                               request(1, get_head()),
                           [](const Seen& s) { return s.ended.contains(1); });
    BOOST_TEST(seen.frames.at(FrameType::Ping) == 1);      // not to the answer
    BOOST_TEST(seen.frames.at(FrameType::Settings) == 3);  // its own, and two answers
}

BOOST_AUTO_TEST_CASE(a_window_of_a_byte_lets_a_byte_through) {  // 6.9
    // The whole answer is one frame of data otherwise.
    const Seen one = talk(setting(4, 1) + request(1, get_head()),
                          [](const Seen& s) { return s.bodies.contains(1); });
    BOOST_TEST(body_of(one, 1) == "h");
    const Seen more = talk(
        setting(4, 1) + request(1, get_head()) + frame(FrameType::WindowUpdate, 0, 1, number(3)),
        [](const Seen& s) { return s.bodies.contains(1) && s.bodies.at(1).size() == 4; });
    BOOST_TEST(body_of(more, 1) == "hell");
    // A smaller window for all is taken off that of each, also below zero, and a larger one added.
    const Seen all = talk(setting(4, 3) + request(1, get_head()) + setting(4, 0) + setting(4, 5),
                          [](const Seen& s) { return s.ended.contains(1); });
    BOOST_TEST(body_of(all, 1) == "hello");
}

BOOST_AUTO_TEST_SUITE_END()
