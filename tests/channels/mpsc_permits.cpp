// SPDX-License-Identifier: MIT
// Places that are reserved before there is a value for them.
#include "support/flavors.hpp"
#include "support/stepped_task.hpp"
#include <edo/edo.hpp>
#include <edo/runtime/sync/mpsc.hpp>

#include <boost/test/unit_test.hpp>

#include <optional>
#include <utility>

namespace mpsc = edo::sync::mpsc;
using edo::Task;
using edo::test::LeakGuard;
using edo::test::SteppedTask;

namespace {

Task<std::optional<int>> receive_one(mpsc::Receiver<int>& receiver) {
    co_return co_await receiver.recv();
}

Task<bool> send_one(const mpsc::Sender<int>& sender, int value) {
    const auto sent = co_await sender.send(value);
    co_return sent.has_value();
}

Task<bool> reserve_and_drop(const mpsc::Sender<int>& sender, std::size_t count) {
    const auto permits = co_await sender.reserve_many(count);
    co_return permits.has_value();
}

BOOST_AUTO_TEST_SUITE(mpsc_permits)

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

BOOST_AUTO_TEST_CASE(after_all_that_waited_were_served_there_is_room_at_once) {
    const LeakGuard guard;
    auto [sender, receiver] = mpsc::channel<int>(1);
    for (int round = 0; round < 3; ++round) {
        BOOST_TEST(sender.try_send(1).has_value());
        {
            SteppedTask<bool> waiting(send_one(sender, 2));
            waiting.turn();
            BOOST_TEST(receiver.try_recv().value() == 1);
            BOOST_TEST(sender.try_send(3).error().is_full());  // the place is the other one's
            if (round < 2) {
                BOOST_TEST(waiting.run());
                BOOST_TEST(sender.capacity() == 0U);
                BOOST_TEST(sender.try_send(3).error().is_full());
            }
        }
        if (round == 0) {
            BOOST_TEST(receiver.try_recv().value() == 2);
        } else if (round == 1) {
            SteppedTask<bool> next(send_one(sender, 3));  // waits, as the one before
            next.turn();
            BOOST_TEST(!next.is_woken());
            BOOST_TEST(receiver.try_recv().value() == 2);
            BOOST_TEST(next.run());
            BOOST_TEST(receiver.try_recv().value() == 3);
        }
        BOOST_TEST(sender.capacity() == 1U);  // in the last round the place was given back
        BOOST_TEST(sender.try_reserve().has_value());
    }
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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
