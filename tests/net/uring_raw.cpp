// SPDX-License-Identifier: MIT
// Calls of one's own on a descriptor that io_uring has received for: they neither lose bytes nor
// overtake any.

#include "uring_test.hpp"
#include <edo/net/ready_waits.hpp>
#include <edo/runtime/errors.hpp>
#include <edo/runtime/io/copy_bidirectional.hpp>

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <utility>

using namespace edo;
using namespace edo::test;
using net::Interest;
using net::Ready;
using net::TcpStream;

BOOST_AUTO_TEST_SUITE(uring_raw)

namespace {

/// A call of one's own: receives up to `most` bytes.
auto receive_call(std::size_t most, int flags = 0) {
    return [most, flags](int descriptor) -> Result<std::string> {
        std::string buffer(most, '\0');
        const ssize_t n = ::recv(descriptor, buffer.data(), buffer.size(), flags);
        if (n < 0) {
            return failure(std::error_code(errno, std::generic_category()));
        }
        buffer.resize(std::size_t(n));
        return buffer;
    };
}

void expect(bool condition, const char* what) {
    if (!condition) {
        throw std::logic_error(what);
    }
}

template <class Call>
bool is_misuse(Call call) {
    try {
        static_cast<void>(call());
        return false;
    } catch (const UsageError&) {
        return true;
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_call_of_ones_own_gets_first_what_was_received_ahead, *needs_io_uring()) {
    with_io_uring([]() -> Task<void> {
        RawPair pair;
        co_await receive_ahead(pair, "one two three");
        expect_same(must(pair.stream.try_io(Interest::Readable, receive_call(4))), "one ");
        const std::string by_read = co_await read_exactly(pair.stream, 4);
        expect_same(by_read, "two ");
        const auto by_wait = co_await pair.stream.async_io(Interest::Readable, receive_call(100));
        expect_same(must(by_wait), "three");
        const auto nothing = pair.stream.try_io(Interest::Readable, receive_call(100));
        expect(!nothing && nothing.error() == std::errc::operation_would_block, "bytes again");
        pair.send("later");
        const auto later = co_await pair.stream.async_io(Interest::Readable, receive_call(100));
        expect_same(must(later), "later");
        pair.finish();
        const auto end = co_await pair.stream.async_io(Interest::Readable, receive_call(100));
        expect_same(must(end), "");
    });
}

BOOST_AUTO_TEST_CASE(a_call_that_peeks_takes_nothing, *needs_io_uring()) {
    with_io_uring([]() -> Task<void> {
        RawPair pair;
        co_await receive_ahead(pair, "ahead");
        for (int i = 0; i < 2; ++i) {
            const auto seen =
                co_await pair.stream.async_io(Interest::Readable, receive_call(100, MSG_PEEK));
            expect_same(must(seen), "ahead");
        }
        const std::string got = co_await read_text(pair.stream);
        expect_same(got, "ahead");
    });
}

BOOST_AUTO_TEST_CASE(more_than_a_block_is_lent_piece_by_piece, *needs_io_uring()) {
    with_io_uring([]() -> Task<void> {
        RawPair pair;
        const std::string sent = letters(10'000, 5);
        co_await receive_ahead(pair, sent);
        std::string got;
        while (got.size() < sent.size()) {
            got +=
                must(co_await pair.stream.async_io(Interest::Readable, receive_call(sent.size())));
        }
        expect_same(got, sent);
    });
}

BOOST_AUTO_TEST_CASE(a_call_that_may_write_too_is_refused_before_it_overtakes, *needs_io_uring()) {
    with_io_uring([]() -> Task<void> {
        RawPair pair;
        co_await receive_ahead(pair, "ahead");
        expect(is_misuse([&] { return pair.stream.try_io(Interest::Both, receive_call(10)); }),
               "it was called");
        expect_same(must(pair.stream.try_io(Interest::Writable,
                                            [](int fd) -> Result<std::string> {
                                                static_cast<void>(::send(fd, "w", 1, 0));
                                                return std::string("sent");
                                            })),
                    "sent");
        expect_same(pair.receive(1), "w");
        const std::string got = co_await read_text(pair.stream);
        expect_same(got, "ahead");
        pair.send("both");
        const auto both = co_await pair.stream.async_io(Interest::Both, receive_call(10));
        expect_same(must(both), "both");
    });
}

BOOST_AUTO_TEST_CASE(who_asks_for_the_descriptor_ends_receiving_ahead, *needs_io_uring()) {
    with_io_uring([]() -> Task<void> {
        RawPair pair;
        co_await start_receiving(pair.stream);
        const int descriptor = pair.stream.descriptor();
        pair.send("raw");
        co_await sleep(3ms);
        expect_same(must(receive_call(100)(descriptor)), "raw");
        pair.send("by edo");
        const std::string got = co_await read_exactly(pair.stream, 6);
        expect_same(got, "by edo");
        co_await start_receiving(pair.stream);
        pair.send("raw again");
        co_await sleep(3ms);
        expect_same(must(receive_call(100)(descriptor)), "raw again");
    });
}

BOOST_AUTO_TEST_CASE(a_descriptor_that_is_given_away_is_received_for_no_more, *needs_io_uring()) {
    with_io_uring([]() -> Task<void> {
        RawPair pair;
        co_await start_receiving(pair.stream);
        const int descriptor = std::move(pair.stream).into_fd();
        pair.send("for its new owner");
        co_await sleep(2ms);
        TcpStream again = must(TcpStream::from_fd(descriptor));
        const std::string got = co_await read_text(again);
        expect_same(got, "for its new owner");
    });
}

BOOST_AUTO_TEST_CASE(a_descriptor_is_not_given_away_before_its_bytes_are_read, *needs_io_uring()) {
    with_io_uring([]() -> Task<void> {
        RawPair pair;
        co_await receive_ahead(pair, "early");
        expect(is_misuse([&] { return std::move(pair.stream).into_fd(); }), "bytes were lost");
        static_cast<void>(pair.stream.descriptor());
        pair.send(" and late");
        std::string got;
        std::string buffer(100, '\0');
        while (got.size() < 14) {
            if (const auto n = pair.stream.try_read(room(buffer))) {
                got += buffer.substr(0, *n);
            } else {
                co_await sleep(1ms);
            }
        }
        expect_same(got, "early and late");
        TcpStream again = must(TcpStream::from_fd(std::move(pair.stream).into_fd()));
        pair.send("more");
        const std::string more = co_await read_text(again);
        expect_same(more, "more");
    });
}

BOOST_AUTO_TEST_CASE(readiness_tells_of_what_was_received_ahead, *needs_io_uring()) {
    with_io_uring([]() -> Task<void> {
        RawPair pair;
        co_await start_receiving(pair.stream);
        const auto none =
            co_await select(biased, pair.stream.ready(Interest::Readable), sleep(3ms));
        expect(none.is<1>(), "readable without bytes");
        co_await receive_ahead(pair, "ahead");
        expect(must(co_await pair.stream.ready(Interest::Readable)) == Ready::Readable,
               "not readable");
        const Ready both = must(co_await pair.stream.ready(Interest::Both));
        expect(both == (Ready::Readable | Ready::Writable), "not both");
        const std::string got = co_await read_text(pair.stream);
        expect_same(got, "ahead");
    });
}

BOOST_AUTO_TEST_CASE(a_reset_reaches_a_call_of_ones_own, *needs_io_uring()) {
    with_io_uring([]() -> Task<void> {
        RawPair pair;
        co_await receive_ahead(pair, "last words");
        pair.reset();
        co_await sleep(3ms);
        const auto words = co_await pair.stream.async_io(Interest::Readable, receive_call(100));
        expect_same(must(words), "last words");
        const auto failed = co_await pair.stream.async_io(Interest::Readable, receive_call(100));
        expect(!failed && failed.error() == std::errc::connection_reset, "no reset");
        const auto end = co_await pair.stream.async_io(Interest::Readable, receive_call(100));
        expect_same(must(end), "");
    });
}

BOOST_AUTO_TEST_CASE(a_relay_that_splices_does_not_overtake, *needs_io_uring()) {
    with_io_uring([]() -> Task<void> {
        Pair from = co_await connected_pair();
        Pair to = co_await connected_pair();
        const std::string sent = letters(3 << 20, 7);
        const auto relay = [](TcpStream& a, TcpStream& b) -> Task<void> {
            must(co_await io::copy_bidirectional(a, b));
        };
        const auto send = [](TcpStream& stream, const std::string& text) -> Task<void> {
            // In pieces, so that some of them find the relay waiting.
            for (std::size_t at = 0; at < text.size(); at += 20'000) {
                must(co_await stream.write_all(std::string_view(text).substr(at, 20'000)));
                co_await yield_now();
            }
            must(co_await stream.shutdown());
        };
        const auto answer = [](TcpStream& stream) -> Task<std::string> {
            std::string got = co_await read_to_end(stream);
            must(co_await stream.shutdown());
            co_return got;
        };
        co_await start_receiving(from.server);
        auto [relayed, was_sent, got] = co_await join(relay(from.server, to.client),
                                                      send(from.client, sent), answer(to.server));
        expect_same(got, sent);
    });
}

// The thread that asks is not the one that has the ring.
BOOST_AUTO_TEST_CASE(another_thread_may_end_receiving_ahead, *needs_io_uring()) {
    const LeakGuard guard;
    Runtime runtime = uring_on_a_worker().build();
    runtime.block_on([]() -> Task<void> {
        for (int i = 0; i < 50; ++i) {
            RawPair pair;
            must(co_await spawn(start_receiving(pair.stream)));
            pair.send("first,");
            std::string got;
            while (got.size() < 12) {
                got += must(co_await pair.stream.async_io(Interest::Readable, receive_call(4)));
                if (got.size() == 4) {
                    pair.send("second");
                }
            }
            BOOST_REQUIRE(got == "first,second");
        }
    });
}

BOOST_AUTO_TEST_SUITE_END()
