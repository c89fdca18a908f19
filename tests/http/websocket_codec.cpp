// SPDX-License-Identifier: MIT
#include "codec/frames.hpp"
#include <edo/net/http/ws/codec.hpp>
#include <edo/net/http/ws/handshake.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <string>
#include <string_view>

using edo::http::ws::Message;
using edo::http::ws::MessageCodec;
using edo::http::ws::Options;
using edo::http::ws::Role;
using edo::test::expect_frames;
using edo::test::Frames;
using edo::test::frames_of;
using edo::test::kUnexpectedEnd;
using edo::test::on_paused_clock;
namespace ws = edo::http::ws;

namespace edo::http::ws {

/// How the frames of test helpers show a message.
std::string frame_text(const Message& message) {
    switch (message.kind()) {
        case Message::Kind::Text:
            return "text:" + message.data();
        case Message::Kind::Binary:
            return "binary:" + message.data();
        case Message::Kind::Ping:
            return "ping:" + message.data();
        case Message::Kind::Pong:
            return "pong:" + message.data();
        case Message::Kind::Close:
            break;
    }
    return "close:" + std::to_string(message.code()) + ":" + message.data();
}

}  // namespace edo::http::ws

namespace {

static_assert(edo::codec::Decoder<MessageCodec>);
static_assert(edo::codec::Encoder<MessageCodec, Message>);

const std::string kProtocol = "!" + make_error_code(ws::Errc::Protocol).message();
const std::string kNotText = "!" + make_error_code(ws::Errc::NotText).message();
const std::string kTooLarge = "!" + make_error_code(ws::Errc::MessageTooLarge).message();

constexpr unsigned kText = 1;
constexpr unsigned kBinary = 2;
constexpr unsigned kClose = 8;
constexpr unsigned kPing = 9;
constexpr unsigned kPong = 10;
constexpr unsigned kFinal = 0x80;

std::string big_endian(std::uint64_t number, unsigned bytes) {
    std::string text;
    while (bytes > 0) {
        text += char(number >> 8 * --bytes);
    }
    return text;
}

/// A frame of a server; `first` is its first byte.
std::string frame(unsigned first, const std::string& content) {
    std::string text(1, char(first));
    if (content.size() < 126) {
        text += char(content.size());
    } else if (content.size() < 65536) {
        text += char(126) + big_endian(content.size(), 2);
    } else {
        text += char(127) + big_endian(content.size(), 8);
    }
    return text + content;
}

/// The same of a client, with a mask.
std::string masked(unsigned first, const std::string& content) {
    std::string text = frame(first, content);
    text[1] = char(text[1] | 0x80);
    const std::string_view mask = "\x37\xfa\x21\x3d";
    const std::size_t head = text.size() - content.size();
    for (std::size_t i = 0; i < content.size(); ++i) {
        text[head + i] = char(text[head + i] ^ mask[i % 4]);
    }
    return text.insert(head, mask);
}

std::string close_frame(unsigned code, const std::string& reason = {}) {
    return frame(kFinal | kClose, big_endian(code, 2) + reason);
}

MessageCodec client() {
    return MessageCodec(Role::Client, Options().max_message_size(1000));
}
MessageCodec server() {
    return MessageCodec(Role::Server);
}

edo::Task<void> expect(std::string bytes, Frames frames) {
    co_await expect_frames(client, std::move(bytes), std::move(frames));
}

BOOST_AUTO_TEST_SUITE(websocket_codec)

BOOST_AUTO_TEST_CASE(the_examples_of_the_rfc_are_understood) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await expect("\x81\x05Hello", frames_of("text:Hello"));
        co_await expect_frames(server, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58",
                               frames_of("text:Hello"));
        co_await expect(std::string("\x01\x03Hel\x80\x02lo"), frames_of("text:Hello"));
        co_await expect("\x89\x05Hello\x8a\x05Hello", frames_of("ping:Hello", "pong:Hello"));
        co_await expect(frame(0x82, std::string(256, 'x')),
                        frames_of("binary:" + std::string(256, 'x')));
    });
}

