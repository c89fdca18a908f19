// SPDX-License-Identifier: MIT
#include "support/cancel_driver.hpp"
#include "support/flavors.hpp"
#include "support/on_paused_clock.hpp"
#include "tls/fixture.hpp"
#include <edo/net/unix_stream.hpp>
#include <edo/runtime/io/split.hpp>
#include <edo/runtime/io/write.hpp>
#include <edo/runtime/io/write_all_vectored.hpp>

#include <array>
#include <chrono>

using edo::Result;
using edo::Task;
using edo::io::DuplexStream;
using edo::test::CutStream;
using edo::test::for_each_flavor;
using edo::test::for_each_flavor_and_reactor;
using edo::test::on_paused_clock;
using edo::test::pattern;
using edo::test::read_all;
using edo::test::read_text;
using edo::test::shake_hands;
using edo::test::TinyStream;
using edo::test::TlsFixture;
using edo::tls::Errc;
using edo::tls::TlsAcceptor;
using edo::tls::TlsConnector;
using edo::tls::TlsStream;
using namespace std::chrono_literals;

static_assert(edo::io::AsyncReadWrite<TlsStream<>>);
static_assert(edo::detail::HasFlush<TlsStream<>> && edo::detail::HasShutdown<TlsStream<>>);
static_assert(std::is_nothrow_move_constructible_v<TlsStream<>>);

