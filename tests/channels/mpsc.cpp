// SPDX-License-Identifier: MIT
#include "channels/seed.hpp"
#include "channels/values.hpp"
#include "support/event.hpp"
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/mpsc.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
namespace mpsc = edo::sync::mpsc;
using edo::Task;
using edo::test::Counted;
using edo::test::for_each_flavor;
using edo::test::Fragile;
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

Task<bool> reserve_and_drop(const mpsc::Sender<int>& sender, std::size_t count) {
    const auto permits = co_await sender.reserve_many(count);
    co_return permits.has_value();
}

BOOST_AUTO_TEST_SUITE(mpsc_channel)

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

// ---- permits -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(permits_hold_places) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(2);
    {
        auto one = sender.try_reserve();
        auto two = sender.try_reserve();
        BOOST_TEST(sender.capacity() == 0U);
        BOOST_TEST((sender.try_reserve().error() == mpsc::TryReserveError::Full));
        BOOST_TEST(sender.try_send(5).error().is_full());
        std::move(*two).send(2);
        std::move(*one).send(1);
        BOOST_CHECK_THROW(std::move(*one).send(1), edo::UsageError);
    }
    // In the order of sending, not of reserving.
    BOOST_TEST(receiver.try_recv().value() == 2);
    BOOST_TEST(receiver.try_recv().value() == 1);
    BOOST_TEST(sender.capacity() == 2U);
}

BOOST_AUTO_TEST_CASE(a_dropped_permit_gives_its_place_to_who_waits) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(1);
    std::optional<mpsc::Permit<int>> permit(*sender.try_reserve());
    SteppedTask<bool> waiting(send_one(sender, 1));
    waiting.turn();
    BOOST_TEST(!waiting.is_woken());
    permit.reset();
    BOOST_TEST(waiting.run());
    BOOST_TEST(receiver.try_recv().value() == 1);
}

BOOST_AUTO_TEST_CASE(a_request_for_many_holds_up_later_ones) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(3);
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(sender.try_send(i).has_value());
    }
    SteppedTask<bool> many(reserve_and_drop(sender, 2));
    SteppedTask<bool> one(send_one(sender, 3));
    many.turn();
    one.turn();
    BOOST_TEST(receiver.try_recv().value() == 0);
    BOOST_TEST(!many.is_woken());
    BOOST_TEST(!one.is_woken());
    BOOST_TEST(receiver.try_recv().value() == 1);
    BOOST_TEST(many.is_woken());
    BOOST_TEST(!one.is_woken());
    BOOST_TEST(many.run());  // drops its two places
    BOOST_TEST(one.run());
    BOOST_TEST(receiver.try_recv().value() == 2);
    BOOST_TEST(receiver.try_recv().value() == 3);
    BOOST_TEST(sender.capacity() == 3U);
}

BOOST_AUTO_TEST_CASE(a_cancelled_request_for_many_returns_what_it_had) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(2);
    auto held = sender.try_reserve();
    SteppedTask<bool> many(reserve_and_drop(sender, 2));  // has one of the two
    SteppedTask<bool> one(send_one(sender, 3));
    many.turn();
    one.turn();
    BOOST_TEST(sender.capacity() == 0U);
    many.cancel();
    BOOST_TEST(one.run());
    BOOST_TEST(receiver.try_recv().value() == 3);
    BOOST_TEST(sender.capacity() == 1U);
}

BOOST_AUTO_TEST_CASE(many_permits_are_given_out_one_by_one) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(4);
    {
        auto permits = sender.try_reserve_many(3);
        BOOST_TEST(permits->size() == 3U);
        auto first = permits->next();
        std::move(*first).send(1);
        BOOST_TEST(permits->size() == 2U);
        auto second = permits->next();
        BOOST_TEST(sender.capacity() == 1U);
    }
    BOOST_TEST(sender.capacity() == 3U);
    BOOST_TEST((sender.try_reserve_many(4).error() == mpsc::TryReserveError::Full));
    auto none = sender.try_reserve_many(0);
    BOOST_TEST(none->size() == 0U);
    BOOST_TEST(!none->next().has_value());
    BOOST_CHECK_THROW(static_cast<void>(sender.reserve_many(5)), edo::UsageError);
    receiver.close();
    BOOST_TEST((sender.try_reserve_many(0).error() == mpsc::TryReserveError::Closed));
}

