// SPDX-License-Identifier: MIT
#include "io/scripted.hpp"
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include <edo/edo.hpp>
#include <edo/net/udp_framed.hpp>
#include <edo/runtime/codec/bytes_codec.hpp>
#include <edo/runtime/codec/length_delimited_codec.hpp>
#include <edo/runtime/codec/lines_codec.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

using namespace std::chrono_literals;
using edo::codec::BytesCodec;
using edo::codec::LengthDelimitedCodec;
using edo::codec::LinesCodec;
using edo::net::UdpFramed;
using edo::net::UdpSocket;
using edo::test::CancelScenario;
using edo::test::drive;
using edo::test::for_each_flavor_and_reactor;
using edo::test::text_of;

namespace {

edo::Task<UdpSocket> bound() {
    auto socket = co_await UdpSocket::bind("127.0.0.1:0");
    co_return std::move(socket).value();
}

/// The next frame as text, or "!" and the error.
template <class F>
edo::Task<std::string> next_text(F& framed) {
    auto frame = co_await framed.next();
    BOOST_REQUIRE(frame.has_value());
    co_return frame->has_value() ? edo::test::text_of(std::as_bytes(std::span((*frame)->item)))
                                 : "!" + frame->error().message();
}

edo::Task<void> send_and_receive() {
    UdpFramed a(co_await bound(), LinesCodec());
    const UdpSocket shared = co_await bound();
    UdpFramed b(shared, LinesCodec());
    const auto to_b = shared.local_addr().value();
    const auto sent = co_await a.send(std::string("hello"), to_b);
    BOOST_TEST(sent.has_value());
    auto frame = co_await b.next();
    BOOST_TEST(frame.value().value().item == "hello");
    const auto from = frame.value().value().from;
    BOOST_TEST((from == a.socket().local_addr().value()));
    static_cast<void>(co_await b.send("and back", from));
    const std::string answer = co_await next_text(a);
    BOOST_TEST(answer == "and back");
}

edo::Task<void> several_frames_in_a_datagram() {
    const UdpSocket sender = co_await bound();
    UdpFramed lines(co_await bound(), LinesCodec(10));
    const auto target = lines.socket().local_addr().value();
    static_cast<void>(co_await sender.send_to("one\ntwo\n\xff\nthree", target));
    static_cast<void>(co_await sender.send_to("this line is too long", target));
    static_cast<void>(co_await sender.send_to("next\n", target));
    std::string all;
    for (int i = 0; i < 6; ++i) {
        all += co_await next_text(lines);
        all += '|';
    }
    BOOST_TEST(all == "one|two|!" + make_error_code(edo::Errc::InvalidData).message() + "|three|!" +
                          make_error_code(edo::Errc::LimitExceeded).message() + "|next|");
    // A frame does not go on in the next datagram, and an error that takes nothing out does not
    // come again for ever.
    UdpFramed frames(co_await bound(), LengthDelimitedCodec::builder().max_frame_length(9).build());
    const auto other = frames.socket().local_addr().value();
    static_cast<void>(co_await sender.send_to(std::string_view("\0\0\0\5he", 6), other));
    static_cast<void>(co_await sender.send_to("\xff\xff\xff\xff", other));
    static_cast<void>(co_await sender.send_to(std::string_view("\0\0\0\2ok", 6), other));
    const std::string cut = co_await next_text(frames);
    BOOST_TEST(cut == "!" + make_error_code(edo::Errc::UnexpectedEof).message());
    const std::string too_long = co_await next_text(frames);
    BOOST_TEST(too_long == "!" + make_error_code(edo::Errc::LimitExceeded).message());
    const std::string fine = co_await next_text(frames);
    BOOST_TEST(fine == "ok");
}

edo::Task<void> large_datagrams() {
    UdpFramed sender(co_await bound(), BytesCodec());
    UdpFramed receiver(co_await bound(), BytesCodec());
    const auto target = receiver.socket().local_addr().value();
    const std::string text(60'000, 'x');
    static_cast<void>(co_await sender.send(text, target));
    const std::string received = co_await next_text(receiver);
    BOOST_TEST((received == text));
    const auto too_large = co_await sender.send(std::string(70'000, 'x'), target);
    BOOST_TEST((too_large.error() == std::errc::message_size));
}

/// Three frames in two datagrams, received with any interruption.
class Receiving : public CancelScenario {
public:
    edo::Task<void> subject() override {
        UdpFramed<UdpSocket, LinesCodec>& lines = co_await receiver();
        while (got_.size() < 3) {
            auto line = co_await lines.next();
            got_ += line.value().value().item;
        }
    }
    edo::Task<void> check(bool /*completed*/) override {
        co_await subject();
        BOOST_TEST(got_ == "abc");
    }

private:
    edo::Task<UdpFramed<UdpSocket, LinesCodec>&> receiver() {
        if (!lines_) {
            const UdpSocket sender = co_await bound();
            lines_.emplace(co_await bound(), LinesCodec());
            const auto target = lines_->socket().local_addr().value();
            static_cast<void>(co_await sender.send_to("a\nb\n", target));
            static_cast<void>(co_await sender.send_to("c\n", target));
        }
        co_return *lines_;
    }

    std::optional<UdpFramed<UdpSocket, LinesCodec>> lines_;
    std::string got_;
};

BOOST_AUTO_TEST_SUITE(udp_framed)

BOOST_AUTO_TEST_CASE(frames_are_sent_and_received_as_datagrams) {
    for_each_flavor_and_reactor(
        [](edo::Runtime& runtime) { runtime.block_on(send_and_receive()); });
}

BOOST_AUTO_TEST_CASE(a_datagram_may_hold_several_frames_but_no_frame_goes_beyond_it) {
    for_each_flavor_and_reactor(
        [](edo::Runtime& runtime) { runtime.block_on(several_frames_in_a_datagram()); });
}

BOOST_AUTO_TEST_CASE(large_datagrams_arrive_whole) {
    for_each_flavor_and_reactor([](edo::Runtime& runtime) { runtime.block_on(large_datagrams()); });
}

BOOST_AUTO_TEST_CASE(a_cancelled_receive_loses_no_frame) {
    for_each_flavor_and_reactor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive<Receiving>());
        BOOST_TEST(driven.runs >= 1U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
