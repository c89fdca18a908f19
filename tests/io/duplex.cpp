// SPDX-License-Identifier: MIT
#include "io/scripted.hpp"
#include "support/cancel_driver.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/on_paused_clock.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/core/random.hpp>
#include <edo/runtime/io/duplex.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

using namespace std::chrono_literals;
using edo::io::DuplexStream;
using edo::io::SimplexReader;
using edo::io::SimplexWriter;
using edo::test::bytes_of;
using edo::test::CancelScenario;
using edo::test::drive;
using edo::test::for_each_flavor;
using edo::test::on_paused_clock;
using edo::test::text_of;

namespace {

static_assert(edo::io::AsyncRead<SimplexReader>);
static_assert(edo::io::AsyncWrite<SimplexWriter>);
static_assert(edo::io::AsyncRead<DuplexStream>);
static_assert(edo::io::AsyncWrite<DuplexStream>);
static_assert(edo::detail::HasShutdown<DuplexStream>);

// What may run on another thread than the test makes no checks of Boost.Test, which is not made for
// that: what they write is checked where it is read.

/// One read of at most `size` bytes, as text.
template <class Stream>
edo::Task<std::string> read_text(Stream& stream, std::size_t size = 100) {
    std::string text(size, '\0');
    const auto count = co_await stream.read(std::as_writable_bytes(std::span(text)));
    text.resize(count.value());
    co_return text;
}

template <class Stream>
edo::Task<void> expect_end(Stream& stream) {
    std::array<std::byte, 8> buffer;
    const auto count = co_await stream.read(buffer);
    BOOST_TEST(count.value() == 0U);
}

template <class Stream>
edo::Task<void> expect_broken_pipe(Stream& stream) {
    const auto written = co_await stream.write("x");
    BOOST_REQUIRE(!written.has_value());
    BOOST_TEST((written.error() == std::errc::broken_pipe));
}

/// Writes, with a guess at each size, what `check_numbers` expects.
edo::Task<void> write_numbers(SimplexWriter writer, std::size_t total, unsigned seed) {
    edo::detail::Random random(seed);
    std::array<std::byte, 300> buffer;
    std::size_t at = 0;
    while (at < total) {
        const std::size_t size = std::min<std::size_t>(1 + random.below(300), total - at);
        for (std::size_t i = 0; i < size; ++i) {
            buffer[i] = std::byte((at + i) * 7 % 251);
        }
        static_cast<void>(co_await edo::io::write_all(writer, std::span(buffer).first(size)));
        at += size;
    }
}

edo::Task<std::size_t> check_numbers(SimplexReader reader, unsigned seed) {
    edo::detail::Random random(seed);
    std::array<std::byte, 300> buffer;
    std::size_t at = 0;
    std::size_t wrong = 0;
    for (;;) {
        const std::size_t size = 1 + random.below(300);
        const auto count = co_await reader.read(std::span(buffer).first(size));
        if (count.value() == 0) {
            break;
        }
        for (std::size_t i = 0; i < *count; ++i) {
            wrong += buffer[i] != std::byte((at + i) * 7 % 251) ? 1U : 0U;
        }
        at += *count;
    }
    co_return wrong == 0 ? at : 0;
}

BOOST_AUTO_TEST_SUITE(duplex)

BOOST_AUTO_TEST_CASE(what_one_end_writes_the_other_one_reads) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto [a, b] = edo::io::duplex(64);
            const auto ping = co_await a.write("ping");
            BOOST_TEST(ping.value() == 4U);
            const std::string heard = co_await read_text(b);
            BOOST_TEST(heard == "ping");
            const auto pong = co_await b.write("pong");
            BOOST_TEST(pong.value() == 4U);
            const std::string first = co_await read_text(a, 3);
            const std::string rest = co_await read_text(a);
            BOOST_TEST(first + "|" + rest == "pon|g");
        });
    });
}

BOOST_AUTO_TEST_CASE(a_write_takes_what_there_is_room_for) {
    on_paused_clock([]() -> edo::Task<void> {
        auto [reader, writer] = edo::io::simplex(5);
        const auto first = co_await writer.write("abcdefg");
        BOOST_TEST(first.value() == 5U);
        const auto second = co_await edo::timeout(1s, writer.write("f"));
        BOOST_TEST(!second.has_value());  // full: it waits, and has written nothing
        const std::string text = co_await read_text(reader, 3);
        BOOST_TEST(text == "abc");
        const auto third = co_await writer.write("fgh!");  // goes around the end of the ring
        BOOST_TEST(third.value() == 3U);
        const std::string rest = co_await read_text(reader);
        BOOST_TEST(rest == "defgh");
    });
}