BOOST_AUTO_TEST_CASE(an_owned_permit_carries_its_sender) {
    const LeakGuard guard;
    edo::block_on([]() -> Task<void> {
        auto [sender, receiver] = mpsc::channel<int>(1);
        auto reserved = co_await std::move(sender).reserve_owned();
        BOOST_TEST(receiver.sender_strong_count() == 1U);
        BOOST_TEST(receiver.capacity() == 0U);
        mpsc::Sender<int> back = std::move(*reserved).send(4);
        auto full = std::move(back).try_reserve_owned();
        BOOST_TEST(full.error().is_full());
        mpsc::Sender<int> again = std::move(full.error().value);
        BOOST_TEST(receiver.try_recv().value() == 4);
        {
            auto dropped = std::move(again).try_reserve_owned();
            BOOST_TEST(dropped.has_value());
        }
        const auto end = co_await receiver.recv();
        BOOST_TEST(!end.has_value());
    }());
}

BOOST_AUTO_TEST_CASE(release_of_an_owned_permit_wakes_who_waits_for_room) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(1);
    mpsc::Sender<int> other = sender;
    auto reserved = std::move(sender).try_reserve_owned();
    SteppedTask<bool> waiting(send_one(other, 1));
    waiting.turn();
    BOOST_TEST(!waiting.is_woken());
    BOOST_TEST(reserved->same_channel_as_sender(other));
    auto [apart, unused] = mpsc::channel<int>(1);
    BOOST_TEST(!reserved->same_channel_as_sender(apart));
    auto there = std::move(apart).try_reserve_owned();
    BOOST_TEST(!reserved->same_channel(*there));
    BOOST_TEST(there->same_channel(*there));
    const mpsc::Sender<int> back = std::move(*reserved).release();
    BOOST_TEST(waiting.run());
    BOOST_TEST(back.same_channel(other));
    BOOST_TEST(receiver.try_recv().value() == 1);
}

BOOST_AUTO_TEST_CASE(release_of_the_last_permit_ends_a_closed_channel) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(1);
    mpsc::Sender<int> other = sender;
    auto reserved = std::move(sender).try_reserve_owned();
    receiver.close();
    SteppedTask<std::optional<int>> receiving(receive_one(receiver));
    receiving.turn();
    BOOST_TEST(!receiving.is_woken());
    BOOST_TEST((receiver.try_recv().error() == mpsc::TryRecvError::Empty));
    const mpsc::Sender<int> back = std::move(*reserved).release();
    BOOST_TEST(receiving.is_woken());
    BOOST_TEST(receiving.run());
    BOOST_TEST(!receiving.take().has_value());
    BOOST_TEST((receiver.try_recv().error() == mpsc::TryRecvError::Disconnected));
}

BOOST_AUTO_TEST_CASE(a_closed_channel_still_takes_what_was_permitted) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(2);
    auto permit = sender.try_reserve();
    BOOST_TEST(sender.try_send(1).has_value());
    receiver.close();
    BOOST_TEST(receiver.try_recv().value() == 1);
    BOOST_TEST((receiver.try_recv().error() == mpsc::TryRecvError::Empty));
    SteppedTask<std::optional<int>> receiving(receive_one(receiver));
    receiving.turn();
    BOOST_TEST(!receiving.is_woken());
    std::move(*permit).send(2);
    BOOST_TEST(receiving.run());
    BOOST_TEST(receiving.take().value() == 2);
    BOOST_TEST((receiver.try_recv().error() == mpsc::TryRecvError::Disconnected));
}

