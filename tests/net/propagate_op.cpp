// SPDX-License-Identifier: MIT
// `propagate` of operations that are not awaited yet.
#include "net_test.hpp"
#include "support/cancel_driver.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <system_error>
#include <type_traits>
#include <utility>

using namespace edo;
using namespace edo::test;

BOOST_AUTO_TEST_SUITE(propagate_op)

namespace {

Task<Result<std::size_t>> read_some(net::TcpStream& stream, std::span<std::byte> buffer,
                                    bool& went_on) {
    const std::size_t count = co_await propagate(stream.read(buffer));
    went_on = true;
    co_return count;
}

Task<Result<std::size_t>> read_twice(net::TcpStream& stream, std::span<std::byte> buffer) {
    bool went_on = false;
    const std::size_t first = co_await propagate(co_await read_some(stream, buffer, went_on));
    const std::size_t second =
        co_await propagate(co_await read_some(stream, buffer.subspan(first), went_on));
    co_return first + second;
}

Task<Result<void>> write_text(net::TcpStream& stream, std::string_view text) {
    co_await propagate(stream.writable());
    co_await propagate(stream.write_all(text));
    co_return {};
}

/// With an error of its own.
struct Explained {
    Explained(std::error_code c) : code(c) {}  // NOLINT: implicit
    std::error_code code;
};

Task<Result<void, Explained>> read_explained(net::TcpStream& stream, std::span<std::byte> buffer) {
    co_await propagate(stream.read_exact(buffer));
    co_return {};
}

}  // namespace

// Apart from its operation it would lack what that adds.
static_assert(
    !std::move_constructible<
        std::remove_reference_t<decltype(propagate(std::declval<net::TcpStream&>().read({})))>>);

BOOST_AUTO_TEST_CASE(yields_what_is_there_and_what_comes_later) {
    on_every_runtime([]() -> Task<void> {
        RawPair pair;
        std::array<std::byte, 8> buffer{};
        bool went_on = false;
        pair.send("abc");
        const auto there = co_await read_some(pair.stream, buffer, went_on);
        BOOST_TEST(there.value() == 3U);
        auto reading = spawn(read_some(pair.stream, buffer, went_on));
        co_await sleep(1ms);
        pair.send("de");
        const auto later = co_await reading;
        BOOST_TEST(later.value().value() == 2U);
    });
}

BOOST_AUTO_TEST_CASE(an_empty_buffer_is_not_the_end_and_does_not_wait) {
    on_every_runtime([]() -> Task<void> {
        RawPair pair;
        bool went_on = false;
        const std::span<std::byte> no_room;
        const auto none = co_await read_some(pair.stream, no_room, went_on);
        BOOST_TEST(none.value() == 0U);
        BOOST_TEST(went_on);
        const auto nothing = co_await write_text(pair.stream, "");
        BOOST_TEST(nothing.has_value());
        const std::array<std::span<std::byte>, 2> empty{};
        const auto vectored = co_await pair.stream.read_vectored(empty);
        BOOST_TEST(vectored.value() == 0U);
    });
}

BOOST_AUTO_TEST_CASE(ends_the_coroutine_when_a_wait_fails) {
    on_every_runtime([]() -> Task<void> {
        RawPair pair;
        std::array<std::byte, 8> buffer{};
        bool went_on = false;
        auto reading = spawn(read_some(pair.stream, buffer, went_on));
        co_await sleep(1ms);
        pair.reset();
        const auto got = co_await reading;
        BOOST_TEST((got.value().error() == std::errc::connection_reset));
        BOOST_TEST(!went_on);
    });
}

BOOST_AUTO_TEST_CASE(ends_the_coroutine_when_it_fails_at_once) {
    on_every_runtime([]() -> Task<void> {
        RawPair pair;
        must(co_await pair.stream.shutdown(net::Shutdown::Write));
        const auto wrote = co_await write_text(pair.stream, "x");
        BOOST_TEST((wrote.error() == std::errc::broken_pipe));
        pair.send("ab");
        pair.finish();
        std::array<std::byte, 8> buffer{};
        const auto exact = co_await read_explained(pair.stream, buffer);
        BOOST_TEST((exact.error().code == Errc::UnexpectedEof));
    });
}

BOOST_AUTO_TEST_CASE(works_below_other_coroutines_and_in_branches) {
    on_every_runtime([]() -> Task<void> {
        RawPair pair;
        std::array<std::byte, 8> buffer{};
        auto reading = spawn(read_twice(pair.stream, buffer));
        co_await sleep(1ms);
        pair.send("abc");
        co_await sleep(1ms);
        const auto both =
            co_await try_join(write_text(pair.stream, "x"), write_text(pair.stream, "y"));
        BOOST_TEST(both.has_value());
        pair.send("de");
        const auto got = co_await reading;
        BOOST_TEST(got.value().value() == 5U);
        pair.reset();
        bool went_on = false;
        auto first = co_await select(read_some(pair.stream, buffer, went_on), sleep(1h));
        BOOST_TEST(!first.get<0>().has_value());
        BOOST_TEST(!went_on);
    });
}

BOOST_AUTO_TEST_CASE(can_be_cancelled_while_it_waits) {
    on_every_runtime([]() -> Task<void> {
        RawPair pair;
        std::array<std::byte, 8> buffer{};
        bool went_on = false;
        const auto late = co_await timeout(1ms, read_some(pair.stream, buffer, went_on));
        BOOST_TEST(!late.has_value());
        pair.send("abc");
        const auto there = co_await read_some(pair.stream, buffer, went_on);
        BOOST_TEST(there.value() == 3U);
    });
}

BOOST_AUTO_TEST_SUITE_END()
