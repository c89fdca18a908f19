// SPDX-License-Identifier: MIT
// copy_buf and copy_bidirectional.
#include "io/scripted.hpp"
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/io/buf_stream.hpp>
#include <edo/runtime/io/copy_bidirectional.hpp>
#include <edo/runtime/io/copy_buf.hpp>
#include <edo/runtime/io/duplex.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <chrono>
#include <string>
#include <utility>

using namespace std::chrono_literals;
using edo::io::BufReader;
using edo::io::BufStream;
using edo::io::DuplexStream;
using edo::test::CancelScenario;
using edo::test::drive;
using edo::test::for_each_flavor;
using edo::test::on_paused_clock;
using edo::test::PlainWriter;
using edo::test::ScriptedReader;
using edo::test::ScriptedWriter;
using edo::test::text_of;

namespace {

using Scripted = edo::io::Join<ScriptedReader, ScriptedWriter>;

edo::Task<void> copy_out_of_the_buffer() {
    const std::string text(20000, 'x');
    BufReader reader(ScriptedReader(text, 5000));
    ScriptedWriter writer(3000);
    const auto copied = co_await edo::io::copy_buf(reader, writer);
    BOOST_TEST(copied.value() == 20000U);
    BOOST_TEST((writer.written == text));
    BOOST_TEST((writer.flushed == text));
    BOOST_TEST(!writer.is_shut_down);

    BufReader more(ScriptedReader("plain", 2));
    PlainWriter plain;
    static_cast<void>(co_await edo::io::copy_buf(more, plain));
    BOOST_TEST(plain.written == "plain");

    BufReader unread(ScriptedReader("abcdef", 6));
    ScriptedWriter full(2);
    full.stop_after(4);
    const auto stopped = co_await edo::io::copy_buf(unread, full);
    BOOST_TEST((stopped.error() == edo::Errc::WriteZero));
    BOOST_TEST(text_of(unread.buffer()) == "ef");  // what was not written is still there

    ScriptedReader reset("abc", 2);
    reset.fail_at_end(std::errc::connection_reset);
    BufReader failing(reset);
    const auto failed = co_await edo::io::copy_buf(failing, plain);
    BOOST_TEST((failed.error() == std::errc::connection_reset));
}

/// Copies, is cancelled anywhere, and copies the rest.
class Copying : public CancelScenario {
public:
    edo::Task<void> subject() override {
        static_cast<void>(co_await edo::io::copy_buf(reader_, writer_));
    }
    edo::Task<void> check(bool /*completed*/) override {
        static_cast<void>(co_await edo::io::copy_buf(reader_, writer_));
        BOOST_TEST(writer_.written == "0123456789");
    }

private:
    BufReader<ScriptedReader> reader_{ScriptedReader("0123456789", 4)};
    ScriptedWriter writer_{3};
};

edo::Task<std::string> all_of(DuplexStream& stream) {
    auto text = co_await edo::io::read_to_string(stream);
    co_return text.value();
}

edo::Task<void> say_and_end(DuplexStream& stream, std::string text) {
    const auto written = co_await edo::io::write_all(stream, text);
    BOOST_TEST(written.has_value());
    static_cast<void>(co_await stream.shutdown());
}

/// client <-> left (relay) right <-> server. The server answers after the client has ended, which
/// only reaches it when the relay passes that on.
edo::Task<void> relay_a_dialogue(std::size_t size) {
    auto front = edo::io::duplex(64);
    auto back = edo::io::duplex(64);
    auto server = [](DuplexStream& stream) -> edo::Task<void> {
        const std::string request = co_await all_of(stream);
        co_await say_and_end(stream, "echo " + request);
    };
    auto client = [](DuplexStream& stream, std::size_t bytes) -> edo::Task<void> {
        co_await say_and_end(stream, std::string(bytes, 'q'));
        const std::string answer = co_await all_of(stream);
        BOOST_TEST((answer == "echo " + std::string(bytes, 'q')));
    };
    auto relay = [](DuplexStream& left, DuplexStream& right, std::size_t bytes) -> edo::Task<void> {
        const auto copied = co_await edo::io::copy_bidirectional(left, right);
        BOOST_REQUIRE(copied.has_value());
        BOOST_TEST(copied->a_to_b == bytes);
        BOOST_TEST(copied->b_to_a == bytes + 5);
    };
    co_await edo::join(client(front.first, size), relay(front.second, back.first, size),
                       server(back.second));
}

edo::Task<void> relay_with_buffers() {
    auto front = edo::io::duplex(64);
    auto back = edo::io::duplex(64);
    BufStream left(front.second);
    BufStream right(back.first);
    static_cast<void>(co_await front.first.write("ping"));
    auto relay = [](BufStream<DuplexStream&>& a, BufStream<DuplexStream&>& b) -> edo::Task<void> {
        const auto copied = co_await edo::io::copy_bidirectional(a, b);
        BOOST_TEST(copied.value().a_to_b == 4U);
        BOOST_TEST(copied.value().b_to_a == 4U);
    };
    auto dialogue = [](DuplexStream& client, DuplexStream& server) -> edo::Task<void> {
        std::array<std::byte, 16> buffer;
        // Arrives although nothing ended: the relay flushes what it has.
        const auto ping = co_await server.read(buffer);
        BOOST_TEST(text_of(std::span(buffer).first(ping.value())) == "ping");
        static_cast<void>(co_await server.write("pong"));
        const auto pong = co_await client.read(buffer);
        BOOST_TEST(text_of(std::span(buffer).first(pong.value())) == "pong");
        static_cast<void>(co_await client.shutdown());
        static_cast<void>(co_await server.shutdown());
    };
    co_await edo::join(relay(left, right), dialogue(front.first, back.second));
}

/// Nobody reads what goes to the client; what comes from it arrives all the same.
edo::Task<void> block_one_direction() {
    auto front = edo::io::duplex(8);
    auto back = edo::io::duplex(8);
    auto relay = [](DuplexStream& left, DuplexStream to_server) -> edo::Task<void> {
        DuplexStream right = std::move(to_server);  // dropped at the end
        const auto copied = co_await edo::io::copy_bidirectional(left, right);
        BOOST_TEST((copied.error() == std::errc::broken_pipe));  // the client has gone
    };
    auto server = [](DuplexStream& stream) -> edo::Task<void> {
        const std::string flood(1000, 'f');
        const auto written = co_await edo::io::write_all(stream, flood);
        BOOST_TEST((written.error() == std::errc::broken_pipe));
    };
    auto talk = [](DuplexStream from_client, DuplexStream& stream) -> edo::Task<void> {
        DuplexStream client = std::move(from_client);
        co_await edo::sleep(1s);  // everything towards the client is full
        std::array<std::byte, 1> byte;
        for (int i = 0; i < 100; ++i) {
            static_cast<void>(co_await client.write("x"));
            const auto count = co_await stream.read(byte);
            BOOST_TEST(count.value() == 1U);
        }
    };
    co_await edo::join(relay(front.second, std::move(back.first)), server(back.second),
                       talk(std::move(front.first), back.second));
}

edo::Task<void> fail_in_one_direction() {
    auto front = edo::io::duplex(64);
    ScriptedReader reset("abc");
    reset.fail_at_end(std::errc::connection_reset);
    Scripted broken(std::move(reset), ScriptedWriter(10));
    const auto copied = co_await edo::io::copy_bidirectional(front.second, broken);
    BOOST_TEST((copied.error() == std::errc::connection_reset));

    auto other = edo::io::duplex(64);
    static_cast<void>(co_await other.first.write("text"));
    ScriptedWriter unwritable(10);
    unwritable.fail_after(2, std::errc::broken_pipe);
    Scripted deaf(ScriptedReader("never ends, nearly"), std::move(unwritable));
    const auto failed = co_await edo::io::copy_bidirectional(other.second, deaf);
    BOOST_TEST((failed.error() == std::errc::broken_pipe));
}

BOOST_AUTO_TEST_SUITE(copy_both_ways)

BOOST_AUTO_TEST_CASE(copy_buf_copies_out_of_the_buffer_of_the_reader) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(copy_out_of_the_buffer()); });
}

