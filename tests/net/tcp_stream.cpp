// SPDX-License-Identifier: MIT
// Reading, writing, and the ends of connections.
#include "net_test.hpp"
#include <edo/net/tcp_stream.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <sys/socket.h>

using namespace edo;
using namespace edo::test;
using net::TcpStream;

static_assert(io::AsyncRead<TcpStream> && io::AsyncWrite<TcpStream>);
static_assert(io::AsyncRead<net::ReadHalf> && io::AsyncWrite<net::WriteHalf>);
static_assert(io::AsyncRead<net::OwnedReadHalf> && io::AsyncWrite<net::OwnedWriteHalf>);
static_assert(std::is_nothrow_move_constructible_v<TcpStream> &&
              std::is_nothrow_move_assignable_v<TcpStream>);

BOOST_AUTO_TEST_SUITE(tcp_stream)

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        const auto written = co_await pair.client.write("hello");
        BOOST_TEST(must(written) == 5u);
        const std::string got = co_await read_text(pair.server);
        BOOST_TEST(got == "hello");
        must(co_await pair.server.write_all(bytes("and back")));
        const std::string back = co_await read_text(pair.client);
        BOOST_TEST(back == "and back");
    });
}

BOOST_AUTO_TEST_CASE(a_read_waits_for_bytes_and_returns_what_there_is) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        auto [got, unused] =
            co_await join(read_text(pair.server), [](TcpStream& client) -> Task<void> {
                co_await yield_now();  // the read waits by now
                must(co_await client.write_all("abc"));
            }(pair.client));
        BOOST_TEST(got == "abc");
        must(co_await pair.client.write_all("defgh"));
        const std::string first = co_await read_text(pair.server, 2);
        const std::string second = co_await read_text(pair.server, 100);
        BOOST_TEST(first == "de");
        BOOST_TEST(second == "fgh");
    });
}

BOOST_AUTO_TEST_CASE(empty_buffers_complete_at_once_and_are_no_end_of_stream) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        const std::span<std::byte> empty;
        const std::array<std::span<std::byte>, 2> no_room{};
        const std::array<std::span<const std::byte>, 2> nothing{};
        const auto read = co_await pair.server.read(empty);
        const auto exact = co_await pair.server.read_exact(empty);
        const auto vectored = co_await pair.server.read_vectored(no_room);
        const auto peeked = co_await pair.server.peek(empty);
        const auto written = co_await pair.server.write("");
        const auto all = co_await pair.server.write_all("");
        const auto gathered = co_await pair.server.write_vectored(nothing);
        BOOST_TEST(must(read) == 0u);
        BOOST_TEST(exact.has_value());
        BOOST_TEST(must(vectored) == 0u);
        BOOST_TEST(must(peeked) == 0u);
        BOOST_TEST(must(written) == 0u);
        BOOST_TEST(all.has_value());
        BOOST_TEST(must(gathered) == 0u);
        must(co_await pair.client.write_all("still open"));
        const std::string got = co_await read_text(pair.server);
        BOOST_TEST(got == "still open");
    });
}

BOOST_AUTO_TEST_CASE(read_exact_fills_the_buffer_from_many_pieces) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        pair.client.set_nodelay(true);
        auto [got, unused] =
            co_await join(read_exactly(pair.server, 10), [](TcpStream& client) -> Task<void> {
                for (const char* const part : {"01", "2", "345", "6789ab"}) {
                    must(co_await client.write_all(part));
                    co_await yield_now();
                }
            }(pair.client));
        BOOST_TEST(got == "0123456789");
        const std::string rest = co_await read_text(pair.server);
        BOOST_TEST(rest == "ab");
    });
}

BOOST_AUTO_TEST_CASE(read_exact_says_when_the_stream_ends_early) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        must(co_await pair.client.write_all("abc"));
        must(co_await pair.client.shutdown());
        std::string buffer(4, '\0');
        const auto result = co_await pair.server.read_exact(room(buffer));
        BOOST_REQUIRE(!result.has_value());
        BOOST_TEST((result.error() == Errc::UnexpectedEof));
        BOOST_TEST(buffer.substr(0, 3) == "abc");
    });
}