BOOST_AUTO_TEST_CASE(lengths_have_three_forms) {
    on_paused_clock([]() -> edo::Task<void> {
        for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 128U, 999U, 1000U}) {
            const std::string content(size, 'x');
            co_await expect(frame(0x82, content), frames_of("binary:" + content));
            co_await expect_frames(server, masked(0x81, content), frames_of("text:" + content));
        }
        // Longer than it had to be; and with the highest bit.
        co_await expect(std::string("\x82\x7e\0\x7d", 4) + std::string(125, 'x'),
                        frames_of(kProtocol));
        co_await expect(std::string("\x82\x7f\0\0\0\0\0\0\xff\xff", 10), frames_of(kProtocol));
        co_await expect(std::string("\x82\x7f\x80\0\0\0\0\0\0\0", 10), frames_of(kProtocol));
    });
}

BOOST_AUTO_TEST_CASE(messages_beyond_the_limit_are_refused_by_their_head) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await expect(frame(0x82, std::string(1001, 'x')).substr(0, 4), frames_of(kTooLarge));
        co_await expect(std::string("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", 10),
                        frames_of(kTooLarge));
        const std::string half = frame(kBinary, std::string(500, 'x'));
        co_await expect(half + frame(0x80, std::string(500, 'x')),
                        frames_of("binary:" + std::string(1000, 'x')));
        co_await expect(half + frame(0, std::string(500, 'x')) + frame(0x80, "x").substr(0, 2),
                        frames_of(kTooLarge));
        // The next message begins at zero.
        co_await expect(
            frame(0x82, std::string(1000, 'x')) + frame(0x82, std::string(1000, 'y')),
            frames_of("binary:" + std::string(1000, 'x'), "binary:" + std::string(1000, 'y')));
    });
}

BOOST_AUTO_TEST_CASE(reserved_bits_and_opcodes_are_refused) {
    on_paused_clock([]() -> edo::Task<void> {
        for (const unsigned bit : {0x10U, 0x20U, 0x40U}) {
            co_await expect(frame(kFinal | bit | kText, "x"), frames_of(kProtocol));
            co_await expect(frame(kFinal | bit | kPing, "x"), frames_of(kProtocol));
        }
        for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U}) {
            co_await expect(frame(0x81, "a") + frame(kFinal | opcode, ""),
                            frames_of("text:a", kProtocol));
        }
    });
}

BOOST_AUTO_TEST_CASE(only_clients_mask_and_they_always_do) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await expect(masked(0x81, "x"), frames_of(kProtocol));
        co_await expect_frames(server, frame(0x81, "x"), frames_of(kProtocol));
        co_await expect_frames(server, masked(0x89, "x") + frame(0x8A, ""),
                               frames_of("ping:x", kProtocol));
    });
}

BOOST_AUTO_TEST_CASE(control_frames_are_whole_and_short) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await expect(frame(0x89, std::string(125, 'x')),
                        frames_of("ping:" + std::string(125, 'x')));
        for (const unsigned opcode : {kPing, kPong, kClose}) {
            co_await expect(frame(kFinal | opcode, std::string(126, 'x')), frames_of(kProtocol));
            co_await expect(frame(opcode, "x"), frames_of(kProtocol));
        }
    });
}

BOOST_AUTO_TEST_CASE(fragments_come_in_order_with_control_frames_between) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await expect(frame(kText, "a") + frame(0x89, "p") + frame(0, "b") + frame(0x8A, "") +
                            frame(0, "") + frame(0x80, "c"),
                        frames_of("ping:p", "pong:", "text:abc"));
        co_await expect(frame(kBinary, "") + frame(0, "") + frame(0x80, ""), frames_of("binary:"));
        co_await expect(frame(0x80, "x"), frames_of(kProtocol));
        co_await expect(frame(0, "x"), frames_of(kProtocol));
        co_await expect(frame(kText, "a") + frame(0x81, "b"), frames_of(kProtocol));
        co_await expect(frame(kText, "a") + frame(kBinary, "b"), frames_of(kProtocol));
        co_await expect(frame(kText, "a") + frame(0x80, "b") + frame(0x80, "c"),
                        frames_of("text:ab", kProtocol));
        co_await expect(frame(kText, "a") + close_frame(1000),
                        frames_of("close:1000:", kUnexpectedEnd));
    });
}

