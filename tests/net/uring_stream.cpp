// SPDX-License-Identifier: MIT
// What the kernel has received before anybody reads is kept, in order, until it is read.

#include "uring_test.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>

using namespace edo;
using namespace edo::test;
using net::TcpStream;

BOOST_AUTO_TEST_SUITE(uring_stream)

BOOST_AUTO_TEST_CASE(what_was_received_while_nobody_read_is_read_in_order, *needs_io_uring()) {
    with_io_uring([]() -> Task<void> {
        RawPair pair;
        co_await start_receiving(pair.stream);
        std::string sent;
        for (int i = 0; i < 20; ++i) {
            const std::string part = std::to_string(i) + ",";
            pair.send(part);
            sent += part;
            co_await sleep(1ms);
        }
        std::array<std::byte, 2> peeked{};
        const auto seen = co_await pair.stream.peek(peeked);
        expect_same(text(std::span(peeked).first(must(seen))), "0,");
        must(co_await pair.stream.readable());
        std::string got;
        while (got.size() < sent.size()) {
            got += co_await read_text(pair.stream, 3);
        }
        expect_same(got, sent);
    });
}

BOOST_AUTO_TEST_CASE(a_dropped_read_loses_nothing, *needs_io_uring()) {
    with_io_uring([]() -> Task<void> {
        RawPair pair;
        const std::string sent = letters(3000, 1);
        std::string got;
        std::size_t position = 0;
        unsigned dropped = 0;
        std::minstd_rand random(2);
        while (got.size() < sent.size()) {
            const std::size_t part = std::min<std::size_t>(random() % 4, sent.size() - position);
            pair.send(std::string_view(sent).substr(position, part));
            position += part;
            const auto wait = [](unsigned turns) -> Task<void> {
                for (unsigned i = 0; i < turns; ++i) {
                    co_await yield_now();
                }
            };
            auto first =
                co_await select(wait(random() % 4), read_text(pair.stream, 1 + random() % 5));
            if (first.is<1>()) {
                got += first.get<1>();
            } else {
                ++dropped;
            }
            if (position == sent.size() && dropped % 8 == 0) {
                got += co_await read_text(pair.stream);
            }
        }
        if (got != sent || dropped < 50) {
            throw std::logic_error("dropped " + std::to_string(dropped));
        }
    });
}

BOOST_AUTO_TEST_CASE(a_closed_stream_is_closed_although_the_kernel_was_receiving,
                     *needs_io_uring()) {
    with_io_uring([]() -> Task<void> {
        RawPair pair;
        co_await start_receiving(pair.stream);
        pair.stream = TcpStream();
        char byte = 0;
        // At once: the reactor has not been turned meanwhile.
        if (::recv(pair.peer(), &byte, 1, MSG_DONTWAIT) != 0) {
            throw std::logic_error("it is still open");
        }
    });
}

BOOST_AUTO_TEST_CASE(a_stream_may_be_closed_by_another_thread, *needs_io_uring()) {
    with_io_uring([]() -> Task<void> {
        RawPair pair;
        co_await start_receiving(pair.stream);
        pair.send("unread");
        co_await sleep(1ms);
        std::thread([&] { pair.stream = TcpStream(); }).join();
        char byte = 0;
        while (::recv(pair.peer(), &byte, 1, MSG_DONTWAIT) != 0) {  // until the reactor turns
            co_await sleep(1ms);
        }
    });
}

BOOST_AUTO_TEST_CASE(a_reset_comes_after_the_bytes_before_it_and_once, *needs_io_uring()) {
    with_io_uring([]() -> Task<void> {
        RawPair pair;
        co_await start_receiving(pair.stream);
        pair.send("last words");
        co_await sleep(2ms);
        pair.reset();
        co_await sleep(2ms);
        const std::string words = co_await read_text(pair.stream);
        expect_same(words, "last words");
        std::string buffer(10, '\0');
        const auto failed = co_await pair.stream.read(room(buffer));
        if (failed || failed.error() != std::errc::connection_reset) {
            throw std::logic_error("no reset");
        }
        const auto end = co_await pair.stream.read(room(buffer));
        if (!end || *end != 0) {
            throw std::logic_error("no end");
        }
    });
}

BOOST_AUTO_TEST_SUITE_END()