BOOST_AUTO_TEST_CASE(a_cancelled_request_that_was_granted_ends_a_closed_channel) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(1);
    BOOST_TEST(sender.try_send(1).has_value());
    SteppedTask<bool> waiting(reserve_and_drop(sender, 1));
    waiting.turn();
    BOOST_TEST(receiver.try_recv().value() == 1);  // the place goes to who waits
    receiver.close();
    SteppedTask<std::optional<int>> receiving(receive_one(receiver));
    receiving.turn();
    BOOST_TEST(!receiving.is_woken());
    waiting.cancel();
    BOOST_TEST(receiving.is_woken());
    BOOST_TEST(receiving.run());
    BOOST_TEST(!receiving.take().has_value());
}

BOOST_AUTO_TEST_CASE(a_place_reserved_in_part_is_back_when_the_channel_closes) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(2);
    BOOST_TEST(sender.try_send(1).has_value());
    SteppedTask<bool> waiting(reserve_and_drop(sender, 2));
    waiting.turn();
    receiver.close();
    BOOST_TEST(receiver.try_recv().value() == 1);
    BOOST_TEST((receiver.try_recv().error() == mpsc::TryRecvError::Disconnected));
    BOOST_TEST(waiting.run());
    BOOST_TEST(!waiting.take());
}

// ---- receiving ---------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(recv_many_takes_what_is_there) {
    const LeakGuard guard;
    edo::block_on([]() -> Task<void> {
        auto [sender, receiver] = mpsc::channel<int>(8);
        for (int i = 0; i < 5; ++i) {
            BOOST_TEST(sender.try_send(i).has_value());
        }
        std::vector<int> buffer{-1};
        std::size_t count = co_await receiver.recv_many(buffer, 3);
        BOOST_TEST(count == 3U);
        BOOST_TEST(sender.capacity() == 6U);
        count = co_await receiver.recv_many(buffer, 3);
        BOOST_TEST(count == 2U);
        const std::vector<int> expected{-1, 0, 1, 2, 3, 4};
        BOOST_TEST(buffer == expected, boost::test_tools::per_element());
        count = co_await receiver.recv_many(buffer, 0);
        BOOST_TEST(count == 0U);
        {
            const auto dropped = std::move(sender);
        }
        count = co_await receiver.recv_many(buffer, 3);  // the buffer is not empty
        BOOST_TEST(count == 0U);
    }());
}

BOOST_AUTO_TEST_CASE(recv_many_waits_for_the_first_value) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(8);
    std::vector<int> buffer;
    SteppedTask<std::size_t> receiving(
        [](mpsc::Receiver<int>& from, std::vector<int>& into) -> Task<std::size_t> {
            co_return co_await from.recv_many(into, 8);
        }(receiver, buffer));
    receiving.turn();
    BOOST_TEST(!receiving.is_woken());
    BOOST_TEST(sender.try_send(1).has_value());
    BOOST_TEST(sender.try_send(2).has_value());
    BOOST_TEST(receiving.run());
    BOOST_TEST(receiving.take() == 2U);
    BOOST_TEST(buffer.size() == 2U);
}

BOOST_AUTO_TEST_CASE(only_one_coroutine_may_receive) {
    const LeakGuard guard;
    edo::block_on([]() -> Task<void> {
        auto [sender, receiver] = mpsc::channel<int>(1);
        bool thrown = false;
        try {
            co_await edo::join(receiver.recv(), receiver.recv());
        } catch (const edo::UsageError&) {
            thrown = true;
        }
        BOOST_TEST(thrown);
        BOOST_TEST(sender.try_send(1).has_value());
        const auto value = co_await receiver.recv();
        BOOST_TEST(value.value() == 1);
    }());
}

BOOST_AUTO_TEST_CASE(the_length_counts_what_is_queued) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(40);
    BOOST_TEST(receiver.is_empty());
    for (int round = 0; round < 5; ++round) {
        for (unsigned i = 0; i < 33; ++i) {
            BOOST_TEST(receiver.len() == i);
            BOOST_TEST(sender.try_send(int(i)).has_value());
            BOOST_TEST(!receiver.is_empty());
            BOOST_TEST(sender.capacity() == 39 - i);
        }
        for (unsigned i = 33; i > 0; --i) {
            BOOST_TEST(receiver.len() == i);
            BOOST_TEST(receiver.try_recv().has_value());
        }
        BOOST_TEST(receiver.is_empty());
    }
    BOOST_TEST(sender.max_capacity() == 40U);
}