BOOST_AUTO_TEST_CASE(text_is_utf8_also_across_fragments) {
    on_paused_clock([]() -> edo::Task<void> {
        const std::string text = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5 \xf0\x9f\x98\x80";
        co_await expect(frame(0x81, text), frames_of("text:" + text));
        for (std::size_t cut = 0; cut <= text.size(); ++cut) {
            co_await expect(
                frame(kText, text.substr(0, cut)) + frame(0x89, "") + frame(0x80, text.substr(cut)),
                frames_of("ping:", "text:" + text));
        }
        std::string bytes = frame(kText, "");
        for (const char byte : text) {
            bytes += frame(0, std::string(1, byte));
        }
        co_await expect(bytes + frame(0x80, ""), frames_of("text:" + text));

        // As soon as it cannot become text any more, whatever would follow.
        for (const char* const wrong :
             {"\x80", "\xc0", "\xc1", "\xf5", "\xff", "a\xc3\x28", "\xe0\x9f", "\xed\xa0",
              "\xf0\x8f", "\xf4\x90", "\xe2\x82\x28", "\xf0\x9f\x98\xc0", "\xfe", "\xf8\x88"}) {
            co_await expect(frame(kText, wrong), frames_of(kNotText));
            co_await expect(frame(kText, "ok") + frame(0, wrong), frames_of(kNotText));
            auto part = frame(0x81, std::string(wrong) + "more").substr(0, 2 + std::strlen(wrong));
            co_await expect(std::move(part), frames_of(kNotText));
        }
        // A character that has no end.
        for (const char* const half : {"\xc3", "\xe2\x82", "\xf0\x9f\x98"}) {
            co_await expect(frame(0x81, half), frames_of(kNotText));
            co_await expect(frame(kText, half) + frame(0x80, ""), frames_of(kNotText));
            co_await expect(frame(kText, half), frames_of(kUnexpectedEnd));
        }
        co_await expect(frame(0x82, "\xff\xfe"), frames_of("binary:\xff\xfe"));
        co_await expect(frame(0x89, "\xff"), frames_of("ping:\xff"));
    });
}

BOOST_AUTO_TEST_CASE(close_messages_have_a_code_that_may_be_sent) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await expect(frame(0x88, ""), frames_of("close:1005:"));
        co_await expect(frame(0x88, "\x03"), frames_of(kProtocol));
        for (const unsigned code : {1000U, 1001U, 1002U, 1003U, 1007U, 1008U, 1009U, 1010U, 1011U,
                                    1012U, 1013U, 1014U, 3000U, 3999U, 4000U, 4999U}) {
            co_await expect(close_frame(code, "why"),
                            frames_of("close:" + std::to_string(code) + ":why"));
        }
        for (const unsigned code :
             {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 1100U, 2000U, 2999U, 5000U, 65535U}) {
            co_await expect(close_frame(code, "why"), frames_of(kProtocol));
        }
        co_await expect(close_frame(1000, std::string(123, 'x')),
                        frames_of("close:1000:" + std::string(123, 'x')));
        co_await expect(close_frame(1000, std::string(124, 'x')), frames_of(kProtocol));
        co_await expect(close_frame(1000, "\xc3"), frames_of(kNotText));
    });
}

BOOST_AUTO_TEST_CASE(a_stream_that_ends_within_a_message_is_an_error) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await expect("", frames_of());
        co_await expect("\x81", frames_of(kUnexpectedEnd));
        co_await expect("\x81\x05Hell", frames_of(kUnexpectedEnd));
        co_await expect("\x89\x05Hell", frames_of(kUnexpectedEnd));
        co_await expect(frame(kText, "a"), frames_of(kUnexpectedEnd));
    });
}

BOOST_AUTO_TEST_CASE(what_one_side_encodes_the_other_one_decodes) {
    on_paused_clock([]() -> edo::Task<void> {
        for (const Role role : {Role::Client, Role::Server}) {
            for (const std::size_t size : {0U, 1U, 125U, 126U, 65535U, 65536U}) {
                edo::codec::Buffer bytes;
                const MessageCodec encoder(role);
                const std::string data(size, 'x');
                BOOST_TEST(encoder.encode(Message::binary(data), bytes).has_value());
                const std::size_t head = size < 126 ? 2 : size < 65536 ? 4 : 10;
                BOOST_TEST(bytes.size() == head + size + (role == Role::Client ? 4 : 0));
                MessageCodec decoder(role == Role::Client ? Role::Server : Role::Client);
                const auto decoded = decoder.decode(bytes);
                BOOST_TEST((*decoded)->data() == data);
            }
        }
        co_return;
    });
}