BOOST_AUTO_TEST_CASE(write_all_writes_more_than_the_sockets_buffers_hold) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        const std::string large(8 * 1024 * 1024, 'x');
        auto [written, got] =
            co_await join(pair.client.write_all(large), read_exactly(pair.server, large.size()));
        BOOST_TEST(written.has_value());
        BOOST_TEST((got == large));
    });
}

BOOST_AUTO_TEST_CASE(a_write_waits_for_room) {
    on_every_runtime([]() -> Task<void> {
        RawPair pair;
        const std::size_t filled = fill(pair.stream);
        const auto none = co_await select(biased, pair.stream.write("more"), sleep(1ms));
        BOOST_TEST(none.is<1>());
        auto draining = spawn_blocking([&pair, filled] { pair.drain(filled); });
        must(co_await pair.stream.write_all("more"));
        must(co_await pair.stream.shutdown());
        const auto drained = co_await draining;
        BOOST_TEST(drained.has_value());
        BOOST_TEST(pair.receive(4) == "more");
    });
}

BOOST_AUTO_TEST_CASE(peek_leaves_the_bytes_in_the_socket) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        must(co_await pair.client.write_all("peek"));
        std::string buffer(10, '\0');
        for (int i = 0; i < 3; ++i) {
            const auto n = co_await pair.server.peek(room(buffer));
            BOOST_TEST(must(n) == 4u);
            BOOST_TEST(buffer.substr(0, 4) == "peek");
        }
        const std::string got = co_await read_text(pair.server);
        BOOST_TEST(got == "peek");
        must(co_await pair.client.shutdown());
        const auto end = co_await pair.server.peek(room(buffer));
        BOOST_TEST(must(end) == 0u);
    });
}

BOOST_AUTO_TEST_CASE(vectored_operations_use_the_buffers_one_after_the_other) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        const std::array<std::span<const std::byte>, 4> parts = {bytes("one "), bytes(""),
                                                                 bytes("two "), bytes("three")};
        const auto written = co_await pair.client.write_vectored(parts);
        BOOST_TEST(must(written) == 13u);
        std::string first(3, '\0');
        std::string second(100, '\0');
        const std::array<std::span<std::byte>, 3> buffers = {room(first), std::span<std::byte>(),
                                                             room(second)};
        const auto read = co_await pair.server.read_vectored(buffers);
        BOOST_TEST(must(read) == 13u);
        BOOST_TEST(first == "one");
        BOOST_TEST(second.substr(0, 10) == " two three");
    });
}

BOOST_AUTO_TEST_CASE(a_vectored_operation_takes_the_first_64_buffers_with_something_in_them) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        std::vector<std::span<const std::byte>> parts(100);  // empty ones do not count
        parts.resize(200, bytes("x"));
        const auto written = co_await pair.client.write_vectored(parts);
        BOOST_TEST(must(written) == 64u);
        std::string all(200, '\0');
        std::vector<std::span<std::byte>> buffers(100);
        for (std::size_t i = 0; i < all.size(); ++i) {
            buffers.push_back(room(all).subspan(i, 1));
        }
        const auto read = co_await pair.server.read_vectored(buffers);
        BOOST_TEST(must(read) == 64u);
        BOOST_TEST(all.substr(0, 64) == std::string(64, 'x'));
    });
}