// ---- senders -----------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(weak_senders_keep_no_channel_open) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(1);
    mpsc::WeakSender<int> weak = sender.downgrade();
    const mpsc::WeakSender<int> copy = weak;
    BOOST_TEST(receiver.sender_weak_count() == 2U);
    BOOST_TEST(weak.weak_count() == 2U);
    BOOST_TEST(copy.strong_count() == 1U);
    {
        const auto strong = weak.upgrade();
        BOOST_REQUIRE(strong.has_value());
        BOOST_TEST(strong->same_channel(sender));
        BOOST_TEST(receiver.sender_strong_count() == 2U);
    }
    {
        const auto dropped = std::move(sender);
    }
    BOOST_TEST(!weak.upgrade().has_value());
    BOOST_TEST((receiver.try_recv().error() == mpsc::TryRecvError::Disconnected));
}

BOOST_AUTO_TEST_CASE(closed_waits_for_the_receiver) {
    for_each_flavor([](edo::Runtime& runtime) {
        runtime.block_on([]() -> Task<void> {
            auto [sender, receiver] = mpsc::channel<int>(1);
            const auto drop_later = [](mpsc::Receiver<int> /*owned*/) -> Task<void> {
                co_await edo::yield_now();
            };
            edo::spawn(drop_later(std::move(receiver))).detach();
            co_await edo::join(sender.closed(), sender.closed());
            co_await sender.closed();
            BOOST_TEST(sender.is_closed());
        }());
    });
}

BOOST_AUTO_TEST_CASE(send_timeout_gives_up_and_gives_back) {
    const LeakGuard guard;
    edo::Runtime runtime = edo::Builder::current_thread().start_paused().build();
    runtime.block_on([]() -> Task<void> {
        auto [sender, receiver] = mpsc::channel<std::string>(1);
        const auto in_time = co_await sender.send_timeout("one", 10ms);
        BOOST_TEST(in_time.has_value());
        auto late = co_await sender.send_timeout("two", 10ms);
        BOOST_TEST(late.error().is_timeout());
        BOOST_TEST(late.error().value == "two");
        receiver.close();
        auto closed = co_await sender.send_timeout("three", 10ms);
        BOOST_TEST(closed.error().is_closed());
        BOOST_TEST(closed.error().value == "three");
    }());
}

BOOST_AUTO_TEST_CASE(plain_threads_can_send_and_receive) {
    for_each_flavor([](edo::Runtime& runtime) {
        auto [sender, receiver] = mpsc::channel<int>(2);
        std::thread thread(
            [](mpsc::Sender<int> to) {
                for (int i = 0; i < 100; ++i) {
                    static_cast<void>(to.blocking_send(i));
                }
            },
            std::move(sender));
        const int sum = runtime.block_on([](mpsc::Receiver<int> from) -> Task<int> {
            int total = 0;
            while (const auto value = co_await from.recv()) {
                total += *value;
            }
            co_return total;
        }(std::move(receiver)));
        thread.join();
        BOOST_TEST(sum == 4950);

        auto [to_thread, from_task] = mpsc::channel<int>(2);
        int received = 0;
        std::thread other(
            [&received](mpsc::Receiver<int> from) {
                std::vector<int> rest;
                received = from.blocking_recv().value_or(-1000);
                while (from.blocking_recv_many(rest, 10) > 0) {
                }
                received += int(rest.size());
            },
            std::move(from_task));
        runtime.block_on(send_range(std::move(to_thread), 7, 20));
        other.join();
        BOOST_TEST(received == 7 + 12);
    });
}

BOOST_AUTO_TEST_CASE(a_task_must_not_block) {
    const LeakGuard guard;
    edo::block_on([]() -> Task<void> {
        auto [sender, receiver] = mpsc::channel<int>(1);
        BOOST_CHECK_THROW(static_cast<void>(sender.blocking_send(1)), edo::UsageError);
        BOOST_CHECK_THROW(static_cast<void>(receiver.blocking_recv()), edo::UsageError);
        co_return;
    }());
}

