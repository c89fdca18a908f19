// SPDX-License-Identifier: MIT
#include "net_test.hpp"
#include <edo/net/tcp_split.hpp>

#include <boost/test/unit_test.hpp>

using namespace edo;
using namespace edo::test;
using net::OwnedReadHalf;
using net::OwnedWriteHalf;
using net::TcpStream;

BOOST_AUTO_TEST_SUITE(tcp_split)

BOOST_AUTO_TEST_CASE(views_read_and_write_at_once) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        auto [reader, writer] = pair.server.split();
        const std::string large(1024 * 1024, 'v');
        auto [sent, received, written, echoed] =
            co_await join(pair.client.write_all(large), read_exactly(reader, large.size()),
                          writer.write_all(large), read_exactly(pair.client, large.size()));
        BOOST_TEST(sent.has_value());
        BOOST_TEST(written.has_value());
        BOOST_TEST((received == large));
        BOOST_TEST((echoed == large));
        BOOST_TEST((must(reader.local_addr()) == must(pair.client.peer_addr())));
        BOOST_TEST((must(writer.peer_addr()) == must(pair.client.local_addr())));
        must(co_await writer.shutdown());
        const std::string end = co_await read_text(pair.client);
        BOOST_TEST(end.empty());
    });
}

BOOST_AUTO_TEST_CASE(halves_can_belong_to_two_tasks) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        auto [reader, writer] = std::move(pair.server).into_split();
        const std::string large(1024 * 1024, 'h');
        auto reading = spawn(
            [](OwnedReadHalf half, std::size_t size) -> Task<std::string> {
                co_return co_await read_exactly(half, size);
            },
            std::move(reader), large.size());
        auto writing = spawn(
            [](OwnedWriteHalf half, const std::string& text) -> Task<void> {
                must(co_await half.write_all(text));
            },
            std::move(writer), large);
        auto [sent, got] = co_await join(pair.client.write_all(large), read_to_end(pair.client));
        BOOST_TEST(sent.has_value());
        BOOST_TEST((got == large));
        const auto received = co_await reading;
        BOOST_TEST((received.value() == large));
        const auto written = co_await writing;
        BOOST_TEST(written.has_value());
    });
}

BOOST_AUTO_TEST_CASE(dropping_the_write_half_ends_the_stream_and_reading_goes_on) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        auto [reader, writer] = std::move(pair.server).into_split();
        BOOST_CHECK_THROW(static_cast<void>(pair.server.local_addr()), UsageError);
        {
            const OwnedWriteHalf dropped = std::move(writer);
        }
        const std::string end = co_await read_text(pair.client);
        BOOST_TEST(end.empty());
        must(co_await pair.client.write_all("still heard"));
        const std::string got = co_await read_text(reader);
        BOOST_TEST(got == "still heard");
    });
}

BOOST_AUTO_TEST_CASE(dropping_the_read_half_keeps_writing_possible) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        auto [reader, writer] = std::move(pair.server).into_split();
        {
            const OwnedReadHalf dropped = std::move(reader);
        }
        must(co_await writer.write_all("still said"));
        const std::string got = co_await read_text(pair.client);
        BOOST_TEST(got == "still said");
        writer = OwnedWriteHalf(nullptr);
        const std::string end = co_await read_text(pair.client);
        BOOST_TEST(end.empty());
    });
}

BOOST_AUTO_TEST_CASE(a_forgotten_write_half_does_not_end_the_stream) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        auto [reader, writer] = std::move(pair.server).into_split();
        std::move(writer).forget();
        const auto none = co_await select(biased, read_text(pair.client), sleep(1ms));
        BOOST_TEST(none.is<1>());
        {
            const OwnedReadHalf dropped = std::move(reader);
        }
        const std::string end = co_await read_text(pair.client);
        BOOST_TEST(end.empty());
    });
}

BOOST_AUTO_TEST_CASE(halves_of_one_stream_can_be_reunited) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        auto [reader, writer] = std::move(pair.server).into_split();
        TcpStream whole = std::move(reader).reunite(std::move(writer));
        must(co_await whole.write_all("whole"));
        const std::string got = co_await read_text(pair.client);
        BOOST_TEST(got == "whole");
        BOOST_CHECK_THROW(static_cast<void>(reader.local_addr()), UsageError);
        BOOST_CHECK_THROW(static_cast<void>(writer.write("x")), UsageError);
    });
}

BOOST_AUTO_TEST_CASE(halves_of_two_streams_cannot_be_reunited_and_stay_usable) {
    on_every_runtime([]() -> Task<void> {
        Pair pair = co_await connected_pair();
        auto [client_reader, client_writer] = std::move(pair.client).into_split();
        auto [server_reader, server_writer] = std::move(pair.server).into_split();
        BOOST_CHECK_THROW(
            static_cast<void>(std::move(client_reader).reunite(std::move(server_writer))),
            UsageError);
        must(co_await server_writer.write_all("usable"));
        const std::string got = co_await read_text(client_reader);
        BOOST_TEST(got == "usable");
    });
}

BOOST_AUTO_TEST_SUITE_END()