BOOST_AUTO_TEST_CASE(try_operations_never_wait) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        std::string buffer(10, '\0');
        const auto nothing = pair.server.try_read(room(buffer));
        BOOST_REQUIRE(!nothing.has_value());
        BOOST_TEST((nothing.error() == std::errc::operation_would_block));
        BOOST_TEST(must(pair.client.try_write("now")) == 3u);
        must(co_await pair.server.readable());
        BOOST_TEST(must(pair.server.try_read(room(buffer))) == 3u);
        BOOST_TEST(buffer.substr(0, 3) == "now");
        // Used up by a short read: the next one waits, and is woken.
        auto [got, written] = co_await join(read_text(pair.server), pair.client.write("later"));
        BOOST_TEST(got == "later");
        must(co_await pair.client.shutdown());
        must(co_await pair.server.readable());
        BOOST_TEST(must(pair.server.try_read(room(buffer))) == 0u);
    });
}

BOOST_AUTO_TEST_CASE(readable_and_writable_are_exact) {
    on_every_runtime([]() -> Task<void> {
        RawPair pair;
        must(co_await pair.stream.writable());
        const std::size_t filled = fill(pair.stream);
        const auto full = co_await select(biased, pair.stream.writable(), sleep(1ms));
        BOOST_TEST(full.is<1>());
        const auto empty = co_await select(biased, pair.stream.readable(), sleep(1ms));
        BOOST_TEST(empty.is<1>());
        pair.send("x");
        must(co_await pair.stream.readable());
        must(co_await pair.stream.readable());  // as long as it was not read
        auto draining = spawn_blocking([&pair, filled] { pair.drain(filled); });
        must(co_await pair.stream.writable());
        const auto drained = co_await draining;
        BOOST_TEST(drained.has_value());
        BOOST_TEST(must(pair.stream.try_write("y")) == 1u);
    });
}

BOOST_AUTO_TEST_CASE(after_a_half_close_the_other_direction_goes_on) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        must(co_await pair.client.write_all("request"));
        must(co_await pair.client.shutdown());
        const std::string request = co_await read_to_end(pair.server);
        BOOST_TEST(request == "request");
        must(co_await pair.server.write_all("answer"));
        const std::string answer = co_await read_text(pair.client);
        BOOST_TEST(answer == "answer");
        // The end of a stream stays: no later read hangs.
        const std::string again = co_await read_text(pair.server);
        BOOST_TEST(again.empty());
        const auto late = co_await pair.client.write("late");
        BOOST_REQUIRE(!late.has_value());
        BOOST_TEST((late.error() == std::errc::broken_pipe));
    });
}

BOOST_AUTO_TEST_CASE(shutting_down_reading_ends_a_waiting_read) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        auto [got, done] =
            co_await join(read_text(pair.server), [](TcpStream& server) -> Task<Result<void>> {
                co_await yield_now();
                co_return co_await server.shutdown(net::Shutdown::Read);
            }(pair.server));
        BOOST_TEST(done.has_value());
        BOOST_TEST(got.empty());
        must(co_await pair.server.shutdown(net::Shutdown::Both));
        const std::string end = co_await read_text(pair.client);
        BOOST_TEST(end.empty());
    });
}

// The end of the stream may arrive before, with, or after the last bytes, and at each point of the
// reader's way from its first try to its wait.
BOOST_AUTO_TEST_CASE(an_end_behind_a_short_read_is_never_missed) {
    on_every_runtime([]() -> Task<void> {
        for (int round = 0; round < 200; ++round) {
            Pair pair = co_await connected_pair();
            auto peer = spawn(
                [](TcpStream client, int delay) -> Task<void> {
                    must(co_await client.write_all("bytes"));
                    for (int i = 0; i < delay; ++i) {
                        co_await yield_now();
                    }
                },
                std::move(pair.client), round % 5);
            std::string all;
            if (round % 2 == 0) {
                all = co_await read_to_end(pair.server);
            } else {
                all = co_await read_exactly(pair.server, 5);
                all += co_await read_to_end(pair.server);
            }
            BOOST_TEST(all == "bytes");
            const auto ended = co_await peer;
            BOOST_TEST(ended.has_value());
        }
    });
}