BOOST_AUTO_TEST_CASE(no_bytes_need_no_room_and_are_no_end) {
    on_paused_clock([]() -> edo::Task<void> {
        auto [a, b] = edo::io::duplex(1);
        const auto nothing_read = co_await a.read(std::span<std::byte>());
        BOOST_TEST(nothing_read.value() == 0U);
        static_cast<void>(co_await a.write("x"));
        const auto nothing_written = co_await a.write("");
        BOOST_TEST(nothing_written.value() == 0U);
        const std::string text = co_await read_text(b);
        BOOST_TEST(text == "x");
    });
}

BOOST_AUTO_TEST_CASE(a_stream_without_room_is_refused) {
    BOOST_CHECK_THROW(static_cast<void>(edo::io::duplex(0)), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(edo::io::simplex(0)), edo::UsageError);
}

BOOST_AUTO_TEST_CASE(a_dropped_end_is_the_end_after_what_it_wrote) {
    on_paused_clock([]() -> edo::Task<void> {
        auto [a, b] = edo::io::duplex(64);
        static_cast<void>(co_await a.write("last words"));
        {
            const DuplexStream dropped = std::move(a);
        }
        const std::string text = co_await read_text(b);
        BOOST_TEST(text == "last words");
        co_await expect_end(b);
        co_await expect_end(b);
        co_await expect_broken_pipe(b);
    });
}

BOOST_AUTO_TEST_CASE(a_dropped_end_wakes_who_waits_for_it) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            auto ends = edo::io::duplex(2);
            static_cast<void>(co_await ends.second.write("xx"));
            auto drop = [](DuplexStream end) -> edo::Task<void> {
                co_await edo::yield_now();
                const DuplexStream dropped = std::move(end);
            };
            edo::JoinHandle<void> dropping = edo::spawn(drop(std::move(ends.first)));
            co_await edo::join(expect_end(ends.second), expect_broken_pipe(ends.second));
            static_cast<void>(co_await dropping);
        });
    });
}

BOOST_AUTO_TEST_CASE(a_shutdown_ends_one_direction) {
    on_paused_clock([]() -> edo::Task<void> {
        auto [a, b] = edo::io::duplex(64);
        static_cast<void>(co_await a.write("bye"));
        const auto shut_down = co_await a.shutdown();
        BOOST_TEST(shut_down.has_value());
        co_await expect_broken_pipe(a);
        const std::string text = co_await read_text(b);
        BOOST_TEST(text == "bye");
        co_await expect_end(b);
        static_cast<void>(co_await b.write("still here"));
        const std::string answer = co_await read_text(a);
        BOOST_TEST(answer == "still here");
    });
}

BOOST_AUTO_TEST_CASE(a_shutdown_fails_a_write_that_waits) {
    on_paused_clock([]() -> edo::Task<void> {
        auto ends = edo::io::duplex(1);
        static_cast<void>(co_await ends.first.write("x"));
        auto shut_down = [](DuplexStream& stream) -> edo::Task<void> {
            co_await edo::sleep(1ms);
            static_cast<void>(co_await stream.shutdown());
        };
        co_await edo::join(expect_broken_pipe(ends.first), shut_down(ends.first));
    });
}

BOOST_AUTO_TEST_CASE(the_directions_can_be_taken_apart) {
    on_paused_clock([]() -> edo::Task<void> {
        auto ends = edo::io::duplex(8);
        auto halves = std::move(ends.first).into_split();
        static_cast<void>(co_await halves.second.write("out"));
        const std::string out = co_await read_text(ends.second);
        BOOST_TEST(out == "out");
        {
            const SimplexWriter dropped = std::move(halves.second);
        }
        co_await expect_end(ends.second);
        static_cast<void>(co_await ends.second.write("in"));
        const std::string in = co_await read_text(halves.first);
        BOOST_TEST(in == "in");
        {
            const SimplexReader dropped = std::move(halves.first);
        }
        co_await expect_broken_pipe(ends.second);
    });
}

BOOST_AUTO_TEST_CASE(an_assignment_drops_the_old_end) {
    on_paused_clock([]() -> edo::Task<void> {
        auto [a, b] = edo::io::duplex(8);
        auto [c, d] = edo::io::duplex(8);
        a = std::move(c);
        co_await expect_end(b);
        static_cast<void>(co_await a.write("to d"));
        const std::string text = co_await read_text(d);
        BOOST_TEST(text == "to d");
    });
}

BOOST_AUTO_TEST_CASE(an_end_that_was_moved_from_is_refused) {
    auto ends = edo::io::duplex(8);
    const DuplexStream moved = std::move(ends.first);
    std::array<std::byte, 8> buffer;
    BOOST_CHECK_THROW(static_cast<void>(ends.first.read(buffer)), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(ends.first.write("x")), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(ends.first.shutdown()), edo::UsageError);
}

BOOST_AUTO_TEST_CASE(a_second_read_at_once_is_refused) {
    on_paused_clock([]() -> edo::Task<void> {
        auto ends = edo::io::duplex(8);
        bool refused = false;
        try {
            co_await edo::join(expect_end(ends.first), expect_end(ends.first));
        } catch (const edo::UsageError&) {
            refused = true;
        }
        BOOST_TEST(refused);
        static_cast<void>(co_await ends.second.write("fine"));
        const std::string text = co_await read_text(ends.first);
        BOOST_TEST(text == "fine");
    });
}