BOOST_AUTO_TEST_CASE(moved_from_ends_say_so) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(1);
    const mpsc::Sender<int> kept = std::move(sender);
    BOOST_CHECK_THROW(static_cast<void>(sender.try_send(1)), edo::UsageError);
    BOOST_CHECK_THROW(static_cast<void>(mpsc::Sender<int>(sender)), edo::UsageError);
    const mpsc::Receiver<int> other = std::move(receiver);
    BOOST_CHECK_THROW(static_cast<void>(receiver.try_recv()), edo::UsageError);
}

BOOST_AUTO_TEST_CASE(operations_that_are_ready_charge_the_budget) {
    const LeakGuard guard;
    SteppedTask<int> task([]() -> Task<int> {
        auto [sender, receiver] = mpsc::channel<int>(4);
        int sum = 0;
        for (int i = 0; i < 1000; ++i) {
            const auto sent = co_await sender.send(1);
            const auto got = co_await receiver.recv();
            sum += sent.has_value() ? got.value() : 0;
        }
        co_return sum;
    }());
    int turns = 0;
    while (task.is_woken()) {
        task.turn();
        ++turns;
    }
    BOOST_TEST(task.take() == 1000);
    BOOST_TEST(turns > 12);
}

BOOST_AUTO_TEST_CASE(values_that_break_do_not_corrupt_the_channel) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<Fragile>(2);
    // One move is that into the channel, the next that out of it.
    BOOST_CHECK_THROW(static_cast<void>(sender.try_send(Fragile(1, 0))), std::runtime_error);
    BOOST_TEST(sender.try_send(Fragile(2, 1)).has_value());
    BOOST_TEST((sender.try_send(Fragile(3, 5)).error().is_full()));  // the broken one has a place
    BOOST_CHECK_THROW(static_cast<void>(receiver.try_recv()), std::runtime_error);
    BOOST_TEST(sender.capacity() == 2U);
    BOOST_TEST((receiver.try_recv().error() == mpsc::TryRecvError::Empty));
    BOOST_TEST(sender.try_send(Fragile(4, 9)).has_value());
    BOOST_TEST(receiver.try_recv().value().number == 4);
    BOOST_TEST(sender.capacity() == 2U);
}

BOOST_AUTO_TEST_CASE(a_value_that_breaks_on_its_way_into_a_buffer_is_lost_alone) {
    const LeakGuard guard;
    edo::block_on([]() -> Task<void> {
        auto [sender, receiver] = mpsc::channel<Fragile>(4);
        BOOST_TEST(sender.try_send(Fragile(1, 9)).has_value());
        BOOST_TEST(sender.try_send(Fragile(2, 1)).has_value());
        BOOST_TEST(sender.try_send(Fragile(3, 9)).has_value());
        std::vector<Fragile> buffer;
        buffer.reserve(4);
        bool thrown = false;
        try {
            static_cast<void>(co_await receiver.recv_many(buffer, 4));
        } catch (const std::runtime_error&) {
            thrown = true;
        }
        BOOST_TEST(thrown);
        BOOST_TEST(buffer.size() == 1U);
        BOOST_TEST(sender.capacity() == 3U);
        const std::size_t rest = co_await receiver.recv_many(buffer, 4);
        BOOST_TEST(rest == 1U);
        BOOST_TEST(buffer.back().number == 3);
    }());
}

BOOST_AUTO_TEST_CASE(a_channel_connects_two_runtimes_that_come_and_go) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(1);
    {
        edo::Runtime one = edo::Builder::multi_thread(2).build();
        edo::Runtime two = edo::Builder::current_thread().build();
        edo::JoinHandle<void> sending = one.spawn(send_range(sender, 0, 50));
        for (int i = 0; i < 40; ++i) {
            BOOST_TEST(two.block_on(receive_one(receiver)).value() == i);
        }
    }  // the sending task is destroyed where it waits
    int next = 40;
    while (const auto value = receiver.try_recv()) {
        BOOST_TEST(*value == next);
        ++next;
    }
    BOOST_TEST(sender.try_send(7).has_value());
    BOOST_TEST(receiver.try_recv().value() == 7);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
