// SPDX-License-Identifier: MIT
// Bounded channels: order, waiting for room, and the ends of both sides.
#include "channels/seed.hpp"
#include "channels/values.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/mpsc.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace mpsc = edo::sync::mpsc;
using edo::Task;
using edo::test::Counted;
using edo::test::for_each_flavor;
using edo::test::LeakGuard;
using edo::test::must;
using edo::test::SteppedTask;

namespace {

Task<std::optional<int>> receive_one(mpsc::Receiver<int>& receiver) {
    co_return co_await receiver.recv();
}

Task<bool> send_one(const mpsc::Sender<int>& sender, int value) {
    const auto sent = co_await sender.send(value);
    co_return sent.has_value();
}

Task<void> send_range(mpsc::Sender<int> sender, int first, int last) {
    for (int i = first; i < last; ++i) {
        const auto sent = co_await sender.send(i);
        must(sent.has_value());
    }
}

BOOST_AUTO_TEST_SUITE(mpsc_bounded)

BOOST_AUTO_TEST_CASE(values_arrive_in_order_through_a_small_buffer) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            auto [sender, receiver] = mpsc::channel<int>(3);
            edo::spawn(send_range(std::move(sender), 0, 1000)).detach();
            int expected = 0;
            while (const std::optional<int> value = co_await receiver.recv()) {
                BOOST_TEST_REQUIRE(*value == expected);
                ++expected;
            }
            BOOST_TEST(expected == 1000);
        }());
    });
}

BOOST_AUTO_TEST_CASE(a_capacity_of_zero_is_misuse) {
    BOOST_CHECK_THROW(static_cast<void>(mpsc::channel<int>(0)), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(mpsc::channel<int>(std::size_t{1} << 40)), edo::UsageError);
}

BOOST_AUTO_TEST_CASE(a_huge_capacity_costs_nothing_until_it_is_used) {
    auto [sender, receiver] = mpsc::channel<int>(std::size_t{1} << 26);
    BOOST_TEST(sender.try_send(1).has_value());
    BOOST_TEST(receiver.try_recv().value() == 1);
    BOOST_TEST(sender.capacity() == std::size_t{1} << 26);
}

BOOST_AUTO_TEST_CASE(a_full_channel_makes_senders_wait_and_serves_them_in_order) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(1);
    BOOST_TEST(sender.try_send(0).has_value());
    SteppedTask<bool> first(send_one(sender, 1));
    SteppedTask<bool> second(send_one(sender, 2));
    first.turn();
    second.turn();
    BOOST_TEST(!first.is_woken());
    BOOST_TEST(receiver.try_recv().value() == 0);
    BOOST_TEST(first.is_woken());
    BOOST_TEST(!second.is_woken());
    // The place is handed over: nobody can take it now.
    BOOST_TEST(sender.try_send(9).error().is_full());
    BOOST_TEST(first.run());
    BOOST_TEST(first.take());
    BOOST_TEST(receiver.try_recv().value() == 1);
    BOOST_TEST(second.run());
    BOOST_TEST(receiver.try_recv().value() == 2);
    BOOST_TEST(receiver.capacity() == 1U);
}

BOOST_AUTO_TEST_CASE(try_send_gives_the_value_back) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<std::string>(1);
    BOOST_TEST(sender.try_send("one").has_value());
    auto full = sender.try_send("two");
    BOOST_REQUIRE(!full.has_value());
    BOOST_TEST(full.error().is_full());
    BOOST_TEST(full.error().value == "two");
    receiver.close();
    auto closed = sender.try_send("three");
    BOOST_REQUIRE(!closed.has_value());
    BOOST_TEST(closed.error().is_closed());
    BOOST_TEST(closed.error().value == "three");
    BOOST_TEST(receiver.try_recv().value() == "one");
    BOOST_TEST((receiver.try_recv().error() == mpsc::TryRecvError::Disconnected));
}