BOOST_AUTO_TEST_CASE(a_cancelled_copy_buf_can_be_gone_on_with) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive<Copying>());
        BOOST_TEST(driven.suspensions > 5U);
    });
}

BOOST_AUTO_TEST_CASE(copy_bidirectional_passes_the_end_of_either_side_on) {
    on_paused_clock([]() -> edo::Task<void> {
        co_await relay_a_dialogue(0);
        co_await relay_a_dialogue(10);
        co_await relay_a_dialogue(50'000);
    });
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(relay_a_dialogue(1000)); });
}

BOOST_AUTO_TEST_CASE(copy_bidirectional_flushes_what_waits) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(relay_with_buffers()); });
}

BOOST_AUTO_TEST_CASE(a_direction_that_is_full_does_not_hold_up_the_other_one) {
    on_paused_clock([]() -> edo::Task<void> { co_await block_one_direction(); });
}

BOOST_AUTO_TEST_CASE(copy_bidirectional_ends_at_the_first_error) {
    for_each_flavor([](edo::Runtime& runtime) { runtime.block_on(fail_in_one_direction()); });
}

BOOST_AUTO_TEST_CASE(copy_bidirectional_can_be_cancelled_at_each_suspension) {
    for_each_flavor([](edo::Runtime& runtime) {
        const auto driven = runtime.block_on(drive([]() -> edo::Task<void> {
            Scripted a(ScriptedReader("0123456789", 4), ScriptedWriter(3));
            Scripted b(ScriptedReader("abc", 2), ScriptedWriter(4));
            const auto copied = co_await edo::io::copy_bidirectional(a, b);
            BOOST_TEST(copied.value().a_to_b == 10U);
            BOOST_TEST(copied.value().b_to_a == 3U);
            BOOST_TEST(b.writer().is_shut_down);
            BOOST_TEST(a.writer().is_shut_down);
        }));
        BOOST_TEST(driven.suspensions > 5U);
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