BOOST_AUTO_TEST_CASE(bytes_behind_urgent_data_are_not_missed) {
    on_every_runtime([]() -> Task<void> {
        RawPair pair;
        auto reading = spawn(
            [](TcpStream stream) -> Task<std::string> { co_return co_await read_to_end(stream); },
            std::move(pair.stream));
        pair.send("before");
        BOOST_TEST(::send(pair.peer(), "!", 1, MSG_OOB) == 1);
        pair.send("behind");
        pair.finish();
        const auto got = co_await reading;
        BOOST_TEST(got.value() == "beforebehind");
    });
}

BOOST_AUTO_TEST_CASE(a_reset_is_an_error_and_no_signal) {
    on_every_runtime([]() -> Task<void> {
        RawPair pair;
        pair.reset();
        std::string buffer(10, '\0');
        const auto read = co_await pair.stream.read(room(buffer));
        BOOST_REQUIRE(!read.has_value());
        BOOST_TEST((read.error() == std::errc::connection_reset));
        // By default SIGPIPE would end the process here.
        for (int i = 0; i < 3; ++i) {
            const auto written = co_await pair.stream.write("x");
            BOOST_REQUIRE(!written.has_value());
            BOOST_TEST((written.error() == std::errc::broken_pipe));
        }
        const auto all = co_await pair.stream.write_all("x");
        BOOST_TEST((all.error() == std::errc::broken_pipe));
        const std::array<std::span<const std::byte>, 1> parts = {bytes("x")};
        const auto gathered = co_await pair.stream.write_vectored(parts);
        BOOST_TEST((gathered.error() == std::errc::broken_pipe));
        BOOST_TEST((pair.stream.try_write("x").error() == std::errc::broken_pipe));
    });
}

BOOST_AUTO_TEST_CASE(a_reset_ends_a_waiting_read_and_a_waiting_write) {
    on_every_runtime([]() -> Task<void> {
        RawPair pair;
        fill(pair.stream);
        auto [read, written, unused] = co_await join(
            [](TcpStream& stream) -> Task<Result<std::size_t>> {
                std::array<std::byte, 10> buffer{};
                co_return co_await stream.read(buffer);
            }(pair.stream),
            pair.stream.write_all("x"),
            [](RawPair& peer) -> Task<void> {
                co_await yield_now();
                peer.reset();
            }(pair));
        BOOST_TEST((!read.has_value() || *read == 0));  // one of the two gets the reset itself
        BOOST_REQUIRE(!written.has_value());
        BOOST_TEST((written.error() == std::errc::connection_reset ||
                    written.error() == std::errc::broken_pipe));
    });
}

BOOST_AUTO_TEST_CASE(take_error_takes_the_pending_error) {
    on_every_runtime([]() -> Task<void> {
        RawPair pair;
        BOOST_TEST(!must(pair.stream.take_error()));
        pair.reset();
        must(co_await pair.stream.readable());
        BOOST_TEST((must(pair.stream.take_error()) == std::errc::connection_reset));
        BOOST_TEST(!must(pair.stream.take_error()));
    });
}

BOOST_AUTO_TEST_CASE(a_moved_stream_goes_on_and_leaves_an_empty_one) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        std::string buffer(10, '\0');
        auto read = pair.server.read(room(buffer));
        TcpStream moved = std::move(pair.server);
        must(co_await pair.client.write_all("x"));
        const auto n = co_await std::move(read);
        BOOST_TEST(must(n) == 1u);
        BOOST_CHECK_THROW(static_cast<void>(pair.server.read(room(buffer))), UsageError);
        BOOST_CHECK_THROW(static_cast<void>(pair.server.local_addr()), UsageError);
        BOOST_CHECK_THROW(static_cast<void>(std::move(pair.server).into_fd()), UsageError);
        pair.server = std::move(moved);
        must(co_await pair.server.write_all("y"));
        const std::string got = co_await read_text(pair.client);
        BOOST_TEST(got == "y");
    });
}

BOOST_AUTO_TEST_SUITE_END()