namespace {

/// Sends everything back until the peer has said goodbye, then says goodbye.
template <class S>
Task<Result<void>> echo(TlsStream<S> stream) {
    const auto buffer = std::make_unique<std::byte[]>(4096);
    for (;;) {
        const std::size_t count =
            co_await edo::propagate(co_await stream.read(std::span(buffer.get(), 4096)));
        if (count == 0) {
            co_return co_await stream.shutdown();
        }
        co_await edo::propagate(
            co_await edo::io::write_all(stream, std::span<const std::byte>(buffer.get(), count)));
    }
}

template <class Half>
Task<Result<void>> write_and_end(Half half, const std::string& text) {
    co_await edo::propagate(co_await edo::io::write_all(half, text));
    co_return co_await half.shutdown();
}

template <class Half>
Task<Result<std::string>> read_half(Half half) {
    co_return co_await read_all(half);
}

/// A megabyte to an echo and back, written and read by two tasks.
template <class S>
Task<void> both_ways(TlsStream<S> client, TlsStream<S> server) {
    const std::string text = pattern(1'000'000);
    auto echoing = edo::spawn(echo(std::move(server)));
    auto halves = edo::io::split(std::move(client));
    auto writing = edo::spawn(write_and_end(std::move(halves.second), text));
    auto reading = edo::spawn(read_half(std::move(halves.first)));
    const auto got = co_await reading;
    const auto written = co_await writing;
    const auto echoed = co_await echoing;
    BOOST_TEST(written->has_value());
    BOOST_TEST(echoed->has_value());
    BOOST_TEST((got->value() == text));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tls_stream)

BOOST_AUTO_TEST_CASE(two_tasks_read_and_write_one_stream_at_the_same_time) {
    const TlsFixture fixture;
    for_each_flavor([&](edo::Runtime& runtime) {
        runtime.block_on([&]() -> Task<void> {
            auto both = co_await shake_hands(TlsConnector(fixture.client()), "localhost",
                                             TlsAcceptor(fixture.server()));
            co_await both_ways(std::move(*both.client), std::move(*both.server));
        });
    });
}

BOOST_AUTO_TEST_CASE(the_same_over_sockets) {
    const TlsFixture fixture;
    for_each_flavor_and_reactor([&](edo::Runtime& runtime) {
        runtime.block_on([&]() -> Task<void> {
            auto listener = (co_await edo::net::TcpListener::bind("127.0.0.1:0")).value();
            const auto address = listener.local_addr().value();
            auto accepting = listener.accept();
            auto client = (co_await edo::net::TcpStream::connect(address)).value();
            auto server = (co_await std::move(accepting)).value().first;
            auto both =
                co_await shake_hands(TlsConnector(fixture.client()), "127.0.0.1", std::move(client),
                                     TlsAcceptor(fixture.server()), std::move(server));
            BOOST_TEST(both.client->get_ref().peer_addr().value() == address);
            co_await both_ways(std::move(*both.client), std::move(*both.server));
        });
        runtime.block_on([&]() -> Task<void> {
            auto pair = edo::net::UnixStream::pair().value();
            auto both = co_await shake_hands(TlsConnector(fixture.client()), "localhost",
                                             std::move(pair.first), TlsAcceptor(fixture.server()),
                                             std::move(pair.second));
            co_await both_ways(std::move(*both.client), std::move(*both.server));
        });
    });
}

BOOST_AUTO_TEST_CASE(two_branches_of_a_task_share_a_stream) {
    const TlsFixture fixture;
    on_paused_clock([&]() -> Task<void> {
        auto both = co_await shake_hands(TlsConnector(fixture.client()), "localhost",
                                         TlsAcceptor(fixture.server()));
        // Far more than the pipes hold, both ways: neither side may wait for its write alone.
        const std::string text = pattern(300'000);
        auto& client = *both.client;
        auto& server = *both.server;
        auto done =
            co_await edo::join(edo::io::write_all(client, text), edo::io::write_all(server, text),
                               read_text(client, text.size()), read_text(server, text.size()));
        BOOST_TEST(std::get<0>(done).has_value());
        BOOST_TEST(std::get<1>(done).has_value());
        BOOST_TEST((std::get<2>(done).value() == text));
        BOOST_TEST((std::get<3>(done).value() == text));
    });
}

BOOST_AUTO_TEST_CASE(a_stream_that_brings_one_byte_at_a_time_makes_no_difference) {
    const TlsFixture fixture;
    on_paused_clock([&]() -> Task<void> {
        auto ends = edo::io::duplex(4096);  // the server's tickets fit in
        auto both = co_await shake_hands(
            TlsConnector(fixture.client()), "localhost", TinyStream(std::move(ends.first)),
            TlsAcceptor(fixture.server()), TinyStream(std::move(ends.second)));
        BOOST_REQUIRE(both.client.has_value());
        auto done = co_await edo::join(both.client->write("hello"), read_text(*both.server, 5));
        BOOST_TEST(std::get<1>(done).value() == "hello");
    });
}

BOOST_AUTO_TEST_CASE(a_write_takes_at_most_64_kilobytes) {
    const TlsFixture fixture;
    on_paused_clock([&]() -> Task<void> {
        auto both = co_await shake_hands(TlsConnector(fixture.client()), "localhost",
                                         TlsAcceptor(fixture.server()));
        const std::string text = pattern(200'000);
        auto done = co_await edo::join(both.client->write(text), read_text(*both.server, 65536));
        BOOST_TEST(std::get<0>(done).value() == 65536U);
        BOOST_TEST((std::get<1>(done).value() == text.substr(0, 65536)));
        const auto nothing = co_await both.client->write("");
        BOOST_TEST(nothing.value() == 0U);
        const std::span<std::byte> no_bytes;
        const auto no_room = co_await both.server->read(no_bytes);
        BOOST_TEST(no_room.value() == 0U);
    });
}

BOOST_AUTO_TEST_CASE(several_buffers_are_written_in_order) {
    const TlsFixture fixture;
    on_paused_clock([&]() -> Task<void> {
        auto both = co_await shake_hands(TlsConnector(fixture.client()), "localhost",
                                         TlsAcceptor(fixture.server()));
        const std::string text = pattern(120'000);
        const std::array<std::size_t, 9> sizes{0, 1, 100, 16384, 0, 20'000, 5, 40'000, 43'510};
        std::vector<std::span<const std::byte>> buffers;
        std::size_t begin = 0;
        for (const std::size_t size : sizes) {
            buffers.push_back(std::as_bytes(std::span(text)).subspan(begin, size));
            begin += size;
        }
        BOOST_REQUIRE(begin == text.size());
        std::span<std::span<const std::byte>> left(buffers);
        auto done = co_await edo::join(edo::io::write_all_vectored(*both.client, left),
                                       read_text(*both.server, text.size()));
        BOOST_TEST(std::get<0>(done).has_value());
        BOOST_TEST((std::get<1>(done).value() == text));
    });
}

BOOST_AUTO_TEST_CASE(shutdown_is_the_end_for_the_peer_which_can_still_answer) {
    const TlsFixture fixture;
    on_paused_clock([&]() -> Task<void> {
        auto both = co_await shake_hands(TlsConnector(fixture.client()), "localhost",
                                         TlsAcceptor(fixture.server()));
        static_cast<void>(co_await both.client->write("question"));
        const auto ended = co_await both.client->shutdown();
        BOOST_TEST(ended.has_value());
        const auto again = co_await both.client->shutdown();
        BOOST_TEST(again.has_value());
        const auto late = co_await both.client->write("more");
        BOOST_REQUIRE(!late.has_value());
        BOOST_TEST((late.error() == std::errc::broken_pipe));

        const auto question = co_await read_all(*both.server);
        BOOST_TEST(question.value() == "question");
        const auto after_end = co_await read_all(*both.server);
        BOOST_TEST(after_end.value().empty());
        static_cast<void>(co_await both.server->write("answer"));
        static_cast<void>(co_await both.server->shutdown());
        const auto answer = co_await read_all(*both.client);
        BOOST_TEST(answer.value() == "answer");
    });
}

BOOST_AUTO_TEST_CASE(an_end_without_close_notify_is_an_error_and_stays_one) {
    const TlsFixture fixture;
    on_paused_clock([&]() -> Task<void> {
        auto both = co_await shake_hands(TlsConnector(fixture.client()), "localhost",
                                         TlsAcceptor(fixture.server()));
        static_cast<void>(co_await both.client->write("half of a mess"));
        static_cast<void>(co_await both.client->get_ref().shutdown());  // past TLS
        const auto begin = co_await read_text(*both.server, 14);
        BOOST_TEST(begin.value() == "half of a mess");
        for (int i = 0; i < 2; ++i) {
            const auto end = co_await read_text(*both.server, 1);
            BOOST_REQUIRE(!end.has_value());
            BOOST_TEST((end.error() == Errc::StreamTruncated));
        }
    });
}

BOOST_AUTO_TEST_CASE(a_damaged_record_is_an_error_on_both_sides) {
    const TlsFixture fixture;
    on_paused_clock([&]() -> Task<void> {
        auto both = co_await shake_hands(TlsConnector(fixture.client()), "localhost",
                                         TlsAcceptor(fixture.server()));
        static_cast<void>(co_await both.client->get_ref().write(
            std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x')));
        const auto got = co_await read_text(*both.server, 1);
        BOOST_REQUIRE(!got.has_value());
        BOOST_TEST(got.error().message() == "TLS: decryption failed or bad record mac");
        const auto told = co_await read_text(*both.client, 1);
        BOOST_REQUIRE(!told.has_value());
        BOOST_TEST(told.error().message() ==
                   "the peer refused the connection: sslv3 alert bad record mac");
    });
}

BOOST_AUTO_TEST_CASE(a_moved_from_stream_says_so) {
    const TlsFixture fixture;
    on_paused_clock([&]() -> Task<void> {
        auto both = co_await shake_hands(TlsConnector(fixture.client()), "localhost",
                                         TlsAcceptor(fixture.server()));
        auto moved = std::move(*both.client);
        BOOST_CHECK_THROW(static_cast<void>(both.client->alpn()), edo::UsageError);
        BOOST_CHECK_THROW(static_cast<void>(both.client->write("x")), edo::UsageError);
        static_cast<void>(co_await moved.write("x"));
    });
}

BOOST_AUTO_TEST_CASE(a_cancelled_read_loses_nothing) {
    const TlsFixture fixture;
    on_paused_clock([&]() -> Task<void> {
        auto both = co_await shake_hands(TlsConnector(fixture.client()), "localhost",
                                         TlsAcceptor(fixture.server()));
        std::string got;
        const std::string text = pattern(5000);
        auto writing =
            edo::spawn(write_and_end(edo::io::split(std::move(*both.client)).second, text));
        std::array<std::byte, 7> buffer;
        bool ended = false;
        while (!ended) {
            // The deadline has passed already: what is not there at once is cancelled.
            auto count = co_await edo::timeout(0s, both.server->read(buffer));
            if (!count) {
                co_await edo::sleep(1ms);
                continue;
            }
            BOOST_REQUIRE(count->has_value());
            ended = **count == 0;
            got += edo::test::text_of(std::span(buffer).first(**count));
        }
        BOOST_TEST((got == text));
        static_cast<void>(co_await writing);
    });
}

BOOST_AUTO_TEST_CASE(a_cancelled_write_leaves_whole_records) {
    const TlsFixture fixture;
    on_paused_clock([&]() -> Task<void> {
        auto ends = edo::io::duplex(2000);  // a record does not fit
        auto both =
            co_await shake_hands(TlsConnector(fixture.client()), "localhost", std::move(ends.first),
                                 TlsAcceptor(fixture.server()), std::move(ends.second));
        const std::string first(5000, 'a');
        const auto cancelled = co_await edo::timeout(1s, both.client->write(first));
        BOOST_TEST(!cancelled.has_value());
        // The next operation sends the rest of it; the peer sees all of it, then what follows.
        auto done = co_await edo::join(both.client->write("second"), read_text(*both.server, 5006));
        BOOST_TEST(std::get<0>(done).value() == 6U);
        BOOST_TEST((std::get<1>(done).value() == first + "second"));
    });
}

namespace {

/// A connection between two branches: the subject is cancelled at each suspension of its
/// handshake, its reads, writes and its shutdown.
class Everything : public edo::test::CancelScenario {
public:
    Everything() {
        auto ends = edo::io::duplex(300);
        client_end_.emplace(std::move(ends.first));
        server_end_.emplace(std::move(ends.second));
    }
    static const TlsFixture* fixture;

    Task<void> subject() override {
        auto stream =
            co_await TlsConnector(fixture->client()).connect("localhost", std::move(*client_end_));
        BOOST_REQUIRE(stream.has_value());
        co_await write_and_read(*stream);
        const auto ended = co_await stream->shutdown();
        BOOST_TEST(ended.has_value());
    }
    Task<void> peer() override {
        auto stream = co_await TlsAcceptor(fixture->server()).accept(std::move(*server_end_));
        if (stream) {
            static_cast<void>(co_await echo(std::move(*stream)));
        }
    }

private:
    static Task<void> write_and_read(TlsStream<DuplexStream>& stream) {
        const std::string text = pattern(2000);
        auto done =
            co_await edo::join(edo::io::write_all(stream, text), read_text(stream, text.size()));
        BOOST_TEST((std::get<1>(done).value() == text));
        const auto flushed = co_await stream.flush();
        BOOST_TEST(flushed.has_value());
    }
    std::optional<DuplexStream> client_end_;
    std::optional<DuplexStream> server_end_;
};
const TlsFixture* Everything::fixture = nullptr;

/// Reads with the same stream after the cancelled read: nothing is missing.
class ReadAgain : public edo::test::CancelScenario {
public:
    static const TlsFixture* fixture;

    Task<void> subject() override {
        if (!client_) {
            auto both = co_await shake_hands(TlsConnector(fixture->client()), "localhost",
                                             TlsAcceptor(fixture->server()));
            client_.emplace(std::move(*both.client));
            server_.emplace(std::move(*both.server));
        }
        co_await edo::yield_now();
        while (got_.size() < 3000) {
            std::array<std::byte, 700> buffer;
            const auto count = co_await client_->read(buffer);
            got_ += edo::test::text_of(std::span(buffer).first(count.value()));
        }
    }
    Task<void> peer() override {
        while (!server_) {
            co_await edo::yield_now();
        }
        for (std::size_t i = 0; i < 3; ++i) {
            static_cast<void>(co_await edo::io::write_all(
                *server_, std::string_view(text_).substr(1000 * i, 1000)));
            co_await edo::yield_now();
        }
        written_ = true;
    }
    Task<void> check(bool /*completed*/) override {
        if (!client_) {
            co_return;
        }
        const auto rest = co_await read_text(*client_, 3000 - got_.size());
        BOOST_TEST((got_ + rest.value() == text_));
    }

private:
    const std::string text_ = pattern(3000);
    std::string got_;
    bool written_ = false;
    std::optional<TlsStream<DuplexStream>> client_;
    std::optional<TlsStream<DuplexStream>> server_;
};
const TlsFixture* ReadAgain::fixture = nullptr;

}  // namespace

BOOST_AUTO_TEST_CASE(cancelled_at_every_suspension_nothing_is_left_behind) {
    const TlsFixture fixture;
    Everything::fixture = &fixture;
    on_paused_clock([]() -> Task<void> {
        const auto driven = co_await edo::test::drive<Everything>();
        BOOST_TEST(driven.suspensions > 20U);
    });
}

BOOST_AUTO_TEST_CASE(cancelled_at_every_suspension_a_read_loses_nothing) {
    const TlsFixture fixture;
    ReadAgain::fixture = &fixture;
    on_paused_clock([]() -> Task<void> {
        const auto driven = co_await edo::test::drive<ReadAgain>();
        BOOST_TEST(driven.suspensions > 5U);
    });
}

BOOST_AUTO_TEST_SUITE_END()