BOOST_AUTO_TEST_CASE(two_tasks_transfer_many_bytes_through_little_room) {
    for (const std::size_t room : {1U, 7U, 64U, 1000U}) {
        for_each_flavor([room](edo::Runtime& runtime) {
            const std::size_t total = room == 1 ? 3000 : 60'000;
            runtime.block_on([](std::size_t capacity, std::size_t bytes) -> edo::Task<void> {
                auto ends = edo::io::simplex(capacity);
                auto writing = edo::spawn(write_numbers(std::move(ends.second), bytes, 3));
                auto reading = edo::spawn(check_numbers(std::move(ends.first), 4));
                const auto written = co_await writing;
                BOOST_TEST(written.has_value());
                const auto count = co_await reading;
                BOOST_TEST(count.value() == bytes);
            }(room, total));
        });
    }
}

BOOST_AUTO_TEST_CASE(reads_and_writes_let_others_in) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            bool stop = false;
            auto transferring = [](bool& end) -> edo::Task<void> {
                auto [a, b] = edo::io::duplex(8);
                while (!end) {
                    static_cast<void>(co_await a.write("x"));
                    static_cast<void>(co_await read_text(b));
                }
            };
            auto stopping = [](bool& end) -> edo::Task<void> {
                co_await edo::yield_now();
                end = true;
            };
            co_await edo::join(transferring(stop), stopping(stop));
        });
    });
}

/// Reads "0123456789" through a pipe of 4 bytes, and counts what it got.
class Reading : public CancelScenario {
public:
    edo::Task<void> subject() override {
        std::array<std::byte, 3> buffer;
        for (;;) {
            const auto count = co_await ends_.first.read(buffer);
            if (count.value() == 0) {
                co_return;
            }
            got_ += text_of(std::span(buffer).first(*count));
        }
    }
    edo::Task<void> peer() override {
        static_cast<void>(co_await edo::io::write_all(*writer_, "0123456789"));
        writer_.reset();
    }
    edo::Task<void> check(bool /*completed*/) override {
        for (;;) {
            const std::string more = co_await read_text(ends_.first);
            if (more.empty()) {
                break;
            }
            got_ += more;
        }
        BOOST_TEST(got_ == "0123456789");
    }

private:
    std::pair<SimplexReader, SimplexWriter> ends_ = edo::io::simplex(4);
    std::optional<SimplexWriter> writer_{std::move(ends_.second)};
    std::string got_;
};

BOOST_AUTO_TEST_CASE(a_cancelled_read_loses_nothing) {
    for_each_flavor(
        [](edo::Runtime& runtime) { static_cast<void>(runtime.block_on(drive<Reading>())); });
}

/// Writes the digits one by one through a pipe of 2 bytes, and knows how many it has written.
class Writing : public CancelScenario {
public:
    edo::Task<void> subject() override {
        while (written_ < 10) {
            const auto count = co_await writer_->write(bytes_of(kText).subspan(written_, 1));
            written_ += count.value();
        }
    }
    edo::Task<void> peer() override {
        for (;;) {
            const std::string more = co_await read_text(ends_.first, 1);
            if (more.empty()) {
                break;
            }
            got_ += more;
        }
        done_.set();
    }
    edo::Task<void> check(bool completed) override {
        BOOST_TEST(completed == (written_ == 10));
        writer_.reset();
        co_await done_;
        BOOST_TEST(got_ == kText.substr(0, written_));
    }

private:
    static constexpr std::string_view kText = "0123456789";
    std::pair<SimplexReader, SimplexWriter> ends_ = edo::io::simplex(2);
    std::optional<SimplexWriter> writer_{std::move(ends_.second)};
    std::size_t written_ = 0;
    std::string got_;
    edo::test::Event done_;
};

BOOST_AUTO_TEST_CASE(a_cancelled_write_has_written_nothing) {
    for_each_flavor(
        [](edo::Runtime& runtime) { static_cast<void>(runtime.block_on(drive<Writing>())); });
}

BOOST_AUTO_TEST_CASE(tasks_that_are_aborted_while_their_peer_wakes_them_are_gone) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> edo::Task<void> {
            for (int i = 0; i < 300; ++i) {
                auto ends = edo::io::duplex(4);
                auto reading = [](DuplexStream end) -> edo::Task<void> {
                    static_cast<void>(co_await read_text(end));
                };
                auto writing = [](DuplexStream& end) -> edo::Task<void> {
                    static_cast<void>(co_await end.write("x"));
                };
                edo::JoinHandle<void> reader = edo::spawn(reading(std::move(ends.first)));
                edo::JoinHandle<void> writer = edo::spawn(writing(ends.second));
                reader.abort();
                static_cast<void>(co_await reader);
                static_cast<void>(co_await writer);
            }
        });
    });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