BOOST_AUTO_TEST_CASE(a_cancelled_send_leaves_the_value_where_it_was) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<std::unique_ptr<int>>(1);
    BOOST_TEST(sender.try_send(std::make_unique<int>(1)).has_value());
    auto value = std::make_unique<int>(2);
    {
        SteppedTask<void> sending([](auto& to, std::unique_ptr<int>& what) -> Task<void> {
            const auto sent = co_await to.send(std::move(what));
            BOOST_TEST(sent.has_value());
        }(sender, value));
        sending.turn();
        BOOST_TEST(!sending.is_woken());
    }
    BOOST_REQUIRE(value != nullptr);
    BOOST_TEST(**receiver.try_recv() == 1);
    BOOST_TEST(sender.try_send(std::move(value)).has_value());  // its place was given back
    BOOST_TEST(**receiver.try_recv() == 2);
}

BOOST_AUTO_TEST_CASE(a_failed_send_returns_the_value_in_the_error) {
    const LeakGuard guard;
    edo::block_on([]() -> Task<void> {
        auto [sender, receiver] = mpsc::channel<std::string>(1);
        receiver.close();
        std::string value = "mine";
        auto moved = co_await sender.send(std::move(value));
        BOOST_TEST(moved.error().value == "mine");
        const std::string kept = "copied";
        auto copied = co_await sender.send(kept);
        BOOST_TEST(copied.error().value == "copied");
        BOOST_TEST(kept == "copied");
    }());
}

BOOST_AUTO_TEST_CASE(close_ends_the_wait_of_senders) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(1);
    BOOST_TEST(sender.try_send(0).has_value());
    SteppedTask<bool> waiting(send_one(sender, 1));
    waiting.turn();
    receiver.close();
    BOOST_TEST(sender.is_closed());
    BOOST_TEST(receiver.is_closed());
    BOOST_TEST(waiting.run());
    BOOST_TEST(!waiting.take());
    BOOST_TEST(receiver.try_recv().value() == 0);
    BOOST_TEST((receiver.try_recv().error() == mpsc::TryRecvError::Disconnected));
}

BOOST_AUTO_TEST_CASE(the_last_sender_ends_recv_after_the_drain) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(4);
    std::optional<mpsc::Sender<int>> copy(sender);
    BOOST_TEST(receiver.sender_strong_count() == 2U);
    BOOST_TEST(sender.try_send(1).has_value());
    {
        const auto dropped = std::move(sender);
    }
    BOOST_TEST(receiver.sender_strong_count() == 1U);
    SteppedTask<std::optional<int>> first(receive_one(receiver));
    first.turn();
    BOOST_TEST(first.take().value() == 1);
    SteppedTask<std::optional<int>> second(receive_one(receiver));
    second.turn();
    BOOST_TEST(!second.is_woken());
    copy.reset();
    BOOST_TEST(second.is_woken());
    BOOST_TEST(second.run());
    BOOST_TEST(!second.take().has_value());
    BOOST_TEST(receiver.is_closed());
}

BOOST_AUTO_TEST_CASE(a_dropped_receiver_drops_what_is_queued) {
    const LeakGuard guard;
    std::atomic<int> alive = 0;
    auto [sender, receiver] = mpsc::channel<Counted>(4);
    BOOST_TEST(sender.try_send(Counted(alive)).has_value());
    BOOST_TEST(sender.try_send(Counted(alive)).has_value());
    BOOST_TEST(alive == 2);
    {
        const auto dropped = std::move(receiver);
    }
    BOOST_TEST(alive == 0);
    BOOST_TEST(sender.is_closed());
    BOOST_TEST(sender.try_send(Counted(alive)).error().is_closed());
    BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_CASE(a_permit_that_outlives_the_receiver_keeps_its_value_safe) {
    const LeakGuard guard;
    std::atomic<int> alive = 0;
    {
        auto [sender, receiver] = mpsc::channel<Counted>(2);
        auto permit = sender.try_reserve();
        {
            const auto dropped = std::move(receiver);
        }
        std::move(*permit).send(Counted(alive));
    }
    BOOST_TEST(alive == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