BOOST_AUTO_TEST_CASE(what_must_not_be_sent_is_not_encoded) {
    const MessageCodec encoder(Role::Server);
    edo::codec::Buffer bytes;
    const auto error_of = [&](const Message& message) {
        return encoder.encode(message, bytes).error();
    };
    BOOST_TEST((error_of(Message::text("\xff")) == ws::Errc::NotText));
    BOOST_TEST((error_of(Message::ping(std::string(126, 'x'))) == ws::Errc::Protocol));
    BOOST_TEST((error_of(Message::pong(std::string(126, 'x'))) == ws::Errc::Protocol));
    BOOST_TEST((error_of(Message::close(1006)) == ws::Errc::Protocol));
    BOOST_TEST((error_of(Message::close(1005, "why")) == ws::Errc::Protocol));
    BOOST_TEST((error_of(Message::close(1000, std::string(124, 'x'))) == ws::Errc::Protocol));
    BOOST_TEST((error_of(Message::close(1000, "\xff")) == ws::Errc::NotText));
    BOOST_TEST(bytes.empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(websocket_handshake)

edo::http::Request upgrade_request() {
    edo::http::Request request(edo::http::Method::Get, "/chat");
    request.headers.append("Host", "example.com:8080");
    request.headers.append("Upgrade", "WebSocket");
    request.headers.append("Connection", "keep-alive, upgrade");
    request.headers.append("Sec-WebSocket-Version", "13");
    request.headers.append("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    return request;
}

edo::http::Response accept(const edo::http::Request& request) {
    return ws::accept(request, [](ws::WebSocket<>) -> edo::Task<void> { co_return; });
}

BOOST_AUTO_TEST_CASE(the_key_is_that_of_the_rfc) {
    BOOST_TEST(ws::accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    BOOST_TEST(ws::accept_key("x3JJHMbDL1EzLkh9GBhXDw==") == "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
}

BOOST_AUTO_TEST_CASE(a_proper_request_is_accepted) {
    const auto response = accept(upgrade_request());
    BOOST_TEST(int(response.status) == 101);
    BOOST_TEST(*response.headers.get("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    BOOST_TEST(*response.headers.get("Upgrade") == "websocket");
    BOOST_TEST(bool(response.upgrade));
}

BOOST_AUTO_TEST_CASE(others_are_told_what_is_wrong) {
    const auto status_of = [](const auto& change) {
        auto request = upgrade_request();
        change(request);
        const auto response = accept(request);
        BOOST_TEST(!response.upgrade);
        return int(response.status);
    };
    using Request = edo::http::Request;
    BOOST_TEST(status_of([](Request& r) { r.method = edo::http::Method::Post; }) == 405);
    BOOST_TEST(status_of([](Request& r) { r.version = edo::http::Version::Http10; }) == 426);
    BOOST_TEST(status_of([](Request& r) { r.headers.set("Upgrade", "h2c"); }) == 426);
    BOOST_TEST(status_of([](Request& r) { r.headers.set("Connection", "close"); }) == 426);
    BOOST_TEST(status_of([](Request& r) { r.headers.set("Sec-WebSocket-Version", "8"); }) == 426);
    for (const char* const key : {"", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZ===",
                                  "dGhlIHNhbXBsZSBub25j Q==", "AAAAdGhlIHNhbXBsZSBub25jZQ=="}) {
        BOOST_TEST(status_of([&](Request& r) { r.headers.set("Sec-WebSocket-Key", key); }) == 400);
    }
}

BOOST_AUTO_TEST_CASE(pages_of_other_hosts_can_be_told_apart) {
    auto request = upgrade_request();
    BOOST_TEST(ws::is_same_origin(request));
    request.headers.set("Origin", "http://EXAMPLE.com:8080");
    BOOST_TEST(ws::is_same_origin(request));
    for (const char* const origin : {"http://example.com", "http://evil.example", "null", "",
                                     "http://example.com:8080.evil.example"}) {
        request.headers.set("Origin", origin);
        BOOST_TEST(!ws::is_same_origin(request), origin);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
